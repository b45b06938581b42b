"""Finds what an answer says of records that are not in it: a next page, a total, a part.

What says so, by its usual names; case, `_`, `@` and `.` do not matter:

a header    Link with rel="next", X-Next-Page, X-Total-Count, X-Total, Content-Range
beside the list, or in `meta`, `paging`, `links` and the like beside it
            `next`, `nextLink`, `next_cursor`, `has_more`, `total`, `totalResults` and the like

`next: null`, `has_more: false` (whatever else leads on beside it) and a total that was reached say
that there is no more.
"""

import re
from collections.abc import Iterator, Mapping

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway_connectors.rest.links import next_link
from oneway_connectors.rest.responses import Unreadable
from oneway_connectors.rest.transport import Answer

PARTIAL = 206


@dataclass(frozen=True, slots=True)
class Total:
    """How many records there are, and what says so."""

    said_by: str
    count: int


def more_said(
    answer: Answer, data: Value, records: str, count: int | None, *, led: bool = False
) -> str:
    """Return what says that an answer is not all of a list or the end of it, or "".

    `records` is the JMESPath to the list in `data`. `count` is how many of the list came; None if
    that is unknown. `led`: the manifest says itself what leads on, so that nothing else does.
    """
    ranged = _total_of_range(answer)
    if answer.status == PARTIAL and (ranged is None or (count or 0) < ranged.count):
        return "it has status 206, Partial Content"
    by_range = "" if count is None else lacking(ranged, count)
    return by_range or _next_said(answer, data, records, led)


def lacking(total: Total | None, count: int) -> str:
    """Return what says that more than `count` records exist, or ""."""
    if total is None or total.count <= count:
        return ""
    return f"{total.said_by} says {total.count}, and {count} came"


def total_said(answer: Answer, data: Value, records: str, *, bare: bool = True) -> Total | None:
    """Return how many records an answer says there are, or None.

    `bare`: also by a `total` right beside the list, which may be a sum where it is no list of
    people.
    """
    for name in ("X-Total-Count", "X-Total"):
        if (count := count_of(answer.headers.get(name, "").strip())) is not None:
            return Total(f"the header {name}", count)
    for shown, name, value in _beside(data, records):
        if shown == name == "total" and not bare:
            continue
        if isinstance(value, float):
            continue  # a sum of money
        if _plain(name) in _TOTALS and (count := count_of(value)) is not None:
            return Total(f"'{shown}' in the answer", count)
    return _total_of_range(answer)


def _total_of_range(answer: Answer) -> Total | None:
    """Return how many records `Content-Range` says there are (RFC 9110, 14.4), or None."""
    found = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    return Total("the header Content-Range", int(found[1])) if found else None


def _next_said(answer: Answer, data: Value, records: str, led: bool) -> str:
    beside = [(shown, _plain(name), value) for shown, name, value in _beside(data, records)]
    if any(name in _SAYING and _says_no(value) for _, name, value in beside):
        return ""  # what only leads on may be for later changes, or always there
    try:
        if not led and next_link(answer.headers, answer.url) is not None:
            return "the header Link names a next page"
    except Unreadable as error:
        # A header that speaks of other things (fonts, scripts) is no concern of a list.
        if any("next" in line.lower() for line in answer.headers.get_list("link")):
            return str(error)
    if not led and answer.headers.get("x-next-page", "").strip():
        return "the header X-Next-Page names one"
    leading = (
        shown
        for shown, name, value in beside
        if _leads(name, value) and (name in _SAYING or not led)
    )
    shown = next(leading, "")
    return f"'{shown}' in the answer says that a page follows" if shown else ""


def count_of(total: Value) -> int | None:
    """Return a total as a number, even if it is text; None if it is not a number."""
    if isinstance(total, str) and _DIGITS.fullmatch(total):
        return int(total)
    if isinstance(total, float) and total.is_integer():
        return int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _beside(data: Value, records: str) -> Iterator[tuple[str, str, Value]]:
    """Yield the keys beside a list, around it, and in the objects there that are about pages.

    Each comes as it is shown, by its own name, and with its value.
    """
    leading = _LEADING.match(records)
    for key in (*(leading[0].split(".") if leading else ()), ""):
        if not isinstance(data, dict):
            return
        for name, value in data.items():
            if _plain(name) not in _ABOUT_PAGES:
                yield name, name, value
            elif isinstance(value, dict):
                yield from ((f"{name}.{inner}", inner, each) for inner, each in value.items())
            elif isinstance(value, list):
                yield from ((name, "next", each) for each in value if _is_next(each))
        data = data.get(key)


def _is_next(link: Value) -> bool:
    """Return whether one of a list of links is called next."""
    named = (link.get("rel"), link.get("relation")) if isinstance(link, dict) else ()
    return any(isinstance(name, str) and name.lower() == "next" for name in named)


def _leads(key: str, value: Value) -> bool:
    """Return whether the value of a key leads to a next page, or says that there is one."""
    if key in _SAYING:
        return value is True or (isinstance(value, str) and value.lower() == "true")
    return key in _LEADING_ON and _is_given(value)


def _says_no(value: Value) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _is_given(value: Value) -> bool:
    if isinstance(value, Mapping):
        return any(_is_given(value.get(key)) for key in _WITHIN)
    if isinstance(value, str):
        text = value.strip().lower()
        return text not in {"", "0", "null", "none", "false"} and not _DAY.match(text)
    return isinstance(value, bool | int | float) and value > 0


def _plain(name: str) -> str:
    return _NO_LETTER.sub("", name).lower()


_DIGITS = re.compile("[0-9]{1,18}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}($|t)")
"""What follows next may be a pay day."""
_RANGE = re.compile(r"(?!bytes\b)(?:[^\s/]+\s+)?[^\s/]+/([0-9]{1,18})", re.IGNORECASE)
_LEADING = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_NO_LETTER = re.compile("[^A-Za-z]")
_ABOUT_PAGES = {
    "cursors", "link", "links", "meta", "metadata", "page", "pageinfo", "pager", "pages",
    "pagination", "paging", "responsemetadata",
}  # fmt: skip
_SAYING = {"hasmore", "hasnext", "hasnextpage", "hasmorepages", "morerecords"}
_LEADING_ON = {
    "next", "nextcursor", "nextlink", "nextpage", "nextpagelink", "nextpagetoken", "nextpageurl",
    "nexttoken", "nexturl", "odatanextlink",
}  # fmt: skip
_WITHIN = ("href", "url", "link", "uri", "after", "cursor")
_TOTALS = {
    "total", "totalcount", "totalelements", "totalitems", "totalrecords", "totalresults",
    "odatacount",
}  # fmt: skip
