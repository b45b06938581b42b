"""Computes when a connection is due, from a cron line, a time zone and a name.

A *due* has a nominal instant, which is the key under which a run claims it, and a later instant
at which it runs. The delay depends on the connection's name, so that a thousand connections with
one cron line do not start in the same second.

Clock changes are handled as in Debian's cron. A line for certain times of the day (neither the
minute nor the hour begins with `*`) runs once if its local time occurs twice, at the first of the
two, and once if its local time is skipped, as soon as the clock has gone forward. A line for
intervals (`*/30 * * * *`) follows elapsed time: it runs twice in an hour that occurs twice, and
not at all in a skipped one.

`cronsim` finds the local times that match a line. This module converts them to instants, because
cronsim's intervals are an hour off where a clock changes by half an hour (Australia/Lord_Howe).
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from oneway.connections.connection import Schedule
from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """One time at which a connection is to run: the schedule's instant, and the run's.

    Both are in UTC. `at` is `nominal` plus the connection's share of the spread.
    """

    nominal: datetime
    at: datetime


def next_due(schedule: Schedule, name: str, after: datetime) -> Due | None:
    """Return the first due that runs after an instant, or None."""
    share = _share(schedule, name)
    nominal = _next(schedule.cron, schedule.zone, after.replace(microsecond=0) - share)
    return None if nominal is None else Due(nominal, nominal + share)


def last_due(schedule: Schedule, name: str, until: datetime) -> Due | None:
    """Return the last due that runs at or before an instant, or None."""
    back = _SHORT
    while back < _LONG:
        found = next_due(schedule, name, until - back)
        if found is not None and found.at <= until:
            *_, last = _until(schedule, name, found, until)
            return last
        back *= 2
    return None


def _until(schedule: Schedule, name: str, first: Due, until: datetime) -> Iterator[Due]:
    """Yield a due and those that follow it, up to an instant."""
    due: Due | None = first
    while due is not None and due.at <= until:
        yield due
        due = next_due(schedule, name, due.at)


def _share(schedule: Schedule, name: str) -> timedelta:
    """Return the delay of a connection's runs after their nominal instants; fixed for each name."""
    seconds = int(schedule.spread.total_seconds())
    if seconds < 1:
        return timedelta()
    digest = sha256(name.encode("utf-8", "surrogatepass")).digest()
    return timedelta(seconds=int.from_bytes(digest[:8], "big") % seconds)


def _next(cron: str, zone: str, after: datetime) -> datetime | None:
    place = _zone(zone)
    minute, hour, *_ = cron.split()
    if minute.startswith("*") or hour.startswith("*"):
        return _next_interval(cron, place, after)
    return _next_time(cron, place, after)


def _next_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the next instant of a line for certain times of the day."""
    # Instants grow with local times here, so no earlier one can follow.
    for local in _matches(cron, after.astimezone(zone)):
        found = _instant(local, zone)
        if found > after:
            return found
    return None


def _matches(cron: str, after: datetime) -> Iterator[datetime]:
    """Return the local times after another that a line matches; none if it never fires."""
    try:
        return iter(CronSim(cron, after.replace(tzinfo=None)))
    except CronSimError:  # raised for days that never occur, such as the 31st of February
        return iter(())


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a local time: the earlier of two, or the end of a gap."""
    while True:
        found = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if found.astimezone(zone).replace(tzinfo=None) == local:
            return found
        local += _MINUTE


def _next_interval(cron: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the next instant of a line for intervals.

    From one clock change to the next, local time is UTC and a constant.
    """
    begin, offset = after.astimezone(UTC), _offset(zone, after)
    while True:
        local = next(_matches(cron, begin + offset), None)
        if local is None:
            return None
        found = local.replace(tzinfo=UTC) - offset
        change = _change(zone, begin, found, offset)
        if change is None:
            return found
        begin, offset = change - _SECOND, _offset(zone, change)


def _change(zone: ZoneInfo, begin: datetime, end: datetime, offset: timedelta) -> datetime | None:
    """Return the first instant in (`begin`, `end`] with a different offset, or None."""
    same = begin
    while same < end:
        probe = min(same + _DAY, end)
        if _offset(zone, probe) != offset:
            return _between(zone, same, probe, offset)
        same = probe
    return None


def _between(zone: ZoneInfo, same: datetime, other: datetime, offset: timedelta) -> datetime:
    while other - same > _SECOND:
        middle = same + timedelta(seconds=int((other - same).total_seconds()) // 2)
        if _offset(zone, middle) == offset:
            same = middle
        else:
            other = middle
    return other


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_SHORT = timedelta(minutes=2)
_LONG = timedelta(days=366 * 50)
"""A line for a 29th of February that is a Monday fires every 28 or 40 years."""
