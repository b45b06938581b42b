"""Recognises quiet pairs, which need no decision, so that the planner can skip them.

Most people have one source record and one target record, matched by the first key, with the same
values. The planner alone makes decisions: it handles every person who needs one, and everyone
affected by that person, and gives the same plan with or without the screen. So a pair is quiet
only if

- no key of either record finds another record, and no link says otherwise;
- the record is completely read and evaluated, stays, is in scope, and passes each rule;
- no field differs, misses its lookup, or refuses the record;
- no record that the planner handles may claim one of the pair's unique values.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from oneway.core.dataclass import dataclass
from oneway.core.packed import unpacked_all
from oneway.core.records import MISSING, Missing, Value, comparables
from oneway.mapping.program import (
    PLAIN,
    AnySourceRow,
    AnyTargetRow,
    Cell,
    CellState,
    FieldRule,
    Policy,
    SameRow,
    SourceRow,
    SteadyRow,
    TargetRow,
    whole,
    whole_target,
)
from oneway.mapping.spec import Merge
from oneway.planning.diff import KEEP, at_update, doubled, drift, refuses, unlisted, wanted
from oneway.planning.links import REUSED, LinkEvidence
from oneway.planning.plan import Allowance

Pair = tuple[AnySourceRow, AnyTargetRow]
_AT_A_TIME = 1_000
"""Pairs whose values are unpacked at once."""
T = TypeVar("T")
_Only = dict[Hashable, T | None]
"""The only record with each key; None if several have it."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The quiet pairs, and all other rows, which the planner handles."""

    quiet: Sequence[Pair]
    rows: Sequence[SourceRow]
    targets: Sequence[TargetRow]


def screen(
    policy: Policy,
    rows: Sequence[AnySourceRow],
    targets: Sequence[AnyTargetRow],
    evidence: LinkEvidence,
    allowed: Iterable[Allowance],
) -> Screened:
    """Return the pairs that are unchanged for certain apart from whatever must be planned."""
    if not _may_screen(policy, allowed):
        return Screened((), list(map(whole, rows)), list(map(whole_target, targets)))
    found = _Pairs(policy, rows, targets, evidence).parted()
    quiet, others = _unclaimed(policy, *found)
    passed = {target[0] for _, target in quiet}
    kept = [whole_target(each) for each in targets if each[0] not in passed]
    return Screened(quiet, others, kept)


def _may_screen(policy: Policy, allowed: Iterable[Allowance]) -> bool:
    """Return whether rows alone determine each person's keys and claims."""
    if not policy.match or not policy.key_shown[0]:
        return False
    unique = [policy.fields[i] for i in doubled(policy)]
    if any(rule.own_table or rule.merge is not Merge.REPLACE for rule in unique):
        return False  # what is written there is known once all is planned
    return not any(each.guard.startswith(REUSED) for each in allowed)


class _Pairs:
    """All rows by their match keys, with the links of earlier runs."""

    def __init__(
        self,
        policy: Policy,
        rows: Sequence[AnySourceRow],
        targets: Sequence[AnyTargetRow],
        evidence: LinkEvidence,
    ) -> None:
        self.policy = policy
        self.rows = rows
        keys = (each[1][3] if isinstance(each, SameRow) else each[2] for each in targets)
        self.found = _alone([each[0] if each else None for each in keys], targets)
        self.shared = _shared([row[3][0] for row in rows if row[3]])
        self.later = [_speakers(rows, level) for level in range(1, len(policy.match))]
        self.links = KnownPairs(evidence)
        watched = policy.watched
        self.fields = [
            (rule, rule.merge is Merge.REPLACE, position in watched)
            for position, rule in enumerate(policy.fields)
        ]

    def parted(self) -> tuple[list[Pair], list[SourceRow]]:
        """Return the pairs that are quiet by themselves, and all other rows."""
        quiet: list[Pair] = []
        others: list[SourceRow] = []
        find, links, shared = self.found.get, self.links if self.links else None, self.shared
        alone = not self.later  # no other key can find anybody
        for row in self.rows:
            keys = row[3]
            target = find(keys[0]) if keys else None
            if (
                target is not None
                and (
                    # Nearly all pairs are of short rows; a call takes as long as the answer.
                    (keys[0] not in shared)
                    if alone and target.__class__ is SameRow and target[1] is row
                    else self._is_quiet(row, target)
                )
                and (links is None or links.agree(row[0], target[0]))
            ):
                quiet.append((row, target))
            else:
                others.append(whole(row))
        return quiet, others

    def _is_quiet(self, row: AnySourceRow, target: AnyTargetRow) -> bool:
        if isinstance(target, SameRow):
            return target[1] is row and self._alone_finds(row[0], row[3])
        # Taken apart once: each name of a named tuple takes as long as a comparison.
        _, _, keys, left, scheduled, values, _, error, known, unsaid, _ = target
        if left or scheduled or error is not None or unsaid is not None or not (known and values):
            return False
        if not (self._alone_finds(row[0], keys) and (isinstance(row, SteadyRow) or _stays(row))):
            return False
        return self._agrees(row.cells, values)

    def _alone_finds(self, source_id: str, keys: Sequence[Hashable]) -> bool:
        """Return whether no other source record has any key of a row's target record.

        The first of `keys` is the source record's key too.
        """
        return keys[0] not in self.shared and not (
            self.later
            and any(
                key is not None and speakers.get(key, source_id) != source_id
                for speakers, key in zip(self.later, keys[1:], strict=False)
            )
        )

    def _agrees(self, cells: Sequence[Cell], values: Sequence[Value | Missing]) -> bool:
        """Return whether no field is written, and none needs a reason for being left alone."""
        stated = CellState.STATED
        for (rule, plain, watched), cell, held in zip(self.fields, cells, values, strict=True):
            state, value, _, sought, _, _ = cell
            if sought is not None or (watched and held is MISSING):
                return False
            if (
                state is stated
                and plain
                and value.__class__ is held.__class__
                and value.__class__ in PLAIN
                and value == held
            ):
                continue
            if not _is_silent(rule, cell, held):
                return False
        return True


def _is_silent(rule: FieldRule, cell: Cell, held: Value | Missing) -> bool:
    """Return whether the planner would neither write one field nor give a reason for it."""
    if refuses(rule, cell, creating=False):
        return False
    one = ((rule,), (cell,), (held,))
    return wanted(rule, cell) is KEEP or not (unlisted(*one) or at_update(*one) or drift(*one))


def _stays(row: SourceRow) -> bool:
    """Return whether a row's person is in order and stays, whatever its fields are."""
    return (
        not (row.leaver or row.outside or row.failed_rules or row.not_given or row.missed)
        and row.evaluation_error is None
        and not (row.standing is not None and row.standing.tied)
        and row.unsaid is None
        and row.keys_known
    )


class KnownPairs:
    """What earlier runs remember of each record, as far as it bears on a quiet pair."""

    def __init__(self, evidence: LinkEvidence) -> None:
        sources = [each.source_id for each in evidence.links]
        targets = [each.target_id for each in evidence.links]
        self.sources, self.targets = _alone(sources, targets), _alone(targets, sources)
        self.doubted = evidence.second_look | evidence.pending.keys() | evidence.doubted.keys()
        self.sought = evidence.unlisted | evidence.gone | evidence.late.keys()

    def __bool__(self) -> bool:
        return bool(self.sources or self.targets or self.doubted or self.sought)

    def agree(self, source_id: str, target_id: str) -> bool:
        """Return whether no link contradicts a pair, or suggests another."""
        return (
            self.sources.get(source_id, target_id) == target_id
            and self.targets.get(target_id, source_id) == source_id
            and source_id not in self.doubted
            and target_id not in self.sought
        )


def _shared(keys: Sequence[Hashable]) -> AbstractSet[Hashable]:
    """Return the keys that several source records have: a small set, quicker to search than all."""
    if len(set(keys)) == len(keys):
        return frozenset()
    return {key for key, number in Counter(keys).items() if number > 1}


def _speakers(rows: Sequence[AnySourceRow], level: int) -> _Only[str]:
    """Return the only source record with each value of one match key; None if several have it."""
    keys = [row[3][level] if level < len(row[3]) else None for row in rows]
    return _alone(keys, [row[0] for row in rows])


def _alone(keys: Sequence[Hashable], each: Iterable[T]) -> _Only[T]:
    """Return the only item with each key, or None where several have it; skips the key None."""
    found: _Only[T] = dict(zip(keys, each, strict=True))
    if len(found) < len(keys):
        found |= {key: None for key, number in Counter(keys).items() if number > 1}
    found.pop(None, None)
    return found


def _held(targets: Sequence[AnyTargetRow]) -> Sequence[Sequence[Value | Missing]]:
    """Return what each of some target records holds."""
    packed = [each[1][5] for each in targets if isinstance(each, SameRow) and not each[2][0]]
    if len(packed) == len(targets):
        return unpacked_all(packed)
    return [each.values for each in targets]


def _unclaimed(
    policy: Policy, quiet: Sequence[Pair], others: Sequence[SourceRow]
) -> tuple[Sequence[Pair], Sequence[SourceRow]]:
    """Return the pairs whose unique values no other record may claim, and all other rows."""
    ways = list(doubled(policy).items())
    while ways and quiet:
        cells = [row.cells for row in others if row.cells]
        wanted = {
            i: {*comparables((v for e in cells for v in (e[i].value, e[i].initial)), compare)}
            - {None}
            for i, compare in ways
        }
        claimed: set[int] = set()
        for start in range(0, len(quiet), _AT_A_TIME):
            values = _held([target for _, target in quiet[start : start + _AT_A_TIME]])
            for i, compare in ways:
                held = comparables([each[i] for each in values], compare)
                if not wanted[i].isdisjoint(held):
                    claimed |= {start + at for at, each in enumerate(held) if each in wanted[i]}
        if not claimed:
            break
        others = [*others, *(whole(quiet[each][0]) for each in sorted(claimed))]
        quiet = [pair for position, pair in enumerate(quiet) if position not in claimed]
    return quiet, others
