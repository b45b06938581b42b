"""Matches source rows and target rows, key by key.

Keys are tried in order, each on all rows at once, so that the order of records does not matter. A
key decides a row if a target record holds its value or another row has the same value; all other
rows go on to the next key. One row and one unclaimed target record are a match; anything else is a
conflict.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from itertools import compress, islice
from operator import eq, lt
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.records import Missing, Value
from oneway.mapping.packed_rows import RowsAt, SourceRows, TargetRows
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.planning.plan import Reason
from oneway.planning.record_owner import owner_text


class Match(NamedTuple):
    """The result of matching for one row: a target record, a conflict, or neither.

    `level` is the position of the key that decided; `candidates` are the target records of a
    conflict. `notes` are added to the row's outcome, whatever its kind. If `rekeyed`, the target
    record gets the row's keys. `gone` is set for a row whose own target record is missing; `proven`
    says that it gives no access: the target was asked for it by id and does not have it, or it was
    closed before it went missing. `again` says that it may be created anew.
    """

    target: TargetRow | None = None
    conflict: Reason | None = None
    level: int | None = None
    candidates: tuple[TargetRow, ...] = ()
    notes: tuple[Reason, ...] = ()
    rekeyed: bool = False
    gone: Reason | None = None
    proven: bool = False
    again: bool = False

    @property
    def unproven(self) -> Reason | None:
        """Why a row's own record is missing, unless that proves that it gives no access."""
        return self.gone if not self.proven else None

    def contested(self, reason: Reason, *candidates: TargetRow) -> "Match":
        """Return a conflict in place of this match, for which a human decides."""
        return Match(conflict=reason, level=self.level, candidates=candidates)


_AT_A_TIME = 1_000
"""How many pairs are unpacked at a time."""
NOBODY = Match()
_NOTHING_MORE = NOBODY[3:]
_match_of: Callable[[tuple[object, ...]], Match] = partial(tuple.__new__, Match)
"""Makes a match from a tuple, faster than the class does."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The match of each row by source id, and the target ids that are matched or contested."""

    by_source: Mapping[str, Match]
    spoken: frozenset[str]
    _listed: "list[tuple[object, list[tuple[SourceRow, Match]]]]" = field(
        default_factory=list, repr=False, compare=False
    )

    def of(self, row: SourceRow) -> Match:
        """Return a row's match."""
        return self.by_source.get(row.source_id, NOBODY)

    @property
    def owned(self) -> set[str]:
        """The ids of the target records that a row has matched."""
        return {e.target.target_id for e in self.by_source.values() if e.target is not None}

    def each(self, rows: Iterable[SourceRow]) -> "list[tuple[SourceRow, Match]]":
        """Return rows with their matches; cached for the list it was last called with."""
        for known, listed in self._listed:
            if known is rows:
                return listed
        find = self.by_source.get
        found = [(row, find(row[0], NOBODY)) for row in rows]
        if isinstance(rows, list):
            self._listed.append((rows, found))
        return found


@dataclass(frozen=True, slots=True)
class Pairs:
    """Certain matches: the positions of source rows, each with that of its target record."""

    source: SourceRows
    target: TargetRows
    rows_at: Sequence[int]
    targets_at: Sequence[int]

    @classmethod
    def of(cls, pairs: Sequence[tuple[AnySourceRow, AnyTargetRow]]) -> "Pairs":
        """Return pairs made of rows alone."""
        source = SourceRows.of([row for row, _ in pairs])
        places = range(len(pairs))
        target = TargetRows.of([target for _, target in pairs], source)
        return cls(source, target, places, places)

    @property
    def rows(self) -> Sequence[AnySourceRow]:
        """The source rows."""
        return RowsAt(self.source, self.rows_at)

    @property
    def targets(self) -> Sequence[AnyTargetRow]:
        """The rows of their target records."""
        return RowsAt(self.target, self.targets_at)

    def keys(self, level: int) -> Sequence[Hashable]:
        """Return the key of each source row at one level; None if it has none."""
        return self.source.keys(level, self.rows_at)

    def target_keys(self, level: int) -> Sequence[Hashable]:
        """Return the key of each target record at one level; None if it has none."""
        return self.target.keys(level, self.targets_at)

    def shown(self) -> Sequence[str]:
        """Return the display key of each source row."""
        return list(map(self.source.shown.__getitem__, self.rows_at))

    def ids(self) -> tuple[Sequence[str], Sequence[str]]:
        """Return the ids of the source rows, and those of the target records."""
        return self.source.ids(self.rows_at), self.target.ids(self.targets_at)

    def hold_the_same(self) -> bool:
        """Return whether all target records are packed: they hold what their rows say."""
        held_by = self.target.names(self.targets_at)
        return [getattr(each, "place", None) for each in held_by] == [*self.rows_at]

    def held(self, positions: Collection[int]) -> Iterator[Mapping[int, Sequence[Value | Missing]]]:
        """Yield the target records' values of some fields by position, a batch at a time."""
        as_said = self.target.are_packed(self.targets_at)
        as_said = as_said and self.target.silent.isdisjoint(positions)
        for start in range(0, len(self), _AT_A_TIME):
            some = slice(start, start + _AT_A_TIME)
            if as_said:
                yield self.source.said(self.rows_at[some], positions)
            else:
                values = [each.values for each in self.targets[some]]
                yield {at: [each[at] for each in values] for at in positions}

    def __len__(self) -> int:
        return len(self.rows_at)

    def __iter__(self) -> Iterator[tuple[AnySourceRow, AnyTargetRow]]:
        """Yield each source row with its target record."""
        return zip(self.rows, self.targets, strict=True)

    def in_order(self) -> "Pairs":
        """Return these pairs in the order of a plan: by the keys shown, then by their ids."""
        keys = self.shown()
        if all(map(lt, keys, islice(keys, 1, None))):  # sources are often sorted
            return self
        places = sorted(range(len(keys)), key=keys.__getitem__)
        ordered = [keys[at] for at in places]
        if any(map(eq, ordered, islice(ordered, 1, None))):
            ids = self.source.ids(self.rows_at)
            places.sort(key=lambda at: (keys[at], ids[at]))
        return self._at(places)

    def some(self, first: int, end: int) -> "Pairs":
        """Return the pairs from one position up to another."""
        return replace(self, rows_at=self.rows_at[first:end], targets_at=self.targets_at[first:end])

    def parted(self, places: Collection[int]) -> "tuple[Pairs, Pairs]":
        """Return the pairs at other positions than these, and the pairs at these."""
        if not places:
            return self, self._at(())
        others = bytearray(b"\1") * len(self)
        for at in places:
            others[at] = 0
        rest = replace(
            self,
            rows_at=array("I", compress(self.rows_at, others)),
            targets_at=array("I", compress(self.targets_at, others)),
        )
        return rest, self._at(sorted(places))

    def _at(self, positions: Collection[int]) -> "Pairs":
        return replace(
            self,
            rows_at=array("I", map(self.rows_at.__getitem__, positions)),
            targets_at=array("I", map(self.targets_at.__getitem__, positions)),
        )

    def and_also(self, rows_at: Sequence[int], targets_at: Sequence[int]) -> "Pairs":
        """Return these pairs and more, given by the positions of their rows."""
        rows, targets = array("I", self.rows_at), array("I", self.targets_at)
        rows.extend(rows_at)
        targets.extend(targets_at)
        return replace(self, rows_at=rows, targets_at=targets)


NO_PAIRS = Pairs.of(())


@dataclass(frozen=True, slots=True)
class MatchedRows:
    """The rows of both sides that need planning, with their matches.

    `quiet` are further pairs that certainly match. `linked` are the target records linked by
    earlier runs, by source id. `kinds` is the result of `kinds_of` for all target records, or None
    if `targets` and `quiet` are all of them.
    """

    policy: Policy
    rows: Sequence[SourceRow]
    targets: Sequence[TargetRow]
    matches: Matches
    quiet: Pairs = NO_PAIRS
    linked: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[int, str] | None = None

    @property
    def each(self) -> list[tuple[SourceRow, Match]]:
        """The source rows with their matches."""
        return self.matches.each(self.rows)


def match(rows: Sequence[SourceRow], targets: Sequence[TargetRow], paths: Sequence[str]) -> Matches:
    """Return the matches of rows and target records; both must be sorted, with unique ids.

    `paths` are the target fields of the match keys, in order. People outside the scope of the sync
    come last, and block no others.
    """
    inside = _match([row for row in rows if not row.outside], targets, paths)
    outside = [row for row in rows if row.outside]
    if not outside:
        return inside
    free = [each for each in targets if each.target_id not in inside.spoken]
    others = _match(outside, free, paths)
    return Matches({**inside.by_source, **others.by_source}, inside.spoken | others.spoken)


def targets_by_readable_keys(
    rows: Iterable[SourceRow], targets: Sequence[TargetRow]
) -> Mapping[str, tuple[TargetRow, ...]]:
    """Return the target records that share a readable key with unreadable rows, by source id."""
    unread = [row for row in rows if row.readable_keys]
    levels = range(max((len(row.readable_keys) for row in unread), default=0))
    as_read = [each.as_read for each in targets] if unread else ()
    indexes = [index_of(as_read, level) for level in levels]
    return {
        row.source_id: tuple(
            each
            for index, key in zip(indexes, row.readable_keys, strict=False)
            for each in index.get(key, ())
        )
        for row in unread
    }


def _match(
    rows: Sequence[SourceRow], targets: Sequence[TargetRow], paths: Sequence[str]
) -> Matches:
    decided: dict[str, Match] = {}
    spoken: dict[str, SourceRow | None] = {}
    for level, path in enumerate(paths):
        index = index_of(targets, level)
        claimed: dict[str, SourceRow | None] = {}
        for value, claimants in _claimants(rows, decided, level).items():
            candidates = index.get(value, ())
            found = _decide(claimants, candidates, spoken, level, path)
            if found is not None:
                for row in claimants:
                    decided[row[0]] = found
                owner = claimants[0] if found.target is not None else None
                for each in candidates:
                    claimed[each[0]] = owner
        spoken = {**claimed, **spoken}
    return Matches(decided, frozenset(spoken))


def index_of(targets: Iterable[TargetRow], level: int) -> dict[Hashable, list[TargetRow]]:
    """Index target records by their value of one match key."""
    index: dict[Hashable, list[TargetRow]] = defaultdict(list)
    for each in targets:
        keys = each.keys
        if level < len(keys) and keys[level] is not None:
            index[keys[level]].append(each)
    return dict(index)


def _claimants(
    rows: Iterable[SourceRow], decided: Mapping[str, Match], level: int
) -> dict[Hashable, list[SourceRow]]:
    claimants: dict[Hashable, list[SourceRow]] = defaultdict(list)
    for row in rows:
        if row.source_id not in decided and level < len(row.keys) and row.keys[level] is not None:
            claimants[row.keys[level]].append(row)
    return claimants


def _decide(
    claimants: Sequence[SourceRow],
    candidates: Sequence[TargetRow],
    spoken: Mapping[str, SourceRow | None],
    level: int,
    path: str,
) -> Match | None:
    """Return the match for one value of one key; `spoken` has the owners by earlier keys."""
    if not candidates and len(claimants) == 1:
        return None
    ids = tuple([each[0] for each in candidates])
    if len(claimants) > 1:
        sources = tuple(row.source_id for row in claimants)
        text = f"{len(sources)} source records have one value for {_named(level, path)}"
        text += f": {', '.join(sources)}"
        reason = Reason("duplicate", text, candidates=sources + ids)
    elif len(candidates) > 1:
        text = (
            f"{len(ids)} target records have the value of {_named(level, path)}: {', '.join(ids)}"
        )
        reason = Reason("ambiguous", text, candidates=ids)
    elif ids[0] in spoken:
        owner = _claimed(claimants[0], candidates[0], spoken[ids[0]])
        text = f"{_named(level, path)} finds {owner}"
        reason = Reason("claimed", text, candidates=ids)
    else:
        return _match_of((candidates[0], None, level, *_NOTHING_MORE))
    return Match(conflict=reason, level=level, candidates=tuple(candidates))


def _named(level: int, path: str) -> str:
    return f"match key {level + 1}" + (f" ({path})" if path else "")


def _claimed(row: SourceRow, target: TargetRow, owner: SourceRow | None) -> str:
    """Return who owns a record that a later key finds, and the remedy if the owner has left."""
    named = owner_text(target.target_id, target, owner)
    if owner is None:
        return f"{named}, over which an earlier key is in conflict"
    text = f"{named}, which an earlier key gave to that person"
    if row.leaver or not (target.left or owner.leaver):
        return text
    key = f" {row.key}" if row.key != row.source_id else ""
    return (
        f"{text}; if both are one person who came back under a new key, "
        f"give record {target.target_id} the key{key} by hand"
    )
