"""Detects changes that do not stick: written every night, and undone by the target."""

from collections.abc import Mapping
from dataclasses import dataclass

from oneway.core.seal import Seal
from oneway.history.digests import RECORD, field_digests
from oneway.planning.plan import Action, Change, Plan, Verb

RUNS = 3
"""The same change planned in so many runs in a row does not stick."""

CREATES = 2
"""The same record to be created in so many runs in a row does not stick."""


@dataclass(frozen=True, slots=True)
class RepeatedWrite:
    """A change that was written `times` runs in a row, known by its digest."""

    digest: str
    times: int


@dataclass(frozen=True, slots=True)
class Flapping:
    """A change that is planned again though it was written `times` runs in a row.

    `change` is None for a record that is to be created again.
    """

    action: Action
    change: Change | None
    times: int


def find_flapping(
    plan: Plan, written: Mapping[tuple[str, str], RepeatedWrite], seal: Seal
) -> tuple[Flapping, ...]:
    """Return the planned changes that do not stick; `written` is by action id and field.

    Only runs that wrote the change count, and the plan itself as the last one.
    """
    known = {action for action, _ in written}
    # One earlier run is enough for a leave: the person got in again in between.
    return tuple(
        Flapping(action, change, found.times)
        for action in plan.actions
        if action.id in known
        for digests in [field_digests(action, seal)]
        for name, change in _parts(action)
        if (found := written.get((action.id, name))) is not None
        and found.times >= needed(action.verb)
        and found.digest == digests.get(name)
    )


def _parts(action: Action) -> tuple[tuple[str, Change | None], ...]:
    """Return what of an action may not stick: its fields, or a new record as a whole."""
    if action.verb is Verb.CREATE:
        return ((RECORD, None),)
    return tuple((each.field, each) for each in action.changes)


def needed(verb: Verb) -> int:
    """Return how many consecutive runs must have written a change before it counts as flapping."""
    if verb is Verb.CREATE:
        return CREATES - 1
    return 1 if verb.takes_access else RUNS - 1
