"""Reads a planned action's source row again, and the values that would be written now."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from oneway.applying.live_source import LiveSource, Stale
from oneway.core.compare import same
from oneway.core.paths import at
from oneway.core.records import Record, Value
from oneway.core.seal import Seal, Sealed
from oneway.mapping.policy import FieldRule, Policy
from oneway.mapping.program import Program
from oneway.mapping.rows import Cell, CellState, SourceRow
from oneway.mapping.spec import Merge
from oneway.planning.diff import KEEP, holds_planned, kept_out, merged, new_value, present, wanted
from oneway.planning.plan import Action, Change, Claim, Verb


class SourceValues:
    """Reads planned values again; `held` returns the target record, for merging lists."""

    def __init__(
        self, program: Program, source: LiveSource, seal: Seal, held: Callable[[str], Record]
    ) -> None:
        self._program = program
        self._source = source
        self._seal = seal
        self._held = held

    def of(self, action: Action) -> Mapping[str, list[Value]]:
        """Return what would be written to each target field now.

        A field that is a match key too may have two values: as a key, and as written.
        """
        policy = self._program.policy
        said: dict[str, list[Value]] = defaultdict(list)
        if action.source_id is None:
            departed = self._program.departed()
            cells: Iterable[tuple[FieldRule, Cell]] = zip(policy.leaving, departed, strict=False)
        else:
            row = self.row(action)
            for path, value in zip(policy.match_paths, row.key_values, strict=False):
                said[path].append(value)
            cells = zip(policy.fields, row.cells, strict=False)
            if action.verb is not Verb.REACTIVATE or row.leaver:
                cells = chain(cells, zip(policy.leaving, row.leaving, strict=False))
            else:
                for rule, value in _returned(policy, row):
                    said[rule.path].append(self._merged(rule, value, action))
        for rule, cell in cells:
            said[rule.path] += self._written(rule, cell, action)
        return said

    def is_said(self, action: Action, change: Change, said: Mapping[str, list[Value]]) -> bool:
        """Return whether the source still gives a field the planned value.

        A value that another action creates is looked up after that action.
        """
        own = (rule.path for rule in self._program.policy.fields if rule.own_table)
        if change.awaits is not None or change.field in own:
            return True
        values = said.get(change.field, [])
        if not isinstance(change.after, Sealed):
            rule = rule_of(self._program.policy, action, change.field)
            if rule is None or rule.merge is Merge.REPLACE:
                return any(same(each, change.after) for each in values)
            return any(holds_planned(rule, each, change.after) for each in values)
        record = action.source_id or action.target_id
        return any(
            each is not None and self.sealed(record, change.field, each) == change.after
            for each in values
        )

    def claimed(self, action: Action, claim: Claim) -> Value:
        """Return the value that an action claims, unsealed; raise `Stale` as `opened` does."""
        sealed = isinstance(claim.value, Sealed)
        return self.opened(action, claim.path, claim.value, self.of(action) if sealed else {})

    def opened(
        self, action: Action, field: str, value: Value | Sealed, said: Mapping[str, list[Value]]
    ) -> Value:
        """Return a planned value, unsealed: the source's value that has the same digest.

        Raises `Stale` if there is none. `said` is the result of `of`.
        """
        if not isinstance(value, Sealed):
            return value
        record = action.source_id or action.target_id
        for each in said.get(field, ()):
            if each is not None and self.sealed(record, field, each) == value:
                return each
        raise Stale(f"the source's value for {field} is no longer the one that was planned")

    def row(self, action: Action) -> SourceRow:
        """Return the source row of an action; raise `Stale` if it is gone or unusable."""
        row = self._source.row(action.source_id or "")
        if row is None:
            raise Stale("the source record is gone")
        leaves = action.verb.writes_leave and row.leaver and row.leaving
        if row.evaluation_error is not None and not leaves:
            raise Stale(
                f"the source record can no longer be evaluated: {row.evaluation_error.text}"
            )
        return kept_out(self._program.policy, row) if row.leaver else row

    def sealed(self, record: str | None, field: str, value: Value) -> Sealed:
        """Return the seal of a record's value."""
        return Sealed(self._seal.digest(record or "", field, value))

    def _written(self, rule: FieldRule, cell: Cell, action: Action) -> list[Value]:
        """Return the values that a rule may write: the stated one or, at create, its stand-in."""
        if action.target_id is None:
            return [new_value(cell)]
        value = wanted(rule, cell)
        if value is KEEP:
            return []
        return [self._merged(rule, value, action, partial=bool(cell.read))]

    def _merged(
        self, rule: FieldRule, value: Value, action: Action, *, partial: bool = False
    ) -> Value:
        """Return what a field will hold once a value is written; lists may be merged."""
        if rule.merge is Merge.REPLACE or action.target_id is None:
            return value
        held = present(at(self._held(action.target_id).data, rule.keys))
        return merged(rule, held, value, partial=partial)


def rule_of(policy: Policy, action: Action, field: str) -> FieldRule | None:
    """Return the rule by which an action writes a field."""
    first, second = policy.fields, policy.leaving
    if action.verb.changes_access:
        first, second = second, first
    return next((rule for rule in (*first, *second) if rule.path == field), None)


def _returned(policy: Policy, row: SourceRow) -> Iterator[tuple[FieldRule, Value]]:
    """Yield the values that a returning person gets in the fields of `leavers.set`."""
    given = dict(policy.reactivating)
    for position, (rule, cell) in enumerate(zip(policy.leaving, row.leaving, strict=False)):
        if position in given or cell.state is not CellState.UNSTATED:
            yield rule, given.get(position)
