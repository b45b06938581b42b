"""A program and two snapshots become a plan: a pure function.

source_row, target_row   what the mapping makes of each record
match                    who is whom, by match keys
reconcile      the same, by what earlier runs remember
Drafter                  what each would do, alone
grant_claims             who gets a value that only one may hold
Assembler                outcomes, sealed and sorted
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oneway.core.records import Collected, Snapshot, Value
from oneway.core.seal import Seal
from oneway.mapping.program import Program, SourceRow, TargetRow
from oneway.planning.assemble import Assembler
from oneway.planning.links import NO_LINKS, REUSED, LinkEvidence, hidden, reconcile
from oneway.planning.match import match
from oneway.planning.near_misses import near_misses
from oneway.planning.outcomes import Drafter, absent, contested, silent, some
from oneway.planning.own_lookups import settle
from oneway.planning.plan import Allowance, Miss, Plan, PlanConnection, PlanInput, Read
from oneway.planning.uniqueness import GrantedClaims, grant_claims


@dataclass(frozen=True, slots=True)
class Header:
    """All of a plan that is not found by looking at records."""

    mapping_file: str
    mapping_digest: str
    as_of: str
    settings: Mapping[str, Value]
    inputs: Mapping[str, PlanInput]
    connection: PlanConnection | None = None
    references: tuple[Read, ...] = ()
    allowed: tuple[Allowance, ...] = ()
    engine: str = ""


def plan(
    program: Program,
    source: Snapshot,
    target: Snapshot,
    *,
    seal: Seal,
    header: Header,
    evidence: LinkEvidence = NO_LINKS,
) -> Plan:
    """Return what has to be done so that the target says what the source says.

    The ids within each snapshot must be unique. The order of records makes no difference,
    and the same arguments give an equal plan.
    """
    rows = Collected(
        tuple(map(program.source_row, source.records)), source.complete, source.problems
    )
    targets = Collected(
        tuple(map(program.target_row, target.records)), target.complete, target.problems
    )
    return plan_rows(program, rows, targets, seal=seal, header=header, evidence=evidence)


def plan_rows(
    program: Program,
    source: Collected[SourceRow],
    target: Collected[TargetRow],
    *,
    seal: Seal,
    header: Header,
    evidence: LinkEvidence = NO_LINKS,
) -> Plan:
    """Return the plan, as `plan` does, of records that were evaluated while they were read.

    `evidence` is what earlier runs remember of who is whom.
    """
    policy = program.policy
    rows: Sequence[SourceRow] = sorted(source.items, key=lambda row: (row.key, row.source_id))
    targets = sorted(target.items, key=lambda each: each.target_id)
    keyed = match(rows, targets, len(policy.match))
    allowed = frozenset(
        each.guard.removeprefix(REUSED) for each in header.allowed if each.guard.startswith(REUSED)
    )
    matches = reconcile(keyed, rows, targets, policy, evidence, allowed)
    unseen = (*_unseen(target, targets), *_hidden(evidence, targets))
    drafter = Drafter(
        policy,
        unseen,
        contested(policy, matches),
        silent(policy, targets),
        evidence.pending,
        evidence.second_look,
        unseen_access=not target.complete or any(not (t.keys_known or t.left) for t in targets),
    )
    nobodys = absent(program, targets, matches, source, rows)

    def decide(rows: Sequence[SourceRow]) -> GrantedClaims:
        drafts = [drafter.draft(row, matches.of(row)) for row in rows]
        return grant_claims([*drafts, *nobodys], targets, policy)

    rows, settled = settle(program, rows, decide)
    near = near_misses(rows, targets, matches, policy)
    finisher = Assembler(policy, seal, settled.before, near)
    return Plan(
        mapping=policy.name,
        mapping_file=header.mapping_file,
        mapping_digest=header.mapping_digest,
        as_of=header.as_of,
        settings=header.settings,
        connection=header.connection,
        engine=header.engine,
        inputs=header.inputs,
        reads=(
            Read("source", len(rows), source.complete, source.problems),
            Read("target", len(targets), not unseen, (*target.problems, *unseen)),
            *header.references,
        ),
        managed=sum(
            1
            for row in rows
            if matches.of(row).target is not None and (row.leaver or not row.outside)
        ),
        outcomes=tuple(map(finisher.outcome, settled.drafts)),
        misses=_misses(rows),
        allowed=header.allowed,
    )


def _unseen(target: Collected[TargetRow], targets: Iterable[TargetRow]) -> tuple[str, ...]:
    """Return why a target record may exist that no key can find; nothing where none may."""
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
    counted = Counter(missed for row in rows for missed in row.missed)
    misses = (
        Miss(missed.reference, missed.value, missed.found, records, missed.field)
        for missed, records in counted.items()
    )
    return tuple(sorted(misses, key=lambda each: (each.reference, each.field, each.value)))
