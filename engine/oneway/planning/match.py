"""Matches source rows and target rows, key by key.

Keys are tried in order, all rows at once, so that the order of records decides nothing. A key
decides a row if a target record holds its value, or if another row has the same value; the others
go on to the next key. Anything but one row and one target record, still unclaimed, is a conflict.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from itertools import islice
from operator import eq, lt
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.mapping.program import AnySourceRow, AnyTargetRow, SourceRow, TargetRow
from oneway.planning.plan import Reason
from oneway.planning.record_owner import owner_text


class Match(NamedTuple):
    """The result of matching for one row: a target record, a conflict, or neither.

    `level` is the position of the key that decided; `candidates` are the target records of a
    conflict. `notes` accompany the row's outcome, whatever it is. `rekeyed`: the target record
    gets the row's keys. `gone` is set for a row whose own target record is missing; `proven` says
    that the target was asked for it by id, and `again` that it may be created anew.
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


NOBODY = Match()
_NOTHING_MORE = NOBODY[3:]
_match_of: Callable[[tuple[object, ...]], Match] = partial(tuple.__new__, Match)
"""Quicker than the class, whose own function is Python's."""


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

    def each(self, rows: Iterable[SourceRow]) -> "list[tuple[SourceRow, Match]]":
        """Return rows with their matches; of a list that is asked for again, what was found."""
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
    """Source rows that are certainly matched, each with its target record at the same place."""

    rows: Sequence[AnySourceRow] = ()
    targets: Sequence[AnyTargetRow] = ()
    _keys: dict[int, Sequence[Hashable]] = field(default_factory=dict, repr=False, compare=False)

    def keys(self, level: int) -> Sequence[Hashable]:
        """Return the key of each source row at one level, None where it has none."""
        if level not in self._keys:
            single = level == 0
            self._keys[level] = [
                row[1] if single and row[2] is None else next(iter(row.keys[level:]), None)
                for row in self.rows
            ]
        return self._keys[level]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def __iter__(self) -> Iterator[tuple[AnySourceRow, AnyTargetRow]]:
        """Yield each source row with its target record."""
        return zip(self.rows, self.targets, strict=True)

    def in_order(self) -> "Pairs":
        """Return these pairs in the order of a plan: by the keys shown, then by their ids."""
        keys = [row[1] for row in self.rows]
        if all(map(lt, keys, islice(keys, 1, None))):  # as rows that are read are, often
            return self
        places = sorted(range(len(keys)), key=keys.__getitem__)
        ordered = [keys[at] for at in places]
        if any(map(eq, ordered, islice(ordered, 1, None))):
            places.sort(key=lambda at: (keys[at], self.rows[at][0]))
        return self._at(places)

    def some(self, first: int, end: int) -> "Pairs":
        """Return the pairs from one position up to another."""
        return Pairs(self.rows[first:end], self.targets[first:end])

    def parted(self, places: Collection[int]) -> "tuple[Pairs, Pairs]":
        """Return the other pairs, and those at these places."""
        if not places:
            return self, NO_PAIRS
        kept = [at for at in range(len(self.rows)) if at not in places]
        return self._at(kept), self._at(sorted(places))

    def _at(self, places: Sequence[int]) -> "Pairs":
        return Pairs([self.rows[at] for at in places], [self.targets[at] for at in places])

    def and_also(self, others: "Iterable[tuple[AnySourceRow, AnyTargetRow]]") -> "Pairs":
        """Return these pairs and others."""
        more = list(others)
        if not more:
            return self
        return Pairs(
            [*self.rows, *(row for row, _ in more)], [*self.targets, *(each for _, each in more)]
        )


NO_PAIRS = Pairs()


def match(rows: Sequence[SourceRow], targets: Sequence[TargetRow], paths: Sequence[str]) -> Matches:
    """Match rows and target records; both must be sorted, with unique ids.

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
    """Return the target records that unreadable source records may be about, by source id."""
    unread = [row for row in rows if row.readable_keys]
    levels = range(max((len(row.readable_keys) for row in unread), default=0))
    told = [each.as_read for each in targets] if unread else ()
    indexes = [index_of(told, level) for level in levels]
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
    """Return the target records by what they have for one match key."""
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
    """Return the result for one value of one key; `spoken` are the owners by earlier keys."""
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
    if not (target.left or owner.leaver):
        return text
    key = f" {row.key}" if row.key != row.source_id else ""
    return (
        f"{text}; if both are one person who came back under a new key, "
        f"give record {target.target_id} the key{key} by hand"
    )
