"""Finds which fields of a record an expression compares with which constants."""

from collections.abc import Iterator

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value, is_blank
from oneway.mapping.expressions.compared_words import constants_in
from oneway.mapping.expressions.syntax import Node, TextRange, path_in, tokens_of


@dataclass(frozen=True, slots=True)
class Comparison:
    """A path of the record, a constant compared with it, and the constant's place."""

    keys: tuple[str, ...]
    value: Value
    place: TextRange


def comparisons_of(text: str, tree: Node) -> tuple[Comparison, ...]:
    """Return the comparisons by == and !=, and the searches in a list by contains()."""
    literals = [token for token in tokens_of(text) if not token.identifier]
    found = []
    for keys, value in _compared(tree):
        # The same constant may occur several times: the first place is as good as any.
        places = (t.place for t in literals if _holds(t.value, value))
        place = next(places, None)
        if place is not None:
            found.append(Comparison(keys, value, place))
    return tuple(found)


def blank_is_answer(tree: Node) -> frozenset[tuple[str, ...]]:
    """Return the paths that a condition compares with a blank, as `email != ''` does.

    There, a blank is an answer. `email` alone asks for a value: a blank does not answer it, and may
    be missing by mistake.
    """
    return frozenset(_compared_with_blank(tree))


def _compared_with_blank(node: Node) -> Iterator[tuple[str, ...]]:
    children = node["children"]
    if node["type"] in _LOGIC:
        for child in children:
            yield from _compared_with_blank(child)
    elif any(map(_is_blank_literal, children)):
        for child in children:
            yield from _paths_in(child)


def _paths_in(node: Node) -> Iterator[tuple[str, ...]]:
    """Yield the paths that a part of an expression reads of the record itself."""
    keys = path_in(node)
    if keys is not None:
        yield keys
    elif node["type"] in _SAME_ROOT:
        for child in node["children"]:
            yield from _paths_in(child)


def _is_blank_literal(node: Node) -> bool:
    return node["type"] == "literal" and is_blank(node["value"])


def _holds(literal: Value, value: Value) -> bool:
    items = literal if isinstance(literal, list) else [literal]
    return any(identity(item) == identity(value) for item in items)


def _compared(node: Node) -> Iterator[tuple[tuple[str, ...], Value]]:
    kind, children = node["type"], node["children"]
    if kind == "comparator" and node["value"] in ("eq", "ne"):
        for one, other in (children, reversed(children)):
            if other["type"] == "literal":
                yield from _pair(one, other["value"])
    elif kind == "function_expression" and node["value"] == "contains" and len(children) == 2:
        for item in constants_in(children[0]):
            yield from _pair(children[1], item)
    if kind in _SAME_ROOT:
        for child in children:
            yield from _compared(child)


def _pair(node: Node, value: Value) -> Iterator[tuple[tuple[str, ...], Value]]:
    keys = path_in(node)
    if keys is not None:
        yield keys, value


_LOGIC = frozenset({"and_expression", "or_expression", "not_expression"})
_SAME_ROOT = _LOGIC | {"comparator", "function_expression"}
"""Nodes whose children are evaluated on the same record as themselves."""
