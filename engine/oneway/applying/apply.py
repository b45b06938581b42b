"""Applies the approved plan and nothing else; the only caller of `Writer`.

Each action passes the gates of `oneway.applying.gates`, in order: a gate ends it, or lets it
through. An action that passes all gates is journalled as intended, and sent. The journal has the
ending of every action, sent or not. One record's failure never stops the others; a system that is
down, or refuses the credentials, does (`oneway.applying.circuit_breaker`). Several actions are in
flight at once if both systems allow that (`oneway.applying.flight`).
"""

from collections.abc import Iterator

from oneway.applying.flight import Flight
from oneway.applying.gates import Gates
from oneway.applying.order import ordered
from oneway.applying.plausible import refuse_implausible
from oneway.applying.result import ActionLog, ApplySystems, Approved, Result
from oneway.applying.watch import UNWATCHED, Watch
from oneway.core.abilities import in_flight, reads_by_id
from oneway.core.diagnostics import refusal
from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint


def apply(
    plan: Plan, approved: Approved, systems: ApplySystems, log: ActionLog, watch: Watch = UNWATCHED
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended, in the order of dependencies.

    Actions that an earlier try of the same plan ended for good keep their ending. Raises `Refused`
    before any write if the plan's fingerprint is not the approved one, and `Stopped` once
    `watch.stopping` asks for it and the writes in flight have ended.
    """
    own = fingerprint(plan)
    if approved.fingerprint != own:
        help = "plan again, review the new plan, and apply that"
        summary = f"approved is {approved.fingerprint[:12]}, but this plan is {own[:12]}"
        raise refusal("P106", plan.mapping, summary, help)
    refuse_implausible(plan, systems.live.program.policy)
    if plan.actions:
        systems.live.begin(plan, systems.memory.linked)
    actions = [each for each in ordered(plan.actions) if each.id not in approved.earlier.ended]
    gates = Gates(approved, systems, log)
    yield from Flight(actions, gates, concurrency(systems), watch).results()


def concurrency(systems: ApplySystems) -> int:
    """Return how many requests may be in flight at once, by both systems and the connection.

    One if writes wait for a flush. A source that is read as one list does not count: it is not
    asked again.
    """
    live, writer = systems.live, systems.writer
    if writer.batch > 1:
        return 1
    asked = [live.target, live.source] if reads_by_id(live.source) else [live.target]
    return min(systems.at_most, in_flight(writer, *asked))
