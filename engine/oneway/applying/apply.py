"""Applies the approved plan and nothing else; the only caller of `Writer`.

Each action passes the gates of `oneway.applying.gates`, in order: a gate ends it, or lets it
through. What passes them all is journalled as intended, and sent. How each action ended is
journalled, also where nothing was sent. One record's failure never stops the others; a system
that is down, or refuses the credentials, does (`oneway.applying.circuit_breaker`). Several are
in flight at once where both systems allow that (`oneway.applying.flight`).
"""

from collections.abc import Iterator

from oneway.applying.flight import Flight
from oneway.applying.gates import Gates
from oneway.applying.order import ordered
from oneway.applying.plausible import refuse_implausible
from oneway.applying.result import (
    ActionLog,
    ApplySystems,
    Approved,
    Earlier,
    Result,
    token_of,
)
from oneway.applying.watch import UNWATCHED, Stopped, Watch, never
from oneway.core.connector import in_flight, reads_by_id
from oneway.core.diagnostics import refusal
from oneway.planning.plan import Ending, Plan
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


def apply(
    plan: Plan, approved: Approved, systems: ApplySystems, log: ActionLog, watch: Watch = UNWATCHED
) -> Iterator[Result]:
    """Apply an approved plan and yield how each action ended, in the order of the plan's needs.

    The fingerprint that a person or a run approved is compared, never merely present. What an
    earlier try of the same plan has ended for good is left as it ended. Raises `Refused` before
    any write where the plan is not the approved one, and `Stopped` once `watch.stopping` says so
    and what was in flight has ended.
    """
    own = fingerprint(plan)
    if approved.fingerprint != own:
        help = "plan again, review the new plan, and apply that"
        summary = f"approved is {approved.fingerprint[:12]}, but this plan is {own[:12]}"
        raise refusal("P106", plan.mapping, summary, help)
    refuse_implausible(plan, systems.live.program.policy)
    systems.live.begin(plan)
    actions = [each for each in ordered(plan.actions) if each.id not in approved.earlier.ended]
    gates = Gates(approved, systems, log)
    yield from Flight(actions, gates, concurrency(systems), watch).results()


def concurrency(systems: ApplySystems) -> int:
    """Return how many requests may be in flight at once, as both systems and a connection say.

    One where writes wait for a flush. A source that is read as one list is not asked again.
    """
    live, writer = systems.live, systems.writer
    if writer.batch > 1:
        return 1
    asked = [live.target, live.source] if reads_by_id(live.source) else [live.target]
    return min(systems.at_most, in_flight(writer, *asked))
