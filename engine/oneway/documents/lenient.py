"""Navigates a manifest whose shape may be wrong: missing parts read as empty."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from oneway.core.records import Value

Data: TypeAlias = Mapping[str, Value]


def obj(value: object) -> Data:
    """Return the value if it is an object, else {}."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> Sequence[Value]:
    """Return the value if it is a list, else []."""
    return value if isinstance(value, list) else ()


def text(data: Data, key: str) -> str:
    """Return the text of a key, or "" if there is none."""
    value = data.get(key)
    return value if isinstance(value, str) else ""
