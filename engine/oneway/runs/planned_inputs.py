"""The plan of a run's inputs, together with what earlier runs say of their people."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeAlias

from oneway import __version__
from oneway.core.dataclass import dataclass
from oneway.core.seal import Seal
from oneway.core.telemetry import step
from oneway.mapping.lookup_table import LookupTable
from oneway.mapping.packed_rows import ids_of
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.short_rows import AnyTargetRow
from oneway.mapping.value_names import names_by_field
from oneway.planning.leaving_doubts import left_out
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.plan import Plan, Reason
from oneway.planning.plan_inputs import Read
from oneway.planning.planner import Header, RowsToPlan, plan_rows
from oneway.planning.similar.record_marks import RecordMarks
from oneway.runs.evidence.leaving_doubts import LeavingDoubts
from oneway.runs.evidence.pending_creates import unseen_creates, with_pending
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.evidence.renumbered import renumbered
from oneway.runs.open_questions import remarks_on
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import instant_text
from oneway.runs.read import EvaluatedInputs, ReadInputs, table_digest
from oneway.runs.session import RunSession

Look: TypeAlias = Callable[[EvaluatedInputs, Plan], EvaluatedInputs | None]
"""A closer look at the inputs of a plan: returns them with what it found, None if nothing."""


@dataclass(frozen=True, slots=True)
class PlannedInputs:
    """The inputs of a run, their plan, and what is in doubt about people who have left."""

    session: RunSession
    found: EvaluatedInputs
    header: Header
    doubting: LeavingDoubts
    plan: Plan

    def after(self, look: Look) -> "PlannedInputs":
        """Return the same after a closer look, planned again if that found anything."""
        again = look(self.found, self.plan)
        if again is None:
            return self
        return replace(self, found=again, plan=_planned(self.session, again, self.header))

    def note_leavers(self) -> None:
        """Note in the session who has left by the source, for the next run."""
        self.session.left = self.doubting.left_after(self.plan, self.found.evidence)


def planned_inputs(
    session: RunSession, found: EvaluatedInputs, remembered: Remembered
) -> PlannedInputs:
    """Plan inputs for the first time, with what earlier runs remember of their people."""
    found, header, doubting = _doubted(session, found, remembered)
    return PlannedInputs(session, found, header, doubting, _planned(session, found, header))


def _doubted(
    session: RunSession, found: EvaluatedInputs, remembered: Remembered
) -> tuple[EvaluatedInputs, Header, LeavingDoubts]:
    """Return the inputs with evidence of doubts, the header of their plan, and the doubts."""
    prepared = session.prepared
    shown: set[str] = set()
    if remembered.links or remembered.still_in or remembered.creates:
        shown, _ = found.passed_over.linking()
        shown.update(ids_of(found.source.items))
    unlisted, targets = _unlisted(remembered, shown), found.target.items
    lost = _left_out(remembered, unlisted, targets)
    header = header_of(prepared, found, session.seal, lost, remembered.remarks)
    sources, words, in_part = found.source.items, found.words, bool(found.passed_over)
    recall_words(words, session.seal, remembered)
    marks = RecordMarks(session.seal, found.program.policy)
    today, known = prepared.context.today, found.evidence
    remembered, known = renumbered(remembered, known, targets, marks, today)
    doubting = LeavingDoubts(
        prepared,
        remembered,
        unlisted=unlisted,
        rows=sources,
        targets=targets,
        words=words,
        journal=session.past,
        names=session.names,
        marks=marks,
        in_part=in_part,
    )
    evidence = doubting.evidence(known, header, found.tallies, shown)
    evidence = _with_pending(session, found, remembered, evidence)
    return replace(found, evidence=evidence), header, doubting


def recall_words(words: StayingWords | None, seal: Seal, remembered: Remembered) -> None:
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


def _planned(session: RunSession, found: EvaluatedInputs, header: Header) -> Plan:
    with step("plan") as planning:
        made = plan_rows(
            found.answers.noted(found.program),
            RowsToPlan(found.source, found.target, found.evidence, found.passed_over),
            seal=session.seal,
            header=header,
        )
        kinds = {kind: count for kind, count in sorted(made.counts().items()) if count}
        planning.note(actions=len(made.actions), **kinds)
        return with_tables(made, session.prepared, found)


def with_tables(plan: Plan, prepared: PreparedRun, found: ReadInputs | EvaluatedInputs) -> Plan:
    """Return a plan with what its lookup tables say: names of values, and records without a key."""
    return _with_names(_with_keyless(plan, found), prepared, found)


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


def header_of(
    prepared: PreparedRun, found: ReadInputs | EvaluatedInputs, seal: Seal, left_out: int,
    remarks: tuple[Reason, ...] = (),
) -> Header:  # fmt: skip
    """Return what a plan says of its run: the mapping, the settings, and each input."""
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
