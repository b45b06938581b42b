"""What the guards and earlier runs say about a plan."""

from oneway.history.backoff import refusals
from oneway.history.flapping import find_flapping
from oneway.history.memory import NOTHING, Memory
from oneway.planning.breach import WINDOW, Verdict
from oneway.planning.guards import RecentRuns, judge
from oneway.planning.plan import Plan
from oneway.runs.past.discrepancies import discrepancies_before
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.session import RunSession


def judge_plan(
    session: RunSession,
    plan: Plan,
    memory: Memory = NOTHING,
    *,
    resuming: int | None = None,
) -> Verdict:
    """Return what the guards say about a plan, given what was done in the days before.

    Actions that wait, by `memory`, are not sent and not counted. `resuming` is the run being
    resumed, whose actions are in the plan already.
    """
    history = _recent_runs(session, plan, resuming)
    return judge(plan, session.prepared.guards, history, memory.postponed)


def _recent_runs(session: RunSession, plan: Plan, resuming: int | None) -> RecentRuns:
    journal, name = session.past, session.past_name
    if journal is None:
        return RecentRuns()
    # The plan's own instant, not the clock: a verdict can be reached again later.
    since = instant_text(parse_instant(plan.as_of) - WINDOW)
    done = journal.done_since(name, since, but_not=resuming)
    stated, valued = journal.last_stated(name), journal.last_valued(name)
    from oneway.history.journal.side_effects import side_effects

    changed = side_effects(journal, name)
    return RecentRuns(done, *journal.last_sizes(name), stated, valued, changed)


def load_memory(session: RunSession, plan: Plan, *, retry_now: bool = False) -> Memory:
    """Return what earlier runs say about a plan; with `retry_now`, no action waits."""
    journal, name, seal = session.past, session.past_name, session.seal
    if journal is None:
        return Memory(zone=session.prepared.zone)
    failures = journal.failures(name, session.prepared.zone)
    found = refusals(plan, failures, seal, retry_now=retry_now)
    flapping = find_flapping(plan, journal.written(name), seal)
    before = tuple(discrepancies_before(journal, name))
    return Memory(found, flapping, before, session.prepared.zone)
