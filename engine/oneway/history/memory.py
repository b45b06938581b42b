"""What earlier runs say about a plan: earlier refusals, and changes that do not stick."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oneway.history.backoff import Refusal
from oneway.history.flapping import Flapping
from oneway.planning.plan import End, Ending


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier runs say about a plan's actions."""

    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    """What was refused before and is not done yet, by action id."""
    sticking: tuple[Flapping, ...] = ()

    @property
    def postponed(self) -> Mapping[str, End]:
        """The endings of actions not sent today because the same values were refused before."""
        return {
            id: End(
                Ending.POSTPONED,
                code=each.failure.code,
                reason=each.sentence,
                until=each.next_try.isoformat(),
            )
            for id, each in self.refusals.items()
            if each.next_try is not None
        }


NOTHING = Memory()
"""What the first run of a connection has."""
