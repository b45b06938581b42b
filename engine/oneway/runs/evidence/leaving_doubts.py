"""Decides who stays in the list of people who have left and can still get in, and why.

A listed person stays listed until the target says that they cannot get in, or the source says that
they stay. Nothing else takes them off: not a missing record, value or word, not a missing part of
the mapping, and not a run that reads something else. If values that decide about leaving are gone,
the source does not count as saying that anyone stays. A person whose access this sync ended is
listed again if their record gives access, not only until a day to come, and the source no longer
has theirs.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from typing import TYPE_CHECKING

from oneway.core.dataclass import dataclass
from oneway.core.paths import path_of
from oneway.history.name_digests import NameDigests
from oneway.mapping.packed_rows import ids_of, others_of
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.rows import SourceRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.mapping.spec import GuardKind
from oneway.planning.breach import key_of, words_of
from oneway.planning.guards import gone
from oneway.planning.leaving_doubts import (
    ALL_LEFT,
    ELSEWHERE,
    UNASKED,
    doubted,
    let_in,
    passed_on,
    regained,
    since_when,
    unanswered,
    unanswered_return,
    unstated,
    vanished,
)
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.listed_before import Records
from oneway.planning.plan import Outcome, Plan, Quiet, Reason, Verb
from oneway.planning.plan_inputs import Allowance, Read
from oneway.planning.planner import Header
from oneway.planning.said_left import (
    NOBODY_LEFT,
    SaidLeft,
)
from oneway.planning.similar.record_marks import RecordMarks
from oneway.runs.evidence.ended_access import EndedAccess
from oneway.runs.evidence.passed_on import IdsPassedOn
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.evidence.said_left import NotedLeavers, no_examples
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.read import EvaluatedInputs

if TYPE_CHECKING:
    from oneway.history.journal import Journal


@dataclass(frozen=True, slots=True)
class LeavingDoubts:
    """What is known about the people who were listed, and links whose source records are gone.

    `rows` are the rows of people who were listed, or all rows. `targets` are all target records
    that were read; if nobody was listed, only those of `unlisted`. With `in_part`, some pairs were
    not read, and are in order. `again` are records that give access to people who had left.
    """

    prepared: PreparedRun
    remembered: Remembered
    unlisted: Sequence[Link]
    rows: Sequence[AnySourceRow]
    targets: Sequence[AnyTargetRow]
    words: StayingWords | None
    journal: "Journal | None"
    names: NameDigests
    marks: RecordMarks
    in_part: bool = False
    again: Records = field(default_factory=dict)

    @property
    def _ended(self) -> EndedAccess:
        return EndedAccess(
            self.prepared,
            self.remembered,
            unlisted=self.unlisted,
            rows=self.rows,
            targets=self.targets,
            journal=self.journal,
        )

    @property
    def _passed_on(self) -> IdsPassedOn:
        policy = self.prepared.compiled.code.policy
        return IdsPassedOn(policy, self.remembered, self.rows, self.targets, self.names)

    @property
    def _leavers(self) -> set[str]:
        return {row.source_id for row in others_of(self.rows) if row.leaver}

    def left_after(self, plan: Plan, evidence: LinkEvidence) -> SaidLeft | None:
        """Return the people who have left by the source, stored for the next run."""
        noted = NotedLeavers(
            self.prepared,
            self.remembered,
            rows=self.rows,
            targets=self.targets,
            words=self.words,
            marks=self.marks,
            ended=self._ended,
            in_part=self.in_part,
        )
        return noted.after(plan, evidence)

    def evidence(
        self,
        evidence: LinkEvidence,
        header: Header,
        tallies: Mapping[str, KeyTally],
        shown: Collection[str],
    ) -> LinkEvidence:
        """Return the evidence, with the people who may have left after all.

        `shown` are the source records that were read, by id.
        """
        closed = self._ended.closed(evidence)
        if closed:
            evidence = replace(evidence, unseen=evidence.unseen - closed, closed=closed)
        again = self._ended.open_again()
        if not again:
            return self._evidence(evidence, header, tallies, shown)
        left = self.remembered.left or NOBODY_LEFT
        anew = {id: whose - self.remembered.still_in for id, whose in again.items()}
        listing = replace(self, remembered=self.remembered.recalling(again), again=anew)
        evidence = replace(
            evidence,
            before=listing.remembered.before,
            unasked=evidence.unasked - left.back,
            open_again=frozenset(again.keys() - self.remembered.before.keys()),
        )
        return listing._evidence(evidence, header, tallies, shown)

    def _evidence(
        self,
        evidence: LinkEvidence,
        header: Header,
        tallies: Mapping[str, KeyTally],
        shown: Collection[str],
    ) -> LinkEvidence:
        still_in, listed = self.remembered.still_in, self.remembered.listed
        ended = self._ended
        before = bool(evidence.before)
        back = {**regained(ended.regained()), **let_in(ended.let_in())}
        others = self._passed_on.rows(evidence.table, {each.guard for each in header.allowed})
        passed = passed_on({source: unlike for (source, _), unlike in others.items()})
        said = {id: why for id, why in passed.items() if id in still_in}
        all_left = (before or bool(still_in)) and self._all_left(shown)
        gone = self._gone(header, tallies) if before or still_in else ()
        why_none, unclear = self._why_none(), self._decides(gone)
        if still_in:
            leavers, inconclusive = self._leavers, self._inconclusive()
            said |= unanswered({id: why for id, why in inconclusive.items() if id not in leavers})
            said |= vanished(still_in - back.keys(), shown)
            said |= doubted(still_in - (set() if unclear else self._staying()), gone)
            if all_left:
                said |= dict.fromkeys(still_in, ALL_LEFT)
            if why_none:
                said |= dict.fromkeys(still_in - leavers, why_none)
        if before:
            evidence = replace(
                evidence, source_unclear=bool(why_none) or unclear, all_left=all_left
            )
        evidence = replace(evidence, ended=ended.of_present(shown)) if shown else evidence
        seen, left = self.remembered.seen_leaving, frozenset[str]().union(*self.again.values())
        doubts = {**back, **passed, **since_when(said, seen, left)}
        if not doubts:
            return evidence
        theirs = {id: min(whose) for id, whose in listed.items() if whose.isdisjoint(shown)}
        theirs |= {id: source for source, id in others}
        others_by_now = frozenset(passed)
        return replace(
            evidence, doubted=doubts, listed=theirs, passed_on=others_by_now, all_left=all_left
        )

    def returns(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with the people who are not clearly back; None if there are none.

        Checks the people whose account the plan would reactivate.
        """
        inconclusive = self.inconclusive(plan, found.source.items, found.tallies["source"])
        if not inconclusive:
            return None
        return replace(found, evidence=replace(found.evidence, inconclusive=inconclusive))

    def taken_over(self, found: EvaluatedInputs, plan: Plan) -> EvaluatedInputs | None:
        """Return the inputs with doubts about people who hold a record that was listed for others.

        The row of a listed person may have a new id, or had none. Returns None if all of these
        people clearly stay.
        """
        inconclusive = self._not_staying(found.evidence, plan)
        if not inconclusive:
            return None
        doubts = {**found.evidence.doubted, **since_when(unanswered(inconclusive), (), ())}
        return replace(found, evidence=replace(found.evidence, doubted=doubts))

    def _not_staying(self, evidence: LinkEvidence, plan: Plan) -> Mapping[str, str]:
        """Return why people with a record that was listed for others do not clearly stay."""
        before = evidence.before
        if not before or self.words is None:
            return {}
        singly = (each for each in plan.runs if isinstance(each, Outcome | Quiet))
        pairs = ((each.source_id, before.get(each.target_id or "")) for each in singly)
        asked = {id for id, whose in pairs if id and whose is not None and id not in whose}
        leavers = self._leavers if asked else set[str]()
        asked -= leavers
        return self.words.inconclusive(leavers.union(no_examples(plan)), asked) if asked else {}

    def inconclusive(
        self, plan: Plan, rows: Iterable[AnySourceRow], tally: KeyTally
    ) -> Mapping[str, Reason]:
        """Return why people whom a plan would reactivate are not clearly back in the source.

        The key or value that said that they have left may be gone from the source; that alone
        brings nobody back. A leaver who is back until a later day has that day.
        """
        back = {each.source_id for each in plan.actions if each.verb is Verb.REACTIVATE}
        if not back or self.words is None:
            return {}
        leavers = {row.source_id for row in rows if row.leaver}
        asked = {each for each in back if each is not None} - leavers
        for key, had in self._gone_by_now(tally, plan.allowed):
            return dict.fromkeys(asked, unstated(key, had))
        inconclusive = self.words.inconclusive(leavers.union(no_examples(plan)), asked)
        return {id: unanswered_return(why) for id, why in inconclusive.items()}

    def _gone_by_now(
        self, tally: KeyTally, allowed: Iterable[Allowance]
    ) -> Iterator[tuple[str, int]]:
        """Yield the keys that say who has left and that no record has any more, and how many had.

        Skips keys whose loss a human has allowed.
        """
        _, before = self.remembered.recent.stated.get("source", (0, {}))
        accepted = {each.guard: each.ceiling for each in allowed}
        for key in tally.unstated():
            had = before.get(key, 0)
            if had > accepted.get(f"{GuardKind.KEYS_GONE.value}.source.{key}", 0):
                yield key, had

    def _why_none(self) -> str:
        """Return why the source's answers do not count in this run; blank if they do."""
        if self.prepared.compiled.code.leaver is None:
            return UNASKED
        if self.prepared.reads_elsewhere:
            return ELSEWHERE
        return ""

    def _gone(self, header: Header, tallies: Mapping[str, KeyTally]) -> Sequence[str]:
        reads = [*header.references]
        for name in ("source", "target"):
            tally = tallies[name]
            records, left = tally.records + tally.unread, header.left_out if name == "source" else 0
            counts = (tally.counts(), tally.unread, tally.valued(), left)
            reads.append(Read(name, records, True, (), "", *counts))
        return gone(reads, self.prepared.guards, self.remembered.recent, header.allowed)

    def _decides(self, gone: Iterable[str]) -> bool:
        """Return whether any of these keys decides who people are, or whether they have left."""
        code = self.prepared.compiled.code
        one_per = code.one_per.expressions if code.one_per is not None else ()
        keys = (each.expression for each in code.match_source)
        asked = {
            "source": (code.leaver, *code.only, *one_per, *keys),
            "target": (code.left, code.scheduled, *code.match_target),
        }
        for role, counted in map(key_of, gone):
            key, _ = words_of(counted)
            paths = {path_of(key), path_of(key.partition("[]")[0])}
            if any(each is not None and each.reads_any(paths) for each in asked.get(role, ())):
                return True
        return False

    def _staying(self) -> AbstractSet[str]:
        """Return the people who clearly have not left according to the source."""
        return {*ids_of(self.rows)} - {
            row.source_id
            for row in others_of(self.rows)
            if isinstance(row, SourceRow) and (row.leaver or row.may_have_left or row.outside)
        }

    def _inconclusive(self) -> Mapping[str, str]:
        if self.words is None:
            return {}
        left = {each.target_id for each in others_of(self.targets) if each.left}
        pairs = self.remembered.evidence.table.pairs
        found = self.words.inconclusive({source for source, target in pairs if target in left})
        before, still_in = self.remembered.before, self.remembered.still_in
        asked = still_in.union(source for source, target in pairs if target in before)
        fresh = frozenset[str]().union(*self.again.values())
        if fresh:  # known only once the source has been read
            found = {**self.words.inconclusive((), fresh), **found}
        return {id: why for id, why in found.items() if id in asked}

    def _all_left(self, shown: Collection[str]) -> bool:
        """Return whether all target records count as left since the mapping changed.

        Even a person who stays counts as left then: the mapping is wrong, not the system.
        """
        if self.remembered.mapping == self.prepared.spec.digest:
            return False
        if self.in_part or not self.targets or not all(each.left for each in self.targets):
            return False
        there = {*ids_of(self.targets)}
        pairs, still_in = self.remembered.evidence.table.pairs, self.remembered.still_in
        return any(
            target in there and source in shown and source not in still_in
            for source, target in pairs
        )
