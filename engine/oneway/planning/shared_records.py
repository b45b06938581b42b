"""Leaves decisions about target records to another connection with the same target.

Somebody with two employers has one record, linked by two connections. Their access ends once
neither employs them any more, and one of the two connections looks after the values of the record.
"""

from collections.abc import Mapping

from oneway.core.dataclass import dataclass
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.diff import perhaps_left
from oneway.planning.draft import Draft
from oneway.planning.links import LinkEvidence
from oneway.planning.plan import Kind, Reason, Verb

SHARED = "shared"
"""The code of a reason: another connection with this target decides about the record."""

LEFT_TO = "left_to:"
"""The prefix of reason codes for fields that another connection writes: `left_to:email`."""


@dataclass(frozen=True, slots=True)
class SharedRecords:
    """What other connections say about target records, by the evidence of a run."""

    policy: Policy
    evidence: LinkEvidence

    def whose(self, target_id: str) -> str:
        """Return in words which person of another connection has a record and stays; "" if none."""
        evidence = self.evidence
        return evidence.elsewhere[target_id] if target_id in evidence.stays else ""

    def leaver(self, row: SourceRow, target: TargetRow | None) -> Draft | None:
        """Return the outcome of a leaver whose access another connection decides, else None."""
        said = self.evidence.employed.get(target.target_id) if target is not None else None
        if target is None or said is None:
            return None
        left = "has left" if perhaps_left(self.policy, row) else "is to leave"
        text = f"{left}, and target record {target.target_id} keeps its access: {said}"
        late = target.target_id in self.evidence.overdue
        why = Reason(SHARED, text, warning=late)
        return Draft(Kind.IGNORED, row, target, reasons=(why,), has_access=late)

    def absent(self, target: TargetRow) -> Draft | None:
        """Return the outcome of an absent record whose access another connection decides."""
        said = self.evidence.employed.get(target.target_id)
        if said is None:
            return None
        late = target.target_id in self.evidence.overdue
        why = Reason(SHARED, f"not deactivated: {said}", warning=late)
        return Draft(Kind.ABSENT, None, target, reasons=(why,), has_access=late)

    def ours(self, draft: Draft) -> Draft:
        """Return a draft without the values that another connection writes to the record.

        It still ends access and gives it back. A leave names a connection that is no longer in use
        and once employed the person.
        """
        target = draft.target
        if target is None:
            return draft
        theirs = self.evidence.looked_after.get(target.target_id)
        if theirs:
            draft = _without(draft, target, theirs)
        lapsed = self.evidence.lapsed.get(target.target_id)
        if not lapsed or draft.access is not Verb.LEAVE:
            return draft
        return draft._replace(reasons=(*draft.reasons, Reason(SHARED, lapsed, warning=True)))


def _without(draft: Draft, target: TargetRow, theirs: Mapping[str, str]) -> Draft:
    """Return a draft without some fields; says nothing about them if the record has left."""
    changed = {each.rule.path for each in draft.access_changes}
    corrects = draft.access is Verb.CORRECT and not changed.isdisjoint(theirs)
    left = [e.rule.path for e in draft.differences if e.rule.path in theirs]
    left = left if draft.verb is Verb.UPDATE else []
    if left:
        ours = tuple(each for each in draft.differences if each.rule.path not in left)
        as_held = f"left as target record {target.target_id} has it"
        reasons = [Reason(f"{LEFT_TO}{e}", f"{e}: {as_held}: {theirs[e]}") for e in left]
        reasons = [] if target.left and not ours else reasons
        verb = Verb.UPDATE if ours else None
        draft = draft._replace(verb=verb, differences=ours, reasons=(*draft.reasons, *reasons))
    if corrects:
        draft = draft._replace(access=None, access_changes=())
    idle = (left or corrects) and draft.verb is None and draft.access is None
    return draft._replace(kind=Kind.UNCHANGED) if idle else draft
