"""Asks for the connection's name, and finds its file."""

from os.path import exists
from pathlib import Path

from oneway.cli.prompts import Asking
from oneway.connections.connection import Connection
from oneway.connections.file_writer import new_file
from oneway.connections.folder import ENDINGS, FOLDER, connection_at, path_of
from oneway.connections.parse import load_connection
from oneway.core.diagnostics import Refused, Span, refusal


def existing(name: str) -> Connection | None:
    """Return the connection with a name or path, or None; raise `Refused` if its file is bad."""
    if not name:
        return None
    if _is_path(name):
        return _sound(connection_at(name)) if exists(name) else None
    try:
        path = path_of(name)
    except Refused:
        return None
    return _sound(connection_at(path))


def _sound(found: Connection) -> Connection:
    if found.mistakes:
        raise Refused(found.mistakes)
    return found


def place_for(name: str) -> tuple[str, str]:
    """Return the name and the file of a new connection; raise `Refused` if it is invalid."""
    path = Path(name) if _is_path(name) else Path(FOLDER, f"{name}{ENDINGS[0]}")
    called = path.stem
    try:
        trial = new_file(Connection(called, str(path), "mapping.yaml"))
        load_connection(trial.encode("utf-8", "surrogateescape"), str(path))
    except Refused as refused:
        summary = refused.diagnostics[0].summary
        help = refused.diagnostics[0].help or "use small letters, digits and single hyphens"
        raise refusal(
            "U114", Span("NAME"), f"'{called}' is not a valid name: {summary}", help
        ) from None
    return called, str(path)


def asked_name(asking: Asking) -> str:
    """Ask for the connection's name; the name of an existing one renews that one."""
    asking.say("What is this connection called? Small letters, digits, hyphens: acme")
    return asking.text("Name", check=lambda name: name if existing(name) else _checked(name))


def _checked(name: str) -> str:
    place_for(name)
    return name


def _is_path(name: str) -> bool:
    return "/" in name or name.lower().endswith(ENDINGS)
