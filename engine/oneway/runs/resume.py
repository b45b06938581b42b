"""Interrupted runs: looks up their actions in flight, and resumes the rest.

`recover_in_flight` finds out how the actions in flight ended and sends nothing: a new plan covers
the rest. `resume_run` does the same, then applies the rest of the approved plan.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from oneway.applying.apply import apply
from oneway.applying.gates import looked_up, stale_result
from oneway.applying.live_source import Stale
from oneway.applying.result import ApplySystems, Earlier, Result
from oneway.applying.unknown_writes import Sent
from oneway.applying.watch import Stopped, Watch
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.core.progress import Progress, silent
from oneway.core.telemetry import step
from oneway.history.journal import Journal, JournalEntry, Run
from oneway.history.journal.lease import leased, wait_for_quiet
from oneway.mapping.program import Program
from oneway.planning.endings import FOUND_LATER, NOT_SHOWN, Ending
from oneway.planning.plan import Action, Plan
from oneway.planning.plan_file import fingerprint, load_stored
from oneway.runs.apply import apply_systems, target_memory
from oneway.runs.approval import Approval
from oneway.runs.incidents import follow_run
from oneway.runs.past.discrepancies import write_discrepancies
from oneway.runs.prepare.request import instant_text
from oneway.runs.reopen import program_for
from oneway.runs.run_log import RunLog
from oneway.runs.session import Operator, RunSession
from oneway.state.lock import LOCKS, Holder, locked


@contextmanager
def exclusive_run(session: RunSession) -> Iterator[Holder]:
    """Hold the locks of a run; raise `Refused`, naming the holder, if one is taken.

    One is of the run's connection, the other of its systems, which another mapping or connection
    may read and write too. At the end of the block, the connection's incidents are updated and its
    notices queued.
    """
    with (
        hold_lock(session.name, session.operator) as holder,
        hold_lock(session.prepared.systems_lock, session.operator),
        step("run", connection=session.name, why=session.operator.why.value),
        follow_run(session),
    ):
        session.take_over()
        yield holder


@contextmanager
def hold_lock(name: str, operator: Operator) -> Iterator[Holder]:
    """Hold the lock of a connection by its name, as `exclusive_run` does.

    It holds on this machine and, as a lease in the store, on all machines that share it. It waits
    for requests that an earlier holder may still be sending.
    """
    since, where = instant_text(operator.now()), operator.state.journal
    with ExitStack() as stack:
        folder = operator.state.path / LOCKS
        holder = stack.enter_context(locked(folder, name, since=since, zone=operator.zone))
        operator.leases[name] = stack.enter_context(leased(where, name, holder))
        stack.callback(operator.leases.pop, name)
        if operator.state.store is not None:
            with Journal.open(where) as journal:
                if not wait_for_quiet(journal, name, operator.stopping):
                    raise Stopped
        yield holder


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A run that did not end, its plan, and what the journal knows of its actions."""

    run: Run
    plan: Plan
    entries: tuple[JournalEntry, ...]

    @property
    def in_flight(self) -> tuple[JournalEntry, ...]:
        """The actions that were sent, or about to be, and whose result is unknown."""
        return tuple(e for e in self.entries if e.end is None or e.end.ending is Ending.UNKNOWN)

    @property
    def begun(self) -> int:
        """How many actions were begun; withheld ones were not."""
        return sum(e.end is None or not e.end.ending.withheld for e in self.entries)

    def refuse_earlier_format(self) -> None:
        """Raise `Refused` if the plan was stored in another format, so that it is not the approved.

        It then has another fingerprint. It serves to look up what was sent, and no more.
        """
        if fingerprint(self.plan) != self.run.start.fingerprint:
            summary = f"run {self.run.id} was interrupted, and an earlier version planned it"
            help = "run `oneway sync`: it looks up what was sent, and plans the rest again"
            raise refusal("P109", self.plan.mapping_file, summary, help)

    @property
    def earlier(self) -> Earlier:
        """What a second apply of the same plan must know."""
        flying = {entry.action_id: entry.token for entry in self.in_flight}
        ended = {
            entry.action_id: entry.end.ending
            for entry in self.entries
            if entry.end is not None
            and not entry.end.ending.withheld
            and entry.action_id not in flying
        }
        return Earlier(ended, flying)


def find_interrupted(
    journal: Journal | None, connection: str | None = None
) -> tuple[Interrupted, ...]:
    """Return the runs that did not end, oldest first: of one connection, or of all."""
    if journal is None:
        return ()
    return tuple(_read(journal, run) for run in journal.unfinished(connection))


def recover_in_flight(session: RunSession) -> tuple[Result, ...]:
    """Find out how the actions ended that earlier runs of this connection left in flight.

    Nothing is sent. Raises `Refused` if the systems cannot be asked: nothing may be written then,
    or a record might be created twice.
    """
    results = []
    for left in find_interrupted(session.past, session.name):
        log = RunLog(session.journal, left.plan, session.operator, left.run.id, session.names)
        for result in _looked_up(session, left):
            with session.journal.at_once():  # else the counts would be those from before
                log.ended([result])
                if left.run.ended is not None:
                    session.journal.recount(left.run.id)
                    entries = session.journal.entries(left.run.id)
                    write_discrepancies(session.journal, left.run.id, left.plan, entries)
            results.append(result)
        if left.run.ended is None:
            log.not_begun("the run was interrupted before it began this action")
            log.end_recovered()
    return tuple(results)


def resume_run(
    session: RunSession,
    left: Interrupted,
    approval: Approval,
    program: Program,
    progress: Progress = silent,
) -> Iterator[Result]:
    """Open the systems, and return an iterator that applies the rest of an interrupted run.

    It yields how each action ended. `approval` names the fingerprint that the run was begun with.
    Raises as `apply_plan` does.
    """
    systems = _systems_of(session, left, program)
    journal, elsewhere = session.journal, session.prepared.reads_elsewhere
    log = RunLog(
        journal, left.plan, session.operator, left.run.id, session.names,
        resuming=approval, elsewhere=elsewhere,
    )  # fmt: skip
    watch = Watch(progress, session.operator.stopping)

    def steps() -> Iterator[Result]:
        yield from apply(left.plan, approval.of(left.earlier), systems, log, watch)
        log.finish(approval.verdict)

    return steps()


def _looked_up(session: RunSession, left: Interrupted) -> Iterator[Result]:
    """Yield how each action in flight ended."""
    if left.in_flight:
        # With the lookup tables: an answer may depend on the source record as it is now.
        systems = _systems_of(session, left, program_for(session))
        for entry in left.in_flight:
            yield _found_out(_action(left.plan, entry), systems)


def _systems_of(session: RunSession, left: Interrupted, program: Program) -> ApplySystems:
    memory = target_memory(session, left.plan, left.entries)
    return apply_systems(session, program, memory)


def _found_out(action: Action, found: ApplySystems) -> Result:
    sent = found.memory.sent.get(action.id, Sent())
    try:
        became = found.inquiry.of(action, sent)
    except Stale as stale:
        return stale_result(action, stale)
    except ReadError as error:
        summary = f"what an interrupted run sent cannot be looked up: {error.summary}"
        raise refusal("W161", action.target_id or "target", summary, error.help) from None
    if not became.may_be_sent_again:
        return looked_up(action, became, sent, FOUND_LATER)
    why = became.why or "the target does not show it"
    reason = f"looked up later: {why}"
    return Result(Ending.NOT_SENT, action.target_id, NOT_SHOWN, reason, action=action)


def _read(journal: Journal, run: Run) -> Interrupted:
    text = journal.plan_of(run.id)
    try:
        plan = load_stored(text, journal.place)
    except Refused as refused:
        if any(each.code == "P109" for each in refused.diagnostics):
            summary = f"run {run.id} was interrupted, and an earlier version began it"
            raise refusal("P109", journal.place, summary, _TOO_OLD) from None
        raise refusal(
            "F114", journal.place, f"the plan of run {run.id} cannot be read: {refused}", _KEPT
        ) from None
    entries = journal.entries(run.id)
    known = {action.id for action in plan.actions}
    if any(entry.action_id not in known for entry in entries):
        summary = f"run {run.id} has actions that its plan does not have"
        raise refusal("F114", journal.place, summary, _KEPT)
    return Interrupted(run, plan, entries)


def _action(plan: Plan, entry: JournalEntry) -> Action:
    return next(action for action in plan.actions if action.id == entry.action_id)


_TOO_OLD = (
    "put back the copy of the state from before the upgrade, run `oneway resume` with the version "
    "that began it, then upgrade; without a copy, keep one of it as it is now, move the journal "
    "away, and plan again"
)
_KEPT = "the journal is damaged: keep a copy, then move it away, and plan again"
