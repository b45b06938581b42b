"""Compares the accesses that syncs ended with what the target shows of them now."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.mapping.has_left import leaves_by_itself
from oneway.mapping.packed_rows import others_of, with_ids
from oneway.mapping.short_rows import AnySourceRow, AnyTargetRow, whole_target
from oneway.mapping.spec import Rehires
from oneway.planning.leaving_doubts import staying_ids
from oneway.planning.links import Link, LinkEvidence, Origin
from oneway.planning.listed_before import NO_RECORDS, Records
from oneway.planning.said_left import NOBODY_LEFT
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.prepare.prepared import PreparedRun

if TYPE_CHECKING:
    from oneway.history.journal import Journal


@dataclass(frozen=True, slots=True)
class EndedAccess:
    """Tells which leavers' records still give no access, and which give access again."""

    prepared: PreparedRun
    remembered: Remembered
    unlisted: Sequence[Link]
    rows: Sequence[AnySourceRow]
    targets: Sequence[AnyTargetRow]
    journal: "Journal | None"

    def open_again(self) -> Records:
        """Return the records of former leavers that give access again.

        Leaves out records of people who still have left by the source: their row decides.
        """
        left = self.remembered.left
        if left is None or not left.records or self.prepared.compiled.code.left is None:
            return NO_RECORDS
        closed = {each.target_id for each in others_of(self.targets) if each.left}
        maybe = left.without(closed)
        there = {each[0] for each in with_ids(self.targets, maybe)} if maybe else set()
        leavers = {row.source_id for row in others_of(self.rows) if row.leaver} if there else set()
        return {id: maybe[id] for id in sorted(there) if maybe[id].isdisjoint(leavers)}

    def closed(self, evidence: LinkEvidence) -> frozenset[str]:
        """Return the unseen records that gave no access when the target last showed them.

        Or when a run wrote the leave and saw it confirmed, if no run has seen the record since. A
        record with a day to come is open until then, whatever day the source states by now.
        """
        left = self.remembered.left or NOBODY_LEFT
        known = (left.closed or frozenset()) & evidence.unseen
        return known | (self.confirmed(evidence.unseen - known, evidence) - left.writing.keys())

    def confirmed(self, unseen: AbstractSet[str], evidence: LinkEvidence) -> frozenset[str]:
        """Return the records whose leave a run wrote and that no run has seen since."""
        if self.journal is None or not unseen:
            return frozenset()
        from oneway.history.journal.ended_access import runs_that_ended_access

        ended = runs_that_ended_access(self.journal, self.prepared.connection_name, unseen)
        table = evidence.table
        seen = dict[str, str]()
        for each in table.of_pairs(pair for pair in table.pairs if pair[1] in ended):
            seen[each.target_id] = max(each.seen, seen.get(each.target_id, ""))
        return frozenset(
            id
            for id, run in ended.items()
            if run.id >= self.remembered.left_by and id in seen and seen[id] <= run.start.started
        )

    def regained(self) -> Mapping[str, str]:
        """Return the people who have access although a sync ended it, and the day on which it did.

        Leaves out people whose record says by which day they will leave.
        """
        code = self.prepared.compiled.code
        if self.journal is None or not self.unlisted or code.left is None:
            return {}
        staying = staying_ids(self.targets)
        links = {e.target_id: e.source_id for e in self.unlisted if e.target_id in staying}
        ended = self.by_sync(links) if links else {}
        if self.remembered.left is not None:  # the others have come back since
            ended = {id: on for id, on in ended.items() if id in self.remembered.left.records}
        due = self._yet_to_leave(ended)
        return {links[target]: on for target, on in ended.items() if target not in due}

    def _yet_to_leave(self, wanted: Collection[str]) -> AbstractSet[str]:
        """Return which of these target records say that they will leave on a later day."""
        code, context = self.prepared.compiled.code, self.prepared.context
        found = map(whole_target, with_ids(self.targets, wanted))
        return {each.target_id for each in found if leaves_by_itself(code, context, each)}

    def let_in(self) -> Iterator[str]:
        """Yield people whom a write of unknown result let in, and whom no run has seen since."""
        if self.journal is None or not self.unlisted or self.prepared.compiled.code.leaver is None:
            return
        from oneway.history.journal.let_in import found_later

        created, returned = found_later(self.journal, self.prepared.connection_name)
        for each in self.unlisted:
            fresh = each.origin is Origin.CREATED and each.since == each.seen
            back = each.target_id in returned and each.seen <= returned[each.target_id]
            if back or (fresh and each.target_id in created):
                yield each.source_id

    def of_present(self, shown: Collection[str]) -> Mapping[str, str]:
        """Return the linked records of present people whose access a sync ended, and when.

        Or may have ended: what a record still holds of a leave tells whether it was carried out. A
        leave that wrote no constant cannot be recognised in the record.
        """
        code, spec = self.prepared.compiled.code, self.prepared.spec
        constant = any("value" in each.rule.written for each in code.leaving)
        if code.left is None or not constant or spec.rehires is Rehires.IGNORE:
            return {}
        pairs = self.remembered.evidence.table.pairs
        there = {target for source, target in pairs if source in shown}
        found = self.by_sync(perhaps=True) if there else {}
        return {target: on for target, on in found.items() if target in there}

    def by_sync(
        self, targets: Iterable[str] | None = None, *, perhaps: bool = False
    ) -> Mapping[str, str]:
        """Return the records (of `targets`, or all) whose access a sync ended, and on which day."""
        if self.journal is None:
            return {}
        from oneway.history.journal.ended_access import ended_access

        name, zone = self.prepared.connection_name, self.prepared.zone
        ended = ended_access(self.journal, name, targets, perhaps=perhaps)
        return {target: day(at, zone) for target, at in ended.items()}
