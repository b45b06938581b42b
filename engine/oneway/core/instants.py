"""Instants as text: UTC, to the second, so that comparing texts compares instants; and in words."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def instant_text(instant: datetime) -> str:
    """Return an instant as plans and the store have it: `2026-11-22T04:00:00Z`."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def day_in_words(day: date) -> str:
    """Return a day as people write it: `22 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(instant: datetime, zone: str = "UTC") -> str:
    """Return an instant as people in a time zone write it: `22 November 2026, 04:00 GMT`.

    A zone that this machine does not know is UTC.
    """
    try:
        place = instant.astimezone(ZoneInfo(zone))
    except (ValueError, OSError, LookupError, OverflowError):
        place = instant.astimezone(UTC)
    name = place.tzname() or ""
    # Some zones have no letters of their own, and are called by their offset.
    known = f"UTC{name}" if name[:1] in ("+", "-") else name
    return f"{day_in_words(place)}, {place:%H:%M} {known}"
