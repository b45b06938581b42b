"""Applies the plan that was approved, and nothing else; the only caller of `Writer`.

For each action, in order: is it held back, and were the actions before it done? Does the
source still say what the plan sealed, and does the target still hold what the plan saw?
Then it is journalled as intended, sent, and its end journalled. One record's failure never
stops the others; a system that is down, or refuses the credentials, does
(`oneway.applying.circuit_breaker`).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from oneway.applying.circuit_breaker import CircuitBreaker
from oneway.applying.preconditions import Happened, LiveState, Stale
from oneway.core.connector import (
    ConnectorError,
    NotSent,
    Progress,
    Reader,
    ReadError,
    Rejected,
    Unknown,
    WriteError,
    Writer,
    silent,
)
from oneway.core.diagnostics import refusal
from oneway.core.records import Value
from oneway.core.seal import Seal
from oneway.mapping.program import Program
from oneway.planning.plan import Action, Ending, Plan, Verb
from oneway.planning.plan_file import fingerprint

__all__ = [
    "ActionLog",
    "ApplySystems",
    "Earlier",
    "Ending",
    "Result",
    "Stopped",
    "apply",
    "ordered",
    "token_of",
]


@dataclass(frozen=True, slots=True)
class Result:
    """How one action ended, and why; `target_id` is that of a record just created, too."""

    action: Action
    ending: Ending
    target_id: str | None = None
    code: str = ""
    reason: str = ""


class ActionLog(Protocol):
    """Where each step is written down before the next one is taken."""

    def intended(self, action: Action, token: str) -> None:
        """The action is about to be sent."""

    def ended(self, result: Result) -> None:
        """The action has ended."""


class Stopped(Exception):
    """An apply was asked to stop: what was begun has ended, the rest was not begun."""


def never() -> bool:
    """Return that nobody asks an apply to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier, interrupted apply of the same plan left behind.

    `ended` holds the actions that ended for good, `sent` the token of each that was sent and
    whose end is not known: it is looked up in the target before anything is sent again.
    """

    ended: Mapping[str, Ending] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApplySystems:
    """What an apply reads and writes."""

    source: Reader
    target: Reader
    writer: Writer


def apply(
    plan: Plan,
    *,
    approved: str,
    held: frozenset[str],
    postponed: Mapping[str, str] = MappingProxyType({}),
    program: Program,
    systems: ApplySystems,
    seal: Seal,
    log: ActionLog,
    earlier: Earlier = Earlier(),
    progress: Progress = silent,
    stopping: Callable[[], bool] = never,
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended, in the order of the plan's needs.

    `approved` is the fingerprint that a person or a run approved; it is compared, never
    merely present. `held` are the actions that guards hold back, `postponed` those that wait
    for another day, and why. What `earlier` says has ended is left as it ended. Raises
    `Refused` before any write where the plan is not the approved one, and `Stopped` between
    two actions once `stopping` says so.
    """
    own = fingerprint(plan)
    if approved != own:
        help = "plan again, review the new plan, and apply that"
        summary = f"approved is {approved[:12]}, but this plan is {own[:12]}"
        raise refusal("P106", plan.mapping, summary, help)
    now = LiveState(program, systems.source, systems.target, seal)
    attempt = _Attempt(now, systems.writer, log, earlier.sent)
    done = {id for id, ending in earlier.ended.items() if ending is Ending.DONE}
    waiting: list[Result] = []
    actions = [each for each in ordered(plan.actions) if each.id not in earlier.ended]
    for count, action in enumerate(actions, 1):
        if stopping():
            yield from _confirmed(systems.writer, waiting, log, done)
            raise Stopped
        if any(each.action.id in action.depends_on for each in waiting):
            # A value changes hands: who gives it up must be seen to have done so.
            yield from _confirmed(systems.writer, waiting, log, done)
        if action.id in held:
            result = Result(action, Ending.HELD, action.target_id)
        elif action.id in postponed:
            why = postponed[action.id]
            result = Result(action, Ending.POSTPONED, action.target_id, reason=why)
        elif attempt.patience.lost:
            result = attempt.given_up(action)
        elif not done.issuperset(action.depends_on):
            reason = "an action that must go before it was not done"
            result = Result(action, Ending.NOT_ATTEMPTED, action.target_id, reason=reason)
        else:
            result = attempt.one(action, token_of(action, own))
        waiting.append(result)
        if result.ending is Ending.DONE:
            done.add(action.id)
        if len(waiting) >= systems.writer.batch or count == len(actions):
            yield from _confirmed(systems.writer, waiting, log, done)
        progress("applying", count, len(actions))


def ordered(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the actions in the order in which they are applied.

    What takes access away goes first, before a target that fails half-way is given up on; then
    each comes after those that it names, otherwise as they were.
    """
    by_id = {action.id: action for action in actions}
    placed: dict[str, Action] = {}
    for action in sorted(actions, key=lambda each: not each.verb.takes_access):
        todo = [action]
        while todo:
            needs = [by_id[id] for id in todo[-1].depends_on if id in by_id and id not in placed]
            if needs:
                todo.extend(needs)
            else:
                placed.setdefault(todo[-1].id, todo.pop())
    return tuple(placed.values())


def token_of(action: Action, plan_fingerprint: str) -> str:
    """Return the token that goes with every try of this action of this plan: 32 hex digits."""
    return hashlib.sha256(f"{plan_fingerprint}:{action.id}".encode("ascii")).hexdigest()[:32]


class _Failed(Exception):
    """A system failed at an action, which ended so."""

    def __init__(self, result: Result, error: ConnectorError) -> None:
        super().__init__(error.summary)
        self.result = result
        self.error = error


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Tries one action at a time."""

    now: LiveState
    writer: Writer
    log: ActionLog
    sent_before: Mapping[str, str]
    patience: CircuitBreaker = field(default_factory=CircuitBreaker)

    def one(self, action: Action, token: str) -> Result:
        """Return how an action ended; where it was sent before, what became of that first."""
        try:
            result = self.tried(action, token)
        except _Failed as failed:
            self.patience.met(failed.error.blame, failed.error.summary)
            return self.ended(failed.result)
        self.patience.met(None)
        return result

    def tried(self, action: Action, token: str) -> Result:
        """Return how an action ended; raise `_Failed` where a system failed at it."""
        try:
            if action.id in self.sent_before:
                token = self.sent_before[action.id]
                happened, target_id = self.now.happened(action)
                if happened is Happened.YES:
                    return Result(action, Ending.DONE, target_id, reason="it had happened already")
            else:
                self.now.refuse_stale(action)
            values = self.now.values(action)
        except Stale as stale:
            return self.ended(Result(action, Ending.STALE, action.target_id, "W160", str(stale)))
        except ReadError as error:
            raise _Failed(self.unread(action, error), error) from None
        if action.id not in self.sent_before:
            self.log.intended(action, token)
        try:
            return Result(action, Ending.DONE, self.write(action, values, token))
        except WriteError as error:
            raise _Failed(_failed(action, error), error) from None

    def given_up(self, action: Action) -> Result:
        """Return that nothing more is sent; what was sent before, nobody knows the end of still."""
        reason = f"nothing more was sent in this run: {self.patience.why}"
        if action.id in self.sent_before:
            return self.ended(Result(action, Ending.UNKNOWN, action.target_id, "W112", reason))
        return Result(action, Ending.NOT_ATTEMPTED, action.target_id, "W112", reason)

    def unread(self, action: Action, error: ReadError) -> Result:
        ending = Ending.UNKNOWN if action.id in self.sent_before else Ending.NOT_SENT
        reason = f"could not be checked before writing: {error.summary}"
        return Result(action, ending, action.target_id, error.code, reason)

    def ended(self, result: Result) -> Result:
        self.log.ended(result)
        return result

    def write(self, action: Action, values: Mapping[str, Value], token: str) -> str:
        if action.verb is Verb.CREATE:
            return self.writer.create(values, token)
        assert action.target_id is not None
        if action.verb.takes_access:
            self.writer.leave(action.target_id, values, token)
        elif action.verb is Verb.REACTIVATE:
            self.writer.reactivate(action.target_id, values, token)
        else:
            self.writer.update(action.target_id, values, token)
        return action.target_id


def _confirmed(
    writer: Writer, waiting: list[Result], log: ActionLog, done: set[str]
) -> Iterator[Result]:
    """Flush what waits, yield how each action ended, and wait for nothing more."""
    for ended in _flushed(writer, waiting, log):
        if ended.ending is not Ending.DONE:
            done.discard(ended.action.id)
        yield ended
    waiting.clear()


def _flushed(writer: Writer, results: Sequence[Result], log: ActionLog) -> Iterator[Result]:
    """Make what was written durable, and only then call it done."""
    failed: WriteError | None = None
    try:
        writer.flush()
    except WriteError as error:
        failed = error
    for result in results:
        if result.ending is Ending.DONE:
            ended = result if failed is None else _failed(result.action, failed)
            log.ended(ended)
            yield ended
        else:
            yield result


def _failed(action: Action, error: WriteError) -> Result:
    ending = _ENDINGS.get(type(error), Ending.UNKNOWN)
    return Result(action, ending, action.target_id, error.code, error.summary)


_ENDINGS: Mapping[type[WriteError], Ending] = {
    Rejected: Ending.REJECTED,
    NotSent: Ending.NOT_SENT,
    Unknown: Ending.UNKNOWN,
}
