"""Applies an approved plan, and journals every step."""

from collections.abc import Iterator, Sequence
from functools import partial

from oneway.applying.apply import apply
from oneway.applying.preconditions import LiveState
from oneway.applying.result import ApplySystems, Earlier, Result
from oneway.applying.unknown_writes import NO_MEMORY, Sent, TargetMemory
from oneway.applying.watch import Watch
from oneway.core.abilities import MOST_IN_FLIGHT
from oneway.core.progress import Progress, silent
from oneway.history.journal import JournalEntry
from oneway.mapping.program import Program
from oneway.planning.plan import Plan, Verb
from oneway.runs.approval import Approval
from oneway.runs.prepare.prepared import connection_of, lag_of, side_of
from oneway.runs.prepare.request import parse_instant
from oneway.runs.run_log import RunLog
from oneway.runs.session import RunSession
from oneway.runs.systems import NumbersNewRecords, RefusesWrites


def apply_plan(
    session: RunSession,
    plan: Plan,
    approval: Approval,
    program: Program,
    progress: Progress = silent,
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended.

    The journal says that the run has ended once the last action has. Raises `Refused` before any
    write if the plan is not the approved one or the journal cannot be written, and `Stopped` if
    the operator stops the run.
    """
    elsewhere, names = session.prepared.reads_elsewhere, session.names
    log = RunLog(session.journal, plan, session.operator, approval, names, elsewhere=elsewhere)
    log.left, log.policy = session.left, session.prepared.compiled.code.policy
    log.place = session.place
    memory = target_memory(session, plan)
    systems = apply_systems(session, program, memory)
    if plan.actions and isinstance(systems.writer, RefusesWrites):
        systems.writer.refuse_unwritable()
    watch = Watch(progress, session.operator.stopping)
    yield from apply(plan, approval.of(Earlier(done=approval.done_before)), systems, log, watch)
    # A run that is stopped midway does not get here: it has not ended.
    log.finish(approval.verdict)


def target_memory(
    session: RunSession, plan: Plan, entries: Sequence[JournalEntry] = ()
) -> TargetMemory:
    """Return what is known about the target beyond what it shows; `entries` were sent to it.

    Nothing is looked up for a plan without actions, which needs none of it.
    """
    if not plan.actions:
        return NO_MEMORY
    # With the store, and not before it is used:
    from oneway.history.journal.links import created_records, links
    from oneway.history.journal.others_writes import fields_written

    name = connection_of(plan, session.state.path)
    known = links(session.journal, name).pairs
    owners = {each.target_id: each.source_id or "" for each in plan.singly() if each.target_id}
    sent = {
        each.action_id: Sent(
            at=parse_instant(each.sent_at) if each.sent_at else None,
            job=each.end.job if each.end is not None else "",
            record=(each.target_id or "") if each.verb is Verb.CREATE else "",
        )
        for each in entries
    }
    return TargetMemory(
        connection=name,
        lag=lag_of(session.prepared),
        now=session.now(),
        owners=owners | {target_id: source_id for source_id, target_id in known},
        linked=dict(known),
        sent=sent,
        created=created_records(session.journal, name),
        by_others=partial(fields_written, session.journal, plan, name, session.now()),
        zone=session.prepared.zone,
    )


def apply_systems(session: RunSession, program: Program, memory: TargetMemory) -> ApplySystems:
    """Return the systems that an apply reads and writes."""
    systems, inputs = session.systems, session.prepared.inputs
    source, target = systems.reader(inputs["source"]), systems.reader(inputs["target"])
    live = LiveState(program, source, target, session.seal)
    sides = (side_of(session.prepared, inputs[name]) for name in ("source", "target"))
    own = [each.concurrency for each in sides if each.concurrency is not None]
    at_most = min(own, default=MOST_IN_FLIGHT)
    writer = systems.writer(inputs["target"])
    if isinstance(writer, NumbersNewRecords):
        writer.number_beyond(memory.owners)
    return ApplySystems(live, writer, memory, at_most)
