"""The gates, in order: each ends an action before it is sent, or lets it through.

A gate is a function from an action to its ending, or None if it may pass. Actions that an
interrupted run had sent are looked up first, whatever guards say now: they may have happened. An
action that passes all gates is sent, once that is journalled. `look` and `send` call the systems,
and may run in several threads at once. They decide nothing that affects other actions, and journal
nothing except a request that must renew its proof of the lease.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field
from typing import TypeAlias

from oneway.applying.circuit_breaker import CircuitBreaker
from oneway.applying.live_source import Stale
from oneway.applying.preconditions import Happened
from oneway.applying.result import ActionLog, ApplySystems, Approved, Result, failed, token_of
from oneway.applying.unknown_writes import Sent, WriteOutcome
from oneway.applying.write_check import Stake, WriteCheck, WriteKind
from oneway.core.connector import ShowsCreated, Writer
from oneway.core.connector_errors import (
    ConnectorError,
    NotSent,
    ReadError,
    Rejected,
    Unknown,
    WriteError,
)
from oneway.core.dataclass import dataclass
from oneway.core.records import Record, Value
from oneway.core.request_gate import about_to_leave, asked_before_leaving
from oneway.planning.access import MORE_CHANGED, NOT_KEPT, OUT_BY_NOW
from oneway.planning.endings import FOUND, NOT_KNOWN_YET, End, Ending
from oneway.planning.plan import Action, Verb

Gate: TypeAlias = Callable[[Action], Result | None]

LONGEST_ID = 500
"""The longest id that a target may give a new record, in characters."""

GIVEN_UP = "W112"
"""The code of an action neither sent nor looked up, because a system was given up."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an action ended, and whether a system failed or answered."""

    result: Result
    fault: ConnectorError | None = None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """An action that has passed all gates, with the values to write."""

    action: Action
    values: Mapping[str, Value] = field(repr=False)
    token: str
    again: bool
    """Whether an interrupted run had sent it, so that this is a repeat."""
    before: Record | None = field(default=None, repr=False)
    """The record that the action changes, as it was."""
    stake: frozenset[Stake] = frozenset()
    """The fields that the write does not send but could harm."""


class Abandoned(Exception):
    """The apply has ended already; no request may leave any more."""


class Gates:
    """The gates of one apply, and their state: what is done, and whether a system is down."""

    def __init__(self, approved: Approved, systems: ApplySystems, log: ActionLog) -> None:
        self.approved = approved
        self.live, self.writer = systems.live, systems.writer
        self.check = WriteCheck(systems.live)
        self.memory, self.inquiry = systems.memory, systems.inquiry
        self.owners = dict(systems.memory.owners)
        self.log = log
        self.breaker = CircuitBreaker()
        self.overwrites = ""
        """Why no more updates are sent: one changed more than it sent, or may have."""
        self._compared = self._doubtful = False
        """Whether an answer was compared with a request, and whether some write was not kept."""
        self._proven: set[Stake] = set()
        """The fields that were seen unharmed by a write that did not send them."""
        self._out: set[str] = set()
        """The target records that this run has made to leave."""
        self.abandoned = False
        earlier = approved.earlier
        self.done = {id for id, ending in earlier.ended.items() if ending is Ending.DONE}
        self.in_order: Sequence[Gate] = (
            self.sent_before,
            self.blocked,
            self.postponed,
            self.circuit_open,
            self.waits_for_another,
            self.stale,
            self.planned_otherwise,
        )

    def unasked(self, action: Action) -> Ended | None:
        """Return the ending of an action that needs no system; None for others."""
        if action.id in self.approved.earlier.sent:
            return None
        pure = (self.blocked, self.postponed, self.circuit_open, self.waits_for_another)
        held = (gate(action) for gate in pure)
        return next((Ended(each) for each in held if each is not None), None)

    def look(self, action: Action, *, renew: bool) -> Ended | Ready:
        """Return the ending at the first gate that holds an action, or what to send.

        With `renew`, lists are read again.
        """
        self.live.forget(renew=renew)
        try:
            if self.done.issuperset(action.depends_on):
                with self._asking(action):
                    action = self.live.resolved(action)
            held = (gate(action) for gate in self.in_order)
            result = next((each for each in held if each is not None), None)
            return self._ready(action) if result is None else _held(result)
        except Stale as stale:
            return _held(self._gone_with_its_leave(action) or stale_result(action, stale))
        except _SystemFailed as failure:
            return Ended(failure.result, failure.error)

    def _gone_with_its_leave(self, action: Action) -> Result | None:
        """Return the ending of an update if its record disappeared because this run made it leave.

        The ending is good: some targets do not show records that have left.
        """
        id = action.target_id
        if action.verb is not Verb.UPDATE or id not in self._out:
            return None
        try:
            if self.live.seen(action) is not None:
                return None
        except ReadError:
            return None
        reason = "left alone: the target does not show the record after its leave"
        return Result(Ending.DONE, id, reason=reason, action=action)

    def sent_before(self, action: Action) -> Result | None:
        """An interrupted run sent it: it has happened, or cannot be looked up now."""
        if action.id not in self.approved.earlier.sent:
            return None
        if self.breaker.lost:
            return self.circuit_open(action)
        with self._asking(action):
            sent = self.memory.sent.get(action.id, Sent())
            became = self.inquiry.of(action, sent)
        if became.may_be_sent_again:
            return None
        if became.target_id is not None:
            self.live.note_created(action, became.target_id)
        if became.code == MORE_CHANGED:
            self._stop_updates(became.why)
        return looked_up(action, became, sent, FOUND)

    def blocked(self, action: Action) -> Result | None:
        """A guard holds it back."""
        return _withheld(action, self.approved.blocked)

    def postponed(self, action: Action) -> Result | None:
        """The target refused the same values, and they are sent again on another day."""
        return _withheld(action, self.approved.postponed)

    def circuit_open(self, action: Action) -> Result | None:
        """A system is down, or refuses the credentials: nothing more is sent.

        After an update that changed more than it sent, no more updates are sent.
        """
        if not self.breaker.lost:
            if not self.overwrites or action.verb not in _PARTIAL:
                return None
            reason = self._no_more_updates
            return Result(
                Ending.NOT_ATTEMPTED, action.target_id, MORE_CHANGED, reason, action=action
            )
        if action.id in self.approved.earlier.sent:
            reason = f"nothing more was looked up in this run: {self.breaker.why}"
            return Result(Ending.UNKNOWN, action.target_id, GIVEN_UP, reason, action=action)
        reason = f"nothing more was sent in this run: {self.breaker.why}"
        return Result(Ending.NOT_ATTEMPTED, action.target_id, GIVEN_UP, reason, action=action)

    def waits_for_another(self, action: Action) -> Result | None:
        """An action that it depends on was not done."""
        if self.done.issuperset(action.depends_on):
            return None
        reason = "an action that must go before it was not done"
        return Result(Ending.NOT_ATTEMPTED, action.target_id, reason=reason, action=action)

    def stale(self, action: Action) -> Result | None:
        """The source or the target is no longer as the plan saw it."""
        with self._asking(action):
            if action.id in self.approved.earlier.sent:
                # A look-up showed that it has not happened. Is it still needed?
                self.live.refuse_other_source(action)
            else:
                self.live.refuse_stale(action)
        return None

    def planned_otherwise(self, action: Action) -> Result | None:
        """A plan made now would not send it."""
        why = self.approved.stale.get(action.id)
        if why is None or action.id in self.approved.earlier.sent:
            return None
        return Result(Ending.STALE, action.target_id, "W160", why, action=action)

    def send(self, ready: Ready) -> Ended:
        """Send a journalled action, and return how it ended."""
        action = ready.action
        try:
            self._refuse_more_updates(action)
            target_id = self._written(ready)
        except WriteError as error:
            return Ended(failed(action, error), error)
        self.live.note_created(action, target_id)
        if action.verb.takes_access:
            self._out.add(target_id)
        return Ended(Result(Ending.DONE, target_id, action=action), answered=True)

    def leaving(self, actions: Sequence[Action]) -> None:
        """Called before a request of these actions leaves; raises what prevents it."""
        if self.abandoned:
            raise Abandoned
        self.log.leaving(actions)

    def _ready(self, action: Action) -> Ready:
        """Unseal the values."""
        with self._asking(action):
            values = self.live.values(action)
            before = self.live.seen(action)
        token = self.approved.earlier.sent.get(action.id)
        again = token is not None
        if token is None:
            token = token_of(action, self.approved.fingerprint, self.live.seal, self.memory)
        stake = self.check.at_stake(action, before) if self.writer.batch == 1 else frozenset()
        return Ready(action, values, token, again, before, stake)

    def _written(self, ready: Ready) -> str:
        """Send an action and return the record's id; raise unless the target shows it done.

        The record after the write is compared in the same way with what was sent, whether it comes
        from the answer or from a request after it.
        """
        action = ready.action
        try:
            with self.live.writing(), asked_before_leaving(lambda: self.leaving([action])):
                about_to_leave()
                target_id, shown = _write(self.writer, action, ready.values, ready.token)
        except Unknown as error:
            return self._shown_already(ready, error)
        self._refuse_unlike(ready, shown)
        if action.verb is Verb.CREATE:
            if not target_id.strip() or len(target_id) > LONGEST_ID or not target_id.isprintable():
                text = "a create was answered with an id that is blank, too long or not printable"
                raise Unknown("W114", text, "See in the target which record was created.")
            # Check and add in one step: a target may answer two creates with one id at once.
            owner = self.owners.setdefault(target_id, action.source_id or "")
            if owner != (action.source_id or ""):
                whose = f"source record {owner}" if owner else "it has no source record"
                text = f"a create was answered with record {target_id}, which existed: {whose}"
                raise Unknown("W114", text, "See in the target which of them it has now.")
            self._refuse_other(action, target_id)
        return target_id

    def _refuse_other(self, action: Action, target_id: str) -> None:
        """Raise `Unknown` if a created record shows other values, which no later plan corrects.

        An answer may be older than the record, which is therefore requested.
        """
        shown = self.writer.created(target_id) if isinstance(self.writer, ShowsCreated) else None
        if shown is None or not self.check.unlike(action, shown):
            return
        last = self.check.look_at(target_id)
        fields = self.check.unlike(action, shown if last is None else last)
        if fields:
            text = f"the record was created, and shows another value of {', '.join(fields)}"
            raise Unknown(NOT_KEPT, text, _OTHER, record=target_id)

    @property
    def _no_more_updates(self) -> str:
        return f"no more updates were sent in this run: {self.overwrites}"

    def _refuse_more_updates(self, action: Action) -> None:
        """Raise `NotSent` for an update if another one changed too much while it waited."""
        if self.overwrites and action.verb in _PARTIAL:
            raise NotSent(MORE_CHANGED, self._no_more_updates, _IN_PARTS)

    def _stop_updates(self, why: str) -> None:
        self.overwrites = self.overwrites or why

    def is_trial(self, ready: Ready) -> bool:
        """Return whether a write is the first to show if fields it does not send are left alone.

        Such a write is sent alone, so that a target that harms them harms one record at most.
        """
        return not ready.stake <= self._proven

    def _refuse_unlike(self, ready: Ready, shown: Record | None) -> None:
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
        early = self.memory.lag or self.writer.batch > 1
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
        self._compared = self._compared or (shown is not None and last is not None)
        self._doubtful = self._doubtful or error is not None
        named = action.verb is Verb.UPDATE and action.id in self.approved.reverted
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
            self._stop_updates(what)
            raise Unknown(MORE_CHANGED, what, _IN_PARTS)
        if last is None and self.check.looks:
            if action.verb.takes_access:
                self._proven |= ready.stake  # a target may hide leavers
                return
            if not self._is_to_be_seen(ready, shown):
                return
            what = f"after {what}, a request does not show the record"
            if self.is_trial(ready):
                self._stop_updates(what)
            raise Unknown("W108", what, "It is looked up before anything is sent again.")
        if last is None or not self.check.is_as_it_was(action, last):
            self._proven |= ready.stake

    def _not_by_others(self, target_id: str, fields: Sequence[str]) -> list[str]:
        """Return those of some fields that no other connection has written meanwhile."""
        theirs = self.memory.by_others(target_id)
        return [each for each in fields if each not in theirs]

    def _shown_already(self, ready: Ready, error: Unknown) -> str:
        """Return the id of a record that proves an accepted write; raise its error if none does.

        Also checks what else the write changed, even after a lost answer.
        """
        action = ready.action
        asks = self.check.looks and self._is_to_be_seen(ready, None)
        if not (error.accepted or asks):
            raise error
        self.live.forget(renew=True)
        became, last = WriteOutcome(Happened.UNKNOWN), None
        sent = Sent(job=error.job, record=error.record)
        with suppress(Stale, ReadError):
            became = self.inquiry.of(action, sent) if error.accepted else became
        target_id = became.target_id
        with suppress(ReadError):
            last = self.live.seen(action)
        if asks or last is not None:
            self._refuse_more(ready, None, last)
        if error.accepted and last is not None and self.check.is_changed(action, last):
            target_id = action.target_id
        if target_id is None and became.happened is Happened.NO and became.code:
            raise Rejected(became.code, became.why) from error
        if target_id is None:
            raise error
        return target_id

    @contextmanager
    def _asking(self, action: Action) -> Iterator[None]:
        """Raise `_SystemFailed` if a system cannot be asked within the block."""
        try:
            yield
        except ReadError as error:
            before = action.id in self.approved.earlier.sent
            ending = Ending.UNKNOWN if before else Ending.NOT_SENT
            reason = f"could not be checked before writing: {error.summary}"
            result = Result(ending, action.target_id, error.code, reason, action=action)
            raise _SystemFailed(result, error) from None


def looked_up(action: Action, became: WriteOutcome, sent: Sent, done: str) -> Result:
    """Return the ending of an action sent before; `done` is the reason if it has happened."""
    if became.happened is Happened.NO:
        return Result(Ending.REJECTED, action.target_id, became.code, became.why, action=action)
    if became.happened is Happened.YES:
        reason = f"{done}; {became.why}" if became.why else done
        return Result(Ending.DONE, became.target_id, became.code, reason, action=action)
    target_id = action.target_id or sent.record or None
    reason = f"how it ended is not known yet: {became.why}"
    return Result(Ending.UNKNOWN, target_id, NOT_KNOWN_YET, reason, job=sent.job, action=action)


_OTHER = (
    "Correct it in the target: the mapping writes it only on create, or only to people who leave."
)
_WORDS = {Verb.UPDATE: "update", Verb.REACTIVATE: "return"}
_PARTIAL = (Verb.UPDATE, Verb.REACTIVATE)
"""The writes that must leave alone what they do not send."""
_IN_PARTS = "Put the record right; let the manifest update in parts."


class _SystemFailed(Exception):
    """Raised when a system failed during an action; holds how the action ended."""

    def __init__(self, result: Result, error: ConnectorError) -> None:
        super().__init__(error.summary)
        self.result = result
        self.error = error


def stale_result(action: Action, stale: Stale) -> Result:
    """Return the ending of an action that no longer fits the source or the target."""
    if stale.unlike or stale.unseen:
        code = "W164" if stale.unlike else "W165"
        return Result(Ending.NOT_SENT, action.target_id, code, str(stale), action=action)
    code = OUT_BY_NOW if stale.out else "W160"
    return Result(Ending.STALE, action.target_id, code, str(stale), action=action)


def _held(result: Result) -> Ended:
    """Return the ending of an action that a gate holds."""
    return Ended(result, answered=not result.ending.withheld and result.code != GIVEN_UP)


def _withheld(action: Action, ends: Mapping[str, End]) -> Result | None:
    end = ends.get(action.id)
    if end is None:
        return None
    said = (end.code, end.reason, end.guards, end.until)
    return Result(end.ending, action.target_id, *said, action=action)


def _write(
    writer: Writer, action: Action, values: Mapping[str, Value], token: str
) -> tuple[str, Record | None]:
    """Send an action; return the record's id, and the record if the target's answer shows it."""
    if action.verb is Verb.CREATE:
        return writer.create(values, token), None
    id = action.target_id
    assert id is not None
    if action.verb.takes_access:
        return id, writer.leave(id, values, token)
    if action.verb is Verb.REACTIVATE:
        return id, writer.reactivate(id, values, token)
    return id, writer.update(id, values, token)
