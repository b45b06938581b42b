"""What earlier runs contribute to a plan: refusals, and changes that do not stick."""

from collections.abc import Collection, Mapping
from dataclasses import field, replace

from oneway.core.dataclass import dataclass
from oneway.history.backoff import Refusal
from oneway.history.discrepancies import Discrepancy, expected_discrepancies
from oneway.history.flapping import Flapping, reverted_writes
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Plan


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known from earlier runs about a plan's actions."""

    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    """Earlier refusals of planned actions, by action id."""
    flapping: tuple[Flapping, ...] = ()
    discrepancies: tuple[Discrepancy, ...] = ()
    """Who differed from the source after the last run, and since when."""
    zone: str = "UTC"
    """The time zone in which times are shown."""

    @property
    def postponed(self) -> Mapping[str, End]:
        """The endings of actions not sent today because the target refused the same values."""
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

    @property
    def reverted(self) -> frozenset[str]:
        """The actions that do not stick, by id."""
        return frozenset(each.action.id for each in self.flapping)

    def but(self, stale: Collection[str]) -> "Memory":
        """Return the memory of a saved plan without actions that a new plan would not have."""
        kept = tuple(each for each in self.flapping if each.action.id not in stale)
        return replace(self, flapping=kept)

    def discrepancies_of(self, plan: Plan, held: Mapping[str, End]) -> tuple[Discrepancy, ...]:
        """Return the discrepancies of people who will differ from the source.

        `held` are the endings of actions that guards hold back.
        """
        failures = {id: each.failure for id, each in self.refusals.items()}
        ends = {**self.postponed, **held}
        return expected_discrepancies(
            plan, ends, failures, self.discrepancies, reverted_writes(self.flapping)
        )


NOTHING = Memory()
"""The memory of a connection's first run."""
