"""Whatever a mapping and its data are, everybody can be explained, and as the plan says."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.inspect.checks import Evidence, checks
from oneway.inspect.explain import explain
from oneway.inspect.explain.steps import Explanation
from oneway.planning.plan import Kind, Plan
from oneway.render import Style, explanations
from oneway.render import checks as render
from oneway.render.layout import columns
from strategies import worlds
from worlds import World, bound, compiled, planned


def everybody(world: World, plan: Plan, key: str) -> tuple[Explanation, ...]:
    program = bound(world)
    return explain(compiled(world), program, world.source, world.target, plan, key)


@given(worlds(), st.data())
@settings(max_examples=30)
def test_explaining_agrees_with_the_plan(world: World, data: st.DataObject) -> None:
    plan = planned(world)
    if not plan.outcomes:
        return
    outcome = data.draw(st.sampled_from(plan.outcomes))
    found = everybody(world, plan, outcome.source_id or outcome.target_id or "")
    (own,) = [
        each
        for each in found
        if (each.source_id, each.target_id) == (outcome.source_id, outcome.target_id)
    ]
    assert (own.kind, own.actions, own.reasons) == (outcome.kind, outcome.actions, outcome.reasons)
    changes = [change for action in outcome.actions for change in action.changes]
    written = [s.path for s in own.fields if "will be" in s.verdict]
    assert sorted(written) == sorted(change.field for change in changes)
    assert all(s.before == s.after for s in own.fields if "will be" not in s.verdict)
    if outcome.kind is Kind.UNCHANGED:
        assert not [s for s in own.fields if s.verdict.startswith("differs: not written")]


@given(worlds(), st.integers(40, 100))
@settings(max_examples=30)
def test_explanations_and_checks_are_printed_within_the_width(world: World, width: int) -> None:
    plan = planned(world)
    program = bound(world)
    style = Style(width=width)
    results = checks(compiled(world), program, Evidence(world.source, world.target, program.tables))
    text = render.text(results, style)
    for key in {each.key for each in plan.outcomes[:3]}:
        found = everybody(world, plan, key)
        text += explanations.text(found, style, "UTC")
        assert json.loads(json.dumps(explanations.as_json(found)))
    assert all(columns(line) <= width for line in text.split("\n"))
