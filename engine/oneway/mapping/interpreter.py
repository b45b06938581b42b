"""The reference program: evaluates each expression's JMESPath tree, record by record.

`MappingCode` is a compiled mapping. `Interpreted` is one that is bound to an instant, settings and
reference tables, and so is a `Program`. Whatever goes wrong on one record ends in that record's
`EvaluationFailure`.
"""

from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile

from oneway.core.batches import Batch
from oneway.core.compare import comparable, identity
from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.diagnostics import Span
from oneway.core.key_forms import as_read
from oneway.core.parsing import parse_day
from oneway.core.paths import at, path_text, without_path
from oneway.core.records import MISSING, Missing, Record, Value, is_blank
from oneway.mapping.code import ReferenceCode, Typed
from oneway.mapping.expressions import EvaluationError, Expression, one_record
from oneway.mapping.field_cells import FieldCells
from oneway.mapping.has_left import absence_counts, is_due, left_with, read_by_conditions
from oneway.mapping.implausible_days import leaves_far_off, left_long_ago
from oneway.mapping.long_names import source_within_limits, target_within_limits
from oneway.mapping.lookup_table import LookupTable, scalar
from oneway.mapping.packed_rows import Packed
from oneway.mapping.policy import Policy
from oneway.mapping.profile.read_keys import read_in_source
from oneway.mapping.program import LeftAnswer, OwnTable, Written
from oneway.mapping.record_answers import HAS_LEFT, NOBODY, RecordStopped
from oneway.mapping.rows import (
    Cell,
    CellState,
    EvaluationFailure,
    Missed,
    RecordRank,
    SourceRow,
    TargetRow,
)
from oneway.mapping.same_rows import SameRows
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow
from oneway.mapping.spec import Absent
from oneway.mapping.unreadable import (
    leave_of,
    strict_code,
    strictly,
    undamaged,
    with_placeholders,
    without_lost,
)
from oneway.mapping.values_read import all_values_read

_LEAVER = "whether the person has left"
_SCOPE = "whether this sync is for the person"


@dataclass(frozen=True, slots=True)
class Interpreted(FieldCells):
    """A bound mapping that turns records into rows (`oneway.mapping.program.Program`)."""

    @property
    def policy(self) -> Policy:
        """The parts of the mapping that are the same for every record."""
        return self.code.policy

    def source_rows(self, batch: Batch) -> Sequence[AnySourceRow]:
        """Return the source rows of many records of one shape."""
        return [self.source_row(batch.record(position)) for position in range(len(batch))]

    def packed_source_rows(self, batch: Batch) -> Sequence[AnySourceRow | Packed]:
        """Return the same, short ones packed."""
        return self.source_rows(batch)

    def target_rows(self, batch: Batch) -> list[TargetRow]:
        """Return the target rows of many records of one shape."""
        return [self.target_row(batch.record(position)) for position in range(len(batch))]

    def target_rows_beside(self, batch: Batch, same: SameRows) -> Sequence[AnyTargetRow | Packed]:
        """Return the same, short where the records hold what source rows say."""
        return same.shortened(self.target_rows(batch))

    @one_record()
    def source_row(self, record: Record) -> SourceRow:
        """Return the source row of a record; never raises."""
        record = self.undamaged(record)
        row = source_within_limits(self._source_row(record), self.code)
        return row if self.code.one_per is None else row._replace(rank=self.rank(record))

    def undamaged(self, record: Record) -> Record:
        """Return a source record; as a whole one, if what may be cut off makes no difference."""
        if not record.cut:
            return record
        read = (expression for expression, _ in read_in_source(self.code))
        return undamaged(record, read, self.code.words)

    @one_record()
    def rank(self, record: Record) -> RecordRank | None:
        """Return what a record says about which of a person's records counts. Never raises."""
        code = self.code.one_per
        if code is None:
            return None
        record = self.undamaged(record)
        if record.problem or record.damage:
            return RecordRank(person_failure=self._unread(record))
        try:
            found = RecordRank(self._person(code.person, record))
        except RecordStopped as stopped:
            return RecordRank(person_failure=stopped.failure)
        try:
            current = self._decides(code.current, record, "whether this record is current")
            found = found._replace(current=current)
        except RecordStopped as stopped:
            found = found._replace(current_failure=stopped.failure)
        try:
            return found._replace(latest=self._latest(code.latest_by, record))
        except RecordStopped as stopped:
            return found._replace(latest_failure=stopped.failure)

    def _person(self, expression: Expression, record: Record) -> Hashable:
        answer = self._answer(expression, record)
        self._demand_said(answer.exact, expression, "whose record this is", record)
        if isinstance(answer.value, list | dict) and answer.value:
            self._demand("a list or object names nobody", expression, record)
        return None if is_blank(answer.value) else as_read(identity(answer.value)) or None

    def _latest(self, expression: Expression, record: Record) -> str:
        answer = self._answer(expression, record)
        self._demand_said(answer.exact, expression, "which record is the latest", record)
        if is_blank(answer.value):
            raise self._stopped("it is blank", expression, record, "unsaid")
        day = parse_day(answer.value)
        if day is None:
            raise self._stopped("it is not a date", expression, record)
        return day.isoformat()

    def _source_row(self, record: Record) -> SourceRow:
        if record.problem or record.damage:
            return self._unread_row(record)
        values, failure = self._key_values(self.code.match_source, record)
        unsaid, error = _parted(failure)
        row = SourceRow(
            record.id,
            self._name(values, record),
            self.label(record),
            tuple(map(comparable, values, self.policy.match)),
            tuple(values),
            evaluation_error=error,
            keys_known=failure is None,
            unsaid=unsaid,
        )
        missed: list[Missed] = []
        try:
            outside = self._scope_rules_failed(record)
        except RecordStopped as stopped:
            # its scope is unknown: nothing is written, but a leaver is named
            row = self._perhaps_leaver(row, self.code.leaver, record)
            return self._told(row._replace(evaluation_error=error or stopped.failure), record)
        try:
            if outside:
                row = row._replace(outside=outside, leaver=self.policy.outsiders_leave)
                return self._out_of_scope(row, record)
            # In this order: what decides about access must not wait for the rest of the record.
            row = row._replace(may_have_left=True)  # until it is known
            leaver = self._decides(self.code.leaver, record, _LEAVER)
            why = self.why(record) if leaver else ""
            row = row._replace(leaver=leaver, may_have_left=False, why=why)
            row = self._leaving(row, record, missed)
            # Before the fields: a rule may name leavers, who leave even if their fields are wrong.
            failed, not_given = self._rules(record)
            row = row._replace(failed_rules=failed, not_given=not_given)
            if error is None:
                return self._evaluated(row, record, missed)
        except RecordStopped as stopped:
            row = row._replace(evaluation_error=error or stopped.failure)
        return self._told(row, record)

    def _told(self, row: SourceRow, record: Record) -> SourceRow:
        """Return a row in error with what can be evaluated, if that decides anything.

        It tells whose record a leave ends, or which absent record may be the person's.
        """
        needed = row.leaver or self.policy.absent is Absent.DEACTIVATE
        return row._replace(cells=self._said(record)) if needed else row

    def why(self, record: Record) -> str:
        """Return what the condition of leavers reads of a record: `status: "Left"`."""
        if self.code.leaver is None:
            return ""
        return all_values_read(self.code.leaver, record.data, self.code.secrets.source)

    def _unread_row(self, record: Record) -> SourceRow:
        """Return the row of an unreadable record: an error, with what its readable part says."""
        seen = without_lost(record)
        values = self._readable(self.code.match_source, seen)
        key, name = self._name(values, record), self.label(record)
        place = record.place or record.id
        # A file names such a record by its line, which does not tell a reader who it is.
        label = name if key == place else f"({f'{key} {name}'.strip()})"
        unread = self._unread(record)
        row = SourceRow(record.id, place, label, (), evaluation_error=unread, keys_known=False)
        row = row._replace(readable_keys=tuple(map(comparable, values, self.policy.match)))
        if self._is_outside(seen):
            row = row._replace(leaver=self.policy.outsiders_leave)
        else:
            try:
                row = row._replace(leaver=self._decides_surely(self.code.leaver, seen, _LEAVER))
            except RecordStopped:
                row = row._replace(may_have_left=True)
        if not (row.leaver or row.may_have_left):
            return row
        strict = Interpreted(strict_code(self.code, seen), self.context, self.tables)
        # Nothing of it is written: an email or a name shows whose record may give them access.
        row = row._replace(cells=strict._said(replace(seen, problem="", damage="")))
        sure = self._certain_leave(row, seen, strict) if record.lost and row.leaver else None
        return row if sure is None else sure._replace(label=name)

    def _certain_leave(
        self, row: SourceRow, seen: Record, strict: "Interpreted"
    ) -> SourceRow | None:
        """Return an unreadable record's row with its leave, or None if the leave is not certain.

        It is certain if the readable values give the same leave for any lost values. The record
        remains an error.
        """
        sure = strict._source_row(replace(seen, problem="", damage=""))
        perhaps = strict._source_row(Record(seen.id, with_placeholders(seen)))
        known = zip(sure.keys, perhaps.keys, strict=False)
        keys = tuple(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], known))
        if not (keys and sure.leaver and sure.leaving and leave_of(sure) == leave_of(perhaps)):
            return None
        return sure._replace(
            keys=keys,
            key_values=sure.key_values[: len(keys)],
            evaluation_error=row.evaluation_error,
            keys_known=False,
            unsaid=None,
            missed=(),
            readable_keys=row.readable_keys,
        )

    def answer_unread(self, expression: Expression, record: Record) -> bool | None:
        """Return whether a condition holds for an unreadable record; None if unknown."""
        try:
            return self._decides_surely(expression, without_lost(record), _SCOPE)
        except RecordStopped:
            return None

    def _is_outside(self, record: Record) -> bool:
        """Return whether an unreadable record is certainly outside the scope of the sync."""
        for rule in self.code.only:
            with suppress(RecordStopped):
                if not self._decides_surely(rule, record, _SCOPE):
                    return True
        return False

    def _perhaps_leaver(
        self, row: SourceRow, leaver: Expression | None, record: Record
    ) -> SourceRow:
        """Return the row with `leaver` set, or with `may_have_left` if that is unknown."""
        try:
            return row._replace(leaver=self._decides(leaver, record, _LEAVER))
        except RecordStopped:
            return row._replace(may_have_left=True)

    def _scope_rules_failed(self, record: Record) -> tuple[int, ...]:
        """Return the positions of the rules of `only` that do not hold.

        Raises `RecordStopped` if a person would have to leave only because a value is blank.
        """
        rules = enumerate(self.code.only)
        outside = tuple(i for i, rule in rules if not self._decides(rule, record, _SCOPE))
        if outside and self.policy.outsiders_leave:
            self._refuse_blank_scope([self.code.only[position] for position in outside], record)
        return outside

    def _refuse_blank_scope(self, failed: Sequence[Expression], record: Record) -> None:
        """Fail a record that is outside the scope only because values are blank."""
        for rule in failed:
            said, blank = record.data, []
            for keys in sorted(rule.paths_in_need):
                if is_blank(at(said, keys)):
                    said = without_path(said, keys)
                    blank.append(f"{path_text(keys)} is blank")
            try:
                unsaid = replace(record, data=said, lost=tuple(rule.paths_in_need))
                self._decides(strictly(rule, unsaid), unsaid, _SCOPE)
                return
            except RecordStopped:
                why = f"it is not known {_SCOPE}: {', '.join(blank)}"
        raise self._stopped(why, rule, record, "unsaid")

    def _out_of_scope(self, row: SourceRow, record: Record) -> SourceRow:
        """Return the row of a person outside the sync's scope, in which nothing is an error."""
        # these cells are not written: the planner compares their values with other records
        row = row._replace(cells=self._said(record))
        if row.leaver:
            return self._leaving(row, record, [])
        leaving = tuple(Cell(CellState.INACTIVE) for _ in self.code.leaving)
        return row._replace(leaving=leaving, evaluation_error=None, unsaid=None)

    @one_record()
    def target_row(self, record: Record) -> TargetRow:
        """Return the target row of a record; never raises."""
        return target_within_limits(self._target_row(record), self.code)

    def _target_row(self, record: Record) -> TargetRow:
        if record.problem:
            return self._unread_target(record)
        values, failure = self._key_values(self._target_keys, record)
        unsaid, error = _parted(failure)
        row = TargetRow(
            record.id,
            self._name(values, record),
            tuple(map(comparable, values, self.policy.match)),
            values=tuple(self._seen(record, rule.keys) for rule in self.policy.fields),
            leaving=tuple(self._seen(record, rule.keys) for rule in self.policy.leaving),
            evaluation_error=error,
            keys_known=failure is None,
            unsaid=unsaid,
            condition_values=tuple(
                self._seen(record, keys) for keys in self.policy.condition_paths
            ),
        )
        try:
            left = self._decides(self.code.left, record, HAS_LEFT)
            return row._replace(left=left, scheduled=not left and self._is_due(record))
        except RecordStopped as stopped:
            return row._replace(evaluation_error=row.evaluation_error or stopped.failure)

    def _is_due(self, record: Record) -> bool:
        """Return whether a record that has not left is due to leave."""
        due = self._decides(self.code.scheduled, record, "whether it is due to leave")
        return due or is_due(self.code, self.context, record.data)

    def _unread_target(self, record: Record) -> TargetRow:
        """Return the row of an unreadable target record, with what its readable part says.

        No source record matches it. If a lost value may change the answer, it has not left.
        """
        seen = without_lost(record)

        def said(keys: tuple[str, ...]) -> Value | Missing:
            return at(seen.data, keys)  # an absent key here is lost, whatever it means elsewhere

        row = TargetRow(
            record.id,
            record.id,
            (),
            values=tuple(said(rule.keys) for rule in self.policy.fields),
            leaving=tuple(said(rule.keys) for rule in self.policy.leaving),
            evaluation_error=self._unread(record),
            keys_known=False,
            condition_values=tuple(map(said, self.policy.condition_paths)),
            readable_keys=tuple(
                map(comparable, self._readable(self._target_keys, seen), self.policy.match)
            ),
        )
        with suppress(RecordStopped):
            return row._replace(left=self._decides_surely(self.code.left, seen, HAS_LEFT))
        return row

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """Return whether a target record has left once these values are written; never raises."""
        return left_with(self.code, self.context, target, written, by)

    def absence_counts(self, target: TargetRow) -> bool | None:
        """Return whether a record may be deactivated as absent; None if unknown; never raises."""
        return absence_counts(self.code, self.context, target)

    def read_by_conditions(self, target: TargetRow) -> Mapping[str, Value]:
        """Return what conditions read of a target record, as it is."""
        return read_by_conditions(self.policy, target)

    def departed(self) -> tuple[Cell, ...]:
        """Return the values for a target record without a source record."""
        try:
            cells = tuple(self._cell(each, NOBODY, []) for each in self.code.leaving)
            return self.with_moving(NOBODY, cells)
        except RecordStopped:
            return ()

    def _leaving(self, row: SourceRow, record: Record, missed: list[Missed]) -> SourceRow:
        """Return the row with the values for a leaver's record."""
        cells = tuple(self._cell(each, record, missed) for each in self.code.leaving)
        if not row.leaver:
            return row._replace(leaving=cells)
        cells, left, later = self.departing(record, cells)
        row = row._replace(leaving=cells, leaves_left=left, leaves_later=later)
        return self.dated(row, record)

    def dated(self, row: SourceRow, record: Record) -> SourceRow:
        """Return a leaver's row with what is odd about their leave date."""
        odd = left_long_ago(self.code, self.context, record.data)
        if odd is None and row.leaves_left is False:
            written, due = self._written(row.leaving), bool(row.leaves_later)
            odd = leaves_far_off(self.code, self.context, written, scheduled=due)
        return row if odd is None else row._replace(odd_day=odd)

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables that are made of the target's own records, by name."""
        return {each.name: self._own_table(each) for each in self.code.references if each.own}

    def _own_table(self, code: ReferenceCode) -> OwnTable:
        table = self.tables.get(code.name, _UNREAD)
        whole = code.key.facts.whole or code.value.facts.whole
        uses = (*code.key.paths, *code.value.paths)
        reads = frozenset(".".join(use.keys) for use in uses)
        ours = {rule.path for rule in self.policy.fields} | {".".join(code.own)}

        def entry(data: Mapping[str, Value]) -> tuple[Hashable, Value] | None:
            try:
                key = scalar(code.key.stated_value(data, self.context))
                value = code.value.stated_value(data, self.context)
            except EvaluationError:
                return None
            return None if is_blank(key) else (identity(key), value)

        known = reads if not whole and reads <= ours else frozenset()
        return OwnTable(code.name, code.own, known, table.rows, table.complete, entry)

    def _evaluated(self, row: SourceRow, record: Record, missed: list[Missed]) -> SourceRow:
        cells = tuple(self._cell(each, record, missed) for each in self.code.fields)
        return row._replace(cells=cells, missed=tuple(missed))

    def _seen(self, record: Record, keys: tuple[str, ...]) -> Value | Missing:
        """Return the value of a target record at a path; MISSING if it is not stated.

        A value that is not an object shows nothing of its keys, whatever an absent key means.
        """
        value: Value = record.data  # type: ignore[assignment]  # a record's data is an object
        for depth, key in enumerate(keys, 1):
            if isinstance(value, Mapping) and key in value:
                value = value[key]
                continue
            reading = self.code.target_reading
            absent = isinstance(value, Mapping) and reading.is_null(keys[:depth])
            return None if value is None or absent else MISSING
        return value

    @property
    def _target_keys(self) -> tuple[Typed, ...]:
        return tuple(map(Typed, self.code.match_target))

    def _name(self, values: list[Value], record: Record) -> str:
        """Return the first match value that may be shown, or the record's id."""
        shown = (v for v, show in zip(values, self.policy.key_shown, strict=False) if show)
        return next((str(value) for value in shown if value is not None), record.id)

    def label(self, record: Record) -> str:
        """Return the name of a record for people; "" if it has none."""
        if self.code.label is None:
            return ""
        try:
            label = self.code.label.evaluate(record.data, self.context)[0]
        except EvaluationError:
            return ""  # without a name for people, a person is known by the key
        return str(label).strip() if isinstance(label, str | int | float) else ""

    def _unread(self, record: Record) -> EvaluationFailure:
        return EvaluationFailure(record.problem or record.damage, "", Span(self.policy.name))


_UNREAD = LookupTable({}, complete=False)
"""The lookup table of a program that only reads records again: its rows were not read."""


def _parted(
    failure: EvaluationFailure | None,
) -> tuple[EvaluationFailure | None, EvaluationFailure | None]:
    """Return why a match key is unknown: an absent key, or an error of the whole record."""
    if failure is None:
        return None, None
    return (failure, None) if failure.code == "unsaid" else (None, failure)
