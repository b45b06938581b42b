"""Finds words of a mapping that no record has, while a record has nearly the same word.

With `'Contractor'` where the export says `CONTRACTOR `, a rule lets everyone through and nothing
else shows it. The same goes for `'Agency'` where it says `Agency worker`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.paths import ItemPath, at, item_text, with_value
from oneway.core.records import MISSING, Missing, Value
from oneway.core.similar_words import one_form, parts, slips
from oneway.mapping.expressions import Context, EvaluationError, Expression, Reading
from oneway.mapping.expressions.compared_words import Way, Word, passes
from oneway.mapping.expressions.evaluation import evaluated_apart
from oneway.mapping.expressions.near_words import written
from oneway.mapping.expressions.placed_words import placed_words

if TYPE_CHECKING:
    from oneway.core.batches import Batch

Path = tuple[str, ...]
Values = dict[object, Value]

DISTINCT = 300
"""A key with more different values holds names or numbers, not words of a list."""
_NAMED = 3
"""How many words a message suggests."""
_LONGEST = 60
"""Longer values are remarks, not words of a list."""
_SOME_DAY = Context(datetime(2026, 1, 1, tzinfo=UTC))
"""The day does not matter: no part that is examined reads it."""


@dataclass(slots=True)
class WordTally:
    """Counts the values of each key that is compared with a word; `side` names the read."""

    side: str
    words: tuple[tuple[ItemPath, Word, Expression, str], ...]
    """Each word with its place, the expression that contains it, and its purpose."""
    values: dict[ItemPath, Values] = field(default_factory=dict)

    def note(self, data: Mapping[str, Value]) -> None:
        """Note the values of a record."""
        for (path, *inner), held in self.values.items():
            value = data.get(path[0], MISSING) if len(path) == 1 else at(data, path)
            _hold(held, within(value, inner) if inner else (value,))
        self._drop_names()

    def note_all(self, batch: "Batch") -> None:
        """Note the values of many records."""
        for (path, *inner), held in self.values.items():
            values = batch.values(path)
            if values is None:
                values = [at(batch.record(each).data, path) for each in range(len(batch))]
            if inner:
                for value in values:
                    _hold(held, within(value, inner))
            elif {*map(type, values)} != {str} or not held.keys() >= {*values}:
                _hold(held, values)
        self._drop_names()

    def _drop_names(self) -> None:
        """Drop the keys that have too many values to be words of a list."""
        kept = self.values.items()
        if any(len(held) > DISTINCT for _, held in kept):
            self.values = {path: held for path, held in kept if len(held) <= DISTINCT}

    def unheld(self) -> Iterator[Diagnostic]:
        """Yield each word that no record has while one has nearly the same."""
        for place, word, expression, reader in self.words:
            near = self._near(place, word, expression)
            if near:
                span = expression.within(word.place) if word.place else expression.span
                key, said = item_text(place), written(word.value)
                what = _WAYS[word.way].format(word=said, key=key)
                summary = f"no record of {self.side} {what} ({reader})"
                help = f"did you mean {' or '.join(map(written, near[:_NAMED]))}?"
                yield Diagnostic(span, Severity.WARNING, "R176", summary, help)

    def met(self) -> frozenset[int]:
        """Return the positions of the words that are values of some record."""
        return frozenset(
            position
            for position, (place, word, expression, _) in enumerate(self.words)
            if any(passes(word, value) for value in self._values(place, word, expression))
        )

    def _values(self, place: ItemPath, word: Word, expression: Expression) -> list[Value]:
        held = self.values.get(place, {})
        return list(results(word, held.values(), expression.reading))

    def _near(self, place: ItemPath, word: Word, expression: Expression) -> list[Value]:
        values = self._values(place, word, expression)
        if any(passes(word, value) for value in values):
            return []
        named = {identity(other.value) for there, other, beside, _ in self.words
                 if beside is expression and there == place}  # fmt: skip
        return [each for each in _nearest(word, values) if identity(each) not in named]


def _hold(held: Values, values: Iterable[Value | Missing]) -> None:
    for value in values:
        if value.__class__ is str:
            if value not in held:  # hardly any is
                held[value] = value
        elif isinstance(value, bool | int | float):
            held[identity(value)] = value


def word_tally(
    side: str, reads: Iterable[tuple[Expression, str]], secret: Iterable[Path]
) -> WordTally:
    """Return the tally of what these expressions compare; sensitive values are not kept."""
    hidden = tuple(secret)
    words = tuple(
        (place, word, expression, reader)
        for expression, reader in reads
        for place, word in _flattened(expression)
        if not any(place[0][: len(each)] == each[: len(place[0])] for each in hidden)
    )
    return WordTally(side, words, {place: {} for place, *_ in words})


def _flattened(expression: Expression) -> Iterator[tuple[ItemPath, Word]]:
    """Yield the words of an expression; nested lists count as one list, as `within` reads them."""
    found = tuple(placed_words(expression.text, expression.tree))
    places = {place for place, _ in found if place[1:]}
    yield from (each for each in found if places.isdisjoint(flatter(each[0])))


def flatter(place: ItemPath) -> Iterator[ItemPath]:
    """Yield the places with fewer nested lists."""
    yield from (place[:i] + place[i + 1 :] for i in range(1, len(place)) if not place[i])


def within(value: Value | Missing, inner: Sequence[tuple[str, ...]]) -> Iterator[Value]:
    """Yield the values at a place within a list's items or an object's values.

    Nested lists count as one list.
    """
    if isinstance(value, Missing):
        return
    if not inner:
        yield value
    elif isinstance(value, list | dict):
        for item in value if isinstance(value, list) else value.values():
            if not inner[0]:
                yield from within(item, inner[1:])
            elif isinstance(item, list):
                yield from within(item, inner)
            elif isinstance(item, dict):
                yield from within(at(item, inner[0]), inner[1:])


AS_IT_STANDS = ("field", "subexpression", "current")
"""The parts of expressions that are a value of the record itself."""


def results(word: Word, values: Iterable[Value], reading: Reading) -> Iterator[Value]:
    """Yield the result of the part that is compared, for each value."""
    for value in values:
        if word.part["type"] in AS_IT_STANDS:
            yield value
            continue
        try:
            record = with_value({}, word.keys, value) if word.keys else value
            yield evaluated_apart(word.part, record, _SOME_DAY, reading)
        except EvaluationError:
            continue  # reported as the record's own error


def _nearest(word: Word, values: Iterable[Value]) -> list[Value]:
    said = word_text(word.value)
    texts = {word_text(value): value for value in values if len(word_text(value)) <= _LONGEST}
    if word.way in _LOOSE:
        form = one_form(said)
        return sorted((each for text, each in texts.items()
                       if isinstance(each, str) and _LOOSE[word.way](one_form(text), form)),
                      key=str)  # fmt: skip
    return [texts[text] for text in slips(said, texts) or parts(said, texts)]


def _is_within(text: str, form: str) -> bool:
    return bool(text) and text in form


_LOOSE: Mapping[Way, Callable[[str, str], bool]] = {
    Way.HELD: str.__contains__,
    Way.START: str.startswith,
    Way.END: str.endswith,
    Way.WITHIN: _is_within,
}

_WAYS = {
    Way.EQUAL: "has {word} in '{key}'",
    Way.SAME: "has {word} in '{key}'",
    Way.AS_TEXT: "has {word} in '{key}'",
    Way.HELD: "has '{key}' with {word} in it",
    Way.AMONG: "has '{key}' with {word} in it",
    Way.WITHIN: "has '{key}' that is part of {word}",
    Way.START: "has '{key}' that starts with {word}",
    Way.END: "has '{key}' that ends with {word}",
}


def word_text(value: Value) -> str:
    """Return a word of a condition as text: JSON, unless it is text."""
    return value if isinstance(value, str) else json.dumps(value)
