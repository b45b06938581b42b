"""Matches source rows and target rows, key by key.

Keys are tried in order, all rows at once, so that no order of records can decide anything.
At one key a row is decided where some target record holds its value, or another row has
the same value; the others go on to the next key. Whatever is not one row to one target
record, still unspoken for, is a conflict.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from oneway.mapping.program import SourceRow, TargetRow
from oneway.planning.plan import Reason


@dataclass(frozen=True, slots=True)
class Match:
    """What matching found for one row: a target record, a conflict, or neither.

    `level` is the position of the key that decided; `candidates` are the target records that a
    conflict is about. `notes` stand beside whatever the row's outcome is. `rekeyed` says that
    the target record is to be given the row's keys. `gone` is set for a row whose own target
    record is not to be found; `proven` says that the target was asked for it by its id, and
    `again` that it may be created anew.
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


@dataclass(frozen=True, slots=True)
class Matches:
    """The match of each row by source id, and the target ids that some row speaks for."""

    by_source: Mapping[str, Match]
    spoken: frozenset[str]

    def of(self, row: SourceRow) -> Match:
        """Return a row's match."""
        return self.by_source.get(row.source_id, NOBODY)


def match(rows: Sequence[SourceRow], targets: Sequence[TargetRow], levels: int) -> Matches:
    """Match rows and target records; both must be sorted, no two with one id.

    People outside the scope of the sync come last, and block nobody else.
    """
    inside = _match([row for row in rows if not row.outside], targets, levels)
    outside = [row for row in rows if row.outside]
    if not outside:
        return inside
    free = [each for each in targets if each.target_id not in inside.spoken]
    others = _match(outside, free, levels)
    return Matches({**inside.by_source, **others.by_source}, inside.spoken | others.spoken)


def _match(rows: Sequence[SourceRow], targets: Sequence[TargetRow], levels: int) -> Matches:
    decided: dict[str, Match] = {}
    spoken: set[str] = set()
    for level in range(levels):
        index = _index(targets, level)
        claimed: set[str] = set()
        for value, claimants in _claimants(rows, decided, level).items():
            candidates = index.get(value, ())
            found = _decide(claimants, candidates, spoken, level)
            if found is not None:
                decided.update((row.source_id, found) for row in claimants)
                claimed.update(each.target_id for each in candidates)
        spoken |= claimed
    return Matches(decided, frozenset(spoken))


def _index(targets: Iterable[TargetRow], level: int) -> dict[Hashable, list[TargetRow]]:
    index: dict[Hashable, list[TargetRow]] = defaultdict(list)
    for each in targets:
        if level < len(each.keys) and each.keys[level] is not None:
            index[each.keys[level]].append(each)
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
    claimants: Sequence[SourceRow], candidates: Sequence[TargetRow], spoken: set[str], level: int
) -> Match | None:
    ids = tuple(each.target_id for each in candidates)
    ordinal = f"match key {level + 1}"
    if len(claimants) > 1:
        sources = tuple(row.source_id for row in claimants)
        text = f"{len(sources)} source records have one value for {ordinal}: {', '.join(sources)}"
        reason = Reason("duplicate", text, candidates=sources + ids)
    elif len(candidates) > 1:
        text = f"{len(ids)} target records have the value of {ordinal}: {', '.join(ids)}"
        reason = Reason("ambiguous", text, candidates=ids)
    elif not candidates:
        return None
    elif ids[0] in spoken:
        text = f"target record {ids[0]} has the value of {ordinal}, and an earlier key gave it away"
        reason = Reason("claimed", text, candidates=ids)
    else:
        return Match(target=candidates[0], level=level)
    return Match(conflict=reason, level=level, candidates=tuple(candidates))
