"""Instants in the store's notation, and calendar weeks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oneway.connections.connection import Connection
from oneway.core.dataclass import dataclass
from oneway.core.instants import instant_text as instant_text
from oneway.core.instants import week_text
from oneway.history.journal import Journal, Run
from oneway.history.journal.schedule_claims import run_of, schedule_statuses, unseen
from oneway.history.schedule_policy import next_run

_MONDAY = timedelta(hours=8)
"""When a week's summary is due: Monday, 08:00 in the connection's time zone."""


def instant_of(text: str) -> datetime:
    """Return the instant that the store's notation denotes."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class When:
    """The time zone in which a connection's times are shown, and its next run."""

    zone: str = "UTC"
    next_run: str | None = None
    """None if the connection has no schedule, or is never due again."""


def zone_of(connection: Connection, last: Run | None) -> str:
    """Return the time zone in which to show a connection's times; `last` is its last run."""
    return connection.zone or (last.start.zone if last is not None else "") or "UTC"


def zone_in(body: str) -> str:
    """Return the time zone in which to show a notice's times; "" for UTC and older notices."""
    try:
        return str(json.loads(body)["data"].get("zone", ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def when_of(connection: Connection, run: Run, store: Journal, now: datetime) -> When:
    """Return a connection's time zone and next run.

    The next run is in the past if a due still waits for a scheduler, as after a killed run.
    """
    schedule, name, due = connection.schedule, connection.name, None
    if schedule is not None:
        seen = schedule_statuses(store, name).get(name) or unseen(store, name, instant_text(now))
        last = seen.last
        if last is not None and last.ended is None and run.ended and run_of(store, last) == run:
            # This run belongs to that due, which ends with it.
            seen = replace(seen, last=replace(last, ended=run.ended))
        due = next_run(schedule, name, seen, now)
    return When(zone_of(connection, run), None if due is None else instant_text(due.at))


def week_of(connection: Connection, now: datetime) -> str:
    """Return the week that a connection's latest summary belongs to, such as `2026-W48`."""
    # By local time: whatever happened to the clocks in between, Monday begins at 08:00.
    wall = now.astimezone(ZoneInfo(connection.zone or "UTC")).replace(tzinfo=None) - _MONDAY
    return week_text(wall)


def week_began(connection: Connection, week: str) -> datetime:
    """Return when a week began, which is when the previous week's summary was due."""
    monday = datetime.fromisoformat(f"{week}-1") + _MONDAY
    return monday.replace(tzinfo=ZoneInfo(connection.zone or "UTC")).astimezone(UTC)
