"""Writes the nodes of an expression as Python statements, each as the interpreter visits it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from typing import Any, TypeVar, cast

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.node_kinds import is_logical
from oneway.mapping.expressions.reading import PLAIN, Reading
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import Context, EvaluationError
from oneway.mapping.generated.calls import Calls
from oneway.mapping.generated.conditions import Conditions
from oneway.mapping.generated.limits import ITEMS, SizeLimits
from oneway.mapping.generated.lists import Lists
from oneway.mapping.generated.paths import Paths, keys_of, unsure
from oneway.mapping.generated.source import CodeText
from oneway.mapping.generated.unknowns import ABSENT, WRONG, NodeAnswer, Notes, Operand, Unknowns

Result = TypeVar("Result")

DEEPEST = 12
"""The deepest nesting of written nodes: Python allows twenty nested blocks."""


@dataclass(slots=True)
class Nodes:
    """Writes the nodes of one expression; `deciding` is as in `Expression.decide`."""

    source: CodeText
    notes: Notes
    context: Context
    reading: Reading = PLAIN
    deciding: bool = True
    paths: Paths | None = None
    limits: SizeLimits = field(default_factory=lambda: SizeLimits(0))
    depth: int = 0
    looping: bool = False
    attempting: bool = False
    conditions: Conditions = field(init=False)
    _writers: Mapping[str, Callable[[Node, Operand, Unknowns], Operand]] = field(init=False)
    """What writes each type of node; the interpreter evaluates all other types."""

    def __post_init__(self) -> None:
        lists, conditions = Lists(self), Conditions(self)
        self.conditions = conditions
        self._writers = {
            "field": self._field,
            "subexpression": self._in_turn,
            "pipe": self._in_turn,
            "index_expression": self._in_turn,
            "current": self._current,
            "identity": self._current,
            "multi_select_list": self._multi_select_list,
            "multi_select_dict": self._multi_select_dict,
            "index": lists.index,
            "slice": lists.slice,
            "projection": lists.of_list,
            "filter_projection": lists.of_list,
            "value_projection": lists.of_object,
            "flatten": lists.flatten,
            "comparator": conditions.compare,
            "or_expression": conditions.either,
            "and_expression": conditions.both,
            "not_expression": conditions.negate,
            "function_expression": Calls(self).call,
        }

    # Answers

    def asked(self, node: Node, value: Operand, into: Unknowns) -> NodeAnswer:
        """Write a node that is asked for by itself; `into` says which of its gaps matter."""
        keys = keys_of(node)
        if keys and value.kind == "object" and self.paths is not None:
            _, gaps, wrong = self.paths.use(keys, self.reading)
            if not wrong:
                found = self.path(keys, self.paths, Unknowns(stated=into.stated))
                self.notes.touched.update(gaps)
                gap = "".join(gaps)
                return NodeAnswer(found, gap, gap, gap)
        exact, exact_line = self.notes.variable("exact")
        truth, truth_line = "", None
        if is_logical(node):
            truth, truth_line = self.notes.variable("truth")
        written, written_line = "", None
        if into.written:
            written, written_line = self.notes.variable("written")
        found = self.visit(node, value, Unknowns(exact, truth, written, into.stated))
        lines = ((exact, exact_line), (truth, truth_line), (written, written_line))
        for name, line in lines:
            if line is not None and name not in self.notes:
                line.kept = False
        known = self.notes.touched
        exact, truth = exact if exact in known else "", truth if truth in known else ""
        written = written if written in known else ""
        return NodeAnswer(found, exact, truth if is_logical(node) else exact, written)

    def attempted(self, node: Node, value: Operand, into: Unknowns) -> NodeAnswer:
        """Write a node whose value is not used and which may fail."""
        source, stated = self.source, ""
        if into.stated:
            stated = source.name("before")
            self.notes.touched.add(into.stated)
            source.line(f"{stated} = {into.stated}")
        found = [source.name(word) for word in ("value", "exact", "truth", "written")]
        self.attempting, before = True, self.attempting
        with source.block("try:"):
            asked = self.asked(node, value, into)
            for name, said in zip(
                found,
                (asked.operand.text, asked.exact, asked.truth, asked.written),
                strict=True,
            ):
                source.line(f"{name} = {said or 0}")
        self.attempting = before
        with source.block("except Fails:"):
            source.line(f"{found[0]} = None")
            source.line(f"{' = '.join(found[1:])} = {WRONG}")
        if stated:
            source.line(f"{into.stated} = {stated}")
        self.notes.touched.update(found[1:])
        return NodeAnswer(Operand(found[0]), *found[1:])

    # Nodes

    def visit(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a node, and return its operand."""
        fixed = self._fixed(node)
        if fixed is not None:
            return fixed
        keys = keys_of(node)
        if keys and value.kind == "object" and self.paths is not None:
            return self.path(keys, self.paths, into)
        write = self._writers.get(node["type"])
        if write is None or self.depth >= DEEPEST:
            return self.interpreted(node, value, into)
        self.depth += 1
        found = write(node, value, into)
        self.depth -= 1
        return found

    def interpreted(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a call of the interpreter, for a node that has no code of its own."""
        name = self.source.name("value")
        if self.looping:
            self.source.line("raise Uncompiled")  # their total cost would not be counted
        tree = self.source.bind("tree", node)
        reading = self.source.bind("reading", self.reading)
        parts = [self.source.name(word) for word in ("stated", "exact", "truth", "written")]
        given = f"[{value.text}]" if value.kind == "first" else value.text
        call = f"part({tree}, {given}, {reading}, {self.deciding})"
        self.source.line(f"{name}, {', '.join(parts)} = {call}")
        self.notes.touched.update(parts[1:])
        for own, gaps in zip((into.exact, into.truth, into.written), parts[1:], strict=True):
            self.notes.gather(own, gaps)
        if into.stated:
            self.notes.touched.add(into.stated)
            self.source.line(f"{into.stated} = {into.stated} and {parts[0]}")
        return Operand(name)

    def _fixed(self, node: Node) -> Operand | None:
        """Return the value of a node that reads nothing of a record, if it has one."""
        if node["type"] == "literal":
            return self.literal(node["value"])
        if not _is_fixed(node):
            return None
        try:
            answer = evaluated(node, {}, self.context, self.reading, deciding=self.deciding)
        except EvaluationError:
            return None  # it fails each record that reads it
        if answer.exact or answer.truth or answer.written:
            return None
        value = answer.value
        # settings may be secret, and the generated text is public
        plain = value is None or isinstance(value, bool)
        text = repr(value) if plain else self.source.bind("fixed", value)
        return Operand(text, "boolean" if isinstance(value, bool) else "", True, value)

    def named(self, operand: Operand) -> Operand:
        """Return an operand for any operation: a literal gets a name."""
        if not operand.known:
            return operand
        name = self.source.name("value")
        self.source.line(f"{name} = {operand.text}")
        return Operand(name)

    def literal(self, value: Value) -> Operand:
        """Return a literal of the mapping."""
        kind = "boolean" if isinstance(value, bool) else ""
        return Operand(self.source.literal(value), kind, True, value)

    def path(self, keys: tuple[str, ...], paths: Paths, into: Unknowns) -> Operand:
        """Write the use of a key that the function looked up at its start."""
        name, gaps, wrong = paths.use(keys, self.reading)
        for variable in (into.exact, into.truth, into.written):
            self.notes.gather_all(variable, [*gaps, *wrong])
        for gap in gaps if into.stated else ():
            self.notes.touched.add(into.stated)
            with self.source.block(f"if {gap}:"):
                self.source.line(f"{into.stated} = False")
        return Operand(name, paths.kinds.get(name, ""), said=paths.said_of(name))

    def _field(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        name = self.source.name("value")
        if value.kind == "object":
            self._found(name, value, node, into)
            return Operand(name)
        if value.known:
            return self.interpreted(node, value, into)
        is_item = value.kind == "item"
        is_object = f"{value.text} is not None" if is_item else f"isinstance({value.text}, dict)"
        with self.source.block(f"if {is_object}:"):
            self._found(name, value, node, into)
        with self.source.block("else:"):
            self.source.line(f"{name} = None")
            if not is_item and into != Unknowns():
                with self.source.block(f"if {value.text} is not None:"):
                    self.notes.miss(into, WRONG)
        return Operand(name)

    def _found(self, name: str, value: Operand, node: Node, into: Unknowns) -> None:
        key, path = self.source.literal(str(node["value"])), cast(dict[str, Any], node).get("path")
        check = self.reading.checks.get(path) if path is not None else None
        is_null = self.reading.is_null_at(node)
        asked = self.unfit(node, name)
        if check is not None:
            asked = f"{self.source.bind('check', check)}({name})"
        if not asked and is_null:
            self.source.line(f"{name} = {value.text}.get({key})")
            return
        self.source.line(f"{name} = {value.text}.get({key}, absent)")
        with self.source.block(f"if {name} is absent:"):
            self.source.line(f"{name} = None")
            if not is_null:
                self.notes.miss(into, ABSENT)
        if asked:
            with self.source.block(f"elif {asked}:"):
                if check is not None and self.reading.of_nodes is not None:
                    self.source.line("raise Uncompiled")  # the interpreter knows the node's words
                self.notes.miss(into, WRONG, unstated=False)

    def unfit(self, node: Node, name: str, places: str = "items") -> str:
        """Return what is wrong with a value read within lists, if anything; "" without a check.

        The value may have several possible places; it is right if it is right at one of them.
        """
        found = self.reading.checked_at(node, places)
        asked: dict[bool, list[str]] = {True: [], False: []}
        for each in found:
            check = self.reading.check_at(each.path)
            text = f"{unsure(self.source, check, name)}{self.source.bind('check', check)}({name})"
            asked[each.flat].append(text if len(found) == 1 else f"({text})")
        whole, flat = (" and ".join(asked[each]) for each in (False, True))
        if not flat:
            return whole
        is_list = f"isinstance({name}, list)"
        return f"{whole} and ({is_list} or {flat})" if whole else f"not {is_list} and {flat}"

    def _in_turn(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        for step in node["children"]:
            value = self.visit(step, value, into)
            if value.known and step is not node["children"][-1]:
                value = self.named(value)
        return value

    def _current(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        del node, into
        return value

    def _multi_select_list(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        name = self.source.name("value")
        with self._unless_null(name, value):
            items = [self.visit(each, value, into).text for each in node["children"]]
            self.source.line(f"{name} = [{', '.join(items)}]")
        short = value.kind == "object" and len(items) <= ITEMS
        return Operand(name, "list" if short else "")

    def _multi_select_dict(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        name = self.source.name("value")
        with self._unless_null(name, value):
            items = [
                f"{self.source.literal(str(each['value']))}: "
                f"{self.visit(each['children'][0], value, into).text}"
                for each in node["children"]
            ]
            self.source.line(f"{name} = {{{', '.join(items)}}}")
        return Operand(name)

    def _unless_null(self, name: str, value: Operand) -> AbstractContextManager[None]:
        if value.kind == "object":
            return nullcontext()
        self.source.line(f"{name} = None")
        return self.source.block(f"if {value.text} is not None:")

    def looped(
        self,
        write: Callable[[Node, Operand, Unknowns], Result],
        node: Node,
        item: Operand,
        into: Unknowns,
    ) -> Result:
        """Write the evaluation of each item of a list."""
        before, self.looping = self.looping, True
        found = write(node, item, into)
        self.looping = before
        return found


def _is_fixed(node: Node) -> bool:
    """Return whether a node reads nothing of its data."""
    if node["type"] == "literal":
        return True
    return node["type"] in _FIXED and all(map(_is_fixed, node["children"]))


_FIXED = frozenset(
    {"function_expression", "comparator", "or_expression", "and_expression", "not_expression"}
)
