"""Checks that a write did what was sent and nothing else, by what the target shows afterwards."""

from enum import Enum
from typing import NamedTuple

from oneway.applying.compare_records import (
    at_stake,
    emptied,
    filled_in,
    has_value,
    lacks_unsent,
    more_changed,
    shows,
)
from oneway.applying.preconditions import LiveState
from oneway.core.abilities import reads_by_id
from oneway.core.connector_errors import NotSent, ReadError, Unknown, WriteError
from oneway.core.description import Capability
from oneway.core.key_forms import is_other_form
from oneway.core.parsing import parse_day
from oneway.core.paths import at, path_of
from oneway.core.records import Missing, Record, Value
from oneway.core.seal import Sealed
from oneway.mapping.program import LeftAnswer
from oneway.mapping.spec import Write
from oneway.planning.access import NOT_KEPT
from oneway.planning.plan import Action, Verb


class WriteKind(Enum):
    """The kinds of write that may harm other fields; a system may treat each differently."""

    UPDATE = "update"
    OF_WHO_HAS_LEFT = "of who has left"
    """An update of a person who has left: it might let them in again, so each one is checked."""
    RETURN = "return"
    LEAVE = "leave"


_KINDS = {
    Verb.UPDATE: WriteKind.UPDATE,
    Verb.REACTIVATE: WriteKind.RETURN,
    **{verb: WriteKind.LEAVE for verb in Verb if verb.takes_access},
}


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
        """Whether the target can show a single record; if not, nothing is checked after a write."""
        return reads_by_id(self._live.target)

    def look_at(self, target_id: str) -> Record | None:
        """Request a target record as it is right now; None if it cannot be shown."""
        try:
            return self._live.target.get(target_id) if self.looks else None
        except ReadError:
            return None

    def at_stake(self, action: Action, before: Record | None) -> frozenset[Stake]:
        """Return the fields of a record that a write does not send but could harm."""
        kind = _KINDS.get(action.verb)
        if before is None or kind is None:
            return frozenset()
        if kind is WriteKind.UPDATE and self._has_left(before):
            kind = WriteKind.OF_WHO_HAS_LEFT
        paths = at_stake(self._live.program.policy, action, before)
        return frozenset(
            Stake(kind, path, has_value(at(before.data, path_of(path)))) for path in paths
        )

    def confirms(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows every written value as it was sent."""
        written = [each for each in action.changes if each.awaits is None]
        return shows(shown, (path_of(each.field) for each in written)) and all(
            self._live.is_after(shown, action, each) for each in written
        )

    def is_as_it_was(self, action: Action, shown: Record) -> bool:
        """Return whether a record still shows the old value of every written field."""
        return shows(shown, (path_of(each.field) for each in action.changes)) and all(
            self._live.is_before(shown, action, each) for each in action.changes
        )

    def is_changed(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows that an update was made, perhaps in other forms."""
        written = [path_of(each.field) for each in action.changes]
        return (
            action.verb is Verb.UPDATE
            and shows(shown, written)
            and not any(self._live.is_before(shown, action, each) for each in action.changes)
        )

    def unkept(self, action: Action, shown: Record) -> WriteError | None:
        """Return the error of a change that a record shows not to be there; else None.

        Fields that the record does not show, or that the plan could not know, prove nothing.
        """
        policy = self._live.program.policy
        if action.id in self._live.untold:
            return None
        if fields := self._old(action, shown):
            text = f"the target answers that it is done, and shows {', '.join(fields)} as before"
            return Unknown(NOT_KEPT, text, _UNKEPT)
        if not shows(shown, (path_of(each.field) for each in action.changes)):
            return None
        if self.is_as_it_was(action, shown):
            if all(self._live.is_in_other_form(shown, action, each) for each in action.changes):
                return None
            text = "the target answers that it is done, and shows the record as it was"
            return NotSent(NOT_KEPT, text, _UNKEPT)
        telling = {policy.leaving[position].keys for position in policy.telling}
        if policy.left is None or not action.verb.takes_access:
            return None
        if not shows(shown, {*telling, *policy.condition_paths}):
            return None
        row = self._live.program.target_row(shown)
        if self._live.program.left_with(row, (), Capability.LEAVE) is not LeftAnswer.STAYS:
            return None
        text = "the target answers that it is done, and shows a record that has not left"
        return Unknown(NOT_KEPT, text, _UNKEPT)

    def unshown(self, action: Action, last: Record) -> WriteError | None:
        """Return the error of a leave that neither a request nor the list shows; else None.

        A system that leaves out nulls says by an absent key that there is no value, so `left` has
        an answer: it does not hold. A request may show less than the list does, and a list may no
        longer show a leaver at all.
        """
        if self._live.program.policy.left is None or not action.verb.takes_access:
            return None
        fields = [each.field for each in action.changes if not shows(last, [path_of(each.field)])]
        if not (fields and self._stays(last)):
            return None
        self._live.forget(renew=True)
        listed = self._live.listed(last.id)
        if listed is None or not self._stays(filled_in(last, listed, action.changes)):
            return None
        text = f"the target answers that it is done, and does not show {', '.join(fields)}"
        return Unknown(NOT_KEPT, text, _UNSHOWN)

    def _stays(self, record: Record) -> bool:
        """Return whether a target record says that it has not left, and is not due to."""
        row = self._live.program.target_row(record)
        says = row.unsaid is None and row.evaluation_error is None
        return says and not (row.left or row.scheduled)

    def shows_some(self, action: Action, shown: Record) -> bool:
        """Return whether a record shows any field that was sent, whatever its value."""
        return any(shows(shown, [path_of(each.field)]) for each in action.changes)

    def unlike(self, action: Action, shown: Record) -> list[str]:
        """Return the fields of a create in which a record differs from what was sent.

        Only fields that no later plan writes: it corrects others itself. A system may show
        sensitive values masked, and lists and objects with more than was sent. A flag that it takes
        as an order (`sendInvite`) is off once that is done; one that gives access is not.
        """
        policy = self._live.program.policy
        lasting = {rule.path for rule in policy.fields if rule.write is Write.ON_CREATE}
        access = {rule.path for rule in policy.leaving}
        lasting |= access
        return [
            each.field
            for each in action.changes
            if each.field in lasting
            and each.awaits is None
            and shows(shown, [path_of(each.field)])
            and not isinstance(each.after, Sealed | list | dict)
            and not isinstance(now := at(shown.data, path_of(each.field)), list | dict)
            and not self._live.is_after(shown, action, each)
            and not _is_alike(now, each.after)
            and not (isinstance(now, bool) and each.field not in access)
        ]

    def _old(self, action: Action, shown: Record) -> list[str]:
        """Return the fields of a change that a record shows as they were, if not all of them are.

        Not of a leave: `left` tells whether it counts, whatever else was sent with it.
        """
        if action.verb.takes_access or self.is_as_it_was(action, shown):
            return []
        return [
            each.field
            for each in action.changes
            if shows(shown, [path_of(each.field)])
            and self._live.is_before(shown, action, each)
            and not self._live.is_in_other_form(shown, action, each)
        ]

    def shown_in_both(
        self, stake: frozenset[Stake], before: Record, shown: Record
    ) -> frozenset[Stake]:
        """Return the fields at stake that both records show."""
        paths = {each.path: [path_of(each.path)] for each in stake}
        both = {path for path, keys in paths.items() if shows(before, keys) and shows(shown, keys)}
        return frozenset(each for each in stake if each.path in both)

    def shows_as_much(self, before: Record, shown: Record) -> bool:
        """Return whether a record shows every field of the mapping that it showed before."""
        policy = self._live.program.policy
        known = (rule.keys for rule in (*policy.leaving, *policy.fields))
        return shows(shown, (keys for keys in known if shows(before, [keys])))

    def more_changed(
        self, action: Action, before: Record, after: Record, *, alike: bool = False
    ) -> list[str]:
        """Return the fields of the mapping that a write changed although it did not send them.

        With `alike`, both records come from the same kind of request.
        """
        policy = self._live.program.policy
        if not action.verb.takes_access:
            return more_changed(policy, action, before, after, alike=alike)
        if not self.confirms(action, after):
            return []
        if alike and lacks_unsent(policy, action, before, after):
            # A request may show less of people who have left. Then the list shows it.
            self._live.forget(renew=True)
            listed = self._live.listed(before.id)
            return [] if listed is None else emptied(policy, action, before, listed, alike=True)
        return emptied(policy, action, before, after)

    def _has_left(self, record: Record) -> bool:
        """Return whether a target record counts as left, or is due to leave."""
        row = self._live.program.target_row(record)
        return row.left or row.scheduled


def _is_alike(now: Value | Missing, sent: Value) -> bool:
    """Return whether two values are one in two notations: `14` and `"14"`, a day and an instant."""
    if is_other_form(now, sent) or str(now) == str(sent):
        return True
    day = parse_day(now)
    return day is not None and day == parse_day(sent)


_UNSHOWN = "See in the target whether it takes these fields, and whether they can still get in."
_UNKEPT = "See in the target why it keeps the old values; another form of one is for `compare`."
