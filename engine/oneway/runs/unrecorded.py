"""Records runs that were killed before they had a plan, by a note beside their lock.

A run by hand writes the note when it begins, and removes it at its end. A killed process leaves it
behind; the next run of the connection, `status` and `runs` then journal the run as interrupted. The
scheduler finds out by itself which of its runs died.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.history.journal import Journal
from oneway.history.journal.rows import Why
from oneway.runs.notices import PendingRun, is_broken, queue_for_run
from oneway.runs.past.without_connection import arguments_of, store_arguments
from oneway.runs.prepare.request import instant_text
from oneway.runs.resume import hold_lock
from oneway.runs.run_log import start_of_none
from oneway.runs.session import Operator, RunSession
from oneway.state.files import write_whole
from oneway.state.lock import LOCKS, beside_lock, is_locked

_ENDING = ".run"


@dataclass(frozen=True, slots=True)
class _Begun:
    """What is known of a run that has begun.

    `newest` is the last run before it, or 0; `given` is what it was given without a connection.
    """

    connection: str
    mapping: str
    file: str
    started: str
    newest: int
    given: str = ""


@contextmanager
def noted(session: RunSession, newest: int) -> Iterator[None]:
    """Keep a note of a run by hand for the block, so that its death leaves a trace.

    The lock of its connection is held. An interruption by a signal is journalled at once.
    """
    given = session.prepared.request.connection
    file = given.file if given is not None and session.prepared.as_connected else ""
    begun = _Begun(session.name, session.prepared.spec.name, file, instant_text(session.now()),
                   newest, arguments_of(session.prepared))  # fmt: skip
    path = beside_lock(session.state.path / LOCKS, session.name, _ENDING)
    by_hand = session.operator.why is Why.HAND
    try:
        if by_hand:
            with suppress(OSError):  # without the note, only a killed run goes unrecorded
                write_whole(path, json.dumps(asdict(begun)).encode())
        yield
    except KeyboardInterrupt:
        if by_hand:
            with suppress(Refused):  # the store cannot be used: the note stays for the next run
                _record(session.journal, begun, session.operator, "it was asked to stop")
        raise
    finally:
        if by_hand:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def record_dead_run(session: RunSession) -> None:
    """Journal an earlier run of this connection that was killed; its lock is held by this one."""
    path = beside_lock(session.state.path / LOCKS, session.name, _ENDING)
    if (begun := _read(path)) is not None:
        _record(session.journal, begun, session.operator, _KILLED)
        path.unlink(missing_ok=True)


def record_dead_runs(operator: Operator) -> None:
    """Journal the runs that were killed, of all connections that no living process holds."""
    folder = operator.state.path / LOCKS
    for path in sorted(folder.glob(f"*{_ENDING}")):
        begun = _read(path)
        if begun is None or is_locked(folder, begun.connection):
            continue
        # Where another run has just begun, it records this one.
        with suppress(Refused, OSError), hold_lock(begun.connection, operator):
            if _read(path) == begun:
                _record_alone(begun, operator)
                path.unlink(missing_ok=True)


def _record_alone(begun: _Begun, operator: Operator) -> None:
    """Journal a killed run; an older store waits for the next run, which migrates it."""
    if (seen := Journal.look(operator.state.journal, copies=False)) is not None:
        seen.close()
    with Journal.open(operator.state.journal) as journal:
        _record(journal, begun, operator, _KILLED)


_KILLED = "its process was killed, or the machine stopped"


def _record(journal: Journal, begun: _Begun, operator: Operator, why: str) -> None:
    """Journal a run as interrupted, unless it recorded its own end, and queue its notices."""
    newest = next(iter(journal.runs(begun.connection, limit=1)), None)
    if newest is not None and (newest.id > begun.newest or newest.ended is None):
        return
    start = start_of_none(operator, begun.mapping, begun.connection)
    where = Span(begun.file or begun.mapping)
    help = "see the machine's own log (memory?); nothing was sent, and the next run begins anew"
    summary = f"the run ended before it had a plan: {why}"
    problem = Diagnostic(where, Severity.ERROR, "F140", summary, help)
    run = journal.died(replace(start, started=begun.started), (problem,),
                       instant_text(operator.now()))  # fmt: skip
    store_arguments(journal, run, begun.given)
    if begun.file and not is_broken(begun.file):
        pending = PendingRun(begun.file, begun.connection, begun.mapping)
        queue_for_run(pending, run, journal, operator.now())


def _read(path: Path) -> _Begun | None:
    try:
        return _Begun(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
