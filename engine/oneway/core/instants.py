"""Instants: UTC as text, so that comparing texts compares instants; for people, in a time zone.

Every time that a person reads comes from here, and says its zone by the zone's letters (`GMT`,
`BST`) or its offset: on the night on which an hour comes twice, that tells them apart.
"""

from datetime import UTC, date, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""Ignored: clocks are corrected by seconds all the time, and two machines differ by as much."""
AHEAD = timedelta(days=1)
"""A run's as-of date may be tomorrow's: somewhere on earth it is already that day."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def instant_text(instant: datetime) -> str:
    """Return an instant as plans and the store have it: `2026-11-22T04:00:00Z`."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def week_text(day: date) -> str:
    """Return the calendar week of a day (ISO 8601): `2026-W48`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def day_in_words(day: date) -> str:
    """Return a day as people write it: `22 November 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(instant: datetime, zone: str) -> str:
    """Return an instant as people in a time zone write it: `22 November 2026, 04:00 GMT`.

    A zone that this machine does not know is UTC.
    """
    place = _in_zone(instant, zone)
    return f"{day_in_words(place)}, {place:%H:%M} {_name(place)}"


def moment(text: str, zone: str, *, seconds: bool = False) -> str:
    """Return an instant's text as lists show it: `2026-11-22 04:00 GMT`; other text unchanged."""
    return " ".join(filter(None, wall_clock(text, zone, seconds=seconds)))


def wall_clock(text: str, zone: str, *, seconds: bool = False) -> tuple[str, str]:
    """Return what clocks in a zone show at an instant, and the zone's letters or offset.

    Other text is returned unchanged, with "".
    """
    place = local(text, zone)
    if place is None:
        return text, ""
    return f"{place:%Y-%m-%d %H:%M:%S}"[: None if seconds else 16], _name(place)


def day(text: str, zone: str) -> str:
    """Return the day of an instant in a zone: `2026-11-22`; a day or other text unchanged."""
    place = local(text, zone)
    return text if place is None else place.date().isoformat()


def local(text: str, zone: str) -> datetime | None:
    """Return the instant of a text in a zone; None if the text is a day or no instant."""
    try:
        found = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None
    if found is None:
        return None
    return _in_zone(found if found.tzinfo else found.replace(tzinfo=UTC), zone)


def _in_zone(instant: datetime, zone: str) -> datetime:
    try:
        from zoneinfo import ZoneInfo

        return instant.astimezone(ZoneInfo(zone or "UTC"))
    except (ValueError, OSError, LookupError, OverflowError):
        pass
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # at the end of the calendar, where the offset leads out of it
        return instant.replace(tzinfo=UTC)


def _name(place: datetime) -> str:
    name = place.tzname() or ""
    # Some zones have no letters of their own, and are called by their offset.
    return f"UTC{name}" if name[:1] in ("+", "-") else name
