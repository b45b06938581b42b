"""The nodes of an expression as Python statements, each as the interpreter visits it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import field, replace
from typing import Any, TypeVar, cast

from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.mapping.expressions.evaluation import evaluated
from oneway.mapping.expressions.node_kinds import is_logical
from oneway.mapping.expressions.reading import PLAIN, Reading
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.functions import Context, EvaluationError
from oneway.mapping.generated.calls import Calls
from oneway.mapping.generated.limits import ITEMS, SizeLimits
from oneway.mapping.generated.operands import equality, holding
from oneway.mapping.generated.paths import Paths, keys_of, unsure
from oneway.mapping.generated.source import CodeText
from oneway.mapping.generated.unknowns import (
    ABSENT,
    WRONG,
    NodeAnswer,
    Notes,
    Operand,
    Unknowns,
)

Result = TypeVar("Result")

DEEPEST = 12
"""How deep nodes are written out: Python allows for twenty blocks in each other."""


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
    calls: Calls = field(init=False)

    def __post_init__(self) -> None:
        self.calls = Calls(self)

    # Answers

    def asked(self, node: Node, value: Operand, into: Unknowns) -> NodeAnswer:
        """Write a node that is asked by itself; `into` says which of its gaps matter."""
        keys = keys_of(node)
        if keys and value.kind == "object" and self.paths is not None:
            _, gaps, wrong = self.paths.use(keys, self.reading)
            if not wrong:
                found = self._path(keys, self.paths, Unknowns(stated=into.stated))
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
        """Write a node whose value is not used, and which may fail."""
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
            return self._path(keys, self.paths, into)
        write = getattr(self, f"_{node['type']}", None)
        if write is None or self.depth >= DEEPEST:
            return self.interpreted(node, value, into)
        self.depth += 1
        found: Operand = write(node, value, into)
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
        # A setting may be a secret, and the generated text is public.
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

    def _path(self, keys: tuple[str, ...], paths: Paths, into: Unknowns) -> Operand:
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
                self.notes.miss(into, WRONG, unstated=False)

    def unfit(self, node: Node, name: str, places: str = "items") -> str:
        """Return what says that a value read within lists is unfit to decide by; "" if nothing.

        It may come from several places, and is right if it is so at one of them.
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

    _subexpression = _pipe = _index_expression = _in_turn

    def _current(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        del node, into
        return value

    _identity = _current

    def _expect(self, value: Operand, kind: str, into: Unknowns) -> None:
        if kind == "list" and value.kind in _LISTS:
            return
        with self.source.block(
            f"if {value.text} is not None and not isinstance({value.text}, {kind}):"
        ):
            self.notes.miss(into, WRONG)

    def _index(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        if value.kind == "first":
            return Operand(value.text, "item")
        name, at = self.source.name("value"), self.source.literal(node["value"])
        self._expect(value, "list", into)
        reaches = f"len({value.text}) {f'> {at}' if node['value'] >= 0 else f'>= -({at})'}"
        has = f"isinstance({value.text}, list) and {reaches}"
        if value.kind in _LISTS:
            has = (
                value.text
                if node["value"] in (0, -1)
                else f"{value.text} is not None and {reaches}"
            )
        self.source.line(f"{name} = {value.text}[{at}] if {has} else None")
        if asked := self.unfit(node, name):
            with self.source.block(f"if {has} and {asked}:"):
                self.notes.miss(into, WRONG, unstated=False)
        return Operand(name)

    def _slice(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        self._expect(value, "list", into)
        name, part = self.source.name("value"), [*map(self.source.literal, node["children"])]
        is_list = f"isinstance({value.text}, list)"
        self._refuse_long(value)
        self.source.line(f"{name} = {value.text}[slice({', '.join(part)})] if {is_list} else None")
        return Operand(name)

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

    # Projections

    def _refuse_long(self, items: Operand) -> None:
        """Leave a long list to the interpreter, which counts its cost."""
        text = items.text
        long = f"isinstance({text}, (list, dict)) and len({text}) > {self.limits.items}"
        with self.source.block(f"if {long}:"):
            self.source.line("raise Uncompiled")

    def _projection(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        return self._of_each(node, "list", value, into)

    _filter_projection = _projection

    def _value_projection(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        return self._of_each(node, "dict", value, into)

    def _of_each(self, node: Node, kind: str, value: Operand, into: Unknowns) -> Operand:
        """Write a loop; the interpreter says what is unknown if an item has a gap."""
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
        entry = self.reading.entry_at(node)
        there = self.source.name("there") if entry is not None else ""
        if there:
            self.source.line(f"{there} = False")
        with self._loop(items, kind, into) as (made, item):
            of_item = Unknowns(wanted, "", wanted, into.stated)
            self._check_item(node, item, of_item)
            with ExitStack() as chosen:
                for condition in conditions:
                    by = {"truth" if is_logical(condition) else "exact": wanted}
                    holds = self.looped(
                        self.visit, condition, item, Unknowns(**by, stated=into.stated)
                    )
                    chosen.enter_context(self.source.block(f"if {holding(holds)}:"))
                self._append(made, then, item, of_item)
            if entry is not None:
                named_so = self.looped(self.visit, entry.test, item, Unknowns())
                self.source.line(f"{there} = {there} or {holding(named_so)}")
        if entry is not None:
            with self.source.block(f"if {made.text} is not None and not {there}:"):
                self.notes.gather(wanted, str(ABSENT))
        line.kept = wanted in self.notes
        with self.source.block(f"if {gaps}:") if line.kept else nullcontext():
            if line.kept and self.looping:
                self.source.line("raise Uncompiled")
            elif line.kept:
                over: Node = {**node, "children": [_HERE, *node["children"][1:]]}
                self.source.line(f"{made.text} = {self.interpreted(over, items, into).text}")
        return made

    def _gone_over(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write what a projection goes over."""
        base = node["children"][0]
        if into.truth:  # which depends on the exact value of what it goes over
            asked = self.asked(base, value, into)
            self._gather(into, asked.exact, asked.exact, asked.written)
            return self.named(asked.operand)
        return self.named(self.visit(base, value, into))

    def _chosen_by_text(self, node: Node, value: Operand) -> Operand | None:
        """Write the items that `list[?key == 'text']` chooses, where only the first one is used.

        Returns None where their key may have a gap or a check: then they are asked one by one.
        """
        base, then, *conditions = node["children"]
        keys, paths, reading = keys_of(base), self.paths, self.reading
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
        items, wanted = self._path(keys, paths, Unknowns()).text, self.source.literal(text)
        column = paths.of_items(keys, str(key["value"]), self.limits.items)
        made, item, held = map(self.source.name, ("value", "item", "value"))
        if is_first := then["type"] == "identity":
            found = f"{items}[{column}.index({wanted})]"
        else:  # the first of which `then` is not null
            found = f"[{item} for {item}, {held} in zip({items}, {column}) if {held} == {wanted}]"
        self.source.line(f"{made} = {found} if {column} and {wanted} in {column} else None")
        return Operand(made, "first" if is_first else "items")

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

    @contextmanager
    def _loop(self, items: Operand, kind: str, into: Unknowns) -> Iterator[tuple[Operand, Operand]]:
        """Write a loop over a list or an object's values; yield the list it makes, and an item.

        A long list is left to the interpreter, which counts its cost.
        """
        source, text, most = self.source, items.text, self.limits.items
        made, item = (source.name(word) for word in ("value", "item"))
        source.line(f"{made} = None")
        is_list = kind == "list" and items.kind in _LISTS
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
        """Write what notes an item that is unfit to decide by."""
        if asked := self.unfit(node, item.text, "each"):
            with self.source.block(f"if {asked}:"):
                self.notes.miss(into, WRONG, unstated=False)

    def _append(self, made: Operand, node: Node, item: Operand, into: Unknowns) -> None:
        """Write what adds the value of an item to a list, unless it is null."""
        found = self.looped(self.visit, node, item, into).text
        with self.source.block(f"if {found} is not None:"):
            self.source.line(f"{made.text}.append({found})")

    def _flatten(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        items = self.named(self.visit(node["children"][0], value, into))
        self._expect(items, "list", into)
        name = self.source.name("value")
        self.source.line(f"{name} = flattened({items.text}, {self.limits.items})")
        return Operand(name)

    # Comparing and logic

    def _comparator(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        with self.judged(into) as inner:
            left, right = (self.visit(each, value, inner) for each in node["children"])
        name, sign = self.source.name("value"), str(node["value"])
        if sign in ("eq", "ne"):
            equal = equality(left, right)
            self.source.line(f"{name} = {equal if sign == 'eq' else f'not ({equal})'}")
            return Operand(name, "boolean")
        self.source.line(f"{name} = {_ORDER[sign]}({left.text}, {right.text})")
        return Operand(name)

    @contextmanager
    def judged(self, into: Unknowns) -> Iterator[Unknowns]:
        """Write a condition: for an unknown one, nothing stands in."""
        if not into.written:
            yield into
            return
        written, line = self.notes.variable("written")
        yield replace(into, written=written)
        line.kept = written in self.notes
        self.notes.gather_choosing(into.written, written)

    def _or_expression(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        return self._either(node["children"], value, into, decides=True)

    def _and_expression(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        return self._either(node["children"], value, into, decides=False)

    def _either(
        self, sides: Sequence[Node], value: Operand, into: Unknowns, *, decides: bool
    ) -> Operand:
        """Write `a || b` (which a true side decides) or `a && b` (which a false one does)."""
        one, other = sides
        source, name = self.source, self.source.name("value")
        left = self.asked(one, value, into)
        decided = holding(left.operand) if decides else f"not ({holding(left.operand)})"
        if left.operand.kind == "text" and not (left.exact or left.truth or left.written):
            if decides:  # it holds
                return left.operand
            right = self.asked(other, value, into)
            self._gather(into, right.exact, right.truth, right.written)
            return right.operand
        with source.block(f"if {decided}:"):
            if left.truth:
                with source.block(f"if {left.truth}:"):
                    self._undecided(other, value, into, left, decides=decides)
                with source.block("else:"):
                    self._gather(into, left.exact, "", left.written)
            else:
                self._gather(into, left.exact, "", left.written)
            source.line(f"{name} = {left.operand.text}")
        with source.block("else:"):
            right = self.asked(other, value, into)
            if left.truth:
                with source.block(f"if {left.truth}:"):
                    self._both(into, left, right, decides=decides, said=right)
                with source.block("else:"):
                    self._gather(into, right.exact, right.truth, right.written)
            else:
                self._gather(into, right.exact, right.truth, right.written)
            source.line(f"{name} = {right.operand.text}")
        both = left.operand.kind == right.operand.kind == "boolean"
        return Operand(name, "boolean" if both else "")

    def _undecided(
        self, other: Node, value: Operand, into: Unknowns, left: NodeAnswer, *, decides: bool
    ) -> None:
        """Write a side that JMESPath does not evaluate, to learn what it would say."""
        if self.attempting:
            self.source.line("raise Uncompiled")  # what is tried within a trial is not written out
            return
        right = self.attempted(other, value, into)
        self._both(into, left, right, decides=decides, said=left)

    def _both(
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

    def _not_expression(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        asked = self.asked(node["children"][0], value, Unknowns(stated=into.stated))
        self._gather(into, asked.truth, asked.truth, "")
        self.notes.gather_choosing(into.written, asked.truth)
        name = self.source.name("value")
        self.source.line(f"{name} = not ({holding(asked.operand)})")
        return Operand(name, "boolean")

    def _gather(self, into: Unknowns, exact: str, truth: str, written: str) -> None:
        self.notes.gather(into.exact, exact)
        self.notes.gather(into.truth, truth)
        self.notes.gather(into.written, written)

    def _function_expression(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        return self.calls.call(node, value, into)


def _key_and_text(condition: Node) -> tuple[Node | None, str]:
    """Return the key of an item that a condition compares with a text, and the text."""
    if condition["type"] == "comparator" and condition["value"] == "eq":
        for key, other in (condition["children"], condition["children"][::-1]):
            if key["type"] == "field" and other["type"] == "literal":
                text = other["value"]
                return (key, text) if isinstance(text, str) else (None, "")
    return None, ""


_HERE: Node = {"type": "current", "value": None, "children": []}
_LISTS = ("list", "items")
_ORDER = {"lt": "less", "lte": "at_most", "gt": "more", "gte": "at_least"}


def _is_fixed(node: Node) -> bool:
    """Return whether a node reads nothing of its data."""
    if node["type"] == "literal":
        return True
    return node["type"] in _FIXED and all(map(_is_fixed, node["children"]))


_FIXED = frozenset(
    {"function_expression", "comparator", "or_expression", "and_expression", "not_expression"}
)
