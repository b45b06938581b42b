"""Writing a resource. Which failure is which kind of `WriteError` stands in `faults`."""

from collections.abc import Mapping
from dataclasses import dataclass

from oneway.core.connector import Rejected, Unknown, WriteError
from oneway.core.records import Value, at
from oneway_connectors.rest.answers import Unreadable, parse_json, search, texts_in
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.errors import NoAnswer, in_doubt, write_fault, write_refusal
from oneway_connectors.rest.model import RequestTemplate, ResourceRequests, WriteRequest
from oneway_connectors.rest.reader import renamed
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import Answer, Call


@dataclass(frozen=True, slots=True)
class RestWriter:
    """Writes one resource (`oneway.core.connector.Writer`). Each write is done when it returns."""

    client: Client
    resource: ResourceRequests

    @property
    def batch(self) -> int:
        """One: each write is done when it returns."""
        return 1

    def create(self, values: Mapping[str, Value], token: str) -> str:
        """Create a record and return its id; `Unknown` where the answer does not show the id."""
        write = self._able(self.resource.create, "created")
        call, answer = self._send(write, {}, values, token)
        where = self.client.shown(call)
        try:
            data = parse_json(answer.body)
            found = search(write.id, data) if write.id else self._usual_id(data)
        except Unreadable as error:
            raise Unknown("W108", f"{where}: the answer is of no use: {error}", _LOOK) from None
        if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
            raise Unknown("W108", f"{where}: the answer does not hold the new id", _LOOK)
        return str(found)

    def update(self, id: str, values: Mapping[str, Value], token: str) -> None:
        """Write the given fields of a record and no others."""
        self._change(self._able(self.resource.update, "updated"), id, values, token)

    def leave(self, id: str, values: Mapping[str, Value], token: str) -> None:
        """Make a record leave: by its own request, or else by an update."""
        self._change(self._able(self.resource.leave, "made to leave"), id, values, token)

    def reactivate(self, id: str, values: Mapping[str, Value], token: str) -> None:
        """Bring a record back: by its own request, or else by an update."""
        self._change(self._able(self.resource.reactivate, "brought back"), id, values, token)

    def flush(self) -> None:
        """Return at once: nothing is held back."""

    def _change(
        self, write: WriteRequest, id: str, values: Mapping[str, Value], token: str
    ) -> None:
        call, answer = self._send(write, {"id": id}, values, token)
        if answer.body.strip():
            # A page to sign in also comes with 200; then nothing was written.
            try:
                parse_json(answer.body)
            except Unreadable as error:
                text = f"{self.client.shown(call)}: the answer is of no use: {error}"
                raise Unknown("W108", text, _LOOK) from None

    def _send(
        self, write: WriteRequest, names: Mapping[str, str], values: Mapping[str, Value], token: str
    ) -> tuple[Call, Answer]:
        try:
            written = renamed(values, self.resource.names)
            call = self.client.call(
                self._marked(write.request, token), names, written, reading=False
            )
        except Unusable as error:
            text = f"{self.client.api.title}: {self.resource.name}: {error}"
            raise Rejected("W111", text, "Nothing was sent. Correct the record.") from None
        where = self.client.shown(call)
        try:
            answer = self.client.exchange(call)
        except NoAnswer as trouble:
            raise write_fault(where, trouble) from None
        if answer.good:
            return call, answer
        said = self.client.said(answer, tuple(texts_in(dict(values))))
        rejected = self.client.api.errors.rejected
        refusal = write_refusal(where, answer.status, said, self.resource, rejected)
        raise in_doubt(refusal) if answer.doubt else refusal

    def _marked(self, request: RequestTemplate, token: str) -> RequestTemplate:
        header = self.client.api.idempotency_header
        if not header:
            return request
        headers = {**(request.headers or {}), header: token}
        return RequestTemplate(request.method, request.path, request.query, request.body, headers)

    def _able(self, write: WriteRequest | None, what: str) -> WriteRequest:
        if write is None:
            text = f"{self.client.api.title}: {self.resource.name} cannot be {what}"
            raise WriteError("W110", text, "The manifest has no request for it.")
        return write

    def _usual_id(self, data: Value) -> Value:
        found = at(data, self.resource.id) if isinstance(data, dict) else None
        return found if isinstance(found, str | int) else None


_LOOK = "It is looked up in the system before anything is sent again."
