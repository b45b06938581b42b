"""The effect of an edit is what a comparison of both plans finds, person by person."""

import json
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from oneway.planning.impact import Impact, impact
from oneway.planning.plan import Kind, Outcome, Plan, Verb
from oneway.render.impact import MOST_BYTES, as_markdown, sentence
from oneway.runs.compare.impact import EditImpact, Version
from strategies import accepted, mappings, worlds
from worlds import World, planned

WORLDS = worlds()


def brute(before: Plan, after: Plan) -> set[str]:
    """Return whoever is treated differently, by comparing everything about everybody."""

    def treated(plan: Plan) -> dict[str, str]:
        return {_id(each): json.dumps(_treatment(each), sort_keys=True) for each in plan.outcomes}

    ours, theirs = treated(before), treated(after)
    return {id for id in ours.keys() | theirs.keys() if ours.get(id) != theirs.get(id)}


def _id(outcome: Outcome) -> str:
    return f"s{outcome.source_id}" if outcome.source_id is not None else f"t{outcome.target_id}"


def _treatment(outcome: Outcome) -> dict[str, Any]:
    stays = outcome.kind in (Kind.INELIGIBLE, Kind.CONFLICT, Kind.ERROR)
    deactivated = any(each.verb is Verb.DEACTIVATE for each in outcome.actions)
    return {
        "kind": "leave" if deactivated else outcome.kind.value,
        "back": any(each.verb is Verb.REACTIVATE for each in outcome.actions),
        "writes": {
            change.field: [repr(change.before), _digest(change.after)]
            for action in outcome.actions
            for change in action.changes
        },
        "ends": _ends(outcome),
        "why": sorted(reason.code for reason in outcome.reasons) if stays else [],
    }


LISTED = ("leave_unsaid", "leave_far_off")


def _ends(outcome: Outcome) -> str | None:
    """Return whose access a plan ends, that it lists a person who has left, or None."""
    verbs = {each.verb for each in outcome.actions}
    if verbs & {Verb.LEAVE, Verb.DEACTIVATE, Verb.CORRECT}:
        if outcome.has_access and any(each.code in LISTED for each in outcome.reasons):
            return "listed"
        return None if Verb.CORRECT in verbs else f"ends {outcome.target_id}"
    return "listed" if outcome.has_access else None


def losing(before: Plan, after: Plan) -> set[str]:
    """Return who loses the end of access, or a place on the list, one by one."""

    def is_said_of(outcome: Outcome) -> bool:
        for other in after.outcomes:
            said = _ends(other)
            same_record = outcome.target_id is not None and other.target_id == outcome.target_id
            same_row = outcome.source_id is not None and other.source_id == outcome.source_id
            unmatched = outcome.target_id is None and same_row
            if said and said != "listed" and (same_record or unmatched):
                return True
            if said == "listed" == _ends(outcome) and (same_record or same_row):
                return True
        return False

    return {_id(each) for each in before.outcomes if _ends(each) and not is_said_of(each)}


def _digest(value: object) -> object:
    return value if not hasattr(value, "digest") else value.digest


def named(found: Impact) -> set[str]:
    return {_id(each.shown) for each in found.people}


@given(WORLDS, st.data())
def test_exactly_those_are_named_whom_a_brute_comparison_finds(
    world: World, data: st.DataObject
) -> None:
    other = World(data.draw(mappings().strategy), world.source, world.target, world.departments,
                  world.unique, world.typed, world.on, world.as_of)  # fmt: skip
    if not accepted(other):
        other = world.later(40)
    before, after = planned(world), planned(other)
    found = impact(before, after)
    assert named(found) == brute(before, after)
    assert named(impact(after, before)) == named(found)
    keeping = {_id(each.shown) for each in found.people if each.keeps_access}
    assert keeping == losing(before, after)
    assert EditImpact(found, *map(Version, (before, after))).keeps_access is bool(keeping)
    event(f"{min(len(keeping), 3)} keep access")
    first = [each.keeps_access for each in found.people]
    assert first == sorted(first, reverse=True)


@given(WORLDS)
def test_an_edit_that_changes_nothing_has_no_effect(world: World) -> None:
    plans = planned(world), planned(world)
    found = EditImpact(impact(*plans), *map(Version, plans))
    assert found.impact.people == ()
    assert sentence(found).startswith("Nothing changes for any of ")


@given(WORLDS, st.integers(1, 60))
def test_a_comment_names_nobody_unless_asked_to_and_stays_small(world: World, days: int) -> None:
    plans = planned(world), planned(world.later(days * 30))
    found = impact(*plans)
    many = Impact(found.people * 500, found.records * 500)
    for names in (False, True):
        comment = as_markdown(EditImpact(many, *map(Version, plans)), names=names)
        assert len(comment.encode()) <= MOST_BYTES
    quiet = as_markdown(EditImpact(found, *map(Version, plans)), names=False)
    assert not [line for line in quiet.splitlines() if line.startswith("- ")]
