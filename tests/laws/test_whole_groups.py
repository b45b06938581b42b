"""Of fields that are written only together, no record ever holds a new part beside an old one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory import all_done, applied
from oneway.core.records import Record, Snapshot
from oneway.planning.plan import Kind, Plan
from worlds import World, planned

GONE = "<gone>"
PARTS = ("nick", "bank.no")
NEW, OLD = ("new nick", "00000002"), ("old nick", "00000001")


def world(said: tuple[Any, Any], held: tuple[Any, Any] | None, **rule: Any) -> World:
    """One person and their record, if they have one; `rule` is that of both fields."""
    person: dict[str, Any] = {"id": "s1", "code": "A1", "name": "Ann"}
    person |= {} if said[0] == GONE else {"nick": said[0]}
    person |= {} if said[1] == GONE else {"bank": {"no": said[1]}}
    mapping = {
        "oneway": 1,
        "name": "together",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": {"ref": "code", "fullName": "name", **{p: {"from": p, **rule} for p in PARTS}},
        "joiners": {"create": True},
        "together": [list(PARTS)],
    }
    user = {"id": "t1", "ref": "A1", "fullName": "Ada"}
    if held is not None:
        user |= {"nick": held[0], "bank": {"no": held[1]}}
    users = () if held is None else (Record("t1", user),)
    return World(mapping, Snapshot((Record("s1", person),)), Snapshot(users), Snapshot(()))


def parts(record: Record) -> tuple[Any, Any]:
    data: Any = record.data
    return data.get("nick"), (data.get("bank") or {}).get("no")


def reasons(plan: Plan) -> list[str]:
    (outcome,) = plan.outcomes
    return [each.text for each in outcome.reasons if each.code.startswith("in_part:")]


@given(
    said=st.tuples(
        *(st.sampled_from([*each, "", None, GONE]) for each in zip(NEW, OLD, strict=True))
    ),
    held=st.tuples(*(st.sampled_from([old, None]) for old in OLD)) | st.none(),
    on_blank=st.sampled_from(["keep", "clear"]),
)
def test_a_record_holds_the_old_parts_or_all_of_the_new(
    said: tuple[Any, Any], held: tuple[Any, Any] | None, on_blank: str
) -> None:
    before = world(said, held, on_blank=on_blank)
    done = applied(before, planned(before))
    assert all_done(done)
    (after,) = done.target.records
    stated = tuple(None if each in ("", GONE) else each for each in said)
    whole = all(stated) or (on_blank == "clear" and not any(stated) and GONE not in said)
    assert parts(after) == (stated if whole else held or (None, None))
    assert after.data["fullName"] == "Ann"
    assert not planned(before.with_target(done.target.records)).actions


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ((NEW[0], ""), "nick is left alone, as bank.no has no value (together)"),
        ((GONE, NEW[1]), "bank.no is left alone, as nick has no value (together)"),
        ((OLD[0], ""), None),
        (NEW, None),
    ],
)
def test_what_is_left_alone_is_told_with_what_lacks(
    said: tuple[Any, Any], text: str | None
) -> None:
    plan = planned(world(said, OLD))
    assert reasons(plan) == ([text] if text else [])
    assert plan.outcomes[0].kind is Kind.UPDATE


def test_of_a_new_record_a_part_is_left_out_and_told() -> None:
    plan = planned(world((NEW[0], ""), None))
    assert plan.outcomes[0].kind is Kind.CREATE
    assert reasons(plan) == ["nick is left alone, as bank.no has no value (together)"]


def test_a_value_that_stands_in_makes_a_group_whole() -> None:
    plan = planned(world((NEW[0], ""), OLD, default="x"))
    assert not reasons(plan)
