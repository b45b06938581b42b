"""The gates, in order: each ends an action before it is sent, or lets it through.

A gate is a function from an action to its ending, or None if it may pass. Actions that an
interrupted run had sent are looked up first, whatever guards say now: they may have happened. An
action that passes all gates is sent, once that is journalled. `look` and `send` call the systems,
and may run in several threads at once. They decide nothing that affects other actions, and journal
nothing except a request that must renew its proof of the lease.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from oneway.applying.circuit_breaker import CircuitBreaker
from oneway.applying.confirmation import Confirmation
from oneway.applying.live_source import Stale
from oneway.applying.preconditions import Happened
from oneway.applying.ready import Ready
from oneway.applying.result import ActionLog, ApplySystems, Approved, Result, failed, token_of
from oneway.applying.unknown_writes import Sent, WriteOutcome
from oneway.applying.write_check import Stake
from oneway.core.connector import Writer
from oneway.core.connector_errors import ConnectorError, ReadError, Unknown, WriteError
from oneway.core.dataclass import dataclass
from oneway.core.records import Record, Value
from oneway.core.request_gate import about_to_leave, asked_before_leaving
from oneway.planning.access import MORE_CHANGED, OUT_BY_NOW
from oneway.planning.endings import DONE_BEFORE, FOUND, NOT_KNOWN_YET, End, Ending
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


class Abandoned(Exception):
    """The apply has ended already; no request may leave any more."""


class Gates:
    """The gates of one apply, and their state: what is done, and whether a system is down."""

    def __init__(self, approved: Approved, systems: ApplySystems, log: ActionLog) -> None:
        self.approved = approved
        self.live, self.writer = systems.live, systems.writer
        self.confirmation = Confirmation(approved, systems)
        self.memory, self.inquiry = systems.memory, systems.inquiry
        self.owners = dict(systems.memory.owners)
        self.log = log
        self.breaker = CircuitBreaker()
        self._out: set[str] = set()
        """The target records that this run has made to leave."""
        self.abandoned = False
        earlier = approved.earlier
        self.done = {id for id, ending in earlier.ended.items() if ending is Ending.DONE}
        self.in_order: Sequence[Gate] = (
            self.sent_before,
            self.done_before,
            self.blocked,
            self.postponed,
            self.circuit_open,
            self.waits_for_another,
            self.stale,
            self.planned_otherwise,
        )

    def unasked(self, action: Action) -> Ended | None:
        """Return the ending of an action that needs no system; None for others."""
        earlier = self.approved.earlier
        if action.id in earlier.sent or action.id in earlier.done:
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
            self.confirmation.stop_updates(became.why)
        return looked_up(action, became, sent, FOUND)

    def done_before(self, action: Action) -> Result | None:
        """An earlier run of the same plan made it, and the target still shows it, or hides it.

        Some targets do not show records that have left.
        """
        run = self.approved.earlier.done.get(action.id)
        if run is None or self.breaker.lost:
            return None
        with self._asking(action):
            left = action.verb.takes_access or action.target_id in self._out
            hidden = left and self.live.seen(action) is None
            try:
                happened, id = self.live.happened(action) if not hidden else (Happened.YES, None)
            except Stale:
                return None
        if happened is not Happened.YES:
            return None
        id = id or action.target_id
        self.live.note_created(action, id)
        if action.verb.takes_access:
            self._out.add(id or "")
        return Result(Ending.DONE, id, reason=f"{DONE_BEFORE} {run}", action=action)

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
            reason = self.confirmation.no_more_updates(action)
            if not reason:
                return None
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
            self.confirmation.refuse_more_updates(action)
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
        stake = frozenset[Stake]()
        if self.writer.batch == 1:
            stake = self.confirmation.check.at_stake(action, before)
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
            return self.confirmation.shown_already(ready, error)
        self.confirmation.refuse_unlike(ready, shown)
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
            return self.confirmation.created(ready, target_id)
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
