"""The shape check's words and places, and the laws that the schemas themselves keep."""

import dataclasses
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from oneway.core import compare
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.documents.schema_check import check, schema_names, schema_text
from oneway.documents.yaml_source import parse, read_all
from oneway.mapping import spec
from oneway.mapping.lint.codes import CODES

MAPPING = json.loads(schema_text("mapping"))
MINIMAL = """\
oneway: 1
name: a
source: {connector: file, resource: a.csv}
target: {connector: file, resource: b.csv}
match: [{source: id, target: id}]
fields: {name: name}
"""
SCHEMA_KEYS = {"properties", "$defs"}


def found(text: str, schema: str = "mapping") -> list[Diagnostic]:
    return check(parse(text.encode(), "f.yaml"), schema)


def only(extra: str, without: str = "") -> Diagnostic:
    """The one mistake in a mapping that is right but for `extra`."""
    lines = [x for x in MINIMAL.splitlines() if not without or not x.startswith(without)]
    (mistake,) = found("\n".join(lines) + "\n" + extra)
    return mistake


def quoted(diagnostic: Diagnostic) -> str:
    return diagnostic.quote[diagnostic.span.column - 1 : diagnostic.span.end - 1]


def subschemas(schema: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every named key and definition of a schema, by where it stands."""
    for group in SCHEMA_KEYS & set(schema):
        for name, inner in schema[group].items():
            yield f"{where}/{name}", inner
            yield from subschemas(inner, f"{where}/{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key], f"{where}/{key}")
    for number, branch in enumerate(schema.get("anyOf", ())):
        yield from subschemas(branch, f"{where}/{number}")


def test_a_pattern_ends_where_the_text_ends() -> None:
    assert only('name: "a\\n"\n', without="name").code == "S105"
    assert not found(MINIMAL.replace("name: a", 'name: "a"'))


@pytest.mark.parametrize("name", schema_names())
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(schema_text(name)))


def test_every_key_of_the_mapping_is_explained_and_its_examples_are_right() -> None:
    for where, schema in subschemas(MAPPING):
        referred = MAPPING["$defs"][schema["$ref"].split("/")[-1]] if "$ref" in schema else {}
        about = {**referred, **schema}
        assert {"title", "description", "examples"} <= set(about), where
        whole = {"$defs": MAPPING["$defs"], **schema}
        for example in about["examples"]:
            Draft202012Validator(whole).validate(example)
        if about.get("type") == "object":
            assert "additionalProperties" in about or "$ref" in about, where


CLASSES = {
    name: kind
    for module in (spec, compare)
    for name, kind in inspect.getmembers(module, inspect.isclass)
}


_OBJECTS = (spec.Merge.OWN, spec.OnMiss.USE, spec.OnMiss.LOOK_UP)
"""Members that stand as keys of an object."""


def test_definitions_that_are_enums_have_the_words_of_the_engine() -> None:
    enums = {n: d for n, d in MAPPING["$defs"].items() if "enum" in d}
    assert len(enums) >= 8
    for name, definition in enums.items():
        kind = CLASSES[name]
        assert issubclass(kind, Enum)
        words = [member.value for member in kind if member not in _OBJECTS]
        assert definition["enum"] == words


def test_definitions_that_are_objects_have_the_fields_of_the_spec() -> None:
    renamed = {"source": "from", "categories": "for"}
    own = {"span", "key_span", "path", "written", "name", "file", "digest", "side", "endpoint"}
    own |= {"limited", "owned", "fallback"}  # what another key says
    for kind in ("Setting", "Endpoint", "Match", "Rule", "Field", "Joiners", "Leavers", "Limit"):
        name = f"{kind}Spec"
        fields = {field.name for field in dataclasses.fields(CLASSES[name])} - own
        if name in ("FieldSpec", "RuleSpec"):
            fields = {renamed.get(field, field) for field in fields}
        assert fields == set(MAPPING["$defs"][name]["properties"]), name
    top = {field.name for field in dataclasses.fields(spec.MappingSpec)} - {"file", "text"}
    top -= {"reactivated", "absent_when"}  # the long forms of rehires and absent
    top -= {"one_per"}  # a part of the source
    assert top | {"oneway"} == set(MAPPING["properties"])


def test_a_right_mapping_has_no_mistakes() -> None:
    assert found(MINIMAL) == []


@pytest.mark.parametrize(
    ("extra", "code", "place", "summary", "help"),
    [
        ("feilds: {}", "S102", "feilds", "unknown key 'feilds'", "did you mean 'fields'?"),
        ("zzz: 1", "S102", "zzz", "unknown key 'zzz'", "known here: 'oneway', "),
        ("joiners: {create: 'yes'}", "S101", "yes", "true or false, found the text 'yes'", "only"),
        ("title: 5", "S101", "5", "expected text, found the number 5", "quotes"),
        ("title:", "S101", "", "expected text, found nothing", "take the key out"),
        ("label: [a, b]", "S101", "[a, b]", "expected text, found a list", "in quotes"),
        ("joiners: []", "S101", "[]", "an object (keys with values), found a list", ""),
        ("rehires: reactivat", "S104", "reactivat", "expected one of report", "'reactivate'"),
        ("rekey: 7", "S104", "7", "found the number 7", ""),
        ("references: {d: {from: target}}", "S103", "d", "key 'key' is missing", "expression"),
        ("settings: {2x: {}}", "S109", "2x", "'2x' cannot be a key", "begins with a letter"),
        ("label: '  '", "S105", "  ", "'  ' is not a valid expression", "write an expression"),
        ("leavers: {when: a, set: {}}", "S107", "{}", "at least 1 keys, found 0", "for example"),
        ("guards: {source: {shrink: 2}}", "S106", "2", "at most 1, found the number 2", "0.1"),
        ("guards: {source: {shrink: ten}}", "S105", "ten", "not a valid share", "10%"),
        ("guards: {source: {shrink: [1]}}", "S101", "[1]", "text or a number, found a", "10%"),
        ("joiners: {unless_taken: [a, a]}", "S107", "[a, a]", "appears twice", "example"),
    ],
)
def test_each_kind_of_mistake_in_words_at_its_place(
    extra: str, code: str, place: str, summary: str, help: str
) -> None:
    mistake = next(m for m in found(MINIMAL + extra) if summary in m.summary)
    assert mistake.code == code
    assert quoted(mistake) == place
    assert help in mistake.help


def test_a_missing_key_at_the_top_is_placed_at_the_start() -> None:
    mistake = only("", without="name")
    assert (mistake.code, mistake.span.line, mistake.span.column) == ("S103", 1, 1)


def test_a_constant_that_is_no_expression_is_told_how_to_be_one() -> None:
    mistake = only("fields: {active: true}", without="fields")
    assert mistake.summary == "expected text or an object (keys with values), found true"
    assert "{value: ...}" in mistake.help


def test_of_a_union_only_the_branch_that_fits_the_type_is_reported() -> None:
    text = "fields: {a: {from: x, write: sometimes, onblank: keep}, b: 'x'}"
    lines = [line for line in MINIMAL.splitlines() if not line.startswith("fields")]
    mistakes = found("\n".join([*lines, text]))
    assert [(m.code, quoted(m)) for m in mistakes] == [("S104", "sometimes"), ("S102", "onblank")]


@pytest.mark.parametrize(
    ("field", "place", "summary"),
    [
        ("{write: never}", "a", "one of the keys 'from', 'value' is missing"),
        ("{from: x, value: y}", "value", "'from' and 'value' exclude each other"),
    ],
)
def test_from_and_value_are_one_or_the_other(field: str, place: str, summary: str) -> None:
    mistake = only(f"fields: {{a: {field}}}", without="fields")
    assert (mistake.code, quoted(mistake), mistake.summary) == ("S108", place, summary)


def test_a_union_of_kinds_is_reported_by_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    def kind(name: str, *keys: str) -> dict[str, Any]:
        return {
            "type": "object",
            "additionalProperties": False,
            "required": ["kind", *keys],
            "properties": {"kind": {"const": name}, **{key: {"type": "string"} for key in keys}},
        }

    schema = {"oneOf": [kind("basic", "user"), kind("bearer", "token", "scope"), kind("none")]}
    validator = Draft202012Validator(schema)
    monkeypatch.setattr("oneway.documents.schema_check._validator", lambda name: validator)
    assert [m.summary for m in found("{kind: bearer, token: 5}")] == [
        "key 'scope' is missing",
        "expected text, found the number 5",
    ]
    (unknown,) = found("{kind: baisc, user: a}")
    assert unknown.summary == "expected one of basic, bearer, none, found the text 'baisc'"
    assert unknown.help == "did you mean 'basic'?"
    assert quoted(unknown) == "baisc"


def test_a_setting_s_default_is_of_its_type() -> None:
    mistake = only("settings: {s: {type: boolean, default: 'no', description: d}}")
    assert (mistake.code, quoted(mistake)) == ("S101", "no")


def test_many_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    mistakes = found(
        "oneway: '1'\nname: Bad Name\nsource: file\ntarget: {conector: file, resource: b}\n"
        "match: []\nfields: {a..b: x, c: {from: 5}}\nrehires: no\nguards: {leavers: {share: 1}}\n"
    )
    kinds = [(m.span.line, m.code) for m in mistakes]
    assert kinds == sorted(kinds, key=lambda pair: pair[0])
    assert {code for _, code in kinds} >= {
        "S101",
        "S102",
        "S103",
        "S104",
        "S105",
        "S107",
        "S109",
    }
    assert len(kinds) == len({(m.span, m.summary) for m in mistakes})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", "10%", "overwrite"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*MAPPING["properties"], *MAPPING["$defs"]["FieldSpec"]["properties"]])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_any_data_gets_placed_mistakes_with_codes_and_words(data: object) -> None:
    reading = read_all(json.dumps(data, indent=1).encode(), "f.yaml")
    if reading.document is None:
        return
    mistakes = check(reading.document, "mapping")
    valid = Draft202012Validator(MAPPING).is_valid(reading.document.data)
    assert bool(mistakes) is not valid
    for mistake in mistakes:
        assert mistake.code in CODES
        assert mistake.help
        assert 1 <= mistake.span.line <= len(reading.document.lines)
        assert not re.search(r"[\x00-\x1f]", mistake.summary + mistake.help)


def test_an_unknown_schema_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(Refused) as caught:
        schema_text("maping")
    assert caught.value.diagnostics[0].help == "did you mean 'mapping'?"


def test_loading_the_module_does_not_load_the_validator() -> None:
    code = "import sys, oneway.mapping.load; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_expression_that_was_cut_at_a_comma_is_told_to_be_quoted() -> None:
    mistake = only("eligible: [{id: a, when: default(x, y), otherwise: x is missing}]\n")
    assert quoted(mistake) == "y)"
    assert "double quotes" in mistake.help
