"""A record that has left and shows nothing of its person any more is left alone, without alarm."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.records import Record, Snapshot
from oneway.mapping.spec import GuardsSpec
from oneway.planning.guards import judge
from oneway.planning.links import NO_LINKS, Link, LinkEvidence
from oneway.planning.plan import ANONYMOUS, Outcome, Plan
from worlds import World, planned

MAPPING: Mapping[str, Any] = {
    "oneway": 1,
    "name": "anonymous",
    "settings": {"on": {"type": "boolean", "default": False, "description": "A switch."}},
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "label": "join(' ', [first, last])",
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "first": "first", "last": "last", "email": "mail", "phone": "phone",
    },
    "joiners": {"unless_taken": ["email"]},
    "leavers": {
        "when": "status == 'L'",
        "set": {"state": {"value": "off"}, "day": {"from": "day", "write": "overwrite"}},
        "left": "state == 'off'",
    },
}  # fmt: skip
ADA = {"first": "Ada", "last": "Quill", "mail": "ada@example.com", "phone": "12"}
SHOWN = {"first": "Ada", "last": "Quill", "email": "ada@example.com", "phone": "12"}
GONE = {"first": "Deleted", "last": "User", "email": "deleted-1@example.com", "phone": None}


LINKED = LinkEvidence((Link("s0", "t0", "A", "2026-01-01", "2026-01-31"),))
"""An earlier run knows that the record is the person's."""


def plan_of(
    person: Mapping[str, Any],
    user: Mapping[str, Any],
    *others: Mapping[str, Any],
    evidence: LinkEvidence = LINKED,
) -> Plan:
    row = {"id": "s0", "code": "A", "status": "L", "day": "2026-01-31", **ADA, **person}
    held = {"id": "t0", "ref": "A", "state": "off", "day": "2026-01-31", **SHOWN, **user}
    targets = [Record("t0", held), *(Record(f"x{n}", dict(e)) for n, e in enumerate(others))]
    source, target = Snapshot((Record("s0", row),)), Snapshot(tuple(targets))
    return planned(World(dict(MAPPING), source, target, Snapshot(())), evidence=evidence)


def outcome_of(plan: Plan) -> Outcome:
    return next(each for each in plan.outcomes if each.source_id == "s0")


def written(plan: Plan) -> dict[str, Any]:
    return {each.field: each.after for each in outcome_of(plan).changes}


def is_left_alone(plan: Plan) -> bool:
    return any(each.code == ANONYMOUS for each in outcome_of(plan).reasons)


STRANGE = st.sampled_from(["Deleted", "User", "anonymous", "x8812", None])


@given(STRANGE, STRANGE, st.sampled_from(["gone@example.com", "", None]), st.booleans())
def test_no_name_is_written_back_to_a_record_that_has_left_and_shows_none(
    first: str | None, last: str | None, mail: str | None, moved: bool
) -> None:
    user = {"first": first, "last": last, "email": mail, "phone": None}
    plan = plan_of({"day": "2026-02-28"} if moved else {}, user)
    assert is_left_alone(plan)
    assert written(plan) == ({"day": "2026-02-28"} if moved else {})
    assert not judge(plan, GuardsSpec()).breaches


NAMES = {"first", "last"}
EVERY = {*NAMES, "email", "phone"}
OPEN = {**GONE, "state": "on"}
Q = {"last": "QUILL", "email": "q@example.com"}
ORDINARY = {
    "a marriage": ({"last": "Marlow", "mail": "am@example.com"}, {}, {"last", "email"}),
    "a corrected email": ({"mail": "ada.quill@example.com"}, {}, {"email"}),
    "a new phone": ({"phone": "99"}, {}, {"phone"}),
    "a name in another case, and a new email": ({}, Q, {"last", "email"}),
    "only the email was replaced": ({}, {"email": "deleted-1@example.com"}, {"email"}),
    "only the email was removed": ({}, {"email": None, "phone": None}, {"email", "phone"}),
    "the names were removed, the email stays": ({}, {"first": None, "last": None}, NAMES),
    "a leaver who has not left yet": ({}, OPEN, {"state", *EVERY}),
    "somebody who stays": ({"status": "E"}, {**OPEN, "day": None}, EVERY),
}
"""Nights on which the record is written as ever: the person, the record, and what is written."""


@pytest.mark.parametrize("name", ORDINARY)
def test_a_record_that_shows_its_person_or_has_not_left_is_written(name: str) -> None:
    person, user, fields = ORDINARY[name]
    plan = plan_of(person, user)
    assert not is_left_alone(plan)
    assert written(plan).keys() == fields


def test_somebody_who_stays_with_another_persons_names_is_held() -> None:
    plan = plan_of({"status": "E"}, {**GONE, "state": "on", "day": None})
    assert [each.name for each in judge(plan, GuardsSpec()).breaches] == ["identities"]


BLANK = {"first": None, "last": "", "email": None, "phone": None}
OTHERS = {"first": "Zoe", "last": "Marsh", "email": "zoe@example.com", "phone": "77"}
UNLINKED = {
    "nobody was linked, and the record shows somebody else": (NO_LINKS, OTHERS, True),
    "nobody was linked, and the record looks replaced": (NO_LINKS, GONE, True),
    "nobody was linked, and the record is blank": (NO_LINKS, BLANK, False),
    "the person was linked to another record": (
        LinkEvidence((Link("s0", "x0", "A", "2026-01-01", "2026-01-31"),)), OTHERS, True,
    ),
    "the person was linked to this record": (LINKED, OTHERS, False),
}  # fmt: skip
"""What earlier runs know, what the record shows, and whether it may be somebody else's."""


@pytest.mark.parametrize("name", UNLINKED)
def test_only_a_link_tells_a_replaced_name_from_somebody_elses(name: str) -> None:
    """The key of a leaver may find the closed record of another, while their own is open."""
    evidence, user, is_in_doubt = UNLINKED[name]
    own = {"id": "x0", "ref": None, "state": "on", "first": "Ada-Mae", "last": "Q", "email": "am@x"}
    plan = plan_of({}, user, own, evidence=evidence)
    assert is_left_alone(plan) is not is_in_doubt
    listed = [each for each in plan.outcomes if each.has_access]
    assert bool(judge(plan, GuardsSpec()).breaches or listed) is is_in_doubt


def test_an_open_record_of_the_same_person_is_listed_as_before() -> None:
    """A mistyped code would find a closed record, while the person's own one stays open."""
    own = {"id": "x0", "ref": "B", "state": "on", "day": None, **SHOWN}
    plan = plan_of({}, GONE, own)
    assert is_left_alone(plan)
    listed = [each for each in plan.outcomes if each.has_access]
    assert {
        id for each in listed for why in each.reasons for id in (each.target_id, *why.candidates)
    } >= {"x0"}
