"""What differs: each policy of a field rule, by example."""

import pytest

from oneway.core.compare import Compare
from oneway.core.diagnostics import Span
from oneway.core.records import MISSING, Missing, Value
from oneway.mapping.policy import FieldRule
from oneway.mapping.rows import Cell, CellState
from oneway.mapping.spec import Merge, OnBlank, OnMiss, OwnedItems, Write
from oneway.planning.diff import (
    KEEP,
    added,
    at_create,
    at_update,
    drift,
    hidden,
    refuses,
    wanted,
)


def rule(**options: object) -> FieldRule:
    return FieldRule("f", ("f",), "e", Span("m.yaml"), **options)  # type: ignore[arg-type]


def stated(value: Value) -> Cell:
    return Cell(CellState.STATED, value)


BLANK = Cell(CellState.BLANK)
UNSTATED = Cell(CellState.UNSTATED)
MISSED = Cell(CellState.MISSED)
INACTIVE = Cell(CellState.INACTIVE)


def after(rule: FieldRule, cell: Cell, held: Value | Missing) -> list[Value]:
    return [each.after for each in at_update([rule], [cell], [held])]


@pytest.mark.parametrize(
    ("write", "held", "expected"),
    [
        (Write.OVERWRITE, "old", ["new"]),
        (Write.OVERWRITE, "new", []),
        (Write.OVERWRITE, MISSING, ["new"]),
        (Write.ON_CREATE, "old", []),
        (Write.ON_CREATE, None, []),
        (Write.IF_EMPTY, "old", []),
        (Write.IF_EMPTY, " ", ["new"]),
        (Write.NEVER, "old", []),
    ],
)
def test_when_a_matched_record_is_written(write: Write, held: Value, expected: list[str]) -> None:
    assert after(rule(write=write), stated("new"), held) == expected


OWN = {"merge": Merge.OWN, "owned": OwnedItems(("hr", "it"))}


@pytest.mark.parametrize(
    ("options", "cell", "changes", "in_a_leave"),
    [
        ({"merge": Merge.ADD}, stated(["hr"]), True, True),
        (OWN, stated(["hr"]), True, True),
        (OWN, stated([]), True, True),
        ({"write": Write.IF_EMPTY}, stated("new"), True, True),
        ({"on_blank": OnBlank.CLEAR}, BLANK, False, True),
        ({"merge": Merge.ADD}, stated([]), False, False),
        ({"write": Write.IF_EMPTY}, BLANK, False, False),
        ({"write": Write.NEVER, "on_blank": OnBlank.CLEAR}, BLANK, False, False),
        (OWN, UNSTATED, False, False),
        ({}, stated("new"), False, False),
    ],
)
def test_what_a_record_does_not_show_is_left_alone_if_it_decides(
    options: dict[str, object], cell: Cell, changes: bool, in_a_leave: bool
) -> None:
    unseen, seen = rule(**options, always_shown=False), rule(**options)
    for held in ("old", None, []):
        assert not hidden([unseen], [cell], [held], leaving=True)
    assert hidden([unseen], [cell], [MISSING]) == ((unseen,) if changes else ())
    assert hidden([unseen], [cell], [MISSING], leaving=True) == ((unseen,) if in_a_leave else ())
    assert not hidden([seen], [cell], [MISSING], leaving=True), "a file shows all that it holds"
    if in_a_leave:
        assert not after(unseen, cell, MISSING)


@pytest.mark.parametrize(
    ("cell", "options", "expected"),
    [
        (BLANK, {}, KEEP),
        (BLANK, {"on_blank": OnBlank.CLEAR}, None),
        (UNSTATED, {"on_blank": OnBlank.CLEAR}, KEEP),
        (INACTIVE, {"on_blank": OnBlank.CLEAR}, KEEP),
        (MISSED, {}, KEEP),
        (MISSED, {"on_miss": OnMiss.CLEAR}, None),
        (MISSED, {"on_blank": OnBlank.CLEAR}, KEEP),
        (Cell(CellState.BLANK, None, "initial"), {}, KEEP),
    ],
)
def test_what_a_matched_record_should_have(
    cell: Cell, options: dict[str, object], expected: object
) -> None:
    assert wanted(rule(**options), cell) is expected


def test_a_create_holds_no_blank_field_and_takes_initial() -> None:
    rules = [rule(), rule(), rule(), rule(write=Write.NEVER)]
    cells = [stated("a"), BLANK, Cell(CellState.UNSTATED, None, "first"), stated("b")]
    assert [each.after for each in at_create(rules, cells)] == ["a", "first"]


def test_drift_is_what_never_differs() -> None:
    assert len(drift([rule(write=Write.NEVER)], [stated("a")], ["b"])) == 1
    assert not drift([rule(write=Write.NEVER)], [stated("a")], ["a"])
    assert not drift([rule()], [stated("a")], ["b"])


def test_values_that_compare_the_same_are_not_written() -> None:
    assert not after(rule(compare=Compare.IGNORE_CASE), stated("A@example.com"), "a@example.com")
    assert after(rule(), stated("A@example.com"), "a@example.com")


def test_add_keeps_what_others_put_there() -> None:
    adding = rule(merge=Merge.ADD)
    assert after(adding, stated(["a", "b"]), ["c", "a"]) == [["c", "a", "b"]]
    assert after(adding, stated(["a"]), ["c", "a"]) == []
    assert after(rule(merge=Merge.ADD, on_blank=OnBlank.CLEAR), BLANK, ["a"]) == []
    assert added([True], [1]) == [True, 1]


def test_what_makes_a_record_ineligible() -> None:
    required = rule(on_blank=OnBlank.INELIGIBLE)
    assert refuses(required, BLANK, creating=False)
    assert refuses(required, UNSTATED, creating=True)
    assert not refuses(required, Cell(CellState.BLANK, None, "x"), creating=True)
    assert refuses(required, Cell(CellState.BLANK, None, "x"), creating=False)
    assert not refuses(required, INACTIVE, creating=True)
    assert refuses(rule(on_miss=OnMiss.INELIGIBLE), MISSED, creating=False)
    assert not refuses(rule(), MISSED, creating=False)
