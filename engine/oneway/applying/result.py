"""What an apply is given, and what it tells: approval, systems, results and the log of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from oneway.applying.preconditions import LiveState
from oneway.core.connector import NotSent, Rejected, Unknown, WriteError, Writer
from oneway.planning.plan import Action, End, Ending


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier, interrupted apply of the same plan left behind.

    `ended` holds the actions that ended for good, `sent` the token of each that was sent and
    whose end is not known: it is looked up in the target before anything is sent again.
    """

    ended: Mapping[str, Ending] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approved:
    """The fingerprint that was approved, and what is not sent nevertheless, with its ending.

    `blocked` are the actions that guards hold back, `postponed` those that wait for another day.
    """

    fingerprint: str
    blocked: Mapping[str, End] = field(default_factory=dict)
    postponed: Mapping[str, End] = field(default_factory=dict)
    earlier: Earlier = Earlier()


@dataclass(frozen=True, slots=True)
class ApplySystems:
    """What an apply reads and writes: both systems as they are now, and the target's writer."""

    live: LiveState
    writer: Writer


@dataclass(frozen=True, slots=True)
class Result:
    """How one action ended, and why: see `End`."""

    action: Action
    ending: Ending
    target_id: str | None = None
    code: str = ""
    reason: str = ""
    guards: tuple[str, ...] = ()
    until: str = ""

    @property
    def end(self) -> End:
        """How it ended, without the action."""
        return End(self.ending, self.target_id, self.code, self.reason, self.guards, self.until)


class ActionLog(Protocol):
    """Where each step is written down before the next one is taken."""

    def intended(self, action: Action, token: str) -> None:
        """The action is about to be sent."""

    def ended(self, results: Sequence[Result]) -> None:
        """These actions have ended; all of it becomes durable together."""


def token_of(action: Action, plan_fingerprint: str) -> str:
    """Return the token that goes with every try of this action of this plan: 32 hex digits."""
    return hashlib.sha256(f"{plan_fingerprint}:{action.id}".encode("ascii")).hexdigest()[:32]


def failed(action: Action, error: WriteError) -> Result:
    """Return how an action ended whose write raised an error."""
    ending = _ENDINGS.get(type(error), Ending.UNKNOWN)
    return Result(action, ending, action.target_id, error.code, error.summary)


_ENDINGS: Mapping[type[WriteError], Ending] = {
    Rejected: Ending.REJECTED,
    NotSent: Ending.NOT_SENT,
    Unknown: Ending.UNKNOWN,
}
