"""Writes the functions that an expression calls as Python statements."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from oneway.mapping.expressions.node_kinds import ORDERING, asks_presence, is_list, judges
from oneway.mapping.expressions.syntax import Node
from oneway.mapping.expressions.table_rows import index_of, is_table, table_of
from oneway.mapping.functions import BY_NAME, EvaluationError, Function, Uses
from oneway.mapping.functions.function import checked_argument
from oneway.mapping.generated.limits import TEXT
from oneway.mapping.generated.memo import MOST
from oneway.mapping.generated.operands import blank, holding
from oneway.mapping.generated.paths import keys_of
from oneway.mapping.generated.unknowns import WRONG, NodeAnswer, Operand, Unknowns, choosing

if TYPE_CHECKING:
    from oneway.mapping.generated.nodes import Nodes


class Calls:
    """Writes function calls for the nodes of an expression."""

    def __init__(self, nodes: "Nodes") -> None:
        self.nodes = nodes
        self.source = nodes.source
        self.notes = nodes.notes

    def call(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a call, and return its operand."""
        found = self._call(node, value, into)
        if asked := self.nodes.unfit(node, found.text):
            with self.source.block(f"if {found.text} is not None and {asked}:"):
                self.notes.miss(into, WRONG, unstated=False)
        return found

    def _call(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        name, arguments = str(node["value"]), node["children"]
        if name == "iif":
            return self._chosen(arguments, value, into)
        if asks_presence(name):
            return self._present(name, arguments, value, into)
        if is_table(node):
            return self._of_rows(node, value, into)
        function = BY_NAME.get(name)
        if function is not None and function.uses is Uses.TREES:
            return self._of_tree(node, value, into)
        is_order = self.nodes.reading.deciding and name in ORDERING
        if is_order or not _is_written_out(name, arguments):
            return self.nodes.interpreted(node, value, into)
        if not judges(name):
            return self._plainly(node, value, into)
        with self.nodes.conditions.judged(into) as judged:
            return self._plainly(node, value, judged)

    def _plainly(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a call whose arguments are all evaluated."""
        name, found = str(node["value"]), self.source.name("value")
        exact, line = self.notes.variable("exact")
        start = len(self.source.lines)
        inner = replace(into, exact=exact)
        given = [self.nodes.visit(each, value, inner) for each in node["children"]]
        self._called(found, name, given)
        if exact not in self.notes:
            line.kept = False
            return Operand(found, _kind(name))
        if self.nodes.deciding:
            self._unless_unknown(start, found, exact)
        self.notes.gather(into.exact, exact)
        return Operand(found)

    def _of_tree(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write a question about a tree: the interpreter answers it once for each text."""
        nodes, source, keys = self.nodes, self.source, keys_of(node["children"][1])
        is_checked = any(keys[:depth] in nodes.reading.checks for depth in range(1, len(keys) + 1))
        if not keys or is_checked or value.kind != "object" or nodes.paths is None:
            return nodes.interpreted(node, value, into)
        asked = nodes.paths.use(keys, nodes.reading)[0]
        found, known = source.name("value"), source.bind("known", {})
        source.line(f"{found} = {known}.get({asked}) if {asked}.__class__ is str else None")
        with source.block(f"if {found} is None:"):
            source.line(f"{found} = {nodes.interpreted(node, value, into).text}")
            certain = f"{found}.__class__ is bool and {asked}.__class__ is str"
            with source.block(f"if {certain} and len({known}) < {MOST}:"):
                source.line(f"{known}[{asked}] = {found}")
        return Operand(found)

    def _unless_unknown(self, start: int, found: str, exact: str) -> None:
        """Make a function of an unknown value unknown rather than an error."""
        source = self.source
        source.deepen(start)
        last = source.lines[start:]
        del source.lines[start:]
        source.line("try:")
        source.lines += last
        with source.block("except EvaluationError:"):
            with source.block(f"if not {exact}:"):
                source.line("raise")
            source.line(f"{found} = None")

    def _called(self, found: str, name: str, given: Sequence[Operand]) -> None:
        function = BY_NAME.get(name)
        if function is None or (name == "to_number" and not self.nodes.context.strict):
            said = ", ".join(each.text for each in given)
            if name == "join" and len(given) == _TWO:
                self._joined(found, *given)
                return
            self.source.line(f"{found} = built_in({self.source.literal(name)}, [{said}])")
            return
        nullable = bool(given) and function.null_in_null_out
        if nullable and given[0].known and given[0].value is None:
            self.source.line(f"{found} = None")
            return
        if nullable and not given[0].known:
            self.source.line(f"{found} = None")
            with self.source.block(f"if {given[0].text} is not None:"):
                self._invoked(found, function, given)
            return
        self._invoked(found, function, given)

    def _joined(self, found: str, separator: Operand, texts: Operand) -> None:
        """Write a call of `join`; its texts are usually constants and plain values."""
        source, call = self.source, f"joined({separator.text}, {texts.text})"
        between = separator.value
        if not separator.known or not isinstance(between, str) or texts.kind != "list":
            source.line(f"{found} = {call}")
            return
        with source.block("try:"):
            source.line(f"{found} = {separator.text}.join({texts.text})")
        with source.block("except Fails:"):  # not all are texts
            source.line(f"{found} = {call}")
        with source.block(f"if len({found}) > {TEXT - len(between)}:"):
            source.line(f"{found} = {call}")

    def _invoked(self, found: str, function: Function, given: Sequence[Operand]) -> None:
        """Write the call of a library function, with the types of its arguments checked."""
        source = self.source
        said = [self._argument(function, i, each) for i, each in enumerate(given)]
        if function.uses is not Uses.NOTHING:
            said = [self.source.bind("context", self.nodes.context), *said]
        name = source.bind("function", function.call)
        source.line(f"{found} = {name}({', '.join(said)})")
        if not function.returns.startswith(("boolean", "number")):
            with source.block(f"if {found}.__class__ is not str or len({found}) > {TEXT}:"):
                source.line(f"small({found})")

    def _argument(self, function: Function, position: int, given: Operand) -> str:
        parameter = function.parameter(position)
        if parameter.lazy:
            return f"lazily({given.text})"
        if given.known:
            try:
                fitted = checked_argument(function, position, given.value)
            except EvaluationError:
                pass  # as for each record
            else:
                return given.text if fitted is given.value else self.source.literal(fitted)
        owner = self.source.bind("library", function)
        checked = f"checked({owner}, {position}, {given.text})"
        classes = [_CLASSES[each] for each in parameter.types if each in _CLASSES]
        if "any" in parameter.types and parameter.check is None and not given.known:
            return f"small({given.text})"
        if parameter.check is not None or not classes or given.known:
            return checked
        name = self.source.name("value")
        fits = f"{given.text}.__class__ in ({', '.join(classes)},)"
        if len(classes) == 1 and "," not in classes[0]:
            fits = f"{given.text}.__class__ is {classes[0]}"
        if set(parameter.types) & {"string", "array", "object"}:
            short = f"len({given.text}) <= {TEXT}" if "string" in parameter.types else "False"
            fits = f"{given.text}.__class__ is str and {short}"
        self.source.line(f"{name} = {given.text} if {fits} else {checked}")
        return name

    def _present(
        self, name: str, arguments: Sequence[Node], value: Operand, into: Unknowns
    ) -> Operand:
        """Write a function that asks whether a value exists."""
        found, (wrong, line) = self.source.name("value"), self.notes.variable("wrong")
        if name in ("is_blank", "is_present"):
            asked = self.nodes.asked(arguments[0], value, into)
            self._note_wrong(wrong, asked, arguments[0])
            is_blank = blank(asked.operand)
            said = is_blank if name == "is_blank" else f"not ({is_blank})"
            self.source.line(f"{found} = {said}")
        elif name == "not_null":
            self._first_not_null(found, wrong, arguments, value, into)
        else:
            self._first_present(found, wrong, arguments, value, into, last=name == "default")
        line.kept = wrong in self.notes
        self.notes.gather(into.exact, wrong)
        self.notes.gather(into.truth, wrong)
        self.notes.gather_open(into.written, wrong)
        return Operand(found, "boolean" if name in ("is_blank", "is_present") else "")

    def _first_present(
        self,
        found: str,
        wrong: str,
        arguments: Sequence[Node],
        value: Operand,
        into: Unknowns,
        *,
        last: bool,
    ) -> None:
        """Write `coalesce` and `default`: the first value that is not blank; no later one runs."""
        source = self.source
        asked = self.nodes.asked(arguments[0], value, into)
        self._note_wrong(wrong, asked, arguments[0])
        with source.block(f"if not ({blank(asked.operand)}):"):
            self._take(found, asked, into)
        with source.block("else:"):
            if arguments[1:]:
                self._first_present(found, wrong, arguments[1:], value, into, last=last)
            elif last:
                self._take(found, asked, into)
            else:
                source.line(f"{found} = None")

    def _first_not_null(
        self, found: str, wrong: str, arguments: Sequence[Node], value: Operand, into: Unknowns
    ) -> None:
        asked = [self.nodes.asked(each, value, into) for each in arguments]
        for each, argument in zip(asked, arguments, strict=True):
            self._note_wrong(wrong, each, argument)
        self.source.line(f"{found} = None")
        for i, each in enumerate(asked):
            present = repr(each.operand.value is not None)
            if not each.operand.known:
                present = f"{each.operand.text} is not None"
            with self.source.block(f"{'elif' if i else 'if'} {present}:"):
                self._take(found, each, into)

    def _take(self, found: str, asked: NodeAnswer, into: Unknowns) -> None:
        self.notes.gather(into.exact, asked.exact)
        self.notes.gather(into.truth, asked.exact)
        self.notes.gather(into.written, asked.written)
        self.source.line(f"{found} = {asked.operand.text}")

    def _note_wrong(self, wrong: str, asked: NodeAnswer, argument: Node) -> None:
        gaps = asked.truth if is_list(argument) else asked.exact
        self.notes.gather_open(wrong, gaps, also=WRONG)

    def _chosen(self, arguments: Sequence[Node], value: Operand, into: Unknowns) -> Operand:
        """Write the condition of `iif()` and both branches, only one of which runs."""
        condition, then, otherwise = arguments
        found = self.source.name("value")
        asked = self.nodes.asked(condition, value, Unknowns(stated=into.stated))
        chooses = ""
        if asked.truth:
            chooses, _ = self.notes.variable("chooses", choosing(asked.truth))
            self.notes.touched.add(chooses)
        kinds = set()
        for head, branch in ((f"if {holding(asked.operand)}:", then), ("else:", otherwise)):
            with self.source.block(head):
                chosen = self.nodes.asked(branch, value, into)
                kinds.add(chosen.operand.kind)
                self.notes.gather(into.exact, chooses, chosen.exact)
                self.notes.gather(into.truth, chooses, chosen.exact)
                self.notes.gather(into.written, chooses, chosen.written)
                self.source.line(f"{found} = {chosen.operand.text}")
        return Operand(found, "boolean" if kinds == {"boolean"} else "")

    def _of_rows(self, node: Node, value: Operand, into: Unknowns) -> Operand:
        """Write the columns of a table of rules, and the search for the first row that fits.

        The interpreter searches if the answer depends on an unknown value, or if it fails.
        """
        index, source = index_of(node), self.source
        if index is None:
            return self.nodes.interpreted(node, value, into)
        found, (stated, _) = source.name("value"), self.notes.variable("stated", "True")
        source.line(f"{found} = absent")
        with source.block("try:"):
            own = Unknowns(stated=stated)
            asked = [self.nodes.asked(each, value, own) for each in table_of(node).columns]
            unknown = [each.exact for each in asked if each.exact]
            said = ", ".join(each.operand.text for each in asked)
            with source.block(f"if not ({' or '.join((*unknown, f'not {stated}'))}):"):
                source.line(f"{found} = {source.bind('rows', index)}({said})")
        with source.block("except Fails:"):
            source.line(f"{found} = absent")
        with source.block(f"if {found} is absent:"):
            searched = self.nodes.interpreted(node, value, into)
            source.line(f"{found} = {searched.text}")
        return Operand(found)


_TWO = 2
"""The most arguments of a `join` that is written out, which builds nearly every label."""
_CLASSES: Mapping[str, str] = {
    "string": "str",
    "number": "int, float",
    "integer": "int",
    "boolean": "bool",
    "array": "list",
    "object": "dict",
    "null": "Null",
}
"""Classes of values that need no further check, by the types of a parameter."""


def _is_written_out(name: str, arguments: Sequence[Node]) -> bool:
    if any(each["type"] == "expref" for each in arguments):
        return False
    function = BY_NAME.get(name)
    return function is None or all(
        each["type"] == "literal" or not function.parameter(i).lazy
        for i, each in enumerate(arguments)
    )


def _kind(name: str) -> str:
    function = BY_NAME.get(name)
    if function is None or function.null_in_null_out:
        return ""
    return "boolean" if function.returns == "boolean" else ""
