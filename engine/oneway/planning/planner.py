"""Plans: a pure function from a program and two snapshots to a plan.

source_row, target_row   each record, evaluated by the mapping
one_per_person           which of several records of a person stands for the person
screen                   the rows that need planning; the others are unchanged
match                    who is whom, by match keys
reconcile                the same, by the links of earlier runs
hold_near_duplicates     who may be in the source twice, under two forms of one key
hold_who_came_back       leavers who may be employed under another key
hold_tied                people of whom several records might count
Drafter                  the outcome of each record by itself
grant_claims             who gets a value that only one record may hold
settle                   references to people of the target
Assembler                outcomes, sealed and sorted
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from operator import itemgetter

from oneway.core.connector import Capability
from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.core.records import MISSING, Collected, Snapshot, Value
from oneway.core.seal import Seal
from oneway.mapping.program import LeftAnswer, Missed, Policy, Program, SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.absent import absent
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.assemble import Assembler
from oneway.planning.better_matches import BetterMatches, perhaps_there, with_better_matches
from oneway.planning.diff import has_begun, perhaps_left
from oneway.planning.leaving import LeaveAndReturn
from oneway.planning.links import NO_LINKS, Link, LinkEvidence, let_through
from oneway.planning.match import Match, Matches, Pairs, match, targets_by_readable_keys
from oneway.planning.one_per_person import (
    ANOTHER,
    ChosenRows,
    OtherRecords,
    hold_tied,
    one_per_person,
)
from oneway.planning.outcomes import Draft, Drafter, contested, silent
from oneway.planning.own_lookups import settle
from oneway.planning.plan import (
    EARLIER_RUNS,
    Allowance,
    KeyCount,
    Kind,
    Miss,
    Outcome,
    Plan,
    PlanConnection,
    PlanInput,
    Quiet,
    Read,
    Reason,
    Verb,
)
from oneway.planning.quiet_outcomes import NOT_PASSED, OutcomesInRuns, PassedOver, QuietRun
from oneway.planning.reconcile import hidden, reconcile, remembered
from oneway.planning.screen import Screened, screen
from oneway.planning.similar.came_back import hold_who_came_back
from oneway.planning.similar.near_duplicates import hold_near_duplicates
from oneway.planning.similar.near_misses import likely_targets, near_misses
from oneway.planning.similar.second_records import second_records
from oneway.planning.uniqueness import GrantedClaims, grant_claims


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
    """See `Plan.names`; known where a plan is derived again."""
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
    return plan_rows(program, rows, targets, seal=seal, header=header, evidence=evidence)


def plan_rows(
    program: Program, source: Collected[AnySourceRow], target: Collected[AnyTargetRow], *,
    seal: Seal, header: Header,
    evidence: LinkEvidence = NO_LINKS, passed_over: PassedOver = NOT_PASSED,
) -> Plan:  # fmt: skip
    """Return the plan, as `plan` does, for rows and for quiet pairs that were not read."""
    policy = program.policy
    chosen, evidence = _chosen(policy, source.items, evidence)
    screened = _ordered(screen(policy, chosen.rows, target.items, evidence, header.allowed))
    rows, targets, quiet = screened.rows, screened.targets, screened.quiet
    matches = _matched(rows, targets, policy, evidence, header.allowed, quiet, chosen.tied)
    unseen = (*_unseen(target, targets), *_hidden(evidence, targets))
    drafter = _drafter(program, screened, matches, evidence, unseen, target, passed_over)
    others = _others(chosen, screened, matches, policy, evidence, passed_over)
    unmatched = _unmatched(program, targets, matches, source, rows, evidence, others)
    rows, settled = settle(program, rows, partial(_granted, drafter, matches, unmatched, targets))
    named = _named(program, settled.drafts, matches, drafter.possible, evidence)
    managed = [each for row, each in matches.each(rows) if _is_managed(row, each)]
    near = near_misses(rows, targets, matches, policy, quiet, passed_over.kinds)
    there = perhaps_there(named.drafts, near, policy)
    assembler = Assembler(policy, seal, settled.before, near, evidence.targets, *named[1:], there)
    return Plan(
        mapping=policy.name,
        mapping_file=header.mapping_file,
        mapping_digest=header.mapping_digest,
        as_of=header.as_of,
        settings=header.settings,
        connection=header.connection,
        engine=header.engine,
        inputs=header.inputs,
        reads=_reads(source, target, unseen, header, len(passed_over)),
        managed=len(managed) + len(quiet) + len(passed_over),
        outcomes=_in_order(assembler, (*named.drafts, *_aside(chosen)), quiet, passed_over),
        misses=_misses(rows),
        allowed=header.allowed,
        names=header.names,
        matched_by=_matched_by(policy, managed, len(quiet) + len(passed_over)),
        remarks=header.remarks,
    )


def _chosen(
    policy: Policy, rows: Sequence[AnySourceRow], evidence: LinkEvidence
) -> tuple[ChosenRows, LinkEvidence]:
    """Return one row for each person, and the evidence of earlier runs about that row."""
    chosen = one_per_person(policy, rows)
    return chosen, chosen.evidence(evidence)


def _ordered(screened: Screened) -> Screened:
    """Sort the rows and target records to plan, so that the order of reading does not matter."""
    return Screened(
        screened.quiet,
        sorted(screened.rows, key=lambda row: (row.key, row.source_id)),
        sorted(screened.targets, key=lambda each: each.target_id),
    )


def _granted(
    drafter: Drafter,
    matches: Matches,
    unmatched: Sequence[Draft],
    targets: Sequence[TargetRow],
    rows: Sequence[SourceRow],
) -> GrantedClaims:
    """Return the outcomes of rows and of unmatched target records, with claims settled."""
    found = (drafter.draft(row, each) for row, each in matches.each(rows))
    return grant_claims([*found, *unmatched], targets, drafter.policy)


def _unmatched(
    program: Program, targets: Sequence[TargetRow], matches: Matches,
    source: Collected[AnySourceRow], rows: Sequence[SourceRow], evidence: LinkEvidence,
    others: OtherRecords,
) -> Sequence[Draft]:  # fmt: skip
    """Return the outcomes of unmatched target records, some of which may be a leaver's."""
    linked = remembered(evidence, targets)
    listed = bool(evidence.doubted)
    second = second_records(rows, targets, matches, program.policy, linked, listed=listed)

    def told(draft: Draft) -> Draft:
        if draft.target is None:
            return draft
        reason = second.get(draft.target.target_id) or others.still_in(draft.target)
        if reason is None:
            return draft
        return draft._replace(reasons=(*draft.reasons, reason), has_access=True)

    alone = absent(program, targets, matches, source, rows, linked, others)
    return [told(each) for each in alone]


def _others(
    chosen: ChosenRows, screened: Screened, matches: Matches, policy: Policy,
    evidence: LinkEvidence, passed_over: PassedOver,
) -> OtherRecords:  # fmt: skip
    """Return whose replaced records unmatched target records may belong to."""
    targets, quiet = screened.targets, screened.quiet
    linked = remembered(evidence, targets)
    left = [row for row, picked in chosen.aside if perhaps_left(policy, picked)]
    if not left:
        return OtherRecords(policy, chosen, targets, matches, linked, {})
    matched = {e.target.target_id for e in matches.by_source.values() if e.target is not None}
    free = [each for each in targets if each.target_id not in matched]
    likely = likely_targets(left, free, matches, policy, linked, quiet, passed_over.kinds)
    return OtherRecords(policy, chosen, targets, matches, linked, likely)


def _aside(chosen: ChosenRows) -> Iterator[Draft]:
    """Yield the outcomes of source records that another record of the same person replaces."""
    for row, picked in chosen.aside:
        reason = Reason(ANOTHER, chosen.why(picked), candidates=(picked.source_id,))
        yield Draft(Kind.IGNORED, row, None, reasons=(reason,))


def _matched(
    rows: Sequence[SourceRow],
    targets: Sequence[TargetRow],
    policy: Policy,
    evidence: LinkEvidence,
    allowances: Iterable[Allowance],
    quiet: Pairs,
    tied: Mapping[str, Reason],
) -> Matches:
    """Match by keys, then by links of earlier runs; hold whoever may be in the source twice."""
    keyed = match(rows, targets, policy.match_paths)
    allowed = let_through(each.guard for each in allowances)
    matches = reconcile(keyed, rows, targets, policy, evidence, allowed)
    matches = hold_near_duplicates(matches, rows, targets, policy, quiet, allowed)
    matches = hold_who_came_back(matches, rows, policy, allowed)
    return hold_tied(matches, rows, tied)


def _named(
    program: Program,
    drafts: Sequence[Draft],
    matches: Matches,
    possible: Mapping[str, Sequence[TargetRow]],
    evidence: LinkEvidence,
) -> BetterMatches:
    """Name in the drafts everyone who may still get in, and find better matches."""
    reopened = _reopened(program.policy, drafts, matches, possible)
    named = _doubted(program, reopened, evidence)
    return with_better_matches(named, program.policy, evidence.targets)


def _reopened(
    policy: Policy,
    drafts: Sequence[Draft],
    matches: Matches,
    possible: Mapping[str, Sequence[TargetRow]],
) -> tuple[Draft, ...]:
    """Name in the drafts each leaver whose record may be reactivated for another person.

    A leaver in conflict over a record that has left can get in again if that record, which an
    earlier key gave to another person, is brought back.
    """
    back = {
        each.target.target_id
        for each in drafts
        if each.target is not None and each.access is Verb.REACTIVATE
    }

    if not back:
        return tuple(drafts)

    def named(draft: Draft) -> bool:
        row = draft.row
        if row is None or draft.target is not None or not perhaps_left(policy, row):
            return False
        maybe = (*matches.of(row).candidates, *possible.get(row.source_id, ()))
        return any(each.target_id in back for each in maybe)

    return tuple(each._replace(has_access=True) if named(each) else each for each in drafts)


def _doubted(
    program: Program, drafts: Sequence[Draft], evidence: LinkEvidence
) -> tuple[Draft, ...]:
    """Mark in the drafts everyone who may have left all the same as having access.

    They stay in the list of those who can still get in until the source says that they stay, or
    until their target record says that they have left, or will have once their days of grace are
    over. A record that the target does not show proves nothing.
    """
    if not evidence.doubted:
        return tuple(drafts)
    shown = {each.row.source_id for each in drafts if each.row is not None}
    gone = evidence.doubted.keys() - shown
    linked = {target: source for target, source in evidence.listed.items() if source in gone}
    linked |= {target: source for source, target in evidence.table.pairs if source in gone}

    def told(draft: Draft) -> Draft:
        out = draft.target is not None and _is_out(program, draft.target) and not evidence.all_left
        settled = draft.has_access or out
        of_target = linked.get(draft.target.target_id, "") if draft.target is not None else ""
        who = draft.row.source_id if draft.row is not None else of_target
        why = "" if settled else evidence.doubted.get(who, "")
        if not why:
            return draft
        ids = (who,) if draft.row is None else ()
        reason = Reason(MAY_HAVE_LEFT, why, candidates=ids, warning=True)
        return draft._replace(has_access=True, reasons=(*draft.reasons, reason))

    unseen = {(source, target) for target, source in linked.items() if target in evidence.unseen}
    hidden = (_draft_of_unseen(program.policy, each) for each in evidence.table.of_pairs(unseen))
    return tuple(map(told, (*drafts, *hidden)))


def _is_out(program: Program, target: TargetRow) -> bool:
    """Return whether a record says that its person has left, or will after days of grace."""
    if target.left or not has_begun(program.departed(), target):
        return target.left
    return program.left_with(target, (), Capability.LEAVE) is LeftAnswer.DUE


def _draft_of_unseen(policy: Policy, link: Link) -> Draft:
    """Return the outcome of a target record that is known only from its link."""
    row = TargetRow(
        link.target_id,
        link.key or link.target_id,
        (None,) * len(policy.match_paths),
        values=(MISSING,) * len(policy.fields),
        leaving=(MISSING,) * len(policy.leaving),
        told=(MISSING,) * len(policy.told),
    )
    return Draft(Kind.ABSENT, None, row, reasons=(Reason("unseen", _UNSEEN),))


def _in_order(
    assembler: Assembler,
    drafts: Sequence[Draft],
    pairs: Pairs,
    passed_over: PassedOver,
) -> Sequence[Outcome]:
    """Return the planned outcomes with the quiet ones inserted in order.

    Source records come in the order of their keys, followed by target records alone.
    """
    planned = tuple(map(assembler.outcome, drafts))
    alone = [each for each in planned if each.source_id is None]
    told = [(each.key, each.source_id, each) for each in planned if each.source_id is not None]
    told.sort(key=itemgetter(0, 1))
    if not passed_over:
        found = (*_beside_quiet(assembler, told, pairs.in_order()), *alone)
        return OutcomesInRuns([e for e in found if isinstance(e, Outcome) or len(e)])
    relinked = assembler.relinked(passed_over)
    quiet = (*assembler.quiet(pairs), *relinked.values())
    people: list[tuple[str, str, Outcome] | Quiet] = [*told, *quiet]
    people.sort(key=itemgetter(0, 1))
    return passed_over.but(relinked).beside(people, alone)


def _beside_quiet(
    assembler: Assembler, people: Sequence[tuple[str, str, Outcome]], pairs: Pairs
) -> Iterator[Outcome | QuietRun]:
    """Merge the outcomes of people with those of quiet pairs; both are in order.

    Quiet outcomes are made a batch at a time, and only their text is kept.
    """
    places, done = _places(people, pairs), 0
    for start in range(0, len(pairs), _AT_A_TIME):
        quiet = assembler.quiet(pairs.some(start, start + _AT_A_TIME))
        end = bisect_left(places, start + len(quiet), done)
        last = 0
        for at, (_, _, outcome) in zip(places[done:end], people[done:end], strict=True):
            yield QuietRun.of(quiet[last : at - start])
            yield outcome
            last = at - start
        yield QuietRun.of(quiet[last:])
        done = end
    yield from (outcome for _, _, outcome in people[done:])


def _places(people: Iterable[tuple[str, str, Outcome]], pairs: Pairs) -> Sequence[int]:
    """Return the positions among pairs at which people are inserted; both are in order."""
    keys, at = pairs.shown(), 0
    places: list[int] = []
    for key, source_id, _ in people:
        at = bisect_left(keys, key, at)
        while at < len(keys) and keys[at] == key and pairs.rows[at][0] < source_id:
            at += 1
        places.append(at)
    return places


def _drafter(
    program: Program,
    screened: Screened,
    matches: Matches,
    evidence: LinkEvidence,
    unseen: tuple[str, ...],
    target: Collected[AnyTargetRow],
    passed_over: PassedOver,
) -> Drafter:
    rows, targets, quiet = screened.rows, screened.targets, screened.quiet
    hidden_access = any(not (each.keys_known or each.left) for each in targets)
    policy = program.policy
    linked = remembered(evidence, targets)
    return Drafter(
        policy,
        LeaveAndReturn(policy, program.left_with),
        unseen,
        contested(policy, matches),
        silent(policy, targets),
        evidence.pending,
        evidence.second_look,
        unseen_access=not target.complete or hidden_access,
        unheard=evidence.unheard,
        ended=evidence.ended,
        possible={
            **targets_by_readable_keys(rows, targets),
            **likely_targets(rows, targets, matches, policy, linked, quiet, passed_over.kinds),
        },
    )


def _reads(
    source: Collected[AnySourceRow],
    target: Collected[AnyTargetRow],
    unseen: tuple[str, ...],
    header: Header,
    passed_over: int,
) -> tuple[Read, ...]:
    problems = (*target.problems, *unseen)
    found = (
        Read("source", len(source.items) + passed_over, source.complete, source.problems),
        Read("target", len(target.items) + passed_over, not unseen, problems),
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


def _matched_by(policy: Policy, managed: Iterable[Match], quiet: int) -> tuple[KeyCount, ...]:
    """Return how many records each match key matched; nothing if the first matched all.

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


def _unseen(target: Collected[AnyTargetRow], targets: Iterable[TargetRow]) -> tuple[str, ...]:
    """Return why a target record may exist that no key can find; empty if none can."""
    why = () if target.complete else ("the list of target records may not be complete",)
    unknown = [each.target_id for each in targets if not each.keys_known]
    if not unknown:
        return why
    return (
        *why,
        f"the match keys of {len(unknown)} target records are not known: {some(unknown)}",
    )


def _hidden(evidence: LinkEvidence, targets: Iterable[TargetRow]) -> tuple[str, ...]:
    ids = hidden(evidence, targets)
    if not ids:
        return ()
    return (f"the list of target records lacks {len(ids)} that are there by id: {some(ids)}",)


def _misses(rows: Iterable[SourceRow]) -> tuple[Miss, ...]:
    whose: dict[Missed, list[str]] = defaultdict(list)
    for row in rows:
        for missed in row.missed:
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


_UNSEEN = "the target does not show it, which does not prove that it is gone"
_AT_A_TIME = 1_000
"""How many quiet outcomes are made before they are reduced to text."""
_NAMED = 3
"""How many records with a missed lookup are named at most."""
