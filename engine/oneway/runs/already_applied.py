"""Finds the run that has already applied a saved plan."""

from collections.abc import Container, Mapping

from oneway.applying.live_source import Stale
from oneway.applying.preconditions import Happened
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, Run
from oneway.planning.endings import DONE_BEFORE, Ending
from oneway.planning.plan import Action, Plan
from oneway.planning.plan_file import fingerprint
from oneway.runs.apply import apply_systems, target_memory
from oneway.runs.reopen import sealed_program_for
from oneway.runs.session import RunSession

_LOOK_BACK = 400
"""How many runs to look back for the one that applied a plan."""


@dataclass(frozen=True, slots=True)
class AppliedBefore:
    """The last run that applied a plan, and how many of the plan's actions it did not do."""

    run: Run
    left: int


def applied_before(session: RunSession, plan: Plan) -> AppliedBefore | None:
    """Return the run that applied a plan, if the target still shows all that it did.

    Returns None if no run applied it, if the run did not end or did nothing, or if the target no
    longer shows the result, as after a restored backup. Also None if the run only found some of the
    changes done before: they may all be done by now. The plan is then applied as if for the
    first time.
    """
    run = _run_of(session.past, session.name, fingerprint(plan))
    if run is None or session.past is None:
        return None
    entries = [
        entry
        for entry in session.past.entries(run.id)
        if entry.end is not None and entry.end.ending is Ending.DONE
    ]
    made = {entry.action_id: entry.target_id for entry in entries}
    done = [each for each in plan.actions if each.id in made]
    if not done or not _still_shown(session, plan, done, made):
        return None
    # By the run's counts, as `oneway forget` erases the entries of a person.
    left = len(plan.actions) - run.counts.get(Ending.DONE.value, 0)
    if left and all(e.end is not None and e.end.reason.startswith(DONE_BEFORE) for e in entries):
        return None  # it only found what earlier runs had made, and may have missed some of it
    return AppliedBefore(run, left)


def done_before(session: RunSession, plan: Plan, stale: Container[str]) -> Mapping[str, int]:
    """Return the last run that made each of a plan's `stale` actions, by action id.

    A new plan does not send what was made and is still there, but that is done. Only runs of this
    very plan count.
    """
    own, past = fingerprint(plan), session.past
    runs = past.runs(session.name, limit=_LOOK_BACK) if past is not None else ()
    return {
        entry.action_id: run.id
        for run in reversed(runs)
        if past is not None and run.start.fingerprint == own
        for entry in past.entries(run.id)
        if entry.action_id in stale and entry.end is not None and entry.end.ending is Ending.DONE
    }


def _run_of(past: Journal | None, connection: str, own: str) -> Run | None:
    runs = past.runs(connection, limit=_LOOK_BACK) if past is not None else ()
    ended = (each for each in runs if each.state.is_whole)
    return next((each for each in ended if each.start.fingerprint == own), None)


def _still_shown(
    session: RunSession, plan: Plan, done: list[Action], made: dict[str, str | None]
) -> bool:
    """Return whether the target still has what each of these actions wrote."""
    try:
        program = sealed_program_for(session, plan)
        live = apply_systems(session, program, target_memory(session, plan)).live
        live.begin(plan)
        for action in done:
            live.note_created(action, made[action.id])
        return all(live.happened(live.resolved(each))[0] is Happened.YES for each in done)
    except (Stale, ReadError, Refused):
        return False
