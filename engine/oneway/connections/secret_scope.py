"""Decides which credentials a connection's file may refer to.

A connection's file may come from a repository that many people write to, so it may only refer to
its own credentials: variables that begin with `ONEWAY_`, files in its own folder, and keyring
entries of the service `oneway` with its name. The machine's owner can allow more with the variable
`ONEWAY_CREDENTIALS`: references as on the command line, separated by commas, each of which allows
every reference that begins with it.

    ONEWAY_CREDENTIALS=env:ACME_,file:/run/secrets/,keyring:vault/
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from oneway.connections.connection import Connection
from oneway.connections.environment import of_environment
from oneway.connections.secrets.refs import SecretKind, SecretRef, entry
from oneway.connections.secrets.store import SECRETS, SERVICE
from oneway.core.diagnostics import Diagnostic
from oneway.documents.yaml_source import Path as KeyPath

VARIABLE = "ONEWAY_CREDENTIALS"
PREFIX = "ONEWAY_"

_RESERVED = ("ONEWAY_STORE", VARIABLE)
_KEPT = re.compile(r"(?P<connection>[a-z0-9-]+)\.(source|target)\.[A-Za-z][A-Za-z0-9_-]*")


def out_of_scope(connection: Connection) -> Iterator[Diagnostic]:
    """Yield a finding for each reference that leads beyond the connection's own credentials."""
    return (found for _, found in placed_out_of_scope(connection))


def placed_out_of_scope(connection: Connection) -> Iterator[tuple[KeyPath, Diagnostic]]:
    """Yield the same findings, each with the path of its key in the file."""
    for path, ref in connection.references:
        wrong = reference_out_of_scope(ref, connection.name, connection.file)
        if wrong:
            yield path, connection.written.at(path, "C152", *wrong)


def reference_out_of_scope(ref: SecretRef, name: str, file: str) -> tuple[str, str] | None:
    """Return why a file may not use a reference, and help; None if it may.

    `name` is the connection's, or "" for the file of a folder.
    """
    if _is_granted(ref):
        return None
    why = why_out_of_scope(ref, name, file)
    return (why, _help(ref)) if why else None


def why_out_of_scope(ref: SecretRef, name: str, file: str) -> str:
    """Return why a connection (name and file) may not refer to a credential, or "" if it may."""
    match ref.kind:
        case SecretKind.ENV:
            return _why_not_variable(ref.name)
        case SecretKind.FILE:
            return _why_not_file(ref.name, name, file)
        case SecretKind.KEYRING:
            return _why_not_entry(ref.name, name)


def _is_granted(ref: SecretRef) -> bool:
    """Return whether the machine's owner lets connections use a reference."""
    granted = of_environment(VARIABLE) or ""
    name = os.path.realpath(ref.name) if ref.kind is SecretKind.FILE else ref.name
    for text in granted.split(","):
        kind, colon, start = text.strip().partition(":")
        if not colon or kind != ref.kind.value:
            continue
        if ref.kind is SecretKind.FILE and start:
            start = os.path.realpath(start) + ("/" if start.endswith("/") else "")
        if name.startswith(start):
            return True
    return False


def _why_not_variable(name: str) -> str:
    if not name.startswith(PREFIX):
        return f"a connection reads variables that begin with {PREFIX} only"
    if name.startswith(_RESERVED):
        return f"{name} is not a credential of a system"
    return ""


def _why_not_file(path: str, name: str, file: str) -> str:
    folder, real = Path(os.path.realpath(file)).parent, Path(os.path.realpath(path))
    if not real.is_relative_to(folder):
        return "a connection reads private files in its own folder only"
    kept = _KEPT.fullmatch(real.name)
    if kept and real.parent.name == SECRETS and kept["connection"] != name:
        return f"this credential was given for the connection '{kept['connection']}'"
    return ""


def _why_not_entry(name: str, connection: str) -> str:
    service, user = entry(name)
    if service != SERVICE:
        return f"a connection reads keyring entries of the service '{SERVICE}' only"
    kept = _KEPT.fullmatch(user)
    if kept and kept["connection"] != connection:
        return f"this credential was given for the connection '{kept['connection']}'"
    return ""


def _help(ref: SecretRef) -> str:
    return (
        "refer to a credential of this connection; the owner of this machine can allow others: "
        f"{VARIABLE}={ref.kind.value}:..."
    )
