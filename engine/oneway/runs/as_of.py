"""Keeps runs in order: no as-of instant in the future, and none before that of the last run.

Leave dates, the guards' window of seven days and the wait of refused records depend on the clock.
A clock set back would date leavers anew and count a week in the future. An instant in the future
would take access away too early, and miss what was done this week.

The clocks of two machines may differ by minutes. A run whose clock is behind the last run by no
more than that goes by the last run's instants: a day that is over stays over.
"""

from contextlib import suppress
from datetime import UTC, datetime
from shlex import quote

from oneway.core.diagnostics import Refused, refusal
from oneway.core.instants import AHEAD, TOLERANCE, moment
from oneway.runs.prepare.request import instant_text, parse_instant
from oneway.runs.session import RunSession


def refuse_yet_to_come(session: RunSession, as_of: datetime) -> None:
    """Raise `Refused` if a run that writes has an as-of instant in the future."""
    if as_of <= session.now() + AHEAD:
        return
    what = f"this run's as-of instant, {_in_words(session, as_of)}, is in the future"
    clock = f"the clock says {_in_words(session, session.now())}"
    help = (
        "leave --as-of out, and plan again what was planned by it; `oneway plan` with --as-of "
        "shows what would be done then"
    )
    raise refusal("F123", session.prepared.request.mapping, f"{what}: {clock}", help)


def plan_after_last_run(session: RunSession) -> None:
    """Move a run's clock, and its plan's instant, up to those of the last run if they are earlier.

    Raises `Refused` if either is earlier by more than clocks differ.
    """
    apply_after_last_run(session)
    as_of, least = session.prepared.request.as_of, session.last_as_of
    if least is None or least <= as_of:
        return
    if as_of < least - TOLERANCE:
        what = f"this run's as-of instant is {_in_words(session, as_of)}"
        raise _refused(session, f"{what}, but the last run's was {_in_words(session, least)}")
    session.prepared = session.prepared.as_of(least)


def look_after_last_run(session: RunSession) -> None:
    """Plan as of the instants that a run would use, for a plan that is only shown.

    Where a run would be refused, the plan is as of the instant that was asked for.
    """
    with suppress(Refused):
        plan_after_last_run(session)


def apply_after_last_run(session: RunSession) -> None:
    """Move the clock by which a saved plan is made again up to the last run's if it is earlier.

    Raises `Refused` if the clock is earlier by more than clocks differ.
    """
    last = session.past.latest(session.past_name) if session.past is not None else None
    if last is None:
        return
    began = _instant(last.started)
    if session.now() < began - TOLERANCE:
        what = f"the clock says {_in_words(session, session.now())}"
        said = _in_words(session, last.started)
        raise _refused(session, f"{what}, but the last run began at {said}")
    session.not_before(began)
    session.last_as_of = _instant(last.as_of)


def _in_words(session: RunSession, instant: datetime | str) -> str:
    text = instant if isinstance(instant, str) else instant_text(instant)
    return moment(text, session.prepared.zone, seconds=True)


def _instant(last: str) -> datetime:
    try:
        return max(parse_instant(last), _LONG_AGO)
    except (ValueError, OverflowError):  # not a timestamp that Oneway wrote, so it proves nothing
        return _LONG_AGO


def _refused(session: RunSession, summary: str) -> Exception:
    help = (
        "set the clock right, or leave --as-of out; if it was the last run that went by a wrong "
        f"clock, `oneway runs forget-future {quote(session.past_name)}` puts this connection right"
    )
    return refusal("F117", session.prepared.request.mapping, summary, help)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
