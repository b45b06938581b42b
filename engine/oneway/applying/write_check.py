"""Checks, by what the target shows after a write, that it did what was sent, and no more."""

from oneway.applying.compare_records import more_changed, shows
from oneway.applying.preconditions import LiveState
from oneway.core.connector import Capability, NotSent, ReadError, Unknown, WriteError, reads_by_id
from oneway.core.records import Record, path_of
from oneway.mapping.program import LeftAnswer
from oneway.planning.plan import Action


class WriteCheck:
    """Compares what the target shows after a write with what was sent."""

    def __init__(self, live: LiveState) -> None:
        self._live = live

    def look_at(self, target_id: str) -> Record | None:
        """Return a target record as it is right now; None where that takes more than a request."""
        try:
            return self._live.target.get(target_id) if reads_by_id(self._live.target) else None
        except ReadError:
            return None

    def confirms(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows all that was written, as it was."""
        written = [each for each in action.changes if each.awaits is None]
        return shows(shown, (path_of(each.field) for each in written)) and all(
            self._live.is_after(shown, action, each) for each in written
        )

    def unkept(self, action: Action, shown: Record) -> WriteError | None:
        """Return the end of a change of access that a record shows not to be there; else None.

        What the record does not show, and what the plan could not tell beforehand, says nothing.
        """
        policy = self._live.program.policy
        written = {path_of(each.field) for each in action.changes}
        if action.id in self._live.untold or not shows(shown, written):
            return None
        if all(self._live.is_before(shown, action, each) for each in action.changes):
            text = "the target answers that it is done, and shows the record as it was"
            return NotSent("W116", text, _UNKEPT)
        telling = {policy.leaving[position].keys for position in policy.telling}
        if policy.left is None or not action.verb.takes_access:
            return None
        if not shows(shown, {*telling, *policy.told}):
            return None
        row = self._live.program.target_row(shown)
        if self._live.program.left_with(row, (), Capability.LEAVE) is not LeftAnswer.STAYS:
            return None
        text = "the target answers that it is done, and shows a record that has not left"
        return Unknown("W116", text, _UNKEPT)

    def tells(self, before: Record, shown: Record) -> bool:
        """Return whether a record shows all fields of the mapping that it showed before."""
        policy = self._live.program.policy
        known = (rule.keys for rule in (*policy.leaving, *policy.fields))
        return shows(shown, (keys for keys in known if shows(before, [keys])))

    def more_changed(self, action: Action, before: Record, after: Record) -> list[str]:
        """Return the fields of the mapping that an update changed without being sent them."""
        return more_changed(self._live.program.policy, action.changes, before, after)

    def has_left(self, record: Record) -> bool:
        """Return whether a target record counts as left, or is due to leave."""
        row = self._live.program.target_row(record)
        return row.left or row.scheduled


_UNKEPT = "See in the target why it keeps the old values; another form of one is for `compare`."
