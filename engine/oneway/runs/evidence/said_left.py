"""Notes for the next run who has left by the source, and what their records showed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.mapping.has_left import leaves_on
from oneway.mapping.packed_rows import ids_of, others_of, with_ids
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, whole_target
from oneway.planning.diff import perhaps_left
from oneway.planning.links import LinkEvidence
from oneway.planning.plan import Kind, Plan
from oneway.planning.said_left import (
    SaidLeft,
    SaidNow,
    listed_in,
    unsettled_in,
    with_owners,
    writing_in,
)
from oneway.planning.similar.record_marks import RecordMarks
from oneway.runs.evidence.ended_access import EndedAccess
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.prepare.prepared import PreparedRun


@dataclass(frozen=True, slots=True)
class NotedLeavers:
    """Adds a run's leavers to what is remembered of earlier ones."""

    prepared: PreparedRun
    remembered: Remembered
    rows: Sequence[AnySourceRow]
    targets: Sequence[AnyTargetRow]
    words: StayingWords | None
    marks: RecordMarks
    ended: EndedAccess
    in_part: bool

    def after(self, plan: Plan, evidence: LinkEvidence) -> SaidLeft | None:
        """Return the people who have left by the source, stored for the next run."""
        before, code = self.remembered.left, self.prepared.compiled.code
        if code.leaver is None:
            return before
        links = self.remembered.evidence.targets
        if before is None:  # an older version stored only the leaves that it wrote
            before = SaidLeft(with_owners(self.ended.by_sync(), links))
        rows = (each for each in others_of(self.rows) if isinstance(each, SourceRow))
        leavers = {row.source_id: self._day_of(row) for row in rows if row.leaver}
        asked = self.remembered.asked
        if self.words is not None:
            back = before.matched_in(plan) - asked
            asked |= back - self.words.inconclusive(leavers.keys(), back).keys() if back else back
        stayed = self._stayed(before.later.keys() - leavers.keys(), leavers)
        found = before.after(plan, evidence, SaidNow(leavers, stayed, asked))
        found = self._with_marks(found, {*evidence.before, *listed_in(plan)})
        if self.remembered.left is not None:  # the first run cannot know when they left
            today, gone = self.prepared.context.today, found.people - found.later.keys()
            since = {id: on for id in gone if (on := before.left_on(id, today))}
            found = replace(found, since=since)
        found = self._with_closed(found, plan, evidence)
        unsettled, writing = unsettled_in(plan, leavers, links), writing_in(plan, leavers)
        found = replace(found, unsettled=unsettled, writing=writing)
        if self.words is None or self.in_part:
            return found
        out = no_examples(plan, but=(Kind.CREATE, Kind.INELIGIBLE, Kind.IGNORED))
        return replace(found, words=self.words.of_people_who_stay({*leavers, *out}))

    def _stayed(self, later: AbstractSet[str], leavers: Collection[str]) -> Mapping[str, bool]:
        """Return whether each of these people clearly stays; only those who are in the source."""
        here = later & {*ids_of(self.rows)} if later else later
        asked = here & self.remembered.asked if self.words is not None else frozenset[str]()
        inconclusive = (
            self.words.inconclusive(leavers, asked) if self.words is not None and asked else {}
        )
        return {id: id in asked and id not in inconclusive for id in here}

    def _day_of(self, row: SourceRow) -> str:
        """Return the digest of a leaver's last day if it is still to come; "" if it is unknown."""
        code, context = self.prepared.compiled.code, self.prepared.context
        if perhaps_left(code.policy, row):
            return ""
        day = leaves_on(code, context, TargetRow("", "", ()), row.leaving)
        return self.marks.of_day(row.source_id, day) if day is not None else ""

    def _with_marks(self, left: SaidLeft, listed: Collection[str]) -> SaidLeft:
        """Return what is remembered, with the marks of its records and of the `listed` ones."""
        wanted = left.records.keys() | listed
        marks = {id: each for id, each in left.marks.items() if id in wanted}
        fresh = wanted - marks.keys()
        rows = map(whole_target, with_ids(self.targets, fresh)) if fresh else ()
        marks |= {each.target_id: self.marks.of(each) for each in rows}
        gone = frozenset(wanted.difference(ids_of(self.targets)) if wanted else ())
        gone = left.gone & gone if self.in_part else gone
        return replace(left, marks=marks, gone=gone, day=str(self.prepared.context.today))

    def _with_closed(self, left: SaidLeft, plan: Plan, evidence: LinkEvidence) -> SaidLeft:
        """Return what is remembered, with the records that give no access as far as is known.

        Those that this run shows say so themselves, unless the plan lists them, or unless all
        records seem to have left.
        """
        rows = (each for each in others_of(self.targets) if each.target_id in left.records)
        shown = {each.target_id: whole_target(each) for each in rows}
        judged = {} if evidence.all_left else shown
        out = {id for id, each in judged.items() if each.left}
        before = left.closed or frozenset()
        # A read of what has changed passes over records that are as they were.
        passed_over = before - shown.keys() - evidence.unseen if self.in_part else frozenset()
        found = (out | evidence.closed | passed_over) - listed_in(plan)
        confirmed = self.ended.confirmed(evidence.unseen, evidence) & left.writing.keys()
        holding = {**left.holding, **{id: left.writing[id] for id in confirmed}}
        holding = {id: on for id, on in holding.items() if id not in shown}
        code, context = self.prepared.compiled.code, self.prepared.context
        for id in judged.keys() - out:
            if (on := leaves_on(code, context, judged[id])) is not None:
                holding[id] = self.marks.of_day(id, on)
        holding = {id: on for id, on in holding.items() if id in left.records}
        return replace(left, closed=frozenset(found & left.records.keys()), holding=holding)


def no_examples(plan: Plan, *, but: Collection[Kind] = ()) -> Iterator[str]:
    """Yield the source records of people who are no examples of those who stay.

    Their record says that they have left, they can still get in after leaving, or they do not sync.
    """
    stay = (Kind.UPDATE, Kind.UNCHANGED, *but)
    for each in plan.notable:
        if each.source_id is not None and (each.has_access or each.kind not in stay):
            yield each.source_id
