"""Applying: what waits for another day, and an apply that is asked to stop."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from test_apply import CHAIN, CHANGE, world

from memory import Recording, approval, steps, systems_of
from oneway.applying.result import Result
from oneway.applying.watch import Stopped, never
from oneway.planning.endings import Ending
from worlds import World, planned


def results(
    changed: World,
    systems: Any,
    *,
    postponed: Mapping[str, str] | None = None,
    stopping: Callable[[], bool] = never,
    log: Recording | None = None,
) -> Iterator[Result]:
    plan = planned(changed)
    approved = approval(plan, postponed=postponed or {})
    return steps(changed, plan, approved, systems, log or Recording(), stopping)


def test_what_is_postponed_is_not_written_and_says_why() -> None:
    changed = world(*CHANGE)
    systems, log = systems_of(changed), Recording()
    first, second = planned(changed).actions
    found = list(results(changed, systems, postponed={first.id: "until Monday"}, log=log))
    assert [(each.ending, each.reason) for each in found] == [
        (Ending.POSTPONED, "until Monday"),
        (Ending.DONE, ""),
    ]
    assert log.steps == [
        ("postponed", first.id), ("intended", second.id), ("done", second.id)
    ]  # fmt: skip
    assert (found[0].until, found[1].until) == ("2026-12-01", "")
    assert len(systems.writer.calls) == 1


def test_who_waits_for_what_is_postponed_is_not_attempted() -> None:
    chain = world(*CHAIN)
    giving_up = next(each for each in planned(chain).actions if not each.depends_on)
    found = list(results(chain, systems_of(chain), postponed={giving_up.id: ""}))
    assert [each.ending for each in found] == [Ending.POSTPONED, Ending.NOT_ATTEMPTED]


@pytest.mark.parametrize("batch", [1, 50])
@pytest.mark.parametrize("asked_after", [0, 1])
def test_what_was_begun_ends_before_it_stops(batch: int, asked_after: int) -> None:
    changed = world(*CHANGE)
    systems, log = systems_of(changed, batch=batch), Recording()
    asked = iter([False] * asked_after + [True])
    found: list[Result] = []
    with pytest.raises(Stopped):
        found.extend(results(changed, systems, stopping=lambda: next(asked), log=log))
    assert [each.ending for each in found] == [Ending.DONE] * asked_after
    assert [step for step, _ in log.steps] == ["intended", "done"] * asked_after
    assert len(systems.writer.calls) == asked_after
    assert not systems.writer.pending


def test_who_asks_during_the_last_one_is_too_late() -> None:
    changed = world(*CHANGE)
    asked = iter([False, False, True])
    found = list(results(changed, systems_of(changed), stopping=lambda: next(asked)))
    assert [each.ending for each in found] == [Ending.DONE, Ending.DONE]
