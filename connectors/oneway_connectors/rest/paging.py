"""Reads a list page by page, and detects lists that cannot be complete.

the same page again, an id that comes twice,     incomplete, with a sentence that says so
a total that changes between pages, a numbered
page that ends early, more pages than the limit,
fewer records than the answer's own total, an
answer that says that there is more, or that
something failed (`continuation`)
a page beyond the total that is refused, or      the end of the list
holds nothing new; a short page that comes
again; 204 after the first page
a page that is not JSON, or has no list          `ReadError`: nothing usable was read
a link that leads to another host                `ReadError`
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace

import httpx

from oneway.core.connector import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING, Value, at, id_text, path_of
from oneway_connectors.rest import page_words as words
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.continuation import (
    Came,
    Total,
    count_of,
    end_said,
    fault_said,
    lacking,
    least_said,
    more_said,
    total_said,
)
from oneway_connectors.rest.errors import NoAnswer, read_fault, read_refusal
from oneway_connectors.rest.links import next_link
from oneway_connectors.rest.model import Listing, PageBy, Paging, RequestTemplate, ResourceRequests
from oneway_connectors.rest.responses import (
    AnswerJson,
    Doubled,
    Unreadable,
    flaw_in,
    is_path,
    parsed,
    rows_before,
)
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import Answer, Call


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a list by its id; one without an id is known by its place and has a problem."""

    id: str
    data: Mapping[str, Value]
    problem: str = ""


@dataclass(slots=True)
class ListSoFar:
    """What is known of a list by the pages that were read."""

    ids: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    """Why it may be incomplete."""
    totals: list[int] = field(default_factory=list)
    """The total of each page that gave one."""
    lengths: list[int] = field(default_factory=list)
    """The number of rows of each page, before `records` left any out."""
    left_out: int = 0
    """How many rows `records` left out."""
    uncounted: bool = False
    """Whether a page with records lacked the key or header that the manifest names for a total."""
    said: Total | None = None
    """The total by a usual name, which the manifest does not name, of the last page with one."""
    least: Total | None = None
    """The greatest number on any page that may be a total: that many records there are."""
    here: tuple[str, ...] = ()
    """The ids of the last page."""
    again: bool = False
    """Whether the page before it had the same."""
    since: int = 0
    """Where the first of the pages begins that had the same."""
    under: dict[str, list[Value]] = field(default_factory=dict)
    """The parents that each record was listed for, if each parent has a list of its own."""

    @property
    def count(self) -> int:
        """How many records came, with those that `records` left out."""
        return len(self.ids) + self.left_out


@dataclass(frozen=True, slots=True)
class _Page:
    """One page; `position` is its number, offset or cursor."""

    number: int
    position: Value
    call: Call
    answer: Answer
    data: Value
    rows: list[Value]
    sound: bool
    """Whether no row has a flaw, for certain."""
    sent: int
    """How many rows came, before `records` left any out."""
    searching: bool = False


def pages(
    client: Client,
    resource: ResourceRequests,
    listing: Listing,
    extra: Mapping[str, Value],
    so_far: ListSoFar,
) -> Iterator[Sequence[Item]]:
    """Yield the items of each page that no page before had, and note the page in `so_far`.

    `extra` are further query parameters.
    """
    seen = set[tuple[httpx.URL, bytes | None]]()
    last: _Page | None = None
    position: Value = None if listing.paging.by is PageBy.CURSOR else listing.paging.start
    call: Call | None = _call(client, listing, extra, position)
    while call is not None:
        seen.add((call.url, call.content))
        try:
            page = _read(client, resource, listing, call, len(seen), position, bool(extra))
        except ReadError as error:
            _check_beyond(error, so_far, listing, last)
            break
        if page.answer.status == _NOTHING and last is not None:
            break
        last = page
        items, problem = _new_items(so_far, resource, page, listing.paging)
        if problem and _is_the_end(client, so_far, listing.paging, page):
            break
        _note_size(client, listing, so_far, page, bool(extra))
        yield items
        try:
            position = None if problem else _following(client, listing.paging, page, so_far)
        except Unreadable as error:
            problem = f"where the list goes on after page {page.number} is unclear: {error}"
        call = (
            None if problem or position is None else _turn(client, listing, extra, page, position)
        )
        if problem := problem or _astray(client, call, seen):
            so_far.problems.append(problem)
            return
    _check_size(listing.paging, so_far)
    if last is not None:
        _check_end(client, listing, so_far, last, bool(extra))


def answered(
    client: Client, resource: ResourceRequests | None, call: Call, *, whether: bool = False
) -> Answer:
    """Return a successful answer to a read; raise `ReadError` otherwise.

    `whether`: the read asks whether something exists.
    """
    try:
        answer = client.exchange(call)
    except NoAnswer as trouble:
        raise read_fault(client.shown(call), trouble) from None
    if whether and answer.stray:
        raise unreadable(client, call, Unreadable(STRAY, STRAY_HELP), "R107")
    if not answer.good:
        raise read_refusal(client.shown(call), answer.status, client.said(answer), resource)
    return answer


def json_of(client: Client, call: Call, answer: Answer) -> Value:
    """Return the JSON of an answer to a read; raise `ReadError` if it is invalid."""
    return _parsed(client, call, answer).value


def _parsed(client: Client, call: Call, answer: Answer) -> AnswerJson:
    try:
        return parsed(answer.body, answer.headers)
    except Unreadable as error:
        raise unreadable(client, call, error, "R106") from None


def found_in(client: Client, call: Call, expression: str, data: Value) -> Value:
    """Return the result of a manifest's expression on an answer; raise `ReadError`."""
    return _part(client, call, expression, AnswerJson(data)).value


def _part(client: Client, call: Call, expression: str, data: AnswerJson) -> AnswerJson:
    try:
        return data.part(expression)
    except Unreadable as error:
        raise unreadable(client, call, error, "R107") from None


def item_of(data: Value, resource: ResourceRequests, place: str, *, sound: bool = False) -> Item:
    """Return an item with its id; one without is known by its position and has a problem.

    A `sound` one has no flaw.
    """
    if not isinstance(data, dict):
        return Item(place, {}, "it is not an object")
    value = at(data, resource.id)
    if not sound and (flaw := flaw_in(data)):
        return Item(place, {}, flaw)
    found = id_text(value)
    if not found:
        return Item(place, {}, f"it has {_not_an_id(value)} at '{'.'.join(resource.id)}'")
    return Item(found, data)


def _not_an_id(value: object) -> str:
    if value in (None, MISSING, ""):
        return "no id"
    if isinstance(value, float):
        return f"a number that is not exactly a whole one ({value!r}) for an id"
    kinds = {bool: "true or false", list: "a list", dict: "an object"}
    return f"{kinds.get(type(value), 'no text')} for an id"


def reading_call(
    client: Client,
    request: RequestTemplate,
    values: Mapping[str, Value],
    extra: Mapping[str, Value] | None = None,
    placed: Mapping[str, Value] | None = None,
) -> Call:
    """Return a reading call; raise `ReadError` if a value is not allowed in it."""
    try:
        return client.call(request, values, extra=extra, placed=placed)
    except Unusable as error:
        raise ReadError("R112", f"{client.api.title}: {error}", "Nothing was asked.") from None


def _call(client: Client, listing: Listing, extra: Mapping[str, Value], position: Value) -> Call:
    paging, request = listing.paging, listing.request
    wanted: dict[str, Value] = {}
    if paging.by is not PageBy.NONE and paging.param and position is not None:
        wanted[paging.param] = position
    if paging.size_param:
        wanted[paging.size_param] = paging.size
    wanted = {**extra, **wanted}
    if paging.in_body:
        return reading_call(client, request, listing.known, placed=wanted)
    return reading_call(client, request, listing.known, wanted)


def _read(
    client: Client,
    resource: ResourceRequests,
    listing: Listing,
    call: Call,
    number: int,
    position: Value,
    searching: bool,
) -> _Page:
    answer = answered(client, resource, call, whether=searching)
    if answer.status == _NOTHING and (searching or number > 1):
        return _Page(number, position, call, answer, None, [], sound=True, sent=0)
    data = _parsed(client, call, answer)
    rows, sound = _part(client, call, listing.records, data)
    if not isinstance(rows, list):
        said = client.said(answer)
        text = f"it has no list at '{listing.records}'" + (f", and says: {said}" if said else "")
        lacks = number > 1 and _lacks(data.value, listing.records)
        help = _REFUSAL if said else _NO_LIST.format(listing.records) if lacks else ""
        raise unreadable(client, call, Unreadable(text, help), "R107")
    if isinstance(data.value, Doubled):
        raise unreadable(client, call, Unreadable("it has a duplicate key"), "R107")
    before = rows_before(listing.records, data.value)
    sent = len(rows) if before is None else before
    return _Page(number, position, call, answer, data.value, rows, sound, sent, searching)


def _new_items(
    so_far: ListSoFar, resource: ResourceRequests, page: _Page, paging: Paging
) -> tuple[Sequence[Item], str]:
    """Return the items of a page that are new, and why the read must stop, or ""."""
    here, slid, doubled = dict[str, Item](), 0, 0
    for index, row in enumerate(page.rows, 1):
        place = f"page {page.number}, item {index}"
        item = item_of(row, resource, place, sound=page.sound)
        if item.id in here:
            doubled += 1
        elif item.id in so_far.ids:
            slid += 1
        here.setdefault(item.id, item)
    new = [item for id, item in here.items() if id not in so_far.ids]
    so_far.ids.update(here)
    ids, before = tuple(here), so_far.here
    so_far.again, so_far.here = before == ids, ids
    if paging.sparse and isinstance(page.position, int):
        # The page before reached further than by the rows that it shows: they may come again.
        over = so_far.since + paging.size - page.position
        slid = 0 if slid <= over and before[-slid:] == ids[:slid] else slid
        so_far.since = so_far.since if so_far.again else page.position
    if slid and slid == len(here):
        hint = f" (is '{paging.param}' ignored?)" if paging.param else ""
        if paging.by is PageBy.CURSOR and page.position in _ENDS:
            hint += (
                f"; if {page.position} ends the list, write next: {_NOT_ZERO.format(paging.next)}"
            )
        ways = "total or next" if paging.stop_when_short else "total, next or stop"
        hint += f"{_END} {ways}" if so_far.again and paging.by in _NUMBERED else ""
        return new, f"page {page.number} holds only records that were read before{hint}"
    if slid:
        text = f"{_ids(slid)} twice by page {page.number}: the list changed while it was read"
        so_far.problems.append(text)
    if doubled:
        text = (
            f"{_ids(doubled)} twice on page {page.number}: the list holds a record more than once"
        )
        so_far.problems.append(text)
    return new, ""


def _ids(count: int) -> str:
    return "an id comes" if count == 1 else f"{count} ids come"


def _following(client: Client, paging: Paging, page: _Page, so_far: ListSoFar) -> Value:
    """Return the position of the next page, or None after the last one.

    Raises `Unreadable` if the headers do not tell.
    """
    if page.answer.status == _NOTHING:
        return None
    if paging.by in _NUMBERED:
        short = paging.stop_when_short and _is_short(paging, page, so_far)
        # All rows of a sparse page may be left out.
        rows = page.sent or (paging.sparse and sum(so_far.lengths[-2:]))
        if not (_goes_on(client, paging, page) if paging.next else rows and not short):
            return None
        # Of an empty page that others follow, only as many rows are known to be passed over.
        step = 1 if paging.by is PageBy.PAGE else page.sent or max(*so_far.lengths, 1)
        return step + (page.position if isinstance(page.position, int) else 0)
    if paging.by is PageBy.CURSOR and paging.next_header:
        return page.answer.headers.get(paging.next_header, "").strip() or None
    if paging.by is PageBy.CURSOR or (paging.by is PageBy.NEXT_LINK and paging.next):
        return _mark(client, page, found_in(client, page.call, paging.next, page.data))
    if paging.by is PageBy.NEXT_LINK:
        return next_link(page.answer.headers, page.answer.url)
    return None


def _is_short(paging: Paging, page: _Page, so_far: ListSoFar) -> bool:
    """Return whether a page is shorter than a full one: than asked for, and than one before.

    Some systems give smaller pages than asked for. A search that finds one record has found it.
    """
    longest = max(so_far.lengths)
    return page.sent < paging.size and (page.sent < longest or (page.searching and longest == 1))


def _goes_on(client: Client, paging: Paging, page: _Page) -> bool:
    """Return what the manifest's `next` says of a list that is read by numbers, or at once."""
    value = found_in(client, page.call, paging.next, page.data)
    if isinstance(value, bool):
        return value
    error = Unreadable(f"'{paging.next}' is neither true nor false")
    raise unreadable(client, page.call, error, "R107")


def _mark(client: Client, page: _Page, value: Value) -> Value:
    if value is None or value is False or value == "":
        return None
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    error = Unreadable("what should lead to the next page is neither text nor number")
    raise unreadable(client, page.call, error, "R107")


def _turn(
    client: Client, listing: Listing, extra: Mapping[str, Value], page: _Page, position: Value
) -> Call:
    if listing.paging.by is not PageBy.NEXT_LINK:
        return _call(client, listing, extra, position)
    try:
        return client.follow(page.call, str(position), page.answer)
    except Unusable as error:
        raise ReadError("R111", f"{client.shown(page.call)}: {error}", _LEADS_AWAY) from None


def _astray(
    client: Client, call: Call | None, seen: Collection[tuple[httpx.URL, bytes | None]]
) -> str:
    """Return why the call for another page is not made, or ""."""
    if call and (call.url, call.content) in seen:
        return f"page {len(seen)} leads back to a page that was read before"
    if call and len(seen) >= client.api.limits.pages:
        return f"the list has more than {len(seen):,} pages"
    return ""


def _note_size(
    client: Client, listing: Listing, so_far: ListSoFar, page: _Page, searching: bool
) -> None:
    so_far.lengths.append(page.sent)
    so_far.left_out += max(0, page.sent - len(page.rows))
    if page.answer.status == _NOTHING:
        return
    refused_when = client.api.errors.refused_when
    if wrong := fault_said(page.data, listing.records, refused_when):
        said = f", and says: {said}" if (said := client.said(page.answer)) else ""
        so_far.problems.append(
            f"page {page.number} is a part of what was asked for: {wrong} says "
            f"that something failed{said}; {_SAY_WHEN}"
        )
    if header := listing.paging.total_header:
        count = count_of(page.answer.headers.get(header, "").strip())
        so_far.totals += [] if count is None or _is_none_of(count, so_far) else [count]
        so_far.uncounted |= not searching and header not in page.answer.headers
    elif named := listing.paging.total:
        count = count_of(found_in(client, page.call, named, page.data))
        so_far.totals += [] if count is None or _is_none_of(count, so_far) else [count]
        so_far.uncounted |= not searching and page.sent > 0 and _lacks(page.data, named)
    elif not searching:  # some give the total of all to a search
        of, data, records = page.answer, page.data, listing.records
        so_far.said = _greater(so_far.said, total_said(of, data, records), so_far)
        so_far.least = _greater(so_far.least, least_said(of, data, records), so_far)


def _is_none_of(count: int, so_far: ListSoFar) -> bool:
    """Return whether a total says nothing: later pages of a list may give 0 in its place."""
    return count == 0 and so_far.count > 0


def _greater(known: Total | None, said: Total | None, so_far: ListSoFar) -> Total | None:
    """Return the greater total: beyond the last page, and on later ones, some systems give less."""
    if said is None or _is_none_of(said.count, so_far):
        return known
    return said if known is None or said.count > known.count else known


def _lacks(data: Value, path: str) -> bool:
    """Return whether an answer does not have a key of a path: its name may be misspelt."""
    return is_path(path) and isinstance(data, dict) and at(data, path_of(path)) is MISSING


def _has_all(so_far: ListSoFar) -> bool:
    """Return whether the number of records equals the total of every page."""
    return bool(so_far.totals) and set(so_far.totals) == {so_far.count}


def _check_beyond(
    error: ReadError, so_far: ListSoFar, listing: Listing, last: _Page | None
) -> None:
    """Raise the error of a page, unless it does not exist and is one beyond the last."""
    if last is None or error.code not in _NO_PAGE:
        raise error
    paging, pages = listing.paging, len(so_far.lengths)
    numbered = paging.by in _NUMBERED
    short = paging.stop_when_short and so_far.lengths[-1] < paging.size
    if short or _has_all(so_far):
        return
    if numbered and end_said(last.answer, last.data, listing.records, pages):
        return
    help = f"{error.help} {_IF_BEYOND}".strip() if numbered else error.help
    raise ReadError(error.code, error.summary, help) from None


def _is_the_end(client: Client, so_far: ListSoFar, paging: Paging, page: _Page) -> bool:
    """Return whether a page without new records is one beyond the last.

    Some systems give the last page again. A page that is as long as others may also come again
    since the system leads no further, unless all came by a total; so may any if it says itself
    that a page follows.
    """
    if _has_all(so_far):
        return True
    if paging.by not in _NUMBERED or not so_far.again:
        return False
    whole = page.number > 2 and so_far.said is not None and so_far.said.count == so_far.count
    if whole or page.sent >= max(so_far.lengths):
        return whole
    return not (paging.next and _goes_on(client, paging, page))


_NO_PAGE = ("R104", "R110")
"""Answers of systems to a page beyond the last: 404, or another refusal."""


def _check_size(paging: Paging, so_far: ListSoFar) -> None:
    """Add why records may have moved between two pages, or never came."""
    totals, count = so_far.totals, so_far.count
    moved = next((each for each in totals if each != totals[0]), None)
    if moved is not None:
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


def _check_end(
    client: Client, listing: Listing, so_far: ListSoFar, page: _Page, searching: bool
) -> None:
    """Add what the answers say of records that did not come, if they should have come."""
    at_once = listing.paging.by is PageBy.NONE
    if so_far.problems or (_has_all(so_far) and not at_once):
        return
    said, how = _missed(client, listing, so_far, page, searching)
    if said:
        after = "" if at_once else f" after page {page.number}"
        so_far.problems.append(f"the list goes on{after}: {said}; {how}")


def _missed(
    client: Client, listing: Listing, so_far: ListSoFar, page: _Page, searching: bool
) -> tuple[str, str]:
    """Return what says that records did not come, or "", and what to do about it."""
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
    if all_came and paging.by in _NUMBERED:
        return "", ""
    named = paging.next or paging.next_header
    how = _CORRECT.format(named) if named else _SAY_HOW + _IF_ABOUT.format(_LAST_PAGE)
    came = replace(_came(so_far, paging, searching), missed=_key_missed(paging, page))
    return more_said(page.answer, page.data, listing.records, came).said, how


def _missed_at_once(
    client: Client, listing: Listing, so_far: ListSoFar, page: _Page, searching: bool
) -> tuple[str, str]:
    paging, about = listing.paging, _IF_ABOUT.format(_NO_NEXT)
    if paging.next:
        more = f"by '{paging.next}', a page follows" if _goes_on(client, paging, page) else ""
        return more, _SAY_HOW + about
    came = _came(so_far, paging, searching)
    more_is = more_said(page.answer, page.data, listing.records, came)
    if more_is.limit:
        return more_is.said, _ASK_FOR_MORE + _BY_LIMIT.format(more_is.limit)
    told = so_far.said is not None and so_far.said.count == so_far.count
    if more_is.said or told or _has_all(so_far):
        return more_is.said, _SAY_HOW + about
    return _limit_reached(listing, page), _ASK_FOR_MORE + about


def _leads_on(client: Client, paging: Paging, page: _Page, so_far: ListSoFar) -> bool:
    """Return whether another page follows the last one that came, by the manifest's own words."""
    if paging.by in _NUMBERED or paging.by is PageBy.NONE:
        return bool(paging.next) and _goes_on(client, paging, page)
    return _following(client, paging, page, so_far) is not None


def _key_missed(paging: Paging, page: _Page) -> str:
    """Return the key by which the manifest's `next` reads the only page, if the page lacks it.

    Systems may leave it out at the end. Or it is misspelt.
    """
    if page.number > 1 or not is_path(paging.next) or not isinstance(page.data, dict):
        return ""
    *way, key = path_of(paging.next)
    value = at(page.data, tuple(way)) if way else page.data
    return key if isinstance(value, dict) and key not in value else ""


def _limit_reached(listing: Listing, page: _Page) -> str:
    """Return what says that a list which is read at once was cut at the number asked for, or ""."""
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
    """Return what came, for comparison; a search may say how many pages and records all have."""
    led = bool(paging.next)
    if searching:
        return Came(None, led=led)
    pages = sum(1 for rows in so_far.lengths if rows) or 1
    told = paging.by is not PageBy.NONE or so_far.said is not None or _has_all(so_far)
    full = None if told else so_far.lengths[-1]
    return Came(so_far.count, pages, full, led, counted=bool(paging.total or paging.total_header))


def unreadable(client: Client, call: Call, error: Unreadable, code: str) -> ReadError:
    """Return the error of an answer to a read that cannot be understood."""
    help = error.help or _HELP[code]
    return ReadError(code, f"{client.shown(call)}: the answer is of no use: {error}", help)


_NOTHING = 204
_ENDS = {"0", "-1"}
"""Cursors by which some systems say that no page follows."""
_NOT_ZERO = "'{0} > `0` && {0}'"
_NO_LIST = (
    'If an empty page lacks its list, write records: "{} || (kind && `[]`)", with a key that each '
    "page has in place of `kind`."
)
_END = "; if it is the end of the list, let list.pagination say so by"
_NUMBERED = {PageBy.PAGE, PageBy.OFFSET}
_SAY_HOW = "say how in the manifest's list.pagination"
_IF_ABOUT = "; if this is about something else, write there {}"
_ASK_FOR_MORE = (
    "say how in the manifest's list.pagination, or ask for more records than there can be"
)
_BY_LIMIT = ", say 1000, and write there next: '{} >= `1000`'"
_RUN_AGAIN = "run again, or correct in list.pagination what leads on"
_IF_BEYOND = (
    "If it is beyond the last page, let list.pagination say where the list ends, by next or total."
)
_SAY_WHEN = (
    "if that is about something else, let the manifest's errors.refused_when say by it when an "
    "answer is a refusal"
)
_CORRECT = "correct '{}' in the manifest's list.pagination, by which this is the last page"
_NO_TOTAL, _NO_NEXT = "total: '`null`'", "next: '`false`'"
_LAST_PAGE = "`next`, by which the last page is known"
_HELP = {
    "R106": "Check the base URL: does it lead to the API?",
    "R107": "Check the manifest against the system's reference.",
}
STRAY = "it has status 404 or 410, and is a page or text where JSON was expected"
STRAY_HELP = (
    "A gateway may have answered in place of the system: run again later. If the system itself "
    "answers so for what does not exist, let the manifest say so: errors.not_found: any."
)
_REFUSAL = "If that is a refusal, let the manifest say so: errors.refused_when."
_LEADS_AWAY = (
    "Credentials are not sent elsewhere. If it is the same system behind a proxy, have the proxy "
    "pass on the address that it was asked by; or correct the base URL."
)
