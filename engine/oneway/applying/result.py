"""The arguments and results of an apply: approval, systems, results and their log."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field
from typing import Protocol

from oneway.applying.preconditions import LiveState
from oneway.applying.unknown_writes import NO_MEMORY, Inquiry, TargetMemory
from oneway.core.abilities import MOST_IN_FLIGHT
from oneway.core.connector import Writer
from oneway.core.connector_errors import NotSent, Outdated, Rejected, Unknown, WriteError
from oneway.core.dataclass import dataclass
from oneway.core.records import Value
from oneway.core.seal import Seal, Sealed, canonical
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Action, Verb


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier, interrupted apply of the same plan left behind.

    `ended` holds the actions that ended for good, `sent` the token of each action that was sent
    with an unknown end: it is looked up in the target before it is sent again. `done` holds the run
    of each action that an earlier run made, where a plan made now would not send it.
    """

    ended: Mapping[str, Ending] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approved:
    """The approved fingerprint, and the actions not to send, with their endings.

    `blocked` are the actions that guards hold back, `postponed` those that wait for another day.
    `stale` says why a new plan would not send some of them. `reverted` are sent although the target
    did not keep the same values when earlier runs wrote them; nobody checks that it keeps them now.
    """

    fingerprint: str
    blocked: Mapping[str, End] = field(default_factory=dict)
    postponed: Mapping[str, End] = field(default_factory=dict)
    earlier: Earlier = Earlier()
    stale: Mapping[str, str] = field(default_factory=dict)
    reverted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ApplySystems:
    """The systems that an apply reads and writes: the present state of both, and the writer.

    At most `at_most` requests are in flight, whatever connectors allow.
    """

    live: LiveState
    writer: Writer
    memory: TargetMemory = NO_MEMORY
    at_most: int = MOST_IN_FLIGHT

    @property
    def inquiry(self) -> Inquiry:
        """The inquiry that finds out how writes ended."""
        return Inquiry(self.live, self.writer, self.memory)


@dataclass(frozen=True, slots=True)
class Result(End):
    """The end of an action, with the action."""

    action: Action = field(kw_only=True)


class ActionLog(Protocol):
    """Records each step before the next one is taken.

    One thread calls it, except for `leaving`.
    """

    def prepare(self) -> None:
        """Prepare the first record while systems are asked; called before waiting for them."""

    def at_once(self) -> AbstractContextManager[None]:
        """Return a block whose records become durable together, at its end."""

    def intended(self, action: Action, token: str) -> None:
        """The action is about to be sent."""

    def sent_again(self, action: Action) -> None:
        """An action that an earlier try sent is about to be sent again."""

    def leaving(self, actions: Sequence[Action]) -> None:
        """A request of these is about to be sent; raise `Refused` if another run took over."""

    def ended(self, results: Sequence[Result]) -> None:
        """These actions have ended."""


def token_of(
    action: Action, plan_fingerprint: str, seal: Seal, memory: TargetMemory = NO_MEMORY
) -> str:
    """Return the token that is sent with every try of an action: 32 hex digits.

    All plans that create a record with the same values use one token, so that a target that honours
    tokens creates it once; replacing a deleted record gets another token. The token of a change
    depends on its plan, because tomorrow the same change may be due again.
    """
    wish: Value = [plan_fingerprint, action.id]
    if action.verb is Verb.CREATE:
        values: Value = [
            [each.field, {"sealed": each.after.digest}]
            if isinstance(each.after, Sealed)
            else [each.field, [each.after]]
            for each in action.changes
        ]
        gone = memory.linked.get(action.source_id or "", "")
        wish = [memory.connection, gone, seal.digest(action.id, "", values)]
    return hashlib.sha256(canonical(wish).encode("ascii")).hexdigest()[:32]


def failed(action: Action, error: WriteError) -> Result:
    """Return the result of an action whose write raised an error."""
    ending = _ENDINGS.get(type(error), Ending.UNKNOWN)
    target_id, job = action.target_id, ""
    if isinstance(error, Unknown):
        target_id, job = target_id or error.record or None, error.job
    return Result(ending, target_id, error.code, error.summary, job=job, action=action)


_ENDINGS: Mapping[type[WriteError], Ending] = {
    Rejected: Ending.REJECTED,
    NotSent: Ending.NOT_SENT,
    Outdated: Ending.STALE,
    Unknown: Ending.UNKNOWN,
}
