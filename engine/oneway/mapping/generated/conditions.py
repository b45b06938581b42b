"""Writes comparisons and logic as Python statements that track what an answer depends on."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from oneway.mapping.expressions.syntax import Node
from oneway.mapping.generated.operands import equality, holding
from oneway.mapping.generated.unknowns import NodeAnswer, Operand, Unknowns

if TYPE_CHECKING:
    from oneway.mapping.generated.nodes import Nodes


class Conditions:
    """Writes comparisons, `||`, `&&` and `!`, for the nodes of an expression."""

    def __init__(self, nodes: "Nodes") -> None:
        self.nodes = nodes
        self.source = nodes.source
        self.notes = nodes.notes

    def compare(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a comparison."""
        with self.judged(into) as inner:
            left, right = (self.nodes.visit(each, value, inner) for each in node["children"])
        name, sign = self.source.name("value"), str(node["value"])
        if sign in ("eq", "ne"):
            equal = equality(left, right)
            self.source.line(f"{name} = {equal if sign == 'eq' else f'not ({equal})'}")
            return Operand(name, "boolean")
        self.source.line(f"{name} = {_ORDER[sign]}({left.text}, {right.text})")
        return Operand(name)

    @contextmanager
    def judged(self, into: Unknowns) -> Iterator[Unknowns]:
        """Write a condition: if it is unknown, nothing replaces it."""
        if not into.written:
            yield into
            return
        written, line = self.notes.variable("written")
        yield replace(into, written=written)
        line.kept = written in self.notes
        self.notes.gather_choosing(into.written, written)

    def either(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write `a || b`."""
        return self._of_two(node["children"], value, into, decides=True)

    def both(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write `a && b`."""
        return self._of_two(node["children"], value, into, decides=False)

    def _of_two(
        self, sides: Sequence[Node], value: Operand, into: Unknowns, *, decides: bool
    ) -> Operand:
        """Write `a || b` (decided by a true side) or `a && b` (decided by a false side)."""
        one, other = sides
        source, name = self.source, self.source.name("value")
        left = self.nodes.asked(one, value, into)
        decided = holding(left.operand) if decides else f"not ({holding(left.operand)})"
        if left.operand.kind == "text" and not (left.exact or left.truth or left.written):
            if decides:  # it holds
                return left.operand
            right = self.nodes.asked(other, value, into)
            self.notes.gather_each(into, right.exact, right.truth, right.written)
            return right.operand
        with source.block(f"if {decided}:"):
            if left.truth:
                with source.block(f"if {left.truth}:"):
                    self._undecided(other, value, into, left, decides=decides)
                with source.block("else:"):
                    self.notes.gather_each(into, left.exact, "", left.written)
            else:
                self.notes.gather_each(into, left.exact, "", left.written)
            source.line(f"{name} = {left.operand.text}")
        with source.block("else:"):
            right = self.nodes.asked(other, value, into)
            if left.truth:
                with source.block(f"if {left.truth}:"):
                    self._asked_both(into, left, right, decides=decides, said=right)
                with source.block("else:"):
                    self.notes.gather_each(into, right.exact, right.truth, right.written)
            else:
                self.notes.gather_each(into, right.exact, right.truth, right.written)
            source.line(f"{name} = {right.operand.text}")
        both = left.operand.kind == right.operand.kind == "boolean"
        return Operand(name, "boolean" if both else "")

    def _undecided(
        self, other: Node, value: Operand, into: Unknowns, left: NodeAnswer, *, decides: bool
    ) -> None:
        """Write a side that JMESPath does not evaluate, to find out what it would say."""
        if self.nodes.attempting:
            self.source.line("raise Uncompiled")  # a trial within a trial is not written out
            return
        right = self.nodes.attempted(other, value, into)
        self._asked_both(into, left, right, decides=decides, said=left)

    def _asked_both(
        self,
        into: Unknowns,
        left: NodeAnswer,
        right: NodeAnswer,
        *,
        decides: bool,
        said: NodeAnswer,
    ) -> None:
        written = (said.written,) if decides else (left.written, right.written)
        if decides:
            self.notes.gather_open(into.written, left.written)
        self.notes.gather(into.exact, left.exact, left.truth, right.exact)
        self.notes.gather(into.written, *written)
        if into.truth:
            held = holding(right.operand)
            settled = held if decides else f"not ({held})"
            unsure = f"{right.truth} or " if right.truth else ""
            with self.source.block(f"if {unsure}not ({settled}):"):
                self.notes.gather(into.truth, left.truth, right.truth)

    def negate(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write `!a`."""
        asked = self.nodes.asked(node["children"][0], value, Unknowns(stated=into.stated))
        self.notes.gather_each(into, asked.truth, asked.truth, "")
        self.notes.gather_choosing(into.written, asked.truth)
        name = self.source.name("value")
        self.source.line(f"{name} = not ({holding(asked.operand)})")
        return Operand(name, "boolean")


_ORDER = {"lt": "less", "lte": "at_most", "gt": "more", "gte": "at_least"}
