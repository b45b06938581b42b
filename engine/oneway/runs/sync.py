"""A run from lock to last write: settled, planned, judged, applied; what stops it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from oneway.applying.apply import Result
from oneway.core.connector import ConnectorError, Progress, silent
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span
from oneway.history.journal import Journal, Run
from oneway.history.memory import Memory
from oneway.mapping.program import Program
from oneway.planning.guards import Verdict
from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint
from oneway.runs.apply import Approval, Operator, apply_plan, connection_for, start_of_none
from oneway.runs.clock import refuse_turned_back, refuse_yet_to_come
from oneway.runs.health import health
from oneway.runs.inputs import OpenSystems
from oneway.runs.links import recall
from oneway.runs.plan import judge_plan, load_memory, plan_run
from oneway.runs.prepare import PreparedRun
from oneway.runs.replay.capture import snapshots_of
from oneway.runs.request import instant_text
from oneway.runs.resume import exclusive_run, recover_in_flight
from oneway.runs.retention import days_kept, forget_old


@dataclass(frozen=True, slots=True)
class PendingSync:
    """A plan that is about to be applied, by whoever holds the lock of its connection."""

    plan: Plan
    verdict: Verdict
    memory: Memory
    settled: tuple[Result, ...]
    """What became of what an interrupted run had left in flight."""
    warnings: tuple[Diagnostic, ...]
    approval: Approval
    program: Program
    systems: OpenSystems
    progress: Progress

    def applied(self, operator: Operator) -> Iterator[Result]:
        """Apply the plan and yield how each action ended; raises as `apply_plan` does."""
        return apply_plan(
            self.plan, self.approval, self.program, self.systems, operator, self.progress
        )


@dataclass(frozen=True, slots=True)
class SyncResult:
    """A run that went to its end."""

    run: Run
    plan: Plan
    verdict: Verdict
    memory: Memory
    ended: tuple[Result, ...]


def run_sync(
    prepared: PreparedRun,
    operator: Operator,
    *,
    retry_now: bool = False,
    progress: Progress = silent,
) -> SyncResult:
    """Plan and apply in one go, with all guards on; raises as `open_sync` and `apply_plan` do."""
    with open_sync(prepared, operator, retry_now=retry_now, progress=progress) as draft:
        ended = tuple(draft.applied(operator))
        run = last_run(prepared, operator)
    return SyncResult(run, draft.plan, draft.verdict, draft.memory, ended)


@contextmanager
def open_sync(
    prepared: PreparedRun,
    operator: Operator,
    *,
    retry_now: bool = False,
    progress: Progress = silent,
) -> Iterator[PendingSync]:
    """Give the plan of a run that holds the lock for the length of a block.

    Raises `Refused` where another run holds the lock, where a system cannot be read, and
    where what was read is not good enough to write by. The journal keeps a run that was
    refused, and why.
    """
    with (
        exclusive_run(prepared, operator),
        recording_refusals(prepared, operator),
        OpenSystems(prepared, operator.state.path) as systems,
    ):
        days = days_kept(prepared.request.lookup)
        began = instant_text(operator.now())
        refuse_turned_back(prepared, operator, prepared.request.as_of)
        refuse_yet_to_come(prepared, operator, prepared.request.as_of)
        found_out = recover_in_flight(prepared, systems, operator)
        seal = operator.state.seal()
        remembered = recall(prepared, operator.state, operator.now())
        plan, found = plan_run(
            prepared, systems, seal, progress, keeping=True, remembered=remembered
        )
        warnings = _healthy(health(prepared, found, plan))
        memory = load_memory(plan, operator.state, retry_now=retry_now)
        verdict = judge_plan(prepared, plan, operator.state, memory)
        kept = snapshots_of(prepared, found, plan, seal)
        approval = Approval(fingerprint(plan), verdict, memory.postponed, kept, began)
        program = found.program
        del found  # the rows of large inputs
        yield PendingSync(
            plan, verdict, memory, found_out, warnings, approval, program, systems, progress
        )
        forget_old(operator.state, connection_for(prepared), operator.now(), days)


@contextmanager
def recording_refusals(prepared: PreparedRun, operator: Operator) -> Iterator[None]:
    """Let the journal keep what stops a run of a block before it has begun to write."""
    began = instant_text(operator.now())
    try:
        yield
    except (Refused, ConnectorError) as error:
        with suppress(Refused):  # what stopped the run is what a person must see
            _record(prepared, operator, began, error)
        raise


def last_run(prepared: PreparedRun, operator: Operator) -> Run:
    """Return the run that has just ended, while its lock is held."""
    with Journal.open(operator.state.journal) as journal:
        (run,) = journal.runs(connection_for(prepared), limit=1)
    return run


def run_of(operator: Operator, id: int) -> Run:
    """Return a run as it is now."""
    with Journal.open(operator.state.journal) as journal:
        run = journal.run(id)
    assert run is not None, "it was begun"
    return run


def problems_of(error: Refused | ConnectorError) -> tuple[Diagnostic, ...]:
    """Return what an error says, as diagnostics."""
    if isinstance(error, Refused):
        return error.diagnostics
    where = Span("oneway")
    return (Diagnostic(where, Severity.ERROR, error.code, error.summary, error.help),)


def _record(
    prepared: PreparedRun, operator: Operator, began: str, error: Refused | ConnectorError
) -> None:
    name = connection_for(prepared)
    with Journal.open(operator.state.journal) as journal:
        if journal.unfinished(name):
            return  # it had begun: it was interrupted, and can be gone on with
        start = start_of_none(operator, prepared.spec.name, name)
        begun = replace(
            start,
            started=began,
            digest=prepared.spec.digest,
            as_of=instant_text(prepared.request.as_of),
            allowed=prepared.request.allowed,
        )
        problems = tuple(replace(each, quote="") for each in problems_of(error))
        journal.refused(begun, problems, instant_text(operator.now()))


def _healthy(found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Return the warnings; raise `Refused` with all where any is an error."""
    if any(each.severity is Severity.ERROR for each in found):
        raise Refused(found)
    return found
