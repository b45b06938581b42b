"""Reads a resource: its list, the details of each record, and single records.

If the detail of a record is gone (404), the list is read again. If it no longer has the record
either, the record is left out, with a note; if many are left out, the read is incomplete. If the
record is still listed, or its detail cannot be read, the record has a problem: systems also answer
404 for records that the credentials may not see. If a fifth of all records have a problem, the read
is incomplete. A refused detail (403) affects one record, unless several are refused and none is
shown. A problem of all records (credentials, the network) ends the read.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from itertools import chain
from typing import TypeVar

from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.paths import at, with_value
from oneway.core.progress import Progress, silent
from oneway.core.records import MISSING, Record, Snapshot, Value, id_text
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.continuation import (
    PARTIAL,
    Came,
    doubts_said,
    fault_said,
    lacking,
    more_said,
    total_said,
)
from oneway_connectors.rest.errors import NoAnswer, is_of_one_record, read_fault, read_refusal
from oneway_connectors.rest.list_so_far import Item, ListSoFar, item_of
from oneway_connectors.rest.model import Listing, PageBy, ResourceRequests, Single
from oneway_connectors.rest.paging import pages
from oneway_connectors.rest.parents import ListOfParent, put_together
from oneway_connectors.rest.reads import (
    STRAY,
    STRAY_HELP,
    not_shown,
    unreadable,
    why_not_shown,
)
from oneway_connectors.rest.responses import (
    Unreadable,
    flaw_in,
    is_path,
    parse_json,
    rows_before,
    search,
    shown_at,
    shows_values,
    tells_error,
)
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import Answer, Call

_FEW = 2
_A_FIFTH = 5
_SOME = 3
_BLIND = "Correct the path of `get` in the manifest: it should show what the list shows."
_NOT_SHOWN = ("R103", "R104")
_NO_LIST_OF_ITS_OWN = (
    "If it was removed meanwhile, run again; if it never has such a list, let `records` of the "
    "parents' list leave it out."
)

_In = TypeVar("_In")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class RestReader:
    """Reads one resource; see `oneway.core.connector.Reader`."""

    client: Client
    resource: ResourceRequests
    notes: list[str] = field(default_factory=list, compare=False)
    """Remarks about the last read that do not make it incomplete."""

    @property
    def by_id(self) -> bool:
        """Whether one record can be requested without the whole list."""
        return self.resource.single is not None

    @property
    def lists_at_once(self) -> bool:
        """Whether one request gives the whole list."""
        listing = self.resource.listing
        return listing is None or (listing.paging.by is PageBy.NONE and not listing.for_each)

    @property
    def finds(self) -> Collection[str]:
        """The paths by which `find` can search; for others it reads the whole list."""
        return self.resource.find

    @property
    def concurrency(self) -> int:
        """How many threads may read at once: the number for details applies to all requests."""
        details = (detail.concurrency for detail in self.resource.details)
        listing = self.resource.listing
        lists = 1 if listing is None else listing.concurrency
        return max(self.client.api.concurrency, *details, lists)

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return every record, in the order of the system's list."""
        gaps: list[str] = []
        records = tuple(self.records(gaps, progress))
        return Snapshot(records, not gaps, (*gaps, *self.notes))

    def records(self, gaps: list[str], progress: Progress = silent) -> Iterator[Record]:
        """Yield the records that `read` returns; adds to `gaps` why any may be missing.

        Records without details come page by page. Others come after the whole list, which then has
        little time to change while it is read.
        """
        self.notes.clear()
        yield from self._bounded()._counted(gaps, progress)

    def _counted(self, gaps: list[str], progress: Progress) -> Iterator[Record]:
        """Yield the records, and note at the end how many are gone, or cannot be read."""
        so_far, without, unread, problem = ListSoFar(), list[Record](), 0, ""
        some = self.client.listed[self.resource.name] = list[str]()
        for record in self._records(self._listed({}, so_far, progress), progress, without):
            if record.problem:
                unread, problem = unread + 1, problem or record.problem
            elif len(some) < _SOME:
                some.append(record.id)
            yield self._placed(record, so_far)
        for record in self._still_listed(without, gaps):
            unread, problem = unread + 1, problem or record.problem
            yield record
        gone = len(without)
        gaps += so_far.problems
        count = len(so_far.ids)
        if gone:
            # One or two records deleted in the meantime are normal; many mean a wrong address.
            said = self.notes if gone <= max(_FEW, count // 100) else gaps
            said.append(f"{gone} of {count} records were gone when read one by one")
        if unread > max(_FEW, (count - gone) // _A_FIFTH):
            # A few broken records affect only themselves; this many mean a login page, or a failing
            # system whose other answers are unreliable too.
            gaps.append(f"{unread} of {count - gone} records cannot be read: {problem}")

    def get(self, id: str) -> Record | None:
        """Return the record with an id as it is now, or None."""
        single = self.resource.single
        if single is None:
            return next((record for record in self._whole() if record.id == id), None)
        try:
            call, answer = self._ask(single, id)
        except Unusable as error:
            raise ReadError("R112", f"{self.client.api.title}: {error}") from None
        if answer.absent:
            if not answer.missing:
                self._refuse_blind(single, call, id)
            return None
        if answer.stray:
            raise unreadable(self.client, call, Unreadable(STRAY, STRAY_HELP), "R107")
        self._refuse_failure(call, answer)
        try:
            item = self._item(single, answer, id)
        except Unreadable as error:
            raise unreadable(self.client, call, error, "R107") from None
        if item is None:
            self._refuse_blind(single, call, id)
            return None
        self.client.shows.add(self.resource.name)
        self._note_version(single, answer, id)
        if self.resource.patches:
            self.client.looked_at[self.resource.name, id] = item.data
        found = self._finish(item, [detail for detail in self.resource.details if detail.into])
        return found if isinstance(found, Record) else None

    def _refuse_blind(self, single: Single, call: Call, id: str) -> None:
        """Raise `ReadError` if `get` finds nobody, not even records that the list has shown.

        Its path may be wrong: then it says of nobody that they are gone.
        """
        name = self.resource.name
        listed = [each for each in self.client.listed.get(name, ()) if each != id]
        if not listed or name in self.client.shows:
            return
        for each in listed:
            _, answer = self._ask(single, each)
            with suppress(Unreadable):
                if answer.good and answer.showing and self._item(single, answer, each) is not None:
                    self.client.shows.add(name)
                    return
        text = f"it finds nothing, and no request finds record {listed[0]}, which the list shows"
        raise unreadable(self.client, call, Unreadable(text, _BLIND), "R107")

    def _note_version(self, single: Single, answer: Answer, id: str) -> None:
        """Remember the version of a record in an answer, for the next write to it."""
        if single.version_header:
            version: Value = answer.headers.get(single.version_header, "")
        elif single.version:
            version = search(single.version, parse_json(answer.body))
        else:
            return
        self.client.versions[self.resource.name, id] = id_text(version).strip()

    def find(self, path: str, value: Value) -> tuple[Record, ...]:
        """Return at least the records whose field at `path` is `value`."""
        query = self.resource.find.get(path)
        if query is None or isinstance(value, dict | list) or value is None:
            return self._whole()
        return self._whole(self.client.filled(query, value))

    def _whole(self, extra: Mapping[str, Value] | None = None) -> tuple[Record, ...]:
        return self._bounded()._found(extra or {})

    def _bounded(self) -> "RestReader":
        """Return a reader whose requests belong to one read, limited in time and size."""
        return replace(self, client=self.client.for_one_read())

    def _found(self, extra: Mapping[str, Value]) -> tuple[Record, ...]:
        so_far = ListSoFar()
        items = list(self._listed(extra, so_far, silent))
        if so_far.problems:
            summary = f"{self.client.api.title}: {self.resource.name}: {so_far.problems[0]}"
            raise ReadError("R111", summary, "What may be missing cannot be looked up.")
        records = self._records(iter(items), silent, [])
        return tuple(self._placed(record, so_far) for record in records)

    def _listed(
        self, extra: Mapping[str, Value], so_far: ListSoFar, progress: Progress
    ) -> Iterator[Item]:
        """Yield the items of the list, and note its pages in `so_far`."""
        listing = self._listing()
        if listing.for_each:
            yield from self._of_each_parent(listing, so_far, progress)
            return
        try:
            for items in pages(self.client, self.resource, listing, extra, so_far):
                progress(f"list of {self.resource.name}", len(so_far.ids), None)
                yield from items
        except ReadError as error:
            # A search may answer 404 for no match: the list exists, or nothing would be planned.
            if not extra or error.code != "R104" or so_far.ids:
                raise

    def _of_each_parent(
        self, listing: Listing, so_far: ListSoFar, progress: Progress
    ) -> Iterator[Item]:
        """Yield the items that are listed for any parent.

        A parent that may be missing or cannot be read makes the whole list incomplete. So does an
        empty list of parents: credentials that see no parent see nobody.
        """
        resource = self.client.api.resources[listing.for_each]
        reader, gaps = RestReader(self.client, resource), list[str]()
        # In the order of their ids: a system may list them in another order each time.
        parents = sorted(reader._counted(gaps, progress), key=lambda each: each.id)
        # The records of a parent that is gone by now may have moved into one that was read before.
        gaps += reader.notes
        gaps += [f"{each.id}: {each.problem}" for each in parents if each.problem]
        so_far.problems += [f"{resource.name} may be missing: {gap}" for gap in gaps]
        if not parents:
            so_far.problems.append(f"{resource.name} lists nothing, so nobody is listed under it")
        readable = [each for each in parents if not each.problem]
        lists, count = list[ListOfParent](), 0
        for each in _in_order(partial(self._of_parent, listing), readable, listing.concurrency):
            lists.append(each)
            count += len(each.items)
            progress(f"list of {self.resource.name}", count, None)
        replaced = any(not detail.into for detail in self.resource.details)
        yield from put_together(lists, so_far, by_id=replaced)
        self.client.parents[self.resource.name] = so_far.under

    def _of_parent(self, listing: Listing, parent: Record) -> ListOfParent:
        """Return the list of one parent; raises `ReadError`, which names the parent."""
        name, so_far = f"{listing.for_each} {parent.id}", ListSoFar()
        own = replace(listing, known={"parent": self._with_its_own(listing, parent)})
        try:
            found = [*chain(*pages(self.client, self.resource, own, {}, so_far))]
        except ReadError as error:
            help = f"{_NO_LIST_OF_ITS_OWN} {error.help}" if error.code in _NOT_SHOWN else error.help
            summary = f"{name}: {error.summary}"
            raise ReadError(error.code, summary, help.strip(), blame=error.blame) from None
        return ListOfParent(name, parent.data, found, so_far)

    def _with_its_own(self, listing: Listing, parent: Record) -> dict[str, Value]:
        """Return a parent's data, with its own parent under `parent` if it has exactly one."""
        data = dict(parent.data)
        above = self.client.api.resources[listing.for_each].listing
        whose = data.get(above.into) if above is not None and above.into else None
        if isinstance(whose, list) and len(whose) == 1:
            data.setdefault("parent", whose[0])
        return data

    def _placed(self, record: Record, so_far: ListSoFar) -> Record:
        """Return a record with the parents that it is listed under, if the manifest wants them."""
        into, parents = self._listing().into, so_far.under.get(record.id)
        if not into or parents is None or (record.problem and not record.data):
            return record
        return replace(record, data={**record.data, into: parents})

    def _listing(self) -> Listing:
        if self.resource.listing is None:
            summary = f"{self.client.api.title}: {self.resource.name} cannot be listed"
            raise ReadError("R113", summary, "The manifest has no list for this resource.")
        return self.resource.listing

    def _still_listed(self, without: list[Record], gaps: list[str]) -> Sequence[Record]:
        """Read the list again, and take the records that it still has out of `without`."""
        if not without:
            return ()
        again = ListSoFar()
        for _ in self._listed({}, again, silent):
            pass
        gaps += again.problems
        still = [each for each in without if each.id in again.ids]
        without[:] = [each for each in without if each.id not in again.ids]
        return still

    def _records(
        self, items: Iterator[Item], progress: Progress, without: list[Record]
    ) -> Iterator[Record]:
        """Yield a record for each item, in order; records whose detail is gone go into `without`.

        These have the data of the list, and a problem.
        """
        details = self.resource.details
        if not details:
            yield from map(self._record, items)
            return
        listed = list(items)
        workers = max(detail.concurrency for detail in details)
        refused = _Refused()
        finished = _in_order(lambda item: self._finish(item, details, refused), listed, workers)
        for done, record in enumerate(finished, 1):
            progress(self.resource.name, done, len(listed))
            if isinstance(record, Record):
                yield record
            else:
                text = "it is in the list, but a request for it finds nothing"
                without.append(replace(self._record(record), problem=text))

    def _finish(
        self, item: Item, details: Iterable[Single], refused: "_Refused | None" = None
    ) -> Record | Item:
        """Return an item's record with its details; the item itself if it is gone.

        A detail that cannot be read costs its own key, or the record if it would replace that.
        """
        if item.problem:
            return self._record(item)
        problems, lost = list[str](), list[str]()
        for detail in details:
            found = self._with_detail(item, detail, refused)
            if found is None:
                return item
            if found.problem and not found.lost:
                return self._record(found)
            problems += [found.problem] if found.problem else []
            lost += found.lost
            item = found
        return self._record(Item(item.id, item.data, "".join(problems[:1]), tuple(lost)))

    def _with_detail(self, item: Item, detail: Single, refused: "_Refused | None") -> Item | None:
        """Return an item with a detail, or why it cannot be read; None if the item is gone."""
        try:
            call, answer = self._ask(detail, item.id, item.data)
        except Unusable as error:
            return _without(item, detail, f"it cannot be requested: {error}")
        if answer.absent:
            # With a key of its own, it is unstated: an absent key never clears anything.
            return Item(item.id, item.data) if detail.into else None
        if answer.status == 500 or answer.refused:
            what = "refuses" if answer.refused else "fails (500)"
            return _without(item, detail, f"the system {what} when it is requested")
        if answer.stray:
            return _without(item, detail, f"its answer cannot be understood: {STRAY}")
        if is_of_one_record(answer.status) and not (refused and refused.all(detail)):
            said = f": {said}" if (said := self.client.said(answer)) else ""
            return _without(item, detail, f"the system refuses it ({answer.status}){said}")
        if not answer.showing:
            return _without(item, detail, why_not_shown(answer))
        self._refuse_failure(call, answer)
        if refused is not None:
            refused.shown.add(detail.into)
        return self._merged(item, detail, answer)

    def _merged(self, item: Item, detail: Single, answer: Answer) -> Item | None:
        """Return an item with the data of a detail's answer; None if that says that it is gone."""
        try:
            if not detail.into:
                return self._item(detail, answer, item.id)
            found = self._part(detail, answer)
            if flaw := flaw_in(found):
                raise Unreadable(flaw)
        except Unreadable as error:
            help = f" ({error.help})" if error.help else ""
            if detail.into:
                return _without(item, detail, f"{error}{help}")
            return Item(item.id, {}, f"it cannot be read: {error}{help}")
        return Item(item.id, {**item.data, detail.into: found})

    def _item(self, single: Single, answer: Answer, id: str) -> Item | None:
        """Return the record in an answer, or None if the answer says that it does not exist.

        Raises `Unreadable` if the answer says neither.
        """
        found = self._part(single, answer)
        if found is None and single.record != "@":
            return None
        item = item_of(found, self.resource, id)
        if item.problem:
            raise Unreadable(item.problem)
        # Some systems vary the case of an id; the list's form counts.
        if item.id.casefold() != id.casefold():
            raise Unreadable("a request for it returned another record")
        return Item(id, item.data)

    def _part(self, single: Single, answer: Answer) -> Value:
        """Return the data of a record in an answer; raise `Unreadable` if the answer lacks it."""
        data, shape = parse_json(answer.body), self.client.api.errors
        try:
            found = shown_at(single.record, data, shape)
            if single.fields and _lacks_all(single.fields, found) and tells_error(data, shape):
                raise Unreadable("it reports an error, and has none of the fields in the manifest")
        except Unreadable as error:
            said = self.client.said(answer)
            text = f"{error}, and says: {said}" if said else str(error)
            raise Unreadable(text, error.help) from None
        if rest := self._rest_of(found, answer, data, single.record):
            raise Unreadable(rest)
        return found

    def _rest_of(self, found: Value, answer: Answer, data: Value, record: str) -> str:
        """Return why an answer has only a part of a record, or ""."""
        beside = not record.startswith(("@", "{", "["))  # what is beside is not the record's own
        if beside and (wrong := self._fault_beside(found, data, record)):
            return wrong
        if not isinstance(found, list) and is_path(record) and not isinstance(data, list):
            # The next page of an object may be the next person's.
            return "the answer is a part (206)" if answer.status == PARTIAL else ""
        count = rows_before(record, data)
        if count is None and isinstance(found, list):
            count = len(found)
        total = total_said(answer, data, record, bare=False)
        more = "" if count is None else lacking(total, count)
        more = more or more_said(answer, data, record, Came(count, pages=1)).said
        return f"more follows: {more}" if more else ""

    def _fault_beside(self, found: Value, data: Value, record: str) -> str:
        """Return the sign beside a record, or beside nothing, that the request failed, or ""."""
        near = data, record, self.client.api.errors.refused_when
        wrong = fault_said(*near, shown=shows_values(found, self.resource.id))
        return wrong or self.client.doubted(doubts_said(*near), shown=bool(found))

    def _ask(
        self, single: Single, id: str, data: Mapping[str, Value] | None = None
    ) -> tuple[Call, Answer]:
        call = self.client.call(single.request, {"id": id, "record": dict(data or {})})
        try:
            return call, self.client.exchange(call)
        except NoAnswer as trouble:
            raise read_fault(self.client.shown(call), trouble) from None

    def _refuse_failure(self, call: Call, answer: Answer) -> None:
        if not answer.showing:
            raise not_shown(self.client, call, answer)
        if not answer.good:
            said = self.client.said(answer)
            raise read_refusal(self.client.shown(call), answer.status, said, self.resource)

    def _record(self, item: Item) -> Record:
        replaced = not all(detail.into for detail in self.resource.details)
        if item.problem and not item.lost and replaced:
            return Record(item.id, {}, item.problem)  # the list may have other words for all of it
        found = record_of(self.resource, item.id, item.data)
        lost = tuple((self._ours(key),) for key in item.lost)
        return replace(found, problem=item.problem, lost=lost)

    def _ours(self, key: str) -> str:
        names = self.resource.names
        return next((ours for ours, theirs in names.items() if theirs == key), key)


@dataclass(slots=True)
class _Refused:
    """Distinguishes a detail refused for one person from one that the credentials may not see."""

    shown: set[str] = field(default_factory=set)
    """The keys of the details that were shown for at least one person."""
    counts: Counter[str] = field(default_factory=Counter)

    def all(self, detail: Single) -> bool:
        """Note a refusal; return whether there were several and the detail was shown for nobody."""
        self.counts[detail.into] += 1
        return self.counts[detail.into] > _FEW and detail.into not in self.shown


def _without(item: Item, detail: Single, why: str) -> Item:
    """Return an item without an unreadable detail; if that has no own key, all may be wrong."""
    if not detail.into:
        return Item(item.id, item.data, why)
    return Item(item.id, item.data, f"its '{detail.into}' cannot be read: {why}", (detail.into,))


def _lacks_all(fields: Collection[str], found: Value) -> bool:
    return isinstance(found, dict) and bool(found) and not any(each in found for each in fields)


def record_of(resource: ResourceRequests, id: str, data: Mapping[str, Value]) -> Record:
    """Return a record from the data that a system has of it."""
    ours = renamed(data, {theirs: ours for ours, theirs in resource.names.items()})
    return Record(id, normalised(ours, resource.normalise))


def renamed(data: Mapping[str, Value], names: Mapping[str, str]) -> Mapping[str, Value]:
    """Return the data with other names for some of its keys."""
    if not names:
        return data
    return {names.get(key, key): value for key, value in data.items()}


def normalised(
    data: Mapping[str, Value], tables: Iterable[tuple[tuple[str, ...], tuple[str, ...]]]
) -> Mapping[str, Value]:
    """Return the data with the word of each enumeration in place of its index."""
    for path, words in tables:
        value = at(data, path)
        if value is MISSING or isinstance(value, bool) or not isinstance(value, str | int):
            continue
        text = str(value)
        if text.isascii() and text.isdigit() and len(text) < 4 and int(text) < len(words):
            data = with_value(data, path, words[int(text)])
    return data


def _in_order(work: Callable[[_In], _Out], items: Iterable[_In], workers: int) -> Iterator[_Out]:
    """Yield the results in the order of the items; the first error ends the rest."""
    if workers == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="oneway-detail")
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
