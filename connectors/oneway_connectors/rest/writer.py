"""Writes a resource. `errors` decides which kind of `WriteError` a failure is.

A leave by DELETE is for systems that keep the record and show that its person has left. The record
is requested after each DELETE, one at a time; once one has removed its record, no other is sent.
"""

from collections.abc import Mapping
from dataclasses import field, replace
from threading import Lock

from oneway.core.connector import JobEnd
from oneway.core.connector_errors import NotSent, Outdated, ReadError, Unknown, WriteError
from oneway.core.dataclass import dataclass
from oneway.core.paths import at
from oneway.core.records import Record, Value, id_text
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.created_ids import CreatedIds
from oneway_connectors.rest.errors import LOOK, NoAnswer, in_doubt, write_fault, write_refusal
from oneway_connectors.rest.faults import fault_said
from oneway_connectors.rest.jobs import Jobs, said_of
from oneway_connectors.rest.model import RequestTemplate, ResourceRequests, WriteRequest
from oneway_connectors.rest.patch import with_new_objects
from oneway_connectors.rest.reader import RestReader
from oneway_connectors.rest.records import record_of, renamed
from oneway_connectors.rest.responses import (
    Unreadable,
    is_yet_to_come,
    parse_json,
    says_error,
    says_failure,
    says_success,
    search,
    shows_values,
    texts_in,
)
from oneway_connectors.rest.template import Unusable
from oneway_connectors.rest.transport import ACCEPTED, Answer, Call


@dataclass(slots=True)
class Deletes:
    """What is known about a system's DELETE: whether records stay, or why no other one is sent."""

    lock: Lock = field(default_factory=Lock)
    stays: bool = False
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class RestWriter:
    """Writes one resource (`oneway.core.connector.Writer`). Each write is done when it returns."""

    client: Client
    resource: ResourceRequests
    deletes: Deletes = field(default_factory=Deletes, compare=False)
    shown_by_creates: dict[str, Record] = field(default_factory=dict, compare=False)

    @property
    def batch(self) -> int:
        """One: each write is done when it returns."""
        return 1

    @property
    def _reader(self) -> RestReader:
        return RestReader(self.client, self.resource)

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self.client, self.resource)

    @property
    def _created_ids(self) -> CreatedIds:
        return CreatedIds(self.client, self.resource)

    @property
    def concurrency(self) -> int:
        """How many threads may write at once, as the manifest says."""
        return self.client.api.concurrency

    def create(self, values: Mapping[str, Value], token: str) -> str:
        """Create a record and return its id; raise `Unknown` if the answer does not show the id."""
        write = self._able(self.resource.create, "created")
        call, answer = self._send(write, {}, values, token)
        where = self.client.shown(call)
        if answer.status == ACCEPTED:
            return self._jobs.created(write, where, answer, values)
        if not answer.body.strip() and (located := self._created_ids.located(call, answer)):
            return located
        try:
            data = parse_json(answer.body)
            found = self._created_ids.in_answer(write, data)
        except Unreadable as error:
            raise Unknown("W108", f"{where}: the answer is of no use: {error}", LOOK) from None
        if not found:
            said = said_of(self.client, answer, values)
            raise Unknown("W108", f"{where}: the answer does not contain the new id{said}", LOOK)
        if self._tells_parts(answer):
            raise self._unconfirmed(call, f"answers {answer.status}", answer, values, record=found)
        if self._error_beside(write, data, {} if write.record else data):
            raise self._unconfirmed(call, _FAILED, answer, values, record=found, help=_SAY_WHEN)
        if not self.client.api.errors.refused_when and is_yet_to_come(data, values):
            raise self._unconfirmed(call, _YET_TO_COME, answer, values)
        shown, _ = self._shown(write, found, data)
        if shown is not None:
            self.shown_by_creates[found] = shown
        return found

    def created(self, id: str) -> Record | None:
        """Return the record in the answer to its create; only once."""
        return self.shown_by_creates.pop(id, None)

    def update(self, id: str, values: Mapping[str, Value], token: str) -> Record | None:
        """Write the given fields of a record and no others."""
        write = self._able(self.resource.update, "updated")
        return self._change(write, id, values, token, access=False)

    def leave(self, id: str, values: Mapping[str, Value], token: str) -> Record | None:
        """Make a record leave: by its own request, or else by an update."""
        write = self._able(self.resource.leave, "made to leave")
        if write.request.method != "DELETE":
            return self._change(write, id, values, token, access=True)
        with self.deletes.lock:
            return self._delete(write, id, values, token)

    def _delete(
        self, write: WriteRequest, id: str, values: Mapping[str, Value], token: str
    ) -> Record | None:
        """Make a record leave by DELETE; raise if it is then gone."""
        if self.deletes.stopped:
            raise NotSent("W118", f"no other DELETE was sent: {self.deletes.stopped}", _UPDATE)
        doubt: Unknown | None = None
        try:
            self._change(write, id, values, token, access=True)
        except Unknown as error:
            doubt = error
        try:
            last = self._reader.get(id)
        except ReadError as error:
            text = f"record {id} was left by DELETE, and cannot be looked at: {error.summary}"
            self.deletes.stopped = "" if self.deletes.stays else text
            raise doubt or Unknown("W108", text, LOOK, accepted=True) from None
        if last is None:
            self.deletes.stopped = f"the DELETE of record {id} has removed it"
            raise Unknown("W118", self.deletes.stopped, _UPDATE)
        self.deletes.stays = True
        if doubt is not None:
            raise doubt
        return last

    def reactivate(self, id: str, values: Mapping[str, Value], token: str) -> Record | None:
        """Bring a record back: by its own request, or else by an update."""
        write = self._able(self.resource.reactivate, "brought back")
        return self._change(write, id, values, token, access=True)

    def job_end(self, job: str, values: Mapping[str, Value] | None = None) -> JobEnd:
        """Return the state of a job that creates a record, as the system reports it."""
        return self._jobs.end(job, values)

    def flush(self) -> None:
        """Return at once: no write waits."""

    def _change(
        self,
        write: WriteRequest,
        id: str,
        values: Mapping[str, Value],
        token: str,
        *,
        access: bool,
    ) -> Record | None:
        """Send a change, and return the record in the answer; None for a blank answer.

        Raises `Unknown` if the answer shows another record, a failure, or no record at all. If the
        change is not one of `access`, an answer that says that it is done is enough.
        """
        call, answer = self._send(write, {"id": id}, values, token)
        if answer.status == ACCEPTED:
            where = self.client.shown(call)
            self._jobs.changed(write, where, answer, values)
            return None
        if self._tells_parts(answer):
            raise self._unconfirmed(call, f"answers {answer.status}", answer, values)
        if not answer.body.strip():
            return None
        # A login page also comes with 200; then nothing was written.
        try:
            data = parse_json(answer.body)
        except Unreadable as error:
            raise self._no_use(call, answer, error) from None
        shown, other = self._shown(write, id, data)
        if shown is None and other:
            raise self._unconfirmed(call, f"the answer shows record {other}", answer, values)
        if self._says_failure(write, values, data, shown):
            raise self._unconfirmed(call, _FAILED, answer, values, help=_SAY_WHEN)
        doubted = access or not self._says_done(write, data)
        if shown is None and data not in _BLANK and doubted:
            raise self._unconfirmed(call, "the answer does not show the record", answer, values)
        return shown

    def _no_use(self, call: Call, answer: Answer, error: Unreadable) -> Unknown:
        """Return the error of an answer that is not JSON; a line of text may mean done."""
        text = f"{self.client.shown(call)}: the answer is of no use: {error}"
        is_text = answer.body.lstrip()[:1] not in _NO_TEXT
        return Unknown("W108", text, LOOK, accepted=is_text)

    def _says_failure(
        self,
        write: WriteRequest,
        values: Mapping[str, Value],
        data: Value,
        shown: Record | None,
    ) -> bool:
        """Return whether an answer says that its write failed, even if it shows the record.

        A field that was sent belongs to the record, whatever its name.
        """
        if shown is None:
            return says_failure(data, self.client.api.errors)
        beside = {key: each for key, each in shown.data.items() if key not in values}
        return self._error_beside(write, data, beside)

    def _error_beside(self, write: WriteRequest, data: Value, record: Value) -> bool:
        """Return whether an answer that shows a record has an error beside it, or within it."""
        refused_when = self.client.api.errors.refused_when
        wrong = ""
        if write.record:
            shown = shows_values(_found(write.record, data), self.resource.id)
            wrong = fault_said(data, write.record, refused_when, shown=shown)
        within = isinstance(record, dict) and not refused_when and says_error(record)
        return bool(wrong) or within

    def _says_done(self, write: WriteRequest, data: Value) -> bool:
        """Return whether an answer without the record says that an update is done.

        A manifest that recognises refusals trusts all other answers that need not show a record.
        """
        if self.client.api.errors.refused_when:
            return not write.record
        return says_success(data) and not says_failure(data, self.client.api.errors)

    def _tells_parts(self, answer: Answer) -> bool:
        """Return whether an answer may contain refusals that the manifest does not recognise."""
        return answer.status in _IN_PARTS and not self.client.api.errors.refused_when

    def _unconfirmed(
        self,
        call: Call,
        what: str,
        answer: Answer,
        values: Mapping[str, Value],
        *,
        record: str = "",
        help: str = "",
    ) -> Unknown:
        """Return the error of an answer that does not confirm a write, with its message."""
        said = said_of(self.client, answer, values)
        text = f"{self.client.shown(call)}: {what}, which does not confirm the write{said}"
        return Unknown("W108", text, help or LOOK, accepted=True, record=record)

    def _shown(self, write: WriteRequest, id: str, data: Value) -> tuple[Record | None, str]:
        """Return the record with an id in an answer; or else the id of another record.

        It is where the manifest says, or at the top, or where the answer to a look-up has it.
        """
        single = self.resource.single.record if self.resource.single is not None else "@"
        other = ""
        for expression in dict.fromkeys((write.record,) if write.record else ("@", single)):
            try:
                found = search(expression, data)
            except Unreadable:
                continue
            own = id_text(at(found, self.resource.id)) if isinstance(found, dict) else ""
            if isinstance(found, dict) and own.casefold() == id.casefold():
                return record_of(self.resource, id, found), ""
            other = other or own
        return None, other

    def _send(
        self, write: WriteRequest, names: Mapping[str, str], values: Mapping[str, Value], token: str
    ) -> tuple[Call, Answer]:
        known: dict[str, Value] = dict(names)
        if write.below:
            known["parent"] = self._parent_of(names["id"])
        if write.versioned:
            # A version is good for one write: the next one reads the record again.
            version = self.client.versions.pop((self.resource.name, names["id"]), "")
            if not version:
                text = f"{self.client.api.title}: {self.resource.name}: {_UNVERSIONED}"
                raise NotSent("W119", text, "Correct `version` of `get` in the manifest.")
            known["version"] = version
        try:
            written = renamed(values, self.resource.names)
            looked_at = self.client.looked_at.pop((self.resource.name, names.get("id", "")), None)
            if looked_at is not None:
                written = with_new_objects(written, looked_at)
            call = self.client.call(
                self._marked(write.request, token), known, written, reading=False
            )
        except Unusable as error:
            text = f"{self.client.api.title}: {self.resource.name}: {error}"
            raise NotSent("W111", text, "Nothing was sent. Correct the record.") from None
        try:
            answer = self.client.exchange(call)
        except NoAnswer as trouble:
            raise write_fault(self.client.shown(call), trouble) from None
        if answer.good:
            return call, answer
        raise self._refusal(write, call, answer, known, values)

    def _refusal(
        self,
        write: WriteRequest,
        call: Call,
        answer: Answer,
        known: Mapping[str, Value],
        values: Mapping[str, Value],
    ) -> WriteError:
        """Return the error of a write whose answer is not a success."""
        where = self.client.shown(call)
        said = self.client.said(answer, tuple(texts_in(dict(values))))
        if write.request.method == "DELETE" and answer.status in _GONE:
            # Perhaps it is gone because of this request: a gateway may have repeated it.
            return Unknown("W108", f"{where}: answers {answer.status}{said and ': '}{said}", LOOK)
        if write.versioned and answer.status == _PRECONDITION_FAILED:
            if answer.doubt:  # perhaps an earlier attempt changed it
                text = f"{where}: the record has changed since it was looked at (412)"
                return Unknown("W107", text, LOOK, accepted=True)
            return _outdated(where, answer)
        refused = write.versioned and answer.status == _CONFLICT and not answer.doubt
        if refused and self._has_moved(id_text(known["id"]), known["version"]):
            return _outdated(where, answer)
        rejected = self.client.api.errors.rejected
        refusal = write_refusal(where, answer.status, said, self.resource, rejected)
        return in_doubt(refusal) if answer.doubt else refusal

    def _has_moved(self, id: str, sent: Value) -> bool:
        """Return whether a record has another version than the one that was just refused."""
        try:
            self._reader.get(id)
        except ReadError:
            return False
        now = self.client.versions.pop((self.resource.name, id), "")
        return bool(now) and now != sent

    def _parent_of(self, id: str) -> Value:
        """Return a record's only parent in the lists; raise `NotSent` if it has none or several.

        If the record has moved since, the system does not find it there, and refuses the write.
        """
        found = self.client.parents.get(self.resource.name, {}).get(id, [])
        if len(found) == 1:
            return found[0]
        where = self.resource.listing.for_each if self.resource.listing is not None else ""
        how = f"{len(found)} of {where}" if found else f"none of {where} by now"
        text = f"{self.client.api.title}: {self.resource.name}: the record is listed under {how}"
        raise NotSent("W120", f"{text}, and its request names one", _ONE_PARENT)

    def _marked(self, request: RequestTemplate, token: str) -> RequestTemplate:
        header = self.client.api.idempotency_header
        if not header:
            return request
        headers = {**(request.headers or {}), header: token}
        return replace(request, headers=headers)

    def _able(self, write: WriteRequest | None, what: str) -> WriteRequest:
        if write is None:
            text = f"{self.client.api.title}: {self.resource.name} cannot be {what}"
            raise WriteError("W110", text, "The manifest has no request for it.")
        return write


def _outdated(where: str, answer: Answer) -> Outdated:
    text = f"{where}: the record has changed since it was looked at ({answer.status})"
    return Outdated("W160", text, "Nothing was written; plan again.")


def _found(expression: str, data: Value) -> Value:
    try:
        return search(expression, data)
    except Unreadable:
        return None


_ONE_PARENT = "Nothing was sent. Put the record under one of them in the system."
_UPDATE = "Let the manifest end access by another request, under which the record stays."
_PRECONDITION_FAILED = 412
_CONFLICT = 409
_GONE = (404, 410)
_UNVERSIONED = "the record was shown without a version, and is not written without one"
_IN_PARTS = frozenset({207, 208, 226})
"""Statuses of answers that contain statuses of their own, or changes."""
_NO_TEXT = (b"<", b"{", b"[")
"""How an HTML page begins, or JSON that was cut off."""
_BLANK: tuple[Value, ...] = (None, {})
"""Answers that say nothing beyond their status."""
_YET_TO_COME = "the answer says that it is pending, and shows no field of the record"
_FAILED = "the answer says that it failed, or is not done"
_SAY_WHEN = "Let the manifest say by errors.refused_when how a refusal is recognised."
