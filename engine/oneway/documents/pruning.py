"""Removes broken parts of a document, so that the rest can still be checked."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from oneway.core.records import Value
from oneway.documents.yaml_source import Document, Path

_T = TypeVar("_T")


def without(document: Document, paths: Iterable[Path]) -> Document:
    """Return a document without the values at some paths; each other keeps its place."""
    for path in sorted(set(paths), key=_depth_and_index, reverse=True):
        document = _without(document, path)
    return document


def _depth_and_index(path: Path) -> tuple[int, tuple[tuple[str, int], ...]]:
    # The last item of a list goes first: those before it keep their numbers.
    return len(path), tuple(("", s) if isinstance(s, int) else (s, 0) for s in path)


def _without(document: Document, path: Path) -> Document:
    if not path:
        return document
    return replace(
        document,
        data=_removed(document.data, path),
        places=_moved(document.places, path),
        key_places=_moved(document.key_places, path),
    )


def _removed(data: Value, path: Path) -> Value:
    head, *rest = path
    if isinstance(data, dict) and head in data:
        kept = {key: value for key, value in data.items() if rest or key != head}
        return kept | {str(head): _removed(data[str(head)], tuple(rest))} if rest else kept
    if isinstance(data, list) and isinstance(head, int) and head < len(data):
        inner = [_removed(data[head], tuple(rest))] if rest else []
        return [*data[:head], *inner, *data[head + 1 :]]
    return data


def _moved(places: Mapping[Path, _T], path: Path) -> dict[Path, _T]:
    """Return places without those at or below a path; later items of its list move up."""
    *way, last = path
    depth, before = len(way), tuple(way)
    moved: dict[Path, _T] = {}
    for each, place in places.items():
        if each[: depth + 1] == path:
            continue
        step = each[depth] if len(each) > depth and each[:depth] == before else None
        if isinstance(last, int) and isinstance(step, int) and step > last:
            moved[(*before, step - 1, *each[depth + 1 :])] = place
        else:
            moved[each] = place
    return moved
