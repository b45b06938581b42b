"""Records of one shape, read many at a time: their values are attributes of objects.

A reader may yield batches in place of records. A record with anything unusual is not part of a
batch; each record of a batch is also available by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

from oneway.core.dataclass import dataclass
from oneway.core.records import Record


@dataclass(frozen=True, eq=False)
class RecordShape:
    """The shape of objects: exactly the `attributes`, by key.

    The value of a key in `inner` is an object of that shape, or null. Only some of the objects
    have the attributes in `sometimes`.
    """

    attributes: Mapping[str, str]
    inner: Mapping[str, "RecordShape"] = field(default_factory=dict)
    sometimes: frozenset[str] = frozenset()
    _takers: dict[str, Callable[[Sequence[Any]], list[Any]]] = field(
        default_factory=dict, repr=False
    )

    def all_of(self, key: str, objects: Sequence[Any]) -> list[Any]:
        """Return the values that objects of this shape have under a key.

        A loop over one attribute takes half as long as `attrgetter` for each.
        """
        if key not in self._takers:
            name = self.attributes[key]
            if not name.isidentifier():
                raise ValueError(f"{name!r} is no attribute")
            self._takers[key] = eval(f"lambda objects: [each.{name} for each in objects]", {})
        return self._takers[key](objects)

    def attributes_to(self, path: Sequence[str]) -> str:
        """Return the attributes on the way to a value, with dots; "" if it may be an object."""
        shape: RecordShape | None = self
        names: list[str] = []
        for key in path:
            if shape is None or key not in shape.attributes:
                return ""
            names.append(shape.attributes[key])
            shape = shape.inner.get(key)
        return ".".join(names) if shape is None else ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shape with unique ids, by position; `record` returns one of them whole."""

    shape: RecordShape
    ids: Sequence[str]
    items: Sequence[Any]
    record: Callable[[int], Record]
    _columns: dict[tuple[str, ...], Sequence[Any]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.ids)

    def values(self, path: Sequence[str]) -> Sequence[Any] | None:
        """Return the values at a path, of the records that have one; no objects of a shape.

        None if only the records themselves can tell.
        """
        shape, found = self.shape, self.items
        for depth, key in enumerate(path, 1):
            if key in shape.sometimes:
                return None
            if key not in shape.attributes:
                return ()
            found = self._column(tuple(path[:depth]), key, shape, found)
            if depth == len(path):
                return () if key in shape.inner else found
            if not all(found):  # as objects are
                found = [each for each in found if each is not None]
            if key not in shape.inner:
                return None if found else ()
            shape = shape.inner[key]
        return ()

    def _column(
        self, path: tuple[str, ...], key: str, shape: RecordShape, objects: Sequence[Any]
    ) -> Sequence[Any]:
        """Return the values at a path, which are taken once: one object has several keys."""
        found = self._columns.get(path)
        if found is None:
            found = self._columns[path] = shape.all_of(key, objects)
        return found
