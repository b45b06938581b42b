"""From what was read to a plan and its verdict."""

from oneway import __version__
from oneway.core.connector import Progress, silent
from oneway.core.seal import Seal
from oneway.history.backoff import refusals
from oneway.history.flapping import find_flapping
from oneway.history.journal import Journal
from oneway.history.memory import NOTHING, Memory
from oneway.planning.guards import WINDOW, RecentRuns, Verdict, judge
from oneway.planning.links import NO_LINKS, LinkEvidence
from oneway.planning.plan import Plan, Read
from oneway.planning.planner import Header, plan, plan_rows
from oneway.runs.apply import connection_of
from oneway.runs.inputs import OpenSystems, plan_connection, plan_inputs
from oneway.runs.links import NOTHING_REMEMBERED, Remembered, asked_again, looked_up
from oneway.runs.prepare import PreparedRun
from oneway.runs.read import EvaluatedInputs, ReadInputs, evaluate_inputs, table_digest
from oneway.runs.request import instant_text, parse_instant
from oneway.state.folder import StateFolder


def plan_of(
    prepared: PreparedRun, reading: ReadInputs, seal: Seal, evidence: LinkEvidence = NO_LINKS
) -> Plan:
    """Return the plan of what was read."""
    header = _header(prepared, reading, seal)
    program, source, target = reading.program, reading.source, reading.target
    return plan(program, source, target, seal=seal, header=header, evidence=evidence)


def plan_run(
    prepared: PreparedRun,
    systems: OpenSystems,
    seal: Seal,
    progress: Progress = silent,
    *,
    keeping: bool = False,
    remembered: Remembered = NOTHING_REMEMBERED,
) -> tuple[Plan, EvaluatedInputs]:
    """Read the inputs and return the plan, and what the mapping made of what was read.

    With `keeping`, also what may be kept of each record (`keeping.snapshots_of`). What earlier
    runs remember is looked up in the systems where their lists do not show it.
    """
    found = evaluate_inputs(prepared, systems, progress, keeping=keeping)
    found = looked_up(prepared, systems, found, remembered)
    header = _header(prepared, found, seal)
    plan = _planned(found, seal, header)
    again = asked_again(prepared, systems, found, plan)
    return (plan, found) if again is None else (_planned(again, seal, header), again)


def _planned(found: EvaluatedInputs, seal: Seal, header: Header) -> Plan:
    return plan_rows(
        found.program, found.source, found.target, seal=seal, header=header, evidence=found.evidence
    )


def judge_plan(
    prepared: PreparedRun,
    plan: Plan,
    state: StateFolder,
    memory: Memory = NOTHING,
    *,
    resuming: int | None = None,
) -> Verdict:
    """Return what the guards say of a plan, and of what was done the days before.

    What waits by `memory` is not sent, and not counted. `resuming` is the run that is gone on
    with: what it did is in the plan already.
    """
    return judge(plan, prepared.guards, _history(plan, state, resuming), memory.postponed)


def _history(plan: Plan, state: StateFolder, resuming: int | None) -> RecentRuns:
    if not state.has_journal:
        return RecentRuns()
    name = connection_of(plan)
    # The plan's own instant, not the clock: what was judged can be judged again.
    since = instant_text(parse_instant(plan.as_of) - WINDOW)
    with Journal.open(state.journal) as journal:
        done = journal.done_since(name, since, but_not=resuming)
        return RecentRuns(done, *journal.last_sizes(name))


def load_memory(plan: Plan, state: StateFolder, *, retry_now: bool = False) -> Memory:
    """Return what earlier runs tell of a plan; with `retry_now` nothing of it waits."""
    if not state.has_journal:
        return Memory()
    name, seal = connection_of(plan), state.seal()
    with Journal.open(state.journal) as journal:
        failures, written = journal.failures(name), journal.written(name)
    found = refusals(plan, failures, seal, retry_now=retry_now)
    return Memory(found, find_flapping(plan, written, seal))


def _header(prepared: PreparedRun, found: ReadInputs | EvaluatedInputs, seal: Seal) -> Header:
    request = prepared.request
    return Header(
        mapping_file=request.mapping,
        mapping_digest=prepared.spec.digest,
        as_of=instant_text(request.as_of),
        settings=prepared.settings,
        connection=plan_connection(prepared),
        inputs=plan_inputs(prepared),
        references=tuple(
            Read(
                name,
                len(each.records),
                each.complete,
                each.problems,
                table_digest(name, found.tables[name], seal),
            )
            for name, each in found.references.items()
        ),
        allowed=request.allowed,
        engine=__version__,
    )
