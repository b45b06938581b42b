"""The values that an expression read, shown with its error unless sensitive."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from itertools import accumulate

from oneway.core.dataclass import dataclass
from oneway.core.paths import at, keys_overlap, path_text
from oneway.core.phrases import some
from oneway.core.records import MISSING, Value
from oneway.core.sealed import MASK
from oneway.mapping.expressions import Expression, PathUse

Path = tuple[str, ...]

_WIDEST = 60
"""The most characters of a value that are shown."""

_MOST = 3
"""The most values that are shown for one error."""

_WIDEST_IN_ALL = 320
"""The most characters of all that is shown of why somebody leaves; what is cut is counted."""


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
    """Return what an expression read of a record, with sensitive values as `***`.

    Of much, it is the beginning, and how many more values there are.
    """
    said = []
    for path, text, hidden in _read(expression.paths, frozenset(secret)):
        value = at(data, path)
        if value is not MISSING:
            said.append(f"{text}: {MASK if hidden else as_shown(value)}")
    return some(said, _fitting(said, _WIDEST_IN_ALL) or 1)


@lru_cache(maxsize=64)
def _read(uses: tuple[PathUse, ...], secret: frozenset[Path]) -> Sequence[tuple[Path, str, bool]]:
    """Return each path, its text, and whether it is sensitive; one is asked of many records."""
    paths = dict.fromkeys(use.keys for use in uses)
    return [
        (path, path_text(path), any(keys_overlap(path, each) for each in secret)) for path in paths
    ]


def as_shown(value: object) -> str:
    """Return a value as JSON, a long one cut short; a long list says how many are left out."""
    text = _json(value)
    if len(text) <= _WIDEST:
        return text
    items = [_json(each) for each in value] if isinstance(value, list) else []
    kept = _fitting(items, _WIDEST - 14)
    if kept:
        return f"[{', '.join(items[:kept])}, and {len(items) - kept:,} more]"
    return f"{text[: _WIDEST - 3]}..."


def _fitting(texts: Sequence[str], width: int) -> int:
    """Return how many of some texts fit, with a comma after each."""
    ends = accumulate(len(each) + 2 for each in texts)
    return sum(end <= width for end in ends)


_json = json.JSONEncoder(ensure_ascii=False).encode
"""`json.dumps`, which makes an encoder each time."""
