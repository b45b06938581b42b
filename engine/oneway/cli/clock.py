"""The clock of all commands."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present, to the second; all commands read the clock here."""
    return datetime.now(UTC).replace(microsecond=0)
