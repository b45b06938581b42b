"""Writes indexes, slices and projections of lists as Python statements."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from oneway.mapping.expressions.node_kinds import is_logical
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.generated.operands import holding
from oneway.mapping.generated.paths import keys_of
from oneway.mapping.generated.unknowns import ABSENT, LISTS, WRONG, Operand, Unknowns

if TYPE_CHECKING:
    from oneway.mapping.generated.nodes import Nodes


class Lists:
    """Writes what selects items of a list, for the nodes of an expression."""

    def __init__(self, nodes: "Nodes") -> None:
        self.nodes = nodes
        self.source = nodes.source
        self.notes = nodes.notes

    def index(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write `list[0]`."""
        if value.kind == "first":
            return Operand(value.text, "item")
        name, at = self.source.name("value"), self.source.literal(node["value"])
        self._expect(value, "list", into)
        reaches = f"len({value.text}) {f'> {at}' if node['value'] >= 0 else f'>= -({at})'}"
        has = f"isinstance({value.text}, list) and {reaches}"
        if value.kind in LISTS:
            has = (
                value.text
                if node["value"] in (0, -1)
                else f"{value.text} is not None and {reaches}"
            )
        self.source.line(f"{name} = {value.text}[{at}] if {has} else None")
        if asked := self.nodes.unfit(node, name):
            with self.source.block(f"if {has} and {asked}:"):
                self.notes.miss(into, WRONG, unstated=False)
        return Operand(name)

    def slice(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write `list[1:]`."""
        self._expect(value, "list", into)
        name, part = self.source.name("value"), [*map(self.source.literal, node["children"])]
        is_list = f"isinstance({value.text}, list)"
        self._refuse_long(value)
        self.source.line(f"{name} = {value.text}[slice({', '.join(part)})] if {is_list} else None")
        return Operand(name)

    def of_list(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a projection over a list."""
        return self._of_each(node, "list", value, into)

    def of_object(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a projection over the values of an object."""
        return self._of_each(node, "dict", value, into)

    def _of_each(self, node: Node, kind: str, value: Operand, into: Unknowns) -> Operand:
        """Write a loop; if an item has a gap, the interpreter says what is unknown."""
        _, then, *conditions = node["children"]
        items = self._chosen_by_text(node, value)
        if items is None:
            items = self._gone_over(node, value, into)
        elif then["type"] == "identity":
            return items
        else:
            conditions = []
        gaps, line = self.notes.variable("gaps")
        wanted = gaps if into.exact or into.truth or into.written else ""
        entry = self.nodes.reading.entry_at(node)
        there = self.source.name("there") if entry is not None else ""
        if there:
            self.source.line(f"{there} = False")
        with self._loop(items, kind, into) as (made, item):
            of_item = Unknowns(wanted, "", wanted, into.stated)
            self._check_item(node, item, of_item)
            with ExitStack() as chosen:
                for condition in conditions:
                    by = {"truth" if is_logical(condition) else "exact": wanted}
                    holds = self.nodes.looped(
                        self.nodes.visit, condition, item, Unknowns(**by, stated=into.stated)
                    )
                    chosen.enter_context(self.source.block(f"if {holding(holds)}:"))
                self._append(made, then, item, of_item)
            if entry is not None:
                named_so = self.nodes.looped(self.nodes.visit, entry.test, item, Unknowns())
                self.source.line(f"{there} = {there} or {holding(named_so)}")
        if entry is not None:
            with self.source.block(f"if {made.text} is not None and not {there}:"):
                self.notes.gather(wanted, str(ABSENT))
        line.kept = wanted in self.notes
        with self.source.block(f"if {gaps}:") if line.kept else nullcontext():
            if line.kept and self.nodes.looping:
                self.source.line("raise Uncompiled")
            elif line.kept:
                over: Node = {**node, "children": [_HERE, *node["children"][1:]]}
                self.source.line(f"{made.text} = {self.nodes.interpreted(over, items, into).text}")
        return made

    def _gone_over(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write what a projection iterates over."""
        base = node["children"][0]
        if into.truth:  # it depends on the exact value of what it iterates over
            asked = self.nodes.asked(base, value, into)
            self.notes.gather_each(into, asked.exact, asked.exact, asked.written)
            return self.nodes.named(asked.operand)
        return self.nodes.named(self.nodes.visit(base, value, into))

    def _chosen_by_text(self, node: Node, value: Operand) -> Operand | None:
        """Write the items that `list[?key == 'text']` selects, if only the first one is used.

        Returns None if their key may have a gap or a check: each item is then examined.
        """
        base, then, *conditions = node["children"]
        keys, paths, reading = keys_of(base), self.nodes.paths, self.nodes.reading
        if (
            cast(dict[str, Any], node).get("pick") != 0
            or value.kind != "object"
            or not (keys and conditions and paths is not None and paths.usual)
            or reading.checked_at(node, "each")
            or reading.entry_at(node) is not None
        ):
            return None
        key, text = _key_and_text(conditions[0])
        if key is None or not reading.is_null_at(key) or reading.checked_at(key):
            return None
        items, wanted = self.nodes.path(keys, paths, Unknowns()).text, self.source.literal(text)
        column = paths.of_items(keys, str(key["value"]), self.nodes.limits.items)
        made, item, held = map(self.source.name, ("value", "item", "value"))
        if is_first := then["type"] == "identity":
            found = f"{items}[{column}.index({wanted})]"
        else:  # the first item whose `then` is not null
            found = f"[{item} for {item}, {held} in zip({items}, {column}) if {held} == {wanted}]"
        self.source.line(f"{made} = {found} if {column} and {wanted} in {column} else None")
        return Operand(made, "first" if is_first else "items")

    @contextmanager
    def _loop(self, items: Operand, kind: str, into: Unknowns) -> Iterator[tuple[Operand, Operand]]:
        """Write a loop over a list or an object's values; yield the resulting list, and an item.

        A long list is left to the interpreter, which counts its cost.
        """
        source, text, most = self.source, items.text, self.nodes.limits.items
        made, item = (source.name(word) for word in ("value", "item"))
        source.line(f"{made} = None")
        is_list = kind == "list" and items.kind in LISTS
        with source.block(
            f"if {text} is not None:" if is_list else f"if isinstance({text}, {kind}):"
        ):
            with source.block(f"if len({text}) > {most}:"):
                source.line("raise Uncompiled")
            source.line(f"{made} = []")
            with source.block(f"for {item} in {text}{'.values()' * (kind == 'dict')}:"):
                yield Operand(made, "items"), Operand(item)
        if not is_list:
            with source.block(f"elif {text} is not None:"):
                with source.block(f"if isinstance({text}, (list, dict)) and len({text}) > {most}:"):
                    source.line("raise Uncompiled")
                self.notes.miss(into, WRONG)

    def _check_item(self, node: Node, item: Operand, into: Unknowns) -> None:
        """Write code that notes an item which must not decide anything."""
        if asked := self.nodes.unfit(node, item.text, "each"):
            with self.source.block(f"if {asked}:"):
                self.notes.miss(into, WRONG, unstated=False)

    def _append(self, made: Operand, node: Node, item: Operand, into: Unknowns) -> None:
        """Write code that adds the value of an item to a list, unless it is null."""
        found = self.nodes.looped(self.nodes.visit, node, item, into).text
        with self.source.block(f"if {found} is not None:"):
            self.source.line(f"{made.text}.append({found})")

    def flatten(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write `list[]`."""
        items = self.nodes.named(self.nodes.visit(node["children"][0], value, into))
        self._expect(items, "list", into)
        name = self.source.name("value")
        self.source.line(f"{name} = flattened({items.text}, {self.nodes.limits.items})")
        return Operand(name)

    def _expect(self, value: Operand, kind: str, into: Unknowns) -> None:
        if kind == "list" and value.kind in LISTS:
            return
        with self.source.block(
            f"if {value.text} is not None and not isinstance({value.text}, {kind}):"
        ):
            self.notes.miss(into, WRONG)

    def _refuse_long(self, items: Operand) -> None:
        """Leave a long list to the interpreter, which counts its cost."""
        text = items.text
        long = f"isinstance({text}, (list, dict)) and len({text}) > {self.nodes.limits.items}"
        with self.source.block(f"if {long}:"):
            self.source.line("raise Uncompiled")


def _key_and_text(condition: Node) -> tuple[Node | None, str]:
    """Return the key of an item that a condition compares with a text, and the text."""
    if condition["type"] == "comparator" and condition["value"] == "eq":
        for key, other in (condition["children"], condition["children"][::-1]):
            if key["type"] == "field" and other["type"] == "literal":
                text = other["value"]
                return (key, text) if isinstance(text, str) else (None, "")
    return None, ""


_HERE: Node = {"type": "current", "value": None, "children": []}
