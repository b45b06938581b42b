"""Paths such as `bankDetails.sortCode`: their text, their keys, and the values they lead to."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from oneway.core.records import MISSING, Missing, Value

ItemPath: TypeAlias = tuple[tuple[str, ...], ...]
"""A place within lists: (("jobs",), ("status",)) is `jobs[].status`, (("tags",), ()) `tags[]`."""


@lru_cache(maxsize=4096)
def path_of(text: str) -> tuple[str, ...]:
    """Return the keys of a path: `bankDetails.sortCode` has two.

    A key that holds a dot, a space or a quote stands between double quotes, as in
    `address."Post Code"`. Text that is no path of plain and quoted keys, such as the heading
    `N.I. Number`, is one key as it stands.
    """
    if '"' not in text and not _SPACE.search(text):
        keys = tuple(text.split("."))
        return keys if all(keys) else (text,)
    if not re.fullmatch(_PATH, text):
        return (text,)
    return tuple(_unquoted(key) for key in re.findall(_KEY, text, re.DOTALL))


def path_text(keys: Iterable[str]) -> str:
    """Return the text of a path, the one that `path_of` takes back to the same keys."""
    found = tuple(keys)
    if len(found) == 1 and path_of(found[0]) == found:
        return found[0]
    return ".".join(key if _PLAIN.fullmatch(key) else _quoted(key) for key in found)


def item_text(path: ItemPath) -> str:
    """Return the text of a place within lists: `jobs[].status`."""
    first, *inner = map(path_text, path)
    return first + "".join(f"[].{each}" if each else "[]" for each in inner)


def _quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(key: str) -> str:
    return re.sub(_ESCAPE, r"\1", key[1:-1]) if key.startswith('"') else key


_SPACE = re.compile(r"\s")
_PLAIN = re.compile(r'[^.\s"]+')
_KEY = r'"(?:[^"\\]|\\.)*"|[^.\s"]+'
_PATH = rf"(?s)(?:{_KEY})(?:\.(?:{_KEY}))*"
_ESCAPE = r"(?s)\\(.)"


def overlap(one: str, other: str) -> bool:
    """Return whether two paths are equal, or one leads into the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def keys_overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two paths, as their keys, are equal, or one leads into the other."""
    return one[: len(other)] == other[: len(one)]


def at(data: Mapping[str, Value], path: Iterable[str]) -> Value | Missing:
    """Return the value at a path, or MISSING where a key on the way is absent."""
    value: Value = data  # type: ignore[assignment]  # a record's data is an object
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def with_value(data: Mapping[str, Value], path: tuple[str, ...], value: Value) -> dict[str, Value]:
    """Return a copy of the data with the value at a path; objects on the way are made."""
    head, *rest = path
    copy = dict(data)
    if rest:
        inner = copy.get(head)
        copy[head] = with_value(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    else:
        copy[head] = value
    return copy


def without_path(data: Mapping[str, Value], path: tuple[str, ...]) -> dict[str, Value]:
    """Return a copy of the data without a path."""
    head, *rest = path
    inner = data.get(head)
    if not rest:
        return {name: value for name, value in data.items() if name != head}
    changed = {head: without_path(inner, tuple(rest))} if isinstance(inner, dict) else {}
    return {**data, **changed}
