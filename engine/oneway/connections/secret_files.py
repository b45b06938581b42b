"""Checks the private files that a connection or a folder's default names, without opening them."""

from collections.abc import Iterator

from oneway.connections.connection import Connection
from oneway.connections.default_notify import DefaultNotify
from oneway.connections.secrets.private_files import refuse_unsafe
from oneway.connections.secrets.refs import SecretKind
from oneway.core.diagnostics import Diagnostic, Refused


def unsafe_files(file: Connection | DefaultNotify) -> Iterator[Diagnostic]:
    """Yield a finding for each credential file that is missing or that others may read.

    Variables and keyrings are not checked: variables belong to the user who runs the connection,
    and a keyring may prompt.
    """
    for path, ref in file.references:
        if ref.kind is SecretKind.FILE:
            try:
                refuse_unsafe(ref.name)
            except Refused as refused:
                for each in refused.diagnostics:
                    summary = f"{each.span}: {each.summary}"
                    yield file.written.at(path, each.code, summary, each.help)
