"""Plans: a pure function from a program and two snapshots to a plan.

source_row, target_row   each record, evaluated by the mapping
one_per_person           which of several records of a person stands for the person
screen                   the rows that need planning; the others are unchanged
match                    who is whom, by match keys
reconcile                the same, by the links of earlier runs; doubtful matches are conflicts
hold_near_duplicates     who may be in the source twice, under two forms of one key
hold_who_came_back       leavers who may be employed under another key
hold_tied                people of whom several records might count
Drafter                  the outcome of each record by itself
grant_claims             who gets a value that only one record may hold
resolve_own_lookups      references to people of the target
still_listed             who may still get in, though no action of their own shows it
with_better_matches      which records fit somebody better than their match
Assembler                outcomes, sealed and sorted
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial

from oneway.core.dataclass import dataclass
from oneway.core.records import Collected, Snapshot, Value
from oneway.core.seal import Seal
from oneway.mapping.policy import Policy
from oneway.mapping.program import Program
from oneway.mapping.rows import Missed, SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.absent import absent
from oneway.planning.access_in_doubt import (
    expected,
    mark_doubted,
    mark_reopened,
    mark_returning,
    remembered_records,
    without_leaving,
)
from oneway.planning.assemble import Assembler
from oneway.planning.better_matches import BetterMatches, perhaps_there, with_better_matches
from oneway.planning.diff import perhaps_left
from oneway.planning.draft import Draft
from oneway.planning.leaving import LeaveAndReturn
from oneway.planning.links import NO_LINKS, LinkEvidence, let_through
from oneway.planning.listed_before import still_listed
from oneway.planning.match import Match, MatchedRows, match, targets_by_readable_keys
from oneway.planning.one_per_person import (
    ANOTHER,
    ChosenRows,
    OtherRecords,
    hold_tied,
    one_per_person,
)
from oneway.planning.outcomes import Drafter, silent
from oneway.planning.own_lookups import resolve_own_lookups
from oneway.planning.plan import EARLIER_RUNS, KeyCount, Kind, Miss, Plan, Reason
from oneway.planning.plan_inputs import Allowance, PlanConnection, PlanInput, Read
from oneway.planning.plan_order import in_order
from oneway.planning.possible_records import PossibleRecords
from oneway.planning.quiet_outcomes import NOT_PASSED, PassedOver
from oneway.planning.reconcile import reconcile
from oneway.planning.returns import Returns
from oneway.planning.screen import screen
from oneway.planning.shared_records import SharedRecords
from oneway.planning.similar.came_back import hold_who_came_back
from oneway.planning.similar.near_duplicates import hold_near_duplicates
from oneway.planning.similar.near_misses import likely_targets, near_misses
from oneway.planning.similar.second_records import second_records
from oneway.planning.uniqueness import GrantedClaims, grant_claims
from oneway.planning.unseen_by_keys import is_unnamed, unseen_by_keys, unshown_keys
from oneway.planning.updates import Updates, contested


@dataclass(frozen=True, slots=True)
class Header:
    """The parts of a plan that do not depend on records."""

    mapping_file: str
    mapping_digest: str
    as_of: str
    settings: Mapping[str, Value]
    inputs: Mapping[str, PlanInput]
    connection: PlanConnection | None = None
    references: tuple[Read, ...] = ()
    allowed: tuple[Allowance, ...] = ()
    engine: str = ""
    stated: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """How many records of "source" and "target" have each key that the mapping reads."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """How many records of "source" and "target" could not be read."""
    valued: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """How many records of "source" and "target" have a value in each key that must not lose it."""
    left_out: int = 0
    """See `Read.left_out`; of the source alone."""
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """See `Plan.names`; set if a plan is evaluated again."""
    remarks: tuple[Reason, ...] = ()
    """See `Plan.remarks`."""


def plan(
    program: Program,
    source: Snapshot,
    target: Snapshot,
    *,
    seal: Seal,
    header: Header,
    evidence: LinkEvidence = NO_LINKS,
) -> Plan:
    """Return the plan that makes the target match the source.

    The ids within each snapshot must be unique. The order of records makes no difference, and
    equal arguments give equal plans. `evidence` is what earlier runs remember of links.
    """
    rows = Collected(
        tuple(map(program.source_row, source.records)), source.complete, source.problems
    )
    targets = Collected(
        tuple(map(program.target_row, target.records)), target.complete, target.problems
    )
    return plan_rows(program, RowsToPlan(rows, targets, evidence), seal=seal, header=header)


@dataclass(frozen=True, slots=True)
class RowsToPlan:
    """The rows of both sides, and what earlier runs know about their records.

    `passed_over` are quiet pairs that were not read, because nothing about them has changed.
    """

    source: Collected[AnySourceRow]
    target: Collected[AnyTargetRow]
    evidence: LinkEvidence = NO_LINKS
    passed_over: PassedOver = NOT_PASSED


def plan_rows(program: Program, rows: RowsToPlan, *, seal: Seal, header: Header) -> Plan:
    """Return the plan for rows, as `plan` does for records."""
    return _Planner(program, rows, header).plan(seal)


class _Planner:
    """Makes one plan from rows: a method for each stage."""

    def __init__(self, program: Program, given: RowsToPlan, header: Header) -> None:
        self.program, self.policy, self.header = program, program.policy, header
        self.source, self.target, self.passed_over = given.source, given.target, given.passed_over
        self.chosen = one_per_person(self.policy, given.source.items)
        self.known = given.evidence
        self.evidence = self.chosen.evidence(given.evidence)
        rows, targets = self.chosen.rows, given.target.items
        screened = screen(self.policy, rows, targets, self.evidence, header.allowed)
        self.quiet = screened.quiet
        # In an order that does not depend on that of reading.
        self.rows = sorted(screened.rows, key=lambda row: (row.key, row.source_id))
        self.targets = sorted(screened.targets, key=lambda each: each.target_id)
        self.shared = SharedRecords(self.policy, self.evidence)
        self.linked = self.evidence.linked_among(self.targets)
        self.records = self._matched()
        self.matches = self.records.matches
        self.unseen = unseen_by_keys(self.policy, given.target, self.targets, self.evidence)

    def plan(self, seal: Seal) -> Plan:
        """Return the plan."""
        policy, header, quiet, passed_over = self.policy, self.header, self.quiet, self.passed_over
        drafter, unmatched = self._drafter(), self._unmatched(self._others())
        rows, granted = resolve_own_lookups(
            self.program, self.rows, partial(self._granted, drafter, unmatched)
        )
        better = self._compared(self._listed(granted.drafts, drafter.possible))
        managed = [each for row, each in self.matches.each(rows) if _is_managed(row, each)]
        near = near_misses(replace(self.records, rows=rows), self.evidence.others)
        assembler = Assembler(
            policy,
            seal,
            before=granted.before,
            near=near,
            linked=self.evidence.targets,
            nearer=better.nearer,
            sure=better.sure,
            closer=better.closer,
            perhaps_there=perhaps_there(better.drafts, near, policy),
        )
        return Plan(
            mapping=policy.name,
            mapping_file=header.mapping_file,
            mapping_digest=header.mapping_digest,
            as_of=header.as_of,
            settings=header.settings,
            connection=header.connection,
            engine=header.engine,
            inputs=header.inputs,
            reads=self._reads(),
            managed=len(managed) + len(quiet) + len(passed_over),
            outcomes=in_order(
                assembler, (*better.drafts, *_aside(self.chosen)), quiet, passed_over
            ),
            misses=_misses(rows, self.policy),
            allowed=header.allowed,
            names=header.names,
            matched_by=_matched_by(policy, managed, len(quiet) + len(passed_over)),
            remarks=header.remarks,
        )

    def _matched(self) -> MatchedRows:
        """Match by keys, then by links of earlier runs; hold people who may be there twice."""
        rows, targets, policy = self.rows, self.targets, self.policy
        allowed = let_through(each.guard for each in self.header.allowed)
        matches = match(rows, targets, policy.match_paths)
        found = MatchedRows(
            policy, rows, targets, matches, self.quiet, self.linked, self.passed_over.kinds
        )
        found = replace(found, matches=reconcile(found, self.evidence, allowed))
        matches = hold_near_duplicates(found, allowed)
        matches = hold_who_came_back(matches, rows, policy, allowed)
        return replace(found, matches=hold_tied(matches, rows, self.chosen.tied))

    def _drafter(self) -> Drafter:
        policy, evidence = self.policy, self.evidence
        leaving = LeaveAndReturn(policy, self.program.left_with)
        updates = Updates(policy, contested(policy, self.matches))
        returns = Returns(policy, leaving, updates, evidence.inconclusive, evidence.ended)
        return Drafter(
            policy,
            leaving=leaving,
            updates=updates,
            returns=returns,
            possible=self._possible_records(),
            shared=self.shared,
            silent=silent(policy, self.targets),
            second_look=evidence.second_look,
            linked=evidence.targets,
        )

    def _possible_records(self) -> PossibleRecords:
        hidden_access = any(
            not each.left and is_unnamed(self.policy, each) for each in self.targets
        )
        readable = targets_by_readable_keys(self.rows, self.targets)
        return PossibleRecords(
            self.policy,
            self.shared,
            by_source={**readable, **self._possible(self.records)},
            unseen=self.unseen,
            unseen_access=not self.target.complete or hidden_access,
            pending=self.evidence.pending,
            unshown=self._unshown_keys(),
        )

    def _unshown_keys(self) -> str:
        """Return that no target record shows a match key, if that says nothing about a leaver."""
        stated = self.header.stated.get("target", {})
        return unshown_keys(self.policy, len(self.targets) + len(self.passed_over), stated)

    def _possible(self, records: MatchedRows) -> Mapping[str, Sequence[TargetRow]]:
        """Return the target records that may belong to unmatched leavers, by source id."""
        likely = likely_targets(records)
        known = remembered_records(records, (self.known, self.evidence))
        if not known:
            return likely
        both = {
            id: {each.target_id: each for each in (*likely.get(id, ()), *known.get(id, ()))}
            for id in (*likely, *known)
        }
        return {id: tuple(each.values()) for id, each in both.items()}

    def _others(self) -> OtherRecords:
        """Return the replaced source records that unmatched target records may belong to."""
        records, owned = self.records, self.matches.owned
        left = [row for row, picked in self.chosen.aside if perhaps_left(self.policy, picked)]
        likely: Mapping[str, Sequence[TargetRow]] = {}
        if left:
            free = [each for each in self.targets if each.target_id not in owned]
            likely = self._possible(replace(records, rows=left, targets=free))
        return OtherRecords(records, self.chosen, likely)

    def _unmatched(self, others: OtherRecords) -> Sequence[Draft]:
        """Return the outcomes of unmatched target records, some of which may be a leaver's."""
        second = second_records(self.records, listed=bool(self.evidence.doubted))

        def marked(draft: Draft) -> Draft:
            if draft.target is None:
                return draft
            if draft.access is not None and (decided := self.shared.absent(draft.target)):
                return decided
            reason = second.get(draft.target.target_id) or others.still_in(draft.target)
            if reason is None:
                return draft
            return draft._replace(reasons=(*draft.reasons, reason), has_access=True)

        return list(map(marked, absent(self.program, self.records, self.source, others)))

    def _granted(
        self, drafter: Drafter, unmatched: Sequence[Draft], rows: Sequence[SourceRow]
    ) -> GrantedClaims:
        """Return the outcomes of rows and of unmatched target records, with claims granted."""
        found = (drafter.draft(row, each) for row, each in self.matches.each(rows))
        return grant_claims([*found, *unmatched], self.targets, self.policy, self.evidence.claimed)

    def _listed(self, drafts: Sequence[Draft], possible: PossibleRecords) -> Sequence[Draft]:
        """Mark everyone in the drafts who may still get in."""
        evidence = self.evidence
        named = without_leaving(drafts, self.matches, possible)
        named = mark_reopened(named, self.matches, possible)
        named = (*mark_doubted(self.program, named, evidence, possible), *expected(evidence))
        named = mark_returning(named, evidence)
        return still_listed(self.program, named, self.chosen.aside, evidence)

    def _compared(self, drafts: Sequence[Draft]) -> BetterMatches:
        """Find records that fit people better than their match, and say so in the drafts."""
        return with_better_matches(drafts, self.policy, self.evidence.targets, self.quiet)

    def _reads(self) -> tuple[Read, ...]:
        source, target, header = self.source, self.target, self.header
        passed_over, problems = len(self.passed_over), (*target.problems, *self.unseen)
        found = (
            Read("source", len(source.items) + passed_over, source.complete, source.problems),
            Read("target", len(target.items) + passed_over, not self.unseen, problems),
        )
        one, other = (
            replace(
                each,
                stated=header.stated.get(each.name, {}),
                unread=header.unread.get(each.name, 0),
                valued=header.valued.get(each.name, {}),
                left_out=header.left_out if each.name == "source" else 0,
            )
            for each in found
        )
        return one, other, *header.references


def _aside(chosen: ChosenRows) -> Iterator[Draft]:
    """Yield the outcomes of source records that another record of the same person replaces."""
    for row, picked in chosen.aside:
        reason = Reason(ANOTHER, chosen.why(picked), candidates=(picked.source_id,))
        yield Draft(Kind.IGNORED, row, None, reasons=(reason,))


def _matched_by(policy: Policy, managed: Iterable[Match], quiet: int) -> tuple[KeyCount, ...]:
    """Return how many records each match key matched; () if the first matched all.

    The first key matched the quiet pairs. Matches by links of earlier runs are counted as such.
    """
    counts = Counter([each.level if each.target is not None else None for each in managed])
    if not any(counts[level] for level in range(1, len(policy.match))):
        return ()
    counts[0] += quiet
    found = [
        KeyCount(path or f"key {level + 1}", counts[level])
        for level, path in enumerate(policy.match_paths)
    ]
    linked = (KeyCount(EARLIER_RUNS, counts[None]),) if counts[None] else ()
    return (*found, *linked)


def _is_managed(row: SourceRow, found: Match) -> bool:
    """Return whether a row counts as managed for guards: matched, and in scope.

    A person with a new key still counts: a swap of keys does not shrink the target.
    """
    rekeyed = found.conflict is not None and found.conflict.code == "rekeyed"
    return (found.target is not None or rekeyed) and (row.leaver or not row.outside)


def _misses(rows: Iterable[SourceRow], policy: Policy) -> tuple[Miss, ...]:
    """Return the values that lookups did not find; those of a leave only for leavers."""
    of_fields = {each.path for each in policy.fields}
    whose: dict[Missed, list[str]] = defaultdict(list)
    for row in rows:
        for missed in row.missed:
            if row.leaver or missed.field in of_fields:
                whose[missed].append(row.source_id)
    misses = (
        Miss(
            each.reference,
            each.value,
            each.found,
            len(ids),
            each.field,
            tuple(ids[:_NAMED]),
            each.why,
            each.instead,
        )
        for each, ids in whose.items()
    )
    return tuple(sorted(misses, key=lambda each: (each.reference, each.field, each.value)))


_NAMED = 3
"""How many records with a missed lookup are named at most."""
