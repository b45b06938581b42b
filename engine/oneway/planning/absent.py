"""Drafts the outcome of target records that no source record matched.

With `absent: deactivate` such a record loses its access, unless it may belong to an unmatched
person, or unless the inputs do not prove that nobody matches it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from oneway.core.description import Capability
from oneway.core.phrases import count, some
from oneway.core.records import Collected, Value
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer, Program
from oneway.mapping.rows import Cell, CellState, SourceRow, TargetRow
from oneway.mapping.short_rows import AnySourceRow
from oneway.mapping.spec import Absent
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.diff import KEEP, FieldChange, at_update, begun, has_begun, is_there, wanted
from oneway.planning.draft import Draft
from oneway.planning.draft_reasons import leave_not_shown
from oneway.planning.ineffective import why_leave_fails, written
from oneway.planning.match import MatchedRows, Matches
from oneway.planning.one_per_person import OtherRecords
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.similar.lookalikes import compared_fields, held_value, said_value
from oneway.planning.similar.marks import has_email, marks_of
from oneway.planning.similar.near_misses import forms_of

IN_CONFLICT, NEAR_KEY = "in_conflict", "near_key"
NOT_COUNTED = "not_counted"
"""The code of a reason: `absent.deactivate.when` says that the record's absence does not count."""
SPARED = frozenset({IN_CONFLICT, NEAR_KEY})
"""The codes of reasons to spare an absent record: it may belong to an unmatched person."""


def absent(
    program: Program,
    records: MatchedRows,
    source: Collected[AnySourceRow],
    others: OtherRecords,
) -> list[Draft]:
    """Return the outcome of every target record that no source record matched."""
    matches, linked, owned = records.matches, records.linked, records.matches.owned
    unmatched = [each for each in records.targets if each.target_id not in owned]
    if not unmatched:
        return []
    alone = [row for row, found in records.each if found.target is None]
    blocked = "" if source.complete else "the list of source records may not be complete"
    blocked = may_be_anybodys(program.policy, alone) or blocked
    none = Reason("absent", _NONE if all(row.keys_known for row in alone) else _NONE_KNOWN)
    unread = _unread_by_key(alone)
    cells = program.departed()
    unclear = doubt(program.policy, _with_anothers_key(alone, matches), linked)
    near = Unmatched(program.policy, alone, unclear, set(linked.values()))
    passed_on = _passed_on(records, alone)
    drafts = []
    for each in unmatched:
        whose = others.whose(each) or _unread_match(each, unread) or none
        why = _why_absent(program, each, matches.spoken, whose, near)
        draft = Draft(Kind.ABSENT, None, each, reasons=(why,))
        open_to = (
            passed_on.get(each.target_id) if why.code == IN_CONFLICT and not each.left else None
        )
        if open_to is not None and program.absence_counts(each) is not False:
            draft = draft._replace(reasons=(why, open_to), has_access=True)
        if program.policy.absent is Absent.DEACTIVATE and draft.reasons[0].code == "absent":
            if blocked:
                reason = Reason("unproven", f"not deactivated: {blocked}", warning=True)
                draft = draft._replace(reasons=(reason,))
            else:
                draft = _deactivated(program, draft, each, cells)
        drafts.append(draft)
    return drafts


def _deactivated(
    program: Program, draft: Draft, target: TargetRow, cells: tuple[Cell, ...]
) -> Draft:
    """Return the draft with its access removed, or with the reason that the record keeps access."""
    policy, values = program.policy, begun(program.policy, cells, target)
    differences = at_update(policy.leaving, values, target.leaving) if cells else ()
    if unseen := leave_not_shown(policy, values, target):
        draft = draft._replace(reasons=(*draft.reasons, *unseen), has_access=True)
    if not differences and has_begun(cells, target):
        return draft  # its days of grace are not over
    if _speaks(policy, cells) and not _says_left(program, target, differences):
        vain = why_leave_fails(policy, target, differences)
        return draft._replace(reasons=(replace(vain, warning=True),), has_access=True)
    if not differences:
        return draft
    return draft._replace(access=Verb.DEACTIVATE, access_changes=differences, has_access=True)


def _unread_by_key(alone: Iterable[SourceRow]) -> dict[tuple[int, Hashable], str]:
    """Index the unreadable source records by each of their keys that can be read."""
    return {
        (level, key): row.key
        for row in alone
        if not row.keys_known
        for level, key in enumerate(row.readable_keys)
        if key is not None
    }


def _unread_match(target: TargetRow, unread: Mapping[tuple[int, Hashable], str]) -> Reason | None:
    """Return the reason that an unreadable source record has this record's key, if one has."""
    found = (unread.get(each) for each in enumerate(target.keys))
    name = next((each for each in found if each is not None), None)
    if name is None:
        return None
    return Reason("absent", f"a source record that cannot be read has its key: {name}")


def _passed_on(records: MatchedRows, alone: Iterable[SourceRow]) -> Mapping[str, Reason]:
    """Return why target records may belong to people who are gone, by target id.

    A conflict of another person over such a record keeps it from being deactivated. Either earlier
    runs link it to a source record that is gone, or its key now belongs to a person whom `only`
    leaves out, so that no conflict is shown.
    """
    found, matches = {}, records.matches
    shown = {row.source_id for row in records.rows}
    gone = {target: source for source, target in records.linked.items() if source not in shown}
    for row in alone if records.policy.absent is Absent.DEACTIVATE else ():
        conflict = matches.of(row).conflict
        if conflict is None or row.leaver:
            continue
        for id in {each.target_id for each in matches.of(row).candidates} & gone.keys():
            text = f"was source record {gone[id]}, which the source no longer has, and is not "
            text += f"deactivated: {row.key} is in conflict over it, so end its access by hand"
            text += " if its person has left"
            found[id] = Reason(MAY_HAVE_LEFT, text, None, (gone[id],), warning=True)
        if row.outside and conflict.code == "reused":
            text = f"{conflict.text}; source record {row.source_id} is outside this sync: if these"
            text += " are two people, end the access of the first by hand"
            for id in conflict.candidates:
                found[id] = Reason(MAY_HAVE_LEFT, text, None, (row.source_id,), warning=True)
    return found


def _speaks(policy: Policy, cells: Sequence[Cell]) -> bool:
    """Return whether a leave writes anything to a record that has no source record."""
    said = zip(policy.leaving, cells, strict=False)
    return any(wanted(rule, cell) is not KEEP for rule, cell in said)


def _with_anothers_key(alone: Iterable[SourceRow], matches: Matches) -> Iterator[SourceRow]:
    for row in alone:
        conflict = matches.of(row).conflict
        if conflict is not None and conflict.code in _ANOTHERS_KEY:
            yield row


def doubt(policy: Policy, others_key: Iterable[SourceRow], linked: Mapping[str, str]) -> str:
    """Return why a record without a link may belong to a person in conflict; "" if it cannot.

    `others_key` are the people who have another person's key: they may have a target record under
    their own key. Before the first run has stored links, no target record has one; this must not
    spare them all.
    """
    for row in others_key if linked else ():
        if is_there(policy, row) and row.source_id not in linked:
            return (
                f"source record {row.source_id} has a key that others have as well, and it is not "
                "known which record is theirs"
            )
    return ""


_ANOTHERS_KEY = frozenset({"claimed", "duplicate", "reused"})
"""The codes of conflicts of people whose key another person has, or whose key finds another
person's record."""


class Unmatched:
    """The unmatched people who stay, indexed by each form of their keys and by their emails.

    An absent target record with such a key or email may be theirs, and is not deactivated. `doubt`
    is why any record that is not in `linked` may belong to an unmatched person, or "".

    People who have left spare no record. Values that only one record may hold are left to
    `uniqueness`. The indexes are empty unless absent records are deactivated.
    """

    def __init__(
        self, policy: Policy, alone: Iterable[SourceRow], doubt: str, linked: set[str]
    ) -> None:
        self.policy = policy
        self.doubt = doubt if policy.absent is Absent.DEACTIVATE else ""
        self.linked = linked
        self.fields = [each for each in compared_fields(policy) if each not in policy.watched]
        self.keys: dict[tuple[int, str], list[str]] = defaultdict(list)
        self.emails: dict[tuple[int, Hashable], list[str]] = defaultdict(list)
        staying = () if policy.absent is not Absent.DEACTIVATE else alone
        for row in (each for each in staying if is_there(policy, each)):
            for form in forms_of(row):
                self.keys[form].append(row.source_id)
            for email in self._emails(partial(said_value, policy, row)):
                self.emails[email].append(row.source_id)

    def spares(self, target: TargetRow) -> Reason | None:
        """Return why a target record may belong to one of these people; None if it cannot."""
        ids = [id for form in forms_of(target) for id in self.keys.get(form, ())]
        what = "nearly the same key"
        if not ids:
            emails = self._emails(partial(held_value, target))
            ids = [id for email in emails for id in self.emails.get(email, ())]
            what = "the same email"
        if not ids:
            return self._unproven(target)
        text = f"not deactivated: source record {some(ids)} has {what}"
        return Reason(NEAR_KEY, f"{text}, and may be the same person", None, tuple(ids), True)

    def _unproven(self, target: TargetRow) -> Reason | None:
        if not self.doubt or target.target_id in self.linked:
            return None
        return Reason("unproven", f"not deactivated: {self.doubt}", warning=True)

    def _emails(self, value_at: Callable[[int], Value]) -> Iterator[tuple[int, Hashable]]:
        for position in self.fields:
            if has_email(value := value_at(position)):
                yield from ((position, mark) for mark in marks_of(value))


def _says_left(program: Program, target: TargetRow, changes: tuple[FieldChange, ...]) -> bool:
    """Return whether a record may count as left once it is deactivated."""
    if program.policy.left is None:
        return True
    after = program.left_with(target, written(changes), Capability.LEAVE)
    return after is not LeftAnswer.STAYS


def may_be_anybodys(policy: Policy, alone: Sequence[SourceRow]) -> str:
    """Return why an unmatched source record may belong to any target record; "" if none may."""
    unknown = sum(not row.keys_known for row in alone)
    if unknown:
        return f"the match keys of {count(unknown, 'source record')} are not known"
    failed = sum(row.evaluation_error is not None for row in alone)
    if failed and policy.watched:
        return f"{count(failed, 'source record')} without a match cannot be evaluated"
    for i in policy.watched:
        silent = sum(bool(row.cells) and row.cells[i].state is CellState.UNSTATED for row in alone)
        if silent:
            path = policy.fields[i].path
            return f"{path} is not said in {count(silent, 'source record')} without a match"
    return ""


_NONE = "no source record matches"
_NONE_KNOWN = "of the source records whose keys are known, none matches"
"""The reason if an unreadable record may be the match."""


def _why_absent(
    program: Program,
    target: TargetRow,
    spoken: Collection[str],
    none: Reason,
    near: Unmatched,
) -> Reason:
    """Return why a target record has no person; `none` is the reason if none matches."""
    policy, counts = program.policy, program.absence_counts(target)
    wrong = target.evaluation_error or target.unsaid
    if wrong is not None:
        return Reason(wrong.code, wrong.text, wrong.place, warning=True, value=wrong.value)
    if target.target_id in spoken:
        return Reason(IN_CONFLICT, "source records speak of it, and none of them for certain")
    if target.left:
        return Reason("left", f"{none.text}; it has left already")
    if counts is False:
        return Reason(NOT_COUNTED, f"{none.text}; its absence does not count")
    if all(key is None for key in target.keys):
        return Reason("keyless", "has no match key, so that no source record could match it")
    spared = near.spares(target)
    if spared is not None:
        return spared
    if counts is None:
        text = f"not deactivated: {none.text}, and it is not known whether its absence counts"
        text = f"{text}, by {policy.absent_when}"
        return Reason("unproven", text, policy.absent_place, warning=True)
    warning = policy.absent is not Absent.IGNORE
    return replace(none, warning=warning)
