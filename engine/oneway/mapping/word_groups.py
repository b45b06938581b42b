"""Counts the records whose value is one of the words that a deciding condition compares with.

If an export renames `Former` to `Leaver` overnight, no value is blank and no key is missing, but
no record has a word of the condition any more.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime

from oneway.core.batches import Batch
from oneway.core.dataclass import dataclass
from oneway.core.records import (
    ItemPath,
    Missing,
    Record,
    Value,
    at,
    holds,
    item_text,
    with_value,
)
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Context, EvaluationError, Expression, Reading
from oneway.mapping.expressions.items import item_words
from oneway.mapping.expressions.words import Word, passes, words_of
from oneway.mapping.word_tally import results

Path = tuple[str, ...]

SEPARATOR = "::"
"""Stands between a key and its words in the name of a group: `status::Former`."""
_REMEMBERED = 1_000
"""Values whose answer is remembered: a list of words has no more."""
_SOME_DAY = Context(datetime(2026, 1, 1, tzinfo=UTC))
_UNHEARD = "a word that nobody has heard of"


@dataclass(frozen=True, slots=True)
class WordGroup:
    """The words that one condition compares a key with; `name` shows the key and the words.

    With `inner`, they are compared with values within a list that the key has.
    """

    keys: Path
    words: tuple[Word, ...] = field(compare=False)
    name: str
    reading: Reading = field(compare=False)
    inner: ItemPath = ()
    _known: dict[str, bool] = field(default_factory=dict, compare=False)

    def has(self, value: Value | Missing) -> bool:
        """Return whether a value is one of the words, or has one within."""
        if isinstance(value, Missing):
            return False
        if self.inner:
            return any(map(self._has, _within(value, self.inner)))
        return self._has(value)

    def _has(self, value: Value) -> bool:
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
        for place, word in _placed(expression):
            said, unsaid = (_truth(expression, place, each) for each in (word.value, _UNHEARD))
            if matters(said, unsaid):
                words.setdefault(place, []).append(word)
        for place, those in words.items():
            if any(each in words for each in _flatter(place)):
                continue  # lists in lists, which `[]` would flatten
            keys, *inner = place
            named = ",".join(dict.fromkeys(map(_text, (each.value for each in those))))
            name = f"{item_text((keys, *inner))}{SEPARATOR}{named}"
            group = WordGroup(keys, tuple(those), name, expression.reading, tuple(inner))
            found[group] = None
    return tuple(found)


def _flatter(place: ItemPath) -> Iterator[ItemPath]:
    """Yield the places with a list less in each other."""
    yield from (place[:i] + place[i + 1 :] for i in range(1, len(place)) if not place[i])


def _placed(expression: Expression) -> Iterator[tuple[ItemPath, Word]]:
    """Yield each word that a condition compares a value with, and the place of that."""
    for word in words_of(expression.text, expression.tree):
        yield (word.keys,), word
    yield from (each for each in item_words(expression.tree) if each[0][1:])


def _within(value: Value, inner: ItemPath) -> Iterator[Value]:
    """Yield the values at a place within the items of a list, or the values of an object."""
    if not inner:
        yield value
    elif isinstance(value, list | dict):
        for item in value if isinstance(value, list) else value.values():
            found = at(item, inner[0]) if isinstance(item, dict) else item
            if not isinstance(found, Missing) and (isinstance(item, dict) or not inner[0]):
                yield from _within(found, inner[1:])


_Matters = Callable[[int, int], bool]


def _conditions(code: MappingCode) -> Iterator[tuple[Expression, _Matters]]:
    if code.leaver is not None:
        yield code.leaver, int.__gt__
    current = code.one_per.current if code.one_per is not None else None
    yield from ((each, int.__ne__) for each in (current, *code.only) if each is not None)
    yield from ((each, int.__lt__) for each in code.rules)


def _truth(expression: Expression, place: ItemPath, value: Value) -> int:
    """Return 1 if a value alone makes a condition hold, -1 if it makes it fail, else 0."""
    held = value
    for depth, keys in enumerate(reversed(place)):
        held = [held] if depth else held
        held = with_value({}, keys, held) if keys else held
    try:
        plain = replace(expression, reading=Reading())
        found = plain.decide(held, _SOME_DAY)
    except EvaluationError:
        return 0
    return 0 if found.truth else 1 if holds(found.value) else -1


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)
