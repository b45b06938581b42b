"""Finds target records that may belong to people without a match and may let them in."""

from collections.abc import Collection, Mapping, Sequence

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.access import REMEMBERED, UNMATCHED, WHOSE
from oneway.planning.diff import perhaps_left
from oneway.planning.draft import Draft
from oneway.planning.match import Match
from oneway.planning.plan import Reason
from oneway.planning.shared_records import SharedRecords

PENDING = "pending"
"""The code of a reason: it is not known how a create ended."""


@dataclass(frozen=True, slots=True)
class PossibleRecords:
    """The target records that people without a match may have.

    `by_source` are known ones, by source id. `unseen` says why there may be others that no key can
    find, and `unseen_access` whether one of those may give access. `pending` says why it is unknown
    whether a person's record was created, by source id.
    """

    policy: Policy
    shared: SharedRecords
    by_source: Mapping[str, Sequence[TargetRow]]
    unseen: tuple[str, ...]
    unseen_access: bool
    pending: Mapping[str, str]
    unshown: str = ""
    """Why a leaver's record cannot be recognised although joiners may be created; "" if it can."""

    def of(self, row: SourceRow, found: Match) -> tuple[TargetRow, ...]:
        """Return the known records that may belong to the person of a row."""
        return (*found.candidates, *self.by_source.get(row.source_id, ()))

    def may_get_in(
        self, row: SourceRow, found: Match, leaving: Collection[str] = frozenset()
    ) -> bool:
        """Return whether somebody who has left may still get in by a record that may be theirs.

        Records that are `leaving` in this plan do not count: they are listed with their own person.
        """
        if not perhaps_left(self.policy, row):
            return False  # they should have access until their last day
        if found.target is not None:
            return not found.target.left
        maybe = [e for e in self.of(row, found) if not self.shared.whose(e.target_id)]
        lets_in = any(not each.left and each.target_id not in leaving for each in maybe)
        if row.readable_keys and maybe:
            return self.unseen_access or lets_in
        return (
            self.unseen_access
            or lets_in
            or not row.keys_known
            or all(key is None for key in row.keys)
            # The record may exist before any list shows it, with access.
            or found.unproven is not None
            or bool(self.pending.get(row.source_id))
            or bool(self.unshown)
        )

    def pending_create(self, row: SourceRow) -> tuple[Reason, ...]:
        """Return the reason that it is unknown whether a row's record was created, if it is."""
        why = self.pending.get(row.source_id)
        return (Reason(PENDING, why, warning=True),) if why else ()

    def unmatched(self, row: SourceRow) -> Reason:
        """Return the reason that no record matches a leaver, naming those that may be theirs."""
        left = "is to leave"
        if perhaps_left(self.policy, row) and not row.outside:
            left = "has left"
        text = f"{left}, and no target record matches"
        ids = tuple(each.target_id for each in self.by_source.get(row.source_id, ()))
        others = [
            f"target record {id} is not theirs: {why}"
            for id in ids
            if (why := self.shared.whose(id))
        ]
        if others and len(others) == len(ids) and not self.unseen:
            return Reason(UNMATCHED, f"{text}; {'; '.join(others)}")
        unseen = (*self.unseen, self.unshown) if self.unshown else self.unseen
        if not (ids or unseen):
            return Reason(UNMATCHED, f"{text}; leavers are never created")
        text += f", but {some(ids)} may be theirs" if ids else f"; {'; '.join(unseen)}"
        return Reason(UNMATCHED, text, candidates=ids, warning=True)

    def remembered(self, row: SourceRow, found: Match, draft: Draft) -> tuple[Reason, ...]:
        """Return the reason that names the possible records of somebody who may get in.

        Only those that no other reason of the draft names. The next run knows them from this plan,
        even if the row changes.
        """
        if not draft.has_access or draft.target is not None:
            return ()
        named = {id for each in draft.reasons if each.code in WHOSE for id in each.candidates}
        maybe = self.of(row, found)
        ids = tuple(dict.fromkeys(e.target_id for e in maybe if e.target_id not in named))
        if not ids:
            return ()
        text = f"target record {some(ids)} may be theirs"
        return (Reason(REMEMBERED, text, candidates=ids, warning=True),)
