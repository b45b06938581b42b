"""Manifests: what they describe, and every mistake at its place, all in one run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rest_world import MANIFEST, altered, described

from oneway.connections.manifest import load_manifest, load_prepared, prepare
from oneway.core.description import Capability
from oneway.core.diagnostics import Refused, Severity
from oneway.documents.schema_check import schema_text

ROOT = Path(__file__).resolve().parents[2]
PACKAGED = sorted((ROOT / "connectors").glob("*/*/manifest.yaml"))


def findings(text: str) -> list[tuple[str, int, str]]:
    """Return code, line and the marked text of each finding."""
    with pytest.raises(Refused) as caught:
        described(text)
    lines = text.splitlines()
    found = []
    for d in caught.value.diagnostics:
        assert d.span.file == "acme.yaml"
        marked = lines[d.span.line - 1][d.span.column - 1 : d.span.end - 1] if d.span.line else ""
        found.append((d.code, d.span.line, marked))
    return found


def codes(text: str) -> list[str]:
    return [code for code, _, _ in findings(text)]


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.parent.name)
def test_packaged_manifests_load(path: Path) -> None:
    description = load_manifest(path.read_bytes(), str(path))
    assert description.name == path.parent.name
    assert description.file == str(path)
    for resource in description.resources.values():
        assert resource.id in resource.fields or resource.open
    assert description.kind == "file" or any(option.secret for option in description.options)


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.parent.name)
def test_packaged_manifests_are_read_from_json_that_says_the_same(path: Path) -> None:
    data, prepared = path.read_bytes(), path.with_suffix(".json").read_bytes()
    assert prepared.decode() == prepare(data), "run `make docs`"
    assert load_prepared(prepared, data, str(path)) == load_manifest(data, str(path))
    assert load_prepared(prepared, data + b"#\n", str(path)) is None


def test_the_source_can_only_be_read() -> None:
    path = ROOT / "connectors/oneway_connectors/staffology/manifest.yaml"
    description = load_manifest(path.read_bytes(), str(path))
    for resource in description.resources.values():
        assert resource.capabilities <= {Capability.READ, Capability.GET}


def test_what_is_assumed_of_the_target_is_listed_with_what_to_check() -> None:
    path = ROOT / "connectors/oneway_connectors/expensein/manifest.yaml"
    description = load_manifest(path.read_bytes(), str(path))
    about = " ".join(assumption.about for assumption in description.assumptions)
    for word in ("POST /users", "PATCH", "includeLeavers", "leave date", "Departments"):
        assert word in about
    assert all(assumption.check for assumption in description.assumptions)


def test_every_key_of_the_schema_is_explained_with_an_example() -> None:
    schema = json.loads(schema_text("connector"))
    Draft202012Validator.check_schema(schema)
    for path, key in _keys(schema):
        target = schema["$defs"][key["$ref"].split("/")[-1]] if "$ref" in key else {}
        for word in ("title", "description", "examples"):
            assert word in key or word in target, f"{path} has no {word}"


def _keys(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}/{key}", inner
    for name in ("properties", "$defs"):
        for key, inner in schema.get(name, {}).items():
            yield from _keys(inner, f"{path}/{key}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _keys(schema[name], f"{path}/{name}")


RECORD = """
    record:
      type: object
      required: [name, bank]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string, maxLength: 5, pattern: "^a", enum: [a, ab], description: N}
        email: {type: [string, "null"], format: email, unique_ignores_case: true}
        bank:
          type: [object, "null"]
          sensitive: true
          required: [iban]
          properties: {iban: {type: string}, note: {}}
        meta: {type: object, readOnly: true, required: [x], properties: {x: {type: integer}}}
"""


def test_a_record_schema_is_flattened() -> None:
    text = MANIFEST[: MANIFEST.index("    record:")].replace("find: {email", "find: {email")
    resource = described(text + RECORD).resources["people"]
    fields = resource.fields
    assert list(fields) == [
        "id", "name", "email", "bank", "bank.iban", "bank.note", "meta", "meta.x",
    ]  # fmt: skip
    assert fields["name"].required
    assert (fields["name"].max_length, fields["name"].pattern) == (5, "^a")
    assert (fields["name"].enum, fields["name"].description) == (("a", "ab"), "N")
    assert fields["email"].unique
    assert fields["email"].unique_ignores_case
    assert fields["email"].types == {"string", "null"}
    assert fields["email"].format == "email"
    assert fields["bank.iban"].sensitive
    assert fields["bank.iban"].required
    assert fields["bank.note"].types == frozenset()
    assert fields["meta.x"].computed
    assert not fields["meta.x"].required
    assert not resource.open
    assert described().resources["people"].open
    assert resource.capabilities == set(Capability)


def test_leaving_alone_needs_no_update() -> None:
    text = altered("update: {method: PATCH", "leave: {method: PATCH")
    able = described(text).resources["people"].capabilities
    assert able == {Capability.READ, Capability.GET, Capability.CREATE, Capability.LEAVE}


@pytest.mark.parametrize(
    ("old", "new", "code", "marked"),
    [
        ("/people/{id}\"}\n    find", "/people/{idd}\"}\n    find", "C103", "{idd}"),
        ("path: /people\n      rec", "path: '/{id}'\n      rec", "C103", "{id}"),
        ("path: /people\n      rec", "path: '/{api_key}'\n      rec", "C104", "{api_key}"),
        ("email: \"{value}\"", "email: \"{api_key}\"", "C104", "{api_key}"),
        ("path: /people}", "path: /people, body: {k: '{api_key}'}}", "C104", "{api_key}"),
        ("base_url: \"{base_url}\"", "base_url: 'https://{api_key}.example'", "C104", "{api_key}"),
        ("path: /people}", "path: /people, body: {k: 'x {values}'}}", "C105", "{values}"),
        ("/people/{id}\"}\n    find", "/people/{id\"}\n    find", "C105", "/people/{id"),
        ("path: /people}", "path: /people, body: {k: 'q {id}'}}", "C103", "{id}"),
        ("path: /people}", "path: /people, body: {k: 'q {{id}} $id', v: '{values}'}}", "", ""),
        ("path: /people}", "path: /people, body: {k: '{{{tenant}}}', v: '{values}'}}", "", ""),
        ("path: /people}", "path: /people, body: {k: 'q {{ a }'}}", "C105", "q {{ a }"),
        ("records: data", "records: data[", "C106", None),
        ("records: data", "records: trim(data)", "C106", "trim(data)"),
        ("records: data", "records: lenght(data)", "C106", "lenght"),
        ("message: message", "message: '&&'", "C106", None),
        ("    id: id", "    id: id\n    label: trim(name)", "C106", "trim(name)"),
        ("    id: id", "    id: id\n    label: name[", "C106", None),
        ("      properties:", "      required: [nmae]\n      properties:", "C107", "nmae"),
        ("    id: id", "    id: idd", "", ""),
        ("email: {type: string}", "email: {type: string, pattern: '(('}", "C108", "(("),
        ("value: \"{api_key}\"}", "value: \"{api_key}\", user: x}", "C109", "user"),
        ("type: header, header: X-Key, value: \"{api_key}\"", "type: token_exchange, body: {}",
         "C109", "auth"),
        ("base_url: \"{base_url}\"\n", "", "C109", None),
        ("base_url: \"{base_url}\"", "base_url: http://api.example.com", "C110",
         "http://api.example.com"),
        ("base_url: \"{base_url}\"", "base_url: ftp://api.example.com", "C110",
         "ftp://api.example.com"),
        ("https://api.example.com/v1", "http://localhost.example.com/", "C110", "{base_url}"),
        ("base_url: \"{base_url}\"", "base_url: https://u:p@api.example.com", "C110",
         "https://u:p@api.example.com"),
        ("  tenant:", "  value:", "C116", "value"),
        ("  api_key:", "  tenant:", "C116", "tenant"),
        ("oneway_connector: 1", "oneway_connector: 2", "C102", "2"),
        ("title: Acme", "titel: Acme", "S102", "titel"),
        ("method: POST, path: /people", "method: FETCH, path: /people", "S104", "FETCH"),
        ("method: POST, path: /people", "method: DELETE, path: /people", "C109", "DELETE"),
        ("path: /people\n      rec", "path: /people?x=1\n      rec", "S105", "/people?x=1"),
        ("X-Key", "'X Key'", "S105", "X Key"),
        ("{type: page, param: page,", "{type: page,", "S103", None),
    ],
)  # fmt: skip
def test_a_mistake_is_found_at_its_place(old: str, new: str, code: str, marked: str | None) -> None:
    text = altered(old, new)
    if not code:  # an open record may have fields that are not listed
        described(text)
        return
    found = findings(text)
    assert code in [c for c, _, _ in found], found
    if marked is not None:
        assert marked in [m for c, _, m in found if c == code], found


def test_fields_that_a_closed_record_does_not_have_are_mistakes() -> None:
    text = altered("      additionalProperties: true\n", "")
    text = altered("    id: id", "    id: di\n    normalise: {staus: [a]}", text)
    text = altered('find: {email: {email: "{value}"}}', 'find: {emial: {email: "{value}"}}', text)
    text = altered("    id: di", "    id: di\n    label: join(' ', [emall, email])", text)
    marked = {m for c, _, m in findings(text) if c == "C107"}
    assert marked == {"di", "staus", "emial", "join(' ', [emall, email])"}


def test_all_mistakes_come_in_one_run_in_the_order_of_the_file() -> None:
    text = altered("title: Acme", "titel: Acme")
    text = altered("records: data", "records: data[", text)
    text = altered('"/people/{id}"}\n    find', '"/people/{idd}"}\n    find', text)
    text = altered('email: "{value}"', 'email: "{api_key}"', text)
    text = altered("method: POST, path: /people", "method: FETCH, path: /people", text)
    found = findings(text)
    codes = {code for code, _, _ in found}
    assert {"S102", "C106", "C103", "C104", "S104"} <= codes
    assert "S103" not in codes  # a misspelt key is not called missing as well
    assert [line for _, line, _ in found] == sorted(line for _, line, _ in found)


@pytest.mark.parametrize("query", ["{ people { id email } }", "{people{id}}", "a } b"])
def test_a_brace_in_a_query_is_told_how_it_is_written(query: str) -> None:
    with pytest.raises(Refused) as caught:
        described(
            altered("path: /people}", f"path: /people, body: {{k: '{query}', v: '{{values}}'}}}}")
        )
    assert {each.code for each in caught.value.diagnostics} <= {"C103", "C105"}
    assert all("written twice: {{ or }}" in each.help for each in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("body", "param", "what"),
    [
        ("{of: x}", "of.after", "'of' in the body"),
        ("{of: {after: x}}", "of.after.id", "'of.after' in the body"),
        ("[x]", "after", "the body"),
        ("{of: {after: x}}", "of.after", ""),
        ("{}", "of.after", ""),
    ],
)
def test_a_body_has_a_place_for_what_is_put_into_it(body: str, param: str, what: str) -> None:
    paging = f"{{type: cursor, next: next, in: body, param: {param}}}"
    text = altered(
        "pagination: {type: page, param: page, start: 1, size_param: size, size: 2}",
        f"method: POST\n      body: {body}\n      pagination: {paging}",
    )
    if not what:
        described(text)
        return
    with pytest.raises(Refused, match="cannot contain") as caught:
        described(text)
    (mistake,) = caught.value.diagnostics
    assert mistake.code == "C109"
    assert mistake.summary.startswith(f"{what} is not an object")


def test_did_you_mean_names_the_option() -> None:
    with pytest.raises(Refused, match="tenent") as caught:
        described(altered("X-Key", "X-Key", altered("path: /people}", "path: '/{tenent}'}")))
    assert "tenant" in caught.value.diagnostics[0].help


def test_another_kind_needs_no_requests() -> None:
    text = """
oneway_connector: 1
name: table
title: Table
kind: table
custom: {path: x}
resources:
  rows:
    id: id
    capabilities: [read, update]
    record: {type: object, additionalProperties: true}
"""
    rows = described(text).resources["rows"]
    assert rows.capabilities == {
        Capability.READ,
        Capability.UPDATE,
        Capability.LEAVE,
        Capability.REACTIVATE,
    }
    assert codes(text.replace("kind: table", "kind: rest")) == ["C109"] * 4


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_manifest_or_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        load_manifest(data, "x.yaml")


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "{", "{id}", "((", "@[", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "path", "record", "properties", "id", "required", "pattern", "enum"]
            ),
            inner,
        )
    ),
    max_leaves=6,
)


@given(st.data())
def test_a_manifest_with_junk_anywhere_is_refused_or_described(data: st.DataObject) -> None:
    tree = yaml.safe_load(MANIFEST)
    holder = tree
    while True:
        key = data.draw(st.sampled_from(sorted(holder)))
        if not isinstance(holder[key], dict) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(_JUNK)
    text = yaml.safe_dump(tree)
    try:
        load_manifest(text.encode(), "x.yaml")
    except Refused as refused:
        found = refused.diagnostics
    else:
        return
    assert found
    assert all(d.span.line <= len(text.splitlines()) for d in found)


def test_the_example_in_the_readme_is_a_manifest() -> None:
    text = (ROOT / "connectors/README.md").read_text("utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    description = load_manifest(example.encode(), "acme.yaml")
    assert set(description.resources["people"].fields) >= {"id", "email", "contract.end"}


def test_a_lag_is_a_number_of_seconds_and_a_quarter_of_an_hour_where_nothing_is_said() -> None:
    assert described().resources["people"].lag == 900
    told = described(altered("    get: {path:", "    lag: 60\n    get: {path:"))
    assert told.resources["people"].lag == 60


def test_a_detail_in_place_of_the_record_can_be_asked_for_by_id() -> None:
    for detail, able in (("replace", True), ("contract", False)):
        text = altered(
            '    get: {path: "/people/{id}"}',
            f'    detail: [{{path: "/people/{{id}}", into: {detail}}}]',
        )
        assert (Capability.GET in described(text).resources["people"].capabilities) is able


def test_what_clears_a_field_is_its_own_word_or_that_of_a_resource_where_its_type_has_it() -> None:
    fields = (
        "        nick: {type: [string, 'null'], clear: null}\n        tags: {type: array}\n"
        "        grade: {type: integer}\n        owner: {type: integer, clear: ''}\n"
        "        any: {}\n"
    )
    text = altered("    id: id\n", "    id: id\n    clear: ''\n") + fields
    resource = described(text).resources["people"]
    cleared = {path: each.clear for path, each in resource.fields.items()}
    assert resource.clear == ""
    assert cleared == {
        "id": "", "email": "", "nick": None, "tags": None, "grade": None, "owner": "", "any": "",
    }  # fmt: skip
    assert {each.clear for each in described().resources["people"].fields.values()} == {None}


@pytest.mark.parametrize("word", ["none", "0", "[1]", "' '"])
def test_what_clears_is_blank_or_a_mistake(word: str) -> None:
    assert codes(altered("    id: id\n", f"    id: id\n    clear: {word}\n")) == ["S104"]


def test_a_record_that_is_open_below_its_top_is_warned_of() -> None:
    """It counts at the top alone: below it, only what is listed can be named."""
    job = "email: {type: string}\n        job: {type: object, %s properties: {x: {}}}"
    text = altered("email: {type: string}", job % "additionalProperties: true,")
    (warning,) = described(text).warnings
    line = text.splitlines()[warning.span.line - 1]
    assert (warning.code, warning.severity) == ("M204", Severity.WARNING)
    assert line[warning.span.column - 1 : warning.span.end - 1] == "additionalProperties"
    assert described(altered("email: {type: string}", job % "")).warnings == ()
