"""Detects changes that do not stick: the sync writes them every night, the target undoes them."""

from collections.abc import Mapping, Sequence

from oneway.core.dataclass import dataclass
from oneway.core.seal import Seal
from oneway.history.digests import RECORD, field_digests
from oneway.planning.plan import Action, Change, Plan, Verb

RUNS = 3
"""A change planned in this many runs in a row does not stick."""

CREATES = 2
"""A record created in this many runs in a row does not stick."""

LEAVES = 2
"""A leave of one person in this many runs in a row does not stick."""


def sticks(verb: Verb, runs: int) -> bool:
    """Return whether a change that `runs` runs in a row wrote or planned may still stick.

    This is the one definition for all reports of changes that do not stick.
    """
    if verb is Verb.CREATE:
        return runs < CREATES
    # One earlier run is enough for a leave: in between, the person regained access.
    return runs < (LEAVES if verb.takes_access else RUNS)


@dataclass(frozen=True, slots=True)
class RepeatedWrite:
    """A change, identified by its digest, that `times` runs in a row wrote."""

    digest: str
    times: int


@dataclass(frozen=True, slots=True)
class RevertedWrite:
    """The part of an action that does not stick.

    `fields` is empty for a record created again; `runs` is how many runs in a row wrote it.
    """

    verb: Verb
    fields: tuple[str, ...]
    runs: int

    @property
    def reason(self) -> str:
        """What happens to the change, in words."""
        when = "the last run" if self.runs == 1 else f"each of the last {self.runs} runs"
        if not self.fields:
            return f"the record was created in {when}, as the target does not keep it"
        was, them = ("was", "it") if len(self.fields) == 1 else ("were", "them")
        return f"{', '.join(self.fields)} {was} written in {when}, as the target undoes {them}"


@dataclass(frozen=True, slots=True)
class Flapping:
    """A change planned again although `times` runs in a row wrote it.

    `change` is None for a record to be created again.
    """

    action: Action
    change: Change | None
    times: int


def find_flapping(
    plan: Plan, written: Mapping[tuple[str, str], RepeatedWrite], seal: Seal
) -> tuple[Flapping, ...]:
    """Return the planned changes that do not stick; `written` is by action id and field.

    The plan counts as the last run that writes them.
    """
    known = {action for action, _ in written}
    return tuple(
        Flapping(action, change, found.times)
        for action in plan.actions
        if action.id in known
        for digests in [field_digests(action, seal)]
        for name, change in _parts(action)
        if (found := written.get((action.id, name))) is not None
        and not sticks(action.verb, found.times + 1)
        and found.digest == digests.get(name)
    )


def reverted_writes(found: Sequence[Flapping]) -> Mapping[str, RevertedWrite]:
    """Return the part of each action that does not stick, by the action's id."""
    parts: dict[str, list[Flapping]] = {}
    for each in found:
        parts.setdefault(each.action.id, []).append(each)
    return {
        id: RevertedWrite(
            verb=some[0].action.verb,
            fields=tuple(sorted(each.change.field for each in some if each.change is not None)),
            runs=max(each.times for each in some),
        )
        for id, some in parts.items()
    }


def planned_parts(plan: Plan) -> Mapping[str, Sequence[str]]:
    """Return the parts of each action that may turn out not to stick, by action id."""
    return {each.id: [name for name, _ in _parts(each)] for each in plan.actions}


def _parts(action: Action) -> tuple[tuple[str, Change | None], ...]:
    """Return an action's parts by name, each with its change; a new record is one part."""
    if action.verb is Verb.CREATE:
        return ((RECORD, None),)
    return tuple((each.field, each) for each in action.changes)
