"""Recognises records of people who have left and that no longer show who they were.

Some systems replace or remove names and emails once a person has left. Writing them back would undo
that, and would store what the system has deleted on purpose.
"""

from collections.abc import Mapping, Sequence

from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.draft import Draft
from oneway.planning.plan import ANONYMOUS, Kind, Reason
from oneway.planning.similar.same_person import SEVERAL, likeness_of, shares_single


def without_names(policy: Policy, draft: Draft, links: Mapping[str, str]) -> Draft:
    """Return the draft of a leaver whose record has left, without writes to an anonymous record.

    The draft stays as it is if the record still shows something of the person. A leave date is
    still corrected, by another action. `links` are the linked target records by source record.
    """
    row, target = draft.row, draft.target
    if draft.verb is None or row is None or target is None:
        return draft
    lost = _lost(policy, row, target)
    known = _is_blank(policy, target) or links.get(row.source_id) == target.target_id
    if not lost or not known:
        # Without a link, it may be somebody else's record, while the leaver's own stays open.
        return draft
    text = (
        "has left, and so has the target record, which does not show the person "
        f"({', '.join(lost)}): nothing is written back, as the system may have made the record "
        "anonymous"
    )
    reasons = (*draft.reasons, Reason(ANONYMOUS, text))
    return draft._replace(kind=Kind.UNCHANGED, verb=None, differences=(), reasons=reasons)


def _lost(policy: Policy, row: SourceRow, target: TargetRow) -> Sequence[str]:
    """Return the fields that say who a person is, if the record has none of their values.

    () if a value or a word of the name is as the source states it, or if too little differs.
    """
    likeness = likeness_of(policy, row, target)
    if likeness.related or shares_single(policy, row, target):
        return ()
    fields = ((policy.fields[i], row.cells[i]) for i in policy.identifying if row.cells)
    lost = [rule.path for rule, cell in fields if rule.tells(cell.telling)]
    return lost if likeness.unlike or len(lost) >= SEVERAL else ()


def _is_blank(policy: Policy, target: TargetRow) -> bool:
    """Return whether a record has nothing that would identify anybody."""
    fields, held = policy.fields, target.values
    return bool(held) and not any(fields[i].tells(held[i]) for i in policy.identifying)
