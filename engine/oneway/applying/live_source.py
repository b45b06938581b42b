"""Reads the source again, and checks that it still asks for each planned action."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from threading import Lock, local
from typing import Self

from oneway.applying.source_keys import PlannedKeys, SourceKeys
from oneway.core.abilities import reads_all, reads_by_id
from oneway.core.connector import Reader
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.mapping.policy import Policy
from oneway.mapping.program import Program
from oneway.mapping.rows import CellState, SourceRow, TargetRow
from oneway.mapping.short_rows import whole
from oneway.mapping.spec import Absent, Category, Rehires, Write
from oneway.planning.absent import Unmatched, doubt, may_be_anybodys
from oneway.planning.diff import at_create, at_update, is_gone, refuses
from oneway.planning.doubted_matches import ReturnDoubts
from oneway.planning.draft_reasons import NOT_SHOWN
from oneway.planning.links import let_through
from oneway.planning.one_per_person import ANOTHER, one_per_person
from oneway.planning.plan import Action, Kind, Outcome, Plan, Reason, Verb
from oneway.planning.shared_records import LEFT_TO
from oneway.planning.similar.same_person import SEVERAL, label_words
from oneway.planning.spoken_values import SpokenValues
from oneway.planning.together import without_parts


class Stale(Exception):
    """The source or the target has changed since the plan; the text says what.

    With `out`, the target says that the person whose access the action would take has left by now.
    With `unlike`, nothing has changed, but a list and a request show the record differently. With
    `unseen`, nothing has changed, but the target does not show the record yet.
    """

    def __init__(
        self, text: str, *, out: bool = False, unlike: bool = False, unseen: bool = False
    ) -> None:
        super().__init__(text)
        self.out = out
        self.unlike = unlike
        self.unseen = unseen


@dataclass(frozen=True, slots=True)
class PlannedSource:
    """What a plan knew about the source's records, by id, and what it does with them."""

    keys: PlannedKeys = field(default_factory=PlannedKeys)
    leaving: frozenset[str] = frozenset()
    rekeyed: Mapping[str, str] = field(default_factory=dict)
    """The keys of the source records that a link matched, and no match key."""
    returning: Mapping[str, str] = field(default_factory=dict)
    """The target records of the people who are back, by source id."""
    linked: Mapping[str, str] = field(default_factory=dict)
    """The target records that earlier runs linked source records to."""
    allowed: frozenset[str] = frozenset()
    """The keys that a human lets decide against links."""
    left_alone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The fields that are left alone, by source id: unseen ones, and those of other connections."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The names of the people whom the plan acts for, by source id."""

    @classmethod
    def of(cls, plan: Plan, linked: Mapping[str, str]) -> Self:
        """Return what a plan knew."""
        known, found = dict[str, str](), set[str]()
        for each in plan.singly():
            if each.source_id is not None:
                known[each.source_id] = each.key
                found |= {each.source_id} if each.target_id is not None else set()
        people = {e.source_id: e for e in plan.notable if e.source_id is not None}
        disputed = frozenset(id for id, each in people.items() if each.kind is Kind.CONFLICT)
        ignored = frozenset(id for id, each in people.items() if each.kind is Kind.IGNORED)
        keys = PlannedKeys(known, frozenset(found), disputed, ignored)
        leaving = frozenset(
            each.source_id
            for each in plan.actions
            if each.verb.writes_leave and each.source_id is not None
        )
        by_link = {id for id, e in people.items() if any(r.code == "rekeyed" for r in e.reasons)}
        rekeyed = {id: people[id].key for id in by_link}
        returning = {
            id: each.target_id
            for id, each in people.items()
            if each.kind is Kind.REHIRE and each.target_id is not None
        }
        allowed = let_through(each.guard for each in plan.allowed)
        of_people = {
            id: reason.candidates[0]
            for id, each in people.items()
            for reason in each.reasons
            if each.kind is Kind.IGNORED and reason.code == ANOTHER
        }
        # A link belongs to the person, whichever of their records counts now.
        linked = {
            of_people.get(id, id): target_id
            for id, target_id in linked.items()
            if of_people.get(id) not in linked
        }
        left_alone = {id: _left_alone(each) for id, each in people.items()}
        names = {id: each.label for id, each in people.items() if each.actions}
        return cls(keys, leaving, rekeyed, returning, linked, allowed, left_alone, names)

    def by_link(self, row: SourceRow) -> bool:
        """Return whether the plan matched a record, with the key it has, only by its link."""
        return self.rekeyed.get(row.source_id) == row.key

    def refuse_another(
        self, policy: Policy, action: Action, row: SourceRow, target: TargetRow
    ) -> None:
        """Raise `Stale` unless a key or the plan's link says that row and target are one person."""
        keys = list(zip(policy.match_paths, row.keys, target.keys, strict=False))
        by_key = any(one is not None and one == other for _, one, other in keys)
        others = {path for path, one, other in keys if one is not None and one != other}
        written = others and others.issubset([change.field for change in action.changes])
        if not (by_key or written or self.by_link(row)):
            raise Stale("the source record no longer has a match key of the target record")

    def refuse_other(
        self, policy: Policy, action: Action, row: SourceRow, target: TargetRow | None
    ) -> None:
        """Raise `Stale` if a record is another person's, or its leaving has changed."""
        if self.keys.is_fresh(row):
            raise Stale("the source record has another match key since the plan")
        if not action.verb.takes_access and self._is_another(row):
            raise Stale("no word of the source record's name is as it was in the plan")
        if target is not None and not action.verb.takes_access:
            guess = self.guess(policy, row, target)
            if guess is not None:
                raise Stale(f"by now, {guess.text}")
        if action.verb is not Verb.UPDATE or target is None:
            return
        gone = policy.has_leavers and is_gone(policy, row, target)
        asks = policy.rehires is not Rehires.IGNORE and row.source_id not in self.returning
        if gone and asks and not row.leaver:
            raise Stale("the target record has left since the plan, and the person has not")
        leaves = row.source_id in self.leaving
        if leaves and not row.leaver:
            raise Stale("is no longer a leaver in the source")
        came = row.leaver and not leaves and not target.left
        if came and at_update(policy.leaving, row.leaving, target.leaving):
            raise Stale("has left in the source since the plan")

    def _is_another(self, row: SourceRow) -> bool:
        """Return whether a row has a name with no word of the one that the plan was made for.

        A leaver's name may be made anonymous, and a name of one word may change.
        """
        before, now = label_words(self.names.get(row.source_id, "")), label_words(row.label)
        return len(before) >= SEVERAL and bool(now) and before.isdisjoint(now)

    def guess(self, policy: Policy, row: SourceRow, target: TargetRow) -> Reason | None:
        """Return why a returning person may not be the leaver who owns the record."""
        return ReturnDoubts(policy, self.linked, self.allowed).reason(row, target)


class _LastAsked(local):
    """The last record that a thread requested: its check requests the same one several times."""

    def __init__(self) -> None:
        self.last: tuple[str, SourceRow | None] | None = None


@dataclass(slots=True)
class LiveSource:
    """Source records as they are now: by id if the system supports that, else from one list.

    The list is read once, at first need. Several threads may ask at once. Methods raise
    `ReadError`.
    """

    program: Program
    source: Reader
    target_row: Callable[[str], TargetRow | None]
    """Returns a target record as it is now, by its id; None if it is gone."""
    planned: PlannedSource = field(default_factory=PlannedSource)
    _list: dict[str, SourceRow] | None = None
    _complete: bool = True
    _aside: dict[str, str] = field(default_factory=dict)
    _keys: SourceKeys = field(init=False)
    _unmatched: Unmatched = field(init=False)
    _spoken: SpokenValues = field(init=False)
    _claimed: SpokenValues = field(init=False)
    _unproven: str = ""
    _look: _LastAsked = field(default_factory=_LastAsked)
    _reading: Lock = field(default_factory=Lock)

    def row(self, id: str) -> SourceRow | None:
        """Return the mapping's row of a source record now, or None if it is gone."""
        last = self._look.last
        if last is None or last[0] != id:
            last = self._look.last = (id, self._asked(id))
        return last[1]

    def forget(self) -> None:
        """Forget the record that this thread has read, before another check."""
        self._look.last = None

    def refuse_owned(self, target: TargetRow) -> None:
        """Raise `Stale` if a target record without a person in the plan may have one now."""
        if not self._listed() and self.planned.keys.known:
            raise Stale("the source is now empty")
        if not self._complete:
            raise ReadError("R161", "the source was not read to the end", "run again")
        if self._keys.owner(target) is not None:
            raise Stale("a source record belongs to it again")
        if self._unproven:
            raise Stale(f"by now, {self._unproven}")
        spared = self._unmatched.spares(target) or self._spoken.of(target)
        if spared is not None:
            raise Stale(f"by now, {spared.text}")

    def refuse_rival(self, action: Action, row: SourceRow, target: TargetRow | None) -> None:
        """Raise `Stale` if another source record may now be about the same person.

        This is checked only if the source's list is read anyway; the plan has just read it.
        """
        if self._by_id and not reads_all(self.source):
            return
        self._listed()
        keys = self._keys
        rival = keys.rival(row, target, by_link=self.planned.by_link(row))
        if rival is not None:
            text = "has a match key of this person or of their record by now"
            raise Stale(f"source record {rival.source_id} {text}")
        paths = self.program.policy.match_paths
        lost = {each.field for each in action.changes} & set(paths)
        levels = [level for level, path in enumerate(paths) if path in lost]
        other = keys.contests(row, target, levels) if target is not None and levels else None
        if other is not None:
            text = "is matched by the key that the target record would lose"
            raise Stale(f"source record {other.source_id} {text}")
        leaves = action.verb.writes_leave
        near = keys.near(row) if action.verb is Verb.CREATE or leaves else None
        if near is not None and not (near.leaver and leaves):
            text = f"source record {near.source_id} has come since the plan"
            raise Stale(f"{text}, with nearly the same match key: perhaps one person twice")
        sharing = self._claimed.shared(row) if action.verb is Verb.CREATE else None
        if sharing is not None:
            text = "has come since the plan, with the same unique value"
            raise Stale(f"source record {sharing} {text}")

    @property
    def _by_id(self) -> bool:
        # Which record counts depends on all records of the person.
        return reads_by_id(self.source) and not self.program.policy.one_per

    def _asked(self, id: str) -> SourceRow | None:
        row = self._one(id)
        if id in self._aside:
            raise Stale(f"source record {self._aside[id]} now counts for this person")
        if row is not None and row.rank is not None and row.rank.tied:
            raise Stale("several source records might now count for this person")
        return row

    def _one(self, id: str) -> SourceRow | None:
        if self._by_id:
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
        policy, snapshot = self.program.policy, self.source.read()
        found = [self.program.source_row(record) for record in snapshot.records]
        chosen = one_per_person(policy, found)
        rows = list(map(whole, chosen.rows))
        self._aside = {row.source_id: picked.source_id for row, picked in chosen.aside}
        self._complete = snapshot.complete
        self._keys = SourceKeys(policy, rows, chosen.aside, self.planned.keys)
        guessed, alone = list[SourceRow](), list[SourceRow]()
        if policy.absent is Absent.DEACTIVATE:
            guessed = list(self._guessed({row.source_id: row for row in rows}))
            alone = [*self._keys.alone, *guessed]
        linked = self.planned.linked
        unclear = doubt(policy, guessed, linked)
        self._unmatched = Unmatched(policy, alone, unclear, set(linked.values()))
        self._spoken = SpokenValues(policy, alone)
        # Leavers are not created, even before their last day.
        new = [row for row in self._keys.fresh if not row.leaver]
        self._claimed = SpokenValues(policy, new)
        self._unproven = may_be_anybodys(policy, alone)
        if self._keys.doubling is not None:
            text = "has another's match key, and it is not known which record is theirs"
            self._unproven = f"source record {self._keys.doubling} {text}"
        return {row.source_id: row for row in rows}

    def _guessed(self, rows: Mapping[str, SourceRow]) -> Iterator[SourceRow]:
        """Yield the people whom the plan brings back, but who may no longer own the record."""
        for id, target_id in self.planned.returning.items():
            row = rows.get(id)
            if row is None or self.planned.keys.is_open(row):
                continue
            target = self.target_row(target_id)
            if target is not None and self.planned.guess(self.program.policy, row, target):
                yield row


def refuse_other_outcome(
    policy: Policy, action: Action, row: SourceRow, target: TargetRow | None
) -> None:
    """Raise `Stale` if the mapping would now give the record another outcome."""
    category = Category.JOINERS if target is None else Category.MOVERS
    if row.leaver:
        category = Category.LEAVERS
    comes = action.verb is Verb.REACTIVATE and row.leaves_left is not False
    if row.leaver and (action.verb is Verb.CREATE or comes):
        raise Stale("has left in the source since the plan")
    if not row.leaver and action.verb.writes_leave:
        raise Stale("is no longer a leaver in the source")
    if row.outside and not action.verb.writes_leave:
        rules = ", ".join(policy.only[position].id for position in row.outside)
        raise Stale(f"the sync is no longer for this person: {rules}")
    if row.unsaid is not None and target is None:
        raise Stale(f"the source no longer says who this is: {row.unsaid.text}")
    if action.verb is Verb.CREATE and (untold := _untold(policy, row)):
        raise Stale(f"the source no longer says what may be another's: {', '.join(untold)}")
    failed = [policy.rules[position] for position in row.failed_rules]
    wrong = [rule.id for rule in failed if category in rule.categories]
    if not action.verb.writes_leave:  # a leave does not wait for other fields
        wrong += _lacking(policy, row, creating=target is None)
    if wrong:
        raise Stale(f"no longer eligible by the source: {', '.join(wrong)}")


def _untold(policy: Policy, row: SourceRow) -> list[str]:
    """Return the fields with unique values for which the source gives no value."""
    cells = [(policy.fields[i], row.cells[i]) for i in policy.watched if row.cells]
    written = (each for each in cells if each[0].write is not Write.NEVER)
    return [rule.path for rule, cell in written if cell.state is CellState.UNSTATED]


def _lacking(policy: Policy, row: SourceRow, *, creating: bool) -> list[str]:
    """Return the fields that a record needs to be eligible, and has no value for."""
    cells = zip(policy.fields, row.cells, strict=False)
    return [rule.path for rule, cell in cells if refuses(rule, cell, creating=creating)]


def _left_alone(outcome: Outcome) -> frozenset[str]:
    """Return the fields that are left alone: not shown by the target record, or another's."""
    codes = (each.code for each in outcome.reasons if each.code.startswith((NOT_SHOWN, LEFT_TO)))
    return frozenset(code.removeprefix(NOT_SHOWN).removeprefix(LEFT_TO) for code in codes)


def unplanned(
    planned: PlannedSource, policy: Policy, action: Action, row: SourceRow, target: TargetRow | None
) -> Iterator[str]:
    """Yield the fields that the mapping would write now and the action does not.

    Ending access does not wait for other fields. A match key that others contest is left alone: a
    human decides about it. So is a field that only a request for the record shows, and one that
    another connection writes.
    """
    known = {change.field for change in action.changes}
    known |= planned.left_alone.get(row.source_id, set())
    if target is None:
        found = at_create(policy.fields, row.cells)
    elif action.verb is Verb.UPDATE:
        found = at_update(policy.fields, row.cells, target.values)
    else:
        return
    found, _ = without_parts(policy, found, row.cells, creating=target is None)
    keys = set() if target is None else {path for path in policy.match_paths if path}
    for each in found:
        if each.rule.path not in known | keys:
            yield each.rule.path
