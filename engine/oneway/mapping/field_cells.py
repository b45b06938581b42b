"""Computes the cells of a record: what the mapping says of each field.

Each field is computed in this order, and any failure ends in `RecordStopped`:

    when -> from -> (lookup) -> default -> the target's declared type
"""

from collections.abc import Callable
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.paths import at, with_value
from oneway.core.records import MISSING, Record, Value, holds, is_blank
from oneway.core.sealed import MASK
from oneway.mapping.code import FieldCode
from oneway.mapping.expressions import Expression, Gaps, texts
from oneway.mapping.lookup_table import fallback_of
from oneway.mapping.policy import FieldRule
from oneway.mapping.record_answers import HAS_LEFT, RecordAnswers, RecordStopped
from oneway.mapping.rows import Cell, CellState, EvaluationFailure, Missed
from oneway.mapping.spec import Constant, Merge, OnMiss, Write
from oneway.mapping.values_read import as_shown, values_read


@dataclass(frozen=True, slots=True)
class FieldCells(RecordAnswers):
    """Evaluates the fields of a mapping, and the values for leavers."""

    def cell(self, code: FieldCode, record: Record, missed: list[Missed]) -> Cell:
        """Return the cell of a field. Raises `RecordStopped`."""
        return self._cell(code, record, missed)

    def _cell(self, code: FieldCode, record: Record, missed: list[Missed]) -> Cell:
        if code.when is not None:
            when = self._answer(code.when, record)
            if when.truth or not holds(when.value):
                state = CellState.UNSTATED if when.truth else CellState.INACTIVE
                read = self._named(when.truth, code.when) if when.truth else ""
                return Cell(state, read=read, unwritten=self._unwritten(code, record))
        cell = self._stated(code, record)
        if cell.state is CellState.STATED and code.lookup is not None:
            return self.looked_up(code, cell.value, missed, record)
        return self.filled(code, cell, record)

    def _said(self, record: Record) -> tuple[Cell, ...]:
        """Return the cells of a record; UNSTATED where a cell cannot be evaluated."""

        def said(code: FieldCode) -> Cell:
            try:
                return self._cell(code, record, [])
            except RecordStopped:
                return Cell(CellState.UNSTATED)

        return tuple(map(said, self.code.fields))

    def _unwritten(self, code: FieldCode, record: Record) -> Value:
        """Return the value that `when` keeps from being written; None if there is none."""
        if not code.tells_if_unwritten:
            return None
        try:
            cell = self._stated(code, record)
        except RecordStopped:  # what is not written need not be right
            return None
        return cell.value if cell.state is CellState.STATED else None

    def _stated(self, code: FieldCode, record: Record) -> Cell:
        if code.source is None:
            none_of_ours = code.rule.merge is Merge.OWN and code.constant == []
            blank = is_blank(code.constant) and not none_of_ours
            return Cell(CellState.BLANK if blank else CellState.STATED, code.constant)
        answer = self._answer(code.source.expression, record)
        not_given = self._named(answer.written, code.source.expression)
        if not_given:
            return self._of_certain_items(code, record, not_given)
        if code.rule.merge is Merge.OWN and answer.value == [] and answer.stated:
            return Cell(CellState.STATED, [])  # it says that no items are ours
        if is_blank(answer.value):
            return Cell(CellState.BLANK if answer.stated else CellState.UNSTATED)
        if answer.written:
            return Cell(CellState.UNSTATED)
        if code.source.check is not None:
            self._demand(code.source.check(answer.value), code.source.expression, record)
        return Cell(CellState.STATED, answer.value)

    def _of_certain_items(self, code: FieldCode, record: Record, not_given: str) -> Cell:
        """Return the cell of a field whose value depends on a key that list items lack.

        The field is left alone, except that items which are certain are added to a list.
        """
        assert code.source is not None
        if code.rule.merge is not Merge.REPLACE:
            items = code.source.expression.certain(record.data, self.context)
            if items:
                return Cell(CellState.STATED, items, read=not_given)
        return Cell(CellState.UNSTATED, read=not_given)

    def _named(self, gaps: Gaps, expression: Expression) -> str:
        """Return what is named with a field that is left alone, in words."""
        named = tuple(gap for gap in gaps if gap.named)
        if named and expression.reads_any(self.code.secrets.source):
            named = tuple(gap._replace(wrong=gap.wrong and _NEARLY) for gap in named)
        return texts(named)

    def looked_up(
        self, code: FieldCode, value: Value, missed: list[Missed], record: Record
    ) -> Cell:
        """Return the cell of a field whose value is looked up. Raises `RecordStopped`.

        Nothing stands in for a miss, not even in a new record, and not if it is unsure.
        """
        cell = self._looked_up(code, value, missed)
        if cell.state is CellState.STATED:
            cell = self._filled(code, cell, record)
        return self._with_values_read(code, self._merged(code, cell), record)

    def _looked_up(self, code: FieldCode, value: Value, missed: list[Missed]) -> Cell:
        assert code.lookup is not None
        table = self.tables[code.lookup]
        if isinstance(value, list | dict):
            raise RecordStopped(_failure("a list or object cannot be looked up", code, value))
        found, why = table.found(value)
        sought = value if code.rule.own_table else None
        if len(found) == 1:
            return Cell(CellState.STATED, found[0], sought=sought)
        rule = code.rule
        lacks = table.lacks(value)
        instead = fallback_of(rule, table.found) if lacks else ()
        if not (found or why):
            why = table.other_form(value)
        miss = Missed(code.lookup, _shown(value, rule), len(found), rule.path, why)
        if len(instead) == 1:
            missed.append(replace(miss, instead=rule.fallback_text))
            return Cell(CellState.STATED, instead[0], sought=sought)
        missed.append(miss)
        # A leave is never put off for a row that needs mending; any other field keeps its value.
        known = rule.on_miss is OnMiss.CLEAR and not (lacks or self._is_of_leave(code))
        state = CellState.MISSED if table.complete and not known else CellState.UNSTATED
        return Cell(state, sought=sought)

    def _is_of_leave(self, code: FieldCode) -> bool:
        return any(code is each for each in self.code.leaving)

    def filled(self, code: FieldCode, cell: Cell, record: Record) -> Cell:
        """Return a cell with the stand-in for a blank, checked. Raises `RecordStopped`."""
        return self._with_values_read(
            code, self._merged(code, self._filled(code, cell, record)), record
        )

    def _with_values_read(self, code: FieldCode, cell: Cell, record: Record) -> Cell:
        """Return a cell with the values that its expression read, if it makes its record wait."""
        if (
            cell.read
            or code.source is None
            or code.rule.sensitive
            or not code.rule.refuses(cell.state)
        ):
            return cell
        secret = self.code.secrets.source
        return cell._replace(read=values_read(code.source.expression, record.data, secret))

    def _filled(self, code: FieldCode, cell: Cell, record: Record) -> Cell:
        """Apply `default` and `initial`, and check the value to write."""
        if cell.state is CellState.BLANK and code.default is not None:
            default, known, not_given = self._stand_in(code.default, record)
            initial = None if code.initial is None else self._stand_in(code.initial, record)[0]
            state = CellState.BLANK if is_blank(default) else CellState.STATED
            state = state if known else CellState.UNSTATED
            cell = Cell(state, None if is_blank(default) else default, initial, read=not_given)
        elif cell.state in (CellState.BLANK, CellState.UNSTATED):
            # A create overwrites nothing, so a default may replace an absent key.
            stand_in = code.initial if code.initial is not None else code.default
            if stand_in is not None:
                cell = cell._replace(initial=self._stand_in(stand_in, record)[0])
        if self.code.policy.trims:
            cell = cell._replace(value=_trimmed(cell.value), initial=_trimmed(cell.initial))
        for value in (cell.value, cell.initial):
            if code.check is not None and not is_blank(value):
                wrong = code.check(value)
                if wrong:
                    raise RecordStopped(_failure(f"{code.rule.path}: {wrong}", code, value))
        return cell

    def _stand_in(self, code: Expression | Constant, record: Record) -> tuple[Value, bool, str]:
        """Return what replaces a blank value; null, and not known, if an absent key decides it.

        The text names the keys that list items lack and on which it depends.
        """
        if isinstance(code, Constant):
            return code.value, True, ""
        answer = self._answer(code, record)
        known = not answer.written and (answer.stated or not is_blank(answer.value))
        return answer.value if known else None, known, self._named(answer.written, code)

    def _merged(self, code: FieldCode, cell: Cell) -> Cell:
        rule = code.rule
        for value in (cell.value, cell.initial) if rule.merge is not Merge.REPLACE else ():
            if not (is_blank(value) or isinstance(value, list)):
                text = f"{rule.path}: `merge: {rule.merge.value}` takes a list"
                raise RecordStopped(_failure(text, code, value))
            for item in value if isinstance(value, list) and rule.merge is Merge.OWN else ():
                if not rule.owned.owns(item):
                    text = f"{rule.path}: an item is not among those that the sync owns"
                    raise RecordStopped(_failure(f"{text} (merge: own)", code, item))
        return cell

    def departing(
        self, record: Record, cells: tuple[Cell, ...]
    ) -> tuple[tuple[Cell, ...], bool | None, bool | None]:
        """Return a leaver's cells, and whether a record with these values has left, or will.

        Raises `RecordStopped`.
        """
        cells = self.with_moving(record, cells)
        return cells, *self.leaves_as(cells)

    def with_moving(self, record: Record, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        """Return a leaver's cells, each marked if it depends on the day of the run."""
        return tuple(
            cell._replace(moving=self.moves(code, cell, record)) if uses_today(code) else cell
            for code, cell in zip(self.code.leaving, cells, strict=True)
        )

    def moves(self, code: FieldCode, cell: Cell, record: Record) -> bool:
        """Return whether a value depends on the day of the run; see `moves_with_the_run`."""

        def differs(days: int) -> bool:
            then = FieldCells(self.code, self.context.later(days), self.tables)
            try:
                return then._cell(code, record, []) != cell
            except RecordStopped:
                return True

        return moves_with_the_run(differs)

    def leaves_as(self, cells: tuple[Cell, ...]) -> tuple[bool | None, bool | None]:
        """Return whether a record with these values has left, and whether it is due to leave.

        Returns None if other fields count as well. Raises `RecordStopped` if that cannot be
        evaluated: with such a value, such as an impossible date, the record would be an error from
        then on.
        """
        conditions = [each for each in (self.code.left, self.code.scheduled) if each is not None]
        written = self._written(cells)
        read = [use.keys for each in conditions for use in each.paths]
        whole = any(each.facts.whole for each in conditions)
        if self.code.left is None or whole or any(at(written, keys) is MISSING for keys in read):
            return None, None
        record = Record("", written)
        try:
            left = self._decides(self.code.left, record, HAS_LEFT)
            later = self._decides(self.code.scheduled, record, HAS_LEFT) and not left
        except RecordStopped:
            if None in written.values():
                return None, None  # it states nothing, so it cannot be wrong
            raise
        return left, later

    def _written(self, cells: tuple[Cell, ...]) -> dict[str, Value]:
        """Return the values that a leaver's target record will certainly have."""
        written: dict[str, Value] = {}
        for code, cell in zip(self.code.leaving, cells, strict=True):
            plain = code.rule.write is Write.OVERWRITE and code.rule.merge is Merge.REPLACE
            if plain and (cell.state is CellState.STATED or code.rule.clears(cell)):
                value = None if code.rule.clears(cell) else cell.value
                written = with_value(written, code.rule.keys, value)
        return written


def moves_with_the_run(differs: Callable[[int], bool]) -> bool:
    """Return whether a value follows the day of the run, rather than being compared with it.

    `differs` says whether the value is another one some days later. `today()` differs tomorrow; the
    end of the month differed a month ago and will differ in a month. A value that changes on a day
    in the data differs from the value before that day or after it, not from both.
    """
    return differs(1) or (differs(-_MONTH) and differs(_MONTH))


_MONTH = 31


def uses_today(code: FieldCode) -> bool:
    """Return whether a field's value depends on the day of the run."""
    return any(each.uses_today for each in code.expressions)


_NEARLY = "another spelling or type of a word"
"""The message for a sensitive value."""


def _failure(text: str, code: FieldCode, value: Value) -> EvaluationFailure:
    shown = "" if code.rule.sensitive else as_shown(value)
    return EvaluationFailure(text, code.rule.expression, code.rule.place, value=shown)


def _shown(value: Value, rule: FieldRule) -> str:
    return MASK if rule.sensitive else str(value)


def _trimmed(value: Value) -> Value:
    return value.strip() if isinstance(value, str) else value
