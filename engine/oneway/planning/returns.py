"""Drafts the outcome of matched people who stay, and whose target record may have left."""

from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.spec import Rehires
from oneway.planning.diff import FieldChange, held_from_leave, is_gone
from oneway.planning.draft import Draft
from oneway.planning.ineffective import why_return_fails
from oneway.planning.leaving import LeaveAndReturn
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.updates import Updates


@dataclass(frozen=True, slots=True)
class Returns:
    """Drafts updates and returns of matched people who stay.

    `inconclusive` says why the source does not clearly state that somebody is back, by source id;
    `ended` is the day on which this sync ended a record's access, if nobody has returned since.
    """

    policy: Policy
    leaving: LeaveAndReturn
    updates: Updates
    inconclusive: Mapping[str, Reason]
    ended: Mapping[str, str]

    def employed(self, row: SourceRow, target: TargetRow) -> Draft:
        """Return the outcome of a matched person who stays: an update, or a return."""
        gone = self.policy.has_leavers and (
            is_gone(self.policy, row, target) or self._half_left(row, target)
        )
        if gone and self.policy.rehires is not Rehires.IGNORE:
            return self._return(row, target)
        return self.updates.draft(row, target)

    def _return(self, row: SourceRow, target: TargetRow) -> Draft:
        """Return the outcome of an employed person whose record has left, or is due to leave."""
        state = _state(target) or self._half_left(row, target)
        text = f"no leaver in the source; target record {target.target_id} {state}"
        if inconclusive := self.inconclusive.get(row.source_id):
            return Draft(Kind.ERROR, row, target, reasons=(Reason("rehire", text), inconclusive))
        unsaid = self.leaving.unsaid_return(row, target)
        changes = self.leaving.reactivation(row, target)
        if unsaid and not changes and self.policy.rehires is Rehires.REACTIVATE:
            # They may still be away: a record that has left is not written to.
            return Draft(Kind.REHIRE, row, target, reasons=(Reason("rehire", text), *unsaid))
        draft = self.back(row, target, text, changes)
        return draft._replace(reasons=(*draft.reasons, *unsaid)) if draft.access else draft

    def back(
        self, row: SourceRow, target: TargetRow, text: str, changes: tuple[FieldChange, ...]
    ) -> Draft:
        """Return the outcome of a person to whom `changes` give access back; `text` says why."""
        if self.policy.rehires is Rehires.REPORT:
            # Nothing is written until a human decides: it may be another person's record.
            decides = f"{text}: a person decides (rehires: report)"
            reasons = (Reason("rehire", decides, warning=True),)
            return Draft(Kind.REHIRE, row, target, reasons=reasons)
        mover = self.updates.draft(row, target)
        still_left, others = self.leaving.still_left, mover.differences
        if still_left(target, changes) and still_left(target, changes, others):
            vain = why_return_fails(self.policy, target, changes)
            return Draft(Kind.ERROR, row, target, reasons=(Reason("rehire", text), vain))
        return mover._replace(
            kind=Kind.REHIRE,
            reasons=(Reason("rehire", text), *mover.reasons),
            access=Verb.REACTIVATE if changes else None,
            access_changes=changes,
        )

    def _half_left(self, row: SourceRow, target: TargetRow) -> str:
        """Return what a record still holds of a leave that never made `left` hold; "" if nothing.

        Because the record does not count as left, no return would give this access back.
        """
        day = self.ended.get(target.target_id)
        fields = held_from_leave(self.policy, row, target) if day else ()
        return f"still has {', '.join(fields)} of a leave of {day}" if fields else ""


def _state(target: TargetRow) -> str:
    return "has left" if target.left else "is due to leave" if target.scheduled else ""
