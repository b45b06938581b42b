"""Finds the words that an expression compares values with, and the names that may be meant as text.

Text stands in single quotes, and double quotes name a field: `status == "Left"` compares two
fields. Only the records tell which of the two was meant.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value, is_blank
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.syntax import (
    SAME_SCOPE,
    Node,
    Path,
    SyntaxToken,
    TextRange,
    path_in,
    tokens_of,
)
from oneway.mapping.functions import BY_NAME, Context, EvaluationError, Uses
from oneway.mapping.functions.values import as_text


class Way(Enum):
    """How a word is compared with a value."""

    EQUAL = "equal"
    SAME = "same"
    """Equal, also by Unicode's canonical equivalence."""
    AS_TEXT = "as text"
    HELD = "held"
    AMONG = "among"
    """An item of a list is the same."""
    WITHIN = "within"
    """The value is part of the word."""
    START = "start"
    END = "end"
    ASKED = "asked"
    """Used as yes or no; it may be `false`, or 0."""


@dataclass(frozen=True, slots=True)
class Word:
    """A constant, and the part of an expression compared with it, which reads only `keys`."""

    keys: Path
    value: Value
    part: Node
    way: Way
    place: TextRange | None
    unless_list: bool = False
    """Whether it is compared with the items if the value is a list, and not with the list itself.
    """


def words_of(text: str, tree: Node) -> tuple[Word, ...]:
    """Return every constant that is compared with a part that reads a single key."""
    found = []
    constants = constants_of(text)
    for part, value, way in _compared(tree):
        keys = only_path(part)
        simple = isinstance(value, str | bool | int | float) and not is_blank(value)
        if keys is not None and simple:
            found.append(Word(keys, value, part, way, place_of(constants, value)))
    return tuple(found)


def asked_parts(node: Node, by: str) -> Iterator[tuple[Node, str]]:
    """Yield the parts of a node, each with what uses its value as yes or no, or "".

    `by` is what uses the node's own value so. In `manager && 'x' || name`, only `manager` is used
    as a condition: the others are values, unless the whole is a condition.
    """
    kind = node["type"]
    children = [] if kind == "slice" else node["children"]  # a slice holds its numbers there
    asks = [""] * len(children)
    match kind:
        case "or_expression":
            asks = [by, by]
        case "and_expression":
            asks = [by or "`&&`", by]
        case "not_expression":
            asks = [by or "`!`"]
        case "pipe":
            asks[-1] = by
        case "filter_projection":
            asks[-1] = "a filter"
        case "function_expression" if node["value"] == "iif" and children:
            asks = ["iif()", *([by] * (len(children) - 1))]
        case "function_expression" if node["value"] in _FIRST:
            asks = [by] * len(children)
        case _:
            pass
    yield from zip(children, asks, strict=True)


_FIRST = {"coalesce", "default", "not_null"}
"""Functions that return their first argument."""


def constants_of(text: str) -> list[SyntaxToken]:
    """Return the constants of a text, each with its place."""
    return [each for each in tokens_of(text) if not each.identifier]


def place_of(constants: Sequence[SyntaxToken], value: Value) -> TextRange | None:
    """Return where a constant stands in a text; the first of several places."""
    for token in constants:
        items = token.value if isinstance(token.value, list) else [token.value]
        if any(each == value for each in items):
            return token.place
    return None


_Compared = Iterator[tuple[Node, Value, Way]]


def _compared(node: Node) -> _Compared:
    yield from compared_here(node)
    if node["type"] in SAME_SCOPE:
        for child in node["children"]:
            yield from _compared(child)


def compared_here(node: Node) -> _Compared:
    """Yield what a node itself compares with a constant, and the constant."""
    kind, children = node["type"], node["children"]
    if kind == "comparator" and node["value"] in ("eq", "ne"):
        for one, other in (children, reversed(children)):
            for part, value in _pairs(one, constant_of(other)):
                yield part, value, Way.EQUAL
    elif kind == "function_expression" and len(children) > 1:
        yield from _asked(str(node["value"]), *children)


def _pairs(node: Node, value: Value) -> Iterator[tuple[Node, Value]]:
    """Yield what is compared with a constant; for `[status]`, its items, each with its own."""
    if node["type"] != "multi_select_list":
        yield node, value
    elif isinstance(value, list) and len(value) == len(node["children"]):
        for child, item in zip(node["children"], value, strict=True):
            yield from _pairs(child, item)


def constant_of(node: Node) -> Value:
    """Return the value of a part that reads nothing: `trim('Left ')`, `split('A,B', ',')`.

    Returns None for any other part, for null, and for what cannot be evaluated.
    """
    if node["type"] == "literal":
        found: Value = node["value"]
        return found
    if not _reads_nothing(node):
        return None
    try:
        return evaluated(node, {}, _SOME_DAY).value
    except EvaluationError:
        return None


_SOME_DAY = Context(datetime(2026, 1, 1, tzinfo=UTC))


def _reads_nothing(node: Node) -> bool:
    kind, children = node["type"], node["children"]
    if kind == "literal":
        return True
    if kind == "function_expression":
        function = BY_NAME.get(str(node["value"]))
        if function is not None and function.uses is not Uses.NOTHING:
            return False
    elif kind != "multi_select_list":
        return False
    return all(map(_reads_nothing, children))


def _asked(name: str, first: Node, second: Node, *others: Node) -> _Compared:
    """Yield the words that a function compares its arguments with."""
    if name == "map_value":
        yield from ((first, word, Way.AS_TEXT) for word in _entries(second))
    elif name == "one_of":
        yield from ((first, item, Way.SAME) for item in constants_in(second))
        yield second, constant_of(first), Way.AMONG
    elif name == "contains" and constants_in(first):
        yield from ((second, item, Way.EQUAL) for item in constants_in(first))
    elif name in _PARTS:
        for each in (second, *others):
            yield first, constant_of(each), _PARTS[name]
        if name in ("contains", "starts_with", "ends_with"):
            yield second, constant_of(first), Way.WITHIN


_PARTS = {
    "contains": Way.HELD,
    "index_of": Way.HELD,
    "starts_with": Way.START,
    "starts_with_any": Way.START,
    "ends_with": Way.END,
}


def constants_in(node: Node) -> list[Value]:
    """Return the constants of a list."""
    whole = constant_of(node)
    if isinstance(whole, list):
        return whole
    if node["type"] == "multi_select_list":
        return [each["value"] for each in node["children"] if each["type"] == "literal"]
    return []


def _entries(node: Node) -> list[str]:
    if node["type"] == "literal" and isinstance(node["value"], dict):
        return list(node["value"])
    if node["type"] == "multi_select_dict":
        return [str(each["value"]) for each in node["children"]]
    return []


def only_path(node: Node) -> Path | None:
    """Return the only path that a part of an expression depends on, if there is one."""
    paths = _paths(node)
    return next(iter(paths)) if paths is not None and len(paths) == 1 else None


def _paths(node: Node) -> frozenset[Path] | None:
    path = path_in(node)
    if path:
        return frozenset({path})
    if node["type"] == "literal":
        return frozenset()
    function = BY_NAME.get(str(node["value"])) if node["type"] == "function_expression" else None
    if function is not None and function.uses is not Uses.NOTHING:
        return None
    if node["type"] not in ("function_expression", "or_expression"):
        return None
    parts = [_paths(child) for child in node["children"]]
    known = [each for each in parts if each is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None


def passes(word: Word, value: Value) -> bool:
    """Return whether a value passes the comparison with a word, as the expression decides it."""
    return _PASSES[word.way](value, word.value)


def _equal(value: Value, word: Value) -> bool:
    # `==` distinguishes Unicode forms of a text
    return value == word if isinstance(value, str) else identity(value) == identity(word)


def _holds(value: Value, word: Value) -> bool:
    if isinstance(value, list):
        return any(_equal(each, word) for each in value)
    return isinstance(value, str) and isinstance(word, str) and word in value


_PASSES: Mapping[Way, Callable[[Value, Value], bool]] = {
    Way.EQUAL: _equal,
    Way.SAME: lambda value, word: identity(value) == identity(word),
    Way.HELD: _holds,
    Way.AMONG: lambda value, word: (
        isinstance(value, list) and identity(word) in map(identity, value)
    ),
    Way.WITHIN: lambda value, word: (
        isinstance(value, str) and isinstance(word, str) and value in word
    ),
    Way.START: lambda value, word: isinstance(value, str) and value.startswith(str(word)),
    Way.END: lambda value, word: isinstance(value, str) and value.endswith(str(word)),
    Way.AS_TEXT: lambda value, word: _said(value) == word,
    Way.ASKED: lambda value, _: value is False,
}


def _said(value: Value) -> str | None:
    return as_text(value) if isinstance(value, str | bool | int | float) else None


class Meant(Enum):
    """Whether a name that no record has may be meant as text."""

    FIELD = "field"
    EITHER = "either"
    TEXT = "text"


def meant(tree: Node) -> Mapping[str, Meant]:
    """Return, for each name of one key, whether its places suggest a field or text.

    A name compared with a constant is a field, and one compared with a field is text. If a name
    occurs in several places and is a known field in one, it stays a field.
    """
    if tree["type"] == "field":  # a field that needs its quotes, or one that does not
        needless = re.fullmatch(_NAME, str(tree["value"])) is not None
        return {str(tree["value"]): Meant.EITHER if needless else Meant.FIELD}
    found: dict[str, Meant] = {}
    for name, each in _meant(tree, Meant.EITHER):
        found[name] = min(found.get(name, each), each, key=list(Meant).index)
    return found


_NAME = "[A-Za-z_][A-Za-z0-9_]*"


def _meant(node: Node, here: Meant) -> Iterator[tuple[str, Meant]]:
    kind, children = node["type"], node["children"]
    if kind == "field":
        yield str(node["value"]), here
    elif kind == "comparator":
        for one, other in (children, list(reversed(children))):
            literal = other["type"] == "literal"
            yield from _meant(one, Meant.FIELD if literal else Meant.TEXT)
    elif kind == "function_expression":
        name = str(node["value"])
        for position, child in enumerate(children):
            yield from _meant(child, _of_argument(name, position, child))
    elif kind in ("multi_select_list", "multi_select_dict", "key_val_pair"):
        for child in children:
            yield from _meant(child, here)
    elif kind in SAME_SCOPE:
        logical = kind in ("and_expression", "not_expression")
        for child in children:
            yield from _meant(child, Meant.FIELD if logical else Meant.EITHER)


def _of_argument(name: str, position: int, child: Node) -> Meant:
    if position in _OF_TEXT.get(name, ()):
        return Meant.TEXT
    if name == "contains":
        return Meant.TEXT if position or child["type"] == "multi_select_list" else Meant.FIELD
    if name == "starts_with_any" and position:
        return Meant.TEXT
    return Meant.FIELD if position == 0 and name not in _CHOOSING else Meant.EITHER


_OF_TEXT: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("starts_with", "ends_with", "one_of", "split", "before", "after", "index_of",
                     "regex_match", "parse_date", "format_date"), (1,)),
    **dict.fromkeys(("replace", "regex_replace", "group"), (1, 2)),
    **dict.fromkeys(("pad_left", "pad_right", "word"), (2,)),
    "join": (0,),
}  # fmt: skip
"""The arguments of functions that usually are text, by position."""

_CHOOSING = frozenset({"default", "coalesce", "not_null", "concat", "merge"})
"""Functions that may return their first argument; for `iif`, it is the condition."""
