"""Keeps target records in the list of who can still get in until a run sees that access has ended.

A record that an earlier run listed stays listed until it shows that its person has left, until it
matches a person who stays, or until everybody it may belong to stays. A run that does not see the
record, or cannot judge it, passes it on to the next run.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from oneway.core.phrases import some
from oneway.mapping.program import Policy, Program, SourceRow, TargetRow
from oneway.mapping.spec import Absent
from oneway.planning.access import MAY_HAVE_LEFT, WHOSE, StillIn
from oneway.planning.access_in_doubt import draft_of_unseen, is_out
from oneway.planning.diff import perhaps_left
from oneway.planning.draft import Draft
from oneway.planning.links import LinkEvidence
from oneway.planning.plan import Plan, Quiet, Reason

Records = Mapping[str, frozenset[str]]
"""Target records that were listed, each with the source records that it may belong to."""

NO_RECORDS: Records = {}


def records_of(listed: Iterable[StillIn]) -> Records:
    """Return the target records in a list of who can still get in, with their possible owners."""
    found: dict[str, set[str]] = {}
    for each in listed:
        if each.source_id is not None:
            for id in filter(None, (each.target_id, *each.candidates)):
                found.setdefault(id, set()).add(each.source_id)
        elif each.target_id is not None:
            found.setdefault(each.target_id, set()).update(each.candidates)
    return {id: frozenset(whose) for id, whose in sorted(found.items())}


def joined(*parts: Records) -> Records:
    """Return the records of all parts, each with all of its possible owners."""
    found: dict[str, frozenset[str]] = {}
    for part in parts:
        for id, whose in part.items():
            found[id] = found.get(id, frozenset()) | whose
    return found


def carried_on(plan: Plan, before: Records, listed: Iterable[StillIn]) -> Records:
    """Return what the next run must know of the records listed `before`, beyond this run's list.

    A record in the plan without access has ended. A record that is not in the plan, or whose access
    the plan ends, has not been seen to be out. A listed record may have further owners.
    """
    now = records_of(listed)
    open_ = before.keys() - now.keys()
    if open_:
        known = (each for each in plan.singly() if isinstance(each, Quiet) or not each.has_access)
        open_ -= {each.target_id for each in known}
    more = {id: whose - now[id] for id, whose in before.items() if id in now}
    return {id: before[id] for id in sorted(open_)} | {id: e for id, e in more.items() if e}


def still_listed(
    program: Program,
    drafts: Sequence[Draft],
    aside: Iterable[tuple[SourceRow, SourceRow]],
    evidence: LinkEvidence,
) -> tuple[Draft, ...]:
    """Return the drafts, listing again each record that was listed and has not ended.

    `aside` are source records that another record of the same person replaces, each with that
    record. A record that the target does not show is listed if it may exist and belong to somebody.
    """
    before = evidence.before
    if not before:
        return tuple(drafts)
    named = {id for each in drafts if each.has_access for id in _named(each)}
    open_ = before.keys() - named
    staying = {*_staying(program.policy, drafts, aside, evidence)}
    there = {each.target.target_id for each in drafts if each.target is not None}
    hidden = (id for id in sorted((evidence.unseen & open_) - there) if before[id])

    def again(draft: Draft) -> Draft:
        target = draft.target
        if target is None or target.target_id not in open_:
            return draft
        if _has_ended(program, draft, target, before[target.target_id], staying, evidence):
            return draft
        return _listed(draft, before[target.target_id], evidence.open_again)

    unseen = (again(draft_of_unseen(program.policy, id, id)) for id in hidden)
    return (*map(again, drafts), *(each for each in unseen if each.has_access))


def _named(draft: Draft) -> Iterator[str]:
    """Yield the target records that a draft names as its own, or as perhaps its person's."""
    if draft.target is not None:
        yield draft.target.target_id
    elif draft.row is not None:
        yield from (id for e in draft.reasons if e.code in WHOSE for id in e.candidates)


def _staying(
    policy: Policy,
    drafts: Iterable[Draft],
    aside: Iterable[tuple[SourceRow, SourceRow]],
    evidence: LinkEvidence,
) -> Iterator[str]:
    """Yield the source records of people who clearly stay."""
    if evidence.source_unclear:
        return
    rows = [(each.row.source_id, each.row) for each in drafts if each.row is not None]
    for id, row in (*rows, *((each.source_id, picked) for each, picked in aside)):
        doubtful = id in evidence.doubted or id in evidence.passed_on or id in evidence.unasked
        if not (doubtful or perhaps_left(policy, row)):
            yield id


def _has_ended(
    program: Program,
    draft: Draft,
    target: TargetRow,
    whose: frozenset[str],
    staying: Collection[str],
    evidence: LinkEvidence,
) -> bool:
    """Return whether a listed record shows that its access has ended, or need not end."""
    if is_out(program, target) and not evidence.all_left:
        return True
    row = draft.row
    if row is not None and row.source_id in staying and not row.outside:
        return True
    if whose:
        return whose <= {*staying}
    # It was listed because it has no owner, which ends if the mapping spares such records now.
    if row is not None or evidence.source_unclear:
        return False
    return program.policy.absent is not Absent.DEACTIVATE or program.absence_counts(target) is False


def _listed(draft: Draft, whose: frozenset[str], again: Collection[str]) -> Draft:
    """Return the draft of a record that stays listed; those in `again` gave access anew."""
    ids, target = tuple(sorted(whose)), draft.target
    was = "was in this list before"
    if target is not None and target.target_id in again:
        was = "gives access, though the source said before that its person leaves"
    text = f"{was}, and may be that of source record {some(ids)}"
    text = text if ids else f"{was}, and nothing shows that its access has ended"
    candidates = ids if draft.row is None else ()
    reason = Reason(MAY_HAVE_LEFT, text, candidates=candidates, warning=True)
    return draft._replace(has_access=True, reasons=(*draft.reasons, reason))
