"""Decides whether a connection's latest due run is to be run, and which comes next. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from oneway.connections.connection import Schedule
from oneway.connections.schedule import Due, last_due, next_due
from oneway.core.instants import instant_text
from oneway.history.journal.schedule_claims import ClaimedDue, ScheduleStatus

GRACE = timedelta(minutes=5)
"""How much later than due a run may begin before it counts as late."""

PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""How long to wait after a run dies, the first three times; after the fourth, it is abandoned."""

TRIES = len(PAUSES) + 1


class Step(Enum):
    """What to do about a due."""

    REST = "nothing"
    BEGIN = "no process has claimed it yet"
    TAKE_OVER = "a process claimed it, and it has not ended"


def step(due: Due | None, status: ScheduleStatus) -> Step:
    """Return what to do about the latest due of a connection.

    A due older than the newest one in the store is void: the clock went back, or the schedule was
    edited.
    """
    if due is None:
        return Step.REST
    nominal, last = instant_text(due.nominal), status.last
    if last is None or last.due < nominal:
        return Step.BEGIN if status.since < nominal else Step.REST
    if last.due > nominal or last.ended is not None:
        return Step.REST
    return Step.TAKE_OVER


def next_run(schedule: Schedule, name: str, status: ScheduleStatus, now: datetime) -> Due | None:
    """Return the due that a scheduler runs next; it is in the past if it is still to be run."""
    due, last = last_due(schedule, name, now), status.last
    over = last is not None and (last.ended is not None or is_spent(last))
    asked = step(due, status)
    if asked is Step.BEGIN or (asked is Step.TAKE_OVER and not over):
        return due
    following = next_due(schedule, name, now)
    if last is None or not over or following is None:
        return following
    early = datetime.fromisoformat(last.due) - following.nominal
    # `run-due` does not wait for a connection's share of the spread.
    return following if early < timedelta() else next_due(schedule, name, following.at + early)


def is_spent(taken: ClaimedDue) -> bool:
    """Return whether the runs of a due have died so often that it is abandoned."""
    return taken.starts >= TRIES


def pause(starts: int) -> timedelta:
    """Return how long to wait before restarting a run that has died this many times."""
    return PAUSES[min(max(starts, 1), len(PAUSES)) - 1]


def is_late(due: Due, begun: datetime) -> bool:
    """Return whether a run began so late that operators should know."""
    return begun - due.at > GRACE


def unspread(schedule: Schedule) -> Schedule:
    """Return a schedule without a spread: its runs are due exactly at its instants."""
    return replace(schedule, spread=timedelta())
