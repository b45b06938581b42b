"""Finds signs in an answer that a list has more records: a next page, a total, a limit.

`has_more: false` and `isLast: true` end a list, even if a link or cursor is beside them; so do
`next: null` and a total that was reached.
"""

from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import did_you_mean
from oneway.core.records import Value
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.links import next_link
from oneway_connectors.rest.responses import Unreadable
from oneway_connectors.rest.said_in_words import tells_more
from oneway_connectors.rest.signs import Sign, count_of, leads_on, signs_of
from oneway_connectors.rest.totals import lacking, total_of_range
from oneway_connectors.rest.transport import Answer
from oneway_connectors.rest.verdict import yes_or_no

PARTIAL = 206


@dataclass(frozen=True, slots=True)
class Came:
    """How many records and pages of a list came so far; None if unknown.

    `full` is the number of records if there is only one page, None if a full page is no sign.
    `led`: the manifest names the next page itself, so that other links and cursors do not count,
    except a key that is nearly `missed`, the one that the manifest reads and no answer has.
    `counted`: the manifest names the total itself.
    """

    records: int | None
    pages: int | None = None
    full: int | None = None
    led: bool = False
    counted: bool = False
    missed: str = ""


@dataclass(frozen=True, slots=True)
class More:
    """The sign that an answer is not the whole list, or "".

    `limit` is the JMESPath to the number of rows at which the answer may have been cut, if that
    is the only sign.
    """

    said: str = ""
    limit: str = ""


def more_said(answer: Answer, data: Value, records: str, came: Came) -> More:
    """Return the sign that an answer is not the whole list or its end.

    `records` is the JMESPath to the list in `data`.
    """
    ranged = total_of_range(answer)
    if answer.status == PARTIAL and (ranged is None or (came.records or 0) < ranged.count):
        return More("it has status 206, Partial Content")
    counts = came.records is not None and not came.counted
    if counts and (more := lacking(ranged, came.records or 0)):
        return More(more)
    signs = signs_of(answer, data, records)
    if any(map(_says_end, signs)):
        return More()  # what only leads on may lead to later changes, or always be there
    if more := _link_said(answer, came.led) or _next_said(signs, came):
        return More(more)
    return More() if any(map(_tells, signs)) else _limit_said(signs, came)


def end_said(answer: Answer, data: Value, records: str, pages: int) -> bool:
    """Return whether an answer says that the list ends after this many pages."""
    signs = signs_of(answer, data, records)
    return any(_says_end(each) or each.counts(words.PAGES) == pages for each in signs)


def _link_said(answer: Answer, led: bool) -> str:
    """Return the sign of a `Link` header to a next page, or "" (also where the manifest `led`)."""
    try:
        if not led and next_link(answer.headers, answer.url) is not None:
            return "the header Link names a next page"
    except Unreadable as error:
        # A header about other things (fonts, scripts) does not concern the list.
        if any("next" in line.lower() for line in answer.headers.get_list("link")):
            return str(error)
    return ""


def _next_said(signs: list[Sign], came: Came) -> str:
    """Return the sign that a page follows, that rows are left out, or that more exist; or ""."""
    leading = [e for e in signs if _leads(e) and (not came.led or _is_slip(e, came.missed))]
    if more := next((each for each in signs if _says_more(each)), next(iter(leading), None)):
        return f"{more.said_by} says that a page follows"
    parts = (
        each for each in signs if _says_part(each) or (not came.led and _tells_part(each, came))
    )
    if part := next(parts, None):
        return f"{part.said_by} says that rows are left out"
    for each in signs:
        pages, count = _pages_of(each, came), each.counts(words.COUNT)
        if pages is not None and came.pages is not None and pages > came.pages:
            return f"{each.said_by} says that there are {pages} pages, and {came.pages} came"
        if count is None or came.counted or came.records is None or count <= came.records:
            continue
        return f"{each.said_by} says {count}, and {came.records} came"
    return ""


def _pages_of(sign: Sign, came: Came) -> int | None:
    """Return how many pages a sign says there are, or None.

    A total beside a page number that is less than the records that came counts pages.
    """
    total = sign.counts(words.TOTAL) if sign.paged and sign.letters == "total" else None
    if total is not None and total < (came.records or 0):
        return total
    return sign.counts(words.PAGES)


def _limit_said(signs: list[Sign], came: Came) -> More:
    """Return the sign that an answer was cut, if nothing else in it says where the list ends."""
    for each in signs:
        count, offset = count_of(each.value), each.near and each.letters == "offset"
        # The offset is that of the next page or of this one; a first page starts at 0 or 1.
        leads = leads_on(each.value) if count is None else count == came.full != 1
        if offset and leads and not came.led:
            return More(f"{each.said_by} says that a page follows")
        if came.full and each.counts(words.LIMIT) == came.full:
            return More(f"{each.said_by} says {came.full}, and so many came", each.path)
    return More()


def _says_end(sign: Sign) -> bool:
    """Return whether it says that no page follows."""
    value = _flag(sign)
    return (value is False and sign.is_a(words.MORE)) or (value is True and sign.is_a(words.LAST))


def _says_more(sign: Sign) -> bool:
    """Return whether it says by yes or no, or by a number of records left, that a page follows."""
    value, left = _flag(sign), sign.near and words.LEFT.fullmatch(words.plain(sign.name))
    if value is None:
        return bool(left and count_of(sign.value))
    if value:
        return sign.is_a(words.MORE)
    return sign.is_a(words.LAST) or (sign.near and sign.is_a(words.DONE))


def _says_part(sign: Sign) -> bool:
    """Return whether it says that rows are left out, as they are from every page but the last."""
    if yes_or_no(sign.value):
        in_header = not sign.path  # no `errors.refused_when` can read it
        return sign.is_a(words.LIMITED) or (in_header and sign.is_a(words.PART))
    if not (sign.near and "stat" in sign.letters and sign.is_a(words.OUTCOME)):
        return False
    text = words.plain(sign.value) if isinstance(sign.value, str) else ""
    return text == "partialcontent" or count_of(sign.value) == PARTIAL


def _tells_part(sign: Sign, came: Came) -> bool:
    """Return whether a sentence says that rows are left out."""
    return sign.near and sign.is_a(words.MESSAGE) and tells_more(sign.value, came.records)


def _flag(sign: Sign) -> bool | None:
    """Return a sign's value as yes or no, or None if it is neither."""
    count = count_of(sign.value) if words.FLAG.fullmatch(sign.letters) else None
    return yes_or_no(sign.value) if count is None else count > 0


def _leads(sign: Sign) -> bool:
    """Return whether it says where the next page is."""
    if not (sign.is_a(words.NEXT) or (sign.near and sign.is_a(words.MARK))):
        return False
    if sign.letters.endswith("key") and isinstance(sign.value, Mapping):
        return bool(sign.value)
    return leads_on(sign.value)


def _is_slip(sign: Sign, missed: str) -> bool:
    """Return whether a name is nearly the one that the manifest reads and no answer has."""
    letters = words.plain(missed)
    return bool(letters and did_you_mean(letters, [sign.letters], cutoff=_NEARLY))


def _tells(sign: Sign) -> bool:
    """Return whether it says where a list ends, even if that is here.

    Links would name a next page if there were one.
    """
    if sign.is_a(words.NEXT) or (sign.near and sign.letters in {"link", "links"}):
        return True
    return any(sign.counts(each) is not None for each in (words.PAGES, words.TOTAL))


_NEARLY = 0.85
"""How similar two names have to be for one to count as the other, misspelt."""
