"""Finds the records of people who have left under new ids.

An export may give them new ids, or an id may pass to somebody else. What is remembered follows the
record, which its marks identify (`planning.similar.record_marks`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date

from oneway.core.dataclass import dataclass
from oneway.mapping.packed_rows import ids_of, others_of
from oneway.mapping.rows import TargetRow
from oneway.mapping.short_rows import AnyTargetRow
from oneway.planning.links import LinkEvidence, Links
from oneway.planning.listed_before import Records, joined
from oneway.planning.said_left import SaidLeft
from oneway.planning.similar.record_marks import RecordMarks, are_one, are_two, parts_of
from oneway.runs.evidence.remembered import Remembered


def renumbered(
    remembered: Remembered,
    evidence: LinkEvidence,
    targets: Sequence[AnyTargetRow],
    marks: RecordMarks,
    today: date,
) -> tuple[Remembered, LinkEvidence]:
    """Return what is remembered of records by which people who have left may still get in.

    Adds the new ids of such records, and drops ids that have passed to others. Last days that have
    come by `today` no longer count as later.
    """
    if remembered.left is None:
        return remembered, evidence
    left = remembered.left.as_of(today, marks.of_day)
    remembered = replace(remembered, left=left)
    # A short row belongs to somebody who stays.
    rows = (each for each in others_of(targets) if isinstance(each, TargetRow))
    known = {each.target_id: each for each in rows} if left.marks else {}
    open_ = {id: each for id, each in known.items() if not each.left}
    if not open_:
        return remembered, evidence
    shown = {*ids_of(targets)}
    search = Search(left, shown, evidence.table, marks)
    found = search.among(open_)
    if (search.anothers(open_) | (remembered.before.keys() - shown)) - found.past:
        found = search.among(known)  # closed records may be theirs
    now = found.of_left(left)
    before, listed = found.of(remembered.before), found.of(remembered.listed)
    links = _without_past(evidence.table, left.records, now)
    remembered = replace(remembered, links=links, left=now, before=before, listed=listed)
    return remembered, replace(evidence, links=links, before=found.of(evidence.before))


def _without_past(links: Links, before: Records, now: SaidLeft) -> Links:
    """Return the links without those to ids that no longer belong to their people's records."""
    past = {id: before[id] for id in now.past if id in before}
    past |= {
        id.removesuffix(_DELETED): whose
        for id, whose in now.records.items()
        if id.endswith(_DELETED)
    }
    if not past:  # the usual case
        return links
    return links.some([pair for pair in links.pairs if pair[0] not in past.get(pair[1], ())])


_DELETED = " (deleted)"
"""What follows the id of a deleted account once another account has it."""


@dataclass(frozen=True, slots=True)
class Renumbered:
    """Records by the ids under which they are remembered, and ids that no longer belong to them."""

    formerly: Mapping[str, frozenset[str]]
    past: frozenset[str]

    def of_left(self, left: SaidLeft) -> SaidLeft:
        """Return what is remembered of people who have left.

        A deleted account whose id passed on may be restored: it is still known by its marks.
        """
        deleted = self.past - frozenset[str]().union(*self.formerly.values())
        marks = {**left.marks, **{f"{id}{_DELETED}": left.marks[id] for id in deleted}}
        marks = {id: each for id, each in marks.items() if id not in self.past}
        known = {f"{id}{_DELETED}": left.records[id] for id in deleted if id in left.records}
        records = {**self.of(left.records), **known}
        closed = None if left.closed is None else left.closed - self.past
        left = replace(left, records=records, marks=marks, past=self.past, closed=closed)
        holding = {id: on for id, on in left.holding.items() if id not in self.past}
        writing = {id: on for id, on in left.writing.items() if id not in self.past}
        return replace(left, holding=holding, writing=writing)

    def of(self, records: Records) -> Records:
        """Return what is remembered of records, by the ids that they have now."""
        kept = {id: whose for id, whose in records.items() if id not in self.past}
        more = {
            id: frozenset[str]().union(*(records[each] for each in old if each in records))
            for id, old in self.formerly.items()
            if not old.isdisjoint(records)
        }
        return joined(kept, more)


@dataclass(frozen=True, slots=True)
class Search:
    """Searches for remembered records; the target has those `shown`."""

    left: SaidLeft
    shown: AbstractSet[str]
    links: Links
    marks: RecordMarks

    def anothers(self, rows: Mapping[str, TargetRow]) -> frozenset[str]:
        """Return the remembered ids that now seem to belong to other people's records."""
        known = ((id, rows[id], theirs) for id, theirs in self.left.marks.items() if id in rows)
        return frozenset(id for id, row, theirs in known if are_two(theirs, self.marks.of(row)))

    def among(self, rows: Mapping[str, TargetRow]) -> Renumbered:
        """Return which of these records are remembered under another id."""
        now = {id: self.marks.of(each) for id, each in rows.items()}
        by_part: dict[tuple[str, str], set[str]] = defaultdict(set)
        for id, theirs in now.items():
            for part in parts_of(theirs):
                by_part[part].add(id)
        anothers = self.anothers(rows)
        moved = (self.left.marks.keys() - self.shown) | anothers
        itself = (self.left.marks.keys() & rows.keys()) - anothers
        formerly: dict[str, set[str]] = defaultdict(set)
        for id, theirs in self.left.marks.items():
            sharing = (by_part[part] for part in parts_of(theirs) if part in by_part)
            for each in set[str]().union(*sharing) - itself:
                if are_one(theirs, now[each], self.marks.keys, moved=id in moved):
                    formerly[each].add(id)
        self._leave_out_linked(formerly, rows)
        past = moved & set[str]().union(*formerly.values())
        past -= {id for id in past if id.endswith(_DELETED)}
        known = {id: frozenset(old) for id, old in formerly.items()}
        return Renumbered(known, frozenset(past | (anothers & self.left.gone)))

    def _leave_out_linked(
        self, formerly: dict[str, set[str]], rows: Mapping[str, TargetRow]
    ) -> None:
        """Leave out records that their own people have had since, by links."""
        ids = {*formerly}.union(*formerly.values())
        links = self.links.of_pairs([each for each in self.links.pairs if each[1] in ids])
        seen: dict[str, str] = {}
        for each in links:
            row = rows.get(each.target_id) if each.target_id in formerly else None
            if row is None or each.key in ("", row.key):  # else the id is another record's by now
                seen[each.target_id] = max(each.seen, seen.get(each.target_id, ""))
        for id, old in [*formerly.items()]:
            old -= {each for each in old if seen.get(id, "") > seen.get(each, "")}
            if not old:
                del formerly[id]
