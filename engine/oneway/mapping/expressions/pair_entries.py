"""Finds where an expression reads a list of name/value pairs as an object.

In `attributes[?name == 'status'].value | [0]`, the list has an entry for each name. If no entry has
that name, the record does not state the value, as with an absent key.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, cast

from oneway.core.paths import ItemPath, item_text
from oneway.mapping.expressions.syntax import Node

_NAMES = frozenset(
    {"name", "key", "label", "field", "attribute", "property", "code", "id", "title"}
)
"""The last words of keys that name an entry: `name`, `fieldName`, `custom_field`."""
_VALUE = "value"
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


class PairEntry(NamedTuple):
    """An entry that a filter asks for: the part of its condition that compares the name.

    `value` is the node that reads the value, and `text` describes the entry.
    """

    test: Node
    value: Node
    text: str


def note_entries(tree: Node) -> None:
    """Note at each filter of a tree which `entry` it asks for; call `note_items` first."""
    nodes = list(_all(tree))
    values = [each for each in nodes if _last_word(each) == _VALUE]
    for node in nodes if values else ():
        if node["type"] == "filter_projection":
            entry = _entry(node, values)
            if entry is not None:
                cast(dict[str, object], node)["entry"] = entry


def entry_of(node: Node) -> PairEntry | None:
    """Return the entry that a filter asks for, if it reads its list as an object."""
    return cast(dict[str, PairEntry | None], node).get("entry")


def _entry(node: Node, values: list[Node]) -> PairEntry | None:
    lists = {path[:-1] for path in _places(node, "each") if path[-1] == ()}
    test = next((each for each in _terms(node["children"][2]) if _names(each)), None)
    if test is None:
        return None
    for value in values:
        for path in _places(value, "items"):
            if path[:-1] in lists and len(path[-1]) == 1:
                return PairEntry(test, value, f"{item_text(path)} for {' or '.join(_names(test))}")
    return None


def _terms(condition: Node) -> Iterator[Node]:
    """Yield the conditions that must all hold."""
    if condition["type"] == "and_expression":
        for each in condition["children"]:
            yield from _terms(each)
    else:
        yield condition


def _names(condition: Node) -> list[str]:
    """Return the names that a condition asks for, in words; none if it asks for anything else."""
    if condition["type"] == "or_expression":
        found = [_names(each) for each in condition["children"]]
        return [each for names in found for each in names] if all(found) else []
    if condition["type"] != "comparator" or condition["value"] != "eq":
        return []
    for one, other in (condition["children"], condition["children"][::-1]):
        key, name = _inner(one), other["value"] if other["type"] == "literal" else None
        if isinstance(name, str) and _last_word(key) in _NAMES:
            return [f"{key['value']} '{name}'"]
    return []


def _inner(node: Node) -> Node:
    """Return the argument of a function of one value, such as `name` in `lower(name)`."""
    while node["type"] == "function_expression" and len(node["children"]) == 1:
        node = node["children"][0]
    return node


def _last_word(node: Node) -> str:
    words = _WORD.findall(str(node["value"])) if node["type"] == "field" else ()
    return words[-1].lower() if words else ""


def _places(node: Node, name: str) -> Iterator[ItemPath]:
    yield from (each.path for each in cast(dict[str, tuple], node).get(name, ()))  # type: ignore[type-arg]


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node["children"] if node["type"] != "slice" else ():
        yield from _all(child)
