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

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from oneway.core.records import MISSING, Missing, Value, comparable
from oneway.mapping.program import (
    PLAIN,
    AnySourceRow,
    Cell,
    CellState,
    FieldRule,
    Policy,
    SourceRow,
    SteadyRow,
    TargetRow,
    whole,
)
from oneway.mapping.spec import Merge
from oneway.planning.diff import KEEP, at_update, doubled, drift, refuses, unlisted, wanted
from oneway.planning.links import REUSED, LinkEvidence
from oneway.planning.plan import Allowance

Pair = tuple[AnySourceRow, TargetRow]
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
    targets: Sequence[TargetRow],
    evidence: LinkEvidence,
    allowed: Iterable[Allowance],
) -> Screened:
    """Return the pairs that are unchanged for certain apart from whatever must be planned."""
    if not _may_screen(policy, allowed):
        return Screened((), list(map(whole, rows)), targets)
    found = _Pairs(policy, rows, targets, evidence).parted()
    quiet, others = _unclaimed(policy, *found)
    passed = {target.target_id for _, target in quiet}
    return Screened(quiet, others, [each for each in targets if each.target_id not in passed])


def _may_screen(policy: Policy, allowed: Iterable[Allowance]) -> bool:
    """Return whether rows alone determine each person's keys and claims."""
    if not policy.match or not policy.key_shown[0]:
        return False
    unique = [policy.fields[i] for i in doubled(policy)]
    if any(rule.own_table or rule.merge is not Merge.REPLACE for rule in unique):
        return False  # what is written there is known once all is planned
    return not any(each.guard.startswith(REUSED) for each in allowed)


class _Pairs:
    """Everybody by their match keys, and what is remembered of them."""

    def __init__(
        self,
        policy: Policy,
        rows: Sequence[AnySourceRow],
        targets: Sequence[TargetRow],
        evidence: LinkEvidence,
    ) -> None:
        self.policy = policy
        self.rows = rows
        self.found: _Only[TargetRow] = {}
        for each in targets:
            if each.keys and each.keys[0] is not None:
                _note(self.found, each.keys[0], each)
        self.speakers = [_speakers(rows, level) for level in range(len(policy.match))]
        self.links = _Links(evidence)
        watched = policy.watched
        self.fields = [
            (rule, rule.merge is Merge.REPLACE, position in watched)
            for position, rule in enumerate(policy.fields)
        ]

    def parted(self) -> tuple[list[Pair], list[SourceRow]]:
        """Return the pairs that are quiet by themselves, and all other rows."""
        quiet: list[Pair] = []
        others: list[SourceRow] = []
        find, links = self.found.get, self.links if self.links else None
        for row in self.rows:
            target = find(row[3][0]) if row[3] else None
            if (
                target is not None
                and self._is_quiet(row, target)
                and (links is None or links.agree(row.source_id, target.target_id))
            ):
                quiet.append((row, target))
            else:
                others.append(whole(row))
        return quiet, others

    def _is_quiet(self, row: AnySourceRow, target: TargetRow) -> bool:
        # Taken apart once: each name of a named tuple takes as long as a comparison.
        _, _, keys, left, scheduled, values, _, error, known, unsaid, _ = target
        if left or scheduled or error is not None or unsaid is not None or not (known and values):
            return False
        source_id = row[0]
        for speakers, key in zip(self.speakers, keys, strict=False):
            if key is not None and speakers.get(key, source_id) != source_id:
                return False  # another source record speaks of the target record as well
        if isinstance(row, SteadyRow):
            # Without a cell: nearly everybody's fields are the same plain values.
            if row.said == values and [*map(type, row.said)] == [*map(type, values)]:
                return True
            return self._agrees(row.cells, values)
        return _stays(row) and self._agrees(row.cells, values)

    def _agrees(self, cells: Sequence[Cell], values: Sequence[Value | Missing]) -> bool:
        """Return whether nothing is to be written, and nothing to be said of what is not."""
        stated = CellState.STATED
        for (rule, plain, watched), cell, held in zip(self.fields, cells, values, strict=True):
            state, value, _, sought, _ = cell
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
    """Return whether the planner has nothing to say of one field."""
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


class _Links:
    """What earlier runs remember of each record."""

    def __init__(self, evidence: LinkEvidence) -> None:
        self.sources: _Only[str] = {}
        self.targets: _Only[str] = {}
        for link in evidence.links:
            _note(self.sources, link.source_id, link.target_id)
            _note(self.targets, link.target_id, link.source_id)
        self.doubted = evidence.second_look | evidence.pending.keys() | evidence.doubted.keys()
        self.sought = evidence.unlisted | evidence.gone | evidence.late.keys()

    def __bool__(self) -> bool:
        return bool(self.sources or self.targets or self.doubted or self.sought)

    def agree(self, source_id: str, target_id: str) -> bool:
        """Return whether nothing that is remembered speaks against a pair, or for another."""
        return (
            self.sources.get(source_id, target_id) == target_id
            and self.targets.get(target_id, source_id) == source_id
            and source_id not in self.doubted
            and target_id not in self.sought
        )


def _speakers(rows: Iterable[AnySourceRow], level: int) -> _Only[str]:
    """Return the source record that alone has each value of one match key."""
    found: _Only[str] = {}
    for row in rows:
        keys = row[3]
        if level < len(keys) and (key := keys[level]) is not None:
            found[key] = None if key in found else row[0]
    return found


def _note(found: _Only[T], key: Hashable, each: T) -> None:
    found[key] = None if key in found else each


def _unclaimed(
    policy: Policy, quiet: Sequence[Pair], others: Sequence[SourceRow]
) -> tuple[Sequence[Pair], Sequence[SourceRow]]:
    """Return the pairs whose unique values no other record may claim, and all other rows."""
    ways = list(doubled(policy).items())
    while ways and quiet:
        wanted = {
            (i, comparable(value, compare))
            for row in others
            if row.cells
            for i, compare in ways
            for value in (row.cells[i].value, row.cells[i].initial)
        }
        wanted -= {(i, None) for i, _ in ways}
        claimed = {
            position
            for i, compare in ways
            for position, (_, target) in enumerate(quiet)
            if (i, comparable(target.values[i], compare)) in wanted
        }
        if not claimed:
            break
        others = [*others, *(whole(quiet[each][0]) for each in sorted(claimed))]
        quiet = [pair for position, pair in enumerate(quiet) if position not in claimed]
    return quiet, others
