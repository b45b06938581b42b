"""A saved plan does nothing that a plan made now would not do: the source may have changed.

It is planned again as a whole, and what decides about a person is asked again before a write.
"""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from memory import MemoryReader, applied, systems_of
from oneway.core.records import Record
from oneway.planning.endings import Ending
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.plan import Action, Outcome, Plan, Verb
from oneway.runs.planned_again import not_planned_now
from strategies import accepted, source_gone, source_slips, worlds
from worlds import World, planned

RULE = {"id": "flag", "when": "flag != `false`", "otherwise": "not for this sync"}
ONE_PER = {"person": "name", "current": "status == 'E'", "latest_by": "leave"}
DAY = "2026-06-01T04:00:00Z"
DATES = ("2024-02-29", "2026-06-14")

LEFT_TO_THE_TARGET = {"taken", "claimed_twice", "circle", "reserved", "waits"}
"""Conflicts over values between people: the target refuses a value that is taken."""


@dataclass
class ListReader(MemoryReader):
    """A source that is read as one list, as a file is, unless it says otherwise."""

    by_id: bool = False


@st.composite
def scoped(draw: st.DrawFn) -> World:
    """Draw a world in which some may be out of scope, or have several records."""
    world = draw(worlds(due=False))
    mapping: dict[str, Any] = {**world.mapping}
    # A key that a new record does not get is not asked again: the plan alone knows who has it.
    carried = {each["target"]: each["source"] for each in mapping["match"]}
    mapping["fields"] = {**mapping["fields"], **carried}
    if draw(st.booleans()):
        mapping |= {"only": [RULE], "out_of_scope": draw(st.sampled_from(["ignore", "leave"]))}
    if draw(st.sampled_from([False, False, True])):
        mapping["source"] = {**mapping["source"], "one_per": ONE_PER}
    found = replace(world, mapping=mapping)
    assume(accepted(found))
    return found


@st.composite
def later(draw: st.DrawFn, world: World) -> World:
    """Draw the world with another source: one record is new, or says something else."""
    records = list(world.source.records)
    assume(records)
    place = draw(st.integers(0, len(records) - 1))
    data = {**records[place].data}
    new = draw(st.booleans())
    kind = draw(st.sampled_from(["slip", "slip", "left", "as it is"] if new else ["slip", "left"]))
    if kind == "slip":
        name, value = draw(source_slips(DATES).strategy)
        data = {**data, name: value}
    if kind == "left":
        data |= draw(source_gone(DATES).strategy)
    data = {key: value for key, value in data.items() if value != "<absent>"}
    if new:
        records.append(Record("s9", {**data, "id": "s9"}))
    else:
        records[place] = Record(records[place].id, data)
    return replace(world, source=replace(world.source, records=tuple(records)))


@st.composite
def remembered(draw: st.DrawFn, world: World) -> LinkEvidence:
    """Draw what earlier runs remember: nothing, all that the keys say, or some of it."""
    pairs = [(e.source_id, e.target_id) for e in planned(world).outcomes]
    found = [(one, other) for one, other in pairs if one is not None and other is not None]
    most = draw(st.sampled_from([0, 0, len(found), 1]))
    return LinkEvidence(tuple(Link(*pair, "", DAY, DAY) for pair in found[:most]))


def outcome_of(plan: Plan, action: Action) -> Outcome | None:
    """Return what becomes of the record of an action in another plan."""
    side = "source_id" if action.source_id is not None else "target_id"
    mine = getattr(action, side)
    return next((each for each in plan.outcomes if getattr(each, side) == mine), None)


@given(st.data())
def test_nothing_is_done_for_whom_a_new_plan_would_do_nothing(data: st.DataObject) -> None:
    world = data.draw(scoped())
    evidence = data.draw(remembered(world))
    plan = planned(world, evidence=evidence)
    assume(plan.actions)
    now = data.draw(later(world))
    systems = systems_of(world)
    systems.linked = evidence.targets
    records = {each.id: dict(each.data) for each in now.source.records}
    systems.source = ListReader(records, by_id=data.draw(st.booleans()))
    broken = {each.id for each in now.source.records if each.problem or each.damage}
    assume(not broken)
    assume(world.source.complete)
    fresh = planned(now, evidence=evidence)
    stale = not_planned_now(plan, fresh)
    for result in applied(world, plan, systems=systems, stale=stale).results:
        if result.ending is not Ending.DONE:
            continue
        outcome = outcome_of(fresh, result.action)
        assert outcome is not None, result
        codes = {each.code for each in outcome.reasons}
        if "s9" in {each.id for each in now.source.records} - {e.id for e in world.source.records}:
            codes -= {"claimed_twice"} if result.action.verb is Verb.CREATE else set()
        verbs = {each.verb for each in outcome.actions}
        assert result.action.verb in verbs or codes & LEFT_TO_THE_TARGET, (result.action, outcome)
        assert outcome.target_id == result.action.target_id, (result.action, outcome)
