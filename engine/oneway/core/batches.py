"""Records of one shape, read many at a time: their values are attributes of objects.

A reader may yield batches instead of records. Unusual records are never part of a batch. Each
record of a batch is also available by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.records import Record, is_blank

Path: TypeAlias = tuple[str, ...]
_Taker: TypeAlias = Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True, eq=False)
class RecordShape:
    """The shape of objects: exactly the `attributes`, by key.

    The value of a key in `inner` is an object of that shape, or null. The attributes in `sometimes`
    are missing from some objects. The value of a key in `scalars` is never a list or an object.
    """

    attributes: Mapping[str, str]
    inner: Mapping[str, "RecordShape"] = field(default_factory=dict)
    sometimes: frozenset[str] = frozenset()
    scalars: frozenset[str] = frozenset()
    _takers: dict[Path, "tuple[_Taker | None, RecordShape | None]"] = field(
        default_factory=dict, repr=False
    )

    def _taking(self, path: Path) -> "tuple[_Taker | None, RecordShape | None]":
        """Return a function from objects to their values at a path; None if some may have no value.

        Also returns the shape of these values, if they are objects. The function raises
        AttributeError if an object on the way is null.
        """
        if path not in self._takers:
            shape: RecordShape | None = self
            names: list[str] = []
            for key in path:
                if shape is None or key not in shape.attributes:
                    names, shape = [], None
                    break
                names.append(shape.attributes[key])
                shape = shape.inner.get(key)
            self._takers[path] = _taker(names) if names else None, shape
        return self._takers[path]

    def all_of(self, key: str, objects: Sequence[Any]) -> list[Any]:
        """Return the values under a key that all objects of this shape have."""
        take, _ = self._taking((key,))
        assert take is not None, key
        return take(objects)

    def all_at(self, path: Path, objects: Sequence[Any]) -> Sequence[Any] | None:
        """Return the values of objects at a path; None if some may have no value."""
        take, shape = self._taking(path)
        if take is None or shape is not None:
            return None
        try:
            return take(objects)
        except AttributeError:  # an object on the way is null
            return None


def _taker(names: Sequence[str]) -> _Taker:
    """Return a function that reads nested attributes of many objects.

    A loop over them takes half as long as `attrgetter` for each object.
    """
    if not all(map(str.isidentifier, names)):
        raise ValueError(f"no attributes: {names}")
    made: _Taker = eval(f"lambda objects: [each.{'.'.join(names)} for each in objects]", {})
    return made


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
        """Return the number of records."""
        return len(self.ids)

    def values(self, path: Path) -> Sequence[Any] | None:
        """Return the values at a path, of the records that have one; never objects of a shape.

        Returns None if only whole records can tell.
        """
        if path not in self._columns:
            found = self.shape.all_at(path, self.items) if path else ()
            self._columns[path] = self._values(path) if found is None else found
        return self._columns[path]

    def _values(self, path: Path) -> Sequence[Any] | None:
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
        """Return the objects at a path and their shape; without a shape, what `values` returns."""
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
        """Return what all records have at a path: "text" (not blank), "boolean", or ""."""
        found = self._kinds.get(path)
        if found is None:
            found = self._kinds[path] = self._kind(self.values(path))
        return found

    def _kind(self, values: Sequence[Any] | None) -> str:
        if values is None or len(values) < len(self.ids):
            return ""
        try:
            filled = all(map(str.strip, values))
            others = () if all(map(str.isascii, values)) else values
            return "" if not filled or any(map(is_blank, others)) else "text"
        except TypeError:  # not all are text
            return "boolean" if {*map(type, values)} == {bool} else ""
