"""How a system's records are read: which absent keys mean null, and which values are unfit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, cast

from oneway.core.dataclass import dataclass
from oneway.core.paths import ItemPath
from oneway.core.records import Value
from oneway.mapping.expressions.item_places import At
from oneway.mapping.expressions.pair_entries import PairEntry, entry_of
from oneway.mapping.expressions.syntax import Node


@dataclass(frozen=True, slots=True)
class Reading:
    """How the keys of a system's records are read.

    `absent_is_null`: an absent key means null; for the paths in `except_for`, the opposite holds.
    `checks` return what is wrong with a value that decides something.
    """

    absent_is_null: bool = False
    except_for: frozenset[tuple[str, ...]] = frozenset()
    checks: Mapping[tuple[str, ...], Callable[[Value], str]] = field(default_factory=dict)
    declared: frozenset[tuple[str, ...]] = frozenset()
    """The paths that the record schema lists."""
    item_checks: Mapping[ItemPath, Callable[[Value], str]] = field(default_factory=dict)
    """Like `checks`, for values within lists."""
    items_except_for: frozenset[ItemPath] = frozenset()
    """Like `except_for`, for keys within lists."""
    null_items: frozenset[ItemPath] = frozenset()
    """The keys within lists, without places, whose absence is declared to mean null."""
    of_nodes: Mapping[int, Callable[[Value], str]] | None = None
    """Checks for single nodes, by the node's `id()`, each with the words that it compares there;
    `checks` has all words of a path. None if a check applies to every node that reads a path."""
    deciding: bool = False
    """Whether it is for a condition on access: a missing entry of a list of pairs is then no
    answer, nor is an order by blank text."""

    def is_null(self, path: tuple[str, ...] | None) -> bool:
        """Return whether a key that is absent at a path means null."""
        return self.absent_is_null != (path in self.except_for)

    def wrong(self, node: Node, path: tuple[str, ...], value: Value) -> str:
        """Return what is wrong with a value that a node reads to decide something, or ""."""
        check = self.check_of(node, path)
        return "" if check is None else check(value)

    def check_of(self, node: Node, path: tuple[str, ...]) -> Callable[[Value], str] | None:
        """Return the check of what a node reads at a path of the record."""
        return self.checks.get(path) if self.of_nodes is None else self.of_nodes.get(id(node))

    def is_null_at(self, node: Node) -> bool:
        """Return whether an absent key means null where a node reads it."""
        notes = cast(dict[str, Any], node)
        if "items" in notes:
            return self.absent_is_null is not any(map(self._is_excepted, notes["items"]))
        return self.is_null(notes.get("path"))

    def entry_at(self, node: Node) -> PairEntry | None:
        """Return the entry that a filter asks for, if its absence from a list matters."""
        entry = entry_of(node) if self.deciding else None
        return None if entry is None or self.is_null_at(entry.value) else entry

    def checked_at(self, node: Node, name: str = "items") -> Sequence[At]:
        """Return the places with checks that a node's value, or its items, may come from."""
        places: Sequence[At] = cast(dict[str, Any], node).get(name, ())
        return [each for each in places if self.check_at(each.path) is not None]

    def check_at(self, path: ItemPath) -> Callable[[Value], str] | None:
        """Return the check of the values at a place of the record."""
        return self.item_checks.get(path) if path[1:] else self.checks.get(path[0])

    def _is_excepted(self, place: At) -> bool:
        path = place.path
        return path in self.items_except_for if path[1:] else path[0] in self.except_for

    def wrong_at(self, places: Sequence[At], value: Value) -> str:
        """Return what is wrong with a value from one of these places; "" if one accepts it."""
        if isinstance(value, list):
            places = [each for each in places if not each.flat]
        checks = [check for each in places if (check := self.check_at(each.path)) is not None]
        said = [check(value) for check in checks]
        return said[0] if said and all(said) else ""


PLAIN = Reading()
"""For an unknown system: an absent key says nothing."""
