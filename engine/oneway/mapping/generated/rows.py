"""Writes the two functions of a mapping, which turn records into rows."""

import re
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import TypeAlias

from oneway.core.batches import Batch, RecordShape
from oneway.core.compare import Compare
from oneway.core.dataclass import dataclass
from oneway.mapping.code import MappingCode, Typed
from oneway.mapping.expressions import PLAIN, Context, Expression
from oneway.mapping.generated.cells import DATA, Cells
from oneway.mapping.generated.limits import Shapeless, limits_of
from oneway.mapping.generated.memo import once_for_each
from oneway.mapping.generated.nodes import Nodes
from oneway.mapping.generated.operands import blank, filled, holding
from oneway.mapping.generated.paths import Paths
from oneway.mapping.generated.source import CodeText
from oneway.mapping.generated.target_values import TargetValues
from oneway.mapping.generated.unknowns import Notes, Operand, Unknowns
from oneway.mapping.implausible_days import A_CAREER, in_years
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.rows import LONGEST_NAME, Cell, CellState

_WORDS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(\w+)""")
"""Matches the names in a line of code, skipping its texts."""

Columns: TypeAlias = Sequence[tuple[tuple[str, ...], str]]
"""The path of each column of records, and the kind of values expected there; see `Batch.kind`."""


@dataclass(slots=True)
class Rows:
    """Writes `source_row` and `target_row` of a bound mapping."""

    program: Interpreted
    source: CodeText = field(default_factory=CodeText)
    notes: Notes = field(init=False)
    cells: Cells = field(init=False)
    paths: Paths | None = None
    shape: RecordShape | None = None
    """The shape of records that are read many at a time; None for single records."""
    sample: Batch | None = None
    """Some of these records, which show what repeats."""
    columns: bool = False
    """Whether the values of records that are evaluated together come in columns."""
    held: TargetValues = field(init=False)
    count: int = 1
    """The most expressions that are evaluated on one record."""

    def __post_init__(self) -> None:
        self.notes = Notes(self.source)
        self.count = _count(self.program.code)
        reading = self.program.code.target_reading
        self.held = TargetValues(self.source, reading, self.shape, self.columns)
        self.cells = Cells(
            self.source, self.notes, self.program, self._nodes, self._record, sample=self.sample
        )
        if self.columns:
            self.cells = replace(self.cells, body=3)

    @property
    def _record(self) -> str:
        if self.columns:
            return "record(len(rows))"
        return "record" if self.shape is None else "record(position)"

    @property
    def _id(self) -> str:
        return "record.id" if self.shape is None else "record_id"

    def write(self, *, usual: bool) -> None:
        """Write both functions; with `usual`, also one for complete source records."""
        wrong = "record.problem or record.damage"
        with self._function("source_row", self._of_source, wrong=wrong):
            self._source_row()
        with self._function("target_row", self._of_target):
            self._target_row()
        if usual:
            asked = self._of_source
            with self._function("usual_source_row", asked, "source_row", wrong=wrong):
                self._source_row()

    def write_shaped(self, side: str) -> None:
        """Write the function for one side's records of a shape; raise `Shapeless` if impossible."""
        source, name = self.source, f"{side}_row"
        asked = self._of_source if side == "source" else self._of_target
        with source.block(f"def shaped_{name}(record_id, item, record, position):"):
            otherwise = f"interpreted_{name}(record(position))"
            with self._attempt(asked, otherwise, usual=True) as paths:
                start = len(source.lines)
                (self._source_row if side == "source" else self._target_row)()
                said = [each.text for each in source.lines[start:] if each.kept]
        _refuse_objects(said, paths)

    def write_columns(self) -> Columns:
        """Write the function for source records that come in columns; raise `Shapeless`."""
        source = self.source
        with source.block("def shaped_source_rows(records, usual, other, record):"):
            source.line("before = None")
            otherwise = f"interpreted_source_row({self._record})"
            return self._loop(self._of_source, otherwise, self._source_row)

    def write_beside(self, silent: Container[int]) -> Columns:
        """Write the function for target records that are compared with short source rows.

        These rows say nothing of the fields at the positions `silent`. Raises `Shapeless`.
        """
        source = self.source
        with source.block("def shaped_target_rows(records, usual, other, record, same):"):
            source.line("find, holds, starts = same.find, same.holds, same.starts")
            source.line("beside, plain = (), False")
            return self._loop(self._of_target, _OTHER, lambda: self._target_row(silent))

    def _loop(
        self, asked: Sequence[Expression | None], otherwise: str, write: Callable[[], None]
    ) -> Columns:
        """Write a loop that makes and returns the rows of records whose values come in columns."""
        source = self.source
        source.line("rows = []")
        loop = source.line("")
        source.depth += 1
        with self._attempt(asked, otherwise, usual=True) as paths:
            at = len(source.lines)
            with source.block(""):
                source.line(f"rows.append({_OTHER})")
                source.line("continue")
            guard, start = source.lines[at], len(source.lines)
            write()
            said = [each.text for each in source.lines[start:] if each.kept]
        source.depth -= 1
        source.line("return rows")
        columns = [*paths.in_columns(), *self.held.columns.items()]  # distinguishes the objects
        _refuse_objects(said, paths)
        kinds = {name: paths.kinds.get(name, "") for _, name in columns}
        loop.text = f"for record_id, {', '.join(kinds)} in records:"
        tests = [_KINDS[kind].format(name) for name, kind in kinds.items() if kind]
        guard.text = f"if not (usual or {' and '.join(tests) or 'True'}):"
        return [(keys, kinds[name]) for keys, name in columns]

    @property
    def _of_source(self) -> Sequence[Expression | None]:
        code = self.program.code
        expressions = [each.expression for each in code.match_source]
        return [code.leaver, *code.only, *code.rules, *expressions]

    @property
    def _of_target(self) -> Sequence[Expression | None]:
        code = self.program.code
        return [code.left, code.scheduled, *code.match_target]

    @contextmanager
    def _function(
        self, name: str, asked: Sequence[Expression | None], other: str = "",
        *, wrong: str = "record.problem",
    ) -> Iterator[None]:  # fmt: skip
        """Write a function that leaves a record to the interpreter if anything is wrong.

        `asked` are expressions on its record, the deciding ones first, which have checks. An
        unusual record goes to the function named `other`, if given, and so does one for which
        `wrong` is true.
        """
        otherwise, source = f"{other or f'interpreted_{name}'}(record)", self.source
        with source.block(f"def {name}(record):"):
            source.line("data = record.data")
            with source.block(f"if {wrong} or data.__class__ is not dict:"):
                source.line(f"return {otherwise}")
            with self._attempt(asked, otherwise, usual=bool(other)):
                yield

    @contextmanager
    def _attempt(
        self, asked: Sequence[Expression | None], otherwise: str, *, usual: bool
    ) -> Iterator[Paths]:
        source = self.source
        reading = next((each.reading for each in asked if each is not None), PLAIN)
        with source.block("try:"):
            at = source.line("# All keys, each once")
            columns = self.sample if self.columns else None
            self.paths = Paths(source, reading, at, usual, self.shape, columns)
            yield self.paths
            self.paths.write()
        with source.block("except Leaves:"):
            self._give(otherwise)

    def _give(self, row: str) -> None:
        """Write the end of a record: its row."""
        self.source.line(f"rows.append({row})" if self.columns else f"return {row}")

    def _nodes(self, expression: Expression, *, deciding: bool = True) -> Nodes:
        reading, context = expression.reading, self.program.context
        paths = self.paths if self.paths is not None and self.paths.shares(reading) else None
        limits = limits_of(expression.tree, self.count)
        return Nodes(self.source, self.notes, context, reading, deciding, paths, limits)

    # Source rows

    def _source_row(self) -> None:
        code, source = self.program.code, self.source
        values = [self._key(each) for each in code.match_source]
        name = self._name(values)
        label = self._label()
        self._refuse_long_names(values, label)
        for rule in code.only:
            asked = self._decided(rule)
            with source.block(f"if not ({asked}):"):
                source.line("raise Uncompiled")
        leaver = self._decided(code.leaver) if code.leaver is not None else "False"
        source.line(f"leaver = {leaver}")
        why = "interpreted_why(whole) if leaver else ''" if code.leaver else "''"
        source.line("missed = []")
        left = self._leaving()
        failed = self._failed()
        short = self.shape is not None
        of_field = replace(self.cells, short=short)
        fields = [of_field.cell(each) for each in code.fields]
        cells = _tuple(fields)
        keys = [self._comparable(*each) for each in zip(values, self._compares, strict=True)]
        source.line(f"keys = {_tuple(keys)}")
        same = " and ".join(f"keys[{at}] is {value}" for at, value in enumerate(values))
        stated = f"keys if {same or 'True'} else {_tuple(values)}"
        if short:
            with source.block(f"if not (leaver or missed or {failed}):"):
                source.line(f"own, stated = keys, {stated}")
                if only := self._is_named_by_key(values, name):
                    with source.block(f"if {only}:"):
                        source.line("own = stated = None")
                said = f"({cells}, {name}, own), stated, {self._id}"
                self._steady_row(said, f"{self._named(fields)}, {label}")
            cells = f"whole_cells({cells})"
        row = (
            f"row_of_source(({self._id}, {name}, {label}, keys, {stated},"
            f" leaver, (), {failed}, {cells}, {left}, tuple(missed), None, True, (), None,"
            f" None, False, (), {why}, None))"
        )
        self._give(f"interpreted_dated({row}, whole) if leaver else {row}" if code.leaver else row)

    def _is_named_by_key(self, values: Sequence[str], name: str) -> str:
        """Return whether a record's name is its only key; "" if it never is."""
        if len(values) > 1 or name == self._id:
            return ""
        return f"{values[0]}.__class__ is str and keys[0] == {values[0]}"  # then it is that text

    def _steady_row(self, said: str, more: str) -> None:
        """Write the short row of a person who stays, with what a leave writes."""
        source = self.source
        if not self.columns:
            self._give(f"steady_row(packed(({said}, {more})), packed_once(leaving))")
            return
        with source.block("if leaving is not before:"):
            source.line("before, packed_leaving = leaving, packed_once(leaving)")
        self._give(f"(packed(({said}, {more})), packed_leaving)")
        source.line("continue")

    def _named(self, fields: Sequence[str]) -> str:
        """Return whether all cells that identify people state text that the record gives."""
        policy, asked = self.program.policy, []
        for each in policy.identifying:
            rule, cell = policy.fields[each], fields[each]
            asked.append(f"{cell}.__class__ is str" if rule.reads_record else "False")
            if texts := tuple(one for one in rule.constants if isinstance(one, str)):
                asked.append(f"{cell} not in {self.source.bind('constants', texts)}")
        return " and ".join(asked) or "False"

    @property
    def _compares(self) -> Sequence[Compare]:
        return self.program.policy.match

    def _key(self, typed: Typed) -> str:
        """Write a match key, and return its name; None if it is blank."""
        source, expression = self.source, typed.expression
        source.comment("match", expression.shown, str(expression.span))
        nodes = self._nodes(expression)
        asked = nodes.asked(expression.tree, DATA, Unknowns())
        kind = asked.operand.kind if asked.operand.kind == "text" else ""
        value = Operand(source.name("key"), kind, said=asked.operand.said)
        source.line(f"{value.text} = {asked.operand.text}")
        if asked.exact:
            with source.block(f"if {asked.exact}:"):
                source.line("raise Uncompiled")
        self.cells.json_only(value)
        if kind:
            if typed.check is not None:
                self.cells.checked(typed.check, value)
            self.cells.trims(value)
            return value.text
        with source.block(f"if {blank(value)}:"):
            source.line(f"{value.text} = None")
        with source.block("else:"):
            if typed.check is not None:
                self.cells.checked(typed.check, value)
            unsaid = f"not {value.said} and " if value.said else ""
            with source.block(f"if {unsaid}isinstance({value.text}, (list, dict)):"):
                source.line("raise Uncompiled")
            self.cells.trims(value)
        return value.text

    def _comparable(self, value: str, compare: Compare) -> str:
        """Return the comparable form of a match key."""
        general = f"comparable({value}, {self.source.bind('compare', compare)})"
        quick = {
            Compare.EXACT: value,
            Compare.IGNORE_CASE: f"{value}.casefold()",
            Compare.TRIMMED: f"{value}.strip()",
        }.get(compare)
        if quick is None:
            return general
        return f"{quick} if {value}.__class__ is str and {value}.isascii() else {general}"

    def _name(self, values: Sequence[str]) -> str:
        shown = [
            value
            for value, show in zip(values, self.program.policy.key_shown, strict=False)
            if show
        ]
        text = self._id
        for value in reversed(shown):
            as_text = f"{value} if {value}.__class__ is str else str({value})"
            text = f"({as_text}) if {value} is not None else {text}"
        return text

    def _refuse_long_names(self, values: Sequence[str], label: str = "''") -> None:
        """Leave a record with a name that no plan holds to the interpreter."""
        texts = [f"len({each}) > {LONGEST_NAME}" for each in (self._id, label) if each != "''"]
        texts += [f"{each}.__class__ is str and len({each}) > {LONGEST_NAME}" for each in values]
        with self.source.block(f"if {' or '.join(texts)}:"):
            self.source.line("raise Uncompiled")

    def _label(self) -> str:
        label = self.program.code.label
        if label is None:
            return "''"
        source = self.source
        source.comment("label", label.shown, str(label.span))
        nodes = self._nodes(label, deciding=False)
        with source.block("try:"):
            value = nodes.named(nodes.visit(label.tree, DATA, Unknowns()))
            self.cells.json_only(value)
            text, is_plain = value.text, f"isinstance({value.text}, (str, int, float))"
            said = f"{text} if {text}.__class__ is str else str({text}) if {is_plain} else ''"
            source.line(f"label = ({said}).strip()")
        with source.block("except Leaves:"):
            source.line(f"label = interpreted_label({self._record})")
        return "label"

    def _decided(self, rule: Expression, as_of: Context | None = None) -> str:
        """Write a condition on access, and return whether it holds."""
        source = self.source
        source.comment("condition", rule.shown, str(rule.span))
        nodes = self._nodes(rule)
        nodes = nodes if as_of is None else replace(nodes, context=as_of)
        asked = nodes.asked(rule.tree, DATA, Unknowns())
        value = nodes.named(asked.operand)
        if asked.truth:
            with source.block(f"if {asked.truth}:"):
                source.line("raise Uncompiled")
        kept = replace(value, kind=asked.operand.kind)
        self.cells.json_only(kept)
        return holding(kept)

    def _leaving(self) -> str:
        """Write the values of a leave; return them, and the state of a record that has them."""
        code, source = self.program.code, self.source
        if by := self.cells.repeating(code.leaving):
            within = replace(self.cells, within=True)
            with once_for_each(source, "leaving", by):
                cells = [within.cell(each) for each in code.leaving]
                source.line(f"leaving = {_tuple(cells)}")
            source.line("left = later = None")
        else:
            cells = [self.cells.cell(each) for each in code.leaving]
            source.line(f"leaving, left, later = {_tuple(cells)}, None, None")
        if code.leaver is not None:
            with source.block("if leaver:"):
                source.line(f"whole = {self._record}")
                if by:  # like the answers that depend on nothing else
                    with once_for_each(source, "gone", by):
                        source.line("gone = interpreted_leaving(whole, leaving)")
                    source.line("leaving, left, later = gone")
                else:
                    source.line("leaving, left, later = interpreted_leaving(whole, leaving)")
        return "leaving, left, later"

    def _failed(self) -> str:
        """Write the eligibility rules, and return the positions of those that fail."""
        rules = self.program.code.rules
        if not rules:
            return "()"
        self.source.line("failed = ()")
        for position, rule in enumerate(rules):
            holds = self._decided(rule)
            if holds == "True":
                continue
            with self.source.block(f"if not ({holds}):"):
                self.source.line(f"failed += ({position},)")
        return "failed"

    # Target rows

    def _target_row(self, silent: Container[int] | None = None) -> None:
        """Write a target record's row; a short one if it is compared with a source row."""
        code, source, policy = self.program.code, self.source, self.program.policy
        values = [self._key(Typed(each)) for each in code.match_target]
        name = self._name(values)
        self._refuse_long_names(values)
        fields = [self.held.value(rule.keys) for rule in policy.fields]
        leaving = [self.held.value(rule.keys) for rule in policy.leaving]
        conditions = [self.held.value(keys) for keys in policy.condition_paths]
        left = self._decided(code.left) if code.left is not None else "False"
        source.line(f"left = {left}")
        source.line("later = False")
        if code.scheduled is not None:
            with source.block("if not left:"):
                source.line(f"later = {self._decided(code.scheduled)}")
        elif code.left is not None and policy.left is not None and policy.left.tells_due:
            then = in_years(self.program.context, A_CAREER)
            with source.block("if not left:"):
                later = self._decided(code.left, then)
                with source.block(f"if {later}:"):
                    source.line("raise Uncompiled")  # the interpreter knows the days to try
        keys = [self._comparable(*each) for each in zip(values, self._compares, strict=True)]
        source.line(f"keys = {_tuple(keys)}")
        if silent is not None:
            inactive = source.bind("cell", Cell(CellState.INACTIVE))
            said = [inactive if at in silent else each for at, each in enumerate(fields)]
            if said and "absent" not in said:  # absent values are not what a record says
                unsaid = [each for at, each in enumerate(fields) if at in silent]
                source.line("own = keys")
                if only := self._is_named_by_key(values, name):
                    with source.block(f"if {only}:"):
                        source.line("own = None")
                self._short_target(name, said, (unsaid, leaving, conditions))
        self._give(
            f"row_of_target(({self._id}, {name}, keys, left, later,"
            f" {_tuple(fields)}, {_tuple(leaving)}, None, True, None, {_tuple(conditions)}, ()))"
        )

    def _short_target(self, name: str, said: Sequence[str], held: Sequence[Sequence[str]]) -> None:
        """Write the short row of a target record that agrees with its source row.

        `said` is what both say; `held` is what only the target record has.
        """
        source = self.source
        # a short row never says a list, but a list may look like a cell without a value
        lists = [f"{each}.__class__ is not list" for each in said if each in self.held.loose]
        both = f"packed(({_tuple(said)}, {name}, own))"
        same = [*lists, f"holds({both}, starts[place] + 1)"]
        source.line("place = find(keys[0])")
        unlike = "place is None or left or later"
        with source.block(f"if not ({unlike}) and {' and '.join(same)}:"):
            # most records hold the same object as the one before: nothing at all
            last = {each: source.name("last") for part in held for each in part}
            again = "".join(f" and {each} is {before}" for each, before in last.items())
            with source.block(f"if not (plain{again}):"):
                source.line(f"held = {_tuple(list(map(_tuple, held)))}")
                with source.block("if not (plain and held == beside):"):
                    source.line("beside, plain = same.beside(held)")
                for each, before in last.items():
                    source.line(f"{before} = {each}")
            source.line(f"rows.append((packed(({self._id}, place)), beside))")
            source.line("continue")


_OTHER = "other(len(rows))"
"""The row of a record unlike the others, in code for columns."""
_KINDS = {"text": f"{{0}}.__class__ is str and {filled('{0}')}", "boolean": "{0}.__class__ is bool"}
"""Tests that a value is of a kind; see `Batch.kind`."""


def _refuse_objects(said: Sequence[str], paths: Paths) -> None:
    """Raise `Shapeless` if code needs a whole object."""
    used = {word for each in said if each[:1] != "#" for word in _WORDS.findall(each)}
    if not used.isdisjoint({"data", *paths.objects}):
        raise Shapeless


def _tuple(items: Sequence[str]) -> str:
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _count(code: MappingCode) -> int:
    """Return how many expressions are evaluated on a source record and on a target record."""
    fields = [one for each in (*code.fields, *code.leaving) for one in each.expressions]
    conditions = (*code.match_source, *code.match_target, *code.only, *code.rules)
    return len(fields) + len(conditions) + 4  # three about leaving, and the label
