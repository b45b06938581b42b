"""Confirms each write by what the target shows after it.

A target may confirm a change that it does not keep, or change more than it was sent. What one
write shows decides about those still to come: after one that harmed other fields, no more updates
are sent; after one that was not kept, every record is requested.
"""

from collections.abc import Sequence
from contextlib import suppress

from oneway.applying.live_source import Stale
from oneway.applying.preconditions import Happened
from oneway.applying.ready import Ready
from oneway.applying.result import ApplySystems, Approved
from oneway.applying.unknown_writes import Sent, WriteOutcome
from oneway.applying.write_check import Stake, WriteCheck, WriteKind
from oneway.core.connector import ShowsCreated
from oneway.core.connector_errors import NotSent, ReadError, Rejected, Unknown
from oneway.core.records import Record
from oneway.planning.access import MORE_CHANGED, NOT_KEPT
from oneway.planning.plan import Action, Verb


class Confirmation:
    """Confirms the writes of one apply; one thread at a time decides for each of them."""

    def __init__(self, approved: Approved, systems: ApplySystems) -> None:
        self.check = WriteCheck(systems.live)
        self._approved = approved
        self._live, self._writer = systems.live, systems.writer
        self._memory, self._inquiry = systems.memory, systems.inquiry
        self._overwrites = ""
        """Why no more updates are sent: one changed more than it sent, or may have."""
        self._compared = self._doubtful = False
        """Whether an answer was compared with a request, and whether some write was not kept."""
        self._proven: set[Stake] = set()
        """The fields that were seen unharmed by a write that did not send them."""

    def no_more_updates(self, action: Action) -> str:
        """Return why this action is not sent, if it is an update and one has harmed a record."""
        if not self._overwrites or action.verb not in _PARTIAL:
            return ""
        return f"no more updates were sent in this run: {self._overwrites}"

    def refuse_more_updates(self, action: Action) -> None:
        """Raise `NotSent` for an update if another one changed too much while it waited."""
        if why := self.no_more_updates(action):
            raise NotSent(MORE_CHANGED, why, _IN_PARTS)

    def stop_updates(self, why: str) -> None:
        """Send no more updates in this run."""
        self._overwrites = self._overwrites or why

    def is_trial(self, ready: Ready) -> bool:
        """Return whether a write is the first to show if fields it does not send are left alone.

        Such a write is sent alone, so that a target that harms them harms one record at most.
        """
        return not ready.stake <= self._proven

    def created(self, ready: Ready, target_id: str) -> str:
        """Return the id of a new record, as the target shows it.

        Raises `Unknown` if the create cannot be believed, or shows values that no plan corrects.

        The record is requested if its answer shows nothing that was sent, as the id may be that of
        a job, or of a refused record; and if it shows other values, as it may be older. While the
        target's lag runs, a request that finds nothing says nothing: later runs look for it.
        """
        if not isinstance(self._writer, ShowsCreated):
            return target_id
        action, shown = ready.action, self._writer.created(target_id)
        only_id = shown is None or not self.check.shows_some(action, shown)
        if shown is not None and not only_id and not self.check.unlike(action, shown):
            return target_id
        last = self.check.look_at(target_id) or (None if only_id else shown)
        if self.check.looks and last is None and not self._memory.lag:
            text = f"the answer shows only an id, and a request for record {target_id} does not"
            error = Unknown("W108", f"{text} show it", _LOOKED_UP, accepted=True)
            return self.shown_already(ready, error)
        fields = self.check.unlike(action, last) if last is not None else ()
        if fields:
            text = f"the record was created, and shows another value of {', '.join(fields)}"
            raise Unknown(NOT_KEPT, text, _OTHER, record=target_id)
        return target_id

    def refuse_unlike(self, ready: Ready, shown: Record | None) -> None:
        """Raise `WriteError` if a target confirms a change, and shows something else.

        Requests the record if the answer shows the change not done, or leaves open whether the
        write changed more than it sent. Unless it is too early for the target to show the change,
        also requests it after every leave; after the first answer of a run that shows the change
        done, as an answer may only repeat what was sent; and after every write once one was not
        kept.
        """
        action = ready.action
        if action.target_id is None:
            return
        early = self._memory.lag or self._writer.batch > 1
        first = self._doubtful or (shown is not None and not self._compared)
        doubted = self._is_denied(action, shown) or (
            not early and (action.verb.takes_access or first)
        )
        if not doubted and not self._is_to_be_seen(ready, shown):
            return
        last = self.check.look_at(action.target_id)
        self._refuse_more(ready, shown, last)
        found = last if last is not None else shown
        believed = not doubted and (early or last is None)
        error = None if believed or found is None else self.check.unkept(action, found)
        if error is None and last is not None and not believed:
            error = self.check.unshown(action, last)
        self._compared = self._compared or (shown is not None and last is not None)
        self._doubtful = self._doubtful or error is not None
        named = action.verb is Verb.UPDATE and action.id in self._approved.reverted
        if error is None or named:
            return
        if early or last is None:  # it may be shown later: some answers are older than the write
            raise Unknown(error.code, error.summary, error.help)
        raise error

    def _is_denied(self, action: Action, shown: Record | None) -> bool:
        """Return whether an answer shows a record that does not confirm a write."""
        if shown is None:
            return False
        unconfirmed = action.verb.changes_access and not self.check.confirms(action, shown)
        return unconfirmed or self.check.unkept(action, shown) is not None

    def _is_to_be_seen(self, ready: Ready, shown: Record | None) -> bool:
        """Return whether to request the record, to see what else a write did to it.

        True if the answer shows harm, as answers to writes may be composed differently. If the
        answer leaves it open, the record is requested until each field at stake has been seen
        unharmed once; and after each update of a person who has left, as a system may reactivate
        every record that is edited.
        """
        action, before = ready.action, ready.before
        if before is None or not ready.stake:
            return False
        leaver = any(each.kind is WriteKind.OF_WHO_HAS_LEFT for each in ready.stake)
        if shown is not None:
            if self.check.more_changed(action, before, shown):
                return True
            if not self.check.is_as_it_was(action, shown):
                self._proven |= self.check.shown_in_both(ready.stake, before, shown)
                leaver = leaver and not self.check.shows_as_much(before, shown)
        return leaver or self.is_trial(ready)

    def _refuse_more(self, ready: Ready, shown: Record | None, last: Record | None) -> None:
        """Raise `Unknown` if a write changed more than it sent, or may have.

        `shown` is the record in its answer, `last` the one that a later request shows.
        """
        action, before = ready.action, ready.before
        if before is None or not ready.stake:
            return
        found: list[str] = []
        if last is not None:
            found = self.check.more_changed(action, before, last, alike=self.check.looks)
        elif shown is not None:
            found = self.check.more_changed(action, before, shown)
        leaves = action.verb.takes_access
        if leaves and shown is not None and self.check.shows_as_much(before, shown):
            # Only what both records show counts.
            found = self.check.more_changed(action, before, shown) and found
        if found and not (found := self._not_by_others(before.id, found)):
            return  # nothing shows what else this write did: the next one is checked
        what = f"the {_WORDS.get(action.verb, 'leave')} of target record {before.id}"
        if found:
            what = f"{what} changed {', '.join(found)} too, unsent"
            self.stop_updates(what)
            raise Unknown(MORE_CHANGED, what, _IN_PARTS)
        if last is None and self.check.looks:
            if action.verb.takes_access:
                self._proven |= ready.stake  # a target may hide leavers
                return
            if not self._is_to_be_seen(ready, shown):
                return
            what = f"after {what}, a request does not show the record"
            if self.is_trial(ready):
                self.stop_updates(what)
            raise Unknown("W108", what, _LOOKED_UP)
        if last is None or not self.check.is_as_it_was(action, last):
            self._proven |= ready.stake

    def _not_by_others(self, target_id: str, fields: Sequence[str]) -> list[str]:
        """Return those of some fields that no other connection has written meanwhile."""
        theirs = self._memory.by_others(target_id)
        return [each for each in fields if each not in theirs]

    def shown_already(self, ready: Ready, error: Unknown) -> str:
        """Return the id of a record that proves an accepted write; raise its error if none does.

        Also checks what else the write changed, even after a lost answer.
        """
        action = ready.action
        asks = self.check.looks and self._is_to_be_seen(ready, None)
        if not (error.accepted or asks):
            raise error
        self._live.forget(renew=True)
        became, last = WriteOutcome(Happened.UNKNOWN), None
        sent = Sent(job=error.job, record=error.record)
        with suppress(Stale, ReadError):
            became = self._inquiry.of(action, sent) if error.accepted else became
        target_id = became.target_id
        with suppress(ReadError):
            last = self._live.seen(action)
        if asks or last is not None:
            self._refuse_more(ready, None, last)
        if error.accepted and last is not None and self.check.is_changed(action, last):
            target_id = action.target_id
        if target_id is None and became.happened is Happened.NO and became.code:
            raise Rejected(became.code, became.why) from error
        if target_id is None:
            raise error
        return target_id


_LOOKED_UP = "It is looked up before anything is sent again."
_OTHER = (
    "Correct it in the target: the mapping writes it only on create, or only to people who leave."
)
_WORDS = {Verb.UPDATE: "update", Verb.REACTIVATE: "return"}
_PARTIAL = (Verb.UPDATE, Verb.REACTIVATE)
"""The writes that must leave alone what they do not send."""
_IN_PARTS = "Put the record right; let the manifest update in parts."
