"""Requests single records, and takes the record out of each answer."""

from collections.abc import Collection, Mapping

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.continuation import PARTIAL, Came, more_said
from oneway_connectors.rest.errors import NoAnswer, read_fault, read_refusal
from oneway_connectors.rest.faults import doubts_said, fault_said
from oneway_connectors.rest.list_so_far import Item, item_of
from oneway_connectors.rest.model import ResourceRequests, Single
from oneway_connectors.rest.reads import not_shown
from oneway_connectors.rest.responses import (
    Unreadable,
    is_path,
    parse_json,
    rows_before,
    shown_at,
    shows_values,
    tells_error,
)
from oneway_connectors.rest.totals import lacking, total_said
from oneway_connectors.rest.transport import Answer, Call


@dataclass(frozen=True, slots=True)
class SingleRequests:
    """The requests for single records of a resource, and for details of one."""

    client: Client
    resource: ResourceRequests

    def ask(
        self, single: Single, id: str, data: Mapping[str, Value] | None = None
    ) -> tuple[Call, Answer]:
        """Request a record, or a detail of one; the request may quote the list's `data` of it.

        Raises `ReadError` without an answer, `Unusable` if a value is not allowed in the request.
        """
        call = self.client.call(single.request, {"id": id, "record": dict(data or {})})
        try:
            return call, self.client.exchange(call)
        except NoAnswer as trouble:
            raise read_fault(self.client.shown(call), trouble) from None

    def refuse_failure(self, call: Call, answer: Answer) -> None:
        """Raise `ReadError` for an answer that is not a success."""
        if not answer.showing:
            raise not_shown(self.client, call, answer)
        if not answer.good:
            said = self.client.said(answer)
            raise read_refusal(self.client.shown(call), answer.status, said, self.resource)

    def item(self, single: Single, answer: Answer, id: str) -> Item | None:
        """Return the record in an answer, or None if the answer says that it does not exist.

        Raises `Unreadable` if the answer says neither.
        """
        found = self.part(single, answer)
        if found is None and single.record != "@":
            return None
        item = item_of(found, self.resource, id)
        if item.problem:
            raise Unreadable(item.problem)
        # Some systems vary the case of an id; the list's form counts.
        if item.id.casefold() != id.casefold():
            raise Unreadable("a request for it returned another record")
        return Item(id, item.data)

    def part(self, single: Single, answer: Answer) -> Value:
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
        beside = not record.startswith(("@", "{", "["))  # keys beside the record are not its own
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
        """Return the sign that a request failed, beside its record or without one; or ""."""
        near = data, record, self.client.api.errors.refused_when
        wrong = fault_said(*near, shown=shows_values(found, self.resource.id))
        return wrong or self.client.doubted(doubts_said(*near), shown=bool(found))


def _lacks_all(fields: Collection[str], found: Value) -> bool:
    return isinstance(found, dict) and bool(found) and not any(each in found for each in fields)
