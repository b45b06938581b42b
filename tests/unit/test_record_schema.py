"""What a record schema says of a value, in words that never show the value."""

from dataclasses import replace
from typing import Any

import pytest

from oneway.core.description import Field, Resource
from oneway.mapping.record_schema import decidable, in_words, json_types, readable, writable


def field(**options: object) -> Field:
    types = frozenset(options.pop("types", ()))  # type: ignore[call-overload]
    return Field("f", types, **options)  # type: ignore[arg-type]


SECRET = "cnry"


MORE = "more than a date (YYYY-MM-DD); parse_date() takes its day"
INSTANT = "not a date and time with its zone, such as 2026-03-31T09:00:00Z"


@pytest.mark.parametrize(
    ("declared", "value", "wrong"),
    [
        (field(types=["string"]), SECRET, ""),
        (field(types=["string"]), 7, "declared as text, but it is a whole number"),
        (field(types=["integer"]), 7.0, ""),
        (field(types=["integer"]), 7.5, "declared as a whole number, but it is a number"),
        (field(types=["number"]), True, "declared as a number, but it is true or false"),
        (field(types=["array", "null"]), {"a": SECRET}, "declared as a list, but it is an object"),
        (field(enum=("A", 1)), "A", ""),
        (field(enum=("A", 1)), True, "not one of the values that the target allows"),
        (field(max_length=3), SECRET, "4 characters long; at most 3 fit"),
        (field(max_length=4), SECRET, ""),
        (field(min_length=5), SECRET, "4 characters long; at least 5 are needed"),
        (field(min_length=4), SECRET, ""),
        (field(pattern="^[0-9]+$"), SECRET, "does not have the shape that the target asks for"),
        (field(pattern="^[0-9]+$"), "42", ""),
        (field(pattern="^[0-9]+$"), "42\n", "does not have the shape that the target asks for"),
        (field(format="date"), SECRET, "not a date (YYYY-MM-DD)"),
        (field(format="date"), "2026-03-31", ""),
        (field(format="date"), "2026-09-30T00:00:00", MORE),
        (field(format="date"), "2026-09-30 00:00", MORE),
        (field(format="date"), " 2026-09-30", MORE),
        (field(format="date"), "2026-09-30\n", MORE),
        (field(format="date"), "２０２６-09-30", "not a date (YYYY-MM-DD)"),
        (field(format="date"), "2026-02-30", "not a date (YYYY-MM-DD)"),
        (field(format="date"), "20260930", "not a date (YYYY-MM-DD)"),
        (field(format="date"), 20260930, ""),
        (field(format="date-time"), "2026-09-30T09:00:00Z", ""),
        (field(format="date-time"), "2026-09-30T09:00:00.125+01:00", ""),
        (field(format="date-time"), "2026-09-30", INSTANT),
        (field(format="date-time"), "2026-09-30T09:00:00", INSTANT),
        (field(format="date-time"), " 2026-09-30T09:00:00Z", INSTANT),
        (field(format="date-time"), "2026-02-30T09:00:00Z", INSTANT),
        (field(format="time"), "09:00:00Z", ""),
        (field(format="time"), "09:00", "not a time with its zone, such as 09:00:00Z"),
        (field(format="uuid"), "1b4e28ba-2fa1-11d2-883f-0016d3cca427", ""),
        (field(format="uuid"), "{1b4e28ba-2fa1-11d2-883f-0016d3cca427}", "not a UUID"),
        (field(format="email"), "for the target to say", ""),
        (
            field(pattern=r"^\d{8}$"),
            "１２３４５６７８",
            "does not have the shape that the target asks for",
        ),
        (None, "\ud800", "holds half a character (a lone surrogate)"),
        (None, [{"a": ["\ud800"]}], "holds half a character (a lone surrogate)"),
        (None, {"\ud800": 1}, "holds half a character (a lone surrogate)"),
        (None, "Zoë 🎈", ""),
    ],
)
def test_what_is_wrong_with_a_value(declared: Field | None, value, wrong: str) -> None:
    assert writable(declared)(value) == wrong
    assert SECRET not in writable(declared)(value)


def test_only_declared_types_are_checked_when_reading() -> None:
    assert readable(None) is None
    assert readable(field()) is None
    assert readable(field(types=["null"])) is None
    check = readable(field(types=["string", "null"], max_length=1))
    assert check is not None
    assert check("long") == ""
    assert check(7) != ""


def test_types_in_words() -> None:
    assert in_words(json_types([])) == "a list"
    assert in_words(frozenset()) == "nothing"
    assert json_types(None) == {"null"}


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("Former", ""),
        (7, "declared as text, but it is a whole number"),
        ("Gone", "not one of the declared values (`record`)"),
    ],
)
def test_no_decision_hangs_on_a_word_that_nobody_knows(value: str | int, wrong: str) -> None:
    check = decidable(field(types=["string"], enum=("Current", "Former")))
    assert check is not None
    assert check(value) == wrong


_DAY = Field("x", frozenset({"string"}), "date")
_KIND = Field("x", enum=("staff", "temp"))
_PARTS = Resource(
    "people",
    "id",
    {
        "days": Field("days", frozenset({"array"})),
        "jobs": Field("jobs", frozenset({"array"})),
        "job": Field("job", frozenset({"object"})),
        "job.from": replace(_DAY, path="job.from"),
        "job.kind": replace(_KIND, path="job.kind"),
    },
    frozenset(),
    items={
        (("days",), ()): _DAY,
        (("jobs",), ()): Field("jobs", frozenset({"object"})),
        (("jobs",), ("from",)): _DAY,
        (("jobs",), ("kind",)): _KIND,
    },
)


@pytest.mark.parametrize(
    ("path", "value", "wrong"),
    [
        ("days", ["2026-01-01", "2026-01-02"], ""),
        ("days", ["2026-01-01", "1/2/2026"], "of an item, not a date"),
        ("days", [7], "of an item, declared as text"),
        ("jobs", [{"from": "2026-01-01", "kind": "staff", "more": 1}, {"kind": None}, {}], ""),
        ("jobs", [{"from": "2026-01-01T00:00:00"}], "in 'from', more than a date"),
        ("jobs", [{"kind": "staff"}, {"kind": "nobody"}], "in 'kind', not one of"),
        ("jobs", ["x"], "of an item, declared as an object"),
        ("job", {"from": "2026-01-01", "kind": "temp"}, ""),
        ("job", {"from": "1/2/2026"}, "in 'from', not a date"),
        ("job", {"kind": "nobody"}, "in 'kind', not one of"),
        ("job", {"kind": ""}, ""),
    ],
)
def test_what_is_within_lists_and_objects_is_checked(path: str, value: Any, wrong: str) -> None:
    found = writable(_PARTS.fields[path], _PARTS)(value)
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)
