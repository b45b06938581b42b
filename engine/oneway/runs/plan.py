"""Plans what was read, and judges the plan."""

import gc
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from oneway import __version__
from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Refused
from oneway.core.progress import Progress, silent
from oneway.core.seal import Seal
from oneway.core.telemetry import step
from oneway.history.backoff import refusals
from oneway.history.flapping import find_flapping
from oneway.history.memory import NOTHING, Memory
from oneway.history.name_digests import NameDigests
from oneway.mapping.lookup_table import LookupTable
from oneway.mapping.packed_rows import ids_of
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.program import Policy, SourceRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.mapping.value_names import names_by_field
from oneway.planning.breach import WINDOW, Verdict
from oneway.planning.diff import perhaps_left
from oneway.planning.guards import RecentRuns, judge
from oneway.planning.leaving_doubts import left_out
from oneway.planning.links import NO_LINKS, Link, LinkEvidence
from oneway.planning.one_per_person import one_per_person
from oneway.planning.plan import Plan, Reason
from oneway.planning.plan_inputs import Read
from oneway.planning.planner import Header, RowsToPlan, plan, plan_rows
from oneway.planning.similar.record_marks import RecordMarks
from oneway.runs.evidence.leaving_doubts import LeavingDoubts
from oneway.runs.evidence.missing_records import MissingRecords
from oneway.runs.evidence.missing_rows import tables_read_again
from oneway.runs.evidence.observations import with_observations
from oneway.runs.evidence.pending_creates import unseen_creates, with_pending
from oneway.runs.evidence.remembered import NOTHING_REMEMBERED, Remembered
from oneway.runs.evidence.renumbered import renumbered
from oneway.runs.evidence.shared_target import SharedTarget
from oneway.runs.open_questions import remarks_on
from oneway.runs.past.discrepancies import discrepancies_before
from oneway.runs.past.moved_target import moved_target
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.read import (
    NOTHING_KNOWN,
    EvaluatedInputs,
    Known,
    ReadInputs,
    evaluate_inputs,
    staying_words,
    table_digest,
)
from oneway.runs.session import RunSession

if TYPE_CHECKING:
    pass

MANY = 20_000
"""The fewest new objects that are worth declaring old (CPython's threshold is 700)."""


def plan_of(prepared: PreparedRun, reading: ReadInputs, seal: Seal) -> Plan:
    """Return the plan of what was read, as if there had been no run before."""
    program, source, target = reading.program, reading.source, reading.target
    shown = {each.id for each in source.records}
    header = _header(prepared, reading, seal, 0)
    words = staying_words(prepared, program, ())
    _recall_words(words, seal, NOTHING_REMEMBERED)
    if words is not None:
        for each in source.records:
            words.note(each)
    names = NameDigests(seal, prepared.compiled.code.label)
    marks = RecordMarks(seal, program.policy)
    doubting = LeavingDoubts(prepared, NOTHING_REMEMBERED, (), (), (), words, None, names, marks)
    evidence = doubting.evidence(NO_LINKS, header, reading.tallies, shown)
    made = plan(program, source, target, seal=seal, header=header, evidence=evidence)
    everybody = map(program.source_row, source.records)
    inconclusive = doubting.inconclusive(made, everybody, reading.tallies["source"])
    if inconclusive:
        evidence = replace(evidence, inconclusive=inconclusive)
        made = plan(program, source, target, seal=seal, header=header, evidence=evidence)
    return _with_names(_with_keyless(made, reading), prepared, reading)


def plan_run(
    session: RunSession,
    progress: Progress = silent,
    *,
    capture: bool = False,
    remembered: Remembered = NOTHING_REMEMBERED,
    whole: bool = False,
    shown_only: bool = False,
    known: Known = NOTHING_KNOWN,
) -> tuple[Plan, EvaluatedInputs]:
    """Read the inputs; return the plan, and what the mapping made of the records.

    With `capture`, also the storable part of each record (`capture.snapshots_of`). What earlier
    runs remember is looked up in the systems where their lists do not show it. With `whole`, no
    record is passed over because it has not changed. With `shown_only`, no run applies the plan,
    so whom the source has said to have left is not noted for the next run. `known` are inputs that
    need not be read.
    """
    prepared, systems, seal = session.prepared, session.systems, session.seal
    with _not_collecting(), _remembering_leavers(session) as seen:
        in_part = session.only_changed and not whole
        if in_part and (changed := _of_the_changed(session, progress, remembered, shown_only)):
            return changed
        missing, listed = MissingRecords(prepared, systems), remembered.asked
        read = partial(
            evaluate_inputs, prepared, systems, progress, capture=capture, seen=seen, listed=listed
        )

        def first_plan(known: Known) -> tuple[EvaluatedInputs, Header, LeavingDoubts, Plan]:
            found = missing.linked(read(known=known), remembered)
            found, header, doubting = _headed(session, found, remembered)
            return found, header, doubting, _planned(prepared, found, seal, header)

        found, header, doubting, plan = first_plan(known)
        if tables := tables_read_again(prepared, systems, found, plan):
            found, header, doubting, plan = first_plan({**known, **tables})
        looks = (missing.leavers, missing.owners, missing.absent)
        shared = SharedTarget(session)
        for look in (*looks, doubting.taken_over, doubting.returns, shared.others):
            again = look(found, plan)
            if again is not None:
                plan, found = _planned(prepared, again, seal, header), again
        if not shown_only:
            session.left = doubting.left_after(plan, found.evidence)
        plan = with_observations(plan, found)
        moved = tuple(moved_target(session, plan, remembered.evidence.table))
        return replace(plan, noticed=(*moved, *plan.noticed)), found


def _headed(
    session: RunSession, found: EvaluatedInputs, remembered: Remembered
) -> tuple[EvaluatedInputs, Header, LeavingDoubts]:
    """Return the inputs with the people in doubt, the header of a plan, and the reasons."""
    prepared = session.prepared
    shown: set[str] = set()
    if remembered.links or remembered.still_in or remembered.creates:
        shown, _ = found.passed_over.linking()
        shown.update(ids_of(found.source.items))
    unlisted, rows = _unlisted(remembered, shown), found.target.items
    lost = _left_out(remembered, unlisted, rows)
    header = _header(prepared, found, session.seal, lost, remembered.remarks)
    theirs, words, in_part = found.source.items, found.words, bool(found.passed_over)
    _recall_words(words, session.seal, remembered)
    marks = RecordMarks(session.seal, found.program.policy)
    today, known = prepared.context.today, found.evidence
    remembered, known = renumbered(remembered, known, rows, marks, today)
    doubting = LeavingDoubts(
        prepared,
        remembered,
        unlisted,
        theirs,
        rows,
        words,
        session.past,
        session.names,
        marks,
        in_part,
    )
    evidence = doubting.evidence(known, header, found.tallies, shown)
    evidence = _with_pending(session, found, remembered, evidence)
    return replace(found, evidence=evidence), header, doubting


def _recall_words(words: StayingWords | None, seal: Seal, remembered: Remembered) -> None:
    """Compare this run's words with those of people who stayed at the last run."""
    if words is not None:
        left = remembered.left
        words.recall(seal.mac, left.words if left is not None else None)


def _with_pending(
    session: RunSession, found: EvaluatedInputs, remembered: Remembered, evidence: LinkEvidence
) -> LinkEvidence:
    """Return evidence that includes creates which the target may not show yet."""
    unseen = evidence.late.keys() - evidence.unlisted
    creates = [*remembered.creates]
    if unseen and session.past is not None:
        creates += unseen_creates(session, session.past, session.past_name, unseen)
    if not creates:
        return evidence
    rows, policy = found.source.items, found.program.policy
    shown = found.passed_over.linking()[0] | {row[0] for row in rows}
    return with_pending(evidence, rows, creates, shown, policy, session.seal)


def _unlisted(remembered: Remembered, shown: Collection[str]) -> Sequence[Link]:
    """Return the links of source records that are no longer shown."""
    links = remembered.evidence.table
    return links.of_pairs(links.without_sources(shown))


def _left_out(
    remembered: Remembered, unlisted: Sequence[Link], targets: Sequence[AnyTargetRow]
) -> int:
    """Return `Read.left_out` of the source; nothing before the first good run."""
    since = remembered.good_since
    return left_out(unlisted, targets, remembered.still_in, since) if since else 0


def _of_the_changed(
    session: RunSession, progress: Progress, remembered: Remembered, shown_only: bool
) -> tuple[Plan, EvaluatedInputs] | None:
    """Do the same as `plan_run` without reading unchanged records; None if all must be read.

    All must be read if a system has records that its list does not show, which are requested one by
    one.
    """
    from oneway.runs.incremental.incremental_read import (
        IncrementalRead,  # which few connections ask for
    )

    prepared, systems, seal = session.prepared, session.systems, session.seal
    night = IncrementalRead(session)
    read = night.evaluated(remembered, progress)
    remembered = night.remembered
    if read is not None:
        missing = MissingRecords(prepared, systems)
        found = missing.linked(read, remembered)
        if found.passed_over and found.words is not None and found.words.inconclusive(()):
            return None  # only all records tell which words there are
        found, header, doubting = _headed(session, found, remembered)
        plan = _planned(prepared, found, seal, header)
        shown = len(found.target.items) == len(read.target.items)
        shared = SharedTarget(session)
        looks = (missing.owners, missing.absent, doubting.taken_over, doubting.returns)
        if (
            shown
            and all(look(found, plan) is None for look in (*looks, shared.others))
            and not tables_read_again(prepared, systems, found, plan)
        ):
            night.keep(found, plan)
            if not shown_only:
                session.left = doubting.left_after(plan, found.evidence)
            return with_observations(plan, found), found
    return None


@contextmanager
def _remembering_leavers(
    session: RunSession,
) -> Iterator[Callable[[Policy, Sequence[AnySourceRow], KeyTally], None]]:
    """If the block is refused, note in the session who leaves by the rows that it was given.

    People who may have left count too, unless the source lacks the key that would say so.
    """
    read: list[tuple[Policy, Sequence[AnySourceRow], KeyTally]] = []
    try:
        yield lambda *each: read.append(each)
    except (Refused, ConnectorError):
        session.leaving = frozenset(
            row.source_id
            for policy, rows, tally in read
            for row in one_per_person(policy, rows).rows
            if isinstance(row, SourceRow)
            and perhaps_left(policy, row)
            and (row.leaver or tally.tells_who_left())
        )
        raise


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


def _planned(prepared: PreparedRun, found: EvaluatedInputs, seal: Seal, header: Header) -> Plan:
    with step("plan") as planning:
        made = plan_rows(
            found.answers.noted(found.program),
            RowsToPlan(found.source, found.target, found.evidence, found.passed_over),
            seal=seal,
            header=header,
        )
        kinds = {kind: count for kind, count in sorted(made.counts().items()) if count}
        planning.note(actions=len(made.actions), **kinds)
        return _with_names(_with_keyless(made, found), prepared, found)


def _with_names(plan: Plan, prepared: PreparedRun, found: ReadInputs | EvaluatedInputs) -> Plan:
    """Return a plan that knows the names of the looked-up values in its changes."""
    code = prepared.compiled.code
    if not code.references:
        return plan
    fields = (*code.fields, *code.leaving)
    values: dict[str, list[object]] = {each.rule.path: [] for each in fields if each.lookup}
    for action in plan.actions:
        for change in action.changes:
            if change.field in values:
                values[change.field] += change.before, change.after
    names = names_by_field(code, found.references, found.program.context, values)
    return replace(plan, names=names) if names else plan


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
    """Return what the guards say about a plan, given what was done in the days before.

    Actions that wait, by `memory`, are not sent and not counted. `resuming` is the run being
    resumed, whose actions are in the plan already.
    """
    history = _recent_runs(session, plan, resuming)
    return judge(plan, session.prepared.guards, history, memory.postponed)


def _recent_runs(session: RunSession, plan: Plan, resuming: int | None) -> RecentRuns:
    journal, name = session.past, session.past_name
    if journal is None:
        return RecentRuns()
    # The plan's own instant, not the clock: a verdict can be reached again later.
    since = instant_text(parse_instant(plan.as_of) - WINDOW)
    done = journal.done_since(name, since, but_not=resuming)
    stated, valued = journal.last_stated(name), journal.last_valued(name)
    from oneway.history.journal.side_effects import side_effects

    changed = side_effects(journal, name)
    return RecentRuns(done, *journal.last_sizes(name), stated, valued, changed)


def load_memory(session: RunSession, plan: Plan, *, retry_now: bool = False) -> Memory:
    """Return what earlier runs say about a plan; with `retry_now`, no action waits."""
    journal, name, seal = session.past, session.past_name, session.seal
    if journal is None:
        return Memory(zone=session.prepared.zone)
    failures = journal.failures(name, session.prepared.zone)
    found = refusals(plan, failures, seal, retry_now=retry_now)
    flapping = find_flapping(plan, journal.written(name), seal)
    before = tuple(discrepancies_before(journal, name))
    return Memory(found, flapping, before, session.prepared.zone)


def _header(
    prepared: PreparedRun, found: ReadInputs | EvaluatedInputs, seal: Seal, left_out: int,
    remarks: tuple[Reason, ...] = (),
) -> Header:  # fmt: skip
    request = prepared.request
    stated = {role: tally.counts() for role, tally in found.tallies.items()}
    unread = {role: tally.unread for role, tally in found.tallies.items()}
    valued = {role: tally.valued() for role, tally in found.tallies.items()}
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
                valued.get(f"references.{name}", {}),
            )
            for name, each in found.references.items()
        ),
        allowed=request.allowed,
        engine=__version__,
        stated={role: stated[role] for role in ("source", "target") if role in stated},
        unread={role: unread[role] for role in ("source", "target") if role in unread},
        valued={role: valued[role] for role in ("source", "target") if role in valued},
        left_out=left_out,
        remarks=(*remarks_on(prepared.spec), *remarks),
    )
