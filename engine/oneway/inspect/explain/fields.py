"""Explains what happens to each field of one person."""

from collections.abc import Sequence

from oneway.core.compare import Compare, identity, same
from oneway.core.dataclass import dataclass
from oneway.core.records import Missing, Record, Value
from oneway.core.sealed import MASK
from oneway.inspect.explain.steps import FieldStep
from oneway.mapping.code import FieldCode
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Context, EvaluationError, Gaps, texts
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.rows import Cell, CellState, SourceRow, TargetRow
from oneway.mapping.spec import Merge, OnMiss, Write
from oneway.planning.diff import Keep, hidden, merged, new_value, present, wanted
from oneway.planning.plan import Action, Change, Kind, Outcome, Verb


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """One record: what is planned for it, what will be sent, and what was read."""

    outcome: Outcome
    sent: tuple[Action, ...]
    row: SourceRow | None
    target: TargetRow | None
    source: Record | None


@dataclass(frozen=True, slots=True)
class FieldSteps:
    """Explains the fields of one record."""

    compiled: Compiled
    policy: Policy
    context: Context
    subject: PlannedRecord

    @property
    def row(self) -> SourceRow | None:
        return self.subject.row

    @property
    def target(self) -> TargetRow | None:
        return self.subject.target

    def all(self) -> tuple[FieldStep, ...]:
        """Return a step for each field; none if the record could not be evaluated."""
        row = self.row
        if row is None:
            return self._deactivation()
        if row.evaluation_error is not None and not (row.leaver and row.leaving):
            return ()
        code = self.compiled.code
        cells = row.cells if row.evaluation_error is None else ()
        current, going = self._target_values()
        steps = [
            self._step(each, cell, before)
            for each, cell, before in zip(code.fields, cells, current, strict=False)
        ]
        steps += [
            self._step(each, cell, before, leaving=True)
            for each, cell, before in zip(code.leaving, row.leaving, going, strict=True)
        ]
        return tuple(steps)

    def _target_values(self) -> tuple[Sequence[Value | Missing], Sequence[Value | Missing]]:
        policy = self.policy
        target = self.target
        if target is None or not target.values:
            return [None] * len(policy.fields), [None] * len(policy.leaving)
        return target.values, target.leaving

    def _deactivation(self) -> tuple[FieldStep, ...]:
        """Return the fields that an absent record's action writes; it has no others."""
        changes = {each.field: each for each in self._changes()}
        return tuple(
            FieldStep(
                path=each.path,
                expression=each.expression,
                place=each.place,
                state="stated",
                read=MASK if each.sensitive else _plain(changes[each.path].after),
                value=_plain(changes[each.path].after),
                before=_plain(changes[each.path].before),
                after=_plain(changes[each.path].after),
                policy=_policy(each, self._code(each)),
                verdict="differs: will be written",
                leaving=True,
            )
            for each in self.policy.leaving
            if each.path in changes
        )

    def _code(self, rule: FieldRule) -> FieldCode | None:
        code = self.compiled.code
        return next((each for each in (*code.fields, *code.leaving) if each.rule == rule), None)

    def _step(
        self, code: FieldCode, cell: Cell, current: Value | Missing, *, leaving: bool = False
    ) -> FieldStep:
        rule = code.rule
        before = present(current)
        writes = self._written(rule.path, leaving=leaving)
        after = writes[0] if writes else before
        return FieldStep(
            path=rule.path,
            expression=rule.expression,
            place=rule.place,
            state=_STATES[cell.state],
            read=None if cell.state is CellState.INACTIVE else _masked(rule, self._read(code)),
            value=_masked(rule, self._wanted(cell)),
            before=_masked(rule, before),
            after=_masked(rule, after),
            policy=_policy(rule, code),
            verdict=self._verdict(code, cell, current, leaving=leaving) + self._instead(code, cell),
            leaving=leaving,
        )

    def _instead(self, code: FieldCode, cell: Cell) -> str:
        """Return that a value replaces one that its lookup table lacks; "" if it does not."""
        missed = self.row.missed if self.row is not None else ()
        path = code.rule.path
        found = next((each for each in missed if each.field == path and each.instead), None)
        if found is None or code.lookup is None or cell.state is not CellState.STATED:
            return ""
        value = found.value
        return f"; {value} is in no row of {found.reference} (on_miss: {code.rule.on_miss_text})"

    def _wanted(self, cell: Cell) -> Value:
        return new_value(cell) if self.target is None else cell.value

    def _written(self, path: str, *, leaving: bool) -> tuple[Value, ...]:
        """Return the value that the plan's actions write to a field, if any.

        A field may have a rule under `fields` and one under `leavers.set`: one action each.
        """
        return _values_of(self.subject.sent, path, leaving=leaving)

    def _changes(self) -> tuple[Change, ...]:
        return tuple(change for action in self.subject.sent for change in action.changes)

    def _waits(self, path: str, *, leaving: bool) -> bool:
        """Return whether the field is planned to be written, but not in this run."""
        planned = _values_of(self.subject.outcome.actions, path, leaving=leaving)
        return bool(planned) and not self._written(path, leaving=leaving)

    def _read(self, code: FieldCode) -> Value:
        if code.source is None:
            return code.constant
        try:
            assert self.subject.source is not None
            return code.source.expression.evaluate(self.subject.source.data, self.context)[0]
        except EvaluationError:
            return None

    def _verdict(
        self, code: FieldCode, cell: Cell, current: Value | Missing, *, leaving: bool
    ) -> str:
        rule, before = code.rule, present(current)
        written = self._written(rule.path, leaving=leaving)
        if written:
            return _will(before, written[0], creating=self.target is None)
        if self._waits(rule.path, leaving=leaving):
            return "differs: not written with this run, in which the action waits"
        row = self.row
        assert row is not None
        if row.outside and (not row.leaver or cell.state is CellState.INACTIVE):
            return "left alone: the sync is not for this person"
        if leaving and not row.leaver:
            return "left alone: the record is not a leaver"
        if cell.state is CellState.INACTIVE:
            return "left alone: `when` does not hold"
        if self.target is None:
            return self._uncreated(cell)
        if rule.write is Write.NEVER:
            return self._compared(code, cell, before, "differs: only reported (write: never)")
        if rule.write is Write.ON_CREATE:
            return "left alone: written only when a record is created (write: on_create)"
        if hidden((rule,), (cell,), (current,), leaving=leaving):
            return "left alone: the target record does not show it, so it may have a value"
        if rule.write is Write.IF_EMPTY and before is not None:
            return "left alone: the target has a value (write: if_empty)"
        if leaving and self.target.left:
            return self._compared(code, cell, before, "left alone: the record has left already")
        return self._compared(code, cell, before, f"differs: {self._blocked()}")

    def _uncreated(self, cell: Cell) -> str:
        if new_value(cell) is None:
            return "left out: there is no value"
        return self._blocked()

    def _blocked(self) -> str:
        return f"not written: the record is {_BLOCKED.get(self.subject.outcome.kind, 'left alone')}"

    def _compared(self, code: FieldCode, cell: Cell, before: Value, otherwise: str) -> str:
        rule = code.rule
        after = wanted(rule, cell)
        if isinstance(after, Keep):
            return self._kept(code, cell)
        if rule.merge is not Merge.REPLACE and isinstance(before, list | None):
            after = merged(rule, before, after, partial=bool(cell.read))
            if cell.read and same(before, after, rule.compare):
                return f"same: the target has what is certain; {cell.read} in the source"
            if same(before, after, rule.compare):
                return _MERGED[rule.merge]
        if not same(before, after, rule.compare):
            return otherwise
        if rule.compare is Compare.EXACT or identity(before) == identity(after):
            return "same"
        return f"same (compare: {rule.compare.value})"

    def _unsure(self, code: FieldCode) -> Gaps:
        """Return why it is unknown whether the field's `when` holds; "" if it is known."""
        if code.when is None or self.subject.source is None:
            return ()
        return code.when.decide(self.subject.source.data, self.context).truth

    def _kept(self, code: FieldCode, cell: Cell) -> str:
        if cell.state is CellState.BLANK:
            return "left alone: blank in the source (on_blank: keep)"
        row = self.row
        assert row is not None
        missed = next((each for each in row.missed if each.field == code.rule.path), None)
        if cell.read:
            return f"left alone: {cell.read} in the source"
        if missed is None:
            unsure = self._unsure(code)
            if any(each.wrong for each in unsure):
                return f"left alone: it is not known whether `when` holds: {texts(unsure)}"
            reader = "`when`" if unsure else "the expression"
            return f"left alone: a key that {reader} reads is absent in the source"
        rows = "in no row" if missed.found == 0 else f"in {missed.found:,} rows"
        known = code.rule.on_miss is OnMiss.CLEAR and (missed.found or missed.why)
        if cell.state is CellState.MISSED or known:
            rows = missed.why or rows
            return f"left alone: {rows} of {missed.reference} (on_miss: {code.rule.on_miss_text})"
        return f"left alone: {rows} of {missed.reference}, which may not be complete"


_MERGED = {
    Merge.ADD: "same: the target has all of it (merge: add)",
    Merge.OWN: "same: of those that the sync owns, the target has these (merge: own)",
}
_STATES = {
    CellState.STATED: "stated",
    CellState.BLANK: "blank",
    CellState.UNSTATED: "unstated",
    CellState.INACTIVE: "inactive",
    CellState.MISSED: "missed",
}
_BLOCKED = {
    Kind.INELIGIBLE: "ineligible",
    Kind.CONFLICT: "in conflict",
    Kind.ERROR: "in error",
    Kind.IGNORED: "left alone",
    Kind.REHIRE: "a rehire, on which a person decides",
}


def _values_of(actions: Sequence[Action], path: str, *, leaving: bool) -> tuple[Value, ...]:
    """Return what actions write to a field: those on access, or all others."""
    return tuple(
        _plain(change.after)
        for action in actions
        if (action.verb not in (Verb.CREATE, Verb.UPDATE)) is leaving
        for change in action.changes
        if change.field == path
    )


def _masked(rule: FieldRule, value: Value) -> Value:
    return MASK if rule.sensitive and value is not None else value


def _plain(value: object) -> Value:
    """Return a planned value; `***` for a sealed one."""
    scalar = value is None or isinstance(value, bool | int | float | str | list | dict)
    return value if scalar else MASK  # type: ignore[return-value]  # a scalar is a Value


def _will(before: Value, after: Value, *, creating: bool) -> str:
    if creating:
        return "will be written"
    if after is None:
        return "differs: will be cleared"
    return "empty in the target: will be written" if before is None else "differs: will be written"


def _owned(rule: FieldRule) -> str:
    """Return the items of a list that the sync owns, in words."""
    if rule.owned.pattern:
        return f" {rule.owned.pattern}"
    return "".join(f"{',' if i else ''} {item}" for i, item in enumerate(rule.owned.items))


def _policy(rule: FieldRule, code: FieldCode | None) -> tuple[str, ...]:
    """Return when and how a field rule writes its value."""
    said = [f"write: {rule.write.value}", f"on_blank: {rule.on_blank.value}"]
    if rule.compare is not Compare.EXACT:
        said.append(f"compare: {rule.compare.value}")
    if rule.merge is not Merge.REPLACE:
        said.append(f"merge: {rule.merge.value}{_owned(rule)}")
    if code is not None and code.lookup is not None:
        said += [f"lookup: {code.lookup}", f"on_miss: {rule.on_miss_text}"]
    if code is not None and code.when is not None:
        said.append(f"when: {code.when.shown}")
    if rule.sensitive:
        said.append("sensitive")
    return tuple(said)
