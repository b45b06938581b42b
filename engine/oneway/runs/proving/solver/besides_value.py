"""What the engine takes from an expression besides its value, as data that can be compared.

Two expressions with one truth table are planned alike only if these are equal as well: the checks
of the words that they name, the entries of lists of pairs that they ask for, and the keys that a
run looks for because they read them.
"""

from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any, cast

from oneway.core.compare import identity
from oneway.core.paths import path_text
from oneway.core.records import Value
from oneway.core.similar_words import spelt
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import EvaluationError, Expression, Reading
from oneway.mapping.expressions.compared_words import Way, Word
from oneway.mapping.expressions.steps import text_of
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions.values import as_text, to_boolean, to_number
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.profile.word_tally import AS_IT_STANDS
from oneway.mapping.spelling import SpellingCheck

Check = Callable[[Value], str]


def evaluated_as(tree: Node, reading: Reading) -> Hashable:
    """Return everything that decides how a tree is evaluated on a record."""
    return text_of(tree), tuple(_notes(tree, reading))


def check_facts(check: Any) -> Hashable:
    """Return a check as data; checks with equal data accept the same values."""
    match check:
        case SpellingCheck():
            words = frozenset(map(_word_facts, check.words))
            others = frozenset(_word_facts(e) for e in check.named if _is_near(check, e))
            return words, others, check.deciding, check_facts(check.other)
        case partial():
            return check.func, *map(check_facts, check.args)
        case tuple():
            return tuple(map(check_facts, check))
        case _:
            return cast(Hashable, check)


def near_values(check: Any) -> Iterator[Value]:
    """Yield values on which a check may differ from a similar one: its words, and near ones."""
    yield from (None, "", " ")
    for word in (*check.words, *check.named) if isinstance(check, SpellingCheck) else ():
        yield word.value
        yield from _nearly(word)


def reads(expression: Expression) -> frozenset[str]:
    """Return the keys that an expression reads, in words, and whether it asks what day it is."""
    found = {path_text(use.keys) for use in expression.paths}
    found |= {"the whole record"} if expression.facts.whole else set()
    return frozenset(found | ({"the day of the run"} if expression.uses_today else set()))


def looked_for(code: MappingCode) -> frozenset[tuple[str, str, Hashable]]:
    """Return what runs count of their inputs: the side, the key in words, and what of it.

    If a counted key is gone, or its values are, nothing is written.
    """
    found = set[tuple[str, str, Hashable]]()
    for tally in tallies_of(code).values():
        for key in tally.keys:
            name = path_text(key.path)
            found.add((tally.side, name, "there"))
            found |= {(tally.side, name, "needed")} if key.needed else set()
            found |= {(tally.side, name, "blanks")} if key.blanks_count else set()
            found |= {(tally.side, name, key.meant)} if key.quoted else set()
        for group in tally.groups:
            words = frozenset(identity(each.value) for each in group.words)
            found.add((tally.side, path_text(group.keys), (group.inner, words)))
    return frozenset(found)


def _notes(node: Node, reading: Reading) -> Iterator[Hashable]:
    notes, entry = cast(dict[str, Any], node), reading.entry_at(node)
    path = notes.get("path")
    yield (
        check_facts(reading.check_of(node, path)) if path is not None else None,
        *(_places(node, reading, name) for name in ("items", "each")),
        entry and entry.text,
        notes.get("pick"),
    )
    for child in node["children"] if node["type"] != "slice" else ():
        yield from _notes(child, reading)


def _places(node: Node, reading: Reading, name: str) -> Hashable:
    found = reading.checked_at(node, name)
    return tuple((each, check_facts(reading.check_at(each.path))) for each in found)


def _word_facts(word: Word) -> Hashable:
    return word.keys, identity(word.value), text_of(word.part), word.way, word.unless_list


def _is_near(check: SpellingCheck, other: Word) -> bool:
    """Return whether a further word may be one that nearly is a word of the check."""
    whole = other.way in (Way.EQUAL, Way.SAME, Way.AS_TEXT)
    plain = whole and isinstance(other.value, str) and other.part["type"] in AS_IT_STANDS
    return check.forms is None or not plain or spelt(str(other.value)) in check.forms


def _nearly(word: Word) -> Iterator[Value]:
    """Yield values that are nearly a word, in another spelling or of another type."""
    if word.way is Way.ASKED:
        yield from ("No", "no", "false", "off", "n", "0", 0, False)
    value = word.value
    if not isinstance(value, str):
        yield from (as_text(value), "yes" if value is True else "no", int(cast(int, value)))
        return
    yield [value]
    yield from (value.upper(), value.lower(), value.capitalize(), f"{value} ", f" {value}")
    for convert in (to_boolean, to_number):
        try:
            yield convert(value)
        except EvaluationError:
            continue
