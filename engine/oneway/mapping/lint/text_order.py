"""Finds comparisons of text by its order, in which blank text comes first."""

from collections.abc import Iterator

from oneway.core.connector import Resource
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.expressions.words import path_in
from oneway.mapping.lint.rule import Subject
from oneway.mapping.lint.typing_of import NUMBERS, nodes_in, types_in

ORDER_HELP = (
    "compare dates with is_past(), is_future() or days_between(), which do not hold of a blank"
)


def without_order(node: Node, resource: Resource) -> frozenset[str]:
    """Return the types that a node compares by order if it is never a number; otherwise none."""
    if node["type"] != "comparator" or node["value"] in ("eq", "ne"):
        return frozenset()
    both = (types_in(each, resource) for each in node["children"])
    return next((each for each in both if each and not each & NUMBERS), frozenset())


def blanks_first(subject: Subject) -> Iterator[tuple[Expression, Node]]:
    """Yield comparisons of text by order that decide who leaves or takes part.

    Those with a guard are left out: `date && date < today()`.
    """
    code = subject.code
    deciding = (
        *((each, subject.source) for each in (code.leaver, *code.only, *code.rules)),
        *((each, subject.target) for each in (code.left, code.scheduled)),
    )
    for expression, resource in deciding:
        if expression is None:
            continue
        asked = {id(node) for node in _asked_first(expression)}
        for node in nodes_in(expression):
            if "string" in without_order(node, resource) and id(node) not in asked:
                yield expression, node


def _asked_first(expression: Expression) -> Iterator[Node]:
    """Yield the comparisons of a path that follow that path and `&&`."""
    for node in nodes_in(expression):
        if node["type"] != "and_expression":
            continue
        first, then = node["children"]
        known = {path_in(each) for each in _conjuncts(first)} - {None}
        for each in _conjuncts(then):
            if each["type"] == "comparator" and any(
                path_in(side) in known for side in each["children"]
            ):
                yield each


def _conjuncts(node: Node) -> Iterator[Node]:
    if node["type"] == "and_expression":
        for each in node["children"]:
            yield from _conjuncts(each)
    else:
        yield node
