"""What each record would do, were it alone: the outcome of a row, and of nobody's row.

Precedence: a record that failed is an error; one that is not one row to one record is a
conflict; an unmatched leaver is ignored, unless nobody can say who it is; then eligibility
decides; then whether it is a joiner, a mover, a leaver or a rehire.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from oneway.core.records import Collected, same
from oneway.mapping.program import CellState, Policy, Program, SourceRow, TargetRow
from oneway.mapping.spec import Absent, Category, Rehires
from oneway.planning.diff import (
    FieldChange,
    at_create,
    at_rekey,
    at_update,
    drift,
    present,
    refuses,
    unlisted,
)
from oneway.planning.match import Match, Matches
from oneway.planning.plan import Kind, Reason, Verb


@dataclass(frozen=True, slots=True)
class Draft:
    """One record's outcome in the making; `verb` is None where nothing is to be written."""

    kind: Kind
    row: SourceRow | None
    target: TargetRow | None
    verb: Verb | None = None
    differences: tuple[FieldChange, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def identity(self) -> tuple[str, str]:
        """Which record this is: the source's where there is one."""
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


def some(ids: Sequence[str]) -> str:
    """Return the first few ids, and how many more there are."""
    shown = ", ".join(ids[:5])
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown


@dataclass(frozen=True, slots=True)
class Drafter:
    """Says what one row would do, were it alone."""

    policy: Policy
    unseen: tuple[str, ...]
    contested: Mapping[tuple[str, str], Sequence[str]]
    pending: Mapping[str, str] = field(default_factory=dict)
    """Why it is not known whether a row's record was created, by source id."""
    second_look: frozenset[str] = frozenset()
    """The rows that came only when the source was asked again."""

    def draft(self, row: SourceRow, found: Match) -> Draft:
        """Return the outcome of one row, with what its links say beside it."""
        draft = self._drafted(row, found)
        notes = found.notes
        if row.source_id in self.second_look:
            text = "the source's list did not show it; it came when the source was asked again"
            notes = (*notes, Reason("second_look", text, warning=True))
        return replace(draft, reasons=(*draft.reasons, *notes)) if notes else draft

    def _drafted(self, row: SourceRow, found: Match) -> Draft:
        target = found.target
        if row.evaluation_error is not None:
            reason = Reason("failed", _failure_text(row), row.evaluation_error.place)
            return Draft(Kind.ERROR, row, target, reasons=(reason,))
        if found.conflict is not None:
            return Draft(Kind.CONFLICT, row, None, reasons=(found.conflict,))
        if target is not None and target.evaluation_error is not None:
            text = f"target record {target.target_id}: {target.evaluation_error.text}"
            return Draft(
                Kind.ERROR,
                row,
                target,
                reasons=(Reason("failed", text, target.evaluation_error.place),),
            )
        unfit = self._unfit(row, target)
        if target is None and row.leaver:
            return self._unmatched_leaver(row, found, unfit)
        if unfit:
            return Draft(Kind.INELIGIBLE, row, target, reasons=unfit)
        if target is None:
            return self._joiner(row, found)
        if found.rekeyed:
            return self._rekeyed(row, target)
        return self._matched(row, target)

    def _matched(self, row: SourceRow, target: TargetRow) -> Draft:
        wrong = self._unlisted(row, target)
        if row.leaver:
            # No list keeps a leaver in: the field is left alone, and named.
            leaver = self._leaver(row, target)
            return replace(leaver, reasons=(*leaver.reasons, *wrong))
        if wrong:
            return Draft(Kind.ERROR, row, target, reasons=wrong)
        return self._employed(row, target)

    def _unlisted(self, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
        return tuple(
            Reason(
                "not_a_list",
                f"{rule.path} of target record {target.target_id} does not hold a list, so nothing "
                "can be added to it (merge: add); correct it there, or write `merge: replace`",
                rule.place,
                warning=True,
            )
            for rule in unlisted(self.policy.fields, row.cells, target.values)
        )

    def _rekeyed(self, row: SourceRow, target: TargetRow) -> Draft:
        """Return the outcome of a row whose record is given its keys, whatever `write` says."""
        draft = self._matched(row, target)
        if draft.kind is Kind.ERROR:
            return draft
        written = {each.rule.path for each in draft.differences}
        differing = [e for e in at_rekey(self.policy, row, target) if e.rule.path not in written]
        keys = tuple(each for each in differing if not self._rivals(target, each))
        contested = self._left_to_a_person(target, differing)
        draft = replace(draft, reasons=tuple(dict.fromkeys((*draft.reasons, *contested))))
        if not keys:
            return draft
        kind = Kind.UPDATE if draft.kind is Kind.UNCHANGED else draft.kind
        verb = draft.verb or Verb.UPDATE
        return replace(draft, kind=kind, verb=verb, differences=(*draft.differences, *keys))

    def _unfit(self, row: SourceRow, target: TargetRow | None) -> tuple[Reason, ...]:
        """Return every reason why the row does not sync; a leaver's keep somebody's access."""
        category = _category(row, target)
        warning = category is Category.LEAVERS
        rules = (self.policy.rules[position] for position in row.failed_rules)
        failed = [
            Reason(rule.id, rule.otherwise, rule.place, warning=warning)
            for rule in rules
            if category in rule.categories
        ]
        fields = list(zip(self.policy.fields, row.cells, strict=True))
        if row.leaver:
            fields += zip(self.policy.leaving, row.leaving, strict=True)
        failed += [
            Reason(f"field:{rule.path}", f"no value for {rule.path}", rule.place, warning=warning)
            for rule, cell in fields
            if refuses(rule, cell, creating=target is None)
        ]
        return tuple(failed)

    def _unmatched_leaver(self, row: SourceRow, found: Match, unfit: tuple[Reason, ...]) -> Draft:
        if found.gone is not None and not found.proven:
            # It may be there, though no list shows it yet: nobody can say that access has ended.
            return Draft(Kind.ERROR, row, None, reasons=(replace(found.gone, warning=True),))
        if unfit and all(key is None for key in row.keys):
            # Without a key nobody can say that this leaver has no access left.
            return Draft(Kind.INELIGIBLE, row, None, reasons=unfit)
        text = "has left, and no target record matches; leavers are never created"
        reasons = (Reason("leaver_unmatched", text), *self._pending(row))
        return Draft(Kind.IGNORED, row, None, reasons=reasons)

    def _pending(self, row: SourceRow) -> tuple[Reason, ...]:
        why = self.pending.get(row.source_id)
        return (Reason("pending", why, warning=True),) if why else ()

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
        differences = at_create(self.policy.fields, row.cells)
        lacking = self._lacking(differences)
        if lacking:
            return Draft(Kind.INELIGIBLE, row, None, reasons=lacking)
        reasons = () if found.gone is None else (found.gone,)
        return Draft(Kind.CREATE, row, None, Verb.CREATE, differences, reasons)

    def _lacking(self, differences: Iterable[FieldChange]) -> tuple[Reason, ...]:
        """Return what the target requires of a new record and would not be given."""
        given = [each.rule.path for each in differences]
        rules = {rule.path: rule.place for rule in self.policy.fields}
        return tuple(
            Reason(
                f"required:{path}",
                f"no value for {path}, which the target requires of a new record",
                rules.get(path),
            )
            for path in self.policy.required
            if not any(_overlap(path, other) for other in given)
        )

    def _employed(self, row: SourceRow, target: TargetRow) -> Draft:
        gone = self.policy.has_leavers and (target.left or target.scheduled)
        if gone and self.policy.rehires is not Rehires.IGNORE:
            return self._rehire(row, target)
        return self._mover(row, target)

    def _rehire(self, row: SourceRow, target: TargetRow) -> Draft:
        state = "has left" if target.left else "is due to leave"
        mover = self._mover(row, target)
        if self.policy.rehires is Rehires.REPORT:
            text = f"employed in the source; target record {target.target_id} {state}"
            reason = Reason("rehire", f"{text}: a person decides (rehires: report)", warning=True)
            return replace(mover, kind=Kind.REHIRE, reasons=(reason, *mover.reasons))
        back = self._reactivation(target)
        reason = Reason(
            "rehire", f"employed in the source; target record {target.target_id} {state}"
        )
        return replace(
            mover,
            kind=Kind.REHIRE,
            verb=Verb.REACTIVATE if back else mover.verb,
            differences=(*mover.differences, *back),
            reasons=(reason, *mover.reasons),
        )

    def _reactivation(self, target: TargetRow) -> tuple[FieldChange, ...]:
        """Return what undoes leaving: by default what was set is cleared."""
        wanted = dict(self.policy.reactivating)
        return tuple(
            FieldChange(rule, before, wanted.get(position))
            for position, rule in enumerate(self.policy.leaving)
            if not same(before := present(target.leaving[position]), wanted.get(position))
        )

    def _mover(self, row: SourceRow, target: TargetRow) -> Draft:
        found = at_update(self.policy.fields, row.cells, target.values)
        differences = tuple(d for d in found if not self._rivals(target, d))
        reasons = (*self._drift(row, target), *self._left_to_a_person(target, found))
        if differences:
            return Draft(Kind.UPDATE, row, target, Verb.UPDATE, differences, reasons)
        return Draft(Kind.UNCHANGED, row, target, reasons=reasons)

    def _leaver(self, row: SourceRow, target: TargetRow) -> Draft:
        mover = self._mover(row, target)
        leaving = at_update(self.policy.leaving, row.leaving, target.leaving)
        if target.left:
            # Who has left has left; only what was written as `write: overwrite` is kept equal.
            leaving = tuple(each for each in leaving if "write" in each.rule.written)
        if not leaving:
            return replace(mover, reasons=(*mover.reasons, *self._unsaid(row, target)))
        differences = (*mover.differences, *leaving)
        if target.left:
            return replace(mover, kind=Kind.UPDATE, verb=Verb.UPDATE, differences=differences)
        return replace(mover, kind=Kind.LEAVE, verb=Verb.LEAVE, differences=differences)

    def _unsaid(self, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
        """Return why a leaver keeps access, where nothing of `leavers.set` has a value."""
        if target.left or target.scheduled or any(c.state is CellState.STATED for c in row.leaving):
            return ()
        paths = ", ".join(rule.path for rule in self.policy.leaving)
        text = f"has left, and nothing says what to write to {paths}: keeps access"
        return (Reason("leave_unsaid", text, self.policy.leaving[0].place, warning=True),)

    def _rivals(self, target: TargetRow, difference: FieldChange) -> Sequence[str]:
        return self.contested.get((target.target_id, difference.rule.path), ())

    def _left_to_a_person(
        self, target: TargetRow, found: Iterable[FieldChange]
    ) -> tuple[Reason, ...]:
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

    def _drift(self, row: SourceRow, target: TargetRow) -> tuple[Reason, ...]:
        return tuple(
            Reason(
                "drift",
                f"{each.rule.path} differs and is left alone (write: never)",
                each.rule.place,
                warning=True,
            )
            for each in drift(self.policy.fields, row.cells, target.values)
        )


def contested(policy: Policy, matches: Matches) -> Mapping[tuple[str, str], Sequence[str]]:
    """Return the target fields, by record and path, that keep some source record in conflict.

    Were such a field written, the conflict would be gone at the next run, and a record that
    a person was asked about would be created, or matched with somebody else.
    """
    fields: dict[tuple[str, str], list[str]] = {}
    for source_id, found in sorted(matches.by_source.items()):
        if found.conflict is None or found.level is None or found.conflict.code == "duplicate":
            continue
        for target_id in found.conflict.candidates:
            field = (target_id, policy.match_paths[found.level])
            fields.setdefault(field, []).append(source_id)
    return fields


def _overlap(left: str, right: str) -> bool:
    return left == right or left.startswith(f"{right}.") or right.startswith(f"{left}.")


def _failure_text(row: SourceRow) -> str:
    assert row.evaluation_error is not None
    expression = f" in {row.evaluation_error.expression}" if row.evaluation_error.expression else ""
    return f"{row.evaluation_error.text}{expression}"


def _category(row: SourceRow, target: TargetRow | None) -> Category:
    if row.leaver:
        return Category.LEAVERS
    return Category.JOINERS if target is None else Category.MOVERS


def absent(
    program: Program,
    targets: Iterable[TargetRow],
    matches: Matches,
    source: Collected[SourceRow],
    rows: Iterable[SourceRow],
) -> list[Draft]:
    """Return the outcome of every target record that no source record matched."""
    matched = {
        each.target.target_id for each in matches.by_source.values() if each.target is not None
    }
    unknown = [row.source_id for row in rows if not row.keys_known]
    blocked = "" if source.complete else "the list of source records may not be complete"
    if unknown:
        blocked = f"the match keys of {len(unknown)} source records are not known"
    cells = program.departed()
    drafts = []
    for each in targets:
        if each.target_id in matched:
            continue
        draft = Draft(
            Kind.ABSENT, None, each, reasons=(_why_absent(program.policy, each, matches),)
        )
        if program.policy.absent is Absent.DEACTIVATE and draft.reasons[0].code == "absent":
            differences = at_update(program.policy.leaving, cells, each.leaving) if cells else ()
            if blocked:
                reason = Reason("unproven", f"not deactivated: {blocked}", warning=True)
                draft = replace(draft, reasons=(reason,))
            elif differences:
                draft = replace(draft, verb=Verb.DEACTIVATE, differences=differences)
        drafts.append(draft)
    return drafts


def _why_absent(policy: Policy, target: TargetRow, matches: Matches) -> Reason:
    if target.evaluation_error is not None:
        return Reason(
            "failed", target.evaluation_error.text, target.evaluation_error.place, warning=True
        )
    if target.target_id in matches.spoken:
        return Reason("in_conflict", "source records speak of it, and none of them for certain")
    if target.left:
        return Reason("left", "no source record matches; it has left already")
    if all(key is None for key in target.keys):
        return Reason("keyless", "has no match key, so that no source record could match it")
    warning = policy.absent is not Absent.IGNORE
    return Reason("absent", "no source record matches", warning=warning)
