"""Finds where an expression calls parse_date(), and which paths decide whether it does."""

from collections.abc import Iterator

from oneway.mapping.expressions.syntax import SAME_SCOPE, Node, path_in
from oneway.mapping.expressions.table_rows import is_table, rows_of
from oneway.mapping.functions.library import BY_NAME

Path = tuple[str, ...]

_NOTHING = frozenset[Path]()
_TESTS = {"and_expression", "not_expression", "comparator"}
_FIRST = {"coalesce", "default", "not_null"}


def reads_under(node: Node, tested: frozenset[Path]) -> Iterator[tuple[Node, frozenset[Path]]]:
    """Yield each parse_date() of the record itself, and the paths that decide whether it is called.

    `tested` are the paths that decide whether the node is evaluated.
    """
    if node["type"] == "function_expression" and node["value"] == "parse_date":
        yield node, tested
    if node["type"] in SAME_SCOPE:
        for child, by in _branches(node):
            yield from reads_under(child, tested | by)


def paths_of(node: Node) -> frozenset[Path]:
    """Return the paths that a node reads."""
    path = path_in(node)
    return _NOTHING.union(*map(paths_of, parts(node))) if path is None else frozenset({path})


def tests_in(node: Node) -> frozenset[Path]:
    """Return the paths on whose values the conditions in a node depend."""
    if _is_test(node):
        return paths_of(node)
    return _NOTHING.union(*map(tests_in, parts(node)))


def _branches(node: Node) -> Iterator[tuple[Node, frozenset[Path]]]:
    """Yield the children of a node, and the paths that decide whether each is evaluated."""
    kind, children, by = node["type"], node["children"], _NOTHING
    name = node["value"] if kind == "function_expression" else ""
    if is_table(node):
        for condition, then in rows_of(node):
            yield condition, by
            by |= paths_of(condition)
            yield then, by
    elif kind == "and_expression" or name == "iif":
        yield children[0], by
        yield from ((each, paths_of(children[0])) for each in children[1:])
    elif kind == "or_expression" or name in _FIRST:
        for each in children:
            # `status == 'Former' || ends < today()` asks twice; it chooses no form of a day.
            yield each, _NOTHING if _is_truth(each) else by
            by |= tests_in(each)
    else:
        yield from ((each, by) for each in children)


def _is_truth(node: Node) -> bool:
    """Return whether a node is true or false, rather than a value."""
    if node["type"] == "and_expression":
        return _is_truth(node["children"][-1])
    if node["type"] == "or_expression":
        return all(map(_is_truth, node["children"]))
    return _is_test(node) and node.get("value") != "iif" and not is_table(node)


def _is_test(node: Node) -> bool:
    if node["type"] != "function_expression":
        return node["type"] in _TESTS
    function = BY_NAME.get(str(node["value"]))
    returned = function.returns if function is not None else ""
    return (
        node["value"] in ("iif", "contains", "starts_with", "ends_with")
        or is_table(node)
        or returned == "boolean"
    )


def parts(node: Node) -> list[Node]:
    """Return the children of a node; a slice has none, but keeps its numbers there."""
    return [] if node["type"] == "slice" else node["children"]
