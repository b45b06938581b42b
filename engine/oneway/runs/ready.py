"""A run that is ready to write: planned, judged and approved, while its lock is held."""

from collections.abc import Iterator

from oneway.applying.result import Result
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.core.progress import Progress
from oneway.history.journal import Run
from oneway.history.memory import Memory
from oneway.mapping.program import Program
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan
from oneway.runs.apply import apply_plan
from oneway.runs.approval import Approval
from oneway.runs.resume import Interrupted, resume_run
from oneway.runs.session import RunSession


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A plan that is ready to apply, and all that applying it needs."""

    session: RunSession
    plan: Plan
    memory: Memory
    approval: Approval
    program: Program
    progress: Progress
    warnings: tuple[Diagnostic, ...] = ()
    resumes: Interrupted | None = None
    """The interrupted run that is resumed; None for a new run."""

    @property
    def verdict(self) -> Verdict:
        """What the guards hold back."""
        return self.approval.verdict

    def apply(self) -> Iterator[Result]:
        """Apply the plan, or the rest of it, and yield how each action ended.

        Raises as `apply_plan` does.
        """
        if self.resumes is not None:
            return resume_run(
                self.session, self.resumes, self.approval, self.program, self.progress
            )
        return apply_plan(self.session, self.plan, self.approval, self.program, self.progress)

    def run(self) -> Run:
        """Return the run as the journal has it; call this once `apply` has ended."""
        journal = self.session.journal
        if self.resumes is None:
            (run,) = journal.runs(self.session.name, limit=1)
            return run
        resumed = journal.run(self.resumes.run.id)
        assert resumed is not None, "it was begun"
        return resumed
