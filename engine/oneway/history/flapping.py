"""Changes that do not stick: written night after night, and undone by the target each time."""

from collections.abc import Mapping
from dataclasses import dataclass

from oneway.core.seal import Seal
from oneway.history.digests import field_digests
from oneway.planning.plan import Action, Change, Plan

RUNS = 3
"""The same change planned in so many runs in a row does not stick."""


@dataclass(frozen=True, slots=True)
class RepeatedWrite:
    """A change that was written `times` runs in a row, known by its digest."""

    digest: str
    times: int


@dataclass(frozen=True, slots=True)
class Flapping:
    """A change that is planned again though it was written `times` runs in a row."""

    action: Action
    change: Change
    times: int


def find_flapping(
    plan: Plan, written: Mapping[tuple[str, str], RepeatedWrite], seal: Seal
) -> tuple[Flapping, ...]:
    """Return the planned changes that do not stick; `written` is by action id and field.

    Only runs that wrote the change count, and the plan itself as the last one.
    """
    known = {action for action, _ in written}
    # A leave is known by one earlier run: whoever it was to keep out got in meanwhile.
    return tuple(
        Flapping(action, change, found.times)
        for action in plan.actions
        if action.id in known
        for digests in [field_digests(action, seal)]
        for change in action.changes
        if (found := written.get((action.id, change.field))) is not None
        and found.times >= (1 if action.verb.takes_access else RUNS - 1)
        and found.digest == digests.get(change.field)
    )
