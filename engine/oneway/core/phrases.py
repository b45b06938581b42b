"""Phrases that all messages share: counts of things, and the first few of many names."""

from collections.abc import Sequence


def count(number: int, noun: str = "record") -> str:
    """Return a number of things: "1 record", "3,412 records"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def are(number: int) -> str:
    """Return the verb of a number of things: "is", "are"."""
    return "is" if number == 1 else "are"


def some(items: Sequence[str], most: int = 5) -> str:
    """Return the first few items, and how many more there are: "a, b and 3 more"."""
    shown = ", ".join(items[:most])
    return f"{shown} and {len(items) - most:,} more" if len(items) > most else shown


def people(number: int) -> str:
    """Return a number of people as people write it."""
    return "1 person" if number == 1 else f"{number:,} people"
