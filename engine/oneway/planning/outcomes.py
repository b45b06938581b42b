"""Drafts the outcome of each record by itself, before drafts compete for values.

In this order: a record that could not be evaluated is an error; anything but one row and one target
record is a conflict; then eligibility decides; then whether it is a joiner, a mover or a rehire.

Access comes first: a matched leaver leaves, whatever is wrong with its other fields.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import NamedTuple

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.core.records import MISSING
from oneway.mapping.program import Cell, CellState, LeftAnswer, Policy, SourceRow, TargetRow
from oneway.mapping.spec import Category, Rehires, Write
from oneway.planning.access import FAR_OFF, REMEMBERED, UNMATCHED, WHOSE
from oneway.planning.diff import (
    FieldChange,
    at_create,
    at_rekey,
    at_update,
    held_from_leave,
    is_gone,
    kept_out,
    loses_letters,
    new_value,
    perhaps_left,
    with_begun_leave,
)
from oneway.planning.draft_reasons import (
    IF_LEFT,
    LEFT_TO,
    NOT_SHOWN,
    broken_rules,
    drifting,
    evaluation_errors,
    fields_without_value,
    leave_not_shown,
    lost_letters,
    not_lists,
    not_shown,
    odd_leave_date,
    required_of_new,
    without_value,
)
from oneway.planning.ineffective import why_leave_fails, why_return_fails
from oneway.planning.later_key import later_key
from oneway.planning.leaving import LeaveAndReturn
from oneway.planning.match import Match, Matches
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.together import IN_PART, without_parts


class Draft(NamedTuple):
    """The draft of one record's outcome.

    `access` takes access away or gives it back, by `access_changes`; `verb` writes all other
    `differences`. Either is None if nothing is to be written. `has_access` is as in
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
        """The record of this draft: the source's if there is one."""
        if self.row is not None:
            return ("source", self.row.source_id)
        assert self.target is not None
        return ("target", self.target.target_id)

    @property
    def key(self) -> str:
        """The match value that the record is known by."""
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


_TWICE = ("duplicate", "near_duplicate", "one_per")
"""Conflicts between source records: they stay, whatever target records hold."""

PENDING = "pending"
"""The code of a reason: it is not known how a create ended."""

SHARED = "shared"
"""The code of a reason: another connection with this target decides about the record."""

ONLY = "only:"
"""The prefix of reason codes for records outside the scope of the sync: `only:contractors`."""


_ONLY = "leaves; no other field is written: "


@dataclass(frozen=True, slots=True)
class Drafter:
    """Drafts the outcome of one row by itself.

    `silent` are the target records that do not say what a field holds, by its position.
    """

    policy: Policy
    leaving: LeaveAndReturn
    unseen: tuple[str, ...]
    contested: Mapping[tuple[str, str], Sequence[str]]
    silent: Mapping[int, Sequence[str]]
    pending: Mapping[str, str] = field(default_factory=dict)
    """Why it is unknown whether a row's record was created, by source id."""
    second_look: frozenset[str] = frozenset()
    """The rows that only a second read of the source showed."""
    unseen_access: bool = False
    """Whether a target record that no key can find may still give access."""
    inconclusive: Mapping[str, Reason] = field(default_factory=dict)
    """Why the source does not clearly say that people are back, by source id."""
    ended: Mapping[str, str] = field(default_factory=dict)
    """The day on which this sync ended a record's access, if nobody has returned since."""
    possible: Mapping[str, Sequence[TargetRow]] = field(default_factory=dict)
    """The target records that people without a match may have, by source id."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Why a target record is of another connection's person, who stays; by target id."""
    employed: Mapping[str, str] = field(default_factory=dict)
    """See `LinkEvidence`; their access is left to the other connection."""
    lapsed: Mapping[str, str] = field(default_factory=dict)
    """See `LinkEvidence`."""
    overdue: frozenset[str] = frozenset()
    """See `LinkEvidence`; they are listed."""
    looked_after: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """See `LinkEvidence`; these fields are left to the other connection."""

    def draft(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of one row, with the notes of its links."""
        if row.leaver:
            row = kept_out(self.policy, row)
        said = self.employed.get(found.target.target_id) if found.target is not None else None
        if row.leaver and said is not None:
            draft = self._employed_elsewhere(row, found, said)
        elif row.outside:
            draft = self._outside(row, found)
        else:
            draft = self._leaver(row, found) if row.leaver else self._staying(row, found)
        draft = self._without_others_values(draft)
        if draft.access is Verb.LEAVE and found.target is not None:
            lapsed = self.lapsed.get(found.target.target_id)
            told = (Reason(SHARED, lapsed, warning=True),) if lapsed else ()
            draft = draft._replace(reasons=(*draft.reasons, *told))
        notes = (*self._whose(row, found, draft), *found.notes)
        if row.source_id in self.second_look:
            text = "the source's list did not show it; it came when the source was asked again"
            notes = (*notes, Reason("second_look", text, warning=True))
        if found.level:
            notes = (*notes, *later_key(self.policy, row, found))
        return draft._replace(reasons=(*draft.reasons, *notes)) if notes else draft

    def _employed_elsewhere(self, row: SourceRow, found: Match, said: str) -> Draft:
        """Return the outcome of a leaver whom another connection employs with the same record."""
        assert found.target is not None
        left = "has left" if perhaps_left(self.policy, row) else "is to leave"
        text = f"{left}, and target record {found.target.target_id} keeps its access: {said}"
        late = found.target.target_id in self.overdue
        why = Reason(SHARED, text, warning=late)
        return Draft(Kind.IGNORED, row, found.target, reasons=(why,), has_access=late)

    def _without_others_values(self, draft: Draft) -> Draft:
        """Return a draft without the values that another connection writes to the record.

        It still ends access and gives access back. Of a closed record, nothing is said.
        """
        target = draft.target
        theirs = self.looked_after.get(target.target_id) if target is not None else None
        if not theirs or target is None:
            return draft
        changed = {each.rule.path for each in draft.access_changes}
        corrects = draft.access is Verb.CORRECT and not changed.isdisjoint(theirs)
        left = [e.rule.path for e in draft.differences if e.rule.path in theirs]
        left = left if draft.verb is Verb.UPDATE else []
        if left:
            ours = tuple(each for each in draft.differences if each.rule.path not in left)
            as_held = f"left as target record {target.target_id} has it"
            told = [Reason(f"{LEFT_TO}{e}", f"{e}: {as_held}: {theirs[e]}") for e in left]
            told = [] if target.left and not ours else told
            verb, reasons = Verb.UPDATE if ours else None, (*draft.reasons, *told)
            draft = draft._replace(verb=verb, differences=ours, reasons=reasons)
        if corrects:
            draft = draft._replace(access=None, access_changes=())
        idle = (left or corrects) and draft.verb is None and draft.access is None
        return draft._replace(kind=Kind.UNCHANGED) if idle else draft

    def _outside(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of a row outside the scope of the sync, which can only leave."""
        rules = (self.policy.only[position] for position in row.outside)
        why = tuple(Reason(f"{ONLY}{rule.id}", rule.otherwise, rule.place) for rule in rules)
        pending = row.source_id in self.pending
        maybe = (*found.candidates, *self.possible.get(row.source_id, ()))
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
            has_access = row.may_have_left and self.may_get_in(row, found)
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
        draft = self._employed(row, target)
        return self._rekeyed(draft, row, target) if found.rekeyed else draft

    def _rekeyed(self, draft: Draft, row: SourceRow, target: TargetRow) -> Draft:
        """Return the outcome of a row whose target record gets its keys, whatever `write` says."""
        if draft.kind is Kind.ERROR:
            return draft
        if draft.kind is Kind.REHIRE and self.policy.rehires is Rehires.REPORT:
            return draft
        written = {each.rule.path for each in draft.differences}
        differing = [e for e in at_rekey(self.policy, row, target) if e.rule.path not in written]
        keys = tuple(each for each in differing if not self._rivals(target, each))
        contested = self._left_to_a_person(target, differing)
        draft = draft._replace(reasons=tuple(dict.fromkeys((*draft.reasons, *contested))))
        if not keys:
            return draft
        kind = Kind.UPDATE if draft.kind is Kind.UNCHANGED else draft.kind
        verb = draft.verb or Verb.UPDATE
        return draft._replace(kind=kind, verb=verb, differences=(*draft.differences, *keys))

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
            draft = self._rekeyed(draft, row, target)
        # A leaver leaves even if a list cannot be merged: that field is left alone, and named.
        wrong = not_lists(self.policy, row, target)
        return draft._replace(reasons=(*draft.reasons, *wrong)) if wrong else draft

    def _unmatched_leaver(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of a leaver without a record; `has_access` if one may exist."""
        pending = self._pending(row)
        unproven = _unproven(found)
        keyless = all(key is None for key in row.keys)
        has_access = self.may_get_in(row, found)
        failed = evaluation_errors(row, found)
        if failed:
            return Draft(Kind.ERROR, row, None, reasons=failed, has_access=has_access)
        if found.conflict is not None:
            conflict = (found.conflict,)
            return Draft(Kind.CONFLICT, row, None, reasons=conflict, has_access=has_access)
        if unproven is not None:
            reasons = (replace(unproven, warning=True),)
            return Draft(Kind.ERROR, row, None, reasons=reasons, has_access=has_access)
        if keyless:
            text = "has left, and has no match key: their target record is unknown"
            why = broken_rules(self.policy, row, Category.LEAVERS) or (
                Reason("keyless", text, warning=True),
            )
            return Draft(Kind.INELIGIBLE, row, None, reasons=why, has_access=has_access)
        unmatched = (self._without_record(row), *pending)
        return Draft(Kind.IGNORED, row, None, reasons=unmatched, has_access=has_access)

    def _without_record(self, row: SourceRow) -> Reason:
        """Return the reason that no record matches a leaver, naming those that may be theirs."""
        left = "is to leave"
        if perhaps_left(self.policy, row) and not row.outside:
            left = "has left"
        text = f"{left}, and no target record matches; leavers are never created"
        ids = tuple(each.target_id for each in self.possible.get(row.source_id, ()))
        others = [id for id in ids if id in self.elsewhere]
        if others and len(others) == len(ids) and not self.unseen:
            told = "; ".join(
                f"target record {id} is not theirs: {self.elsewhere[id]}" for id in ids
            )
            return Reason(UNMATCHED, f"{left}, and no target record matches; {told}")
        if not (ids or self.unseen):
            return Reason(UNMATCHED, text)
        text = f"{left}, and no target record matches"
        text += f", but {some(ids)} may be theirs" if ids else f"; {'; '.join(self.unseen)}"
        return Reason(UNMATCHED, text, candidates=ids, warning=True)

    def _whose(self, row: SourceRow, found: Match, draft: Draft) -> tuple[Reason, ...]:
        """Return which records may be those of somebody listed whose reasons do not name them.

        The next run knows them from this one, whatever becomes of the row.
        """
        if not draft.has_access or draft.target is not None:
            return ()
        named = {id for each in draft.reasons if each.code in WHOSE for id in each.candidates}
        maybe = (*found.candidates, *self.possible.get(row.source_id, ()))
        ids = tuple(dict.fromkeys(e.target_id for e in maybe if e.target_id not in named))
        if not ids:
            return ()
        text = f"target record {some(ids)} may be theirs"
        return (Reason(REMEMBERED, text, candidates=ids, warning=True),)

    def may_get_in(
        self, row: SourceRow, found: Match, leaving: Collection[str] = frozenset()
    ) -> bool:
        """Return whether a target record that is or may be this person's still lets them in.

        Those that are `leaving` by this plan do not, or are listed with the person who leaves.
        """
        if not perhaps_left(self.policy, row):
            return False  # they should have access until their last day
        if found.target is not None:
            return not found.target.left
        maybe = (*found.candidates, *self.possible.get(row.source_id, ()))
        maybe = tuple(each for each in maybe if each.target_id not in self.elsewhere)
        lets_in = any(not each.left and each.target_id not in leaving for each in maybe)
        if row.readable_keys and maybe:
            return self.unseen_access or lets_in
        return (
            self.unseen_access
            or lets_in
            or not row.keys_known
            or all(key is None for key in row.keys)
            # The record may exist before any list shows it, with access.
            or bool(_unproven(found) or self._pending(row))
        )

    def _pending(self, row: SourceRow) -> tuple[Reason, ...]:
        why = self.pending.get(row.source_id)
        return (Reason(PENDING, why, warning=True),) if why else ()

    def _joiner(self, row: SourceRow, found: Match) -> Draft:
        if not self.policy.create:
            text = "matches no target record, and this mapping creates none (joiners.create)"
            return Draft(Kind.IGNORED, row, None, reasons=(Reason("joiners_off", text),))
        if self._pending(row):
            return Draft(Kind.ERROR, row, None, reasons=self._pending(row))
        if found.gone is not None and not found.again:
            return Draft(Kind.ERROR, row, None, reasons=(found.gone,))
        if self.unseen:
            text = f"not created: {'; '.join(self.unseen)}"
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
        """Return why a unique value may not be free; empty if it is."""
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

    def _employed(self, row: SourceRow, target: TargetRow) -> Draft:
        gone = self.policy.has_leavers and (
            is_gone(self.policy, row, target) or self._half_left(row, target)
        )
        if gone and self.policy.rehires is not Rehires.IGNORE:
            return self._rehire(row, target)
        return self._mover(row, target)

    def _half_left(self, row: SourceRow, target: TargetRow) -> str:
        """Return what a record still holds of a leave that never made `left` hold; "" if nothing.

        As the record does not count as left, no return would give this access back.
        """
        day = self.ended.get(target.target_id)
        fields = held_from_leave(self.policy, row, target) if day else ()
        return f"still has {', '.join(fields)} of a leave of {day}" if fields else ""

    def _rehire(self, row: SourceRow, target: TargetRow) -> Draft:
        state = _state(target) or self._half_left(row, target)
        text = f"no leaver in the source; target record {target.target_id} {state}"
        if inconclusive := self.inconclusive.get(row.source_id):
            return Draft(Kind.ERROR, row, target, reasons=(Reason("rehire", text), inconclusive))
        unsaid = self.leaving.unsaid_return(row, target)
        changes = self.leaving.reactivation(row, target)
        if unsaid and not changes and self.policy.rehires is Rehires.REACTIVATE:
            # They may still be away: a record that has left is not written to.
            return Draft(Kind.REHIRE, row, target, reasons=(Reason("rehire", text), *unsaid))
        draft = self._back(row, target, text, changes)
        return draft._replace(reasons=(*draft.reasons, *unsaid)) if draft.access else draft

    def _back(
        self, row: SourceRow, target: TargetRow, text: str, changes: tuple[FieldChange, ...]
    ) -> Draft:
        """Return the outcome of a person who has left in the target but not in the source."""
        if self.policy.rehires is Rehires.REPORT:
            # Nothing is written until a human decides: it may be another person's record.
            decides = f"{text}: a person decides (rehires: report)"
            reasons = (Reason("rehire", decides, warning=True),)
            return Draft(Kind.REHIRE, row, target, reasons=reasons)
        mover = self._mover(row, target)
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

    def _mover(self, row: SourceRow, target: TargetRow) -> Draft:
        if row.evaluation_error is not None:
            return Draft(Kind.UNCHANGED, row, target)
        differing = at_update(self.policy.fields, row.cells, target.values)
        found, in_part = without_parts(self.policy, differing, row.cells)
        lost = [each for each in found if loses_letters(each)]
        contested = self._left_to_a_person(target, found)
        differences = found
        if lost or contested:
            differences = tuple([d for d in found if not self._rivals(target, d) and d not in lost])
        reasons = (*drifting(self.policy, row, target), *not_shown(self.policy, row, target))
        reasons = (*reasons, *contested, *in_part, *map(lost_letters, lost))
        if differences:
            return Draft(Kind.UPDATE, row, target, Verb.UPDATE, differences, reasons)
        return Draft(Kind.UNCHANGED, row, target, reasons=reasons)

    def _leaving(self, row: SourceRow, target: TargetRow, has_access: bool) -> Draft:
        """Return the draft of a leaver whose other fields are in order."""
        changes = at_update(self.policy.leaving, row.leaving, target.leaving)
        if target.left:
            return self._has_left(row, target, changes)
        mover = self._mover(row, target)
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
        mover = self._mover(row, target)
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
            return self._back(row, target, text, changes)
        return mover._replace(kind=Kind.UPDATE, access=Verb.CORRECT, access_changes=changes)

    def _rivals(self, target: TargetRow, difference: FieldChange) -> Sequence[str]:
        return self.contested.get((target.target_id, difference.rule.path), ())

    def _left_to_a_person(
        self, target: TargetRow, found: Iterable[FieldChange]
    ) -> tuple[Reason, ...]:
        if not self.contested:  # the usual case
            return ()
        return tuple(
            Reason(
                "key_contested",
                f"{each.rule.path} is left alone: other source records are matched by it: "
                f"{some(rivals)}",
                each.rule.place,
                tuple(rivals),
                warning=True,
            )
            for each in found
            if (rivals := self._rivals(target, each))
        )


def contested(policy: Policy, matches: Matches) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the target fields, by record and path, whose values keep a source record in conflict.

    Writing such a field would end the conflict, and the next run would create the disputed source
    record, or match it with another target record.
    """
    fields: dict[tuple[str, str], list[str]] = {}
    unclear = [(id, e) for id, e in matches.by_source.items() if e.conflict is not None]
    for source_id, found in sorted(unclear):
        if found.conflict is None or found.level is None or found.conflict.code in _TWICE:
            continue
        for target in found.candidates:
            field = (target.target_id, policy.match_paths[found.level])
            fields.setdefault(field, []).append(source_id)
    return fields


def silent(policy: Policy, targets: Sequence[TargetRow]) -> Mapping[int, Sequence[str]]:
    """Return the target records that lack a watched field, by its position."""
    found = {
        i: [each.target_id for each in targets if each.values and each.values[i] is MISSING]
        for i in policy.watched
    }
    return {i: ids for i, ids in found.items() if ids}


def _unproven(found: Match) -> Reason | None:
    """Return why a row's own record is missing, unless the target said that it is gone."""
    return found.gone if not found.proven else None


def _state(target: TargetRow) -> str:
    return "has left" if target.left else "is due to leave" if target.scheduled else ""
