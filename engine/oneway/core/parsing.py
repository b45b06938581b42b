"""Reads numbers and days that are written as text."""

import re
from datetime import date, datetime

NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,3})?")
"""A number as text, in ASCII digits: `１２` is not one, nor is `1_000`."""
_INTEGER = re.compile(r"[+-]?[0-9]+")


def number_of(text: str) -> int | float:
    """Return the number that text in the form of `NUMBER` says; a whole one exactly."""
    return int(text) if _INTEGER.fullmatch(text) else float(text)


ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(value: object) -> date | None:
    """Return the day of an ISO 8601 date or date-time text as it is written, or None.

    The zone is not converted: `2026-03-31T23:30:00Z` is the 31st in every zone.
    """
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not text[:1].isdigit():  # as nearly all texts: Python finds out by an exception
        return None
    try:
        if len(text) <= 10:
            return date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
        return datetime.fromisoformat(text).date() if text.isascii() else None
    except ValueError:
        return None
