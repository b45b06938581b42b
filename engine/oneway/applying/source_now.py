"""Reads the source again, and checks that it still asks for each planned action."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import field
from threading import Lock, local
from typing import Self

from oneway.core.connector import Reader, ReadError, reads_by_id
from oneway.core.dataclass import dataclass
from oneway.mapping.program import Policy, Program, SourceRow, TargetRow, whole
from oneway.mapping.spec import Category
from oneway.planning.diff import at_create, at_update, kept_out
from oneway.planning.one_per_person import one_per_person
from oneway.planning.plan import Action, Plan, Verb


class Stale(Exception):
    """The source or the target has changed since the plan; the text says what.

    `out`: whose access the action was to take has left by now, as the target says.
    """

    def __init__(self, text: str, *, out: bool = False) -> None:
        super().__init__(text)
        self.out = out


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """The ids of source records known to a plan, and of those that it makes leave."""

    records: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()
    rekeyed: Mapping[str, str] = field(default_factory=dict)
    """The keys of the source records that a link matched, and no key."""

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Return what a plan knew."""
        known = frozenset(each.source_id for each in plan.parts if each.source_id is not None)
        leaving = frozenset(
            each.source_id
            for each in plan.actions
            if each.verb is Verb.LEAVE and each.source_id is not None
        )
        rekeyed = {
            each.source_id: each.key
            for each in plan.telling
            if each.source_id is not None and any(e.code == "rekeyed" for e in each.reasons)
        }
        return cls(known, leaving, rekeyed)

    def refuse_another(
        self, policy: Policy, action: Action, row: SourceRow, target: TargetRow
    ) -> None:
        """Raise `Stale` unless a key, or the plan's link, says that the two are one person."""
        by_key = any(a is not None and a == b for a, b in zip(row.keys, target.keys, strict=False))
        writes_keys = any(change.field in policy.match_paths for change in action.changes)
        if not (by_key or writes_keys or self.rekeyed.get(row.source_id) == row.key):
            raise Stale("the source record no longer has a match key of the target record")

    def refuse_other(
        self, policy: Policy, action: Action, row: SourceRow, target: TargetRow | None
    ) -> None:
        """Raise `Stale` if the person leaves now and did not in the plan, or the reverse."""
        if action.verb is not Verb.UPDATE or target is None:
            return
        leaves = row.source_id in self.leaving
        if leaves and not row.leaver:
            raise Stale("is no longer a leaver in the source")
        came = row.leaver and not leaves and not target.left
        said = kept_out(policy, row).leaving
        if came and at_update(policy.leaving, said, target.leaving):
            raise Stale("has left in the source since the plan")


class _LastAsked(local):
    """The last record requested: a check, in one thread, requests its own several times."""

    def __init__(self) -> None:
        self.last: tuple[str, SourceRow | None] | None = None


@dataclass(slots=True)
class SourceNow:
    """Source records as they are now: by id if the system supports that, else from one list.

    The list is read once, at first need. Several threads may ask at once. Methods raise
    `ReadError`.
    """

    program: Program
    source: Reader
    planned: PlannedSource = field(default_factory=PlannedSource)
    _list: dict[str, SourceRow] | None = None
    _complete: bool = True
    _aside: dict[str, str] = field(default_factory=dict)
    _keys: list[frozenset[Hashable]] = field(default_factory=list)
    _look: _LastAsked = field(default_factory=_LastAsked)
    _reading: Lock = field(default_factory=Lock)

    def row(self, id: str) -> SourceRow | None:
        """Return the mapping's row of a source record now, or None if it is gone."""
        last = self._look.last
        if last is None or last[0] != id:
            last = self._look.last = (id, self._asked(id))
        return last[1]

    def forget(self) -> None:
        """Forget the record that this thread has read: another check begins."""
        self._look.last = None

    def stands_for(self, target: TargetRow) -> bool:
        """Return whether a source record newer than the plan has a match key of the target record.

        Records known to the plan have their match, by another key.
        """
        self._listed()
        if not self._complete:
            raise ReadError("R161", "the source was not read to the end", "run again")
        return any(
            key is not None and level < len(self._keys) and key in self._keys[level]
            for level, key in enumerate(target.keys)
        )

    def _asked(self, id: str) -> SourceRow | None:
        row = self._one(id)
        if id in self._aside:
            raise Stale(f"source record {self._aside[id]} stands for this person by now")
        if row is not None and row.standing is not None and row.standing.tied:
            raise Stale("several source records might stand for this person by now")
        return row

    def _one(self, id: str) -> SourceRow | None:
        # All of a person's records decide which of them counts.
        if reads_by_id(self.source) and not self.program.policy.one_per:
            record = self.source.get(id)
            return None if record is None else self.program.source_row(record)
        found = self._listed().get(id)
        if found is None and not self._complete:
            raise ReadError("R161", "the source was not read to the end", "run again")
        return found

    def _listed(self) -> dict[str, SourceRow]:
        with self._reading:  # the others wait for the one list, and share it
            if self._list is None:
                self._list = self._read()
            return self._list

    def _read(self) -> dict[str, SourceRow]:
        snapshot = self.source.read()
        found = [self.program.source_row(record) for record in snapshot.records]
        chosen = one_per_person(self.program.policy, found)
        rows = list(map(whole, chosen.rows))
        self._aside = {row.source_id: picked.source_id for row, picked in chosen.aside}
        self._complete = snapshot.complete
        fresh = [row for row in rows if row.source_id not in self.planned.records]
        levels = max((len(row.keys) for row in fresh), default=0)
        self._keys = [
            frozenset(row.keys[level] for row in fresh if level < len(row.keys))
            for level in range(levels)
        ]
        return {row.source_id: row for row in rows}


def refuse_other_outcome(
    policy: Policy, action: Action, row: SourceRow, target: TargetRow | None
) -> None:
    """Raise `Stale` if the source no longer makes of a record what the action assumes."""
    category = Category.JOINERS if target is None else Category.MOVERS
    if row.leaver:
        category = Category.LEAVERS
    comes = action.verb is Verb.REACTIVATE and row.leaves_left is not False
    if row.leaver and (action.verb is Verb.CREATE or comes):
        raise Stale("has left in the source since the plan")
    if not row.leaver and action.verb is Verb.LEAVE:
        raise Stale("is no longer a leaver in the source")
    failed = [policy.rules[position] for position in row.failed_rules]
    wrong = [rule.id for rule in failed if category in rule.categories]
    if wrong:
        raise Stale(f"no longer eligible by the source: {', '.join(wrong)}")


def unplanned(
    policy: Policy, action: Action, row: SourceRow, target: TargetRow | None
) -> Iterator[str]:
    """Yield the fields that the mapping would write now and the action does not.

    Ending access does not wait for other fields. A match key that others contest is for a person
    to decide, so it is left alone.
    """
    planned = {change.field for change in action.changes}
    if target is None:
        found = at_create(policy.fields, row.cells)
    elif action.verb is Verb.UPDATE:
        found = at_update(policy.fields, row.cells, target.values)
    else:
        return
    keys = set() if target is None else {path for path in policy.match_paths if path}
    for each in found:
        if each.rule.path not in planned | keys:
            yield each.rule.path
