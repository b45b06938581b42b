"""Plans a run: reads the inputs, plans them, looks closer, and plans again.

    evaluate_inputs ─planned_inputs→ PlannedInputs ─after each look→ PlannedInputs ─→ Plan

A look asks the systems or the store about people of the first plan: whether a record that a list
lacks is there after all, or whether another connection employs somebody.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from oneway.core.connector_errors import ConnectorError
from oneway.core.diagnostics import Refused
from oneway.core.progress import Progress, silent
from oneway.core.seal import Seal
from oneway.history.name_digests import NameDigests
from oneway.mapping.policy import Policy
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.rows import SourceRow
from oneway.mapping.short_rows import AnySourceRow
from oneway.planning.diff import perhaps_left
from oneway.planning.links import NO_LINKS
from oneway.planning.one_per_person import one_per_person
from oneway.planning.plan import Plan
from oneway.planning.planner import plan
from oneway.planning.similar.record_marks import RecordMarks
from oneway.runs.evidence.leaving_doubts import LeavingDoubts
from oneway.runs.evidence.missing_records import MissingRecords
from oneway.runs.evidence.missing_rows import tables_read_again
from oneway.runs.evidence.observations import with_observations
from oneway.runs.evidence.remembered import NOTHING_REMEMBERED, Remembered
from oneway.runs.evidence.shared_target import SharedTarget
from oneway.runs.not_collecting import not_collecting
from oneway.runs.past.moved_target import moved_target
from oneway.runs.past.whose_history import refuse_anothers, refuse_left_behind
from oneway.runs.planned_inputs import (
    Look,
    PlannedInputs,
    header_of,
    planned_inputs,
    recall_words,
    with_tables,
)
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import (
    NOTHING_KNOWN,
    EvaluatedInputs,
    Known,
    ReadInputs,
    evaluate_inputs,
    staying_words,
)
from oneway.runs.session import RunSession


def plan_of(prepared: PreparedRun, reading: ReadInputs, seal: Seal) -> Plan:
    """Return the plan of what was read, as if there had been no run before."""
    program, source, target = reading.program, reading.source, reading.target
    shown = {each.id for each in source.records}
    header = header_of(prepared, reading, seal, 0)
    words = staying_words(prepared, program, ())
    recall_words(words, seal, NOTHING_REMEMBERED)
    if words is not None:
        for each in source.records:
            words.note(each)
    names = NameDigests(seal, prepared.compiled.code.label)
    marks = RecordMarks(seal, program.policy)
    doubting = LeavingDoubts(
        prepared,
        NOTHING_REMEMBERED,
        unlisted=(),
        rows=(),
        targets=(),
        words=words,
        journal=None,
        names=names,
        marks=marks,
    )
    evidence = doubting.evidence(NO_LINKS, header, reading.tallies, shown)
    made = plan(program, source, target, seal=seal, header=header, evidence=evidence)
    everybody = map(program.source_row, source.records)
    inconclusive = doubting.inconclusive(made, everybody, reading.tallies["source"])
    if inconclusive:
        evidence = replace(evidence, inconclusive=inconclusive)
        made = plan(program, source, target, seal=seal, header=header, evidence=evidence)
    return with_tables(made, prepared, reading)


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
    so the leavers of the source are not noted for the next run. `known` are inputs that
    need not be read.
    """
    refuse_left_behind(session)
    prepared, systems = session.prepared, session.systems
    with not_collecting(), _remembering_leavers(session) as seen:
        in_part = session.only_changed and not whole
        if in_part and (changed := _of_the_changed(session, progress, remembered, shown_only)):
            return changed
        missing = MissingRecords(prepared, systems)
        read = partial(evaluate_inputs, prepared, systems, progress, capture=capture, seen=seen)

        def first_plan(known: Known) -> PlannedInputs:
            found = missing.linked(read(known=known, listed=remembered.asked), remembered)
            refuse_anothers(session, found, remembered)
            return planned_inputs(session, found, remembered)

        made = first_plan(known)
        if tables := tables_read_again(prepared, systems, made.found, made.plan):
            made = first_plan({**known, **tables})
        for look in (missing.leavers, *_looks(missing, made)):
            made = made.after(look)
        if not shown_only:
            made.note_leavers()
        plan = with_observations(made.plan, made.found)
        moved = tuple(moved_target(session, plan, remembered.evidence.table))
        return replace(plan, noticed=(*moved, *plan.noticed)), made.found


def _looks(missing: MissingRecords, made: PlannedInputs) -> Iterator[Look]:
    """Yield the closer looks that every plan needs, in order."""
    yield from (missing.owners, missing.absent)
    yield from (made.doubting.taken_over, made.doubting.returns)
    yield SharedTarget(made.session).others


def _of_the_changed(
    session: RunSession, progress: Progress, remembered: Remembered, shown_only: bool
) -> tuple[Plan, EvaluatedInputs] | None:
    """Do the same as `plan_run` without reading unchanged records; None if all must be read.

    All must be read if a system has records that its list does not show, which are requested one by
    one.
    """
    # Few connections ask for it.
    from oneway.runs.incremental.incremental_read import IncrementalRead

    night = IncrementalRead(session)
    read = night.evaluated(remembered, progress)
    remembered = night.remembered
    if read is None:
        return None
    missing = MissingRecords(session.prepared, session.systems)
    found = missing.linked(read, remembered)
    if found.passed_over and found.words is not None and found.words.inconclusive(()):
        return None  # only all records show which words there are
    made = planned_inputs(session, found, remembered)
    found, plan = made.found, made.plan
    if len(found.target.items) != len(read.target.items):
        return None
    if any(look(found, plan) is not None for look in _looks(missing, made)):
        return None
    if tables_read_again(session.prepared, session.systems, found, plan):
        return None
    night.keep(found, plan)
    if not shown_only:
        made.note_leavers()
    return with_observations(plan, found), found


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
