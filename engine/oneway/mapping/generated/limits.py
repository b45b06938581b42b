"""Limits the size of data that generated code accepts without counting its cost.

The interpreter counts the cost of an evaluation (`oneway.core.budget`). Generated code accepts only
data that certainly stays below the limit, given the sizes of the expression and of its lists and
texts. Larger data goes to the interpreter, so both refuse the same.
"""

from collections.abc import Iterator

from oneway.core.budget import EVALUATION, RECORD, weight
from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.expressions.syntax import Node

TEXT = 1_000
"""The most characters of a text that a function takes or returns."""
ITEMS = 64
"""The most values in a list or object that a function takes or returns."""
PART_STEPS, PART_TEXT = 1_000, 10_000
"""The cost of a part of an expression that is interpreted."""
RESULT, RESULT_TEXT = 1_000, 20_000
"""The most values and characters of a list or object that is a result."""
MOST_EXPRESSIONS = 200
"""The most expressions of a mapping: with more, the share of each would be too small."""
_CALL = 512
"""The most steps that a call with such arguments costs."""


class Uncompiled(Exception):
    """Generated code leaves a record to the interpreter."""


class Shapeless(Exception):
    """No code can be generated for records of a shape."""


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The most items of a list that an expression iterates over."""

    items: int


def limits_of(tree: Node, expressions: int = 1) -> SizeLimits:
    """Return the limits for each of several expressions that are evaluated on each record."""
    share = min(EVALUATION.steps, RECORD.steps // (2 * expressions)) // 2
    inside = _calls(tree, inside=True)
    rest = share - _CALL * _calls(tree, inside=False)
    each = 2 * weight(tree) + _CALL * inside
    return SizeLimits(int(max(rest / each, 0) ** (1 / max(_loops(tree), 1))))


_LOOPS = frozenset({"projection", "value_projection", "filter_projection"})


def _children(node: Node) -> Iterator[tuple[Node, bool]]:
    """Yield the parts of a node, and whether they are evaluated for each item of a list."""
    if node["type"] != "slice":
        for position, child in enumerate(node["children"]):
            yield child, position > 0 and node["type"] in _LOOPS


def _loops(node: Node) -> int:
    return max((_loops(child) + looped for child, looped in _children(node)), default=0)


def _calls(node: Node, *, inside: bool, looped: bool = False) -> int:
    own = node["type"] == "function_expression" and looped is inside
    parts = (_calls(child, inside=inside, looped=looped or each) for child, each in _children(node))
    return own + sum(parts)


def small(value: Value) -> Value:
    """Return a function's argument or result; raise `Uncompiled` if it is large."""
    if isinstance(value, str):
        if len(value) > TEXT:
            raise Uncompiled
    elif isinstance(value, list | dict):
        if len(value) > ITEMS:
            raise Uncompiled
        characters = 0
        for each in value if isinstance(value, list) else (*value, *value.values()):
            if isinstance(each, list | dict):
                raise Uncompiled
            characters += len(each) if isinstance(each, str) else 0
        if characters > TEXT:
            raise Uncompiled
    return value


def small_result(value: Value) -> None:
    """Raise `Uncompiled` if a result is large, or may not be JSON."""
    values, characters, level = 0, 0, [value]
    while level:
        below: list[Value] = []
        values += len(level)
        for each in level:
            if isinstance(each, str):
                characters += len(each)
            elif isinstance(each, list):
                below += each
            elif isinstance(each, dict):
                below += each.values()
                characters += sum(map(len, each))
            elif not _is_number_or_null(each):
                raise Uncompiled
        if values + len(below) > RESULT or characters > RESULT_TEXT:
            raise Uncompiled
        level = below


def _is_number_or_null(value: object) -> bool:
    if isinstance(value, float):
        return value - value == 0  # neither NaN nor infinite
    return value is None or isinstance(value, int)
