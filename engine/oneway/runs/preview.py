"""What `oneway plan` shows: the plan, what is wrong with its inputs, and what would not be sent."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.progress import Progress
from oneway.history.memory import NOTHING, Memory
from oneway.planning.breach import Verdict
from oneway.planning.endings import End
from oneway.planning.plan import Plan
from oneway.runs.as_of import look_after_last_run
from oneway.runs.completeness import input_problems
from oneway.runs.evidence.remembered import recall
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.plan import plan_run
from oneway.runs.read import NOTHING_KNOWN, EvaluatedInputs, Known
from oneway.runs.session import RunSession


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan that is only shown; with an error among the `findings`, none of it may be written."""

    plan: Plan
    findings: tuple[Diagnostic, ...] = ()
    verdict: Verdict = Verdict((), frozenset())
    memory: Memory = NOTHING
    inputs: EvaluatedInputs | None = None
    """What the plan was made of, if it is kept."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Why nothing may be written."""
        return errors_in(self.findings)

    @property
    def unsent(self) -> Mapping[str, End]:
        """The endings of actions that wait or are held back, by action id."""
        return {**self.memory.postponed, **self.verdict.ends()}


def errors_in(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the errors among findings."""
    return tuple(each for each in found if each.severity is Severity.ERROR)


def preview(
    session: RunSession,
    progress: Progress,
    *,
    retry_now: bool = False,
    whole: bool = False,
    known: Known = NOTHING_KNOWN,
    keep: bool = False,
) -> Preview:
    """Plan a run and judge the plan; the store and the systems stay as they are.

    The session's systems must be open. `whole` and `known` are those of `plan_run`. Guards say
    nothing about a plan of which nothing may be written. With `keep`, the result has the inputs.
    """
    look_after_last_run(session)
    remembered = recall(session)
    plan, found = plan_run(
        session, progress, remembered=remembered, whole=whole, shown_only=True, known=known
    )
    findings = (*input_problems(session.prepared, found, plan), *session.unread)
    shown = Preview(plan, findings, inputs=found if keep else None)
    del found  # frees the rows of large inputs; the plan contains everything to show
    if shown.errors:
        return shown
    memory = load_memory(session, plan, retry_now=retry_now)
    return replace(shown, verdict=judge_plan(session, plan, memory), memory=memory)
