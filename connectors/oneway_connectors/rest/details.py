"""Reads the details of records: each request adds a key to what the list shows, or replaces it.

If a detail cannot be read, its own key is unknown, or the record if it would replace that. A
refused detail (403) affects one record, unless several are refused and none is shown: then the
credentials may not see it, and the read ends.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.records import Record
from oneway_connectors.rest.errors import is_of_one_record
from oneway_connectors.rest.in_order import in_order
from oneway_connectors.rest.list_so_far import Item
from oneway_connectors.rest.model import Single
from oneway_connectors.rest.reads import STRAY, why_not_shown
from oneway_connectors.rest.records import record_of_item
from oneway_connectors.rest.responses import Unreadable, flaw_in
from oneway_connectors.rest.single import SingleRequests
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import Answer

SEVERAL = 3


@dataclass(slots=True)
class Refusals:
    """Distinguishes a detail refused for one person from one that the credentials may not see."""

    shown: set[str] = field(default_factory=set)
    """The keys of the details that were shown for at least one person."""
    counts: Counter[str] = field(default_factory=Counter)

    def all(self, detail: Single) -> bool:
        """Note a refusal; return whether there were several and the detail was shown for nobody."""
        self.counts[detail.into] += 1
        return self.counts[detail.into] >= SEVERAL and detail.into not in self.shown


@dataclass(frozen=True, slots=True)
class Details:
    """Reads these details of records; without `refusals`, each refusal affects its record alone."""

    requests: SingleRequests
    details: Sequence[Single]
    refusals: Refusals | None = None

    def of_each(self, items: Iterable[Item]) -> Iterator[Record | None]:
        """Yield the result of `of` for each item, in order; several run at once."""
        workers = max(detail.concurrency for detail in self.details)
        return in_order(self.of, items, workers)

    def of(self, item: Item) -> Record | None:
        """Return an item's record with its details; None if it is gone."""
        resource = self.requests.resource
        if item.problem:
            return record_of_item(resource, item)
        problems, lost = list[str](), list[str]()
        for detail in self.details:
            found = self._with_detail(item, detail)
            if found is None:
                return None
            if found.problem and not found.lost:
                return record_of_item(resource, found)
            problems += [found.problem] if found.problem else []
            lost += found.lost
            item = found
        item = Item(item.id, item.data, "".join(problems[:1]), tuple(lost))
        return record_of_item(resource, item)

    def _with_detail(self, item: Item, detail: Single) -> Item | None:
        """Return an item with a detail, or why it cannot be read; None if the item is gone."""
        try:
            call, answer = self.requests.ask(detail, item.id, item.data)
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
        if is_of_one_record(answer.status) and not self._is_refused_to_all(detail):
            said = f": {said}" if (said := self.requests.client.said(answer)) else ""
            return _without(item, detail, f"the system refuses it ({answer.status}){said}")
        if not answer.showing:
            return _without(item, detail, why_not_shown(answer))
        self.requests.refuse_failure(call, answer)
        if self.refusals is not None:
            self.refusals.shown.add(detail.into)
        return self._merged(item, detail, answer)

    def _is_refused_to_all(self, detail: Single) -> bool:
        return self.refusals is not None and self.refusals.all(detail)

    def _merged(self, item: Item, detail: Single, answer: Answer) -> Item | None:
        """Return an item with the data of a detail's answer; None if the answer says it is gone."""
        try:
            if not detail.into:
                return self.requests.item(detail, answer, item.id)
            found = self.requests.part(detail, answer)
            if flaw := flaw_in(found):
                raise Unreadable(flaw)
        except Unreadable as error:
            help = f" ({error.help})" if error.help else ""
            if detail.into:
                return _without(item, detail, f"{error}{help}")
            return Item(item.id, {}, f"it cannot be read: {error}{help}")
        return Item(item.id, {**item.data, detail.into: found})


def _without(item: Item, detail: Single, why: str) -> Item:
    """Return an item without an unreadable detail; without a key of its own, all may be wrong."""
    if not detail.into:
        return Item(item.id, item.data, why)
    return Item(item.id, item.data, f"its '{detail.into}' cannot be read: {why}", (detail.into,))
