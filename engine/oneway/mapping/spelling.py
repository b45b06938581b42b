"""Checks for another spelling or type of a word that a deciding condition compares with.

`kind != 'Contractor'` holds for `contractor `, and would let in a person whom it should keep out.
`gone == `true`` does not hold for the text `true`, and would leave a leaver in. So a value that
would be such a word if it were spelt so, or had its type, decides nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any, NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.records import ItemPath, Value
from oneway.core.similar_words import spelt
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Expression, Reading
from oneway.mapping.expressions.compared_words import Way, Word, passes
from oneway.mapping.expressions.placed_words import placed_words
from oneway.mapping.functions.values import as_text
from oneway.mapping.profile.misspelt_words import how_misspelt
from oneway.mapping.profile.word_tally import AS_IT_STANDS, results
from oneway.mapping.record_schema import Check, Sure, sure_of

Path = tuple[str, ...]

_REMEMBERED = 1_000
"""Values of one key whose check is remembered: a list of words has no more."""


def with_spellings(code: MappingCode) -> MappingCode:
    """Return the code with conditions that nearly one of their words leaves unanswered.

    The conditions of a side share the checks, and the words: a spelling that one of them names is
    known to all.
    """
    current = code.one_per.current if code.one_per is not None else None
    on_source = _checks((*code.only, *code.rules, code.leaver, current))
    on_target = _checks(tuple(each for _, each in code.target_conditions))
    one_per = code.one_per
    if one_per is not None and current is not None:
        one_per = replace(one_per, current=_checked(current, on_source))
    return replace(
        code,
        only=tuple(_checked(each, on_source) for each in code.only),
        rules=tuple(_checked(each, on_source) for each in code.rules),
        leaver=_checked(code.leaver, on_source) if code.leaver else None,
        left=_checked(code.left, on_target) if code.left else None,
        scheduled=_checked(code.scheduled, on_target) if code.scheduled else None,
        absent_when=_checked(code.absent_when, on_target) if code.absent_when else None,
        one_per=one_per,
    )


@dataclass(frozen=True, slots=True)
class SpellingCheck:
    """The check of one key's values; `other` is what the record schema checks."""

    words: tuple[Word, ...]
    reading: Reading
    other: Check | None = None
    forms: frozenset[str] | None = None
    """The words, freed of differences in spelling. A text that is none of these, freed likewise, is
    not misspelt. None if that does not tell."""
    passed: set[str] = field(default_factory=set, compare=False)
    """The texts already found to be right; not all are remembered."""
    numbers: set[int | float] = field(default_factory=set, compare=False)
    """The numbers already found to be right."""

    @property
    def sure(self) -> Sure:
        """The values that certainly pass; there are more of them with each that is checked."""
        classes = {"bool"} if not (self(True) or self(False)) else set()
        if all(_is_number(each.value) for each in self.words):
            other = None if self.other is None else sure_of(self.other)
            numbers = {"int", "float"}
            classes |= numbers if self.other is None else numbers & (other or Sure()).classes
        return Sure(null=not self(None), classes=frozenset(classes), words=self.passed)

    def __call__(self, value: Value) -> str:
        """Return what is wrong with a value, or ""."""
        kind = value.__class__
        seen: set[Any] | None = self.passed if kind is str else None
        if kind is int or kind is float:
            seen = self.numbers
        if seen is not None and value in seen:
            return ""
        wrong = self.other(value) if self.other is not None else ""
        if not wrong and value is not None:
            wrong = self._spelt(value)
        if not wrong and seen is not None and len(seen) < _REMEMBERED:
            seen.add(value)
        return wrong

    def _spelt(self, value: Value) -> str:
        if self.forms is not None and isinstance(value, str) and spelt(value) not in self.forms:
            return ""  # as nearly all are
        meant = ""
        for word in self.words:
            if word.unless_list and isinstance(value, list):
                continue
            for read in results(word, (value,), self.reading):
                if not passes(word, read):
                    meant = meant or how_misspelt(word, read)
                elif _names(word, value):
                    return ""
        return meant and f"{meant}, which the mapping compares it with"


def _names(word: Word, value: Value) -> bool:
    """Return whether a word that a value passes names it as it is spelt, or some item of it.

    `type(status) == 'string'` and `length(status) == `6`` pass any spelling, and name none.
    """
    if isinstance(value, list | dict):
        within = value if isinstance(value, list) else value.values()
        return any(_names(word, each) for each in within)
    if word.part["type"] in AS_IT_STANDS or how_misspelt(word, value):
        return True
    said, meant = (spelt(as_text(each)) for each in (value, word.value))
    return meant in said


class Checks(NamedTuple):
    """The checks of one side: of its paths, and of places within lists."""

    of_paths: Mapping[Path, SpellingCheck]
    of_items: Mapping[ItemPath, SpellingCheck]


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checks(expressions: Iterable[Expression | None]) -> Checks:
    words: dict[Path, list[Word]] = {}
    within: dict[ItemPath, list[Word]] = {}
    reading = Reading()
    for each in expressions:
        if each is None:
            continue
        reading = each.reading
        for path, word in placed_words(each.text, each.tree):
            if path[1:]:
                within.setdefault(path, []).append(word)
            else:
                words.setdefault(path[0], []).append(word)
    of_paths = {
        path: SpellingCheck(tuple(found), reading, reading.checks.get(path), _forms(found))
        for path, found in words.items()
    }
    of_items = {
        path: SpellingCheck(tuple(found), reading, reading.item_checks.get(path), _forms(found))
        for path, found in within.items()
    }
    return Checks(of_paths, of_items)


def _forms(words: Iterable[Word]) -> frozenset[str] | None:
    """Return the forms of words if all are texts, each compared with a value as it stands."""
    found = set()
    for word in words:
        is_whole = word.way in (Way.EQUAL, Way.SAME, Way.AS_TEXT)
        if not (isinstance(word.value, str) and is_whole and word.part["type"] in AS_IT_STANDS):
            return None
        found.add(spelt(word.value))
    return frozenset(found)


def _checked(expression: Expression, checks: Checks) -> Expression:
    reading = expression.reading
    return replace(
        expression,
        reading=replace(
            reading,
            deciding=True,
            checks={**reading.checks, **checks.of_paths},
            item_checks={**reading.item_checks, **checks.of_items},
        ),
    )
