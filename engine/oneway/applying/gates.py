"""The gates, in order: each ends an action before it is sent, or lets it through.

A gate is a function from an action to its ending, or None if it may pass. Actions that an
interrupted run had sent are looked up first, whatever guards say now: they may have happened. An
action that passes all gates is sent, once that is journalled. `look` and `send` call the systems,
and may run in several threads at once. They decide nothing that affects other actions, and journal
nothing except a request that must renew its proof of the lease.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from threading import Lock
from typing import TypeAlias

from oneway.applying.circuit_breaker import CircuitBreaker
from oneway.applying.live_source import Stale
from oneway.applying.preconditions import Happened
from oneway.applying.result import ActionLog, ApplySystems, Approved, Result, failed, token_of
from oneway.applying.unknown_writes import Sent, WriteOutcome
from oneway.applying.write_check import WriteCheck
from oneway.core.connector import (
    ConnectorError,
    NotSent,
    ReadError,
    Unknown,
    WriteError,
    Writer,
    about_to_leave,
    asked_before_leaving,
)
from oneway.core.dataclass import dataclass
from oneway.core.records import Record, Value
from oneway.planning.access import MORE_CHANGED, OUT_BY_NOW
from oneway.planning.plan import NOT_KNOWN_YET, Action, End, Ending, Verb

Gate: TypeAlias = Callable[[Action], Result | None]

LONGEST_ID = 500
"""Characters of the id of a record that a target creates."""

GIVEN_UP = "W112"
"""The code of an action neither sent nor looked up, because a system was given up."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an action ended, and what that says of a system: a fault of it, or an answer."""

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
    """The record that an update changes, as it was."""


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
        """Why no update is sent any more: one changed more than it sent."""
        self._first_look = Lock()
        """Held once an update that was answered without showing the record has been looked at."""
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
            return _held(stale_result(action, stale))
        except _SystemFailed as failure:
            return Ended(failure.result, failure.error)

    def sent_before(self, action: Action) -> Result | None:
        """An interrupted run sent it: it has happened, or cannot be looked up now."""
        if action.id not in self.approved.earlier.sent:
            return None
        if self.breaker.lost:
            return self.circuit_open(action)
        with self._asking(action):
            sent = self.memory.sent.get(action.id, Sent())
            became = self.inquiry.of(action, sent)
        if became.happened is Happened.NO:
            return None
        if became.target_id is not None:
            self.live.note_created(action, became.target_id)
        return looked_up(action, became, sent, "it had happened already")

    def blocked(self, action: Action) -> Result | None:
        """A guard holds it back."""
        return _withheld(action, self.approved.blocked)

    def postponed(self, action: Action) -> Result | None:
        """The target refused the same values, and they are sent again on another day."""
        return _withheld(action, self.approved.postponed)

    def circuit_open(self, action: Action) -> Result | None:
        """A system is down, or refuses the credentials: nothing more is sent.

        Or an update has changed more than it sent: then no more updates are.
        """
        if not self.breaker.lost:
            if not self.overwrites or action.verb is not Verb.UPDATE:
                return None
            reason = self._no_more_updates
            return Result(action, Ending.NOT_ATTEMPTED, action.target_id, MORE_CHANGED, reason)
        if action.id in self.approved.earlier.sent:
            reason = f"nothing more was looked up in this run: {self.breaker.why}"
            return Result(action, Ending.UNKNOWN, action.target_id, GIVEN_UP, reason)
        reason = f"nothing more was sent in this run: {self.breaker.why}"
        return Result(action, Ending.NOT_ATTEMPTED, action.target_id, GIVEN_UP, reason)

    def waits_for_another(self, action: Action) -> Result | None:
        """An action that it depends on was not done."""
        if self.done.issuperset(action.depends_on):
            return None
        reason = "an action that must go before it was not done"
        return Result(action, Ending.NOT_ATTEMPTED, action.target_id, reason=reason)

    def stale(self, action: Action) -> Result | None:
        """The source or the target is no longer as the plan saw it."""
        with self._asking(action):
            if action.id in self.approved.earlier.sent:
                # It was looked up in the target and has not happened: is it still needed?
                self.live.refuse_other_source(action)
            else:
                self.live.refuse_stale(action)
        return None

    def planned_otherwise(self, action: Action) -> Result | None:
        """A plan made now would not send it."""
        why = self.approved.stale.get(action.id)
        if why is None or action.id in self.approved.earlier.sent:
            return None
        return Result(action, Ending.STALE, action.target_id, "W160", why)

    def send(self, ready: Ready) -> Ended:
        """Send a journalled action, and return how it ended."""
        action = ready.action
        try:
            self._refuse_more_updates(action)
            target_id = self._written(ready)
        except WriteError as error:
            done = self._shown_already(action, error)
            if done is None:
                return Ended(failed(action, error), error)
            target_id = done
        self.live.note_created(action, target_id)
        return Ended(Result(action, Ending.DONE, target_id), answered=True)

    def leaving(self, actions: Sequence[Action]) -> None:
        """Called before a request of these actions leaves; raises what prevents it."""
        if self.abandoned:
            raise Abandoned
        self.log.leaving(actions)

    def _ready(self, action: Action) -> Ready:
        """Unseal the values."""
        with self._asking(action):
            values = self.live.values(action)
            before = self.live.before(action) if action.verb is Verb.UPDATE else None
        token = self.approved.earlier.sent.get(action.id)
        again = token is not None
        if token is None:
            token = token_of(action, self.approved.fingerprint, self.live.seal, self.memory)
        return Ready(action, values, token, again, before)

    def _written(self, ready: Ready) -> str:
        action = ready.action
        with asked_before_leaving(lambda: self.leaving([action])):
            about_to_leave()
            target_id, shown = _write(self.writer, action, ready.values, ready.token)
        self._refuse_unkept(action, shown)
        self._refuse_more(ready, shown)
        if action.verb is Verb.CREATE:
            if not target_id.strip() or len(target_id) > LONGEST_ID or not target_id.isprintable():
                text = "a create was answered with an id that is blank, too long or not printable"
                raise Unknown("W114", text, "See in the target which record was created.")
            # In one step: a target may answer two creates with one id at the same time.
            owner = self.owners.setdefault(target_id, action.source_id or "")
            if owner != (action.source_id or ""):
                whose = f"source record {owner}" if owner else "it has no source record"
                text = f"a create was answered with record {target_id}, which existed: {whose}"
                raise Unknown("W114", text, "See in the target which of them it holds now.")
        return target_id

    @property
    def _no_more_updates(self) -> str:
        return f"no more updates were sent in this run: {self.overwrites}"

    def _refuse_more_updates(self, action: Action) -> None:
        """Raise `NotSent` for an update that has waited while another one changed too much."""
        if self.overwrites and action.verb is Verb.UPDATE:
            help = "Put the record right; let the manifest update in parts."
            raise NotSent(MORE_CHANGED, self._no_more_updates, help)

    def _refuse_unkept(self, action: Action, shown: Record | None) -> None:
        """Raise `WriteError` if a target confirms a change, and shows it not done.

        A leave is looked at, whatever the answer shows, unless that would come too early. Any other
        change is looked at where the answer shows it not done, before that is believed.
        """
        access = action.verb.changes_access
        if action.target_id is None or not (access or action.verb is Verb.UPDATE):
            return
        early = self.memory.lag or self.writer.batch > 1
        denied = shown is not None and (
            (access and not self.check.confirms(action, shown))
            or self.check.unkept(action, shown) is not None
        )
        if not denied and (early or not action.verb.takes_access):
            return
        last = self.check.look_at(action.target_id)
        found = last if last is not None else shown
        error = None if found is None else self.check.unkept(action, found)
        if error is None:
            return
        if early or last is None:  # it may be shown later; an answer may be made before its write
            raise Unknown(error.code, error.summary, error.help)
        raise error

    def _refuse_more(self, ready: Ready, shown: Record | None) -> None:
        """Raise `Unknown` if an update has changed more than it sent.

        If the answer shows that, a request for the record has to show it too: answers to writes may
        be made otherwise. If the answer does not tell, some updates are looked at.
        """
        action, before = ready.action, ready.before
        if before is None or action.target_id is None:
            return
        told = shown is not None and self.check.tells(before, shown)
        last: Record | None
        if shown is not None and self.check.more_changed(action, before, shown):
            last = self.check.look_at(action.target_id) or shown
        elif not told and self.writer.batch == 1:
            last = self._looked_at(before)
        else:
            return
        found = [] if last is None else self.check.more_changed(action, before, last)
        if not found:
            return
        what = f"the update of target record {before.id} changed {', '.join(found)} too, unsent"
        self.overwrites = self.overwrites or what
        raise Unknown(MORE_CHANGED, what, "Put the record right; let the manifest update in parts.")

    def _looked_at(self, before: Record) -> Record | None:
        """Return an updated record as a request shows it, if this update is one to look at.

        One of a run is, as a method that replaces records does so each time; and all of people who
        have left, as a system may let in whoever is edited.
        """
        first = self._first_look.acquire(blocking=False)
        if not first and not self.check.has_left(before):
            return None
        found = self.check.look_at(before.id)
        if first and found is None:
            self._first_look.release()
        return found

    def _shown_already(self, action: Action, error: WriteError) -> str | None:
        """Return the id of a record that proves an accepted write; else None."""
        if not isinstance(error, Unknown) or not error.accepted:
            return None
        self.live.forget(renew=True)
        try:
            return self.inquiry.of(action, Sent(job=error.job, record=error.record)).target_id
        except (Stale, ReadError):
            return None

    @contextmanager
    def _asking(self, action: Action) -> Iterator[None]:
        """Raise `_SystemFailed` if a system cannot be asked within the block."""
        try:
            yield
        except ReadError as error:
            before = action.id in self.approved.earlier.sent
            ending = Ending.UNKNOWN if before else Ending.NOT_SENT
            reason = f"could not be checked before writing: {error.summary}"
            result = Result(action, ending, action.target_id, error.code, reason)
            raise _SystemFailed(result, error) from None


def looked_up(action: Action, became: WriteOutcome, sent: Sent, done: str) -> Result:
    """Return the ending of an action sent before; `done` is the reason if it has happened."""
    if became.happened is Happened.YES:
        return Result(action, Ending.DONE, became.target_id, reason=done)
    target_id = action.target_id or sent.record or None
    reason = f"how it ended is not known yet: {became.why}"
    return Result(action, Ending.UNKNOWN, target_id, NOT_KNOWN_YET, reason, job=sent.job)


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
        return Result(action, Ending.NOT_SENT, action.target_id, code, str(stale))
    code = OUT_BY_NOW if stale.out else "W160"
    return Result(action, Ending.STALE, action.target_id, code, str(stale))


def _held(result: Result) -> Ended:
    """Return an ending at a gate; `answered` unless no system was asked."""
    return Ended(result, answered=not result.ending.withheld and result.code != GIVEN_UP)


def _withheld(action: Action, ends: Mapping[str, End]) -> Result | None:
    end = ends.get(action.id)
    if end is None:
        return None
    said = (end.code, end.reason, end.guards, end.until)
    return Result(action, end.ending, action.target_id, *said)


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
