"""Tells whom a folder tells by default of the trouble that no connection can tell of.

A file that is broken belongs to no connection, and where the store cannot be used no run can be
written down. Incidents of a folder are kept under the path of the file that says who is told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from oneway.connections import Connection
from oneway.connections.default_notify import DefaultNotify
from oneway.history.journal import Journal
from oneway.history.journal.incidents import Incident
from oneway.notices.bodies import Data, body_of, cause_of
from oneway.notices.causes import Shown
from oneway.notices.instants import instant_text
from oneway.notices.queueing import queue_changes

FAILURE = "folder.failure"
RECOVERY = "folder.recovery"


@dataclass(frozen=True, slots=True, order=True)
class FolderTrouble:
    """A code, and the file that it is about."""

    code: str
    file: str

    @property
    def name(self) -> str:
        """What an incident keeps of it: no space is in it."""
        return f"{self.code}:{quote(self.file)}"

    @classmethod
    def named(cls, name: str) -> "FolderTrouble":
        """Return the trouble that an incident is about."""
        code, _, file = name.partition(":")
        return cls(code, unquote(file))


def teller(default: DefaultNotify) -> Connection:
    """Return a folder's default as a connection that nothing runs for, so that it can be told."""
    return Connection(default.file, default.file, "", schedule=None, notify=default.notify)


def after_look(
    default: DefaultNotify,
    troubles: Iterable[FolderTrouble],
    store: Journal,
    now: datetime,
    *,
    whole: bool = True,
) -> None:
    """Open and close the incidents of a folder as a look at it shows, and queue the notices.

    Not `whole` is a look at one file: then what it does not show is not over.
    """
    shown = Shown({each.name: 0 for each in sorted(troubles)}, {}, whole=whole, wrote=True)

    def trouble(incident: Incident, reminder: bool) -> str:
        return _failure(incident, now, reminder=reminder)

    def recovery(incident: Incident, still: Sequence[Incident]) -> str:
        return _recovery(incident, still, now)

    with store.at_once():
        queue_changes(teller(default), shown, store, now, trouble, recovery)


def failure_body(
    folder: str, troubles: Sequence[FolderTrouble], since: str, now: datetime, **more: Any
) -> str:
    """Return the notice that something is wrong with a folder, as JSON text."""
    data = {
        "folder": folder,
        "incident": None,
        "since": since,
        "reminder": False,
        "causes": [_cause(each) for each in troubles],
        "command": f"oneway status {folder}",
    }
    return body_of(FAILURE, {**data, **more}, now)


def recovery_body(
    folder: str, ended: Sequence[FolderTrouble], since: str, now: datetime, **more: Any
) -> str:
    """Return the notice that something is right again with a folder, as JSON text."""
    data = {
        "folder": folder,
        "incident": None,
        "since": since,
        "until": instant_text(now),
        "ended": [_named(each) for each in ended],
        "still": [],
        "command": f"oneway status {folder}",
    }
    return body_of(RECOVERY, {**data, **more}, now)


def _failure(incident: Incident, now: datetime, *, reminder: bool) -> str:
    folder, more = _folder(incident), {"incident": incident.id, "reminder": reminder}
    return failure_body(folder, _about(incident), incident.opened, now, **more)


def _recovery(incident: Incident, still: Sequence[Incident], now: datetime) -> str:
    left = [_named(trouble) for each in still for trouble in _about(each)]
    more = {"incident": incident.id, "still": left}
    return recovery_body(_folder(incident), _about(incident), incident.opened, now, **more)


def _folder(incident: Incident) -> str:
    return str(Path(incident.connection).parent)


def _about(incident: Incident) -> list[FolderTrouble]:
    return [FolderTrouble.named(name) for name in incident.about]


def _cause(trouble: FolderTrouble) -> Data:
    said = cause_of(trouble.code, "NAME")
    # What speaks of one connection helps nobody here.
    steps = [s.replace("FILE", trouble.file) for s in said["steps"] if "NAME" not in s]
    return {**said, "steps": steps, "file": trouble.file}


def _named(trouble: FolderTrouble) -> Data:
    return {"code": trouble.code, "file": trouble.file}
