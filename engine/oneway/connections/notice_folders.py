"""Checks the report folders that a connection, or a folder's default, names."""

from collections.abc import Iterator
from os.path import isdir

from oneway.connections.connection import Connection, NoticeFolder
from oneway.connections.default_notify import DefaultNotify
from oneway.core.diagnostics import Diagnostic, Severity


def missing_folders(file: Connection | DefaultNotify) -> Iterator[Diagnostic]:
    """Yield a warning for each report folder that does not exist on this machine."""
    for index, channel in enumerate(file.notify):
        if isinstance(channel, NoticeFolder) and not isdir(channel.path):
            help = f"make it ({channel.path}), or correct the path: reports are not kept without it"
            yield file.written.at(
                ("notify", index, "folder", "path"),
                "N112",
                "there is no such folder",
                help,
                severity=Severity.WARNING,
            )
