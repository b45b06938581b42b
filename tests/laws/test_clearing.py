"""Clearing a value in a target that ignores null: what it takes for that is sent."""

from dataclasses import replace

from hypothesis import given

from memory import all_done, applied
from oneway.core.paths import path_of
from oneway.core.records import is_blank
from strategies import worlds
from worlds import World, planned

WORLDS = worlds(due=False).map(lambda world: replace(world, ignores_null=True))


@given(WORLDS)
def test_what_is_cleared_stays_cleared_and_the_second_plan_is_empty(world: World) -> None:
    done = applied(world, planned(world))
    assert all_done(done)
    assert not planned(world.with_target(done.target.records)).actions


@given(WORLDS)
def test_nothing_else_is_written_than_to_a_target_that_takes_null(world: World) -> None:
    plan = planned(world)
    usual = replace(world, ignores_null=False)
    assert plan == planned(usual)
    for (verb, id, sent), (other_verb, other_id, other) in zip(
        applied(world, plan).writer.calls, applied(usual, plan).writer.calls, strict=True
    ):
        assert (verb, id) == (other_verb, other_id)
        for outcome in plan.outcomes:
            for action in outcome.actions:
                if (action.verb.value, action.target_id) == (verb, id):
                    for change in action.changes:
                        _compare(sent, other, path_of(change.field), is_blank(change.after))


def _compare(sent: object, other: object, keys: tuple[str, ...], clears: bool) -> None:
    for key in keys:
        assert isinstance(sent, dict)
        assert isinstance(other, dict)
        sent, other = sent[key], other[key]
    assert sent == ("" if clears else other)
