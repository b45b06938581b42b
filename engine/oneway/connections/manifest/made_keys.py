"""Finds the keys that a manifest's expressions make, and defaults that give no answer there.

What depends on a key that a record lacks is absent, and `roles || []` does not change that within
a condition: only `not_null()` says what an absent key is.
"""

import json
import re
from collections.abc import Iterator, Mapping

from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj, text
from oneway.mapping.expressions import ExpressionSyntax
from oneway.mapping.expressions.syntax import Node, tree_of

_CONDITIONS = {"contains", "ends_with", "starts_with"}


def made_keys(name: str, resource: Data) -> Mapping[str, str]:
    """Return the keys of a resource's records that expressions make, and where the manifest has it.

    Only objects with keys of their own (`{left: status == 'L'}`) leave out what they cannot tell.
    """
    place = f"resources.{name}.list.records"
    records = text(obj(resource.get("list")), "records")
    found = {str(each["value"]): place for each in _pairs(records)}
    for index, detail in enumerate(items(resource.get("detail"))):
        into, record = text(obj(detail), "into"), text(obj(detail), "record")
        if into and any(_pairs(record)):
            found[into] = f"resources.{name}.detail[{index}].record"
    return found


def vain_defaults(expression: str) -> Iterator[tuple[str, str, int]]:
    """Yield each `key || literal` in a condition: the key, the literal, and the place in the text.

    Filters are left out: what lacks the key is not chosen, which is what most mean by them.
    """
    for pair in _pairs(expression):
        for key, literal in _judged(pair, judged=False):
            found = re.search(rf"{re.escape(key)}\s*\|\|", expression)
            if found is not None:
                yield key, literal, found.start()


def _pairs(expression: str) -> Iterator[Node]:
    """Yield the outermost keys and values of the objects that an expression makes."""
    try:
        yield from _outermost(tree_of(expression)) if "{" in expression else ()
    except ExpressionSyntax:
        return


def _outermost(node: Node) -> Iterator[Node]:
    if node["type"] == "multi_select_dict":
        yield from node["children"]
        return
    for each in node["children"]:
        yield from _outermost(each)


def _judged(node: Node, *, judged: bool) -> Iterator[tuple[str, str]]:
    kind, children = node["type"], node["children"]
    if kind == "or_expression" and judged and children[1]["type"] == "literal":
        key = _path(children[0])
        if key:
            yield key, _literal(children[1]["value"])
    asks = kind in {"comparator", "not_expression"}
    asks |= kind == "function_expression" and node["value"] in _CONDITIONS
    inner = judged or asks
    if kind == "function_expression" and node["value"] == "not_null":
        return
    for each in children[:2] if kind == "filter_projection" else children:
        yield from _judged(each, judged=inner)


def _path(node: Node) -> str:
    """Return a path of plain keys as it is written, or ""."""
    if node["type"] == "field":
        return str(node["value"])
    if node["type"] != "subexpression":
        return ""
    steps = [_path(each) for each in node["children"]]
    return ".".join(steps) if all(steps) else ""


def _literal(value: Value) -> str:
    if isinstance(value, str) and "'" not in value and "\\" not in value:
        return f"'{value}'"
    return f"`{json.dumps(value)}`"
