"""Marks in the drafts everyone who may still get in, although no action of theirs shows it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.connector import Capability
from oneway.core.records import MISSING
from oneway.mapping.program import LeftAnswer, Policy, Program, SourceRow, TargetRow
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

    People who may have left count as leavers. `known` is what earlier runs know, whatever the rows
    say now. A matched record belongs to somebody else. A record that the target does not show, but
    that may still exist, consists of its id alone.
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
    """Name in the drafts each leaver whose record may be reactivated for another person.

    A leaver in conflict over a record that has left can get in again if that record, which an
    earlier key gave to another person, is brought back.
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
    """Return the drafts, where no leaver is named only over a record that leaves in this plan.

    If its leave is not written, the record is named with the person whose leave that is.
    """
    leaving = {
        each.target.target_id
        for each in drafts
        if each.target is not None and each.has_access and each.access is Verb.LEAVE
    }

    def told(draft: Draft) -> Draft:
        row = draft.row
        if not leaving or row is None or draft.kind is not Kind.CONFLICT or not draft.has_access:
            return draft
        return draft._replace(has_access=possible.may_get_in(row, matches.of(row), leaving))

    return tuple(map(told, drafts))


def mark_doubted(
    program: Program,
    drafts: Sequence[Draft],
    evidence: LinkEvidence,
    possible: PossibleRecords,
) -> tuple[Draft, ...]:
    """Mark in the drafts everyone who may have left all the same as having access.

    They stay in the list of those who can still get in until the source says that they stay, or
    until their target record says that they have left, or will have once their days of grace are
    over. A record that the target does not show proves nothing. Names the `possible` records of
    those without a match.
    """
    if not evidence.doubted:
        return tuple(drafts)
    shown = {each.row.source_id for each in drafts if each.row is not None}
    passed_on = evidence.passed_on
    gone = evidence.doubted.keys() - (shown - passed_on)
    linked = {target: source for target, source in evidence.listed.items() if source in gone}
    linked |= {target: source for source, target in evidence.table.pairs if source in gone}

    def told(draft: Draft) -> Draft:
        out = draft.target is not None and is_out(program, draft.target) and not evidence.all_left
        settled = draft.has_access or out
        of_target = linked.get(draft.target.target_id, "") if draft.target is not None else ""
        who = draft.row.source_id if draft.row is not None else of_target
        why = "" if settled else evidence.doubted.get(who, "")
        if not why or (draft.row is not None and who in passed_on):
            return draft
        maybe = possible.by_source.get(who, ()) if draft.target is None else ()
        ids = (who,) if draft.row is None else tuple(each.target_id for each in maybe)
        reason = Reason(MAY_HAVE_LEFT, why, candidates=ids, warning=True)
        return draft._replace(has_access=True, reasons=(*draft.reasons, reason))

    keys = {each.target_id: each.key for each in evidence.table}
    unseen = sorted(linked.keys() & evidence.unseen)
    hidden = (draft_of_unseen(program.policy, id, keys.get(id) or id) for id in unseen)
    return tuple(map(told, (*drafts, *hidden)))


def expected(evidence: LinkEvidence) -> Iterator[Draft]:
    """Yield the outcomes of those whom the source lacks, and a create may yet let in."""
    for id, each in sorted(evidence.expected.items()):
        row = SourceRow(id, each.key, each.label, ())
        reason = Reason(MAY_HAVE_LEFT, each.why, warning=True)
        yield Draft(Kind.IGNORED, row, None, reasons=(reason,), has_access=True)


def mark_returning(drafts: Sequence[Draft], evidence: LinkEvidence) -> tuple[Draft, ...]:
    """Mark as having access those who are not to have it, and whom a return may yet let in."""
    if not evidence.returning:
        return tuple(drafts)
    owners = {target: source for source, target in evidence.table.pairs}

    def told(draft: Draft) -> Draft:
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

    return tuple(map(told, drafts))


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
    """Return a target record of which nothing is known but its id, and perhaps its key."""
    return TargetRow(
        id,
        key,
        (None,) * len(policy.match_paths),
        values=(MISSING,) * len(policy.fields),
        leaving=(MISSING,) * len(policy.leaving),
        told=(MISSING,) * len(policy.told),
    )
