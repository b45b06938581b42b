"""Decides which incidents a run opens, continues or closes. Pure.

A problem that no open incident covers opens one. The same failure the next night is the same
incident; a different code or guard is a different one. A run that reached its end without the
problem closes the incident. While an incident lasts, there is a reminder every seven days.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from oneway.connections.connection import Occasion
from oneway.core.dataclass import dataclass
from oneway.history.journal.incidents import Incident
from oneway.mapping.spec import GuardKind
from oneway.notices.causes import RunProblems
from oneway.notices.instants import instant_of
from oneway.notices.remedies_of_codes import STILL_IN

REMINDER = timedelta(days=7)
"""How long an incident lasts before a reminder is sent."""

EARLY = timedelta(hours=12)
"""Tolerance, as a nightly run may begin a little earlier than the one a night or a week before."""

_KINDS = (Occasion.FAILURE, Occasion.GUARD)


@dataclass(frozen=True, slots=True)
class Opening:
    """A new incident, and what it is about."""

    kind: Occasion
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentChanges:
    """The changes of incidents that a run causes; only reminders recur for one incident."""

    opened: tuple[Opening, ...] = ()
    closed: tuple[Incident, ...] = ()
    reminded: tuple[Incident, ...] = ()


def changes(
    shown: RunProblems, open: Sequence[Incident], notified: Mapping[int, str], now: datetime
) -> IncidentChanges:
    """Return the changes a run causes, given the open incidents and when each was last sent."""
    return IncidentChanges(
        tuple(each for kind in _KINDS for each in _opened(shown, kind, open)),
        tuple(each for each in open if _is_over(shown, each)),
        tuple(each for each in open if goes_on(shown, each) and _is_late(each, notified, now)),
    )


def _opened(shown: RunProblems, kind: Occasion, open: Sequence[Incident]) -> Sequence[Opening]:
    known = {name for each in open if each.kind is kind for name in each.about}
    # The notice of a guard comes first, and includes those who can still get in.
    later = {STILL_IN} if shown.holding else set()
    new = tuple(sorted(set(shown.of(kind)) - known - later))
    return [Opening(kind, new)] if new else []


def goes_on(shown: RunProblems, incident: Incident) -> bool:
    """Return whether a run still has an incident's problem."""
    return not shown.of(incident.kind).keys().isdisjoint(incident.about)


def is_replaced(shown: RunProblems, incident: Incident) -> bool:
    """Return whether an incident ended without being resolved.

    This is so if a guard held leavers, and now people are listed who may have left: they may be
    the same.
    """
    held = incident.kind is Occasion.GUARD and GuardKind.LEAVERS.value in incident.about
    return held and shown.unsure


def _is_over(shown: RunProblems, incident: Incident) -> bool:
    if not shown.whole or goes_on(shown, incident):
        return False
    of_writing = incident.kind is Occasion.FAILURE and any(
        name.startswith("W") for name in incident.about
    )
    return shown.wrote or not of_writing


def _is_late(incident: Incident, notified: Mapping[int, str], now: datetime) -> bool:
    last = instant_of(notified.get(incident.id, incident.opened))
    return now - last >= REMINDER - EARLY
