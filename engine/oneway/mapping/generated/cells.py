"""Writes the cells of a source row as Python statements: when, from, lookup, default, check."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field

from oneway.core.batches import Batch
from oneway.core.dataclass import dataclass
from oneway.core.records import is_blank
from oneway.mapping.code import Check, FieldCode
from oneway.mapping.expressions import Expression
from oneway.mapping.generated.memo import key_of_all, once_for_each, repeats
from oneway.mapping.generated.nodes import Nodes
from oneway.mapping.generated.operands import blank, holding, is_text
from oneway.mapping.generated.paths import NEVER, unsure
from oneway.mapping.generated.source import CodeText
from oneway.mapping.generated.unknowns import Notes, Operand, Unknowns
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.rows import Cell, CellState
from oneway.mapping.spec import Merge

DATA = Operand("data", "object")
"""The name of a function's record data."""

EMPTY = {state: Cell(state) for state in CellState}
"""The cells without a value."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Writes the cells of a function; `record` and `data` are the names of its record and data."""

    source: CodeText
    notes: Notes
    program: Interpreted
    nodes_of: Callable[[Expression], Nodes]
    record: str = "record"
    short: bool = False
    """Whether a cell with a plain value is just that value, as in a `SteadyRow`."""
    sample: Batch | None = None
    """Some of the records, if many are read at a time."""
    body: int = 2
    """The depth of a function's unconditional statements."""
    within: bool = False
    """Whether the cells are part of what is computed once for equal texts."""
    _json: set[str] = field(default_factory=set)
    """The names whose values are known to be JSON from here on."""

    def cell(self, code: FieldCode) -> str:
        """Write the cell of a field, and return its name."""
        source, found = self.source, self.source.name("cell")
        source.comment(code.rule.path, code.rule.expression, str(code.rule.place))
        works = code.source is not None and code.source.expression.simple is None
        if works and not self.within and (by := self.repeating([code])):
            with once_for_each(source, found, by):
                self._found(found, code)
        else:
            self._found(found, code)
        return found

    def repeating(self, codes: Sequence[FieldCode]) -> str:
        """Return the only value that these cells depend on, if it often repeats; else ""."""
        keys = key_of_all(codes)
        if not keys:
            return "" if keys is None or self.sample is None else "None"
        nodes = self.nodes_of(next(one for each in codes for one in each.expressions))
        if nodes.paths is None or not repeats(self.sample, keys):
            return ""
        return nodes.paths.use(keys, nodes.reading)[0]

    def _found(self, found: str, code: FieldCode) -> None:
        source = self.source
        if code.when is None:
            self._stated(found, code)
            return
        asked = self.nodes_of(code.when).asked(code.when.tree, DATA, Unknowns())
        if asked.operand.known:
            if holding(asked.operand) == "True":
                self._stated(found, code)
            else:
                self._leave(found, code, CellState.INACTIVE)
            return
        self.json_only(asked.operand)
        head = "if"
        if asked.truth:
            with source.block(f"if {asked.truth}:"):
                if code.when.names_gaps:
                    self._interpreted(found, code)
                else:
                    self._leave(found, code, CellState.UNSTATED)
            head = "elif"
        with source.block(f"{head} not ({holding(asked.operand)}):"):
            self._leave(found, code, CellState.INACTIVE)
        with source.block("else:"):
            self._stated(found, code)

    def _leave(self, found: str, code: FieldCode, state: CellState) -> None:
        if code.tells_if_unwritten:
            self._interpreted(found, code)
            return
        self.source.line(f"{found} = {self.source.bind('cell', EMPTY[state])}")

    def _interpreted(self, found: str, code: FieldCode) -> None:
        """Write a call of the interpreter, for what is rare or would be long to write out."""
        field = self.source.bind("field", code)
        self.source.line(f"{found} = interpreted_cell({field}, {self.record}, missed)")

    def _stated(self, found: str, code: FieldCode) -> None:
        if code.source is None:
            self._constant(found, code)
            return
        source, notes = self.source, self.notes
        nodes, tree = self.nodes_of(code.source.expression), code.source.expression.tree
        stated, stated_line = notes.variable("stated", "True")
        written, written_line = notes.variable("written")
        into = Unknowns(written=written, stated=stated)
        value = nodes.named(nodes.visit(tree, DATA, into))
        self.json_only(value)
        for name, line in ((stated, stated_line), (written, written_line)):
            line.kept = name in notes
        if value.kind == "text" and written not in notes:
            if code.source.check is not None:
                self.checked(code.source.check, value)
            self._filled(found, code, value)
            return
        head = "if"
        if written in notes and code.source.expression.names_gaps:
            with source.block(f"if {written}:"):
                self._interpreted(found, code)
            head = "elif"
        if code.rule.merge is Merge.OWN:
            # it says that there are no items that the sync owns
            none = f"{head} {value.text} == []" + (f" and {stated}:" if stated in notes else ":")
            with source.block(none):
                source.line(f"{found} = {source.bind('cell', Cell(CellState.STATED, []))}")
            head = "elif"
        with source.block(f"{head} {blank(value)}:"):
            self._empty(found, code, EMPTY[CellState.BLANK], stated if stated in notes else "")
        if written in notes and not code.source.expression.names_gaps:
            with source.block(f"elif {written}:"):
                self._empty(found, code, EMPTY[CellState.UNSTATED])
        with source.block("else:"):
            if code.source.check is not None:
                self.checked(code.source.check, value)
            self._filled(found, code, value)

    def _constant(self, found: str, code: FieldCode) -> None:
        if is_blank(code.constant) and not (code.rule.merge is Merge.OWN and code.constant == []):
            self._empty(found, code, Cell(CellState.BLANK, code.constant))
            return
        value = self.source.name("value")
        self.source.line(f"{value} = {self.source.literal(code.constant)}")
        self._filled(found, code, Operand(value))

    def _empty(self, found: str, code: FieldCode, cell: Cell, stated: str = "") -> None:
        """Write a cell without a value, or with its stand-in.

        If the variable named by `stated` is false, the cell is unstated.
        """
        source = self.source
        text = source.bind("cell", cell)
        if stated:
            text = f"{text} if {stated} else {source.bind('cell', EMPTY[CellState.UNSTATED])}"
        states = (cell.state, CellState.UNSTATED) if stated else (cell.state,)
        stands_in = code.default is not None or code.initial is not None
        if stands_in or any(map(code.rule.refuses, states)):
            text = f"filled({source.bind('field', code)}, {text}, {self.record})"
        source.line(f"{found} = {text}")

    def _filled(self, found: str, code: FieldCode, value: Operand) -> None:
        """Write a cell with a value, looked up and checked as it would be written."""
        source = self.source
        if code.lookup is None:
            self._fits(code, value)
            source.line(f"{found} = {self._stating(code, value)}")
            return
        entries = self._singles(code.lookup)
        table = source.bind("table", entries)
        key, got = source.name("key"), source.name("value")
        source.line(
            f"{key} = {value.text} if {is_text(value)} and {value.text}.isascii()"
            f" else sought({value.text})"
        )
        source.line(f"{got} = {table}.get({key}, absent)")
        with source.block(f"if {got} is absent:"):
            # a miss is reported, and may have a stand-in
            source.line(
                f"{found} = looked_up({source.bind('field', code)}, {value.text}, missed,"
                f" {self.record})"
            )
        with source.block("else:"):
            entry = Operand(got, "plain" if _all_fit(code, entries) else "")
            if not entry.kind:
                self._fits(code, entry)
            sought = value.text if code.rule.own_table else "None"
            source.line(f"{found} = {self._stating(code, entry, sought)}")

    def _stating(self, code: FieldCode, value: Operand, sought: str = "None") -> str:
        """Return the cell that states a value, once that value is seen to be written as it is."""
        self.trims(value)
        text = value.text
        cell = f"cell_of((STATED, {text}, None, {sought}, False, '', None))"
        if not self.short or sought != "None" or code.rule.merge is not Merge.REPLACE:
            return cell
        if value.kind in ("boolean", "text", "plain"):
            return text
        plain = [f"{text}.__class__ is {each}" for each in ("str", "int", "bool")]
        return f"{text} if {' or '.join([value.said, *plain] if value.said else plain)} else {cell}"

    def _singles(self, name: str) -> dict[object, object]:
        """Return the name of the entries that a lookup table has exactly once."""
        found: dict[object, object] = {}
        for key, values in self.program.tables[name].rows.items():
            present = [each for each in values if not is_blank(each)]
            if len(present) == 1:
                found[key] = present[0]
        return found

    def trims(self, value: Operand) -> None:
        """Leave a text with spaces around it to the interpreter if the target drops them."""
        if self.program.policy.trims:
            text = value.text
            with self.source.block(f"if {text}.__class__ is str and {text} != {text}.strip():"):
                self.source.line("raise Uncompiled")

    def _fits(self, code: FieldCode, value: Operand) -> None:
        if code.check is not None:
            self.checked(code.check, value)
        if code.rule.merge is not Merge.REPLACE:
            odd = f"not isinstance({value.text}, list)"
            if code.rule.merge is Merge.OWN:
                owns = self.source.bind("owns", code.rule.owned.owns_all)
                odd = f"{odd} or not {owns}({value.text})"
            with self.source.block(f"if {odd}:"):
                self.source.line("raise Uncompiled")

    def checked(self, check: Check, value: Operand) -> None:
        """Write a check; a record that fails it goes to the interpreter."""
        source = self.source
        first = unsure(source, check, value.text, value.said, value.kind)
        if first != NEVER:
            asked = f"{source.bind('check', check)}({value.text})"
            with source.block(f"if {first}{asked}:"):
                source.line("raise Uncompiled")

    def json_only(self, value: Operand) -> None:
        """Ensure that a result is JSON: values of the record are, computed values may not be."""
        if value.known or value.kind in ("boolean", "text"):
            return
        text = value.text
        if text in self._json:
            return
        if self.source.depth == self.body:  # code at this depth runs for each record
            self._json.add(text)
        scalars = " and ".join(f"{text}.__class__ is not {each}" for each in ("str", "bool", "int"))
        unsaid = f"not {value.said} and " if value.said else ""
        with self.source.block(f"if {unsaid}{text} is not None and {scalars}:"):
            self.source.line(f"json_only({text})")


def _all_fit(code: FieldCode, entries: Mapping[object, object]) -> bool:
    """Return whether all values of a small table may be written unchanged."""
    if len(entries) > _SMALL or code.rule.merge is not Merge.REPLACE:
        return False
    check = code.check
    return all(
        isinstance(each, str | int) and (check is None or not check(each))
        for each in entries.values()
    )


_SMALL = 1_000
"""The most entries of a lookup table that are all checked beforehand."""
