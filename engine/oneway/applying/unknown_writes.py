"""Decides whether a write with an unknown result has happened, before anything is sent again.

A create that no list shows may still happen: the target may have accepted it, or show new records
late. It is looked up by the job or id that the target gave, then by its values. It counts as not
having happened only once the target would show it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from datetime import datetime, timedelta

from oneway.applying.live_source import Stale
from oneway.applying.preconditions import Happened, LiveState
from oneway.core.connector import REFUSED_BY_JOB, FollowsJobs, JobState, Writer
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.description import USUAL_LAG
from oneway.core.instants import instant_text, moment
from oneway.core.records import Value
from oneway.planning.access import MORE_CHANGED, OUT_BY_NOW
from oneway.planning.plan import Action


@dataclass(frozen=True, slots=True)
class Sent:
    """When a write was sent, and how the target refers to it."""

    at: datetime | None = None
    job: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class TargetMemory:
    """What is known about a target beyond what it shows.

    `lag` is how long it may not show a new record, and `now` the clock's instant. `owners` are the
    source records of known target records ("" without one), and `sent` is what an earlier run sent,
    by action id. `connection` is the connection's name; `linked` are the target records with links.
    `created` are records that a run is known to have created, so that none of them can be the
    result of another create. `by_others` tells which fields of a target record other connections
    have written meanwhile. `zone` is the time zone in which people are shown times.
    """

    connection: str = ""
    lag: timedelta = timedelta(0)
    now: datetime | None = None
    owners: Mapping[str, str] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)
    sent: Mapping[str, Sent] = field(default_factory=dict)
    created: frozenset[str] = frozenset()
    by_others: Callable[[str], frozenset[str]] = lambda _: frozenset()
    zone: str = ""

    def shown_by(self, sent: Sent) -> datetime | None:
        """Return from when the target will show what was sent; None if it should do so by now."""
        if sent.at is None or self.now is None or self.now >= sent.at + self.lag:
            return None
        return sent.at + self.lag

    def ended_long_ago(self, sent: Sent) -> bool:
        """Return whether a job that has ended did so long enough ago for its record to be shown."""
        lag = max(self.lag, timedelta(seconds=USUAL_LAG))
        return sent.at is not None and self.now is not None and self.now >= sent.at + lag


NO_MEMORY = TargetMemory()
"""A target that shows everything at once."""


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """The result of a write, with the record's id if it happened, and the reason in words.

    With a `code`, the target has said how it ended: it refused what has not happened, and shows
    more than was written of what has.
    """

    happened: Happened
    target_id: str | None = None
    why: str = ""
    code: str = ""

    @property
    def may_be_sent_again(self) -> bool:
        """Return whether it has not happened, and the target has not refused it."""
        return self.happened is Happened.NO and not self.code


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Finds out the results of writes. Raises `ReadError` if the target cannot be asked."""

    live: LiveState
    writer: Writer
    memory: TargetMemory = NO_MEMORY

    def of(self, action: Action, sent: Sent) -> WriteOutcome:
        """Return the result of a write; raise `Stale` if the target shows something else."""
        if action.target_id is not None:
            happened, target_id = self.live.happened(action)
            if happened is Happened.YES and self.live.is_out(action):
                why = f"target record {target_id} now counts as left, but its person has not"
                return WriteOutcome(happened, target_id, why, MORE_CHANGED)
            return WriteOutcome(happened, target_id)
        by_job = self._by_job(action, sent)
        if by_job is not None and by_job.happened is Happened.NO:
            return by_job
        target_id = by_job.target_id if by_job is not None else None
        if target_id is None and sent.record and self.live.has(sent.record):
            target_id = sent.record
        if target_id is None:
            target_id = self.live.happened(action)[1]
            if target_id in self.memory.created:
                text = f"its values now belong to target record {target_id}"
                again = "or has the id of that one: a restored target may give ids out again"
                raise Stale(f"{text}, which another run created, {again}")
        if target_id is not None:
            self._refuse_owned(action, target_id)
            out = OUT_BY_NOW if self.live.has_left(target_id) else ""
            return WriteOutcome(Happened.YES, target_id, code=out)
        return by_job or self._unseen(sent) or self._not_there(action)

    def _by_job(self, action: Action, sent: Sent) -> WriteOutcome | None:
        """Return what a job says about a write; None if only the target can show how it ended.

        A job that is gone, or done without naming the record, has ended. If the target does not
        show the record long enough after that, the write counts as one that the target never shows.
        """
        job = sent.job
        if not job or not isinstance(self.writer, FollowsJobs):
            return None
        values: Mapping[str, Value] | None = None
        with suppress(Stale, ReadError):  # without them, what the job says is not shown
            values = self.live.values(action)
        try:
            end = self.writer.job_end(job, values)
        except ReadError as error:
            return WriteOutcome(
                Happened.UNKNOWN, why=f"its job cannot be asked about: {error.summary}"
            )
        if end.state is JobState.FAILED:
            return WriteOutcome(Happened.NO, None, f"{REFUSED_BY_JOB}{end.said}", "W105")
        if end.state is JobState.DONE and end.record:
            return WriteOutcome(Happened.YES, end.record)
        if end.state is JobState.RUNNING:
            why = f"the target accepted it, and has not done it yet{end.unlisted}"
        elif self.memory.ended_long_ago(sent):
            return None
        elif end.state is JobState.GONE:
            why = "the target no longer knows its job, and does not show the record"
        else:
            why = "the target says that its job is done, and does not show the record"
        return WriteOutcome(Happened.UNKNOWN, why=why)

    def _unseen(self, sent: Sent) -> WriteOutcome | None:
        """Return why a create may still become visible; None if the target would show it by now."""
        until = self.memory.shown_by(sent)
        if until is None:
            return None
        instant = moment(instant_text(until), self.memory.zone)
        return WriteOutcome(Happened.UNKNOWN, why=f"the target may not show it before {instant}")

    def _not_there(self, action: Action) -> WriteOutcome:
        """Return that a create did not happen, unless a record shows it in another form."""
        near = self.live.nearly(action, self.memory.owners)
        if near is not None:
            id, path = near
            why = (
                f"target record {id} has come since, and has nearly the same {path}: if it is the "
                "one, put it right there, and else delete it"
            )
            return WriteOutcome(Happened.UNKNOWN, why=why)
        lag = self.memory.lag
        why = f"the target does not show it, {lag} after it was sent at the earliest"
        return WriteOutcome(Happened.NO, why=why if lag else "")

    def _refuse_owned(self, action: Action, target_id: str) -> None:
        owner = self.memory.owners.get(target_id)
        if owner and owner != action.source_id:
            text = f"its values now belong to target record {target_id}"
            raise Stale(f"{text}, which is source record {owner}")
