"""The draft of one record's outcome."""

from dataclasses import replace
from typing import NamedTuple

from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.diff import FieldChange
from oneway.planning.draft_reasons import NOT_SHOWN
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.together import IN_PART

_ONLY = "leaves; no other field is written: "


class Draft(NamedTuple):
    """The draft of one record's outcome.

    `access` takes access away or gives it back, by `access_changes`; `verb` writes all other
    `differences`. Either is None if there is nothing to write. `has_access` is as in
    `oneway.planning.plan.Outcome`.
    """

    kind: Kind
    row: SourceRow | None
    target: TargetRow | None
    verb: Verb | None = None
    differences: tuple[FieldChange, ...] = ()
    reasons: tuple[Reason, ...] = ()
    access: Verb | None = None
    access_changes: tuple[FieldChange, ...] = ()
    has_access: bool = False

    @property
    def identity(self) -> tuple[str, str]:
        """The side and id of the record that the draft is about: the source's if there is one."""
        if self.row is not None:
            return ("source", self.row.source_id)
        assert self.target is not None
        return ("target", self.target.target_id)

    @property
    def key(self) -> str:
        """The match value by which people know the record."""
        if self.row is not None:
            return self.row.key
        return self.target.key if self.target is not None else ""

    def without_fields(self, kind: Kind, *reasons: Reason) -> "Draft":
        """Return the draft without its fields, which cannot be written; a leave stays."""
        if self.access is not None and self.access.takes_access:
            only = (replace(each, text=f"{_ONLY}{each.text}", warning=True) for each in reasons)
            return self._replace(verb=None, differences=(), reasons=(*self.reasons, *only))
        others = (e for e in self.reasons if not e.code.startswith((NOT_SHOWN, IN_PART)))
        return self._replace(
            kind=kind,
            verb=None,
            differences=(),
            reasons=(*others, *reasons),
            access=None,
            access_changes=(),
        )
