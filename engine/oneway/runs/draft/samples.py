"""Makes sample records of both sides with invented people, consistent across files.

Everything is replaced but the words of a status or a type, since rules are about them; dates
move, and stay in their order.
"""

from oneway.core.records import Record, Value, at
from oneway.runs.draft.anonymise import Anonymiser, days_of, words_of
from oneway.runs.draft.names import concept
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.side import DraftSide

_MOST = 5
_KEPT = ("status", "closed", "type")
_FEW = 6
"""So many words are those of a status; more of them say something else."""


def sampled(
    source: DraftSide, target: DraftSide, key: Pair | None
) -> tuple[list[dict[str, Value]], list[dict[str, Value]]]:
    """Return a few records of each side, replaced: some that match, and some that do not."""
    there = _by_value(target, key.target) if key else {}
    both: list[tuple[Record, Record]] = []
    new: list[Record] = []
    for each in source.records:
        value = at(each.data, source.keys(key.source)) if key else None
        match = there.get(str(value).strip().casefold())
        if match is not None and len(both) < _MOST:
            both.append((each, match))
        elif match is None and len(new) < 2:
            new.append(each)
    left = [each for each in target.records if each not in there.values()][:1]
    first = [*(one for one, _ in both), *new]
    second = [*(one for _, one in both), *left]
    found = _anonymiser((source, first), (target, second))
    return [found.record(each.data) for each in first], [found.record(each.data) for each in second]


def _anonymiser(*chosen: tuple[DraftSide, list[Record]]) -> Anonymiser:
    data = [dict(each.data) for _, records in chosen for each in records]
    keeps = frozenset[str]().union(*(_statuses(side) for side, _ in chosen))
    return Anonymiser(keeps, days_of(data), real=words_of(data))


def _statuses(side: DraftSide) -> frozenset[str]:
    """Return the words of fields that hold a status or a type, without case."""
    found: set[str] = set()
    for path in side.fields:
        words = {str(value).strip().casefold() for value in side.values(path)}
        if concept(path) in _KEPT and len(words) <= _FEW:
            found |= words
    return frozenset(found)


def _by_value(side: DraftSide, path: str) -> dict[str, Record]:
    keys = side.keys(path)
    return {str(at(each.data, keys)).strip().casefold(): each for each in side.records}
