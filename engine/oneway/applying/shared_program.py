"""A program that several threads may use: they take turns, since an evaluation counts its cost."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from threading import RLock

from oneway.core.description import Capability
from oneway.core.records import Record, Value
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer, OwnTable, Program, Written
from oneway.mapping.rows import Cell, SourceRow, TargetRow


class SharedProgram:
    """A `Program` over another one, which one thread at a time evaluates by."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._turn = RLock()

    @property
    def policy(self) -> Policy:
        """See `Program`."""
        return self._program.policy

    def source_row(self, record: Record) -> SourceRow:
        """See `Program`."""
        with self._turn:
            return self._program.source_row(record)

    def target_row(self, record: Record) -> TargetRow:
        """See `Program`."""
        with self._turn:
            return self._program.target_row(record)

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """See `Program`."""
        with self._turn:
            return self._program.left_with(target, written, by)

    def absence_counts(self, target: TargetRow) -> bool | None:
        """See `Program`."""
        with self._turn:
            return self._program.absence_counts(target)

    def departed(self) -> tuple[Cell, ...]:
        """See `Program`."""
        with self._turn:
            return self._program.departed()

    def own_tables(self) -> Mapping[str, OwnTable]:
        """See `Program`."""
        with self._turn:
            tables = self._program.own_tables()
        return {name: self._shared(table) for name, table in tables.items()}

    def _shared(self, table: OwnTable) -> OwnTable:
        def entry(data: Mapping[str, Value]) -> tuple[Hashable, Value] | None:
            with self._turn:
                return table.entry(data)

        return replace(table, entry=entry)
