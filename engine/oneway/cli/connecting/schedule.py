"""Asks when a connection runs by itself."""

from oneway.cli.connecting.request import ConnectOptions
from oneway.cli.prompts import Asking
from oneway.connections.connection import Connection, Schedule
from oneway.connections.file_writer import new_file
from oneway.connections.parse import load_connection
from oneway.core.diagnostics import Refused, Span, refusal

_NEVER = "never"


def schedule_for(asking: Asking | None, wishes: ConnectOptions) -> Schedule | None:
    """Return the schedule, None for never; raise `Refused` for an invalid one."""
    usual = Schedule()
    cron = wishes.schedule
    if not cron and asking is not None:
        asking.say()
        asking.say("When does it run by itself? A cron line, or never; 0 4 * * * is daily at four.")
        cron = asking.text("Schedule", usual.cron, _checked_line)
    if cron == _NEVER:
        return None
    zone = wishes.time_zone
    if not zone and asking is not None:
        zone = asking.text("Time zone", usual.zone, lambda zone: _checked(cron, zone).zone)
    return _checked(cron or usual.cron, zone or usual.zone)


def _checked_line(cron: str) -> str:
    return cron if cron == _NEVER else _checked(cron, Schedule().zone).cron


def _checked(cron: str, zone: str) -> Schedule:
    """Return a schedule; raise `Refused` if a file with it would be invalid."""
    trial = Connection("trial", "trial.yaml", "m.yaml", schedule=Schedule(cron, zone))
    try:
        found = load_connection(new_file(trial).encode("utf-8", "replace"), trial.file).schedule
    except Refused as refused:
        first = refused.diagnostics[0]
        raise refusal(first.code, Span("schedule"), first.summary, first.help) from None
    assert found is not None
    return found
