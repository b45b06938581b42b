"""Checks, by what the target shows after a write, that it did what was sent, and no more."""

from enum import Enum
from typing import NamedTuple

from oneway.applying.compare_records import at_stake, has_value, more_changed, shows
from oneway.applying.preconditions import LiveState
from oneway.core.connector import Capability, NotSent, ReadError, Unknown, WriteError, reads_by_id
from oneway.core.records import Record, at, path_of
from oneway.mapping.program import LeftAnswer
from oneway.planning.access import NOT_KEPT
from oneway.planning.plan import Action, Verb


class WriteKind(Enum):
    """What kind of write may harm what it does not send: a system may treat each otherwise."""

    UPDATE = "update"
    OF_WHO_HAS_LEFT = "of who has left"
    """An update that may let somebody in again: each is looked at."""
    RETURN = "return"


class Stake(NamedTuple):
    """A field that a write does not send and could harm; `held` is whether it had a value."""

    kind: WriteKind
    path: str
    held: bool


class WriteCheck:
    """Compares what the target shows after a write with what was sent."""

    def __init__(self, live: LiveState) -> None:
        self._live = live

    @property
    def looks(self) -> bool:
        """Whether one request shows one record: otherwise nobody looks after a write."""
        return reads_by_id(self._live.target)

    def look_at(self, target_id: str) -> Record | None:
        """Return a target record as it is right now; None if no request shows it."""
        try:
            return self._live.target.get(target_id) if self.looks else None
        except ReadError:
            return None

    def at_stake(self, action: Action, before: Record | None) -> frozenset[Stake]:
        """Return what a write could harm of a record beside what it sends."""
        if before is None or action.verb not in (Verb.UPDATE, Verb.REACTIVATE):
            return frozenset()
        kind = WriteKind.UPDATE if action.verb is Verb.UPDATE else WriteKind.RETURN
        if kind is WriteKind.UPDATE and self._has_left(before):
            kind = WriteKind.OF_WHO_HAS_LEFT
        paths = at_stake(self._live.program.policy, action, before)
        return frozenset(
            Stake(kind, path, has_value(at(before.data, path_of(path)))) for path in paths
        )

    def confirms(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows all that was written, as it was."""
        written = [each for each in action.changes if each.awaits is None]
        return shows(shown, (path_of(each.field) for each in written)) and all(
            self._live.is_after(shown, action, each) for each in written
        )

    def is_as_it_was(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows all fields that were written with their old values."""
        return shows(shown, (path_of(each.field) for each in action.changes)) and all(
            self._live.is_before(shown, action, each) for each in action.changes
        )

    def is_changed(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows that an update was made, perhaps in forms of its own."""
        written = [path_of(each.field) for each in action.changes]
        return (
            action.verb is Verb.UPDATE
            and shows(shown, written)
            and not any(self._live.is_before(shown, action, each) for each in action.changes)
        )

    def unkept(self, action: Action, shown: Record) -> WriteError | None:
        """Return the end of a change that a record shows not to be there; else None.

        What the record does not show, and what the plan could not tell beforehand, says nothing.
        """
        policy = self._live.program.policy
        written = {path_of(each.field) for each in action.changes}
        if action.id in self._live.untold or not shows(shown, written):
            return None
        if self.is_as_it_was(action, shown):
            if all(self._live.is_in_other_form(shown, action, each) for each in action.changes):
                return None
            text = "the target answers that it is done, and shows the record as it was"
            return NotSent(NOT_KEPT, text, _UNKEPT)
        telling = {policy.leaving[position].keys for position in policy.telling}
        if policy.left is None or not action.verb.takes_access:
            return None
        if not shows(shown, {*telling, *policy.told}):
            return None
        row = self._live.program.target_row(shown)
        if self._live.program.left_with(row, (), Capability.LEAVE) is not LeftAnswer.STAYS:
            return None
        text = "the target answers that it is done, and shows a record that has not left"
        return Unknown(NOT_KEPT, text, _UNKEPT)

    def told(self, stake: frozenset[Stake], before: Record, shown: Record) -> frozenset[Stake]:
        """Return what of the fields at stake two records show."""
        paths = {each.path: [path_of(each.path)] for each in stake}
        both = {path for path, keys in paths.items() if shows(before, keys) and shows(shown, keys)}
        return frozenset(each for each in stake if each.path in both)

    def tells(self, before: Record, shown: Record) -> bool:
        """Return whether a record shows all fields of the mapping that it showed before."""
        policy = self._live.program.policy
        known = (rule.keys for rule in (*policy.leaving, *policy.fields))
        return shows(shown, (keys for keys in known if shows(before, [keys])))

    def more_changed(
        self, action: Action, before: Record, after: Record, *, alike: bool = False
    ) -> list[str]:
        """Return the fields of the mapping that a write changed without being sent them.

        With `alike`, one request shows both records.
        """
        return more_changed(self._live.program.policy, action, before, after, alike=alike)

    def _has_left(self, record: Record) -> bool:
        """Return whether a target record counts as left, or is due to leave."""
        row = self._live.program.target_row(record)
        return row.left or row.scheduled


_UNKEPT = "See in the target why it keeps the old values; another form of one is for `compare`."
