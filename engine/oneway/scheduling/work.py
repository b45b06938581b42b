"""What the process of a run does: it holds the lock of its due, runs it, and ends the due.

The due's own lock is separate from the one that every run of a connection holds. It is held from
the check whether the due has ended until its end is recorded: a process that takes over a due finds
it either free and open, or ended.
"""

import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from types import FrameType

from oneway.applying.watch import Stopped
from oneway.connections.connection import Connection
from oneway.connections.folder import connection_at
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.journal import Journal, Run, RunStart, RunState, Why
from oneway.history.journal.lease import leased
from oneway.history.journal.schedule_claims import LATE, end, found, run_of
from oneway.notices.alarm import STORE
from oneway.runs.notices import PendingRun, queue_for_run
from oneway.runs.prepare.connection_request import request_for
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import instant_text
from oneway.runs.run_log import start_of_none
from oneway.runs.session import Operator
from oneway.runs.sync import problems_of, run_sync
from oneway.runs.telemetry.watchers import watched
from oneway.scheduling.job import How, Job, Report, RunHost, due_lock
from oneway.scheduling.log import in_words
from oneway.state.folder import StateFolder
from oneway.state.lock import LOCKS, locked

LOCKED = "F115"
LOST = "F125"


def work(job: Job, pipe: Pipe) -> None:
    """Carry out a job and send its `Report`; the process does nothing else and prints nothing."""
    wish = StopRequest()
    try:
        _by_itself(wish)
        with watched(job.place.watching, job.place.now, _unsaid):
            report = reported(job, wish.stopping)
    except KeyboardInterrupt:
        report = Report(How.STOPPED)
    except BaseException as error:
        # Its message may quote any value.
        report = Report(How.DIED, said=(f"a bug in this program: {type(error).__name__}",))
    with suppress(OSError):  # the parent may be gone; the store records how the run ended
        pipe.send(report)
    pipe.close()


def _unsaid(_: str) -> None:
    """Discard a message: only the scheduler has a log."""


class StopRequest:
    """Whether the process was asked to stop.

    While actions are sent, this is checked between two of them. Before that, the run is broken off
    at once, for it has written nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self.applying = False

    def stopping(self) -> bool:
        """Return whether to start no further write."""
        self.applying = True
        return self.asked

    def wished(self, _number: int, _frame: FrameType | None) -> None:
        """Handle SIGTERM, once or several times, as one request to stop."""
        if not self.asked:
            self.asked = True
            if not self.applying:
                raise KeyboardInterrupt


def _by_itself(wish: StopRequest) -> None:
    """Leave Ctrl-C to the scheduler, which then asks this process to stop; show no warnings."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, wish.wished)
    warnings.simplefilter("ignore")


def reported(job: Job, stopping: Callable[[], bool]) -> Report:
    """Carry out a job and return how it ended."""
    os.chdir(job.place.folder)
    try:
        operator = replace(operator_of(job.place), stopping=stopping)
        with _alone(job), Journal.open(operator.state.journal) as journal:
            return _due(job, journal, operator)
    except Stopped:
        return Report(How.STOPPED)
    except Refused as refused:
        how = How.BUSY if _codes(refused) & {LOCKED, LOST} else How.STORE
        return Report(how, said=tuple(map(in_words, refused.diagnostics)))


@contextmanager
def _alone(job: Job) -> Iterator[None]:
    name, place = due_lock(job.taken.connection), job.place
    with ExitStack() as stack:
        since = instant_text(place.now())
        holder = stack.enter_context(locked(place.state / LOCKS, name, since=since))
        if place.store is not None:
            stack.enter_context(leased(place.store, name, holder))
        yield


def _due(job: Job, journal: Journal, operator: Operator) -> Report:
    taken = found(journal, job.taken.connection, job.taken.due) or job.taken
    if taken.ended is not None:  # by its former owner
        return Report(How.ENDED, taken.outcome.removesuffix(LATE))
    run = run_of(journal, taken) or _run(job, journal, operator)
    if run is None:
        return Report(How.STOPPED)
    late = LATE if job.late else ""
    end(journal, taken, instant_text(operator.now()), run.state.value + late)
    beginning = PendingRun(job.file, taken.connection, job.file)
    queue_for_run(beginning, run, journal, operator.now())
    said = [*(each.text for each in run.start.breaches), *map(in_words, run.problems)]
    return Report(How.ENDED, run.state.value, run.id, run.counts, tuple(said))


def _run(job: Job, journal: Journal, operator: Operator) -> Run | None:
    """Return the run of a due; None if its file now belongs to another connection."""
    name = job.taken.connection
    before = _newest(journal, name)
    try:
        connection = connection_at(job.file)
        if connection.name != name:
            return None
        _synced(connection, job.place, operator)
    except (Refused, ConnectorError) as error:
        if isinstance(error, Refused) and _codes(error) & {*STORE, LOCKED, LOST}:
            raise
        _write_down(job, journal, before, problems_of(error))
    (run,) = journal.runs(name, limit=1)
    return run


def _synced(connection: Connection, place: RunHost, operator: Operator) -> None:
    request = request_for(connection, operator.now(), folders=place.folders)
    run_sync(prepare_run(request), operator)


def _write_down(job: Job, journal: Journal, before: int, problems: tuple[Diagnostic, ...]) -> None:
    """Journal a run as refused, if it failed before that was journalled."""
    (newest,) = journal.runs(job.taken.connection, limit=1) or (None,)
    if newest is None or newest.id <= before or newest.state is not RunState.REFUSED:
        start = start_of(job.place, job.taken.connection, job.file)
        journal.refused(start, problems, start.started)


def start_of(place: RunHost, connection: str, file: str) -> RunStart:
    """Return the journal's record of a run that never had a plan."""
    operator, mapping = operator_of(place), ""
    with suppress(Refused):  # a missing or broken file names none
        found = connection_at(file)
        mapping, operator = found.mapping, replace(operator, zone=found.zone)
    start = start_of_none(operator, mapping, connection)
    return replace(start, as_of=start.started)


def operator_of(place: RunHost) -> Operator:
    """Return the operator of a due run."""
    state = StateFolder(place.state, place.store)
    return Operator(place.user, state, place.now, why=Why.SCHEDULE)


def _newest(journal: Journal, name: str) -> int:
    return max((each.id for each in journal.runs(name, limit=1)), default=0)


def _codes(refused: Refused) -> set[str]:
    return {each.code for each in refused.diagnostics}
