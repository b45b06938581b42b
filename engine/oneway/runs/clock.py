"""An instant that a run must not go by: refused before anything is written by it.

Whether a leave date has passed, what is counted as the last seven days and how long a refused
record waits all go by the clock. One that has gone back would date leavers anew and judge by
a week that is yet to come. An instant that is yet to come would take away access before its
day, and look past what was done this week.
"""

from datetime import datetime

from oneway.core.diagnostics import refusal
from oneway.history.journal import Journal
from oneway.history.journal.future import AHEAD, TOLERANCE
from oneway.runs.apply import Operator, connection_for
from oneway.runs.prepare import PreparedRun
from oneway.runs.request import instant_text, parse_instant


def refuse_yet_to_come(prepared: PreparedRun, operator: Operator, as_of: datetime) -> None:
    """Raise `Refused` where a run that writes would go by an instant that is yet to come."""
    if as_of <= operator.now() + AHEAD:
        return
    what = f"this run would go by {instant_text(as_of)}, which is yet to come"
    clock = f"the clock says {instant_text(operator.now())}"
    help = (
        "leave --as-of out, and plan again what was planned by it; `oneway plan --as-of` shows "
        "what would be done then"
    )
    raise refusal("F123", prepared.request.mapping, f"{what}: {clock}", help)


def refuse_turned_back(prepared: PreparedRun, operator: Operator, as_of: datetime | None) -> None:
    """Raise `Refused` where the clock stands before the last run of this connection.

    `as_of` is the instant that a new plan goes by; None where the plan was made before.
    """
    if not operator.state.has_journal:
        return
    name = connection_for(prepared)
    with Journal.open(operator.state.journal) as journal:
        last = journal.latest(name)
    if last is None:
        return
    if _is_before(operator.now(), last.started):
        what = f"the clock says {instant_text(operator.now())}"
        raise _refused(prepared, f"{what}, but the last run began at {last.started}")
    if as_of is not None and _is_before(as_of, last.as_of):
        what = f"this run would go by {instant_text(as_of)}"
        raise _refused(prepared, f"{what}, but the last run went by {last.as_of}")


def _is_before(instant: datetime, last: str) -> bool:
    try:
        return instant < parse_instant(last) - TOLERANCE
    except (ValueError, OverflowError):  # no instant of ours: nothing can be said by it
        return False


def _refused(prepared: PreparedRun, summary: str) -> Exception:
    help = (
        "set the clock right, or leave --as-of out; if it was the last run that went by a wrong "
        f"clock, `oneway runs forget-future {connection_for(prepared)}` puts this connection right"
    )
    return refusal("F117", prepared.request.mapping, summary, help)
