"""The table of links: each situation with the link, without it, and with one that contradicts."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import yaml

from memory import applied
from oneway.core.instants import instant_text
from oneway.core.records import Record, Snapshot
from oneway.planning.endings import Ending
from oneway.planning.links import NO_LINKS, REUSED, Link, LinkEvidence
from oneway.planning.plan import Outcome, Plan
from oneway.planning.plan_inputs import Allowance
from worlds import World, planned

SITUATIONS = yaml.safe_load(Path(__file__).with_name("links.yaml").read_text(encoding="utf-8"))
ABOUT = {
    *("rekeyed", "claimed", "reused", "adopted", "gone", "unlisted", "unproven", "key_contested"),
    *("duplicate", "ambiguous", "taken", "keyless", "leaver_unmatched", "reissued"),
}
"""The reasons that are about who is whom."""
TORN = {"rekeyed", "claimed", "reused", "reissued"}
"""Those of conflicts over links."""
MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "links",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "fullName": "name",
        "email": {"from": "mail", "compare": "ignore_case"},
    },
    "joiners": {"unless_taken": ["email"]},
    "leavers": {
        "when": "status == 'L'",
        "set": {"active": {"value": False}},
        "left": "active == `false`",
    },
    "label": "name",
}


def test_the_table_covers_what_it_must() -> None:
    assert len(SITUATIONS) >= 14
    assert len({each["name"] for each in SITUATIONS}) == len(SITUATIONS)


@pytest.mark.parametrize("given", ["outcome", "without", "against"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=[each["name"] for each in SITUATIONS])
def test_each_situation_has_the_outcome_that_is_written_down(
    situation: dict[str, Any], given: str
) -> None:
    plan = plan_of(situation, given)
    outcomes = {each.source_id: each for each in plan.outcomes if each.source_id is not None}
    assert {id: _said(each) for id, each in outcomes.items()} == situation[given]
    if given == "outcome":
        for id, values in situation.get("writes", {}).items():
            assert _written(outcomes[id]) == values


@pytest.mark.parametrize("situation", SITUATIONS, ids=[each["name"] for each in SITUATIONS])
def test_a_conflict_over_a_link_names_both_records_and_writes_nothing(
    situation: dict[str, Any],
) -> None:
    for outcome in plan_of(situation, "outcome").outcomes:
        for reason in outcome.reasons:
            if reason.code in TORN and outcome.kind.value == "conflict":
                assert outcome.actions == ()
                assert reason.candidates
                assert all(id in reason.text for id in reason.candidates)


def test_a_namesake_in_a_source_whose_ids_are_its_keys_is_a_near_miss() -> None:
    name = "a source without ids of its own, where a code changes"
    (situation,) = (each for each in SITUATIONS if each["name"] == name)
    (near,) = (
        reason
        for outcome in plan_of(situation, "outcome").outcomes
        for reason in outcome.reasons
        if reason.code == "near_miss"
    )
    assert near.candidates == ("t1",)
    assert near.text == (
        "target record t1 was source record A1, which is no longer in the source, and has the "
        "same fullName"
    )


@pytest.mark.parametrize("situation", SITUATIONS, ids=[each["name"] for each in SITUATIONS])
def test_what_is_planned_in_a_situation_is_written(situation: dict[str, Any]) -> None:
    done = applied(world_of(situation), plan_of(situation, "outcome"))
    assert [each.reason for each in done.results if each.ending is not Ending.DONE] == []


def world_of(situation: dict[str, Any], hidden: Collection[str] = ()) -> World:
    mapping = {**MAPPING, **situation.get("mapping", {})}
    mapping = {key: value for key, value in mapping.items() if value is not None}
    targets = [_user(each) for each in situation["target"] if each[0] not in hidden]
    people = Snapshot(tuple(map(_person, situation["source"])))
    return World(mapping, people, Snapshot(tuple(targets)), Snapshot(()))


def plan_of(situation: dict[str, Any], given: str) -> Plan:
    shown = _evidence(situation, given)
    world = world_of(situation, set(situation.get("unlisted", ())) - shown.unlisted)
    allowed = [Allowance(f"{REUSED}{key}", 1, "me") for key in situation.get("allowed", ())]
    return planned(world, evidence=shown, allowed=tuple(allowed))


def _evidence(situation: dict[str, Any], given: str) -> LinkEvidence:
    if given == "without":
        return NO_LINKS
    pairs = situation["links" if given == "outcome" else "contradicting"]
    targets = [target for _, target in pairs]
    usable = {target for target in targets if targets.count(target) == 1}
    usable -= {target for source, target in pairs if [s for s, _ in pairs].count(source) > 1}
    return LinkEvidence(
        links=tuple(Link(source, target, "", _DAY, _DAY) for source, target in pairs),
        unlisted=frozenset(situation.get("unlisted", ())) & usable,
        gone=frozenset(situation.get("gone", ())) & usable,
        late={id: instant_text(until) for id, until in situation.get("late", {}).items()},
    )


def _person(row: list[Any]) -> Record:
    id, code, name, mail, *left = row
    status = "L" if left else "A"
    return Record(id, {"id": id, "code": code, "name": name, "mail": mail, "status": status})


def _user(row: list[Any]) -> Record:
    id, ref, name, email, *left = row
    return Record(id, {"id": id, "ref": ref, "fullName": name, "email": email, "active": not left})


def _said(outcome: Outcome) -> str:
    codes = sorted(each.code for each in outcome.reasons if each.code in ABOUT)
    return " ".join(
        [outcome.kind.value, *([outcome.target_id] if outcome.target_id else []), *codes]
    )


def _written(outcome: Outcome) -> dict[str, Any]:
    return {each.field: each.after for action in outcome.actions for each in action.changes}


_DAY = "2026-06-01T04:00:00Z"
