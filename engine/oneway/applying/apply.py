"""Applies the approved plan and nothing else; the only caller of `Writer`.

Each action passes the gates of `oneway.applying.gates`, in order: a gate ends it, or lets it
through. What passes them all is journalled as intended, and sent. How each action ended is
journalled, also where nothing was sent. One record's failure never stops the others; a system
that is down, or refuses the credentials, does (`oneway.applying.circuit_breaker`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from oneway.applying.gates import Gates
from oneway.applying.plausible import refuse_implausible
from oneway.applying.result import (
    ActionLog,
    ApplySystems,
    Approved,
    Earlier,
    Result,
    failed,
    token_of,
)
from oneway.core.connector import WriteError, Writer, asked_before_leaving
from oneway.core.diagnostics import refusal
from oneway.core.progress import Progress, silent
from oneway.core.telemetry import OpenStep, begin
from oneway.planning.plan import Action, Ending, Plan
from oneway.planning.plan_file import fingerprint

__all__ = [
    "ActionLog",
    "ApplySystems",
    "Approved",
    "Earlier",
    "Ending",
    "Result",
    "Stopped",
    "Watch",
    "apply",
    "never",
    "ordered",
    "token_of",
]

_AT_ONCE = 500
"""Actions that nothing was sent for, and that are journalled together."""


class Stopped(Exception):
    """An apply was asked to stop: started actions have ended, the rest were not started."""


def never() -> bool:
    """Return False: nothing asks this apply to stop."""
    return False


@dataclass(frozen=True, slots=True)
class Watch:
    """The observers of an apply: its progress, and whether to stop before the next action."""

    progress: Progress = silent
    stopping: Callable[[], bool] = never


def apply(
    plan: Plan, approved: Approved, systems: ApplySystems, log: ActionLog, watch: Watch = Watch()
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended, in the order of the plan's needs.

    The fingerprint that a person or a run approved is compared, never merely present. What an
    earlier try of the same plan has ended for good is left as it ended. Raises `Refused` before
    any write where the plan is not the approved one, and `Stopped` between two actions once
    `watch.stopping` says so.
    """
    own = fingerprint(plan)
    if approved.fingerprint != own:
        help = "plan again, review the new plan, and apply that"
        summary = f"approved is {approved.fingerprint[:12]}, but this plan is {own[:12]}"
        raise refusal("P106", plan.mapping, summary, help)
    refuse_implausible(plan, systems.live.program.policy)
    systems.live.begin(plan)
    gates = Gates(approved, systems, log)
    waiting = _Waiting(systems.writer, log, gates.done)
    actions = [each for each in ordered(plan.actions) if each.id not in approved.earlier.ended]
    for number, action in enumerate(actions, 1):
        if watch.stopping():
            yield from waiting.confirmed()
            raise Stopped
        if waiting.for_any_of(action.depends_on):
            # A value changes hands: the record that gives it up must be seen to have done so.
            yield from waiting.confirmed()
        sending = begin("action", action=action.id, verb=action.verb.value)
        waiting.add(gates.end_of(action), sending)
        if waiting.full or number == len(actions):
            yield from waiting.confirmed()
        watch.progress("applying", number, len(actions))


def ordered(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Return the actions so that each comes after those it names, otherwise as they were."""
    by_id = {action.id: action for action in actions}
    placed: dict[str, Action] = {}
    for action in actions:
        todo = [action]
        while todo:
            needs = [by_id[id] for id in todo[-1].depends_on if id in by_id and id not in placed]
            if needs:
                todo.extend(needs)
            else:
                placed.setdefault(todo[-1].id, todo.pop())
    return tuple(placed.values())


@dataclass(slots=True)
class _Waiting:
    """Results that are not journalled yet: a write is done only once it has been flushed."""

    writer: Writer
    log: ActionLog
    done: set[str]
    """The actions that are done, which others wait for."""
    results: list[Result] = field(default_factory=list)
    steps: list[OpenStep] = field(default_factory=list)
    """The same, as whoever watches sees them: they end with what became of them."""
    tried: int = 0
    """How many of the results cost a look at a system, or a write."""

    def add(self, result: Result, step: OpenStep) -> None:
        self.results.append(result)
        self.steps.append(step)
        self.tried += not result.ending.withheld
        if result.ending is Ending.DONE:
            self.done.add(result.action.id)

    def for_any_of(self, ids: Sequence[str]) -> bool:
        return any(each.action.id in ids for each in self.results)

    @property
    def full(self) -> bool:
        return self.tried >= self.writer.batch or len(self.results) >= _AT_ONCE

    def confirmed(self) -> Iterator[Result]:
        """Flush what was written, journal all results together, and yield them."""
        if not self.results:
            return
        error: WriteError | None = None
        written = [each.action for each in self.results if each.ending is Ending.DONE]
        try:
            with asked_before_leaving(lambda: self.log.leaving(written)):
                self.writer.flush()
        except WriteError as raised:
            error = raised
        if error is not None:
            self.results = [
                failed(each.action, error) if each.ending is Ending.DONE else each
                for each in self.results
            ]
        self.log.ended(self.results)
        for each, step in zip(self.results, self.steps, strict=True):
            step.note(ending=each.ending.value, **({"code": each.code} if each.code else {}))
            step.end()
        for each in self.results:
            if each.ending is not Ending.DONE:
                self.done.discard(each.action.id)
            yield each
        self.results, self.steps, self.tried = [], [], 0
