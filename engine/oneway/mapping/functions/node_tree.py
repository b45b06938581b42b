"""The tree that the rows of a lookup table make: which node stands below which.

A question about it has the answers yes, no, and `NotKnown`: a node that is blank, that has no row,
or whose parent is not known, may stand anywhere.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.records import Value, as_written, identity, is_blank


class NotKnown(Exception):
    """A tree does not say where a node stands; `summary` says why.

    It may be about an argument of the call, by its position: "is blank".
    """

    def __init__(self, summary: str, argument: int | None = None) -> None:
        self.summary, self.argument = summary, argument
        super().__init__(summary)


class TreeRow(NamedTuple):
    """A node and its parent, which is blank for a root; `wrong` says why it is not known."""

    node: Value
    parent: Value = None
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class NodeTree:
    """The nodes of a lookup table and their parents, by the identity of each node.

    `whole` is False if the table may lack rows: then no answer is certain.
    """

    name: str
    rows: Mapping[Hashable, tuple[TreeRow, ...]]
    whole: bool = True

    def holds(self, node: Value) -> bool:
        """Return whether it has a row for a node."""
        return identity(node) in self.rows

    def is_under(self, node: Value, start: Value) -> bool:
        """Return whether a node is another one, or stands below it; raise `NotKnown`."""
        if not self.whole:
            raise NotKnown(f"{self.name} was not read completely")
        if not self.holds(start):
            raise NotKnown(f"the starting node {as_written(start)} is in no row of {self.name}")
        sought = identity(start)
        return any(identity(each) == sought for each in self.upwards(node))

    def upwards(self, node: Value) -> Iterator[Value]:
        """Yield a node, its parent, and so on up to a root; raise `NotKnown` on the way."""
        seen: dict[Hashable, str] = {}
        while not is_blank(node):
            key = identity(node)
            rows = self.rows.get(key, ())
            if not rows:
                raise NotKnown(f"{as_written(node)} is in no row of {self.name}")
            if key in seen:
                path = " < ".join((*seen.values(), as_written(node)))
                raise NotKnown(f"{as_written(node)} is above itself in {self.name}: {path}")
            seen[key] = as_written(node)
            yield node
            node = self._parent(rows)

    def _parent(self, rows: tuple[TreeRow, ...]) -> Value:
        shown = as_written(rows[0].node)
        wrong = next((each.wrong for each in rows if each.wrong), "")
        if wrong:
            raise NotKnown(f"the parent of {shown} in {self.name} is not known: {wrong}")
        parents = {None if is_blank(each.parent) else identity(each.parent) for each in rows}
        if len(parents) > 1:
            raise NotKnown(f"{shown} is in {len(rows):,} rows of {self.name}, with several parents")
        return rows[0].parent

    def path(self, node: Value) -> str:
        """Return the way up from a node, in words: `OPS-2 < OPS < ROOT`."""
        found: list[str] = []
        try:
            found.extend(map(as_written, self.upwards(node)))
        except NotKnown as problem:
            return " < ".join((*found, f"? ({problem.summary})"))
        return " < ".join(found)
