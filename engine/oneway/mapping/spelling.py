"""Checks for another spelling or type of a word that the mapping compares a value with.

`kind != 'Contractor'` holds for `contractor `, and would let in a person whom it should keep out.
`gone == `true`` does not hold for the text `true`, and would leave a leaver in. So a value that
would be such a word if it were spelt so, or had its type, decides nothing: neither who takes part,
nor what a field says.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, NamedTuple, TypeAlias, cast

from oneway.core.dataclass import dataclass
from oneway.core.paths import ItemPath
from oneway.core.records import Value
from oneway.core.similar_words import spelt
from oneway.core.unicode import normal
from oneway.core.yes_and_no import NO
from oneway.mapping.code import FieldCode, MappingCode, Typed
from oneway.mapping.expressions import Expression, Reading
from oneway.mapping.expressions.compared_words import Way, Word, passes
from oneway.mapping.expressions.placed_words import placed_flags, placed_words
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.expressions.table_rows import cells_in
from oneway.mapping.functions.values import as_text
from oneway.mapping.profile.misspelt_words import how_misspelt
from oneway.mapping.profile.word_tally import AS_IT_STANDS, results
from oneway.mapping.record_schema import Check, Sure, sure_of
from oneway.mapping.spec import Constant

Path = tuple[str, ...]

_REMEMBERED = 1_000
"""Values of one key whose check is remembered: a list of words has no more."""


def with_spellings(code: MappingCode) -> MappingCode:
    """Return the code with expressions that nearly one of their words leaves unanswered.

    The conditions of a side share the checks, and the words: a spelling that one of them names is
    known to all. Every other expression has the checks of its own words, and knows the spellings
    that any expression of its side names.
    """
    current = code.one_per.current if code.one_per is not None else None
    asked = (*code.only, *code.rules, code.leaver, current)
    on_source = _checks(asked, leaving=(code.leaver,), present=code.rules)
    of_target = tuple(each for _, each in code.target_conditions)
    on_target = _checks(of_target, leaving=of_target)
    one_per = code.one_per
    if one_per is not None and current is not None:
        one_per = replace(one_per, current=_checked(current, on_source))
    of_fields = [one for each in (*code.fields, *code.leaving) for one in each.expressions]
    own = _OwnChecks((*asked, *of_fields, *(each.expression for each in code.match_source)))
    return replace(
        code,
        only=tuple(_checked(each, on_source) for each in code.only),
        rules=tuple(_checked(each, on_source) for each in code.rules),
        leaver=_checked(code.leaver, on_source) if code.leaver else None,
        left=_checked(code.left, on_target) if code.left else None,
        scheduled=_checked(code.scheduled, on_target) if code.scheduled else None,
        absent_when=_checked(code.absent_when, on_target) if code.absent_when else None,
        one_per=one_per,
        match_source=tuple(own.typed(each) for each in code.match_source),
        fields=tuple(map(own.field, code.fields)),
        leaving=tuple(map(own.field, code.leaving)),
    )


@dataclass(frozen=True, slots=True)
class SpellingCheck:
    """The check of one key's values; `other` is what the record schema checks."""

    words: tuple[Word, ...]
    reading: Reading
    other: Check | None = None
    named: tuple[Word, ...] = ()
    """Further words: a value that one of them names is known, and no misspelling."""
    deciding: bool = True
    """Whether it is about access: then a word within a long text counts as well."""
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
        declared = None if self.other is None else sure_of(self.other) or Sure()
        any_text = declared is None or "str" in declared.classes
        fits = _other_letters(self.forms) if any_text else None
        return Sure(
            null=not self(None),
            classes=frozenset(classes),
            words=self.passed,
            text=fits is not None,
            fits=fits,
        )

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
        for word, read in self._read(self.words, value):
            if not passes(word, read):
                meant = meant or self._misspelt(word, read)
            elif _names(word, value):
                return ""
        known = meant and any(
            passes(word, read) and _names(word, value)
            for word, read in self._read(self.named, value)
        )
        return "" if known else meant

    def _misspelt(self, word: Word, read: Value) -> str:
        if not self.deciding:
            is_remark = word.way is Way.HELD and _is_remark(read)
            return "" if is_remark else how_misspelt(word, read)
        wrong = how_misspelt(word, read)
        asks = "asks for" if word.way is Way.ASKED else "compares it with"
        return wrong and f"{wrong}, which the mapping {asks}"

    def _read(self, words: Iterable[Word], value: Value) -> Iterator[tuple[Word, Value]]:
        """Yield each word with what a value comes to where it is compared."""
        for word in words:
            if not (word.unless_list and isinstance(value, list)):
                yield from ((word, read) for read in results(word, (value,), self.reading))


def _is_remark(value: Value) -> bool:
    """Return whether a text is so long that a word in it may be there by chance."""
    return isinstance(value, str) and len(value.split()) > _TITLE


_TITLE = 4
"""The most words of a text that is no remark: `Senior Manager, Retail Operations`."""


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


_Words: TypeAlias = Mapping[ItemPath, tuple[Word, ...]]


def _words(expressions: Iterable[Expression], *, own: bool = False) -> _Words:
    """Return the words of expressions by place; with `own`, those that need a check."""
    found: dict[ItemPath, list[Word]] = {}
    for each in expressions:
        apart = {id(node) for node in _sure_cells(each.tree)} if own else ()
        for path, word in placed_words(each.text, each.tree, apart):
            found.setdefault(path, []).append(word)
    return {path: tuple(words) for path, words in found.items()}


def _sure_cells(node: Node) -> Iterator[Node]:
    """Yield the parts whose comparison needs no check to be sure of an answer.

    A table of rules asks itself what is nearly a word, and `map_value()` without a fallback fails.
    """
    yield from cells_in(node)
    if node["type"] == "function_expression" and node["value"] == "map_value":
        yield from node["children"][:1] if len(node["children"]) == _NO_FALLBACK else ()
    for child in node["children"] if node["type"] != "slice" else ():
        yield from _sure_cells(child)


_NO_FALLBACK = 2


def _checks(
    expressions: Iterable[Expression | None],
    *,
    leaving: Sequence[Expression | None],
    present: Sequence[Expression] = (),
) -> Checks:
    """Return the checks of conditions; those about `leaving` take 0 for a no as well.

    Those in `present` ask whether a value is there, and take no text for a no.
    """
    asked = [each for each in expressions if each is not None]
    reading = asked[-1].reading if asked else Reading()
    words = _words(asked)
    for each in (each for each in asked if each not in present):
        words = _with_flags(words, each, asked=True, zero=each in leaving)
    return _checks_of(words, reading)


def _with_flags(words: _Words, expression: Expression, *, asked: bool, zero: bool) -> _Words:
    """Return words with what an expression asks for yes or no; with `zero`, 0 is a no as well."""
    found = dict(words)
    for place, flag in placed_flags(expression.tree, asked=asked):
        more = (flag, replace(flag, value=0)) if zero else (flag,)
        found[place] = (*found.get(place, ()), *more)
    return found


def _checks_of(words: _Words, reading: Reading, named: _Words | None = None) -> Checks:
    """Return the checks of words; `named` are those of all, unless the words decide on access."""
    made = {
        path: SpellingCheck(
            found,
            reading,
            reading.check_at(path),
            () if named is None else _known(found, named.get(path, ())),
            named is None,
            _forms(found),
        )
        for path, found in words.items()
    }
    return Checks(
        {path[0]: check for path, check in made.items() if not path[1:]},
        {path: check for path, check in made.items() if path[1:]},
    )


def _known(words: Iterable[Word], named: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the further words that are no slips; a no is one, whatever is compared with it."""
    return () if any(each.way is Way.ASKED for each in words) else named


def _reading(node: Node, path: Path) -> Iterator[Node]:
    """Yield each node within a node that reads a path."""
    if node["type"] == "field" and cast(dict[str, Any], node).get("path") == path:
        yield node
    for child in node["children"] if node["type"] != "slice" else ():
        yield from _reading(child, path)


class _OwnChecks:
    """Gives expressions that do not decide on access the checks of their own words."""

    def __init__(self, expressions: Iterable[Expression | None]) -> None:
        self.named = _words(each for each in expressions if each is not None)

    def checked(self, expression: Expression, *, asked: bool = False) -> Expression:
        """Return an expression with its checks; with `asked`, it is a condition."""
        words = _words((expression,), own=True)
        words = _with_flags(words, expression, asked=asked, zero=not asked)
        if not words:
            return expression
        reading = expression.reading
        checks = _checks_of(words, reading, self.named)
        found = _checked(expression, checks, deciding=reading.deciding)
        return replace(
            found, reading=replace(found.reading, of_nodes=self._of_nodes(words, expression))
        )

    def _of_nodes(self, words: _Words, expression: Expression) -> Mapping[int, Check]:
        """Return the check of each node: of the words that what it reads is compared with."""
        compared: dict[int, tuple[Path, list[Word]]] = {}
        reading = expression.reading
        for (path, *inner), found in words.items():
            for word in () if inner else found:
                part = word.part if word.keys else expression.tree
                for node in _reading(part, path):
                    compared.setdefault(id(node), (path, []))[1].append(word)
        return {
            node: _checks_of({(path,): tuple(found)}, reading, self.named).of_paths[path]
            for node, (path, found) in compared.items()
        }

    def typed(self, typed: Typed) -> Typed:
        return replace(typed, expression=self.checked(typed.expression))

    def field(self, code: FieldCode) -> FieldCode:
        def of(part: Expression | Constant | None) -> Any:
            return self.checked(part) if isinstance(part, Expression) else part

        source = code.source and self.typed(code.source)
        default, initial = map(of, (code.default, code.initial))
        when = code.when and self.checked(code.when, asked=True)
        return replace(code, source=source, default=default, initial=initial, when=when)


def _forms(words: Iterable[Word]) -> frozenset[str] | None:
    """Return the forms of words if all are texts, each compared with a value as it stands."""
    found = set[str]()
    for word in words:
        if word.way is Way.ASKED:
            found |= NO
            continue
        is_whole = word.way in (Way.EQUAL, Way.SAME, Way.AS_TEXT)
        if not (isinstance(word.value, str) and is_whole and word.part["type"] in AS_IT_STANDS):
            return None
        found.add(spelt(word.value))
    return frozenset(found)


def _other_letters(forms: frozenset[str] | None) -> Callable[[str], object] | None:
    """Return what finds a letter of a text that is in none of these forms, so that it is none.

    None if there are no forms. Letters beyond ASCII may be composed of others.
    """
    if not forms:
        return None
    used = "".join(normal(each, "NFKD") for each in forms)
    others = [each for each in map(chr, range(33, 127)) if each.lower() not in used]
    return re.compile(f"[{re.escape(''.join(others))}]").search if others else None


def _checked(expression: Expression, checks: Checks, *, deciding: bool = True) -> Expression:
    reading = expression.reading
    return replace(
        expression,
        reading=replace(
            reading,
            deciding=deciding,
            checks={**reading.checks, **checks.of_paths},
            item_checks={**reading.item_checks, **checks.of_items},
        ),
    )
