"""What was approved: a plan's fingerprint, what guards hold back, and what waits."""

from collections.abc import Mapping
from dataclasses import field

from oneway.applying.result import Approved, Earlier
from oneway.core.dataclass import dataclass
from oneway.planning.access import AS_PLANNED, SinceReview
from oneway.planning.breach import Verdict
from oneway.planning.plan import End


@dataclass(frozen=True, slots=True)
class Approval:
    """The fingerprint that was approved, what the guards say, and what is not sent today."""

    fingerprint: str
    verdict: Verdict
    postponed: Mapping[str, End] = field(default_factory=dict)
    """How each action ends that waits because the target refused it before, by action id."""
    kept: Mapping[str, bytes] = field(default_factory=dict)
    """What the plan was derived from, to be kept with the run."""
    began: str = ""
    """The instant at which the run began to read for its plan; blank for a saved plan."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Why actions of a saved plan are not sent that a new plan would not send, by action id."""
    since: SinceReview = AS_PLANNED
    """What a new plan says otherwise than a saved one of who can get in."""
    reverted: frozenset[str] = frozenset()
    """The actions that earlier runs wrote in vain, which the plan names."""

    @property
    def of_saved_plan(self) -> bool:
        """Whether an earlier command made the plan: this run has read nothing for it."""
        return not self.began

    def of(self, earlier: Earlier) -> Approved:
        """Return the approval for an apply, including what an earlier try left behind."""
        blocked = self.verdict.ends()
        waits = self.postponed
        return Approved(self.fingerprint, blocked, waits, earlier, self.stale, self.reverted)
