"""Decides where a list ends, and detects lists that cannot be complete."""

from dataclasses import replace
from operator import eq

from oneway.core.connector_errors import ReadError
from oneway.core.paths import at, path_of
from oneway.core.records import MISSING, Value
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.continuation import Came, end_said, more_said
from oneway_connectors.rest.links import next_link
from oneway_connectors.rest.list_so_far import ListPage, ListSoFar
from oneway_connectors.rest.model import Listing, PageBy, Paging
from oneway_connectors.rest.reads import NO_CONTENT, found_in, unreadable
from oneway_connectors.rest.responses import Unreadable, is_path
from oneway_connectors.rest.signs import count_of
from oneway_connectors.rest.totals import lacking


def next_position(client: Client, paging: Paging, page: ListPage, so_far: ListSoFar) -> Value:
    """Return the position of the next page, or None after the last one.

    Raises `Unreadable` if the headers are unclear.
    """
    if page.answer.status == NO_CONTENT:
        return None
    if paging.by in NUMBERED:
        short = paging.stop_when_short and _is_short(paging, page, so_far)
        # All rows of a sparse page may be left out.
        rows = page.sent or (paging.sparse and sum(so_far.lengths[-2:]))
        if not (_goes_on(client, paging, page) if paging.next else rows and not short):
            return None
        # If other pages follow an empty one, only this many rows are known to be skipped.
        step = 1 if paging.by is PageBy.PAGE else page.sent or max(*so_far.lengths, 1)
        return step + (page.position if isinstance(page.position, int) else 0)
    if paging.by is PageBy.CURSOR and paging.next_header:
        return page.answer.headers.get(paging.next_header, "").strip() or None
    if paging.by is PageBy.CURSOR or (paging.by is PageBy.NEXT_LINK and paging.next):
        return _mark(client, page, found_in(client, page.call, paging.next, page.data))
    if paging.by is PageBy.NEXT_LINK:
        return next_link(page.answer.headers, page.answer.url)
    return None


def _is_short(paging: Paging, page: ListPage, so_far: ListSoFar) -> bool:
    """Return whether a page is shorter than was asked for, and than one before.

    Some systems give smaller pages than asked for. A search that finds one record has found it.
    """
    longest = max(so_far.lengths)
    return page.sent < paging.size and (page.sent < longest or (page.searching and longest == 1))


def _goes_on(client: Client, paging: Paging, page: ListPage) -> bool:
    """Return whether a list read by numbers, or at once, continues by the manifest's `next`."""
    value = found_in(client, page.call, paging.next, page.data)
    if isinstance(value, bool):
        return value
    error = Unreadable(f"'{paging.next}' is neither true nor false")
    raise unreadable(client, page.call, error, "R107")


def _mark(client: Client, page: ListPage, value: Value) -> Value:
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    error = Unreadable("the value for the next page is neither text nor a number")
    raise unreadable(client, page.call, error, "R107")


def says_nothing(count: int, so_far: ListSoFar) -> bool:
    """Return whether a total does not count, because later pages of a list may give 0 instead."""
    return count == 0 and so_far.count > 0


def lacks_key(data: Value, path: str) -> bool:
    """Return whether an answer lacks a key of a path, whose name may be misspelt."""
    return is_path(path) and isinstance(data, dict) and at(data, path_of(path)) is MISSING


def _has_all(so_far: ListSoFar) -> bool:
    """Return whether the number of records equals the total of every page."""
    return bool(so_far.totals) and set(so_far.totals) == {so_far.count}


def check_beyond(
    error: ReadError, so_far: ListSoFar, listing: Listing, last: ListPage | None
) -> None:
    """Raise the error of a page, unless the page is one beyond the last.

    It is beyond the last if all of a total came, or if it does not exist and the page before was
    the last. A search engine counts to 10,000 and then refuses: a refusal after such a round
    number does not end a list.
    """
    paging, pages = listing.paging, len(so_far.lengths)
    # A total may be capped, or out of date; 403 and 500 never end a list.
    if last is None or error.code not in (*_NO_PAGE, *_OF_NO_USE):
        raise error
    no_page = error.code in _NO_PAGE
    numbered = no_page and paging.by in NUMBERED
    short = so_far.lengths[-1] < paging.size
    capped = error.code == "R110" and not short and so_far.count % _CAP == 0
    said = so_far.said is not None and so_far.said.count == so_far.count and not capped
    if _has_all(so_far) and (no_page or short or pages > 1) and not capped:
        return
    if no_page and short and paging.stop_when_short:
        return
    if numbered and said and (short or pages > 1):  # or it may be that of the only page
        return
    if numbered and end_said(last.answer, last.data, listing.records, pages):
        return
    beyond = _IF_CAPPED if capped else _IF_BEYOND
    help = f"{error.help} {beyond}".strip() if numbered else error.help
    raise ReadError(error.code, error.summary, help) from None


def is_the_end(client: Client, so_far: ListSoFar, paging: Paging, page: ListPage) -> bool:
    """Return whether a page without new records is one beyond the last.

    Some systems repeat the last page. But a full page may also repeat because the system does not
    page at all, unless all of a total came; so may any page that says that another follows.
    """
    if _has_all(so_far):
        return True
    if paging.by not in NUMBERED or not so_far.again:
        return False
    whole = page.number > 2 and so_far.said is not None and so_far.said.count == so_far.count
    if whole or page.sent >= max(so_far.lengths):
        return whole
    return not (paging.next and _goes_on(client, paging, page))


_NO_PAGE = ("R104", "R110")
"""Answers of systems to a page beyond the last: 404, or another refusal."""
_OF_NO_USE = ("R106", "R107")
"""Answers without a list, such as `{"data": null}`, or that cannot be read."""


def check_size(paging: Paging, so_far: ListSoFar) -> None:
    """Add the reason why records may have moved between two pages, or never came."""
    totals, count = so_far.totals, so_far.count
    moved = next((each for each in totals if each != totals[0]), None)
    if moved is not None and all(map(eq, totals, so_far.lengths)):
        text = "the total of each page is that page's length"
        so_far.problems.append(f'{text}: name another total in list.pagination, or "`null`"')
    elif moved is not None:
        text = f"the list's total was {totals[0]}, and {moved} on a later page"
        so_far.problems.append(f"{text}: the list changed while it was read")
    if totals and count < totals[-1]:
        so_far.problems.append(f"{count} of {totals[-1]} records came")
    if so_far.uncounted and not totals and count:
        named = paging.total or paging.total_header
        so_far.problems.append(
            f"no page says by '{named}' how many records there are; correct it in list.pagination"
        )
    full = [rows for rows in so_far.lengths if rows]
    most = max(full, default=0)
    early = next((n for n, rows in enumerate(full[:-1], 1) if rows < most), None)
    if paging.by is PageBy.PAGE and early is not None:
        other = full.index(most) + 1
        text = f"page {early} holds {full[early - 1]} records, and page {other} holds {most}"
        so_far.problems.append(f"{text}: it ended early, though more pages follow")


def check_end(
    client: Client, listing: Listing, so_far: ListSoFar, page: ListPage, searching: bool
) -> None:
    """Add what the answers say about records that should have come and did not."""
    at_once = listing.paging.by is PageBy.NONE
    if so_far.problems or (_has_all(so_far) and not at_once):
        return
    said, how = _missed(client, listing, so_far, page, searching)
    if said:
        after = "" if at_once else f" after page {page.number}"
        so_far.problems.append(f"the list continues{after}: {said}; {how}")


def _missed(
    client: Client, listing: Listing, so_far: ListSoFar, page: ListPage, searching: bool
) -> tuple[str, str]:
    """Return the sign that records did not come, or "", and what to do about it."""
    paging = listing.paging
    if more := lacking(so_far.said, so_far.count) or lacking(so_far.least, so_far.count):
        return more, _SAY_HOW + _IF_ABOUT.format(_NO_TOTAL)
    if paging.by is PageBy.NONE:
        return _missed_at_once(client, listing, so_far, page, searching)
    # Some name a next page on each page, whether there is one or not.
    all_came = so_far.said is not None and so_far.said.count == so_far.count
    if not all_came and _leads_on(client, paging, page, so_far):
        by = paging.next or paging.next_header or "Link"
        return f"by '{by}', a page follows, and it was not there", _RUN_AGAIN
    if all_came and paging.by in NUMBERED:
        return "", ""
    named = paging.next or paging.next_header
    how = _CORRECT.format(named) if named else _SAY_HOW + _IF_ABOUT.format(_LAST_PAGE)
    came = replace(_came(so_far, paging, searching), missed=_key_missed(paging, page))
    return more_said(page.answer, page.data, listing.records, came).said, how


def _missed_at_once(
    client: Client, listing: Listing, so_far: ListSoFar, page: ListPage, searching: bool
) -> tuple[str, str]:
    paging, about = listing.paging, _IF_ABOUT.format(_NO_NEXT)
    if paging.next:
        more = f"by '{paging.next}', a page follows" if _goes_on(client, paging, page) else ""
        return more, _SAY_HOW + about
    came = _came(so_far, paging, searching)
    more_is = more_said(page.answer, page.data, listing.records, came)
    if more_is.limit:
        return more_is.said, _ASK_FOR_MORE + _BY_LIMIT.format(more_is.limit)
    all_came = so_far.said is not None and so_far.said.count == so_far.count
    if more_is.said or all_came or _has_all(so_far):
        return more_is.said, _SAY_HOW + about
    return _limit_reached(listing, page), _ASK_FOR_MORE + about


def _leads_on(client: Client, paging: Paging, page: ListPage, so_far: ListSoFar) -> bool:
    """Return whether another page follows the last one that came, according to the manifest."""
    if paging.by in NUMBERED or paging.by is PageBy.NONE:
        return bool(paging.next) and _goes_on(client, paging, page)
    return next_position(client, paging, page, so_far) is not None


def _key_missed(paging: Paging, page: ListPage) -> str:
    """Return the key by which the manifest's `next` reads the only page, if the page lacks it.

    Systems may leave it out at the end, or the manifest may misspell it.
    """
    if page.number > 1 or not is_path(paging.next) or not isinstance(page.data, dict):
        return ""
    *way, key = path_of(paging.next)
    value = at(page.data, tuple(way)) if way else page.data
    return key if isinstance(value, dict) and key not in value else ""


def _limit_reached(listing: Listing, page: ListPage) -> str:
    """Return the sign that a list read at once was cut at the number asked for, or ""."""
    body = listing.request.body
    asked = {**listing.request.query, **(body if isinstance(body, dict) else {})}
    if listing.paging.size_param:
        asked[listing.paging.size_param] = listing.paging.size
    for name, value in asked.items():
        limit = count_of(value) if words.ASKED.fullmatch(words.plain(name)) else None
        if limit and page.sent >= limit:
            return f"'{name}' asks for {limit} records, and so many came"
    return ""


def _came(so_far: ListSoFar, paging: Paging, searching: bool) -> Came:
    """Return what came so far. It is unknown for a search, which may state the totals of all."""
    led = bool(paging.next)
    if searching:
        return Came(None, led=led)
    pages = sum(1 for rows in so_far.lengths if rows) or 1
    ends_known = paging.by is not PageBy.NONE or so_far.said is not None or _has_all(so_far)
    full = None if ends_known else so_far.lengths[-1]
    return Came(so_far.count, pages, full, led, counted=bool(paging.total or paging.total_header))


NUMBERED = {PageBy.PAGE, PageBy.OFFSET}
_SAY_HOW = "say how in the manifest's list.pagination"
_IF_ABOUT = "; if this is about something else, write there {}"
_ASK_FOR_MORE = (
    "say how in the manifest's list.pagination, or ask for more records than there can be"
)
_BY_LIMIT = ", say 1000, and write there next: '{} >= `1000`'"
_RUN_AGAIN = "run again, or correct list.pagination"
_IF_BEYOND = (
    "If it is beyond the last page, let list.pagination say where the list ends, by next or total."
)
_CAP = 1_000
_IF_CAPPED = (
    "The system may count and show no more than so many: read the list in parts, or by a cursor. "
    "If it is beyond the last page, let list.pagination say so by next."
)
_CORRECT = "correct '{}' in the manifest's list.pagination, by which this is the last page"
_NO_TOTAL, _NO_NEXT = "total: '`null`'", "next: '`false`'"
_NO_TOTAL, _NO_NEXT = "total: '`null`'", "next: '`false`'"
_LAST_PAGE = "`next`, by which the last page is known"
