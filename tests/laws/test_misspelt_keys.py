"""A misspelt key is reported with the key that was meant, at every level of every kind of file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import ended
from oneway.core.diagnostics import Refused
from oneway.core.paths import path_text
from oneway.documents.yaml_source import parse
from oneway.runs.mapping_tests.check import check_test
from oneway.runs.mapping_tests.load import load_test
from oneway.runs.prepare.compilation import compile_data

ROOT = Path(__file__).resolve().parents[2]
NAMED = {"properties", "query", "email", "reference", "resources", "expect_each", "references"}
"""What holds names that the author of the file gives, which are compared elsewhere or nowhere."""

FILES = {
    "mapping.yaml": "mappings/examples/hr-export-to-scim.yaml",
    "mapping.test.yaml": "mappings/examples/hr-export-to-scim.test.yaml",
    "connection.yaml": "mappings/examples/connections/acme.yaml",
    "manifest.yaml": "connectors/oneway_connectors/expensein/manifest.yaml",
}


def keys(
    data: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every key of a document, with the path of the object that has it."""
    for at, value in data.items() if isinstance(data, dict) else ():
        if not set(path[-1:]) & NAMED:
            yield path, at
        yield from keys(value, (*path, at))
    for index, value in enumerate(data if isinstance(data, list) else ()):
        yield from keys(value, (*path, index))


def renamed(data: Any, path: tuple[str | int, ...], key: str, other: str) -> Any:
    """Return a document in which one key is called otherwise."""
    if not path:
        return {other if name == key else name: value for name, value in data.items()}
    at, *rest = path
    inner = renamed(data[at], tuple(rest), key, other)
    if isinstance(data, list):
        return [inner if index == at else each for index, each in enumerate(data)]
    return {**data, at: inner}


def slips(key: str) -> Iterator[str]:
    """Yield a key with two letters swapped, and as other languages would write it."""
    if len(key) > 4:
        yield f"{key[:2]}{key[3]}{key[2]}{key[4:]}"
    if "_" in key:
        yield re.sub("_(.)", lambda found: found[1].upper(), key)
    yield key.upper()


@pytest.mark.parametrize("name", FILES)
def test_a_misspelt_key_is_told_with_the_one_that_was_meant(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / FILES[name]).read_text()
    data: Any = parse(text.encode(), name).data
    if name == "manifest.yaml":
        data = {**data, "name": "acme"}
    if name == "connection.yaml":
        data = {**data, "mapping": str(ROOT / "mappings/staffology-to-expensein.yaml")}
    if name == "mapping.test.yaml":
        data = {**data, "mapping": str(ROOT / "mappings/examples/hr-export-to-scim.yaml")}
    file, seen = tmp_path / name, set()
    silent = []
    for path, key in keys(data):
        shape = (*(each for each in path if isinstance(each, str)), key)
        if shape in seen:
            continue
        seen.add(shape)
        for slip in slips(key):
            file.write_text(json.dumps(renamed(data, path, key, slip)))
            said = ended(capsys, "validate", file)
            meant = f"did you mean '[^']*({re.escape(key)}|{re.escape(slip)})"
            if slip != key and not re.search(meant, said.flat):
                silent.append((*shape, slip))
    assert silent == []


NAMES = st.text('ab."[]()\\\\ -', max_size=6).map(lambda text: f"Per{text}son")


def passed(read: tuple[str, ...], own: Any, case: Any) -> int:
    """Return how many cases pass where a name is read by its keys; raise `Refused`."""
    mapping = {
        "oneway": 1,
        "name": "people",
        "source": {"connector": "file", "resource": "people.json", "options": {"id": "code"}},
        "target": {"connector": "file", "resource": "users.json"},
        "match": [{"source": "code", "target": "reference"}],
        "fields": {"reference": "code", "name": ".".join(map(json.dumps, read))},
        "joiners": {"create": True},
    }
    test = {
        "oneway_test": 1,
        "mapping": "m.yaml",
        "as_of": "2026-11-24",
        "record": {"code": "7", **own},
        "cases": [{"name": "A", **case, "expect": {"fields": {"name": "Ada"}}}],
    }
    compiled = compile_data(json.dumps(mapping).encode(), "m.yaml", ())[0]
    return check_test(load_test(json.dumps(test).encode(), "m.test.yaml"), compiled).passed


@given(st.lists(NAMES, min_size=1, max_size=2).map(tuple))
def test_a_test_may_name_each_field_that_its_mapping_reads(keys: tuple[str, ...]) -> None:
    """The keys of the test's own record stand as they are; a case names a path."""
    own: Any = {keys[0]: {keys[1]: "Ada"} if keys[1:] else "Ada"}
    other: Any = {keys[0]: {keys[1]: "Bea"} if keys[1:] else "Bea"}
    path = path_text(keys)
    columns = {"columns": [f"record.{path}"], "rows": [["Ada"]]}
    assert passed(keys, own, {}) == 1
    assert passed(keys, other, {"record": {path: "Ada"}}) == 1
    assert passed(keys, other, {"records": [{path_text(keys[:1]): own[keys[0]]}]}) == 1
    assert passed(keys, other, {"table": columns}) == 1
    misspelt = (*keys[:-1], f"Pre{keys[-1][3:]}")
    for case in ({"record": {path_text(misspelt): "Bea"}}, {"without": [path_text(misspelt)]}):
        with pytest.raises(Refused) as refused:
            passed(keys, own, case)
        (said,) = refused.value.diagnostics
        assert (said.code, said.help) == ("T102", f"did you mean '{path}'?")


@pytest.mark.parametrize(
    ("keys", "own", "case", "help"),
    [
        (("Pers.-Nr",), {"Pers.-Rn": "Ada"}, {}, "did you mean 'Pers.-Nr'?"),
        (("Pers.-Nr",), {'"Pers.-Nr"': "Ada"}, {}, "did you mean 'Pers.-Nr'?"),
        (("Pers.-Nr",), {}, {"record": {"Pers.-Nr": "Ada"}}, "did you mean '\"Pers.-Nr\"'?"),
        (
            ("names", "first"),
            {"names.first": "Ada"},
            {},
            "keys are written here as they are in the data: write 'first' within 'names'",
        ),
        (
            ("names.first",),
            {"names": {"first": "Ada"}},
            {},
            "keys are written here as they are in the data: write 'names.first'",
        ),
    ],
)
def test_a_name_that_sets_nothing_is_told_as_it_is_written_there(
    keys: tuple[str, ...], own: Any, case: Any, help: str
) -> None:
    with pytest.raises(Refused) as refused:
        passed(keys, own, case)
    assert [each.help for each in refused.value.diagnostics] == [help]
