"""What `prove` puts into a field is what the record schema allows, or is known not to be."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import MISSING
from oneway.mapping.compiler import Compiled
from oneway.runs.prepare.compilation import compile_data
from oneway.runs.proving.pattern_text import text_of
from oneway.runs.proving.prove import maker_of, prove

ROOT = Path(__file__).resolve().parents[2]
AS_OF = datetime(2026, 11, 24, 9, tzinfo=UTC)
MAPPING = """\
oneway: 1
name: people
source:
  connector: file
  resource: people.csv
  options: {{id: id}}
  record:
    type: object
    required: [id, code, status]
    properties:
      id: {{type: string}}
      code: {{type: string, pattern: '^\\d{{5}}$'}}
      status: {{type: string, enum: [Active, Left]}}
      last: {field}
target:
  connector: file
  resource: users.json
  options: {{id: id}}
  record:
    type: object
    properties:
      id: {{type: string}}
      ref: {{type: string, pattern: '^\\d{{5}}$'}}
      active: {{type: boolean}}
      last: {field}
match: [{{source: code, target: ref}}]
fields: {{ref: {{from: code, write: on_create}}, last: {value}}}
joiners: {{unless_taken: [ref]}}
leavers: {{when: "{when}", set: {{active: {{value: false}}}}, left: active == `false`}}
"""


def mapping(field: dict[str, Any], value: str = "last", when: str = "status == 'Left'") -> Compiled:
    """Return a mapping with one field of this schema, which it writes and which may decide."""
    text = MAPPING.format(field=json.dumps(field), value=json.dumps(value), when=when)
    return compile_data(text.encode(), "mapping.yaml", ())[0]


NULLABLE = ["string", "null"]
PATTERNS = [r"^\d{6}$", "^[A-Z]{2}[0-9]{2}$", r"^(?:AB|C)-\d+$", "^[^@]+@[a-z]+$", "A$", "^[]x]+$"]
TEXTS = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", NULLABLE])},
    optional={
        "format": st.sampled_from(["date", "date-time", "email", "time", "uuid"]),
        "minLength": st.integers(0, 12),
        "maxLength": st.integers(12, 40),
        "pattern": st.sampled_from(PATTERNS),
    },
)
OTHERS = [
    {"type": "integer"},
    {"type": ["number", "null"]},
    {"type": "boolean"},
    {"type": ["string", "integer"]},
    {"type": "string", "enum": ["A", "B"]},
    {"type": ["string", "null"], "enum": ["A", "B", None]},
]
FORMATS = {
    "date": r"\d{4}-\d\d-\d\d",
    "date-time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "email": ".+@.+|",
    "time": r"\d\d:\d\d:\d\dZ",
    "uuid": "[0-9a-f]{8}-.*",
}


def allowed(field: dict[str, Any], value: object) -> bool:
    """Return whether a field's schema allows a value, decided by other code than the engine's."""
    known = {key: each for key, each in field.items() if key != "format"}
    if not jsonschema.Draft202012Validator(known).is_valid(value):
        return False
    form = FORMATS.get(field.get("format", ""), "(?s:.*)")
    return not isinstance(value, str) or re.fullmatch(form, value) is not None


@given(TEXTS | st.sampled_from(OTHERS))
def test_a_value_is_said_to_fit_exactly_if_the_record_schema_allows_it(
    field: dict[str, Any],
) -> None:
    worded = "iif(last == 'gone', 'x', to_string(last))" if _is_text(field) else "last"
    compiled = mapping(field, worded)
    maker = maker_of(compiled, AS_OF, None)
    usual = maker.usual()
    tried = [
        each.found
        for changes in maker.changes(usual)
        for each in changes
        if each.found.path == ("last",) and each.found.value is not MISSING
    ]
    assert [each for each in tried if each.fits is not allowed(field, each.value)] == []
    if any(each.fits for each in maker.source_classes()[("last",)] if each.value is not MISSING):
        assert allowed(field, usual.get("last")), usual
    assert re.fullmatch(r"\d{5}", str(usual["code"]))


def _is_text(field: dict[str, Any]) -> bool:
    return field["type"] in ("string", NULLABLE) and "enum" not in field


RIGHT = [
    # a field, what the mapping writes of it, and a condition that also reads `status`
    ({"type": NULLABLE, "format": "date"}, "last", "status == 'Left' || is_past(last)"),
    ({"type": "string", "format": "date"}, "add_days(last, `1`)", "status == 'Left'"),
    ({"type": NULLABLE, "format": "date-time"}, "last", "status == 'Left' || is_past(last)"),
    (
        {"type": NULLABLE, "pattern": r"^\d{6}$"},
        "last",
        "status == 'Left' || to_number(last) < `1`",
    ),
    (
        {"type": "string", "pattern": r"^\d{6}$"},
        "iif(to_number(last) < `7`, last, last)",
        "status == 'Left'",
    ),
    ({"type": "string", "minLength": 4}, "last", "status == 'Left'"),
    ({"type": "string", "maxLength": 2}, "last", "status == 'Left'"),
]


@pytest.mark.parametrize(("field", "value", "when"), RIGHT, ids=range(len(RIGHT)))
def test_a_right_mapping_breaks_no_law_by_a_value_that_the_schema_rules_out(
    field: dict[str, Any], value: str, when: str
) -> None:
    compiled = mapping({**field}, value, when)
    assert [(each.law, each.text) for each in prove(compiled, AS_OF, None, 400).broken] == []


def test_a_value_that_the_schema_allows_still_breaks_the_law() -> None:
    compiled = mapping({"type": NULLABLE, "minLength": 3}, "to_string(to_number(last))")
    assert "evaluates" in [each.law for each in prove(compiled, AS_OF, None, 400).broken]


@pytest.mark.parametrize("pattern", ["a|b", "^(?<x>ab)+$", r"^\p{Lu}\w{2,5}$", "[0-9]{2}-[0-9]{2}"])
def test_a_text_is_made_for_a_pattern(pattern: str) -> None:
    assert re.fullmatch("a|ab|AAA|00-00", text_of(pattern))


def test_a_pattern_asks_for_no_endless_text() -> None:
    assert len(text_of("(((a{900}){900}){900}){900}")) <= 200
