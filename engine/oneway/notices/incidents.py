"""Decides which incidents a run opens, continues or closes; a pure function.

An incident is opened by what no open one is about: the same failure the next night is the
same incident, another code or another guard is another one. It is closed by a run that got
to its end and shows nothing of it. While it goes on it is told of again after seven days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oneway.connections import Occasion
from oneway.history.journal.incidents import Incident
from oneway.notices.causes import Shown
from oneway.notices.instants import instant_of

REMINDER = timedelta(days=7)
"""How long an incident goes on before it is told of again."""

_EARLY = timedelta(hours=12)
"""A nightly run that begins a second earlier than the week before is not a night too early."""

_KINDS = (Occasion.FAILURE, Occasion.GUARD)


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident that begins, and what it is about."""

    kind: Occasion
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentChanges:
    """What a run changes; only a reminder can happen to one incident twice."""

    opened: tuple[Opening, ...] = ()
    closed: tuple[Incident, ...] = ()
    reminded: tuple[Incident, ...] = ()


def changes(
    shown: Shown, open: Sequence[Incident], told: Mapping[int, str], now: datetime
) -> IncidentChanges:
    """Return what a run changes, where these incidents are open and were last told of then."""
    return IncidentChanges(
        tuple(each for kind in _KINDS for each in _opened(shown, kind, open)),
        tuple(each for each in open if _is_over(shown, each)),
        tuple(each for each in open if goes_on(shown, each) and _is_late(each, told, now)),
    )


def _opened(shown: Shown, kind: Occasion, open: Sequence[Incident]) -> Sequence[Opening]:
    known = {name for each in open if each.kind is kind for name in each.about}
    new = tuple(sorted(set(shown.of(kind)) - known))
    return [Opening(kind, new)] if new else []


def goes_on(shown: Shown, incident: Incident) -> bool:
    """Return whether a run shows what an incident is about."""
    return not shown.of(incident.kind).keys().isdisjoint(incident.about)


def _is_over(shown: Shown, incident: Incident) -> bool:
    if not shown.whole or goes_on(shown, incident):
        return False
    of_writing = incident.kind is Occasion.FAILURE and any(
        name.startswith("W") for name in incident.about
    )
    return shown.wrote or not of_writing


def _is_late(incident: Incident, told: Mapping[int, str], now: datetime) -> bool:
    last = instant_of(told.get(incident.id, incident.opened))
    return now - last >= REMINDER - _EARLY
