"""The gates, in order: each ends an action before it is sent, or lets it through.

A gate is a function from an action to how it ended, or None if it may pass. What an
interrupted run had sent is looked up first, whatever guards say by now: it may have happened.
What passes all gates is sent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from oneway.applying.circuit_breaker import CircuitBreaker
from oneway.applying.preconditions import Happened
from oneway.applying.result import (
    ActionLog,
    ApplySystems,
    Approved,
    Result,
    failed,
    token_of,
)
from oneway.applying.source_now import Stale
from oneway.applying.unknown import Became, Sent
from oneway.core.connector import (
    ConnectorError,
    ReadError,
    Unknown,
    WriteError,
    Writer,
    about_to_leave,
    asked_before_leaving,
)
from oneway.core.records import Value
from oneway.planning.plan import Action, End, Ending, Verb

Gate: TypeAlias = Callable[[Action], Result | None]

LONGEST_ID = 500
"""Characters of the id of a record that a target creates."""

NOT_KNOWN_YET = "W115"
"""The code of what was looked up, and may still have happened."""

GIVEN_UP = "W112"
"""The code of what was not sent, or not looked up, because a system was given up."""


class Gates:
    """The gates of one apply, and what they know: what is done, and whether a system is down."""

    def __init__(self, approved: Approved, systems: ApplySystems, log: ActionLog) -> None:
        self.approved = approved
        self.live, self.writer = systems.live, systems.writer
        self.memory, self.inquiry = systems.memory, systems.inquiry
        self.owners = dict(systems.memory.owners)
        self.log = log
        self.breaker = CircuitBreaker()
        earlier = approved.earlier
        self.done = {id for id, ending in earlier.ended.items() if ending is Ending.DONE}
        self.in_order: Sequence[Gate] = (
            self.sent_before,
            self.blocked,
            self.postponed,
            self.circuit_open,
            self.waits_for_another,
            self.stale,
        )

    def end_of(self, action: Action) -> Result:
        """Return how an action ended: at the first gate that holds it, or after it was sent."""
        try:
            if self.done.issuperset(action.depends_on):
                with self._asking(action):
                    action = self.live.resolved(action)
            held = (gate(action) for gate in self.in_order)
            return next((each for each in held if each is not None), None) or self.sent(action)
        except Stale as stale:
            return self._stale(action, stale)
        except _SystemFailed as failure:
            self.breaker.met(failure.error.blame, failure.error.summary)
            return failure.result

    def sent_before(self, action: Action) -> Result | None:
        """An interrupted run sent it, and it has happened, or cannot be looked up now."""
        if action.id not in self.approved.earlier.sent:
            return None
        if self.breaker.lost:
            reason = f"nothing more was looked up in this run: {self.breaker.why}"
            return Result(action, Ending.UNKNOWN, action.target_id, GIVEN_UP, reason)
        try:
            with self._asking(action):
                sent = self.memory.sent.get(action.id, Sent())
                became = self.inquiry.of(action, sent)
        except Stale as stale:
            return self._stale(action, stale)
        if became.happened is Happened.NO:
            return None
        self.breaker.met(None)
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
        """A system is down, or refuses the credentials: nothing more is sent."""
        if not self.breaker.lost:
            return None
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
        if action.id in self.approved.earlier.sent:
            return None  # looked up already, which compares as much
        try:
            with self._asking(action):
                self.live.refuse_stale(action)
        except Stale as stale:
            return self._stale(action, stale)
        return None

    def sent(self, action: Action) -> Result:
        """Open what is sealed, write down that the action is sent, and send it."""
        try:
            with self._asking(action):
                values = self.live.values(action)
        except Stale as stale:
            return self._stale(action, stale)
        token = self.approved.earlier.sent.get(action.id)
        if token is None:
            token = token_of(action, self.approved.fingerprint, self.live.seal, self.memory)
            self.log.intended(action, token)
        else:
            self.log.sent_again(action)
        try:
            target_id = self._written(action, values, token)
        except WriteError as error:
            done = self._shown_already(action, error)
            if done is None:
                raise _SystemFailed(failed(action, error), error) from None
            target_id = done
        self.breaker.met(None)
        self.live.note_created(action, target_id)
        return Result(action, Ending.DONE, target_id)

    def _written(self, action: Action, values: Mapping[str, Value], token: str) -> str:
        with asked_before_leaving(lambda: self.log.leaving([action])):
            about_to_leave()
            target_id = _write(self.writer, action, values, token)
        if action.verb is Verb.CREATE:
            if not target_id.strip() or len(target_id) > LONGEST_ID or not target_id.isprintable():
                text = "a create was answered with an id that is blank, too long or not printable"
                raise Unknown("W114", text, "See in the target which record was created.")
            owner = self.owners.get(target_id)
            if owner is not None and owner != action.source_id:
                whose = f"source record {owner}" if owner else "nobody's in the source"
                text = f"a create was answered with record {target_id}, which was there: {whose}"
                raise Unknown("W114", text, "See in the target which of them it holds now.")
            self.owners[target_id] = action.source_id or ""
        return target_id

    def _shown_already(self, action: Action, error: WriteError) -> str | None:
        """Return the id of a record that shows a write which was only accepted; else None."""
        if not isinstance(error, Unknown) or not error.accepted:
            return None
        try:
            return self.inquiry.of(action, Sent(job=error.job, record=error.record)).target_id
        except (Stale, ReadError):
            return None

    def _stale(self, action: Action, stale: Stale) -> Result:
        self.breaker.met(None)
        return Result(action, Ending.STALE, action.target_id, "W160", str(stale))

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


def looked_up(action: Action, became: Became, sent: Sent, done: str) -> Result:
    """Return how an action ended that was sent before; `done` is the reason if it has happened."""
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


def _withheld(action: Action, ends: Mapping[str, End]) -> Result | None:
    end = ends.get(action.id)
    if end is None:
        return None
    said = (end.code, end.reason, end.guards, end.until)
    return Result(action, end.ending, action.target_id, *said)


def _write(writer: Writer, action: Action, values: Mapping[str, Value], token: str) -> str:
    if action.verb is Verb.CREATE:
        return writer.create(values, token)
    assert action.target_id is not None
    if action.verb.takes_access:
        writer.leave(action.target_id, values, token)
    elif action.verb is Verb.REACTIVATE:
        writer.reactivate(action.target_id, values, token)
    else:
        writer.update(action.target_id, values, token)
    return action.target_id
