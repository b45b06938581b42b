"""Finds the id of a new record in the answer to its create."""

import re
from urllib.parse import unquote

from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.paths import at
from oneway.core.records import Value, id_text
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.model import ResourceRequests, WriteRequest
from oneway_connectors.rest.reader import RestReader
from oneway_connectors.rest.responses import search
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import Answer, Call


@dataclass(frozen=True, slots=True)
class CreatedIds:
    """Finds the ids of a resource's new records: in an answer's body, or by its `Location`."""

    client: Client
    resource: ResourceRequests

    def located(self, call: Call, answer: Answer) -> str:
        """Return the id of the new record by the header `Location`, or "".

        It counts only if it is exactly the address at which `get` or `update` finds a record. With
        a query or the ending of a file, a request has to show the record.
        """
        place = answer.headers.get("location", "").strip()
        id = self._id_at(call, answer, place)
        if id and not _FILE.search(id):
            return id
        path = re.split("[?#]", place)[0].rstrip("/")
        others = [self._id_at(call, answer, each) for each in (path, _FILE.sub("", path))]
        return next((id for id in dict.fromkeys(others) if id and self._is_there(id)), "")

    def _is_there(self, id: str) -> bool:
        """Return whether a request shows a record with this id."""
        if self.resource.single is None:
            return False
        try:
            return RestReader(self.client, self.resource).get(id) is not None
        except ReadError:
            return False

    def _id_at(self, call: Call, answer: Answer, place: str) -> str:
        """Return the id of the record whose address this is, or ""."""
        asks = (self.resource.single, self.resource.update)
        for request in (each.request for each in asks if each is not None and place):
            try:
                sample = self.client.call(request, {"id": _SAMPLE})
                found = self.client.follow(call, place, answer).url
                before, _, after = sample.url.raw_path.decode("ascii").partition(_SAMPLE)
                middle = found.raw_path.decode("ascii").removeprefix(before).removesuffix(after)
                id = unquote(middle, errors="strict")
                if id and self.client.call(request, {"id": id}).url == found != sample.url:
                    return id
            except (Unusable, UnicodeDecodeError):
                continue
        return ""

    def in_answer(self, write: WriteRequest, data: Value) -> str:
        """Return the new record's id in the answer to a create, or ""; raise `Unreadable`."""
        return self.by(write.id, data if write.id else search(write.record or "@", data))

    def by(self, expression: str, data: Value) -> str:
        """Return the new record's id in an answer, or ""; raise `Unreadable`."""
        if expression:
            return text_by(expression, data)
        found = at(data, self.resource.id) if isinstance(data, dict) else None
        return id_text(found)


def text_by(expression: str, data: Value) -> str:
    """Return the text at an expression in an answer, or ""; raise `Unreadable`."""
    return id_text(search(expression, data))


_SAMPLE = "onewaysample"
"""Takes the place of an id to find its position in an address."""

_FILE = re.compile(r"\.(?:json|xml)$", re.IGNORECASE)
"""The ending of an address that asks for a format; the id may be before it."""
