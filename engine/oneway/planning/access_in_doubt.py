"""Marks people in the drafts who may still get in, although no action of their own shows it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.description import Capability
from oneway.core.records import MISSING
from oneway.mapping.policy import Policy
from oneway.mapping.program import LeftAnswer, Program
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.access import MAY_HAVE_LEFT
from oneway.planning.diff import has_begun, perhaps_left
from oneway.planning.draft import Draft
from oneway.planning.links import LinkEvidence
from oneway.planning.match import MatchedRows, Matches
from oneway.planning.plan import Kind, Reason, Verb
from oneway.planning.possible_records import PENDING, PossibleRecords

_UNSEEN = "the target does not show it, which does not prove that it is gone"


def remembered_records(
    records: MatchedRows, known: Sequence[LinkEvidence]
) -> Mapping[str, Sequence[TargetRow]]:
    """Return the former target records of unmatched leavers, by source id.

    People who may have left count as leavers. `known` is the evidence of earlier runs, before and
    after this run's rows corrected it. Leaves out matched records, which belong to other people. A
    record that may exist although the target does not show it consists of its id alone.
    """
    policy, matches = records.policy, records.matches
    doubted = {id for each in known for id in each.doubted}
    left = {
        row.source_id
        for row, found in records.each
        if found.target is None and (perhaps_left(policy, row) or row.source_id in doubted)
    }
    pairs = {pair for each in known for pair in each.pairs_of(left)} if left else set()
    if not pairs:
        return {}
    owned = matches.owned
    free = {id: _hidden_record(policy, id, id) for each in known for id in each.unseen}
    free |= {each.target_id: each for each in records.targets if each.target_id not in owned}
    found: dict[str, list[TargetRow]] = defaultdict(list)
    for source, target in sorted(pairs):
        if target in free:
            found[source].append(free[target])
    return found


def mark_reopened(
    drafts: Sequence[Draft], matches: Matches, possible: PossibleRecords
) -> tuple[Draft, ...]:
    """Mark each leaver in conflict over a record that this plan reactivates for another person.

    An earlier key gave the record to that person. Once it is reactivated, the leaver may get in by
    it.
    """
    back = {
        each.target.target_id
        for each in drafts
        if each.target is not None and each.access is Verb.REACTIVATE
    }

    if not back:
        return tuple(drafts)

    def named(draft: Draft) -> bool:
        row = draft.row
        if row is None or draft.target is not None or not perhaps_left(possible.policy, row):
            return False
        maybe = possible.of(row, matches.of(row))
        return any(each.target_id in back for each in maybe)

    return tuple(each._replace(has_access=True) if named(each) else each for each in drafts)


def without_leaving(
    drafts: Sequence[Draft], matches: Matches, possible: PossibleRecords
) -> tuple[Draft, ...]:
    """Unmark leavers in conflict who could only get in by a record that leaves in this plan.

    If its leave is not written, the record is listed with the person whose leave it is.
    """
    leaving = {
        each.target.target_id
        for each in drafts
        if each.target is not None and each.has_access and each.access is Verb.LEAVE
    }

    def marked(draft: Draft) -> Draft:
        row = draft.row
        if not leaving or row is None or draft.kind is not Kind.CONFLICT or not draft.has_access:
            return draft
        return draft._replace(has_access=possible.may_get_in(row, matches.of(row), leaving))

    return tuple(map(marked, drafts))


def mark_doubted(
    program: Program,
    drafts: Sequence[Draft],
    evidence: LinkEvidence,
    possible: PossibleRecords,
) -> tuple[Draft, ...]:
    """Mark people who were in doubt after the last run and may have left all the same.

    They stay listed until the source says that they stay, or until their target record says that
    they have left or will have left after their days of grace. A record that the target does not
    show proves nothing. For people without a match, the reason names their `possible` records.
    """
    if not evidence.doubted:
        return tuple(drafts)
    shown = {each.row.source_id for each in drafts if each.row is not None}
    passed_on = evidence.passed_on
    gone = evidence.doubted.keys() - (shown - passed_on)
    linked = {target: source for target, source in evidence.listed.items() if source in gone}
    linked |= {target: source for source, target in evidence.table.pairs if source in gone}

    def marked(draft: Draft) -> Draft:
        out = draft.target is not None and is_out(program, draft.target) and not evidence.all_left
        listed_or_out = draft.has_access or out
        of_target = linked.get(draft.target.target_id, "") if draft.target is not None else ""
        who = draft.row.source_id if draft.row is not None else of_target
        why = "" if listed_or_out else evidence.doubted.get(who, "")
        if not why or (draft.row is not None and who in passed_on):
            return draft
        maybe = possible.by_source.get(who, ()) if draft.target is None else ()
        ids = (who,) if draft.row is None else tuple(each.target_id for each in maybe)
        reason = Reason(MAY_HAVE_LEFT, why, candidates=ids, warning=True)
        return draft._replace(has_access=True, reasons=(*draft.reasons, reason))

    keys = {each.target_id: each.key for each in evidence.table}
    unseen = sorted(linked.keys() & evidence.unseen)
    hidden = (draft_of_unseen(program.policy, id, keys.get(id) or id) for id in unseen)
    return tuple(map(marked, (*drafts, *hidden)))


def expected(evidence: LinkEvidence) -> Iterator[Draft]:
    """Yield outcomes for people whom the source lost and whom a pending create may let in."""
    for id, each in sorted(evidence.expected.items()):
        row = SourceRow(id, each.key, each.label, ())
        reason = Reason(MAY_HAVE_LEFT, each.why, warning=True)
        yield Draft(Kind.IGNORED, row, None, reasons=(reason,), has_access=True)


def mark_returning(drafts: Sequence[Draft], evidence: LinkEvidence) -> tuple[Draft, ...]:
    """Mark people who should have no access, but whom a pending return may still let in."""
    if not evidence.returning:
        return tuple(drafts)
    owners = {target: source for source, target in evidence.table.pairs}

    def marked(draft: Draft) -> Draft:
        row, target = draft.row, draft.target
        id = target.target_id if target is not None and target.left else ""
        why = evidence.returning.get(id, "")
        stays = row is not None and not (row.leaver or row.may_have_left or row.outside)
        if not why or stays or draft.has_access:
            return draft
        ids = (owners[id],) if row is None and id in owners else ()
        code = PENDING if row is not None and row.leaver else MAY_HAVE_LEFT
        reason = Reason(code, why, candidates=ids, warning=True)
        return draft._replace(has_access=True, reasons=(*draft.reasons, reason))

    return tuple(map(marked, drafts))


def is_out(program: Program, target: TargetRow) -> bool:
    """Return whether a record says that its person has left, or will after days of grace."""
    if target.left or not has_begun(program.departed(), target):
        return target.left
    return program.left_with(target, (), Capability.LEAVE) is LeftAnswer.DUE


def draft_of_unseen(policy: Policy, id: str, key: str) -> Draft:
    """Return the outcome of a target record that only earlier runs know."""
    row = _hidden_record(policy, id, key)
    return Draft(Kind.ABSENT, None, row, reasons=(Reason("unseen", _UNSEEN),))


def _hidden_record(policy: Policy, id: str, key: str) -> TargetRow:
    """Return a target record of which only the id is known, and perhaps the key."""
    return TargetRow(
        id,
        key,
        (None,) * len(policy.match_paths),
        values=(MISSING,) * len(policy.fields),
        leaving=(MISSING,) * len(policy.leaving),
        condition_values=(MISSING,) * len(policy.condition_paths),
    )
