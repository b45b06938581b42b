"""Tells what the other connections of a store know about people they share with this one.

A connection counts while it is in use: it is not disconnected, and had a good run lately.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from oneway.connections.folder import connection_at
from oneway.connections.schedule import next_due
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.history.journal.disconnected import disconnected_runs
from oneway.history.journal.links import links_elsewhere
from oneway.history.journal.remit import Remit, stored_remit
from oneway.history.journal.rows import RunState
from oneway.history.journal.said_left import stored_left
from oneway.history.last_good import last_still_in
from oneway.planning.links import Link
from oneway.planning.plan import Kind
from oneway.planning.said_left import NOBODY_LEFT, SaidLeft
from oneway.planning.similar.record_marks import RecordMarks
from oneway.runs.past.status import OVERDUE
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.prepare.whereabouts import inputs_of, real_place
from oneway.runs.session import RunSession

_LOOK_BACK = 50
"""Runs of which one has a plan: refused ones have none."""
_RECENT = timedelta(days=8)
"""How long a good run says whom a source has; a weekly run renews it."""
_UNSCHEDULED = timedelta(days=2)
"""The time after which a connection that nobody schedules should have run again."""


class Precedence(NamedTuple):
    """Decides which connection looks after a record: the one with the least precedence.

    Connections that employ the person come first, then those whose key the record holds. Among
    connections whose person stays, the first to link the record looks after it; among those whose
    person has left, the last one left. Names decide the rest.
    """

    has_left: bool
    another_key: bool
    order: str | int
    name: str

    @classmethod
    def of_stayer(cls, name: str, since: str, *, holds_key: bool) -> "Precedence":
        """Return the precedence of a connection that employs the person, linked since then."""
        return cls(False, not holds_key, since, name)

    @classmethod
    def of_leaver(cls, name: str, left_on: str, *, holds_key: bool) -> "Precedence":
        """Return the precedence of a connection whose person left; a run first saw it that day."""
        days = date.fromisoformat(left_on).toordinal() if left_on else 0
        return cls(True, not holds_key, -days, name)


Linked: TypeAlias = tuple[str, Link]
"""A link of another connection, after that connection's name."""


def link_words(name: str, link: Link) -> str:
    """Return in words which connection has linked a record."""
    key = link.key or f"source record {link.source_id}"
    return f"the connection '{name}' has linked it to {key}"


@dataclass(frozen=True, slots=True)
class _OtherConnection:
    """A connection that writes our target from another source, and what its last runs knew."""

    name: str
    file: str
    good: str
    overdue: bool
    remit: Remit
    left: SaidLeft = NOBODY_LEFT
    outside: frozenset[str | None] = field(default_factory=frozenset)
    listed: frozenset[str | None] = field(default_factory=frozenset)


class OtherConnections:
    """The other connections of the store that write the target of a run from another source."""

    def __init__(self, session: RunSession, marks: RecordMarks) -> None:
        self._session, self._marks = session, marks
        self._known: dict[str, _OtherConnection | None] = {}

    @cached_property
    def names(self) -> Sequence[str]:
        """The names of the other connections of the store, whatever they write."""
        journal = self._session.past
        known = journal.connections() if journal is not None else ()
        return [each for each in known if each != self._session.past_name]

    def links_to(self, targets: set[str]) -> Iterator[Linked]:
        """Yield all links to target records with these ids, with the names of the connections."""
        if targets and self.names:
            yield from links_elsewhere(self._session.journal, self.names, targets)

    def is_beside(self, name: str) -> bool:
        """Return whether a connection writes this target from another source.

        Reads its last runs, so it is for the few connections whose links tell the same name.
        """
        return self._of(name) is not None

    def employs(self, name: str, link: Link) -> bool:
        """Return whether a connection in use employs a person, by its last good run."""
        known = self._of(name)
        return known is not None and self._is_in_use(known) and self._saw(known, link)

    def lapsed(self, name: str, link: Link) -> str:
        """Return when a connection that is no longer in use last saw a person employed, or ""."""
        known = self._of(name)
        if known is None or self._is_in_use(known) or not self._saw(known, link):
            return ""
        return known.good

    def _saw(self, known: _OtherConnection, link: Link) -> bool:
        """Return whether a connection's last good run saw a person who has not left.

        A mapping that ends nobody's access, such as that of a phone list, does not know who is
        employed. People outside its sync do not count as employed: `only` leaves their link
        unconfirmed.
        """
        if not known.remit.ends_access or link.source_id in known.outside:
            return False
        if link.seen < known.good and link.source_id not in known.left.unsettled:
            return False
        back = link.source_id in known.left.back  # the next run removes them from those who left
        gone = known.left.has_left(link.source_id, link.target_id) and not back
        return not gone and link.source_id not in known.listed

    def is_connection(self, name: str) -> bool:
        """Return whether a connection has a file; a mapping that was run by hand has none."""
        known = self._of(name)
        return known is not None and bool(known.file)

    def overdue(self, name: str) -> str:
        """Return the instant of a connection's last good run if it has missed one since, or ""."""
        known = self._of(name)
        return known.good if known is not None and known.overdue else ""

    def remit(self, name: str) -> Remit:
        """Return what a connection's mapping does to the records that it has."""
        known = self._of(name)
        return known.remit if known is not None else Remit()

    def precedence(self, name: str, link: Link, *, holds_key: bool) -> Precedence | None:
        """Return a connection's precedence for a record; None if it has no person there."""
        known = self._of(name)
        if known is None or not (known.file and self._is_in_use(known)):
            return None
        if not known.remit.ends_access:
            return None
        if self.employs(name, link):
            return Precedence.of_stayer(name, link.since, holds_key=holds_key)
        if known.left.has_left(link.source_id, link.target_id):
            since = known.left.since.get(link.source_id, "")
            return Precedence.of_leaver(name, since, holds_key=holds_key)
        return None

    def _is_in_use(self, known: _OtherConnection) -> bool:
        return known.good >= instant_text(self._session.now() - _RECENT)

    def _of(self, name: str) -> _OtherConnection | None:
        """Return what is known of a connection; None if it does not write our target."""
        if name not in self._known:
            self._known[name] = self._recalled(name)
        return self._known[name]

    def _recalled(self, name: str) -> _OtherConnection | None:
        journal = self._session.journal
        runs = journal.runs(name, limit=_LOOK_BACK)
        if not runs or runs[0].id in disconnected_runs(journal):
            return None
        plans = (journal.plan_of(each.id) for each in runs)
        plan = json.loads(next(filter(None, plans), "") or "{}")
        ours, theirs = self._session.prepared.plan_inputs, inputs_of(plan)
        source, target = (
            role in theirs and real_place(ours[role]) == real_place(theirs[role])
            for role in ("source", "target")
        )
        if source or not target:
            return None
        stored = stored_left(journal, name)
        left = NOBODY_LEFT if stored is None else stored[1]
        left = left.as_of(self._session.prepared.context.today, self._marks.of_day)
        listed = frozenset(each.source_id for each in last_still_in(runs))
        good, file = journal.last_good_start(name), (plan.get("connection") or {}).get("file", "")
        since = runs[0].start.started if runs[0].state is RunState.RUNNING else good
        remit = stored_remit(journal, name) or Remit(ends_access=stored is not None)
        overdue = bool(since) and _missed_since(name, file, since, self._session.now())
        outside = frozenset(_outside(plan, remit))
        return _OtherConnection(name, file, good, overdue, remit, left, outside, listed)


def _outside(plan: Mapping[str, Any], remit: Remit) -> Iterator[str]:
    """Yield the people whom a rule of `eligible` leaves out of a stored plan's sync."""
    for each in plan.get("outcomes", ()):
        if not isinstance(each, Mapping) or each["kind"] != Kind.INELIGIBLE.value:
            continue
        if any(why["code"] in remit.rules for why in each["reasons"]):
            yield each["source_id"]


def _missed_since(name: str, file: str, since: str, now: datetime) -> bool:
    """Return whether a connection should have run since an instant.

    Its schedule decides, as in `status`. Without one, or without a file that has it, the connection
    is expected to run every day.
    """
    try:
        schedule = connection_at(file).schedule if file else None
    except Refused:
        schedule = None
    began = parse_instant(since)
    if schedule is None:
        return began + _UNSCHEDULED < now
    due = next_due(schedule, name, began)
    return due is not None and due.at + OVERDUE <= now
