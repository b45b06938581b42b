"""Plans what was read, and judges the plan."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from oneway import __version__
from oneway.core.progress import Progress, silent
from oneway.core.seal import Seal
from oneway.core.telemetry import step
from oneway.history.backoff import refusals
from oneway.history.flapping import find_flapping
from oneway.history.memory import NOTHING, Memory
from oneway.mapping.interpreter import LookupTable
from oneway.planning.guards import WINDOW, RecentRuns, Verdict, judge
from oneway.planning.links import NO_LINKS, LinkEvidence
from oneway.planning.plan import Plan, Read
from oneway.planning.planner import Header, plan, plan_rows
from oneway.runs.apply import connection_of
from oneway.runs.links import NOTHING_REMEMBERED, Remembered, asked_again, looked_up
from oneway.runs.prepared import PreparedRun
from oneway.runs.read import EvaluatedInputs, ReadInputs, evaluate_inputs, table_digest
from oneway.runs.request import instant_text, parse_instant
from oneway.runs.session import RunSession
from oneway.runs.stories import stories_before

if TYPE_CHECKING:
    from oneway.history.journal import Journal

MANY = 200_000
"""The fewest new objects that are worth declaring old (CPython's threshold is 700)."""


def plan_of(
    prepared: PreparedRun, reading: ReadInputs, seal: Seal, evidence: LinkEvidence = NO_LINKS
) -> Plan:
    """Return the plan of what was read."""
    header = _header(prepared, reading, seal)
    program, source, target = reading.program, reading.source, reading.target
    made = plan(program, source, target, seal=seal, header=header, evidence=evidence)
    return _with_keyless(made, reading)


def plan_run(
    session: RunSession,
    progress: Progress = silent,
    *,
    keeping: bool = False,
    remembered: Remembered = NOTHING_REMEMBERED,
) -> tuple[Plan, EvaluatedInputs]:
    """Read the inputs; return the plan, and what the mapping made of the records.

    With `keeping`, also what may be kept of each record (`keeping.snapshots_of`). What earlier
    runs remember is looked up in the systems where their lists do not show it.
    """
    prepared, systems, seal = session.prepared, session.systems, session.seal
    with _not_collecting():
        found = evaluate_inputs(prepared, systems, progress, keeping=keeping)
        found = looked_up(prepared, systems, found, remembered)
        header = _header(prepared, found, seal)
        plan = _planned(found, seal, header)
        again = asked_again(prepared, systems, found, plan)
        return (plan, found) if again is None else (_planned(again, seal, header), again)


@contextmanager
def _not_collecting() -> Iterator[None]:
    """Pause the search for reference cycles: none of a million rows is part of one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if gc.get_count()[0] > MANY:
                # Declare all of them old, or they would be searched at once. For fewer, that would
                # be a leak: old objects are collected only when enough others become old.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _planned(found: EvaluatedInputs, seal: Seal, header: Header) -> Plan:
    with step("plan") as planning:
        made = plan_rows(
            found.program,
            found.source,
            found.target,
            seal=seal,
            header=header,
            evidence=found.evidence,
        )
        kinds = {kind: count for kind, count in sorted(made.counts().items()) if count}
        planning.note(actions=len(made.actions), **kinds)
        return _with_keyless(made, found)


def _with_keyless(plan: Plan, found: ReadInputs | EvaluatedInputs) -> Plan:
    """Return a plan that counts the records without a key in tables where lookups missed.

    Such a table is right, but a lookup cannot find the people of those records.
    """
    missed = {miss.reference for miss in plan.misses if not miss.found}
    return replace(plan, reads=tuple(
        replace(read, problems=(*read.problems, *_keyless(found.tables[read.name])))
        if read.name in missed
        else read
        for read in plan.reads
    ))  # fmt: skip


def _keyless(table: LookupTable) -> tuple[str, ...]:
    blank = len(table.keyless)
    if not blank or not table.complete:
        return ()
    have = "record has" if blank == 1 else "records have"
    return (f"{blank:,} {have} no key, and no lookup finds {'it' if blank == 1 else 'them'}",)


def judge_plan(
    session: RunSession,
    plan: Plan,
    memory: Memory = NOTHING,
    *,
    resuming: int | None = None,
) -> Verdict:
    """Return what the guards say of a plan, given what was done in the days before.

    What waits by `memory` is not sent, and not counted. `resuming` is the run being resumed:
    what it did is in the plan already.
    """
    history = _recent_runs(session.past, plan, resuming)
    return judge(plan, session.prepared.guards, history, memory.postponed)


def _recent_runs(journal: "Journal | None", plan: Plan, resuming: int | None) -> RecentRuns:
    if journal is None:
        return RecentRuns()
    name = connection_of(plan)
    # The plan's own instant, not the clock: a verdict can be reached again later.
    since = instant_text(parse_instant(plan.as_of) - WINDOW)
    done = journal.done_since(name, since, but_not=resuming)
    return RecentRuns(done, *journal.last_sizes(name), journal.last_stated(name))


def load_memory(session: RunSession, plan: Plan, *, retry_now: bool = False) -> Memory:
    """Return what earlier runs say about a plan; with `retry_now`, no action waits for it."""
    journal, name, seal = session.past, connection_of(plan), session.seal
    if journal is None:
        return Memory()
    found = refusals(plan, journal.failures(name), seal, retry_now=retry_now)
    sticking = find_flapping(plan, journal.written(name), seal)
    return Memory(found, sticking, tuple(stories_before(journal, name)))


def _header(prepared: PreparedRun, found: ReadInputs | EvaluatedInputs, seal: Seal) -> Header:
    request = prepared.request
    stated = {role: tally.counts() for role, tally in found.tallies.items()}
    unread = {role: tally.unread for role, tally in found.tallies.items()}
    return Header(
        mapping_file=request.mapping,
        mapping_digest=prepared.spec.digest,
        as_of=instant_text(request.as_of),
        settings=prepared.settings,
        connection=prepared.plan_connection,
        inputs=prepared.plan_inputs,
        references=tuple(
            Read(
                name,
                len(each.records),
                each.complete,
                each.problems,
                table_digest(name, found.tables[name], seal),
                stated.get(f"references.{name}", {}),
                unread.get(f"references.{name}", 0),
            )
            for name, each in found.references.items()
        ),
        allowed=request.allowed,
        engine=__version__,
        stated={role: stated[role] for role in ("source", "target") if role in stated},
        unread={role: unread[role] for role in ("source", "target") if role in unread},
    )
