"""Notifies a folder's default channels of problems that no connection can report.

A broken file belongs to no connection, and without the store no run can be recorded. The
incidents of a folder are stored under the path of the file that names the default channels.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import field
from datetime import datetime
from pathlib import Path
from shlex import quote as quoted
from typing import Any
from urllib.parse import quote, unquote

from oneway.connections.connection import Connection
from oneway.connections.default_notify import DefaultNotify, readable_default_for
from oneway.connections.folder import Found
from oneway.core.dataclass import dataclass
from oneway.history.journal import Journal
from oneway.history.journal.incidents import Incident, open_incidents
from oneway.notices.bodies import Data, body_of, cause_of
from oneway.notices.causes import RunProblems
from oneway.notices.instants import instant_text
from oneway.notices.queueing import queue_changes
from oneway.notices.remedies_of_codes import AGAIN, CHECK

FAILURE = "folder.failure"
RECOVERY = "folder.recovery"
_TWO = "C136"
"""Two connections have one name; one file alone cannot show that this has been fixed."""


@dataclass(frozen=True, slots=True, order=True)
class FolderTrouble:
    """A problem of a folder: a code, and the file that it is about."""

    code: str
    file: str
    detail: str = field(default="", compare=False)
    """Its current cause, such as a full disk; not stored with an incident."""

    @property
    def name(self) -> str:
        """The name under which an incident stores it, without spaces."""
        return f"{self.code}:{quote(self.file)}"

    @classmethod
    def named(cls, name: str) -> "FolderTrouble":
        """Return the problem with the name that an incident stores."""
        code, _, file = name.partition(":")
        return cls(code, unquote(file))


def recipient_of(default: DefaultNotify) -> Connection:
    """Return a folder's default as a connection without runs, which can be notified."""
    return Connection(default.file, default.file, "", schedule=None, notify=default.notify)


def update_incidents(
    default: DefaultNotify,
    troubles: Iterable[FolderTrouble],
    store: Journal,
    now: datetime,
    files: Collection[str] | None = None,
) -> None:
    """Open and close the incidents of a folder by its present problems, and queue the notices.

    If `files` is given, only those files were checked; incidents of other files stay open.
    """
    found = {each.name: 0 for each in sorted(troubles)}
    if files is not None:
        before = (_about(each) for each in open_incidents(store, default.file))
        unseen = (t for about in before for t in about if t.file not in files or t.code == _TWO)
        found |= {each.name: 0 for each in unseen}
    shown = RunProblems(found, {}, whole=True, wrote=True)
    with store.at_once():
        queue_changes(recipient_of(default), shown, store, _FolderBodies(now))


def check_files(
    broken: Iterable[Found],
    known: Iterable[DefaultNotify],
    store: Journal,
    now: datetime,
    files: Collection[str] | None = None,
) -> tuple[Connection, ...]:
    """Open and close the incidents of broken files; return who is notified (`recipient_of`).

    The nearest readable default is notified of each file. `known` are defaults that may no longer
    have broken files below them, so that their incidents end. `files` are those checked, None for
    all.
    """
    troubles: dict[str, list[FolderTrouble]] = defaultdict(list)
    to = {each.file: each for each in known if each.refused is None}
    for found in broken:
        default = readable_default_for(found.file)
        if default is not None and found.refused is not None:
            to[default.file] = default
            codes = {each.code for each in found.refused.diagnostics}
            troubles[default.file] += [FolderTrouble(code, found.file) for code in codes]
    for each in to.values():
        update_incidents(each, troubles[each.file], store, now, files)
    return tuple(map(recipient_of, to.values()))


def failure_body(
    folder: str, troubles: Sequence[FolderTrouble], since: str, now: datetime, **more: Any
) -> str:
    """Return the notice of problems of a folder, as JSON text."""
    data = {
        "folder": folder,
        "incident": None,
        "since": since,
        "reminder": False,
        "causes": [_cause(each, folder) for each in troubles],
        "command": f"oneway status {folder}",
    }
    return body_of(FAILURE, {**data, **more}, now)


def recovery_body(
    folder: str, ended: Sequence[Data], since: str, now: datetime, **more: Any
) -> str:
    """Return the notice that problems of a folder are over, as JSON text."""
    data = {
        "folder": folder,
        "incident": None,
        "since": since,
        "until": instant_text(now),
        "ended": ended,
        "still": [],
        "command": f"oneway status {folder}",
    }
    return body_of(RECOVERY, {**data, **more}, now)


@dataclass(frozen=True, slots=True)
class _FolderBodies:
    """Writes the notices of a folder's incidents."""

    now: datetime

    def trouble(self, incident: Incident, *, reminder: bool) -> str:
        folder, more = _folder(incident), {"incident": incident.id, "reminder": reminder}
        return failure_body(folder, _about(incident), incident.opened, self.now, **more)

    def recovery(self, ended: Sequence[Incident], still: Sequence[Incident]) -> str:
        since = min(each.opened for each in ended)
        more = {"incident": ended[0].id, "still": _numbered(still)}
        return recovery_body(_folder(ended[0]), _numbered(ended), since, self.now, **more)


def _numbered(incidents: Sequence[Incident]) -> list[Data]:
    """Return the problems of incidents as data, each with the number of its incident."""
    return [
        {"incident": each.id, **trouble_as_data(trouble)}
        for each in incidents
        for trouble in _about(each)
    ]


def _folder(incident: Incident) -> str:
    return str(Path(incident.connection).parent)


def _about(incident: Incident) -> list[FolderTrouble]:
    return [FolderTrouble.named(name) for name in incident.about]


_OF_ALL = {
    CHECK: "`oneway status FOLDER` says whether it is right again.",
    AGAIN: "Each connection then runs when it is due next.",
}
"""Steps for one connection, reworded for a folder of connections."""


def _cause(trouble: FolderTrouble, folder: str) -> Data:
    said = cause_of(trouble.code, "NAME")
    steps = [s.replace("FILE", trouble.file) for s in said["steps"]]
    if trouble.code.startswith("F"):  # a problem that keeps every connection from running
        steps = [_OF_ALL.get(each, each).replace("FOLDER", quoted(folder)) for each in steps]
    steps = [each for each in steps if "NAME" not in each]  # there is no run to name
    detail = {"detail": trouble.detail} if trouble.detail else {}
    return {**said, "steps": steps, "file": trouble.file, **detail}


def trouble_as_data(trouble: FolderTrouble) -> Data:
    """Return a problem as data: its code, and the file that it is about."""
    return {"code": trouble.code, "file": trouble.file}
