"""Says who stays in the list of those who can still get in, and why.

Whoever was listed stays listed until the target says that they cannot get in, or the source says
that they stay. Nothing else ends it: no missing record, value or word, no part of the mapping that
is missing, and no run that reads something else. Whoever this sync has kept out is listed again
when their record gives access, and the source has none of theirs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.mapping.profile.key_tally import KeyTally
from oneway.mapping.profile.staying_words import StayingWords
from oneway.mapping.program import AnySourceRow, AnyTargetRow
from oneway.planning.guards import gone
from oneway.planning.leaving_doubts import (
    ALL_LEFT,
    ELSEWHERE,
    UNASKED,
    doubted,
    regained,
    unanswered,
    vanished,
)
from oneway.planning.links import Link, LinkEvidence
from oneway.planning.plan import Read
from oneway.planning.planner import Header
from oneway.runs.evidence.links import Remembered
from oneway.runs.prepare.prepared import PreparedRun

if TYPE_CHECKING:
    from oneway.history.journal import Journal


@dataclass(frozen=True, slots=True)
class LeavingDoubts:
    """What is known of those who were listed, and of links whose source records are gone.

    `rows` are of those who were listed, or of all. `targets` are the target records that were
    read: all, or, if nobody was listed, those of `unlisted`. `in_part`: some pairs were not read;
    they are in order.
    """

    prepared: PreparedRun
    remembered: Remembered
    unlisted: Sequence[Link]
    rows: Sequence[AnySourceRow]
    targets: Sequence[AnyTargetRow]
    heard: StayingWords | None
    journal: "Journal | None"
    in_part: bool = False

    def evidence(
        self,
        evidence: LinkEvidence,
        header: Header,
        tallies: Mapping[str, KeyTally],
        shown: Collection[str],
    ) -> LinkEvidence:
        """Return the evidence, with those of whom it is in doubt that they have not left.

        `shown` are the source records that were read, by id.
        """
        still_in, listed = self.remembered.still_in, self.remembered.listed
        back = regained(self._regained())
        doubts = dict(back)
        all_left = bool(still_in) and self._all_left(shown)
        if still_in:
            leavers = {row.source_id for row in self.rows if row.leaver}
            unheard = self._unheard()
            doubts |= unanswered({id: why for id, why in unheard.items() if id not in leavers})
            doubts |= {**vanished(still_in, shown, self.remembered.seen_leaving), **back}
            doubts |= doubted(still_in, self._gone(header, tallies))
            if all_left:
                doubts |= dict.fromkeys(still_in, ALL_LEFT)
            if why := self._why_none():
                doubts |= dict.fromkeys(still_in - leavers, why)
        if not doubts:
            return evidence
        theirs = {id: min(whose) for id, whose in listed.items() if whose.isdisjoint(shown)}
        return replace(evidence, doubted=doubts, listed=theirs, all_left=all_left)

    def _why_none(self) -> str:
        """Return why the source's answer counts of nobody; blank if it does."""
        if self.prepared.compiled.code.leaver is None:
            return UNASKED
        if self.prepared.reads_elsewhere:
            return ELSEWHERE
        return ""

    def _gone(self, header: Header, tallies: Mapping[str, KeyTally]) -> Sequence[str]:
        reads = [*header.references]
        for name in ("source", "target"):
            tally = tallies[name]
            records, left = tally.records + tally.unread, header.left_out if name == "source" else 0
            counts = (tally.counts(), tally.unread, tally.valued(), left)
            reads.append(Read(name, records, True, (), "", *counts))
        return gone(reads, self.prepared.guards, self.remembered.recent, header.allowed)

    def _unheard(self) -> Mapping[str, str]:
        if self.heard is None:
            return {}
        left = {each.target_id for each in self.targets if each.left}
        pairs = self.remembered.evidence.table.pairs
        return self.heard.unheard({source for source, target in pairs if target in left})

    def _all_left(self, shown: Collection[str]) -> bool:
        """Return whether all target records count as left since the mapping changed.

        One of somebody who stays is among them: it is the mapping that says so, and no system.
        """
        if self.remembered.mapping == self.prepared.spec.digest:
            return False
        if self.in_part or not self.targets or not all(each.left for each in self.targets):
            return False
        there = {each.target_id for each in self.targets}
        pairs, still_in = self.remembered.evidence.table.pairs, self.remembered.still_in
        return any(
            target in there and source in shown and source not in still_in
            for source, target in pairs
        )

    def _regained(self) -> Mapping[str, str]:
        """Return whose access a sync ended, and when, of those who have it again."""
        if self.journal is None or not self.unlisted or self.prepared.compiled.code.left is None:
            return {}
        staying = {each.target_id for each in self.targets if not each.left}
        links = {e.target_id: e.source_id for e in self.unlisted if e.target_id in staying}
        if not links:
            return {}
        from oneway.history.journal.ended_access import ended_access

        name, zone = self.prepared.connection_name, self.prepared.zone
        ended = ended_access(self.journal, name, links)
        return {links[target]: day(at, zone) for target, at in ended.items()}
