"""The watchers of runs in this process: a log of JSON lines, traces, both, or none."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from oneway.connections.environment import of_environment
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import refusal
from oneway.core.outputs import write_error
from oneway.core.telemetry import Watcher, watching

VARIABLE = "ONEWAY_TRACES"
"""The variable that turns traces on: `otlp`. The standard OTEL_... variables say where to."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Whether steps are logged as JSON, and traced."""

    log: bool = False
    traces: bool = False


def asked_for(*, log: bool) -> Watching:
    """Return what to watch with; raise `Refused` if the variable is invalid."""
    asked = (of_environment(VARIABLE) or "").strip().lower()
    if asked not in ("", "off", "otlp"):
        raise refusal("U124", VARIABLE, "the setting for traces is unknown", "write otlp")
    return Watching(log, traces=asked == "otlp")


@contextmanager
def watched(
    asked: Watching, now: Callable[[], datetime], failed: Callable[[str], None]
) -> Iterator[None]:
    """Watch the steps of a block as asked; raise `Refused` if a package is missing."""
    found: list[Watcher] = []
    with ExitStack() as stack:
        if asked.log:
            from oneway.runs.telemetry.step_log import StepLog

            found.append(StepLog(write_error, now))
        if asked.traces:
            try:
                from oneway.runs.telemetry.traces import exported
            except ModuleNotFoundError:
                summary = "traces need packages that are not installed"
                help = "pip install 'oneway[otel]'"
                raise refusal("U109", VARIABLE, summary, help) from None
            found.append(stack.enter_context(exported(of_environment, failed)))
        stack.enter_context(watching(*found))
        yield
