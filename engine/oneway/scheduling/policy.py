"""Decides what to do about a connection's latest due run; pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from oneway.connections.connection import Schedule
from oneway.connections.schedule import Due
from oneway.history.journal.schedule_claims import ScheduleStatus
from oneway.runs import instant_text

GRACE = timedelta(minutes=5)
"""A run that begins later than this after its due counts as late."""

PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""How long to wait after a run dies, the first three times; after the fourth it is given up."""

TRIES = len(PAUSES) + 1


class Step(Enum):
    """What to do about a due."""

    REST = "nothing"
    BEGIN = "no process has claimed it yet"
    TAKE_OVER = "somebody took it, and it has not ended"


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


def pause(starts: int) -> timedelta:
    """Return how long to wait before restarting a run that has died this many times."""
    return PAUSES[min(max(starts, 1), len(PAUSES)) - 1]


def is_late(due: Due, begun: datetime) -> bool:
    """Return whether a run began so long after its due that people should know."""
    return begun - due.at > GRACE


def unspread(schedule: Schedule) -> Schedule:
    """Return a schedule whose runs are due at its own instants."""
    return replace(schedule, spread=timedelta())
