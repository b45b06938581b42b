"""How each person differs from the source after a run: why, since when, and the next try.

Plans, explanations, past runs, the status and the report all use this (their JSON calls it
`stories`). The journal stores the discrepancies of each run, so that the next run knows when each
began.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import date
from enum import Enum

from oneway.core.dataclass import dataclass
from oneway.core.parsing import parse_day
from oneway.history.backoff import PastFailure, next_try
from oneway.history.flapping import RevertedWrite
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Action, Kind, Outcome, Plan
from oneway.planning.similar.near_misses import other_reasons


class DiscrepancyKind(Enum):
    """Why a person differs from the source. The values are for programs."""

    REFUSED = "refused"
    """The target refused it, in this run or earlier; the same values wait for the next try."""
    HELD = "held"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    STALE = "stale"
    NOT_ATTEMPTED = "not_attempted"
    NOT_BEGUN = "not_begun"
    """The run was interrupted before it reached the action."""
    ERROR = "error"
    CONFLICT = "conflict"
    INELIGIBLE = "ineligible"
    REHIRE = "rehire"
    NOT_STICKING = "not_sticking"
    """This run and earlier ones wrote it, and the target undoes it each time."""

    @property
    def unsynced(self) -> bool:
        """Whether no action can be sent until something changes."""
        return self in _OF_KIND.values()


_OF_KIND = {
    Kind.ERROR: DiscrepancyKind.ERROR,
    Kind.CONFLICT: DiscrepancyKind.CONFLICT,
    Kind.INELIGIBLE: DiscrepancyKind.INELIGIBLE,
    Kind.REHIRE: DiscrepancyKind.REHIRE,
}
_OF_ENDING = {
    Ending.STALE: DiscrepancyKind.STALE,
    Ending.REJECTED: DiscrepancyKind.REFUSED,
    Ending.NOT_SENT: DiscrepancyKind.NOT_SENT,
    Ending.UNKNOWN: DiscrepancyKind.UNKNOWN,
    Ending.HELD: DiscrepancyKind.HELD,
    Ending.POSTPONED: DiscrepancyKind.REFUSED,
    Ending.NOT_ATTEMPTED: DiscrepancyKind.NOT_ATTEMPTED,
}


def unsynced(outcome: Outcome) -> DiscrepancyKind | None:
    """Return why a person in the source does not sync, or None if they do."""
    return None if outcome.actions else _OF_KIND.get(outcome.kind)


_WHATEVER_CODE = frozenset({DiscrepancyKind.REFUSED, DiscrepancyKind.HELD})
"""Endings that last while their code changes: another guard may hold what one held before."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """How one person, or one of a person's two actions, differs from the source.

    `subject` is the action's id, or the record's if there is no action. `since` is the instant of
    the first run in an unbroken series with this ending, or "" for a run yet to come if the last
    one ended differently. `next_try` is a day, or "" for the next run.
    """

    subject: str
    key: str
    label: str
    source_id: str | None
    target_id: str | None
    ending: DiscrepancyKind
    code: str
    reason: str
    since: str
    next_try: str = ""

    @property
    def chain(self) -> tuple[str, DiscrepancyKind, str]:
        """Equal for the same discrepancy in consecutive runs."""
        return (
            self.subject,
            self.ending,
            "" if self.ending in _WHATEVER_CODE else self.code,
        )


def discrepancies_of(
    plan: Plan,
    ends: Mapping[str, End],
    failures: Mapping[str, PastFailure],
    *,
    before: Sequence[Discrepancy] = (),
    in_flight: Collection[str] = (),
    undone: Mapping[str, RevertedWrite] = {},
) -> tuple[Discrepancy, ...]:
    """Return the discrepancies of a run of a plan, in the plan's order.

    `ends` are the endings of actions, by id. An action without one is in flight, or was not begun.
    `undone` are the parts of completed actions that do not stick.
    """
    ends = {**{id: End(Ending.UNKNOWN) for id in in_flight}, **ends}
    known = _Known(ends, failures, undone, whole=True)
    return _since(_all(plan, known), before, plan.as_of)


def expected_discrepancies(
    plan: Plan,
    ends: Mapping[str, End],
    failures: Mapping[str, PastFailure],
    before: Sequence[Discrepancy],
    undone: Mapping[str, RevertedWrite] = {},
) -> tuple[Discrepancy, ...]:
    """Return the discrepancies of a plan that is yet to be applied, in its order.

    `ends` are the endings of actions that will not be sent. An action that will be sent has a
    discrepancy only if the target refused it before, if an earlier write of it must be looked up
    first, or if it is `undone`.
    """
    sent = {
        each.subject: End(Ending.UNKNOWN, code=each.code, reason=each.reason)
        for each in before
        if each.ending is DiscrepancyKind.UNKNOWN
    }
    known = _Known({**sent, **ends}, failures, undone, whole=False)
    return _since(_all(plan, known), before, "")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a plan's actions, by their ids; `whole` once its run is over."""

    ends: Mapping[str, End]
    failures: Mapping[str, PastFailure]
    undone: Mapping[str, RevertedWrite]
    whole: bool


def _since(
    found: Iterator[Discrepancy], before: Sequence[Discrepancy], as_of: str
) -> tuple[Discrepancy, ...]:
    since = {each.chain: each.since for each in before}
    # A clock that was ahead may have left an instant in the future.
    return tuple(
        replace(each, since=min(since.get(each.chain, as_of), as_of or _LATEST)) for each in found
    )


_LATEST = "9999"


def _all(plan: Plan, known: _Known) -> Iterator[Discrepancy]:
    for outcome in plan.notable:
        if outcome.actions:
            yield from _of_actions(outcome, known)
        else:
            yield from _of_outcome(outcome)


def due_again(discrepancy: Discrepancy, today: date) -> Discrepancy:
    """Return a discrepancy as of a day: once its `next_try` has come, the next run tries it."""
    day = parse_day(discrepancy.next_try)
    return discrepancy if day is None or today < day else replace(discrepancy, next_try="")


def dumped(discrepancies: Sequence[Discrepancy]) -> bytes:
    """Return discrepancies in their stored form, JSON."""
    return json.dumps(
        [[getattr(part, "value", part) for part in astuple(each)] for each in discrepancies]
    ).encode()


def loaded(data: bytes) -> tuple[Discrepancy, ...]:
    """Return stored discrepancies; raise `ValueError` or `TypeError` if they are damaged."""
    return tuple(
        Discrepancy(subject, key, label, source_id, target_id, DiscrepancyKind(ending), *rest)
        for subject, key, label, source_id, target_id, ending, *rest in json.loads(data)
    )


def _of_outcome(outcome: Outcome) -> Iterator[Discrepancy]:
    trouble = unsynced(outcome)
    if trouble is None:
        return
    reasons = other_reasons(outcome.reasons)
    if trouble is DiscrepancyKind.REHIRE:  # the rest only adds to it
        reasons = reasons[:1]
    code = " ".join(each.code for each in reasons)
    reason = "; ".join(each.text for each in reasons)
    yield _discrepancy(outcome, None, trouble, code=code, reason=reason)


def _of_actions(outcome: Outcome, known: _Known) -> Iterator[Discrepancy]:
    for action in outcome.actions:
        end, failure = known.ends.get(action.id), known.failures.get(action.id)
        undone = known.undone.get(action.id)
        if end is None and known.whole:
            yield _discrepancy(outcome, action, DiscrepancyKind.NOT_BEGUN)
        elif end is None and failure is not None:
            end = End(Ending.REJECTED)
            yield replace(_of_action(outcome, action, end, failure), next_try="")
        elif end is not None and end.ending is not Ending.DONE:
            yield _of_action(outcome, action, end, failure)
        elif undone is not None:
            yield _discrepancy(outcome, action, DiscrepancyKind.NOT_STICKING, reason=undone.reason)


def _of_action(
    outcome: Outcome, action: Action, end: End, failure: PastFailure | None
) -> Discrepancy:
    trouble = _OF_ENDING[end.ending]
    if trouble is DiscrepancyKind.HELD:
        return _discrepancy(outcome, action, trouble, code=" ".join(end.guards), reason=end.reason)
    if trouble is DiscrepancyKind.REFUSED and failure is not None:
        day = next_try(failure)
        until = end.until or ("" if day is None else day.isoformat())
        said = {"code": failure.code, "reason": failure.reason}
        return _discrepancy(outcome, action, trouble, **said, until=until)
    said = {"code": end.code, "reason": end.reason}
    return _discrepancy(outcome, action, trouble, **said, until=end.until)


def _discrepancy(
    outcome: Outcome,
    action: Action | None,
    trouble: DiscrepancyKind,
    *,
    code: str = "",
    reason: str = "",
    until: str = "",
) -> Discrepancy:
    subject = action.id if action is not None else outcome.source_id or outcome.target_id or ""
    ids = (outcome.source_id, outcome.target_id)
    return Discrepancy(subject, outcome.key, outcome.label, *ids, trouble, code, reason, "", until)
