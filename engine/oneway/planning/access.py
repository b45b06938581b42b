"""Lists the people who have left and can still get in after a run. Reports show them first."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from oneway.core.dataclass import dataclass
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Kind, Outcome, Plan, Reason

_WHY = {
    Ending.DONE: "left, and then an update may have let them in again",
    Ending.STALE: "source or target changed since the plan",
    Ending.REJECTED: "the target refused it",
    Ending.NOT_SENT: "nothing was written",
    Ending.UNKNOWN: "sent, and it is not known whether it happened",
    Ending.HELD: "held back by a guard",
    Ending.POSTPONED: "the target refused it before, and it waits for another day",
    Ending.NOT_ATTEMPTED: "it was not tried",
}
_UNDONE = "written before, and the target does not keep it, or its list does not show it"
_NOT_BEGUN = "not begun"
_DONE = End(Ending.DONE)

UNSAID = "leave_unsaid"
"""The code of a reason: the values for a leaver do not say that they have left."""
FAR_OFF = "leave_far_off"
"""The code of a reason: a person has left, but the written date ends access only years later."""
MAY_HAVE_LEFT = "may_have_left"
"""The code of a reason: a person can get in, and the source does not rule out that they left."""


OUT_BY_NOW = "W163"
"""The code of an action that was not sent because its person has left already."""

NOT_KEPT = "W116"
"""The code of a change that the target confirmed but does not show."""

MORE_CHANGED = "W117"
"""The code of a write that changed more than it sent, and of updates held back because of it.

A leave that has it has ended access.
"""


UNMATCHED = "leaver_unmatched"
"""The code of a reason: no target record matches a leaver, but some may be theirs."""

REMEMBERED = "remembered"
"""The code of a reason: records that may be those of a leaver in conflict."""

WHOSE = {
    UNMATCHED,
    REMEMBERED,
    MAY_HAVE_LEFT,
    "ambiguous",
    "claimed",
    "reused",
    "rekeyed",
    "reissued",
}
"""The codes of reasons whose candidates are records of the other system only."""


@dataclass(frozen=True, slots=True)
class StillIn:
    """A person who has left in the source but can or may still get in, and why.

    If `may_have_left`, the source does not say whether they have left. `candidates` are the target
    records that may be theirs; if a target record is listed by itself, the source records that it
    may belong to.
    """

    key: str
    label: str
    source_id: str | None
    target_id: str | None
    why: str
    may_have_left: bool = False
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SinceReview:
    """How a new plan and the reviewed plan to be applied differ about who can get in.

    `resolved` are the source records of people whom the reviewed plan lists, but who no longer have
    access or are employed again. `unreviewed` are people who have left since, and whom it does not
    list. `due` are the source records of others who have left since, but whose access the reviewed
    plan ends as well. `vanished` are source records that are gone, and for which the reviewed plan
    would create people. `ended` are target records that were listed before and that the new plan
    sees without access for anybody who has left.
    """

    resolved: frozenset[str] = frozenset()
    unreviewed: tuple[StillIn, ...] = ()
    due: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()

    def of(self, found: Iterable[StillIn]) -> tuple[StillIn, ...]:
        """Return who can get in after the reviewed plan was applied.

        `found` are those that this plan lists.
        """
        return (*(e for e in found if e.source_id not in self.resolved), *self.unreviewed)


AS_PLANNED = SinceReview()
"""No differences: the plan is applied at once."""


def still_in(
    plan: Plan,
    ends: Mapping[str, End],
    *,
    undone: Collection[str] = frozenset(),
    due: Collection[str] = frozenset(),
    planned: bool = False,
) -> tuple[StillIn, ...]:
    """Return who has left and can still get in once the actions of a plan have ended.

    `ends` are the endings of actions by action id. With `planned`, an action without an ending
    counts as done, because it is yet to be sent. `undone` are actions that the target undid when an
    earlier run wrote the same. `due` are the source records of people who left after the plan was
    made.
    """
    found = []
    for outcome in plan.notable:
        if not outcome.has_access and outcome.source_id not in due:
            continue
        why = _why(outcome, ends, undone, planned=planned)
        if why:
            ids = (outcome.source_id, outcome.target_id)
            found.append(
                StillIn(
                    outcome.key,
                    outcome.label,
                    *ids,
                    why,
                    may_have_left(outcome.kind, outcome.reasons),
                    _candidates(outcome.reasons),
                )
            )
    return tuple(found)


def may_have_left(kind: Kind, reasons: Iterable[Reason]) -> bool:
    """Return whether the source leaves open if a person has left, or lacks the person."""
    return kind is Kind.ABSENT or any(reason.code == MAY_HAVE_LEFT for reason in reasons)


def _candidates(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """Return the records that reasons name as candidates for a person."""
    named = (each.candidates for each in reasons if each.code in WHOSE)
    return tuple(dict.fromkeys(id for ids in named for id in ids))


def is_still_in(outcome: Outcome, ends: Mapping[str, End]) -> bool:
    """Return whether the person of an outcome can still get in after the planned actions."""
    return outcome.has_access and bool(_why(outcome, ends, (), planned=True))


def _why(
    outcome: Outcome,
    ends: Mapping[str, End],
    undone: Collection[str],
    *,
    planned: bool,
) -> str:
    """Return why a person can still get in, or "" if they cannot."""
    leaving = next((each for each in outcome.actions if each.verb.takes_access), None)
    if leaving is None:
        said = "; ".join(reason.said for reason in outcome.reasons)
        return said or "nothing is written that would keep them out"
    end = ends.get(leaving.id, _DONE if planned else None)
    if end is None:
        return _NOT_BEGUN
    if end.code in (OUT_BY_NOW, MORE_CHANGED):
        return ""
    if end.ending is Ending.DONE:
        let_in = next((e for e in _ends(outcome, ends) if _has_changed_more(e)), None)
        if let_in is not None:
            return f"{_WHY[Ending.DONE]}: {let_in.reason}"
        unsaid = (each.said for each in outcome.reasons if each.code in (UNSAID, FAR_OFF))
        return _UNDONE if leaving.id in undone else "; ".join(unsaid)
    said = ", ".join(end.guards) or end.reason
    return f"{_WHY[end.ending]}: {said}" if said else _WHY[end.ending]


def _ends(outcome: Outcome, ends: Mapping[str, End]) -> Iterator[End]:
    """Yield the known endings of an outcome's actions."""
    yield from (ends[each.id] for each in outcome.actions if each.id in ends)


def _has_changed_more(end: End) -> bool:
    """Return whether an update changed more in the target than it sent."""
    return end.ending is Ending.UNKNOWN and end.code == MORE_CHANGED
