"""Reads a resource: its list, the details of each record, and single records.

If the detail of a record is gone (404), the list is read again. If it no longer has the record
either, the record is left out, with a note; if many are left out, the read is incomplete. If the
record is still listed, or its detail cannot be read, the record has a problem: systems also answer
404 for records that the credentials may not see. If a fifth of all records have a problem, the read
is incomplete. A problem of all records (credentials, the network) ends the read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import partial

from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot, Value, id_text
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.details import Details, Refusals
from oneway_connectors.rest.in_order import in_order
from oneway_connectors.rest.list_so_far import Item, ListSoFar
from oneway_connectors.rest.model import Listing, PageBy, ResourceRequests, Single
from oneway_connectors.rest.paging import pages
from oneway_connectors.rest.parents import ListForEach, ListOfParent, put_together
from oneway_connectors.rest.reads import STRAY, STRAY_HELP, unreadable
from oneway_connectors.rest.records import record_of_item
from oneway_connectors.rest.responses import Unreadable, parse_json, search
from oneway_connectors.rest.single import SingleRequests
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import Answer, Call

_FEW = 2
_A_FIFTH = 5
_SOME = 3
_BLIND = "Correct the path of `get` in the manifest: it should show what the list shows."


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

    @property
    def _single(self) -> SingleRequests:
        return SingleRequests(self.client, self.resource)

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
            call, answer = self._single.ask(single, id)
        except Unusable as error:
            raise ReadError("R112", f"{self.client.api.title}: {error}") from None
        if answer.absent:
            if not answer.missing:
                self._refuse_blind(single, call, id)
            return None
        if answer.stray:
            raise unreadable(self.client, call, Unreadable(STRAY, STRAY_HELP), "R107")
        self._single.refuse_failure(call, answer)
        try:
            item = self._single.item(single, answer, id)
        except Unreadable as error:
            raise unreadable(self.client, call, error, "R107") from None
        if item is None:
            self._refuse_blind(single, call, id)
            return None
        self.client.shows.add(self.resource.name)
        self._note_version(single, answer, id)
        if self.resource.patches:
            self.client.looked_at[self.resource.name, id] = item.data
        return Details(self._single, [each for each in self.resource.details if each.into]).of(item)

    def _refuse_blind(self, single: Single, call: Call, id: str) -> None:
        """Raise `ReadError` if `get` finds no record, not even those that the list has shown.

        Its path may be wrong, and then every record would count as gone.
        """
        name = self.resource.name
        listed = [each for each in self.client.listed.get(name, ()) if each != id]
        if not listed or name in self.client.shows:
            return
        for each in listed:
            _, answer = self._single.ask(single, each)
            with suppress(Unreadable):
                shows = answer.good and answer.showing
                if shows and self._single.item(single, answer, each) is not None:
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
        list_of = ListForEach(self.client, self.resource, listing).of
        for each in in_order(list_of, readable, listing.concurrency):
            lists.append(each)
            count += len(each.items)
            progress(f"list of {self.resource.name}", count, None)
        replaced = any(not detail.into for detail in self.resource.details)
        yield from put_together(lists, so_far, by_id=replaced)
        self.client.parents[self.resource.name] = so_far.under

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
        if not self.resource.details:
            yield from map(partial(record_of_item, self.resource), items)
            return
        listed = list(items)
        details = Details(self._single, self.resource.details, Refusals())
        finished = zip(listed, details.of_each(listed), strict=True)
        for done, (item, record) in enumerate(finished, 1):
            progress(self.resource.name, done, len(listed))
            if record is not None:
                yield record
            else:
                text = "it is in the list, but a request for it finds nothing"
                without.append(replace(record_of_item(self.resource, item), problem=text))
