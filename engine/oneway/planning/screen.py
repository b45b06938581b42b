"""Recognises quiet pairs, which need no decision, so that the planner can skip them.

Most people have one source record and one target record, matched by the first key, with the same
values. All decisions are made by the planner: it handles every person who needs one and everyone
affected by that person, and gives the same plan with or without the screen. So a pair is quiet only
if

- no key of either record finds another record, and no link says otherwise;
- the record is completely read and evaluated, stays, is in scope, and passes each rule;
- no field differs, misses its lookup, or refuses the record;
- no record that the planner handles may claim one of the pair's unique values.
"""

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress, count
from operator import ne, not_

from oneway.core.compare import Compare, is_other_text, same
from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING, Missing, Value
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import STATED, Cell, SourceRow, TargetRow
from oneway.mapping.short_rows import (
    PLAIN,
    AnySourceRow,
    AnyTargetRow,
    SameRow,
    whole,
    whole_target,
)
from oneway.mapping.spec import Merge, Write
from oneway.planning.diff import KEEP, at_update, doubled, drift, hidden, refuses, unlisted, wanted
from oneway.planning.links import REUSED, LinkEvidence, Links, alone
from oneway.planning.match import NO_PAIRS, Pairs
from oneway.planning.plan_inputs import Allowance
from oneway.planning.similar.marks import each_claim
from oneway.planning.similar.near_misses import key_at


@dataclass(frozen=True, slots=True)
class Screened:
    """The quiet pairs, and all other rows, which the planner handles."""

    quiet: Pairs
    rows: Sequence[SourceRow]
    targets: Sequence[TargetRow]


def screen(
    policy: Policy,
    rows: Sequence[AnySourceRow],
    targets: Sequence[AnyTargetRow],
    evidence: LinkEvidence,
    allowed: Iterable[Allowance],
) -> Screened:
    """Separate the pairs that are certainly unchanged from the rows that need planning."""
    if not _may_screen(policy, allowed):
        return Screened(NO_PAIRS, list(map(whole, rows)), list(map(whole_target, targets)))
    source = SourceRows.of(rows)
    screened = _Screen(policy, source, TargetRows.of(targets, source), evidence).screened()
    return _unclaimed(policy, screened)


def _may_screen(policy: Policy, allowed: Iterable[Allowance]) -> bool:
    """Return whether each person's keys and claims can be known from the rows alone."""
    if not policy.match or not policy.key_shown[0]:
        return False
    unique = [policy.fields[i] for i in doubled(policy)]
    if any(rule.own_table or rule.merge is not Merge.REPLACE for rule in unique):
        return False  # the values of own lookups are known only once everything is planned
    return not any(each.guard.startswith(REUSED) for each in allowed)


def _short(source: SourceRows, target: TargetRows) -> tuple[Pairs, Sequence[int], Sequence[int]]:
    """Return the pairs whose short rows are equal, and the positions of all other rows."""
    found, theirs, others = target.places()
    known = bytearray(len(source))
    for place in theirs:
        known[place] = 1
    alone = array("I", compress(count(), map(not_, known)))
    return Pairs(source, target, theirs, found), alone, others


class _Level:
    """Which short pairs, and which other records, have each value of one match key."""

    def __init__(
        self, level: int, short: Pairs,
        rows: Sequence[AnySourceRow], targets: Sequence[AnyTargetRow],
    ) -> None:  # fmt: skip
        keys = short.keys(level)
        self.short = set(keys)
        self.said = alone([key_at(row, level) for row in rows], [row[0] for row in rows])
        self.contested = self.short & self.said.keys()
        """The keys that a short pair shares with another record."""
        if len(self.short) < len(keys):
            self.contested |= {key for key, number in Counter(keys).items() if number > 1}
        if level:
            self.contested.discard(None)
        else:
            self.contested |= self.short & {None, *(key_at(each, 0) for each in targets)}

    def loud(self, level: int, short: Pairs) -> Iterator[int]:
        """Yield the positions of the short pairs whose keys are contested."""
        if self.contested:
            yield from (at for at, key in enumerate(short.keys(level)) if key in self.contested)

    def says_alone(self, source_id: str, key: Hashable) -> bool:
        """Return whether no short pair, and no other row, has this key of a source record."""
        return key not in self.short and self.said.get(key, source_id) == source_id


class _Screen:
    """The short pairs and all other rows, with the links of earlier runs."""

    def __init__(
        self, policy: Policy, source: SourceRows, target: TargetRows, evidence: LinkEvidence
    ) -> None:
        self.policy = policy
        self.short, self.rows_at, self.targets_at = _short(source, target)
        self.rows = [source[at] for at in self.rows_at]
        self.targets = [target[at] for at in self.targets_at]
        self.levels = [
            _Level(each, self.short, self.rows, self.targets) for each in range(len(policy.match))
        ]
        self.links = KnownPairs(evidence)
        watched = policy.watched
        self.fields = [
            (rule, rule.merge is Merge.REPLACE, rule.as_it_is, position in watched)
            for position, rule in enumerate(policy.fields)
        ]

    def screened(self) -> Screened:
        """Separate the quiet pairs from all other rows, whatever unique values those claim."""
        quiet, loud = self.short.parted(self._loud())
        places = range(len(self.targets))
        find = alone([key_at(each, 0) for each in self.targets], places).get
        found: dict[int, int] = {}
        rows = [*map(whole, {row[0]: row for row in loud.rows}.values())]  # one may be in two pairs
        held = [find(key_at(row, 0)) for row in self.rows]
        ids = [self.targets[each][0] if each is not None else "" for each in held]
        against = self.links.against([row[0] for row in self.rows], ids)
        for at, (row, place) in enumerate(zip(self.rows, held, strict=True)):
            entire = whole(row)
            target = self.targets[place] if place is not None and at not in against else None
            if place is not None and target is not None and self._is_quiet(entire, target):
                found[place] = at
            else:
                rows.append(entire)
        quiet = quiet.and_also(
            [self.rows_at[at] for at in found.values()], [self.targets_at[at] for at in found]
        )
        others = [each for at, each in enumerate(self.targets) if at not in found]
        return Screened(quiet, rows, [*map(whole_target, (*others, *loud.targets))])

    def _loud(self) -> set[int]:
        """Return the positions of the short pairs that need planning, apart from others' claims."""
        loud = {at for i, level in enumerate(self.levels) for at in level.loud(i, self.short)}
        if self.links:
            loud |= self.links.against(*self.short.ids())
        return loud

    def _is_quiet(self, row: SourceRow, target: AnyTargetRow) -> bool:
        """Return whether a pair that is not short needs no planning, apart from others' claims."""
        if isinstance(target, SameRow):
            return False
        # Taken apart once: each name of a named tuple takes as long as a comparison.
        _, _, keys, left, scheduled, values, _, error, known, unsaid, _, _ = target
        if left or scheduled or error is not None or unsaid is not None or not (known and values):
            return False
        # The fields first: nearly every pair that gets here differs in one.
        return _stays(row) and self._agrees(row.cells, values) and self._says_alone(row[0], keys)

    def _says_alone(self, source_id: str, keys: Sequence[Hashable]) -> bool:
        """Return whether no other source record has any key of a row's target record.

        The first of `keys` is the source record's key too.
        """
        for level, key in zip(self.levels, keys, strict=False):
            if key is not None and not level.says_alone(source_id, key):
                return False
        return True

    def _agrees(self, cells: Sequence[Cell], values: Sequence[Value | Missing]) -> bool:
        """Return whether no field is written, and no field that is left alone needs a reason."""
        for field, cell, held in zip(self.fields, cells, values, strict=True):
            rule, plain, as_it_is, watched = field
            state, value, _, sought, *_ = cell
            if sought is not None or (watched and held is MISSING):
                return False
            if (
                state is STATED
                and plain
                and value.__class__ is held.__class__
                and value.__class__ in PLAIN
            ):
                if value == held:
                    continue
                if as_it_is and is_other_text(value, held):
                    return (
                        False  # it is written, like one field of nearly every pair that gets here
                    )
            if not _is_silent(rule, cell, held):
                return False
        return True


def _is_silent(rule: FieldRule, cell: Cell, held: Value | Missing) -> bool:
    """Return whether the planner would neither write a field nor give a reason about it."""
    if cell.state is STATED and rule.write is Write.OVERWRITE and rule.merge is Merge.REPLACE:
        return same(held, cell.value, rule.compare)  # the usual case: it is written if it differs
    if refuses(rule, cell, creating=False):
        return False
    one = ((rule,), (cell,), (held,))
    if wanted(rule, cell) is KEEP:
        return True
    return not (at_update(*one) or unlisted(*one) or hidden(*one) or drift(*one))


def _stays(row: SourceRow) -> bool:
    """Return whether a row is in order and its person stays, apart from its fields."""
    return (
        not (row.leaver or row.outside or row.failed_rules or row.not_given or row.missed)
        and row.evaluation_error is None
        and not (row.rank is not None and row.rank.tied)
        and row.unsaid is None
        and row.keys_known
    )


class KnownPairs:
    """The evidence of earlier runs by which a quiet pair may need planning."""

    def __init__(self, evidence: LinkEvidence) -> None:
        links = Links.of(evidence.links)
        self.sources, self.targets = links.only_targets, links.only_sources
        self.doubted = evidence.second_look | evidence.pending.keys() | evidence.doubted.keys()
        self.doubted = self.doubted.union(*evidence.before.values())
        self.sought = (
            evidence.unlisted | evidence.gone | evidence.unread.keys() | evidence.late.keys()
        ) | evidence.ended.keys()
        self.sought |= evidence.before.keys()

    def __bool__(self) -> bool:
        return bool(self.sources or self.targets or self.doubted or self.sought)

    def against(self, sources: Sequence[str], targets: Sequence[str]) -> set[int]:
        """Return the positions of the pairs that a link contradicts, or that other evidence names.

        Checks all pairs in one go: nearly all links agree with the keys.
        """
        asked: list[Iterable[bool]] = [
            map(ne, map(self.sources.get, sources, targets), targets),
            map(ne, map(self.targets.get, targets, sources), sources),
        ]
        if self.doubted:
            asked.append(map(self.doubted.__contains__, sources))
        if self.sought:
            asked.append(map(self.sought.__contains__, targets))
        return {at for each in asked for at in compress(count(), each)}


def _unclaimed(policy: Policy, screened: Screened) -> Screened:
    """Return the same, but let the planner have pairs whose unique values others may claim."""
    ways = list(doubled(policy).items())
    quiet, taken = screened.quiet.parted(())
    others = screened.rows
    while ways and quiet:
        cells = [row.cells for row in others if row.cells]
        wanted = {
            i: {
                claim
                for part in (1, 2, 6)
                for _, claim in each_claim([e[i][part] for e in cells], compare)
            }
            for i, compare in ways
        }
        claimed: set[int] = set()
        start = 0
        for columns in quiet.held(wanted):
            for i, compare in ways:
                held = columns[i]
                if _any_claimed(held, wanted[i], compare):
                    found = each_claim(held, compare)
                    claimed |= {start + at for at, claim in found if claim in wanted[i]}
            start += len(held)
        if not claimed:
            break
        quiet, more = quiet.parted(claimed)
        taken = taken.and_also(more.rows_at, more.targets_at)
        others = [*others, *map(whole, more.rows)]
    return Screened(quiet, others, [*screened.targets, *map(whole_target, taken.targets)])


def _any_claimed(held: Sequence[object], wanted: AbstractSet[Hashable], compare: Compare) -> bool:
    """Return whether any value equals a wanted one under `compare`; no wanted one is blank."""
    try:
        joined = "".join(held)  # type: ignore[arg-type]  # nearly all values are text
    except TypeError:
        joined = "\x80"
    if joined.isascii() and compare is Compare.EXACT:
        return not wanted.isdisjoint(held)
    if joined.isascii() and compare is Compare.IGNORE_CASE:
        is_lower = joined == joined.lower()  # as emails are nearly always
        return not wanted.isdisjoint(held if is_lower else map(str.lower, held))  # type: ignore[arg-type]
    return not wanted.isdisjoint(claim for _, claim in each_claim(held, compare))
