"""Recalls what earlier runs of a connection left behind: links, creates, and listed people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from itertools import takewhile

from oneway.core.dataclass import dataclass
from oneway.planning.access import StillIn
from oneway.planning.guards import RecentRuns
from oneway.planning.leaving_doubts import ALL_LEFT
from oneway.planning.links import SEAL_KEY, Link, LinkEvidence
from oneway.planning.listed_before import NO_RECORDS, Records, joined, records_of
from oneway.planning.plan import Reason
from oneway.planning.said_left import SaidLeft
from oneway.runs.evidence.listed_beside import ListedBeside, listed_beside
from oneway.runs.evidence.pending_creates import (
    PendingCreate,
    pending_creates,
    returns_on_their_way,
)
from oneway.runs.past.predecessor import is_by_another_key
from oneway.runs.session import RunSession


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store knows about a connection when a run begins; `now` is the clock's instant.

    `creates` may still happen, and so may returns into the target records of `returns`, which says
    why. `recent` is what guards know about earlier runs, and `good_since` is
    when the last good one began; blank before the first. `still_in` are the source records of the
    people who had left and could still get in after the last run that knows; `seen_leaving` are
    those of them whom only refused runs saw leave. `listed` are the target records that may be
    theirs, with their source records; `before` are these and all others that any run listed and
    none has seen to end. `zone` is the time zone in which people are shown days.
    `mapping` is the digest of that run's mapping; blank if that run could not rely on what target
    records say about leaving (`leaving_doubts.ALL_LEFT`).
    """

    links: Sequence[Link] = ()
    creates: Sequence[PendingCreate] = ()
    now: datetime | None = None
    recent: RecentRuns = field(default_factory=RecentRuns)
    good_since: str = ""
    still_in: frozenset[str] = frozenset()
    zone: str = ""
    listed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    before: Records = field(default_factory=dict)
    seen_leaving: frozenset[str] = frozenset()
    mapping: str = ""
    returns: Mapping[str, str] = field(default_factory=dict)
    left: SaidLeft | None = None
    """Whom the source has said to have left; None if no run has stored that yet."""
    left_by: int = 0
    """The run that stored in `left` which records were closed; 0 if none has."""
    remarks: tuple[Reason, ...] = ()
    """The plan's remarks about the history that an edited mapping continues."""

    @property
    def evidence(self) -> LinkEvidence:
        """The evidence before any system is asked again.

        No run asks whether a word of people who are no longer listed is an answer.
        """
        return LinkEvidence(
            self.links,
            pending=self.pending,
            returning=self.returns,
            before=self.before,
            unasked=frozenset().union(*self.before.values()) - self.still_in,
            zone=self.zone,
        )

    @property
    def asked(self) -> frozenset[str]:
        """The source records whose words are noted as they are read."""
        return self.still_in if self.left is None else self.still_in | self.left.back

    @property
    def pending(self) -> Mapping[str, str]:
        """The source records whose create may still happen, and why it is not sent again."""
        return {each.source_id: each.why for each in self.creates}

    def listing(self, last: Sequence[StillIn], more: Records = NO_RECORDS) -> "Remembered":
        """Return the same, with these people added to the list of who could still get in.

        `more` is what is remembered of records beside that list, or of their possible owners.
        """
        now = records_of(last)
        before = joined(self.before, now, more)
        listed = {id: before[id] for id in {**self.listed, **now} if before[id]}
        found = frozenset(each.source_id for each in last if each.source_id)
        still_in = self.still_in.union(found, *listed.values())
        return replace(self, still_in=still_in, listed=listed, before=before)

    def with_listed_beside(self, found: ListedBeside) -> "Remembered":
        """Return the same, with the leavers that another history has listed."""
        joint = self.listing(found.listed, found.records)
        is_new = not records_of(found.listed).keys() <= self.before.keys()
        remarks = (found.remark(self.zone),) if is_new else ()
        return replace(joint, remarks=(*self.remarks, *remarks))

    def recalling(self, again: Records) -> "Remembered":
        """Return the same, with these target records listed: they give access to leavers again."""
        listed, before = joined(self.listed, again), joined(self.before, again)
        still_in = self.still_in.union(*again.values())
        return replace(self, listed=listed, before=before, still_in=still_in)


NOTHING_REMEMBERED = Remembered()
"""What is known about a connection that has never run."""

_ANOTHER_KEY = (
    "the seal.key in the state folder is not the key with which earlier runs digested names, so "
    "that names cannot be compared with theirs, and a code that passed to another person is not "
    "recognised by its name: put back the key that belongs to this history; if it is lost, check "
    "the people in conflict, and let all of them through once with --allow seal_key"
)
"""What a plan says where the links were made with another key."""
_LOOK_BACK = 50
"""How many runs to look back for one that knows who can still get in; refused ones do not."""


def recall(session: RunSession) -> Remembered:
    """Return what the journal remembers of the run's connection."""
    journal, now = session.past, session.now()
    if journal is None:
        return Remembered(now=now)
    from oneway.history.journal.links import links  # loads the store: only once it is used
    from oneway.history.journal.refused_leavers import stored_leavers
    from oneway.history.journal.said_left import stored_left
    from oneway.history.last_good import knows_everybody, last_still_in, remembered_records

    name, zone = session.past_name, session.prepared.zone
    before = session.predecessor
    known = links(journal, name)
    creates = pending_creates(session, journal, name)
    # With another target, links and sizes are void; people who were listed stay listed.
    runs = journal.runs(before.name if before is not None else name, limit=_LOOK_BACK)
    left = stored_left(journal, before.name if before is not None else name)
    last = last_still_in(runs)
    remark = before.remark(len(last), zone) if before is not None else None
    since = takewhile(lambda run: not knows_everybody(run), runs)
    seen = frozenset[str]().union(*(stored_leavers(journal, run.id) for run in since))
    by = next((run.start.digest for run in runs if run.knows_access), "")
    relied = not any(ALL_LEFT in each.why for each in last)
    remembered = Remembered(
        known,
        creates,
        now,
        RecentRuns(stated=journal.last_stated(name), valued=journal.last_valued(name)),
        journal.last_good_start(name),
        zone=zone,
        mapping=by if relied else "",
        returns=returns_on_their_way(session, journal, name),
        left=left[1] if left is not None else None,
        left_by=left[0] if left is not None and left[1].closed is not None else 0,
        remarks=(*filter(None, [remark]), *_on_the_key(session)),
    ).listing(last, remembered_records(journal, runs))
    newest = next((run.id for run in runs if run.knows_access), 0)
    for each in listed_beside(session, newest):
        remembered = remembered.with_listed_beside(each)
    alone = seen - remembered.still_in
    return replace(remembered, still_in=remembered.still_in | alone, seen_leaving=alone)


def _on_the_key(session: RunSession) -> Iterator[Reason]:
    """Yield the remark of a plan if earlier runs digested names with another key."""
    if is_by_another_key(session.journal, session.past_name, session.names):
        yield Reason(SEAL_KEY, _ANOTHER_KEY, warning=True)
