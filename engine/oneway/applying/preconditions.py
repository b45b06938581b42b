"""Compares the present state of the systems with the plan, one record at a time.

Before a write, it checks that the source still asks for it, and that the target still holds what
the plan saw. After a write with an unknown result, it finds out whether the write happened.
"""

from collections.abc import Container, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, replace
from enum import Enum
from types import MappingProxyType

from oneway.applying.claim_holders import ClaimHolders
from oneway.applying.compare_records import filled_in, shows
from oneway.applying.live_source import (
    LiveSource,
    PlannedSource,
    Stale,
    refuse_other_outcome,
    unplanned,
)
from oneway.applying.live_target import LiveTarget
from oneway.applying.shared_program import SharedProgram
from oneway.applying.source_values import SourceValues, rule_of
from oneway.core.compare import Compare, same
from oneway.core.connector import Reader
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.key_forms import is_other_form, loose
from oneway.core.paths import at, path_of, with_value
from oneway.core.records import MISSING, Record, Value, is_blank
from oneway.core.seal import Seal, Sealed
from oneway.mapping.policy import Policy
from oneway.mapping.program import Program
from oneway.mapping.rows import Cell, CellState, SourceRow, TargetRow
from oneway.planning.access import UNSAID
from oneway.planning.diff import holds_planned, is_there
from oneway.planning.plan import Action, Awaits, Change, Claim, Plan, Verb


def _listed_otherwise(unlisted: Sequence[Change], masked: Sequence[Change]) -> str:
    """Return how a list shows some fields of a record otherwise than a request for it does."""
    lacks, shows = (", ".join(each.field for each in some) for some in (unlisted, masked))
    if not lacks:
        return f"the list shows another value of {shows} than a request for the record"
    also = f", and shows another value of {shows}" if shows else ""
    return f"the list does not show {lacks}{also}, and a request for the record does"


_BY_DETAIL = "let the manifest read the list's records by a `detail`"


class Happened(Enum):
    """Whether a write with an unknown result has happened."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """The target may not show it yet."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """The source and the target as they are now.

    Several threads may check one action each. `forget` begins a check; within a check, a record is
    requested once. Methods raise `ReadError` if a system cannot be asked.
    """

    program: Program
    source: Reader
    target: Reader
    seal: Seal
    creates: dict[str, Action] = field(default_factory=dict)
    """The actions of the plan that create a record, by their ids."""
    created: dict[str, str] = field(default_factory=dict)
    """The ids of the records that were created, by action."""
    untold: set[str] = field(default_factory=set)
    """The actions after which the plan could not say whether a record has left."""
    _source: LiveSource = field(init=False)
    _target: LiveTarget = field(init=False)
    _holders: ClaimHolders = field(init=False)
    _values: SourceValues = field(init=False)

    def __post_init__(self) -> None:
        program, target = SharedProgram(self.program), LiveTarget(self.target)
        source = LiveSource(program, self.source, self._row_of)
        object.__setattr__(self, "program", program)
        object.__setattr__(self, "_source", source)
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_holders", ClaimHolders(target))
        object.__setattr__(self, "_values", SourceValues(program, source, self.seal, self._held))

    def begin(self, plan: Plan, linked: Mapping[str, str] = MappingProxyType({})) -> None:
        """Remember what a plan knew about both systems, before its actions are checked.

        `linked` are the target records that earlier runs linked source records to.
        """
        self.creates.update((e.id, e) for e in plan.actions if e.verb is Verb.CREATE)
        self.untold.update(
            action.id
            for each in plan.notable
            if any(reason.code == UNSAID for reason in each.reasons)
            for action in each.actions
        )
        self._source.planned = PlannedSource.of(plan, linked)

    def listed(self, target_id: str) -> Record | None:
        """Return a target record as the list shows it; None if it does not, or cannot be read."""
        return self._target.listed(target_id)

    def forget(self, *, renew: bool = False) -> None:
        """Forget the records of this thread's last check; `renew` reads lists anew as well."""
        self._source.forget()
        self._target.begin_look(renew=renew)

    def has(self, target_id: str) -> bool:
        """Return whether the target has a record now."""
        return self._target.record(target_id) is not None

    def has_left(self, target_id: str) -> bool:
        """Return whether the target shows that the person of a record has left."""
        if self.program.policy.left is None:
            return False
        try:
            record = self._target.record(target_id)
        except ReadError:
            return False
        return record is not None and self.program.target_row(record).left

    def writing(self) -> AbstractContextManager[None]:
        """Return a block in which a write is sent, and no list is read for a check."""
        return self._target.turns.writing()

    def values(self, action: Action) -> dict[str, Value]:
        """Return the values to write, nested; raise `Stale` if a sealed value has changed.

        A cleared value becomes null or blank, whichever the target takes.
        """
        nested: dict[str, Value] = {}
        said = self._values.of(action)
        policy = self.program.policy
        clears = {rule.path: rule.clear for rule in (*policy.fields, *policy.leaving)}
        for change in action.changes:
            if change.awaits is not None:
                value = self._awaited(change.awaits)
            else:
                value = self._values.opened(action, change.field, change.after, said)
            if value is None:
                value = clears.get(change.field)
            nested = with_value(nested, path_of(change.field), value)
        return nested

    def note_created(self, action: Action, target_id: str | None) -> None:
        """Remember the id of a record that was created, for the actions that refer to it."""
        if action.verb is Verb.CREATE and target_id is not None:
            self.created[action.id] = target_id

    def resolved(self, action: Action) -> Action:
        """Return an action with its record's id filled in, if this run created the record.

        Raises `Stale` if the create was not done.
        """
        if action.target_id is not None or action.verb is Verb.CREATE:
            return action
        return replace(action, target_id=self._made(action.depends_on[0]))

    def _made(self, id: str) -> str:
        """Return the id of the record that an action created, perhaps in an earlier run."""
        if id not in self.created:
            found = self.happened(self.creates[id])[1] if id in self.creates else None
            if found is None:
                raise Stale("the record that was to be created before is not there")
            self.created[id] = found
        return self.created[id]

    def _awaited(self, awaits: Awaits) -> Value:
        """Return the value that a lookup takes from a record that this run created."""
        record = self._held(self._made(awaits.action))
        found = self.program.own_tables()[awaits.lookup].entry(record.data)
        if found is None or is_blank(found[1]):
            raise Stale(f"target record {record.id} has no value for {awaits.lookup} yet")
        return found[1]

    def refuse_stale(self, action: Action) -> None:
        """Raise `Stale` unless the source and the target still are as the plan saw them."""
        if action.target_id is None:
            self._refuse_source(action, None)
            self._refuse_holders(action)
            return
        record = self._held(action.target_id)
        moved = [each for each in action.changes if not self.is_before(record, action, each)]
        if moved:
            record = self._as_listed(record, action, moved)
        self._refuse_source(action, self.program.target_row(record))
        self._refuse_holders(action)

    def _as_listed(self, record: Record, action: Action, moved: Sequence[Change]) -> Record:
        """Fill in what only the list shows of a record; raise `Stale` if that has changed.

        A plan is made from the list. If a request for the record shows other fields than the list,
        or other values (the list may mask them), that is not a change since the plan.
        """
        listed = self._target.listed(record.id)
        if listed is None:
            raise self._moved(action, record, [each.field for each in moved])
        whole = filled_in(record, listed, moved)
        unlike = [each for each in moved if not self.is_before(whole, action, each)]
        unlisted = [each for each in moved if not shows(listed, [path_of(each.field)])]
        masked = [each for each in unlike if self.is_before(listed, action, each)]
        changed = [each.field for each in unlike if each not in (*unlisted, *masked)]
        if changed:
            raise self._moved(action, whole, changed)
        if not (unlisted or masked):
            return whole
        text = _listed_otherwise(unlisted, masked)
        if not action.verb.takes_access:
            text += ": a value that the list does not show is not overwritten"
            raise Stale(f"{text}; {_BY_DETAIL}", unlike=True)
        done = all(self.is_after(whole, action, each) for each in action.changes)
        if done and self.program.target_row(whole).left:
            raise Stale(f"{text}: the record counts as left already; {_BY_DETAIL}", out=True)
        return whole

    def refuse_other_source(self, action: Action) -> None:
        """Raise `Stale` unless the source still asks for an action; ignores the target."""
        target = None
        if action.target_id is not None:
            target = self.program.target_row(self._held(action.target_id))
        self._refuse_source(action, target)

    def _refuse_source(self, action: Action, target: TargetRow | None) -> None:
        """Raise `Stale` unless the source still asks for exactly this action."""
        if action.source_id is None:
            assert target is not None
            if not self.program.absence_counts(target):
                raise Stale("by the target record as it is now, its absence does not count")
            self._source.refuse_owned(target)
            row = None
        else:
            row = _without_own_lookups(self._values.row(action), self.program.policy)
            refuse_other_outcome(self.program.policy, action, row, target)
            if target is not None:
                self._source.planned.refuse_another(self.program.policy, action, row, target)
            self._source.planned.refuse_other(self.program.policy, action, row, target)
            self._source.refuse_rival(action, row, target)
        said = self._values.of(action)
        changed = [
            each.field for each in action.changes if not self._values.is_said(action, each, said)
        ]
        if row is not None:
            planned = self._source.planned
            changed += unplanned(planned, self.program.policy, action, row, target)
        if changed:
            raise Stale(f"changed in the source since the plan: {', '.join(changed)}")

    def happened(self, action: Action) -> tuple[Happened, str | None]:
        """Return whether a sent write has happened, and the id of the record if so.

        Raises `Stale` if the target shows neither the record before nor the one after.
        """
        if action.target_id is None:
            return self._created(action)
        record = self._held(action.target_id)
        unseen = [
            each
            for each in action.changes
            if each.after is not None and not shows(record, [path_of(each.field)])
        ]
        if unseen and (listed := self._target.listed(record.id)) is not None:
            record = filled_in(record, listed, unseen)
        if all(
            self.is_after(record, action, each) or self.is_in_other_form(record, action, each)
            for each in action.changes
        ):
            return Happened.YES, action.target_id
        moved = [
            each.field
            for each in action.changes
            if not self.is_before(record, action, each) and not self.is_after(record, action, each)
        ]
        if moved:
            raise self._moved(action, record, moved)
        return Happened.NO, None

    def is_out(self, action: Action) -> bool:
        """Return whether the record of an update counts as left although its person is employed.

        The update may have locked them out: the record's former state is no longer known.
        """
        record = self._held(action.target_id or "")
        if action.verb is not Verb.UPDATE or not self.program.target_row(record).left:
            return False
        try:
            return is_there(self.program.policy, self._values.row(action))
        except (Stale, ReadError):
            return False

    def _moved(self, action: Action, record: Record, fields: Sequence[str]) -> Stale:
        """Return the error that a record has changed; it tells if the person has left by now."""
        out = action.verb.takes_access and self.program.target_row(record).left
        left = "; the record now counts as left" if out else ""
        return Stale(f"changed in the target since the plan: {', '.join(fields)}{left}", out=out)

    def _created(self, action: Action) -> tuple[Happened, str | None]:
        """Return the record that holds all values of a create, if there is one."""
        wanted = self._wanted(action)
        candidates = self._holders.candidates(wanted)
        written = {change.field for change in action.changes}
        found: set[str] = set()
        missed = False
        for claim, value in wanted:
            ids = {each.id for each in self._holders.among(candidates, claim, value)}
            found |= ids
            missed = missed or (not ids and claim.path in written)
        if not found:
            return Happened.NO, None
        if len(found) == 1 and not missed:
            return Happened.YES, found.pop()
        raise Stale(f"its values now belong to target record {', '.join(sorted(found))}")

    def _refuse_holders(self, action: Action) -> None:
        """Raise `Stale` if another record holds a value that only one may hold."""
        for claim in action.claims:
            value = self._values.claimed(action, claim)
            for holder in self._holders.other_than(action.target_id, claim, value):
                raise Stale(f"{claim.path} now belongs to target record {holder.id}")

    def nearly(self, action: Action, known: Container[str]) -> tuple[str, str] | None:
        """Return the id of a record that may be the new one, and which value is alike.

        A target may store a key in another form. `known` records existed before.
        """
        wanted = [(claim, loose(value)) for claim, value in self._wanted(action)]
        for record in self._target.everybody():
            for claim, value in wanted:
                now = at(record.data, path_of(claim.path))
                if record.id not in known and not is_blank(now) and loose(now) == value:
                    return record.id, claim.path
        return None

    def _wanted(self, action: Action) -> list[tuple[Claim, Value]]:
        """Return the claims of a create that was sent, each with its value if that is still known.

        The source may have changed or lost the record since; the create may have happened all the
        same. Raises `Stale` if no claim's value is known.
        """
        wanted: list[tuple[Claim, Value]] = []
        unknown: Stale | None = None
        for claim in action.claims:
            try:
                wanted.append((claim, self._values.claimed(action, claim)))
            except Stale as stale:
                unknown = stale
        if unknown is not None and not wanted:
            raise unknown
        return wanted

    def _row_of(self, target_id: str) -> TargetRow | None:
        record = self._target.record(target_id)
        return None if record is None else self.program.target_row(record)

    def _held(self, id: str) -> Record:
        record = self._target.record(id)
        if record is None and id in self.created.values():
            text = f"this run created target record {id}, and the target does not show it yet"
            raise Stale(f"{text}; the next run changes it", unseen=True)
        if record is None:
            raise Stale("the target record is gone")
        return record

    def seen(self, action: Action) -> Record | None:
        """Return the record that an action changes, as this check read it."""
        return None if action.target_id is None else self._target.record(action.target_id)

    def is_before(self, record: Record, action: Action, change: Change) -> bool:
        """Return whether a record holds the value of a field from before a change."""
        return self._holds(record, action, change, change.before, action.target_id)

    def is_after(self, record: Record, action: Action, change: Change) -> bool:
        """Return whether a record holds the value that a change was to write."""
        if change.awaits is not None:
            now = at(record.data, path_of(change.field))
            return same(now, self._awaited(change.awaits), Compare.EXACT)
        whose = action.source_id or action.target_id
        return self._holds(record, action, change, change.after, whose)

    def _holds(
        self,
        record: Record,
        action: Action,
        change: Change,
        value: Value | Sealed,
        sealed_for: str | None,
    ) -> bool:
        """Return whether a record holds a value, compared as the plan compares it."""
        now = at(record.data, path_of(change.field))
        if isinstance(value, Sealed):
            held = None if now is MISSING else now
            return self._is_sealed(action, change, held, value, sealed_for)
        return holds_planned(rule_of(self.program.policy, action, change.field), now, value)

    def is_in_other_form(self, record: Record, action: Action, change: Change) -> bool:
        """Return whether a record may hold an update's value in a form of its own.

        Never for a field that ends or gives access: that must be as it was sent.
        """
        now = at(record.data, path_of(change.field))
        return action.verb is Verb.UPDATE and is_other_form(now, change.after)

    def _is_sealed(
        self, action: Action, change: Change, now: Value, sealed: Sealed, record: str | None
    ) -> bool:
        """Return whether a value is the sealed one, or the same by the field's `compare`."""
        if self._values.sealed(record, change.field, now) == sealed:
            return True
        rule = rule_of(self.program.policy, action, change.field)
        comparison = Compare.EXACT if rule is None else rule.compare
        if comparison is Compare.EXACT or sealed != change.after:
            return False
        try:
            said = self._values.of(action)
            return same(now, self._values.opened(action, change.field, sealed, said), comparison)
        except (Stale, ReadError):
            return False


def _without_own_lookups(row: SourceRow, policy: Policy) -> SourceRow:
    """Return a row without its lookups into the target's own records.

    The plan resolved them for the target after the run; they give other results now.
    """
    cells = tuple(
        Cell(CellState.INACTIVE) if rule.own_table else cell
        for rule, cell in zip(policy.fields, row.cells, strict=False)
    )
    return row._replace(cells=cells)
