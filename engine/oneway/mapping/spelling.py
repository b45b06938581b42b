"""Checks for another spelling of a word that a deciding condition compares with.

`kind != 'Contractor'` holds for `contractor `, and would let in a person whom it should keep out.
So a value that differs from such a word only in case, spaces or invisible characters decides
nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from unicodedata import category

from oneway.core.dataclass import dataclass
from oneway.core.records import Value, normal
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Expression, Reading
from oneway.mapping.expressions.words import Way, Word, words_of
from oneway.mapping.record_schema import Check, Sure
from oneway.mapping.word_tally import passes, results

Path = tuple[str, ...]

_REMEMBERED = 1_000
"""Values of one key whose check is remembered: a list of words has no more."""


def with_spellings(code: MappingCode) -> MappingCode:
    """Return the code with conditions that another spelling of their words leaves unanswered.

    The conditions of a side share the checks, and the words: a spelling that one of them names is
    known to all.
    """
    current = code.one_per.current if code.one_per is not None else None
    on_source = _checks((*code.only, *code.rules, code.leaver, current))
    on_target = _checks((code.left, code.scheduled))
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
        one_per=one_per,
    )


@dataclass(frozen=True, slots=True)
class SpellingCheck:
    """The check of one key's values; `other` is what the record schema checks."""

    words: tuple[tuple[Word, str], ...]
    """Each word, and the form of one that a value must be as it stands; "" of others."""
    reading: Reading
    other: Check | None = None
    passed: set[str] = field(default_factory=set, compare=False)
    """The texts already found to be right; not all are remembered."""

    @property
    def sure(self) -> Sure:
        """The values that certainly pass; there are more of them with each that is checked."""
        return Sure(words=self.passed)

    def __call__(self, value: Value) -> str:
        """Return what is wrong with a value, or ""."""
        if value.__class__ is str and value in self.passed:
            return ""
        wrong = self.other(value) if self.other is not None else ""
        if wrong or not isinstance(value, str):
            return wrong
        wrong = self._spelt(value)
        if not wrong and len(self.passed) < _REMEMBERED:
            self.passed.add(value)
        return wrong

    def _spelt(self, value: str) -> str:
        meant = ""
        for word, form in self.words:
            for read in results(word, (value,), self.reading):
                if passes(word, read):
                    return ""
                if form and _form(read) == form:
                    meant = meant or str(word.value)
        if not meant:
            return ""
        return f"another spelling of '{meant}', which the mapping compares it with"


def _checks(expressions: Iterable[Expression | None]) -> Mapping[Path, SpellingCheck]:
    words: dict[Path, list[tuple[Word, str]]] = {}
    reading = Reading()
    for each in expressions:
        if each is None:
            continue
        reading = each.reading
        for word in words_of(each.text, each.tree):
            words.setdefault(word.keys, []).append((word, _whole_form(word)))
    return {
        path: SpellingCheck(tuple(found), reading, reading.checks.get(path))
        for path, found in words.items()
        if any(form for _, form in found)
    }


def _whole_form(word: Word) -> str:
    """Return the form of a word that a value must be, and not hold or begin with; "" of others."""
    return _form(word.value) if word.way in (Way.EQUAL, Way.AS_TEXT) else ""


def _checked(expression: Expression, checks: Mapping[Path, SpellingCheck]) -> Expression:
    reading = expression.reading
    return replace(expression, reading=replace(reading, checks={**reading.checks, **checks}))


def _form(value: Value) -> str:
    """Return what of a text is not case, space or invisible; "" of anything else."""
    if not isinstance(value, str):
        return ""
    text = "".join(normal(value, "NFKC").casefold().split())
    if text.isascii():
        return text
    return "".join(each for each in text if category(each) != "Cf")
