"""What a system says of the keys of its records: absence that means null, and unfit values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any, cast

from oneway.core.dataclass import dataclass
from oneway.core.records import ItemPath, Value
from oneway.mapping.expressions.item_places import At
from oneway.mapping.expressions.pair_entries import PairEntry, entry_of
from oneway.mapping.expressions.syntax import Node


@dataclass(frozen=True, slots=True)
class Reading:
    """What a system says of the keys of its records.

    `absent_is_null` says whether an absent key means null; for the paths in `except_for`, the
    opposite holds. `checks` say what is wrong with a value that decides something.
    """

    absent_is_null: bool = False
    except_for: frozenset[tuple[str, ...]] = frozenset()
    checks: Mapping[tuple[str, ...], Callable[[Value], str]] = field(default_factory=dict)
    declared: frozenset[tuple[str, ...]] = frozenset()
    """The paths that the record schema lists."""
    item_checks: Mapping[ItemPath, Callable[[Value], str]] = field(default_factory=dict)
    """What is wrong with a value within lists that decides something."""
    items_except_for: frozenset[ItemPath] = frozenset()
    """As `except_for`, of keys within lists."""
    null_items: frozenset[ItemPath] = frozenset()
    """The keys within lists, by their keys alone, whose absence is declared to mean null."""
    of_nodes: Mapping[int, Callable[[Value], str]] | None = None
    """What is wrong with a value that one node reads, by the node's `id()`: each with the words
    that it is compared with there. `checks` has all those of a path. None if a check goes for every
    node that reads a path."""
    deciding: bool = False
    """Whether a condition on access reads so: an entry that a list of pairs lacks is no answer.

    Nor is an order by blank text.
    """

    def is_null(self, path: tuple[str, ...] | None) -> bool:
        """Return whether a key that is absent at a path is null."""
        return self.absent_is_null != (path in self.except_for)

    def wrong(self, node: Node, path: tuple[str, ...], value: Value) -> str:
        """Return what is wrong with a value that a node reads to decide something, or ""."""
        check = self.checks.get(path) if self.of_nodes is None else self.of_nodes.get(id(node))
        return "" if check is None else check(value)

    def is_null_at(self, node: Node) -> bool:
        """Return whether a key that is absent where a node reads it is null."""
        notes = cast(dict[str, Any], node)
        if "items" in notes:
            return self.absent_is_null is not any(map(self._is_excepted, notes["items"]))
        return self.is_null(notes.get("path"))

    def entry_at(self, node: Node) -> PairEntry | None:
        """Return the entry that a filter asks for, if it matters that a list may lack it."""
        entry = entry_of(node) if self.deciding else None
        return None if entry is None or self.is_null_at(entry.value) else entry

    def checked_at(self, node: Node, name: str = "items") -> Sequence[At]:
        """Return the places with checks that the value of a node, or each item, may come from."""
        places: Sequence[At] = cast(dict[str, Any], node).get(name, ())
        return [each for each in places if self.check_at(each.path) is not None]

    def check_at(self, path: ItemPath) -> Callable[[Value], str] | None:
        """Return the check of the values at a place of the record."""
        return self.item_checks.get(path) if path[1:] else self.checks.get(path[0])

    def _is_excepted(self, place: At) -> bool:
        path = place.path
        return path in self.items_except_for if path[1:] else path[0] in self.except_for

    def wrong_at(self, places: Sequence[At], value: Value) -> str:
        """Return what is wrong with a value, wherever it comes from; "" if it is right at one."""
        if isinstance(value, list):
            places = [each for each in places if not each.flat]
        checks = [check for each in places if (check := self.check_at(each.path)) is not None]
        said = [check(value) for check in checks]
        return said[0] if said and all(said) else ""


PLAIN = Reading()
"""For an unknown system: an absent key says nothing."""
