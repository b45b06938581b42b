"""What a plan would like to do to one record, before it is known who gets which value."""

from collections.abc import Sequence
from dataclasses import dataclass

from oneway.changes import Difference
from oneway.plan import Kind, Reason, Verb
from oneway.program import Held, Row


@dataclass(frozen=True, slots=True)
class Draft:
    """One record's outcome in the making; `verb` is None where nothing is to be written."""

    kind: Kind
    row: Row | None
    held: Held | None
    verb: Verb | None = None
    differences: tuple[Difference, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """Which record this is: the source's where there is one."""
        if self.row is not None:
            return ("source", self.row.source_id)
        assert self.held is not None
        return ("target", self.held.target_id)

    @property
    def key(self) -> str:
        """The match value that the record is known by."""
        if self.row is not None:
            return self.row.key
        return self.held.key if self.held is not None else ""


def some(ids: Sequence[str]) -> str:
    """Return the first few ids, and how many more there are."""
    shown = ", ".join(ids[:5])
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown
