"""Saves the credentials and the file of a connection: both, or neither."""

import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from oneway.connections.connection import Connection
from oneway.connections.default_notify import with_default_of_folder
from oneway.connections.file_writer import new_file, with_refs, write_new, write_over
from oneway.connections.parse import load_connection
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.connections.secrets.store import SecretName, StoringCredentials, forgotten
from oneway.core.access import Secret
from oneway.core.diagnostics import refusal
from oneway.runs.prepare.request import RunRequest
from oneway.state.deferred_signals import ENDING, undisturbed

Name = tuple[str, str]
"""A credential: its side, and its name."""


def commit_new(request: RunRequest, kind: SecretKind | None) -> Connection:
    """Store a new connection's credentials, write its file, and return the connection.

    With `kind` None, credentials go to a keyring if one works. Raises `Refused`, and then stores
    nothing.
    """
    connection = _of(request)
    with StoringCredentials() as storing:
        stored = {
            name: storing.store(secret, place_of(connection, name), kind, new=True)
            for name, secret in request.typed.items()
        }
        text = new_file(_with(connection, stored))
        made = load_connection(text.encode(), connection.file)
        with undisturbed():
            write_new(Path(connection.file), text)
            storing.commit()
    return with_default_of_folder(made)


def commit_renewed(request: RunRequest, former: Connection, kind: SecretKind | None) -> Connection:
    """Replace the credentials of an existing connection, and return the changed connection.

    Its file changes only if a credential moves to another store. Credentials of ours that no file
    refers to any longer are deleted. Raises `Refused`, and then changes nothing.
    """
    connection = _of(request)
    with StoringCredentials() as storing:
        stored = _stored(storing, former, request.typed, kind)
        refs = {**_refs(connection), **stored}
        changed = {name: ref for name, ref in refs.items() if _refs(former).get(name) != ref}
        text = with_refs(former, changed)
        if text is None:
            raise _by_hand(former, changed)
        made = load_connection(text.encode(), former.file)
        with undisturbed():
            if changed:
                write_over(Path(former.file), text)
            storing.commit()
            for name in changed:  # no file refers to the old ones any longer
                ref = _refs(former).get(name)
                if ref is not None and place_of(former, name).is_own(ref):
                    forgotten(ref)
    return with_default_of_folder(made)


def place_of(connection: Connection, name: Name) -> SecretName:
    """Return the name under which a connection's credential is stored."""
    return SecretName(connection.name, connection.file, *name)


@contextmanager
def in_order() -> Iterator[None]:
    """Treat SIGTERM and a closed terminal as Ctrl-C within a block, so that it rolls back.

    The first of them ends the block; any more are ignored, so that they do not end the rollback.
    """
    asked = False

    def ended(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield  # other threads cannot handle signals
        return
    before = {number: signal.signal(number, ended) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stored(
    storing: StoringCredentials,
    connection: Connection,
    typed: Mapping[Name, Secret],
    kind: SecretKind | None,
) -> dict[Name, SecretRef]:
    """Store typed credentials, by default where the old ones are, and return their references."""
    found = {}
    for name, secret in typed.items():
        place, former = place_of(connection, name), _refs(connection).get(name)
        usual = former.kind if former is not None and place.is_own(former) else None
        found[name] = storing.store(secret, place, kind or usual)
    return found


def _refs(connection: Connection) -> dict[Name, SecretRef]:
    return {
        (side, name): ref
        for side, each in connection.sides.items()
        for name, ref in each.credentials.items()
    }


def _with(connection: Connection, stored: Mapping[Name, SecretRef]) -> Connection:
    refs = {**_refs(connection), **stored}
    sides = {
        side: replace(each, credentials={n: ref for (s, n), ref in refs.items() if s == side})
        for side, each in connection.sides.items()
    }
    return replace(connection, source=sides["source"], target=sides["target"])


def _of(request: RunRequest) -> Connection:
    assert request.connection is not None
    return request.connection


def _by_hand(connection: Connection, changed: Mapping[Name, SecretRef]) -> Exception:
    lines = ", ".join(
        f"{side}.credentials.{name}: {{{ref.kind.value}: ...}}"
        for (side, name), ref in changed.items()
    )
    summary = "where a credential is kept cannot be changed in this file without rewriting it"
    help = f"write it by hand, each side on lines of its own: {lines}; then connect again"
    return refusal("C142", connection.file, summary, help)
