"""Records of one shape, read many at a time: their values are attributes of objects.

A reader may yield batches in place of records. A record with anything unusual is not part of a
batch; each record of a batch is also available by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.records import Record

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RecordShape:
    """The shape of objects: exactly the `attributes`, by key.

    The value of a key in `inner` is an object of that shape, or null. Only some of the objects
    have the attributes in `sometimes`. No value of a key in `scalars` is a list or an object.
    """

    attributes: Mapping[str, str]
    inner: Mapping[str, "RecordShape"] = field(default_factory=dict)
    sometimes: frozenset[str] = frozenset()
    scalars: frozenset[str] = frozenset()
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

    def all_at(self, path: Path, objects: Sequence[Any]) -> Sequence[Any] | None:
        """Return the values of objects at a path; None where it may lead to no value, or none."""
        shape: RecordShape | None = self
        found = objects
        for key in path:
            if shape is None or key not in shape.attributes or not all(found):  # objects are true
                return None
            found = shape.all_of(key, found)
            shape = shape.inner.get(key)
        return found if shape is None else None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one shape with unique ids, by position; `record` returns one of them whole."""

    shape: RecordShape
    ids: Sequence[str]
    items: Sequence[Any]
    record: Callable[[int], Record]
    _columns: dict[Path, Sequence[Any] | None] = field(default_factory=dict, repr=False)
    _objects: dict[Path, tuple[RecordShape | None, Sequence[Any] | None]] = field(
        default_factory=dict, repr=False
    )
    _kinds: dict[Path, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.ids)

    def values(self, path: Path) -> Sequence[Any] | None:
        """Return the values at a path, of the records that have one; no objects of a shape.

        None if only the records themselves can tell.
        """
        if path not in self._columns:
            self._columns[path] = self._values(path)
        return self._columns[path]

    def _values(self, path: Path) -> Sequence[Any] | None:
        if not path:
            return ()
        shape, objects = self._within(path[:-1])
        key = path[-1]
        if shape is None or objects is None:
            return objects
        if key in shape.sometimes:
            return None
        if key not in shape.attributes or key in shape.inner:
            return ()
        return shape.all_of(key, objects)

    def _within(self, path: Path) -> tuple[RecordShape | None, Sequence[Any] | None]:
        """Return the objects at a path, and their shape; without one, what `values` returns."""
        if path not in self._objects:
            self._objects[path] = self._found(path)
        return self._objects[path]

    def _found(self, path: Path) -> tuple[RecordShape | None, Sequence[Any] | None]:
        if not path:
            return self.shape, self.items
        shape, objects = self._within(path[:-1])
        key = path[-1]
        if shape is None or objects is None:
            return None, objects
        if key in shape.sometimes:
            return None, None
        if key not in shape.attributes:
            return None, ()
        found = shape.all_of(key, objects)
        if not all(found):  # objects are true
            found = [each for each in found if each is not None]
        return shape.inner.get(key), found if key in shape.inner else None if found else ()

    def kind(self, path: Path) -> str:
        """Return what all records have at a path: "text" that is not blank, a "boolean", or ""."""
        found = self._kinds.get(path)
        if found is None:
            found = self._kinds[path] = self._kind(self.values(path))
        return found

    def _kind(self, values: Sequence[Any] | None) -> str:
        if values is None or len(values) < len(self.ids):
            return ""
        try:
            return "text" if all(map(str.strip, values)) else ""
        except TypeError:  # not all are text
            return "boolean" if {*map(type, values)} == {bool} else ""
