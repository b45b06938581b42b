"""The values that an expression read, shown with its error unless sensitive."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache

from oneway.core.dataclass import dataclass
from oneway.core.records import MISSING, Value, at, keys_overlap, path_text
from oneway.core.sealed import MASK
from oneway.mapping.expressions import Expression, PathUse

Path = tuple[str, ...]

_WIDEST = 60
"""The most characters of a value that are shown."""

_MOST = 3
"""The most values that are shown for one error."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The paths of a source record and of a target record that hold sensitive values.

    The empty path stands for the whole record.
    """

    source: frozenset[Path] = field(default_factory=frozenset)
    target: frozenset[Path] = field(default_factory=frozenset)


def values_read(expression: Expression, data: Mapping[str, Value], secret: Iterable[Path]) -> str:
    """Return what an expression read of a record: `salary: "1O"`; nothing that is sensitive."""
    read = _read(expression.paths, frozenset(secret))
    open_ones = [(text, at(data, path)) for path, text, hidden in read if not hidden]
    found = [(text, value) for text, value in open_ones if value is not MISSING]
    return ", ".join(f"{text}: {as_shown(value)}" for text, value in found[:_MOST])


def all_values_read(
    expression: Expression, data: Mapping[str, Value], secret: Iterable[Path]
) -> str:
    """Return all that an expression read of a record, with sensitive values as `***`."""
    said = []
    for path, text, hidden in _read(expression.paths, frozenset(secret)):
        value = at(data, path)
        if value is not MISSING:
            said.append(f"{text}: {MASK if hidden else as_shown(value)}")
    return ", ".join(said)


@lru_cache(maxsize=64)
def _read(uses: tuple[PathUse, ...], secret: frozenset[Path]) -> Sequence[tuple[Path, str, bool]]:
    """Return each path, its text, and whether it is sensitive; one is asked of many records."""
    paths = dict.fromkeys(use.keys for use in uses)
    return [
        (path, path_text(path), any(keys_overlap(path, each) for each in secret)) for path in paths
    ]


def as_shown(value: object) -> str:
    """Return a value as JSON, a long one cut short."""
    text = _json(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


_json = json.JSONEncoder(ensure_ascii=False).encode
"""`json.dumps`, which makes an encoder each time."""
