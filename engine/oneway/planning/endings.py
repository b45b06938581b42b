"""How the actions of a plan end once it is applied."""

from enum import Enum

from oneway.core.dataclass import dataclass


class Ending(Enum):
    """How one action ended."""

    DONE = "done"
    STALE = "stale"
    """The source or the target has changed since the plan; nothing was written."""
    REJECTED = "rejected"
    """The target refused the record; nothing was written."""
    NOT_SENT = "not_sent"
    """It was not sent, or a look-up later showed that nothing happened."""
    UNKNOWN = "unknown"
    """It was sent, but it is unknown whether it happened."""
    HELD = "held"
    """A guard holds it back."""
    POSTPONED = "postponed"
    """The target refused the same values before; they are sent again on another day."""
    NOT_ATTEMPTED = "not_attempted"
    """An action that must precede it was not done, or the target is down."""

    @property
    def withheld(self) -> bool:
        """Whether the action was not tried, so that resuming the run may still try it."""
        return self in (Ending.HELD, Ending.POSTPONED, Ending.NOT_ATTEMPTED)


@dataclass(frozen=True, slots=True)
class End:
    """How one action ended, and why. `target_id` is set for new records as well.

    `guards` are the names of those that hold it back; `until` is the day (ISO 8601) on which a
    postponed action is sent again.
    """

    ending: Ending
    target_id: str | None = None
    code: str = ""
    reason: str = ""
    guards: tuple[str, ...] = ()
    until: str = ""
    job: str = ""
    """The job to ask the target about, if it only promised to create the record."""


FOUND = "it had happened already"
FOUND_LATER = "looked up later: it had happened"
"""The reason of a write whose ending was unknown, but that a look-up found done."""

DONE_BEFORE = "done before, by run"
"""How the reason of a write begins that an earlier run of the same plan made; a number follows."""

NOT_SHOWN = "W162"
"""The code of an action that was looked up, but that the target does not show."""

NOT_KNOWN_YET = "W115"
"""The code of an action that a look-up did not find, but that may still have happened."""
