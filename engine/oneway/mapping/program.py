"""The compiled mapping, with every name resolved.

A `Program` turns a source record into a `SourceRow` and a target record into a `TargetRow`
(`oneway.mapping.rows`); what is the same for every record is in its `Policy`
(`oneway.mapping.policy`). The planner sees nothing else of records. `oneway.mapping.interpreter`
is the reference; a faster program may replace it without other changes, as long as both agree on
every record.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from enum import Enum
from typing import Protocol, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.description import Capability
from oneway.core.records import Missing, Record, Value
from oneway.mapping.policy import Policy
from oneway.mapping.rows import Cell, SourceRow, TargetRow


class LeftAnswer(Enum):
    """Whether a target record counts as left."""

    LEFT = "left"
    DUE = "due"
    """Not today, but it will by the dates in the record."""
    STAYS = "stays"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A lookup table of the target's own records, as they are before the run.

    `entry` returns the key and value of a record's row, None if it has none. `reads` are the fields
    that these are made of; empty if the mapping does not write all of them.
    """

    name: str
    id: tuple[str, ...]
    reads: frozenset[str]
    rows: Mapping[Hashable, tuple[Value, ...]]
    complete: bool
    entry: Callable[[Mapping[str, Value]], "tuple[Hashable, Value] | None"]


Written: TypeAlias = tuple[tuple[str, ...], Value | Missing]
"""A path of a target record and the value written there; MISSING if not known yet."""


class Program(Protocol):
    """A compiled mapping, bound to its settings, its instant and its reference tables."""

    @property
    def policy(self) -> Policy:
        """The parts of the mapping that are the same for every record."""

    def source_row(self, record: Record) -> SourceRow:
        """Return the source row of a record; never raises."""

    def target_row(self, record: Record) -> TargetRow:
        """Return the target row of a record; never raises."""

    def left_with(
        self, target: TargetRow, written: Sequence[Written], by: Capability
    ) -> LeftAnswer:
        """Return whether a target record has left once these values are written; never raises.

        `by` says whether a leave or a return writes them. Without values, the answer is about the
        record as it is.
        """

    def absence_counts(self, target: TargetRow) -> bool | None:
        """Return whether a record may be deactivated as absent, by the mapping; None if unknown."""

    def departed(self) -> tuple[Cell, ...]:
        """Return the values for a target record without a source record.

        Empty if they depend on a source record.
        """

    def own_tables(self) -> Mapping[str, OwnTable]:
        """Return the lookup tables that are made of the target's own records, by name."""
