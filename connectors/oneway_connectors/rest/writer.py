"""Writes a resource. `errors` decides which kind of `WriteError` a failure is.

A leave by DELETE is for systems that keep the record and show that its person has left. The record
is requested after each DELETE, one at a time; once one has removed its record, no other is sent.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field, replace
from threading import Lock
from urllib.parse import unquote

from oneway.core.connector import REFUSED_BY_JOB, JobEnd, JobState
from oneway.core.connector_errors import NotSent, Outdated, ReadError, Rejected, Unknown, WriteError
from oneway.core.dataclass import dataclass
from oneway.core.paths import at
from oneway.core.records import Record, Value, id_text
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.errors import NOT_THERE, NoAnswer, in_doubt, write_fault, write_refusal
from oneway_connectors.rest.faults import fault_said
from oneway_connectors.rest.model import RequestTemplate, ResourceRequests, StatusPoll, WriteRequest
from oneway_connectors.rest.patch import with_new_objects
from oneway_connectors.rest.reader import RestReader
from oneway_connectors.rest.reads import answered, found_in, json_of, reading_call
from oneway_connectors.rest.records import record_of, renamed
from oneway_connectors.rest.responses import (
    Unreadable,
    clean,
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
    def concurrency(self) -> int:
        """How many threads may write at once, as the manifest says."""
        return self.client.api.concurrency

    def create(self, values: Mapping[str, Value], token: str) -> str:
        """Create a record and return its id; raise `Unknown` if the answer does not show the id."""
        write = self._able(self.resource.create, "created")
        call, answer = self._send(write, {}, values, token)
        where = self.client.shown(call)
        if answer.status == ACCEPTED:
            return self._accepted(write, where, answer, values)
        if not answer.body.strip() and (located := self._located(call, answer)):
            return located
        try:
            data = parse_json(answer.body)
            found = self._new_id(write, data)
        except Unreadable as error:
            raise Unknown("W108", f"{where}: the answer is of no use: {error}", _LOOK) from None
        if not found:
            said = self._said(answer, values)
            raise Unknown("W108", f"{where}: the answer does not contain the new id{said}", _LOOK)
        if self._tells_parts(answer):
            what, said = f"answers {answer.status}", self._said(answer, values)
            raise self._unconfirmed(call, what, said, record=found)
        if self._error_beside(write, data, {} if write.record else data):
            said = self._said(answer, values)
            raise self._unconfirmed(call, _FAILED, said, record=found, help=_SAY_WHEN)
        if not self.client.api.errors.refused_when and is_yet_to_come(data, values):
            raise self._unconfirmed(call, _YET_TO_COME, self._said(answer, values))
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
            raise doubt or Unknown("W108", text, _LOOK, accepted=True) from None
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
        follow = self.resource.create.job if self.resource.create is not None else None
        if follow is None:
            raise ReadError("R113", f"{self.client.api.title}: no job can be asked about")
        return self._end_of(follow, job, values)

    def _end_of(self, follow: StatusPoll, job: str, values: Mapping[str, Value] | None) -> JobEnd:
        call = replace(reading_call(self.client, follow.request, {"id": job}), of_job=True)
        try:
            answer = answered(self.client, self.resource, call, whether=True)
        except ReadError as error:
            if error.code != NOT_THERE:
                raise
            return JobEnd(JobState.GONE)
        if answer.missing:
            return JobEnd(JobState.GONE)
        running = answer.status == ACCEPTED
        if running and not answer.body.strip():
            return JobEnd(JobState.RUNNING)
        data = json_of(self.client, call, answer)
        found = found_in(self.client, call, follow.status, data)
        status = str(found)
        if status in follow.failed:
            said = "" if values is None else self._said(answer, values, follow.message)
            return JobEnd(JobState.FAILED, said=said)
        if running or status not in follow.done:
            sent = tuple(texts_in(dict(values or {})))
            return JobEnd(JobState.RUNNING, said="" if found is None else clean(status, sent))
        return JobEnd(JobState.DONE, self._id_in(follow.record, data))

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
            if self._job_done(write, where, answer, values):
                return None
            raise Unknown("W113", f"{where}: {_NOT_YET}", _LOOK, accepted=True)
        if self._tells_parts(answer):
            raise self._unconfirmed(call, f"answers {answer.status}", self._said(answer, values))
        if not answer.body.strip():
            return None
        # A login page also comes with 200; then nothing was written.
        try:
            data = parse_json(answer.body)
        except Unreadable as error:
            raise self._no_use(call, answer, error) from None
        shown, other = self._shown(write, id, data)
        if shown is None and other:
            raise self._unconfirmed(
                call, f"the answer shows record {other}", self._said(answer, values)
            )
        if self._says_failure(write, values, data, shown):
            raise self._unconfirmed(call, _FAILED, self._said(answer, values), help=_SAY_WHEN)
        doubted = access or not self._says_done(write, data)
        if shown is None and data not in _BLANK and doubted:
            raise self._unconfirmed(
                call, "the answer does not show the record", self._said(answer, values)
            )
        return shown

    def _no_use(self, call: Call, answer: Answer, error: Unreadable) -> Unknown:
        """Return the error of an answer that is not JSON; a line of text may mean done."""
        text = f"{self.client.shown(call)}: the answer is of no use: {error}"
        is_text = answer.body.lstrip()[:1] not in _NO_TEXT
        return Unknown("W108", text, _LOOK, accepted=is_text)

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
        self, call: Call, what: str, said: str, record: str = "", help: str = ""
    ) -> Unknown:
        """Return the error of an answer that does not confirm a write, with its message."""
        text = f"{self.client.shown(call)}: {what}, which does not confirm the write{said}"
        return Unknown("W108", text, help or _LOOK, accepted=True, record=record)

    def _said(self, answer: Answer, values: Mapping[str, Value], message: str = "") -> str:
        said = self.client.said(answer, tuple(texts_in(dict(values))), message)
        return f": {said}" if said else ""

    def _shown(self, write: WriteRequest, id: str, data: Value) -> tuple[Record | None, str]:
        """Return the record with an id in an answer; or else the id of another record.

        It is where the manifest says, or at the top, or as in the answer to a look-up.
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

    def _job_done(
        self, write: WriteRequest, where: str, answer: Answer, values: Mapping[str, Value]
    ) -> bool:
        """Return whether the job of a change is done; raise `Rejected` if it has failed."""
        if write.job is None:
            return False
        try:
            job = self._text_in(write.job.id, parse_json(answer.body))
            end = self._end_of(write.job, job, values) if job else JobEnd(JobState.RUNNING)
        except (Unreadable, ReadError):
            return False
        if end.state is JobState.FAILED:
            raise Rejected("W105", f"{where}: {REFUSED_BY_JOB}{end.said}", _REFUSED)
        return end.state is JobState.DONE

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
        where = self.client.shown(call)
        said = self.client.said(answer, tuple(texts_in(dict(values))))
        if write.versioned and answer.status == _PRECONDITION_FAILED:
            text = f"{where}: the record has changed since it was looked at (412)"
            if answer.doubt:  # by an earlier try, perhaps
                raise Unknown("W107", text, _LOOK, accepted=True)
            raise Outdated("W160", text, "Nothing was written; plan again.")
        rejected = self.client.api.errors.rejected
        refusal = write_refusal(where, answer.status, said, self.resource, rejected)
        raise in_doubt(refusal) if answer.doubt else refusal

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

    def _accepted(
        self, write: WriteRequest, where: str, answer: Answer, values: Mapping[str, Value]
    ) -> str:
        """Return the id of the record of a finished job; raise the error of any other job."""
        try:
            data = parse_json(answer.body) if answer.body.strip() else None
            job = self._text_in(write.job.id, data) if write.job is not None else ""
            record = self._new_id(write, data)
        except Unreadable:
            job = record = ""
        end = JobEnd(JobState.RUNNING)
        if job:
            with suppress(ReadError):
                end = self.job_end(job, values)
            if end.state is JobState.FAILED:
                raise Rejected("W105", f"{where}: {REFUSED_BY_JOB}{end.said}", _REFUSED)
            if end.state is JobState.DONE and end.record:
                return end.record
            record = end.record or record
        text = f"{where}: {_NOT_YET}{end.unlisted}"
        raise Unknown("W113", text, _LOOK, accepted=True, job=job, record=record)

    def _located(self, call: Call, answer: Answer) -> str:
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
        try:
            return self.resource.single is not None and self._reader.get(id) is not None
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

    def _new_id(self, write: WriteRequest, data: Value) -> str:
        """Return the new record's id in the answer to a create, or ""; raise `Unreadable`."""
        return self._id_in(write.id, data if write.id else search(write.record or "@", data))

    def _id_in(self, expression: str, data: Value) -> str:
        """Return the new record's id in an answer, or ""; raise `Unreadable`."""
        if expression:
            return self._text_in(expression, data)
        found = at(data, self.resource.id) if isinstance(data, dict) else None
        return id_text(found)

    def _text_in(self, expression: str, data: Value) -> str:
        return id_text(search(expression, data))


def _found(expression: str, data: Value) -> Value:
    try:
        return search(expression, data)
    except Unreadable:
        return None


_ONE_PARENT = "Nothing was sent. Put the record under one of them in the system."
_UPDATE = "Let the manifest end access by another request, under which the record stays."
_SAMPLE = "onewaysample"
"""Takes the place of an id to find its position in an address."""
_FILE = re.compile(r"\.(?:json|xml)$", re.IGNORECASE)
"""The ending of an address that asks for a format; the id may be before it."""
_PRECONDITION_FAILED = 412
_UNVERSIONED = "the record was shown without a version, and is not written without one"
_IN_PARTS = frozenset({207, 208, 226})
"""Statuses of answers that contain statuses of their own, or changes."""
_NO_TEXT = (b"<", b"{", b"[")
"""How an HTML page begins, and how JSON begins that is cut off."""
_BLANK: tuple[Value, ...] = (None, {})
"""Answers that say nothing beyond their status."""
_NOT_YET = "answers 202: it will be done, and is not known to be done yet"
_YET_TO_COME = "the answer says that it is pending, and shows no field of the record"
_FAILED = "the answer says that it failed, or is not done"
_REFUSED = "Correct the record in the source, or the mapping."
_SAY_WHEN = "Let the manifest say by errors.refused_when how a refusal is recognised."
_LOOK = "It is looked up in the system before anything is sent again."
