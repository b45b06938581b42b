"""Drafts the outcome of each record by itself, before drafts compete for values.

In this order: a record that could not be evaluated is an error; anything but one row and one target
record is a conflict; then eligibility decides; then whether it is a joiner, a mover or a rehire.

Access comes first: a matched leaver leaves, whatever is wrong with its other fields.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.core.records import MISSING
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer
from oneway.mapping.rows import Cell, CellState, SourceRow, TargetRow
from oneway.mapping.spec import Category, Rehires, Write
from oneway.planning.access import FAR_OFF
from oneway.planning.anonymous import without_names
from oneway.planning.diff import (
    FieldChange,
    at_create,
    at_update,
    kept_out,
    new_value,
    with_begun_leave,
)
from oneway.planning.draft import Draft
from oneway.planning.draft_reasons import (
    IF_LEFT,
    broken_rules,
    evaluation_errors,
    fields_without_value,
    leave_not_shown,
    not_lists,
    odd_leave_date,
    required_of_new,
    without_value,
)
from oneway.planning.ineffective import why_leave_fails
from oneway.planning.later_key import later_key
from oneway.planning.leaving import LeaveAndReturn
from oneway.planning.match import Match
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.possible_records import PossibleRecords
from oneway.planning.returns import Returns
from oneway.planning.shared_records import SharedRecords
from oneway.planning.together import without_parts
from oneway.planning.updates import Updates

ONLY = "only:"
"""The prefix of reason codes for records outside the scope of the sync: `only:contractors`."""


@dataclass(frozen=True, slots=True)
class Drafter:
    """Drafts the outcome of one row by itself.

    `silent` are the target records that do not say what a field holds, by the field's position.
    """

    policy: Policy
    leaving: LeaveAndReturn
    updates: Updates
    returns: Returns
    possible: PossibleRecords
    shared: SharedRecords
    silent: Mapping[int, Sequence[str]]
    second_look: frozenset[str]
    """The rows that only a second read of the source showed."""
    linked: Mapping[str, str]
    """The target records that earlier runs linked source records to."""

    def draft(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of one row, with the notes of its links."""
        if row.leaver:
            row = kept_out(self.policy, row)
        decided = self.shared.leaver(row, found.target) if row.leaver else None
        if decided is not None:
            draft = decided
        elif row.outside:
            draft = self._outside(row, found)
        else:
            draft = self._leaver(row, found) if row.leaver else self._staying(row, found)
        draft = self.shared.ours(draft)
        notes = (*self.possible.remembered(row, found, draft), *found.notes)
        if row.source_id in self.second_look:
            text = "the source's list did not show it; it came when the source was asked again"
            notes = (*notes, Reason("second_look", text, warning=True))
        if found.level:
            notes = (*notes, *later_key(self.policy, row, found))
        return draft._replace(reasons=(*draft.reasons, *notes)) if notes else draft

    def _outside(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of a row outside the scope of the sync, which can only leave."""
        rules = (self.policy.only[position] for position in row.outside)
        why = tuple(Reason(f"{ONLY}{rule.id}", rule.otherwise, rule.place) for rule in rules)
        pending = row.source_id in self.possible.pending
        maybe = self.possible.of(row, found)
        doubtful = pending or found.target is not None or maybe or not row.keys_known
        if row.leaver and doubtful:
            # Nothing but the leave is written: the row's values only show whose record it is.
            unwritten = tuple(Cell(CellState.INACTIVE) for _ in row.cells)
            draft = self._leaver(row._replace(cells=unwritten), found)
            return draft._replace(row=row, reasons=(*why, *draft.reasons))
        return Draft(Kind.IGNORED, row, found.target, reasons=why)

    def _staying(self, row: SourceRow, found: Match) -> Draft:
        target = found.target
        failed = evaluation_errors(row, found)
        if row.evaluation_error is not None:
            has_access = row.may_have_left and self.possible.may_get_in(row, found)
            reasons = (*failed, IF_LEFT) if has_access else failed
            return Draft(Kind.ERROR, row, target, reasons=reasons, has_access=has_access)
        if failed and target is None:
            return Draft(Kind.ERROR, row, None, reasons=failed)
        if found.conflict is not None:
            return Draft(Kind.CONFLICT, row, None, reasons=(found.conflict,))
        if failed:
            return Draft(Kind.ERROR, row, target, reasons=failed)
        category = Category.JOINERS if target is None else Category.MOVERS
        unfit = (
            *broken_rules(self.policy, row, category),
            *fields_without_value(self.policy, row, creating=target is None),
        )
        if unfit:
            return Draft(Kind.INELIGIBLE, row, target, reasons=unfit)
        if target is None:
            return self._joiner(row, found)
        wrong = not_lists(self.policy, row, target)
        if wrong:
            return Draft(Kind.ERROR, row, target, reasons=wrong)
        draft = self.returns.employed(row, target)
        return self.updates.with_keys(draft, row, target) if found.rekeyed else draft

    def _leaver(self, row: SourceRow, found: Match) -> Draft:
        target = found.target
        if target is None:
            return self._unmatched_leaver(row, found)
        row = with_begun_leave(self.policy, row, target)
        failed, leaving = evaluation_errors(row, found), bool(row.leaving)
        unsaid = target.evaluation_error is not None and target.evaluation_error.code == "unsaid"
        if unsaid:
            # It may have left already; a leave must not follow from missing values.
            return Draft(Kind.ERROR, row, target, reasons=failed, has_access=True)
        barred = broken_rules(self.policy, row, Category.LEAVERS)
        if leaving:
            said = zip(self.policy.leaving, row.leaving, strict=True)
            barred += without_value(said, warning=True)
        has_access = not target.left if not leaving else self.leaving.has_access(row, target)
        odd = odd_leave_date(self.policy, row) if leaving and not target.left else ()
        if odd and row.odd_day is not None and row.odd_day.none:
            return Draft(Kind.ERROR, row, target, reasons=(*failed, *odd), has_access=True)
        keeps_access = has_access or any(each.code == FAR_OFF for each in odd)
        if not leaving or barred:
            kind = Kind.ERROR if failed else Kind.INELIGIBLE
            return Draft(kind, row, target, reasons=failed or barred, has_access=keeps_access)
        draft = self._leaving(row, target, has_access)
        if hidden := leave_not_shown(self.policy, row.leaving, target):
            access = draft.has_access or has_access
            draft = draft._replace(reasons=(*draft.reasons, *hidden), has_access=access)
        if odd:
            access = draft.has_access or keeps_access
            draft = draft._replace(reasons=(*draft.reasons, *odd), has_access=access)
        if failed:
            return draft.without_fields(Kind.ERROR, *failed)
        unusable = fields_without_value(self.policy, row)
        if unusable:
            return draft.without_fields(Kind.INELIGIBLE, *unusable)
        if found.rekeyed:
            draft = self.updates.with_keys(draft, row, target)
        # A leaver leaves even if a list cannot be merged: that field is left alone, and named.
        wrong = not_lists(self.policy, row, target)
        return draft._replace(reasons=(*draft.reasons, *wrong)) if wrong else draft

    def _unmatched_leaver(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of a leaver without a record; `has_access` if one may exist."""
        pending = self.possible.pending_create(row)
        keyless = all(key is None for key in row.keys)
        has_access = self.possible.may_get_in(row, found)
        failed = evaluation_errors(row, found)
        if failed:
            return Draft(Kind.ERROR, row, None, reasons=failed, has_access=has_access)
        if found.conflict is not None:
            conflict = (found.conflict,)
            return Draft(Kind.CONFLICT, row, None, reasons=conflict, has_access=has_access)
        if found.unproven is not None:
            reasons = (replace(found.unproven, warning=True),)
            return Draft(Kind.ERROR, row, None, reasons=reasons, has_access=has_access)
        if keyless:
            text = "has left, and has no match key: their target record is unknown"
            why = broken_rules(self.policy, row, Category.LEAVERS) or (
                Reason("keyless", text, warning=True),
            )
            return Draft(Kind.INELIGIBLE, row, None, reasons=why, has_access=has_access)
        unmatched = (self.possible.unmatched(row), *pending)
        return Draft(Kind.IGNORED, row, None, reasons=unmatched, has_access=has_access)

    def _joiner(self, row: SourceRow, found: Match) -> Draft:
        if not self.policy.create:
            text = "matches no target record, and this mapping creates none (joiners.create)"
            return Draft(Kind.IGNORED, row, None, reasons=(Reason("joiners_off", text),))
        if self.possible.pending_create(row):
            return Draft(Kind.ERROR, row, None, reasons=self.possible.pending_create(row))
        if found.gone is not None and not found.again:
            return Draft(Kind.ERROR, row, None, reasons=(found.gone,))
        if self.possible.unseen:
            text = f"not created: {'; '.join(self.possible.unseen)}"
            return Draft(Kind.ERROR, row, None, reasons=(Reason("unproven", text, warning=True),))
        carried = zip(row.keys, self.policy.carried, strict=True)
        if not any(key is not None and on for key, on in carried):
            text = "has no match key that a new record would carry; it would be created every run"
            return Draft(Kind.INELIGIBLE, row, None, reasons=(Reason("keyless", text),))
        unsaid = self._unsaid_claims(row)
        if unsaid:
            return Draft(Kind.ERROR, row, None, reasons=unsaid)
        made = at_create(self.policy.fields, row.cells)
        differences, in_part = without_parts(self.policy, made, row.cells, creating=True)
        lacking = required_of_new(self.policy, row, differences)
        if lacking:
            return Draft(Kind.INELIGIBLE, row, None, reasons=lacking)
        reasons = in_part if found.gone is None else (found.gone, *in_part)
        return Draft(Kind.CREATE, row, None, Verb.CREATE, differences, reasons)

    def _unsaid_claims(self, row: SourceRow) -> tuple[Reason, ...]:
        """Return why a unique value may not be free; () if all are."""
        reasons = []
        for i in self.policy.watched:
            rule, cell = self.policy.fields[i], row.cells[i]
            if rule.write is Write.NEVER:
                continue
            if cell.state is CellState.UNSTATED:
                text = (
                    f"not created: {rule.path} may belong to another record, and a key that it"
                    f" is made from is not given, in {rule.expression}"
                )
                reasons.append(Reason("unsaid", text, rule.place))
            elif i in self.silent and new_value(cell) is not None:
                text = f"not created: {rule.path} is not given in target records "
                text += some(self.silent[i])
                reasons.append(Reason("unproven", text, rule.place, warning=True))
        return tuple(reasons)

    def _leaving(self, row: SourceRow, target: TargetRow, has_access: bool) -> Draft:
        """Return the draft of a leaver whose other fields are in order."""
        changes = at_update(self.policy.leaving, row.leaving, target.leaving)
        if target.left:
            return self._has_left(row, target, changes)
        mover = self.updates.draft(row, target)
        after = self.leaving.answer(target, changes, mover.differences)
        if after is LeftAnswer.STAYS and not self.leaving.untold(row):
            reasons = (why_leave_fails(self.policy, target, changes),)
            return Draft(Kind.ERROR, row, target, reasons=reasons, has_access=True)
        vain = not changes and not self.leaving.hidden(row, target)
        if has_access and (after is LeftAnswer.UNKNOWN or vain or self.leaving.untold(row)):
            unsaid = self.leaving.unsaid(row, after)
            mover = mover._replace(reasons=(*mover.reasons, *unsaid))
        if not changes:
            return mover._replace(has_access=has_access)
        return Draft(
            Kind.LEAVE,
            row,
            target,
            mover.verb,
            mover.differences,
            mover.reasons,
            Verb.LEAVE,
            changes,
            has_access,
        )

    def _has_left(
        self, row: SourceRow, target: TargetRow, changes: tuple[FieldChange, ...]
    ) -> Draft:
        """Return the draft that corrects a leave date, or gives access back until that date."""
        mover = self.updates.draft(row, target)
        if row.leaves_left is not False:
            mover = without_names(self.policy, mover, self.linked)
        stays_out = self.policy.rehires is Rehires.IGNORE or bool(row.outside)
        if row.leaves_left is False and stays_out:
            changes = ()
        both = (*changes, *mover.differences)
        after = self.leaving.left_after(target, both) if both else LeftAnswer.LEFT
        if after is LeftAnswer.STAYS:
            # Writing it would restore access to a leaver.
            reasons = (why_leave_fails(self.policy, target, both),)
            return Draft(Kind.ERROR, row, target, reasons=reasons)
        if after is LeftAnswer.UNKNOWN:
            unsaid = self.leaving.unsaid(row, after)
            mover = mover._replace(reasons=(*mover.reasons, *unsaid), has_access=True)
        if not changes:
            return mover
        if row.leaves_left is False:
            text = f"is yet to leave, by the source; target record {target.target_id} has left"
            return self.returns.back(row, target, text, changes)
        return mover._replace(kind=Kind.UPDATE, access=Verb.CORRECT, access_changes=changes)


def silent(policy: Policy, targets: Sequence[TargetRow]) -> Mapping[int, Sequence[str]]:
    """Return the target records that lack a watched field, by its position."""
    found = {
        i: [each.target_id for each in targets if each.values and each.values[i] is MISSING]
        for i in policy.watched
    }
    return {i: ids for i, ids in found.items() if ids}
