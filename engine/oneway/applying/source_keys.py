"""The match keys of the source's records now, to notice two records of one person.

The plan has checked that for all its records. So the records that matter here are those that the
plan did not know, that had another key, or that it did not match.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.mapping.policy import Policy
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.planning.diff import stays_until_later
from oneway.planning.similar.near_misses import forms_of, key_at


@dataclass(frozen=True, slots=True)
class PlannedKeys:
    """The keys of the source records that a plan knew, by id.

    `matched` are the records that the plan matched with a target record, `disputed` those that it
    left to a human, and `ignored` those that it left alone, such as people outside the scope of the
    sync.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    matched: frozenset[str] = frozenset()
    disputed: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    def is_fresh(self, row: SourceRow) -> bool:
        """Return whether a record is newer than the plan, or its key has changed since."""
        return self.known.get(row.source_id) != row.key

    def is_open(self, row: SourceRow) -> bool:
        """Return whether a record may now match a target record that the plan did not see."""
        settled = row.source_id in self.matched or row.source_id in self.disputed
        return not settled or self.is_fresh(row)


class SourceKeys:
    """Indexes source records by their match keys.

    `aside` are replaced rows, each with the row that replaces it. `alone` have no known match, and
    may belong to any target record. `fresh` are inside the scope of the sync.
    """

    def __init__(
        self,
        policy: Policy,
        rows: Sequence[SourceRow],
        aside: Iterable[tuple[SourceRow, SourceRow]],
        planned: PlannedKeys,
    ) -> None:
        inside = [row for row in rows if not row.outside]
        open_ = [row for row in rows if planned.is_open(row)]
        disputed = planned.disputed - planned.matched
        self.alone = [row for row in rows if planned.is_open(row) or row.source_id in disputed]
        self.fresh = [row for row in inside if planned.is_fresh(row)]
        levels = range(max((len(row.keys) for row in rows), default=0))
        # The first key decides first, so any record that has it as well is a rival.
        self._rivals = [_by_key(open_ if level else rows, level) for level in levels]
        self._unsettled = [_by_key(open_, level) for level in levels]
        # a record that only says that a person has left belongs to nobody
        staying = (
            pair[0] for pair in aside if any(stays_until_later(policy, each) for each in pair)
        )
        found = [*open_, *staying]
        self._owners = [_by_key(found, level) for level in levels]
        self._fresh: dict[tuple[int, str], list[SourceRow]] = defaultdict(list)
        for row in self.fresh:
            for form in forms_of(row):
                self._fresh[form].append(row)
        new = [row for row in open_ if planned.is_fresh(row)]
        # Two keys that are as they were in the plan cannot have become equal since.
        come = [row for row in open_ if not row.outside and row.source_id in planned.ignored]
        self.doubling = self._doubling(rows, come, new)

    def _doubling(
        self, rows: Sequence[SourceRow], come: Sequence[SourceRow], new: Sequence[SourceRow]
    ) -> str | None:
        """Return a record that got another record's key since the plan, if any.

        Records that have `come` into the scope are compared by their first key only: they may share
        a later one with a person who is matched already.
        """
        for level, rivals in enumerate(self._rivals):
            every = _by_key(rows, level) if level and new else rivals
            for row in new if level else (*come, *new):
                if _other(row, every.get(key_at(row, level), ())) is not None:
                    return row.source_id
        return None

    def rival(
        self, row: SourceRow, target: TargetRow | None, *, by_link: bool = False
    ) -> SourceRow | None:
        """Return another record with the key that matches this one, or an earlier key, if any.

        A record with an earlier key of the target record would be matched first, unless the plan
        matched this one `by_link` and saw that key. Keys after the one that finds the target record
        do not matter.
        """
        for level, index in enumerate(self._rivals):
            key, held = key_at(row, level), None if target is None else key_at(target, level)
            of_target = self._unsettled[level] if by_link else index
            for each, found in ((key, index), (held, of_target if held != key else {})):
                others = found.get(each, ()) if each is not None else ()
                rival = _other(row, others)
                if rival is not None:
                    return rival
            if key is not None and held == key:
                return None
        return None

    def contests(
        self, row: SourceRow, target: TargetRow, levels: Sequence[int]
    ) -> SourceRow | None:
        """Return another record with a key that the target record will lose, if any."""
        for level, index in enumerate(self._rivals):
            others = index.get(key_at(target, level), ()) if level in levels else ()
            if level and (other := _other(row, others)) is not None:
                return other
        return None

    def near(self, row: SourceRow) -> SourceRow | None:
        """Return a fresh record whose key differs from this one's only in form, if any."""
        for level, form in forms_of(row) if self._fresh else ():
            for each in self._fresh.get((level, form), ()):
                if key_at(each, level) != key_at(row, level):
                    return each
        return None

    def owner(self, target: TargetRow) -> SourceRow | None:
        """Return a record with a key of a target record that the plan did not match, if any."""
        for level, index in enumerate(self._owners):
            key = key_at(target, level)
            if key is not None and key in index:
                return index[key][0]
        return None


def _other(row: SourceRow, rows: Iterable[SourceRow]) -> SourceRow | None:
    """Return another of these rows; rows outside the scope of the sync are no rivals inside it."""
    others = (each for each in rows if row.outside or not each.outside)
    return next((each for each in others if each.source_id != row.source_id), None)


def _by_key(rows: Iterable[SourceRow], level: int) -> Mapping[Hashable, Sequence[SourceRow]]:
    found: dict[Hashable, list[SourceRow]] = defaultdict(list)
    for row in rows:
        if (key := key_at(row, level)) is not None:
            found[key].append(row)
    return dict(found)
