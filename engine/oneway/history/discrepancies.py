"""What became of each person who differs from the source: one story for all to tell.

Plans, explanations, past runs, the status and the report take it from here: how it ended, why,
since which run, and when the next try is. The journal stores the stories of each run, so that the
next run knows when each began.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import date
from enum import Enum

from oneway.core.dataclass import dataclass
from oneway.core.records import parse_day
from oneway.history.backoff import PastFailure, next_try
from oneway.history.flapping import Undone
from oneway.planning.plan import Action, End, Ending, Kind, Outcome, Plan
from oneway.planning.similar.near_misses import other_reasons


class Trouble(Enum):
    """Why a person differs from the source. The values are for programs."""

    REFUSED = "refused"
    """The target refused it, in this run or earlier, and the same values wait."""
    HELD = "held"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    STALE = "stale"
    NOT_ATTEMPTED = "not_attempted"
    NOT_BEGUN = "not_begun"
    """The run was interrupted before it."""
    ERROR = "error"
    CONFLICT = "conflict"
    INELIGIBLE = "ineligible"
    REHIRE = "rehire"
    NOT_STICKING = "not_sticking"
    """It was written, as by earlier runs, and the target undoes it each time."""

    @property
    def unsynced(self) -> bool:
        """Whether no action could be sent: something must change first."""
        return self in _OF_KIND.values()


_OF_KIND = {
    Kind.ERROR: Trouble.ERROR,
    Kind.CONFLICT: Trouble.CONFLICT,
    Kind.INELIGIBLE: Trouble.INELIGIBLE,
    Kind.REHIRE: Trouble.REHIRE,
}
_OF_ENDING = {
    Ending.STALE: Trouble.STALE,
    Ending.REJECTED: Trouble.REFUSED,
    Ending.NOT_SENT: Trouble.NOT_SENT,
    Ending.UNKNOWN: Trouble.UNKNOWN,
    Ending.HELD: Trouble.HELD,
    Ending.POSTPONED: Trouble.REFUSED,
    Ending.NOT_ATTEMPTED: Trouble.NOT_ATTEMPTED,
}


def unsynced(outcome: Outcome) -> Trouble | None:
    """Return why a person in the source does not reach the target; None for everyone else."""
    return None if outcome.actions else _OF_KIND.get(outcome.kind)


@dataclass(frozen=True, slots=True)
class Story:
    """The outcome for one person, or for one action if they have two.

    `subject` is the action's id, or the record's if there is no action. `since` is the instant of
    the first run in an unbroken series with this ending; "" if the run is yet to come, and no
    earlier one ended this way. `next_try` is a day, or "" for the next run.
    """

    subject: str
    key: str
    label: str
    source_id: str | None
    target_id: str | None
    ending: Trouble
    code: str
    reason: str
    since: str
    next_try: str = ""

    @property
    def chain(self) -> tuple[str, Trouble, str]:
        """Identifies a story that continues from one run to the next."""
        return self.subject, self.ending, "" if self.ending is Trouble.REFUSED else self.code


def told(
    plan: Plan,
    ends: Mapping[str, End],
    failures: Mapping[str, PastFailure],
    *,
    before: Sequence[Story] = (),
    in_flight: Collection[str] = (),
    undone: Mapping[str, Undone] = {},
) -> tuple[Story, ...]:
    """Return the stories of a run of a plan, in the plan's order.

    `ends` are the endings of actions, by id. An action without one is in flight, or was not begun.
    `undone` is the part of done actions that does not stick.
    """
    ends = {**{id: End(Ending.UNKNOWN) for id in in_flight}, **ends}
    known = _Known(ends, failures, undone, whole=True)
    return _since(_all(plan, known), before, plan.as_of)


def foretold(
    plan: Plan,
    ends: Mapping[str, End],
    failures: Mapping[str, PastFailure],
    before: Sequence[Story],
    undone: Mapping[str, Undone] = {},
) -> tuple[Story, ...]:
    """Return the stories of a plan that is yet to be applied, in its order.

    `ends` are the endings of actions that will not be sent. An action that will be sent has a
    story only if the target refused it before, if it was sent before and is looked up first, or if
    it is `undone`.
    """
    sent = {
        each.subject: End(Ending.UNKNOWN, code=each.code, reason=each.reason)
        for each in before
        if each.ending is Trouble.UNKNOWN
    }
    known = _Known({**sent, **ends}, failures, undone, whole=False)
    return _since(_all(plan, known), before, "")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a plan's actions, by their ids; `whole` if its run is over."""

    ends: Mapping[str, End]
    failures: Mapping[str, PastFailure]
    undone: Mapping[str, Undone]
    whole: bool


def _since(found: Iterator[Story], before: Sequence[Story], as_of: str) -> tuple[Story, ...]:
    since = {each.chain: each.since for each in before}
    # A clock that was ahead may have left an instant in the future.
    return tuple(
        replace(each, since=min(since.get(each.chain, as_of), as_of or _LATEST)) for each in found
    )


_LATEST = "9999"


def _all(plan: Plan, known: _Known) -> Iterator[Story]:
    for outcome in plan.telling:
        if outcome.actions:
            yield from _of_actions(outcome, known)
        else:
            yield from _of_outcome(outcome)


def due_again(story: Story, today: date) -> Story:
    """Return stories as of a day: a day of the next try that has come means the next run."""
    day = parse_day(story.next_try)
    return story if day is None or today < day else replace(story, next_try="")


def dumped(stories: Sequence[Story]) -> bytes:
    """Return stories in the form that is stored."""
    return json.dumps(
        [[getattr(part, "value", part) for part in astuple(each)] for each in stories]
    ).encode()


def loaded(data: bytes) -> tuple[Story, ...]:
    """Return stored stories; raise `ValueError` or `TypeError` if they are damaged."""
    return tuple(
        Story(subject, key, label, source_id, target_id, Trouble(ending), *rest)
        for subject, key, label, source_id, target_id, ending, *rest in json.loads(data)
    )


def _of_outcome(outcome: Outcome) -> Iterator[Story]:
    trouble = unsynced(outcome)
    if trouble is None:
        return
    reasons = other_reasons(outcome.reasons)
    if trouble is Trouble.REHIRE:  # the rest only adds to it
        reasons = reasons[:1]
    code = " ".join(each.code for each in reasons)
    reason = "; ".join(each.text for each in reasons)
    yield _story(outcome, None, trouble, code=code, reason=reason)


def _of_actions(outcome: Outcome, known: _Known) -> Iterator[Story]:
    for action in outcome.actions:
        end, failure = known.ends.get(action.id), known.failures.get(action.id)
        undone = known.undone.get(action.id)
        if end is None and known.whole:
            yield _story(outcome, action, Trouble.NOT_BEGUN)
        elif end is None and failure is not None:
            end = End(Ending.REJECTED)
            yield replace(_of_action(outcome, action, end, failure), next_try="")
        elif end is not None and end.ending is not Ending.DONE:
            yield _of_action(outcome, action, end, failure)
        elif undone is not None:
            yield _story(outcome, action, Trouble.NOT_STICKING, reason=undone.reason)


def _of_action(outcome: Outcome, action: Action, end: End, failure: PastFailure | None) -> Story:
    trouble = _OF_ENDING[end.ending]
    if trouble is Trouble.HELD:
        return _story(outcome, action, trouble, code=" ".join(end.guards), reason=end.reason)
    if trouble is Trouble.REFUSED and failure is not None:
        day = next_try(failure)
        until = end.until or ("" if day is None else day.isoformat())
        said = {"code": failure.code, "reason": failure.reason}
        return _story(outcome, action, trouble, **said, until=until)
    said = {"code": end.code, "reason": end.reason}
    return _story(outcome, action, trouble, **said, until=end.until)


def _story(
    outcome: Outcome,
    action: Action | None,
    trouble: Trouble,
    *,
    code: str = "",
    reason: str = "",
    until: str = "",
) -> Story:
    subject = action.id if action is not None else outcome.source_id or outcome.target_id or ""
    ids = (outcome.source_id, outcome.target_id)
    return Story(subject, outcome.key, outcome.label, *ids, trouble, code, reason, "", until)
