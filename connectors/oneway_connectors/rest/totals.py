"""Finds how many records an answer says there are."""

import re

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.signs import signs_of
from oneway_connectors.rest.transport import Answer


@dataclass(frozen=True, slots=True)
class Total:
    """How many records there are, and the sign that says so."""

    said_by: str
    count: int


def lacking(total: Total | None, count: int) -> str:
    """Return the sign that more than `count` records exist, or ""."""
    if total is None or total.count <= count:
        return ""
    return f"{total.said_by} says {total.count}, and {count} came"


def total_said(answer: Answer, data: Value, records: str, *, bare: bool = True) -> Total | None:
    """Return how many records an answer says there are, or None.

    `bare` also counts a `total` right beside the list, which may be a sum if the list is not one
    of people.
    """
    found = [
        (each.letters.endswith("filtered"), count, each.said_by)
        for each in signs_of(answer, data, records)
        if (bare or not (each.bare and each.letters == "total"))
        and (count := each.counts(words.TOTAL)) is not None
    ]
    if not found:
        return total_of_range(answer)
    most = max(found, key=lambda each: each[:2])
    return Total(most[2], most[1])


def least_said(answer: Answer, data: Value, records: str) -> Total | None:
    """Return the greatest number in an answer that may be that of all records, or None.

    It may be the number of records on this page: if it is more than came, they are not all.
    """
    found = [
        (count, each.said_by)
        for each in signs_of(answer, data, records)
        if (count := each.counts(words.COUNT)) is not None
    ]
    if not found:
        return None
    count, said_by = max(found)
    return Total(said_by, count)


def total_of_range(answer: Answer) -> Total | None:
    """Return how many records `Content-Range` says there are (RFC 9110, 14.4), or None."""
    for name in ("Content-Range", "X-Content-Range"):
        if found := _RANGE.fullmatch(answer.headers.get(name, "").strip()):
            return Total(f"the header {name}", int(found[1]))
    return None


_RANGE = re.compile(r"(?!bytes\b)(?:[^\s/]+\s+)?[^\s/]+/([0-9]{1,18})", re.IGNORECASE)
