"""What was approved: a plan's fingerprint, and the actions that guards or refusals hold back."""

from collections.abc import Mapping
from dataclasses import field

from oneway.applying.result import Approved, Earlier
from oneway.core.dataclass import dataclass
from oneway.planning.access import AS_PLANNED, SinceReview
from oneway.planning.breach import Verdict
from oneway.planning.endings import End


@dataclass(frozen=True, slots=True)
class Approval:
    """The approved fingerprint, the verdict of the guards, and the actions not sent today."""

    fingerprint: str
    verdict: Verdict
    postponed: Mapping[str, End] = field(default_factory=dict)
    """The endings of actions that wait because the target refused them before, by action id."""
    snapshots: Mapping[str, bytes] = field(default_factory=dict)
    """The inputs of the plan, stored with the run, by name."""
    began: str = ""
    """When the run began to read for its plan; "" for a saved plan."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Why a new plan would not send some of a saved plan's actions, by action id."""
    done_before: Mapping[str, int] = field(default_factory=dict)
    """The runs of the same plan that made some of its actions before, by action id."""
    since: SinceReview = AS_PLANNED
    """How a new plan and the saved one differ about who has access."""
    reverted: frozenset[str] = frozenset()
    """The actions that the target did not keep when earlier runs wrote them; named in the plan."""

    def of(self, earlier: Earlier) -> Approved:
        """Return the approval for an apply, including what an earlier try left behind."""
        blocked = self.verdict.ends()
        waits = self.postponed
        return Approved(self.fingerprint, blocked, waits, earlier, self.stale, self.reverted)
