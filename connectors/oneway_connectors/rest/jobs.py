"""Follows the jobs of writes that a system does later."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from oneway.core.connector import REFUSED_BY_JOB, JobEnd, JobState
from oneway.core.connector_errors import ReadError, Rejected, Unknown
from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.created_ids import CreatedIds, text_by
from oneway_connectors.rest.errors import LOOK, NOT_THERE
from oneway_connectors.rest.model import ResourceRequests, StatusPoll, WriteRequest
from oneway_connectors.rest.reads import answered, found_in, json_of, reading_call
from oneway_connectors.rest.responses import Unreadable, clean, parse_json, texts_in
from oneway_connectors.rest.transport import ACCEPTED, Answer


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one resource's writes."""

    client: Client
    resource: ResourceRequests

    def end(self, job: str, values: Mapping[str, Value] | None) -> JobEnd:
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
            said = "" if values is None else said_of(self.client, answer, values, follow.message)
            return JobEnd(JobState.FAILED, said=said)
        if running or status not in follow.done:
            sent = tuple(texts_in(dict(values or {})))
            return JobEnd(JobState.RUNNING, said="" if found is None else clean(status, sent))
        return JobEnd(JobState.DONE, CreatedIds(self.client, self.resource).by(follow.record, data))

    def created(
        self, write: WriteRequest, where: str, answer: Answer, values: Mapping[str, Value]
    ) -> str:
        """Return the id of the record of a finished job; raise the error of any other job."""
        try:
            data = parse_json(answer.body) if answer.body.strip() else None
            job = text_by(write.job.id, data) if write.job is not None else ""
            record = CreatedIds(self.client, self.resource).in_answer(write, data)
        except Unreadable:
            job = record = ""
        end = JobEnd(JobState.RUNNING)
        if job:
            with suppress(ReadError):
                end = self.end(job, values)
            if end.state is JobState.FAILED:
                raise _refused(where, end)
            if end.state is JobState.DONE and end.record:
                return end.record
            record = end.record or record
        text = f"{where}: {_NOT_YET}{end.unlisted}"
        raise Unknown("W113", text, LOOK, accepted=True, job=job, record=record)

    def changed(
        self, write: WriteRequest, where: str, answer: Answer, values: Mapping[str, Value]
    ) -> None:
        """Return if the job of a change is done; raise the error of any other job."""
        end = JobEnd(JobState.RUNNING)
        if write.job is not None:
            with suppress(Unreadable, ReadError):
                job = text_by(write.job.id, parse_json(answer.body))
                end = self._end_of(write.job, job, values) if job else end
        if end.state is JobState.FAILED:
            raise _refused(where, end)
        if end.state is not JobState.DONE:
            raise Unknown("W113", f"{where}: {_NOT_YET}", LOOK, accepted=True)


def said_of(client: Client, answer: Answer, values: Mapping[str, Value], message: str = "") -> str:
    """Return a colon and the message of an answer to these values, safe to show; or ""."""
    said = client.said(answer, tuple(texts_in(dict(values))), message)
    return f": {said}" if said else ""


def _refused(where: str, end: JobEnd) -> Rejected:
    return Rejected("W105", f"{where}: {REFUSED_BY_JOB}{end.said}", _REFUSED)


_NOT_YET = "answers 202: it will be done, and is not known to be done yet"
_REFUSED = "Correct the record in the source, or the mapping."
