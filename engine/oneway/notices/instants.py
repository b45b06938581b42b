"""Instants as the store writes them, and calendar weeks."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oneway.connections import Connection
from oneway.core.instants import instant_text as instant_text

_MONDAY = timedelta(hours=8)
"""When a week's summary is due: Monday, 08:00 in the connection's time zone."""


def instant_of(text: str) -> datetime:
    """Return the instant that was stored."""
    return datetime.fromisoformat(text)


def week_of(connection: Connection, now: datetime) -> str:
    """Return the week that a connection's latest summary belongs to, such as `2026-W48`."""
    zone = connection.schedule.zone if connection.schedule else "UTC"
    # By the clock on the wall: whatever it was set to in between, Monday begins at 08:00.
    wall = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - _MONDAY
    year, week, _ = wall.isocalendar()
    return f"{year}-W{week:02}"
