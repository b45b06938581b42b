"""Reports a run that could not begin, in the same way however it was started."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from os.path import dirname

from oneway.connections.connection import Connection
from oneway.connections.default_notify import defaults_among, places_for, readable_default_for
from oneway.connections.folder import broken_around, connection_at
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.journal import Journal, Run
from oneway.runs.run_log import start_of_none
from oneway.runs.session import Operator


@dataclass(frozen=True, slots=True)
class PendingRun:
    """A run about to begin: the connection's file, its name and its mapping.

    Name and mapping come from a plan or a due; each is "" if only the file says it.
    """

    file: str
    name: str = ""
    mapping: str = ""


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of the queued notices: connections, and the default channels of folders."""

    connections: tuple[Connection, ...] = ()
    folders: tuple[Connection, ...] = ()


def queue_for_files(beginning: PendingRun, journal: Journal, now: datetime) -> Recipients:
    """Queue notices about the broken files of a run, and return their recipients.

    The files are the connection's own and the folder's default `notify.yaml`.
    """
    from oneway.notices.folders import check_files  # it brings an HTTP client

    places = tuple(places_for(dirname(beginning.file)))
    defaults = defaults_among(places).values()
    files = (beginning.file, *places)
    return Recipients(
        folders=check_files(broken_around(beginning.file), defaults, journal, now, files)
    )


def queue_for_run(
    beginning: PendingRun, run: Run | int, journal: Journal, now: datetime
) -> Recipients:
    """Queue the notices of a run, even if its connection's file is gone; return their recipients.

    If that file is broken, the only notice is about it, as trouble of its folder.
    """
    from oneway.notices.queueing import after_run

    recipients = queue_for_files(beginning, journal, now)
    if is_broken(beginning.file):
        return recipients
    connection = _connection_of(beginning)
    after_run(connection, run, journal, now)
    return replace(recipients, connections=(connection,))


def queue_for_refused(
    beginning: PendingRun, problems: Sequence[Diagnostic], journal: Journal, operator: Operator
) -> Recipients:
    """Journal a run that could not begin, and queue its notices; return their recipients.

    Nothing is journalled if the connection's file is broken: it does not say whose run it is.
    """
    now = operator.now()
    if is_broken(beginning.file):
        return queue_for_files(beginning, journal, now)
    connection = _connection_of(beginning)
    here = replace(operator, zone=connection.zone)
    start = start_of_none(here, connection.mapping, connection.name)
    run = journal.refused(start, tuple(problems), start.started)
    return queue_for_run(beginning, run, journal, now)


def is_broken(file: str) -> bool:
    """Return whether a connection's file exists, but has no connection that could run."""
    return any(each.file == file and each.connection is None for each in broken_around(file))


def _connection_of(beginning: PendingRun) -> Connection:
    """Return the run's connection, even if its file is gone or names another one."""
    try:
        found = connection_at(beginning.file)
    except Refused:
        default = readable_default_for(beginning.file)
        to = () if default is None else default.notify
        return Connection(beginning.name, beginning.file, beginning.mapping, notify=to)
    return replace(found, name=beginning.name or found.name)
