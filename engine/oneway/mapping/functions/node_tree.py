"""The tree that the rows of a lookup table make: which node stands below which.

A question about it has the answers yes, no, and `NotKnown`: a node that is blank, that has no row,
or whose parent is not known, may stand anywhere. A blank parent says only of a known top that
nothing is above it: the same cell is blank if it was cleared or lost.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import field
from typing import NamedTuple

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value, as_written, is_blank


class NotKnown(Exception):
    """A tree does not say where a node stands; `summary` says why.

    It may be about an argument of the call, by its position: "is blank".
    """

    def __init__(self, summary: str, argument: int | None = None) -> None:
        self.summary, self.argument = summary, argument
        super().__init__(summary)


class TreeRow(NamedTuple):
    """A node and its parent, which may be blank; `wrong` says why it is not known.

    `top` says that it has no parent on purpose.
    """

    node: Value
    parent: Value = None
    wrong: str = ""
    top: bool = False


@dataclass(frozen=True, slots=True)
class NodeTree:
    """The nodes of a lookup table and their parents, by the identity of each node.

    `whole` is False if the table may lack rows: then no answer is certain.
    """

    name: str
    rows: Mapping[Hashable, tuple[TreeRow, ...]]
    whole: bool = True
    _ends: dict[Hashable, Hashable] = field(default_factory=dict, repr=False, compare=False)

    def holds(self, node: Value) -> bool:
        """Return whether it has a row for a node."""
        return identity(node) in self.rows

    def is_under(self, node: Value, start: Value) -> bool:
        """Return whether a node is another one, or stands below it; raise `NotKnown`.

        It certainly does not if its way up ends where that of the other one ends: whatever may be
        above that row, the other one stands below it. If it ends at another row with a blank
        parent, that row has to be a top on purpose.
        """
        if not self.whole:
            raise NotKnown(f"{self.name} was not read completely")
        if not self.holds(start):
            raise NotKnown(f"the starting node {as_written(start)} is in no row of {self.name}")
        sought, last = identity(start), node
        for last in self.upwards(node):
            if identity(last) == sought:
                return True
        end = identity(last)
        if end == self.end_of(start) or self.is_top(last):
            return False
        shown = as_written(last)
        raise NotKnown(f"the parent of {shown} in {self.name} is blank, and `top` does not name it")

    def unnamed(self, starts: Collection[Value]) -> Iterator[Value]:
        """Yield the nodes below which it is not known what stands below each starting node.

        Their parents are blank, and they are not known as tops.
        """
        ends = {self.end_of(each) for each in starts}
        for key, rows in self.rows.items():
            clear = any(each.wrong or not is_blank(each.parent) for each in rows)
            if not clear and ends != {key} and not self.is_top(rows[0].node):
                yield rows[0].node

    def is_above(self, node: Value) -> bool:
        """Return whether any row names a node as its parent."""
        key = identity(node)
        return any(identity(each.parent) == key for rows in self.rows.values() for each in rows)

    def is_top(self, node: Value) -> bool:
        """Return whether a node has no parent on purpose, by each of its rows."""
        return all(each.top for each in self.rows[identity(node)])

    def end_of(self, start: Value) -> Hashable:
        """Return the row at which the way up from a starting node ends; None if not known."""
        key = identity(start)
        if key not in self._ends:
            try:
                self._ends[key] = identity([*self.upwards(start)][-1])
            except NotKnown:
                self._ends[key] = None
        return self._ends[key]

    def upwards(self, node: Value) -> Iterator[Value]:
        """Yield a node, its parent, and so on to a blank parent; raise `NotKnown` on the way."""
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
