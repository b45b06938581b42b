"""Reads a list page by page, each record once.

the same page again, an id that comes twice,     incomplete, with a sentence that says so
a total that changes between pages, a numbered
page that ends early, more pages than the limit,
fewer records than the answer's own total, an
answer that says that there is more, or that
something failed (`continuation`), empty pages
without end
a page beyond the total that is refused, or      the end of the list
has nothing new; a short page that repeats;
204 after the first page
a page that is not JSON, or has no list          `ReadError`: nothing usable was read
a link that leads to another host                `ReadError`
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import httpx

from oneway.core.connector_errors import ReadError
from oneway.core.records import Value
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.faults import doubts_said, fault_said
from oneway_connectors.rest.list_end import (
    NUMBERED,
    check_beyond,
    check_end,
    check_size,
    is_the_end,
    lacks_key,
    next_position,
    says_nothing,
)
from oneway_connectors.rest.list_so_far import Item, ListPage, ListSoFar, item_of
from oneway_connectors.rest.model import Listing, PageBy, Paging, ResourceRequests
from oneway_connectors.rest.reads import (
    NO_CONTENT,
    answered,
    found_in,
    parsed_answer,
    reading_call,
    rows_of,
    unreadable,
)
from oneway_connectors.rest.responses import Doubled, Unreadable, is_path, rows_before
from oneway_connectors.rest.signs import count_of
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.totals import Total, least_said, total_said
from oneway_connectors.rest.transport import Call


def pages(
    client: Client,
    resource: ResourceRequests,
    listing: Listing,
    extra: Mapping[str, Value],
    so_far: ListSoFar,
) -> Iterator[Sequence[Item]]:
    """Yield the items of each page that no earlier page had, and note the page in `so_far`.

    `extra` are further query parameters.
    """
    seen = set[tuple[httpx.URL, bytes | None]]()
    last: ListPage | None = None
    position: Value = None if listing.paging.by is PageBy.CURSOR else listing.paging.start
    call: Call | None = _call(client, listing, extra, position)
    while call is not None:
        seen.add((call.url, call.content))
        try:
            page = _read(client, resource, listing, call, len(seen), position, bool(extra))
        except ReadError as error:
            check_beyond(error, so_far, listing, last)
            break
        if page.answer.status == NO_CONTENT and last is not None:
            break
        last = page
        items, problem = _new_items(so_far, resource, page, listing)
        if problem and is_the_end(client, so_far, listing.paging, page):
            break
        _note_size(client, listing, so_far, page, bool(extra))
        yield items
        try:
            position = None if problem else next_position(client, listing.paging, page, so_far)
        except Unreadable as error:
            problem = f"where the list continues after page {page.number} is unclear: {error}"
        call = (
            None if problem or position is None else _turn(client, listing, extra, page, position)
        )
        if problem := problem or _astray(client, call, seen, listing.paging, so_far):
            so_far.problems.append(problem)
            return
    check_size(listing.paging, so_far)
    if last is not None:
        check_end(client, listing, so_far, last, bool(extra))


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
) -> ListPage:
    answer = answered(client, resource, call, whether=searching)
    if answer.status == NO_CONTENT and (searching or number > 1):
        return ListPage(number, position, call, answer, None, [], sound=True, sent=0)
    data = parsed_answer(client, call, answer)
    rows, sound = rows_of(client, call, listing.records, data)
    if not isinstance(rows, list):
        said = client.said(answer)
        text = f"it has no list at '{listing.records}'" + (f", and says: {said}" if said else "")
        lacks = number > 1 and lacks_key(data.value, listing.records)
        help = _REFUSAL if said else _NO_LIST.format(listing.records) if lacks else ""
        raise unreadable(client, call, Unreadable(text, help), "R107")
    if isinstance(data.value, Doubled):
        raise unreadable(client, call, Unreadable(data.value.flaw), "R107")
    before = rows_before(listing.records, data.value)
    sent = len(rows) if before is None else before
    return ListPage(number, position, call, answer, data.value, rows, sound, sent, searching)


def _new_items(
    so_far: ListSoFar, resource: ResourceRequests, page: ListPage, listing: Listing
) -> tuple[Sequence[Item], str]:
    """Return the items of a page that are new, and why the read must stop, or ""."""
    here, slid, doubled, paging = dict[str, Item](), 0, 0, listing.paging
    for index, row in enumerate(page.rows, 1):
        place = f"page {page.number}, item {index}"
        item = item_of(row, resource, place, sound=page.sound)
        if row is None:
            item = Item(place, {}, _none_found(listing.records))
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
        # The page before covered more rows than it shows, so they may come again.
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
        hint += f"{_END} {ways}" if so_far.again and paging.by in NUMBERED else ""
        return new, f"page {page.number} has only records that were read before{hint}"
    if slid:
        text = f"{_ids(slid)} twice by page {page.number}: the list changed while it was read"
        so_far.problems.append(text)
    if doubled:
        so_far.problems.append(
            f"{_ids(doubled)} twice on page {page.number}: the list has a record more than once"
        )
    return new, ""


def _none_found(records: str) -> str:
    """Return the problem of a row that is null, or that `records` finds nothing in."""
    return (
        f"it is null by '{records}'; if it rightly is, let `records` leave such rows out by a "
        f"filter, as in {_filtered(records)}"
    )


def _filtered(records: str) -> str:
    """Return an expression for the list without rows that lack the next key, or an example."""
    if is_path(records):
        return f"{records}[?@]"
    found = _ROWS.fullmatch(records)
    if found is None:
        return "data[?user].user"
    rows, wild, key, rest = found.groups()
    return f"{f'values({rows})' if wild else rows}[?{key}].{key}{rest}"


def _ids(count: int) -> str:
    return "an id comes" if count == 1 else f"{count} ids come"


def _turn(
    client: Client, listing: Listing, extra: Mapping[str, Value], page: ListPage, position: Value
) -> Call:
    if listing.paging.by is not PageBy.NEXT_LINK:
        return _call(client, listing, extra, position)
    try:
        return client.follow(page.call, str(position), page.answer)
    except Unusable as error:
        raise ReadError("R111", f"{client.shown(page.call)}: {error}", _LEADS_AWAY) from None


def _astray(
    client: Client,
    call: Call | None,
    seen: Collection[tuple[httpx.URL, bytes | None]],
    paging: Paging,
    so_far: ListSoFar,
) -> str:
    """Return why the next page is not requested, or ""."""
    if call and (call.url, call.content) in seen:
        return f"page {len(seen)} leads back to a page that was read before"
    if call and len(so_far.lengths) >= _EMPTY and not any(so_far.lengths[-_EMPTY:]):
        by = paging.next or paging.next_header or "Link"
        return (
            f"{_EMPTY} pages in a row are empty, and by '{by}' a page follows; correct in "
            "list.pagination what leads on"
        )
    if call and len(seen) >= client.api.limits.pages:
        return (
            f"the list has more than {len(seen):,} pages; if it is that long, raise limits.pages "
            "in the manifest, or else correct list.pagination"
        )
    return ""


def _note_size(
    client: Client, listing: Listing, so_far: ListSoFar, page: ListPage, searching: bool
) -> None:
    before = sum(so_far.lengths)
    so_far.lengths.append(page.sent)
    so_far.left_out += max(0, page.sent - len(page.rows))
    if page.answer.status == NO_CONTENT:
        return
    near = page.data, listing.records, client.api.errors.refused_when
    doubted = client.doubted(doubts_said(*near), shown=page.sent > 0)
    if wrong := fault_said(*near, before) or doubted:
        said = f", and says: {said}" if (said := client.said(page.answer)) else ""
        so_far.problems.append(f"page {page.number} is incomplete: {wrong}{said}; {_SAY_WHEN}")
    if header := listing.paging.total_header:
        count = count_of(page.answer.headers.get(header, "").strip())
        so_far.totals += [] if count is None or says_nothing(count, so_far) else [count]
        so_far.uncounted |= not searching and header not in page.answer.headers
    elif named := listing.paging.total:
        count = count_of(found_in(client, page.call, named, page.data))
        so_far.totals += [] if count is None or says_nothing(count, so_far) else [count]
        so_far.uncounted |= not searching and page.sent > 0 and lacks_key(page.data, named)
    elif not searching:  # some give the total of all to a search
        of, data, records = page.answer, page.data, listing.records
        so_far.said = _greater(so_far.said, total_said(of, data, records), so_far)
        so_far.least = _greater(so_far.least, least_said(of, data, records), so_far)


def _greater(known: Total | None, said: Total | None, so_far: ListSoFar) -> Total | None:
    """Return the greater total, as some systems give a smaller one on later pages."""
    if said is None or says_nothing(said.count, so_far):
        return known
    return said if known is None or said.count > known.count else known


_EMPTY = 50
"""The most empty pages in a row: a system may find nobody in some parts of a list."""
_ENDS = {"0", "-1"}
"""Cursors by which some systems say that no page follows."""
_NOT_ZERO = "'{0} > `0` && {0}'"
_NO_LIST = (
    'If an empty page lacks its list, write records: "{} || (kind && `[]`)", with a key that each '
    "page has in place of `kind`."
)
_END = "; if it is the end of the list, let list.pagination say so by"
_SAY_WHEN = (
    "if that is about something else, let the manifest's errors.refused_when say by it when an "
    "answer is a refusal"
)
_REFUSAL = "If that is a refusal, let the manifest say so: errors.refused_when."
_LEADS_AWAY = (
    "Credentials are not sent elsewhere. If it is the same system behind a proxy, have the proxy "
    "pass on the address that it was asked by; or correct the base URL."
)
_ROWS = re.compile(
    r"([a-z_]\w*(?:\.[a-z_]\w*)*)(?:\[\]|(\.\*))\.([a-z_]\w*)(|\[\].*|\..*)", re.A | re.I | re.S
)
"""The rows of a list (or, with a star, of an object), then the key that is read of each."""
