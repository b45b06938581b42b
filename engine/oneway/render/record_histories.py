"""How each record of a past run was planned, and how it ended."""

from collections.abc import Iterable

from oneway.core.dataclass import dataclass
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.journal import End, JournalEntry, Run
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Kind, Outcome, Plan
from oneway.render.discrepancies import by_subject

OUTCOMES = tuple(dict.fromkeys([*(kind.value for kind in Kind), *(each.value for each in Ending)]))
"""The words that select people: outcomes and endings."""


@dataclass(frozen=True, slots=True)
class RecordHistory:
    """What a run planned for one record, and how that ended; None if it was not begun.

    A record with two actions has two histories; one without actions has one.
    """

    outcome: Outcome
    end: End | None
    action: Action | None = None
    discrepancy: Discrepancy | None = None

    @property
    def words(self) -> frozenset[str]:
        """The texts to be searched for a person."""
        ended = (self.end.ending.value,) if self.end is not None else ()
        return frozenset({self.outcome.kind.value, *ended})


@dataclass(frozen=True, slots=True)
class Past:
    """A run, its stored plan if any, and the names of its stored snapshots.

    `unkept` says why its inputs were not stored.
    """

    run: Run
    plan: Plan | None
    entries: tuple[JournalEntry, ...]
    snapshots: frozenset[str] = frozenset()
    unkept: str = ""
    discrepancies: tuple[Discrepancy, ...] = ()
    given: str = ""
    """The arguments of `oneway sync`, for a run without a plan and without a connection."""
    lost: tuple[str, ...] = ()
    """The outputs of its process that could not be written completely."""


def record_histories(
    past: Past, outcomes: Iterable[str] = (), person: str = ""
) -> tuple[RecordHistory, ...]:
    """Return what happened to each record, in the plan's order.

    `outcomes` are words of `OUTCOMES`, one of which must apply. `person` is a part of a key, a name
    or an id, ignoring case.
    """
    if past.plan is None:
        return ()
    ends = {entry.action_id: entry.end for entry in past.entries}
    discrepancies = by_subject(past.discrepancies)
    found = (
        RecordHistory(
            outcome,
            None if action is None else ends.get(action.id),
            action,
            discrepancies.get((outcome.source_id or "") if action is None else action.id),
        )
        for outcome in past.plan.outcomes
        for action in outcome.actions or (None,)
    )
    wanted, part = frozenset(outcomes), person.casefold()
    return tuple(
        each
        for each in found
        if (not wanted or wanted & each.words) and _is_named(each.outcome, part)
    )


def ending_of(each: RecordHistory) -> Ending | None:
    """Return how an action ended, as far as known, or None if it was never begun."""
    if each.end is not None:
        return each.end.ending
    sent = each.discrepancy is not None and each.discrepancy.ending is DiscrepancyKind.UNKNOWN
    return Ending.UNKNOWN if sent else None


def _is_named(outcome: Outcome, part: str) -> bool:
    names = (outcome.key, outcome.label, outcome.source_id or "", outcome.target_id or "")
    return any(part in name.casefold() for name in names)
