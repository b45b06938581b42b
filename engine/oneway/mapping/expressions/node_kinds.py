"""Tells which nodes and functions treat absent keys in their own way."""

from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import BY_NAME

_LISTS = frozenset({"projection", "filter_projection", "value_projection"})
_LOGICAL = frozenset({"or_expression", "and_expression", "not_expression", *_LISTS})
_BUILT_IN_CONDITIONS = frozenset({"contains", "ends_with", "starts_with"})
_PRESENCE = frozenset({"is_blank", "is_present", "default", "coalesce", "not_null"})


def is_logical(node: Node) -> bool:
    """Return whether a node's truth differs from that of its value."""
    return node["type"] in _LOGICAL


ORDERING = frozenset({"sort", "sort_by", "max", "max_by", "min", "min_by"})
"""The functions that compare the items of a list by their order."""


def is_list(node: Node) -> bool:
    """Return whether a node makes a list, of which some items may be certain."""
    return node["type"] in _LISTS


def judges(function: str) -> bool:
    """Return whether a function chooses by its arguments: with yes or no, or by a table."""
    library = BY_NAME.get(function)
    if library is None or asks_presence(function):
        return function in _BUILT_IN_CONDITIONS
    return library.returns.startswith("boolean") or function == "map_value"


def asks_presence(function: str) -> bool:
    """Return whether a function asks if a value exists, which an absent key answers."""
    return function in _PRESENCE
