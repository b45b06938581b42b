"""Chooses the match keys of a draft mapping, and counts the records that each finds."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace

from oneway.core.compare import Compare, comparable
from oneway.core.dataclass import dataclass
from oneway.core.field_concepts import concept
from oneway.core.paths import at
from oneway.core.records import MISSING, Value
from oneway.runs.draft.pairs import Pair
from oneway.runs.draft.side import DraftSide

_OWN = 0.95
"""The least share of unique values in a field that identifies people."""


@dataclass(frozen=True, slots=True)
class MatchKey:
    """Two fields to match people by, and how well they match.

    `source` and `target` count the records of each side with a value, `both` the source values that
    the target has too, and `shared` the records whose value occurs more than once on their side.
    `exact` counts the values in `both` that are written identically.
    """

    pair: Pair
    compare: Compare = Compare.EXACT
    source: int = 0
    target: int = 0
    both: int = 0
    shared: int = 0
    exact: int = 0


@dataclass(frozen=True, slots=True)
class MatchKeys:
    """The match keys of a draft, in order, and those it only mentions.

    `found` counts the source records that some key finds in the target.
    """

    chosen: tuple[MatchKey, ...]
    others: tuple[MatchKey, ...] = ()
    found: int = 0

    @property
    def first(self) -> Pair:
        """The pair of the first key."""
        return self.chosen[0].pair

    def of(self, pair: Pair) -> MatchKey | None:
        """Return the key made from a pair, if any."""
        return next((each for each in self.chosen if each.pair == pair), None)


def match_keys(source: DraftSide, target: DraftSide, pairs: Sequence[Pair]) -> MatchKeys:
    """Return the best match keys: a personal number first, then an email."""
    known = [_counted(source, target, each) for each in pairs if _identifies(source, each)]
    usable = sorted(
        (each for each in known if _tells_apart(each)),
        key=lambda each: (each.both == 0, each.pair.email, -each.both, -each.pair.score),
    )
    # A field that is blank throughout the target gets filled, and matches from then on.
    finding = [each for each in usable if each.both or not each.target]
    chosen = finding or usable[:1] or [_counted(source, target, _made(source, target))]
    others = [each for each in known if each not in chosen]
    return MatchKeys(tuple(chosen), tuple(others), _found(source, target, chosen))


def matched(source: DraftSide, target: DraftSide, keys: MatchKeys) -> dict[int, int]:
    """Return the positions of the target records that a key finds, by those of source records."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    for key in keys.chosen:
        values = key_values(target, key.pair.target, key.compare)
        there = {value: number for number, value in enumerate(values) if value is not None}
        for number, value in enumerate(key_values(source, key.pair.source, key.compare)):
            if value in there and number not in found and there[value] not in taken:
                found[number] = there[value]
                taken.add(there[value])
    return found


def key_values(side: DraftSide, path: str, compare: Compare) -> Iterator[Hashable]:
    """Yield each record's value of a field in comparable form; None if it is blank."""
    keys = side.keys(path)
    for each in side.records:
        value = at(each.data, keys)
        yield None if value is MISSING else _comparable(value, compare)


def _comparable(value: Value, compare: Compare) -> Hashable:
    if isinstance(value, list | dict):
        return None
    plain = value.strip() if isinstance(value, str) and compare is not Compare.EXACT else value
    return comparable(plain, compare)


def _identifies(source: DraftSide, pair: Pair) -> bool:
    """Return whether a pair may identify people, by its names or because it holds emails."""
    if pair.unfit or pair.looks_up or concept(pair.target) == "manager":
        return False
    named = concept(pair.target) in ("reference", "email") or pair.source == source.id
    return named or pair.email


def _counted(source: DraftSide, target: DraftSide, pair: Pair) -> MatchKey:
    """Return a pair as a key, with the comparison that finds the most records."""
    if pair.email:
        ways: tuple[Compare, ...] = (Compare.IGNORE_CASE,)
    elif pair.number:
        ways = (Compare.NUMBER,)
    else:
        ways = (Compare.EXACT, Compare.TRIMMED, Compare.IGNORE_CASE, Compare.NUMBER)
    tried = [_under(source, target, pair, compare) for compare in ways]
    best = max(tried, key=lambda each: each.both)  # the strictest of those that find equally many
    return replace(best, exact=_under(source, target, pair, Compare.EXACT).both)


def _under(source: DraftSide, target: DraftSide, pair: Pair, compare: Compare) -> MatchKey:
    here = Counter(key_values(source, pair.source, compare))
    there = Counter(key_values(target, pair.target, compare))
    here.pop(None, 0)
    there.pop(None, 0)
    shared = sum(n for values in (here, there) for n in values.values() if n > 1)
    both = len(here.keys() & there.keys())
    return MatchKey(pair, compare, here.total(), there.total(), both, shared)


def _tells_apart(key: MatchKey) -> bool:
    held = key.source + key.target
    return key.source > 0 and key.shared <= (1 - _OWN) * held


def _made(source: DraftSide, target: DraftSide) -> Pair:
    """Return a key that writes the source's id, if nothing else identifies people."""
    field = next((path for path in target.fields if concept(path) == "reference"), "")
    # A key that no target record has would match nobody, so the record's id is the next best.
    field = field or (target.id if target.records else "reference")
    return Pair(field, source.id, "what tells the source's records apart", 0)


def _found(source: DraftSide, target: DraftSide, keys: Iterable[MatchKey]) -> int:
    """Return how many records of the source a key finds in the target."""
    found: set[int] = set()
    for key in keys:
        there = set(key_values(target, key.pair.target, key.compare)) - {None}
        here = key_values(source, key.pair.source, key.compare)
        found |= {number for number, value in enumerate(here) if value in there}
    return len(found)
