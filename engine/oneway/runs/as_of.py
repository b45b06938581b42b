"""Rejects an as-of instant in the future or before the last run, before anything is written.

Leave dates, the guards' window of seven days and the wait of refused records depend on the clock.
A clock set back would date leavers anew and count a week in the future. An instant in the future
would take access away too early, and miss what was done this week.
"""

from datetime import datetime
from shlex import quote

from oneway.core.diagnostics import refusal
from oneway.core.instants import moment
from oneway.history.journal.future import AHEAD, TOLERANCE
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.session import RunSession


def refuse_yet_to_come(session: RunSession, as_of: datetime) -> None:
    """Raise `Refused` if a run that writes has an as-of instant in the future."""
    if as_of <= session.now() + AHEAD:
        return
    what = f"this run's as-of instant, {_told(session, as_of)}, is in the future"
    clock = f"the clock says {_told(session, session.now())}"
    help = (
        "leave --as-of out, and plan again what was planned by it; `oneway plan` with --as-of "
        "shows what would be done then"
    )
    raise refusal("F123", session.prepared.request.mapping, f"{what}: {clock}", help)


def refuse_turned_back(session: RunSession, as_of: datetime | None) -> None:
    """Raise `Refused` if the clock is before the last run of this connection.

    `as_of` is the instant of a new plan; None if the plan exists already.
    """
    last = session.past.latest(session.past_name) if session.past is not None else None
    if last is None:
        return
    if _is_before(session.now(), last.started):
        what = f"the clock says {_told(session, session.now())}"
        began = _told(session, last.started)
        raise _refused(session, f"{what}, but the last run began at {began}")
    if as_of is not None and _is_before(as_of, last.as_of):
        what = f"this run's as-of instant is {_told(session, as_of)}"
        raise _refused(session, f"{what}, but the last run's was {_told(session, last.as_of)}")


def _told(session: RunSession, instant: datetime | str) -> str:
    text = instant if isinstance(instant, str) else instant_text(instant)
    return moment(text, session.prepared.zone, seconds=True)


def _is_before(instant: datetime, last: str) -> bool:
    try:
        return instant < parse_instant(last) - TOLERANCE
    except (ValueError, OverflowError):  # not a timestamp that Oneway wrote, so it proves nothing
        return False


def _refused(session: RunSession, summary: str) -> Exception:
    help = (
        "set the clock right, or leave --as-of out; if it was the last run that went by a wrong "
        f"clock, `oneway runs forget-future {quote(session.past_name)}` puts this connection right"
    )
    return refusal("F117", session.prepared.request.mapping, summary, help)
