"""With `absent: {deactivate: {when: ...}}`, those alone are deactivated of whom it holds."""

from dataclasses import replace

import pytest
from hypothesis import assume, given

from oneway.planning.plan import Plan, Verb
from strategies import accepted, worlds
from worlds import World, planned

CONDITIONS = {"ref == 'A1'": ("A1",), "one_of(ref, ['A1', 'A2'])": ("A1", "A2")}


def deactivated(plan: Plan) -> set[str]:
    return {str(a.target_id) for a in plan.actions if a.verb is Verb.DEACTIVATE}


def deactivating(world: World, absent: object) -> World:
    return replace(world, mapping={**world.mapping, "absent": absent})


@pytest.mark.parametrize("condition", CONDITIONS)
@given(worlds(due=False).filter(lambda world: "leavers" in world.mapping).filter(accepted))
def test_nobody_else_is_and_no_key_that_is_gone_says_so(condition: str, world: World) -> None:
    some = deactivating(world, {"deactivate": {"when": condition}})
    assume(accepted(some))
    refs = {record.id: record.data.get("ref") for record in world.target.records}
    ours = deactivated(planned(some))
    every = deactivated(planned(deactivating(world, "deactivate")))
    assert ours == {id for id in every if refs[id] in CONDITIONS[condition]}


@given(worlds(due=False).filter(lambda world: "leavers" in world.mapping).filter(accepted))
def test_without_the_key_nobody_is(world: World) -> None:
    """Unless the target says that an absent key is null: that is an answer, and it is not DE."""
    world = replace(world, leaves_out_nulls=False)
    some = deactivating(world, {"deactivate": {"when": "!one_of(employer, ['DE'])"}})
    assume(accepted(some))
    assert not deactivated(planned(some))
