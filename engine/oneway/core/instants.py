"""Instants as text: UTC, to the second, so that comparing texts compares instants."""

from datetime import UTC, datetime


def instant_text(instant: datetime) -> str:
    """Return an instant as plans and the store have it: `2026-11-22T04:00:00Z`."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
