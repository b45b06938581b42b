"""Keeps target records in the list of who can still get in until a run sees that access has ended.

A record that an earlier run listed stays listed until it shows that its person has left, until it
matches a person who stays, or until everybody it may belong to stays. A run that does not see the
record, or cannot judge it, passes it on to the next run.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from oneway.core.dataclass import dataclass
from oneway.core.phrases import some
from oneway.mapping.policy import Policy
from oneway.mapping.program import Program
from oneway.mapping.rows import SourceRow, TargetRow
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


def carried_on(before: Records, listed: Iterable[StillIn], ended: AbstractSet[str]) -> Records:
    """Return what the next run must know of the records listed `before`, beyond this run's list.

    A listed record may have further owners.
    """
    now = records_of(listed)
    open_ = before.keys() - now.keys() - ended
    more = {id: whose - now[id] for id, whose in before.items() if id in now}
    return {id: before[id] for id in sorted(open_)} | {id: e for id, e in more.items() if e}


def ended_by(plan: Plan, listed: Collection[str]) -> frozenset[str]:
    """Return the `listed` records that are in a plan without access for anybody who has left.

    A record that is not in the plan, or whose access it ends, has not been seen to be out.
    """
    if not listed:
        return frozenset()
    known = (each for each in plan.singly() if isinstance(each, Quiet) or not each.has_access)
    ids = (each.target_id for each in known)
    return frozenset(id for id in ids if id is not None and id in listed)


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
    if not evidence.before:
        return tuple(drafts)
    named = {id for each in drafts if each.has_access for id in _named(each)}
    listings = _Listings(
        program,
        evidence,
        evidence.before.keys() - named,
        frozenset(_staying(program.policy, drafts, aside, evidence)),
    )
    there = {each.target.target_id for each in drafts if each.target is not None}
    unseen = sorted((evidence.unseen & listings.open) - there)
    drafts_of_unseen = (
        listings.again(draft_of_unseen(program.policy, id, id))
        for id in unseen
        if evidence.before[id]
    )
    return (*map(listings.again, drafts), *(each for each in drafts_of_unseen if each.has_access))


@dataclass(frozen=True, slots=True)
class _Listings:
    """The records of earlier lists; those in `open` are not named by this plan.

    `staying` are the source records of people who clearly stay.
    """

    program: Program
    evidence: LinkEvidence
    open: AbstractSet[str]
    staying: frozenset[str]

    def again(self, draft: Draft) -> Draft:
        """Return the draft, listing its record again if its access has not ended."""
        target = draft.target
        if target is None or target.target_id not in self.open or self._has_ended(draft, target):
            return draft
        ids = tuple(sorted(self.evidence.before[target.target_id]))
        was = "was in this list before"
        if target.target_id in self.evidence.open_again:
            was = "gives access, though the source said before that its person leaves"
        text = f"{was}, and may be that of source record {some(ids)}"
        text = text if ids else f"{was}, and nothing shows that its access has ended"
        candidates = ids if draft.row is None else ()
        reason = Reason(MAY_HAVE_LEFT, text, candidates=candidates, warning=True)
        return draft._replace(has_access=True, reasons=(*draft.reasons, reason))

    def _has_ended(self, draft: Draft, target: TargetRow) -> bool:
        """Return whether a listed record shows that its access has ended, or need not end."""
        program, row = self.program, draft.row
        if is_out(program, target) and not self.evidence.all_left:
            return True
        if row is not None and row.source_id in self.staying and not row.outside:
            return True
        whose = self.evidence.before[target.target_id]
        if whose:
            return whose <= self.staying
        # It was listed because it has no owner, which ends if the mapping spares such records now.
        if row is not None or self.evidence.source_unclear:
            return False
        spared = program.policy.absent is not Absent.DEACTIVATE
        return spared or program.absence_counts(target) is False


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
