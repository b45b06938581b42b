"""Stores incidents and their notices.

An incident is opened once, and closed once. A notice waits until it is delivered or given up. A
notice that was given up has no next try; it stays until a later notice of its incident is
delivered or the incident is over. Instants are texts in UTC, to the second, so that they can be
compared as text.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Select, delete, func, insert, select, update

from oneway.connections.connection import Occasion
from oneway.core.dataclass import dataclass
from oneway.core.instants import week_text
from oneway.history.journal.store import Store
from oneway.history.journal.tables import entry, incident, notice, run
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb

_GIVEN_UP = notice.c.sent.is_(None) & (notice.c.next_try == "")


@dataclass(frozen=True, slots=True)
class Incident:
    """A problem of a connection, from when to when.

    `kind` is FAILURE or GUARD; `about` are the codes or guards that were new when it was opened.
    """

    id: int
    connection: str
    kind: Occasion
    opened: str
    closed: str | None
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """A notice to be stored: its channel, its incident, and its body as JSON."""

    incident: int | None
    connection: str
    kind: Occasion
    channel: str
    body: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A stored notice; `sent` is None until delivery, `error` says why the last try failed."""

    id: int
    draft: NoticeDraft
    created: str
    sent: str | None
    tries: int
    next_try: str
    error: str

    @property
    def given_up(self) -> bool:
        """Whether delivery was given up."""
        return self.sent is None and not self.next_try


def open_incidents(store: Store, connection: str) -> tuple[Incident, ...]:
    """Return a connection's open incidents of failures and guards, oldest first."""
    mine = (incident.c.connection == connection) & incident.c.closed.is_(None)
    kinds = incident.c.kind.in_([each.value for each in (Occasion.FAILURE, Occasion.GUARD)])
    found = select(incident).where(mine, kinds).order_by(incident.c.id)
    return tuple(_incident(row) for row in store.rows(found))


def open_of_folders(store: Store) -> tuple[Incident, ...]:
    """Return the open incidents of connection folders, about codes and files: `C130:a.yaml`."""
    mine = incident.c.closed.is_(None) & (incident.c.kind == Occasion.FAILURE.value)
    found = select(incident).where(mine, incident.c.about.contains(":")).order_by(incident.c.id)
    return tuple(_incident(row) for row in store.rows(found))


def open_by_kind(store: Store) -> dict[tuple[str, str], int]:
    """Return how many incidents are open, by connection and kind."""
    kinds = incident.c.kind.in_([each.value for each in (Occasion.FAILURE, Occasion.GUARD)])
    query = select(incident.c.connection, incident.c.kind, func.count())
    mine = query.where(incident.c.closed.is_(None), kinds)
    found = store.rows(mine.group_by(incident.c.connection, incident.c.kind))
    return {(row[0], row[1]): row[2] for row in found}


def open_incident(
    store: Store, connection: str, kind: Occasion, about: tuple[str, ...], at: str
) -> int:
    """Store a new incident, and return its id."""
    return _opened(store, connection, kind, json.dumps(about), at)


def _opened(store: Store, connection: str, kind: Occasion, about: str, at: str) -> int:
    values = {"connection": connection, "kind": kind.value, "opened": at, "about": about}
    return store.change(insert(incident).values(**values)).id


def close_incident(store: Store, id: int, at: str) -> None:
    """Record that an incident is over."""
    store.change(update(incident).where(incident.c.id == id).values(closed=at))


def last_notified(store: Store, connection: str, since: str) -> Mapping[int, Mapping[str, str]]:
    """Return when each channel was last notified of each incident, by incident id and channel.

    A notice that was given up reached nobody, so it counts only if it was stored after `since`.
    """
    counts = notice.c.sent.is_not(None) | (notice.c.next_try != "") | (notice.c.created > since)
    query = select(notice.c.incident, notice.c.channel, func.max(notice.c.created))
    mine = query.where(notice.c.connection == connection, notice.c.incident.is_not(None), counts)
    found: dict[int, dict[str, str]] = {}
    for id, channel, created in store.rows(mine.group_by(notice.c.incident, notice.c.channel)):
        found.setdefault(id, {})[channel] = created
    return found


class Weeks(NamedTuple):
    """The week of a connection's last summary, and when the connection was first seen.

    Older versions stored the week of the latter, such as `2026-W48`.
    """

    last: str
    since: str

    def seen_by(self, at: str) -> bool:
        """Return whether the connection had been seen by an instant."""
        return "W" in self.since or self.since <= at


def summary_weeks(store: Store) -> Mapping[str, Weeks]:
    """Return the week of each connection's last summary, by connection."""
    mine = incident.c.kind == Occasion.WEEKLY.value
    found = select(incident.c.connection, incident.c.about, incident.c.opened).where(mine)
    rows = store.rows(found.order_by(incident.c.id.desc()))
    return {row[0]: Weeks(_week(row[1]), row[2]) for row in rows}


def _week(stored: str) -> str:
    """Return a week; also reads the instants that `forget_future` once stored instead."""
    return week_text(datetime.fromisoformat(stored)) if "T" in stored else stored


def take_week(store: Store, connection: str, week: str, at: str) -> bool:
    """Claim the summary of a week; return False if another process has claimed it.

    A new connection gets no summary of the week in which it is first seen, the week of `at`.
    """
    mine = (incident.c.connection == connection) & (incident.c.kind == Occasion.WEEKLY.value)
    found = store.rows(select(incident.c.id, incident.c.about).where(mine).order_by(incident.c.id))
    if not found:
        _opened(store, connection, Occasion.WEEKLY, week, at)
        return False
    id, last = found[0]
    if last >= week:  # not only equal: the clock may have been set back
        return False
    # If two processes try at once, only one still finds the value that it read.
    still = (incident.c.id == id) & (incident.c.about == last)
    return store.change(update(incident).where(still).values(about=week), at_least=0).rows == 1


def queue(store: Store, draft: NoticeDraft, at: str) -> int:
    """Store a notice for delivery from now on, and return its id.

    It replaces a notice of the same incident and channel that was given up.
    """
    same = (notice.c.incident == draft.incident) & (notice.c.channel == draft.channel)
    store.change(delete(notice).where(same, _GIVEN_UP), at_least=0)
    values = {
        "incident": draft.incident,
        "connection": draft.connection,
        "kind": draft.kind.value,
        "channel": draft.channel,
        "body": draft.body,
        "created": at,
        "next_try": at,
    }
    return store.change(insert(notice).values(**values)).id


def undelivered(store: Store, connections: Collection[str] | None = None) -> tuple[Notice, ...]:
    """Return the undelivered notices, waiting or given up, oldest first."""
    found = select(notice).where(notice.c.sent.is_(None)).order_by(notice.c.id)
    return tuple(_notice(row) for row in store.rows(_of(found, connections)))


def waiting(store: Store, connections: Collection[str] | None = None) -> tuple[Notice, ...]:
    """Return the notices to be delivered, oldest first."""
    still = notice.c.sent.is_(None) & (notice.c.next_try != "")
    found = select(notice).where(still).order_by(notice.c.id)
    return tuple(_notice(row) for row in store.rows(_of(found, connections)))


def take_notice(store: Store, taken: Notice, until: str) -> bool:
    """Claim a notice for delivery until an instant; return False if another process has it."""
    still = (notice.c.id == taken.id) & notice.c.sent.is_(None)
    same = (notice.c.tries == taken.tries) & (notice.c.next_try == taken.next_try)
    values = {"tries": taken.tries + 1, "next_try": until}
    return store.change(update(notice).where(still, same).values(**values), at_least=0).rows == 1


def delivered(store: Store, arrived: Notice, at: str, channels: Collection[str]) -> None:
    """Record that a notice was delivered.

    Also ends earlier notices that were given up and whose incidents are over: those of this
    channel, because it works again, and those of channels that the connection no longer has.
    """
    values = {"sent": at, "next_try": "", "error": ""}
    store.change(update(notice).where(notice.c.id == arrived.id).values(**values), at_least=0)
    earlier = (notice.c.connection == arrived.draft.connection) & (notice.c.id < arrived.id)
    where = (notice.c.channel == arrived.draft.channel) | notice.c.channel.not_in(list(channels))
    lasting = select(incident.c.id).where(incident.c.closed.is_(None))
    over = notice.c.incident.is_(None) | notice.c.incident.not_in(lasting)
    store.change(delete(notice).where(_GIVEN_UP, earlier, where, over), at_least=0)


def failed(store: Store, id: int, error: str, next_try: str) -> None:
    """Record why a delivery failed, and when it is tried again ("" for never)."""
    values = {"next_try": next_try, "error": error}
    store.change(update(notice).where(notice.c.id == id).values(**values), at_least=0)


def drop_notices(store: Store, ids: Collection[int]) -> None:
    """Delete notices, whether delivered or not."""
    store.change(delete(notice).where(notice.c.id.in_(list(ids))), at_least=0)


def forget_notices(store: Store, before: str, connection: str | None = None) -> None:
    """Delete notices and incidents over before an instant, of one connection or all."""
    over = notice.c.sent.is_not(None) | (notice.c.next_try == "")
    old, gone = over & (notice.c.created < before), incident.c.closed < before
    if connection is not None:
        old &= notice.c.connection == connection
        gone &= incident.c.connection == connection
    named = select(notice.c.incident).where(notice.c.incident.is_not(None))
    with store.at_once():
        store.change(delete(notice).where(old), at_least=0)
        store.change(delete(incident).where(gone, incident.c.id.not_in(named)), at_least=0)


Endings: TypeAlias = Mapping[tuple[Ending, str], Mapping[str, str]]
"""By ending and code, the actions that ended so: the record of each, by action id."""


def endings(store: Store, run_id: int) -> Endings:
    """Return how the actions of a run ended; of completed actions, at most one."""
    mine, done = entry.c.run == run_id, entry.c.ending == Ending.DONE.value
    found: dict[tuple[Ending, str], dict[str, str]] = {}
    if store.rows(select(entry.c.run).where(mine, done).limit(1)):
        found[Ending.DONE, ""] = {}
    record = func.coalesce(entry.c.source_id, entry.c.target_id, entry.c.action)
    query = select(entry.c.ending, entry.c.code, entry.c.action, record)
    for row in store.rows(query.where(mine, entry.c.ending.is_not(None), ~done)):
        found.setdefault((Ending(row[0]), row[1]), {})[row[2]] = row[3]
    return found


def done_since(store: Store, connection: str, since: str) -> Mapping[Verb, int]:
    """Return how many actions of each kind a connection's runs did since an instant."""
    mine = (run.c.connection == connection) & (run.c.started >= since)
    found = (
        select(entry.c.verb, func.count())
        .join(run, run.c.id == entry.c.run)
        .where(mine, entry.c.ending == Ending.DONE.value)
        .group_by(entry.c.verb)
    )
    return {Verb(row[0]): row[1] for row in store.rows(found)}


def _of(found: Select[Any], connections: Collection[str] | None) -> Select[Any]:
    if connections is None:
        return found
    return found.where(notice.c.connection.in_(list(connections)))


def _incident(row: Any) -> Incident:
    id, connection, kind, opened, closed, about = row
    return Incident(id, connection, Occasion(kind), opened, closed, _names(about))


def _names(about: str) -> tuple[str, ...]:
    """Return the codes or guards of an incident; older versions stored them between spaces."""
    return tuple(json.loads(about) if about.startswith("[") else about.split())


def _notice(row: Any) -> Notice:
    id, about, connection, kind, channel, body, created, sent, tries, next_try, error = row
    draft = NoticeDraft(about, connection, Occasion(kind), channel, body)
    return Notice(id, draft, created, sent, tries, next_try, error)
