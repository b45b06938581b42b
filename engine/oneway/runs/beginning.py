"""Tells of a run that could not begin: the same, whichever way it was started."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from os.path import dirname

from oneway.connections import Connection, connection_at
from oneway.connections.default_notify import (
    defaults_among,
    places_for,
    readable_default_for,
)
from oneway.connections.folder import broken_around
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.journal import Journal, Run
from oneway.runs.apply import start_of_none
from oneway.runs.session import Operator


@dataclass(frozen=True, slots=True)
class Beginning:
    """A run that is to begin: the connection's file, its name and its mapping.

    The last two are as the caller knows them, from a plan or a due; "" where only the file says it.
    """

    file: str
    name: str = ""
    mapping: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Whom the notices go to that were queued: connections, and those whom folders tell."""

    connections: tuple[Connection, ...] = ()
    folders: tuple[Connection, ...] = ()


def tell_of_files(beginning: Beginning, journal: Journal, now: datetime) -> Told:
    """Queue the notices of broken files that a run has to do with; return whom they go to.

    Those are the connection's own file and the folder's default that says who is told.
    """
    from oneway.notices.folders import look_at  # it brings an HTTP client

    places = tuple(places_for(dirname(beginning.file)))
    told = defaults_among(places).values()
    files = (beginning.file, *places)
    return Told(folders=look_at(broken_around(beginning.file), told, journal, now, files))


def tell_of_run(beginning: Beginning, run: Run | int, journal: Journal, now: datetime) -> Told:
    """Queue the notices of a run, also where its connection's file is gone; return whom they go to.

    Where that file is broken, only this is told, as trouble of its folder.
    """
    from oneway.notices import after_run

    told = tell_of_files(beginning, journal, now)
    if is_broken(beginning.file):
        return told
    connection = _connection_of(beginning)
    after_run(connection, run, journal, now)
    return replace(told, connections=(connection,))


def tell_of_refused(
    beginning: Beginning, problems: Sequence[Diagnostic], journal: Journal, operator: Operator
) -> Told:
    """Write a run down that could not begin, and queue its notices; return whom they go to.

    No run is written down where the connection's file is broken: it is not known whose it is.
    """
    now = operator.now()
    if is_broken(beginning.file):
        return tell_of_files(beginning, journal, now)
    connection = _connection_of(beginning)
    start = start_of_none(operator, connection.mapping, connection.name)
    run = journal.refused(start, tuple(problems), start.started)
    return tell_of_run(beginning, run, journal, now)


def is_broken(file: str) -> bool:
    """Return whether a connection's file is there, and cannot be understood."""
    return any(each.file == file for each in broken_around(file))


def _connection_of(beginning: Beginning) -> Connection:
    """Return the connection whose run it is: also where its file has another one, or none."""
    try:
        found = connection_at(beginning.file)
    except Refused:
        default = readable_default_for(beginning.file)
        to = () if default is None else default.notify
        return Connection(beginning.name, beginning.file, beginning.mapping, notify=to)
    return replace(found, name=beginning.name or found.name)
