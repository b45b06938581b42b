"""The clock of all commands."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the present, to the second: the one place where the clock is read."""
    return datetime.now(UTC).replace(microsecond=0)
