"""Counts the records whose value is one of the words that a deciding condition compares.

If an export renames `Former` to `Leaver` overnight, no value is blank and no key is missing, but no
record has a word of the condition any more. Within lists, records with any value are counted as
well: a list without dates is not blank.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import reduce
from itertools import starmap

from oneway.core.batches import Batch
from oneway.core.dataclass import dataclass
from oneway.core.paths import ItemPath, at, item_text, with_value
from oneway.core.records import Missing, Record, Value, holds, is_blank
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, EvaluationError, Expression, Reading
from oneway.mapping.expressions.compared_words import Word, passes
from oneway.mapping.expressions.item_places import item_paths
from oneway.mapping.expressions.placed_words import placed_words
from oneway.mapping.profile.word_tally import flatter, results, within, word_text

Path = tuple[str, ...]

SEPARATOR = "::"
"""Separates a key from its words in the name of a group: `status::Former`."""
_REMEMBERED = 1_000
"""How many values are cached with their answer; a list of words is shorter."""
_SOME_DAY = Context(datetime(2026, 1, 1, tzinfo=UTC))
_UNKNOWN_WORD = "a word that nobody has heard of"


@dataclass(frozen=True, slots=True)
class WordGroup:
    """The words that one condition compares a key with; `name` shows the key and the words.

    With `inner`, they are compared with values within a list at the key. Without words, any value
    that is not blank counts.
    """

    keys: Path
    words: tuple[Word, ...] = field(compare=False)
    name: str
    reading: Reading = field(compare=False)
    inner: ItemPath = ()
    _known: dict[str, bool] = field(default_factory=dict, compare=False)

    def has(self, value: Value | Missing) -> bool:
        """Return whether a value belongs to the group, or contains one that does."""
        if isinstance(value, Missing):
            return False
        if self.inner:
            return any(map(self._has, within(value, self.inner)))
        return self._has(value)

    def _has(self, value: Value) -> bool:
        if isinstance(value, list) and (not self.words or self.words[0].unless_list):
            return self._is_word(value) or any(map(self._has, value))
        if not self.words:
            return not is_blank(value)
        if not isinstance(value, str):
            return self._is_word(value)
        found = self._known.get(value)
        if found is None:
            found = self._is_word(value)
            if len(self._known) < _REMEMBERED:
                self._known[value] = found
        return found

    def _is_word(self, value: Value) -> bool:
        return any(
            passes(word, read)
            for word in self.words
            for read in results(word, (value,), self.reading)
        )

    def lacking_at(self, record: Record) -> bool:
        """Return whether a record's value is not one of the words; a missing value is not."""
        return not self.has(at(record.data, self.keys))

    def lacking_in(self, batch: Batch) -> Sequence[bool]:
        """Return, for each record of a batch, whether its value is not one of the words."""
        values = batch.values(self.keys)
        if values is None or len(values) < len(batch):
            return [self.lacking_at(batch.record(each)) for each in range(len(batch))]
        if {*map(type, values)} != {str}:
            return [not self.has(value) for value in values]
        lacking = {value: not self.has(value) for value in set(values)}
        return list(map(lacking.__getitem__, values))

    def count_lacking(self, batch: Batch) -> int:
        """Return how many records of a batch have a value that is not one of the words."""
        values = batch.values(self.keys)
        if values is None or len(values) < len(batch) or {*map(type, values)} != {str}:
            return sum(self.lacking_in(batch))
        return sum(n for value, n in Counter(values).items() if not self.has(value))


def word_groups(code: MappingCode) -> tuple[WordGroup, ...]:
    """Return the groups of words that decide about access.

    If the source stops using them, people may keep access or gain it: the words for which
    `leavers.when` holds, those that fail a rule of `eligible`, and every word of `only` and of
    `source.one_per`.
    """
    found: dict[WordGroup, None] = {}
    for expression, matters in _conditions(code):
        words: dict[ItemPath, list[Word]] = {}
        for place, word in placed_words(expression.text, expression.tree):
            if _may_matter(expression, matters, place, word.value):
                words.setdefault(place, []).append(word)
        for place, those in words.items():
            if any(each in words for each in flatter(place)):
                continue  # lists in lists, which `[]` would flatten
            keys, *inner = place
            named = ",".join(dict.fromkeys(map(word_text, (each.value for each in those))))
            name = f"{item_text((keys, *inner))}{SEPARATOR}{named}"
            group = WordGroup(keys, tuple(those), name, expression.reading, tuple(inner))
            found[group] = None
    return tuple(found)


def value_groups(reads: Iterable[Expression]) -> tuple[WordGroup, ...]:
    """Return groups of any value, for places within lists that expressions read."""
    found = {place: each.reading for each in reads for place in item_paths(each.tree)}
    return tuple(
        WordGroup(place[0], (), item_text(place), reading, place[1:])
        for place, reading in sorted(found.items(), key=lambda each: each[0])
    )


_Matters = Callable[[int, int], bool]


def _conditions(code: MappingCode) -> Iterator[tuple[Expression, _Matters]]:
    if code.leaver is not None:
        yield code.leaver, int.__gt__
    current = code.one_per.current if code.one_per is not None else None
    yield from ((each, int.__ne__) for each in (current, *code.only) if each is not None)
    yield from ((each, int.__lt__) for each in code.rules)


def _may_matter(expression: Expression, matters: "_Matters", place: ItemPath, word: Value) -> bool:
    """Return whether a word at a place may change the answer of a condition.

    It does so by itself, or in a list, with everything else unknown, blank, or 1. If everything
    else decides whether there is an answer at all, as in `jobs[?main].status | [0] == 'Former'`, it
    may.
    """
    said: list[tuple[int, int]] = []
    pairs: tuple[tuple[Value, Value], ...] = (word, _UNKNOWN_WORD), ([word], [_UNKNOWN_WORD])
    beside = [each for each in item_paths(expression.tree) if each != place]
    none: Value = {}
    given = reduce(_merged, (_made(each, 1) for each in beside), none)
    plain, nulls = Reading(), Reading(absent_is_null=True)
    for reading, others in ((plain, none), (nulls, none), (plain, given)):
        asked = replace(expression, reading=reading)
        for pair in pairs:
            one, other = (_truth(asked, _merged(_made(place, each), others)) for each in pair)
            said.append((one, other))
    return any(starmap(matters, said)) or said[0] == (0, 0)


def _made(place: ItemPath, value: Value) -> Value:
    """Return a record that has only this value at this place."""
    held = value
    for depth, keys in enumerate(reversed(place)):
        held = [held] if depth else held
        held = with_value({}, keys, held) if keys else held
    return held


def _merged(one: Value, other: Value) -> Value:
    """Return a record with the content of two; their lists have one item."""
    match one, other:
        case dict(), dict():
            both = {key: _merged(one[key], other[key]) for key in one.keys() & other.keys()}
            return {**other, **one, **both}
        case [first], [second]:
            return [_merged(first, second)]
        case _:
            return one


def _truth(expression: Expression, data: Value) -> int:
    """Return 1 if a condition holds, -1 if it fails, 0 if it is unknown."""
    try:
        found = expression.decide(data, _SOME_DAY)
    except EvaluationError:
        return 0
    return 0 if found.truth else 1 if holds(found.value) else -1
