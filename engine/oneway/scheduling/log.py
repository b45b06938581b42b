"""The scheduler's log: one line per event, as text or JSON."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from oneway.connections.connection import Connection
from oneway.connections.schedule import Due, next_due
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.journal import RunState
from oneway.render.sanitize import harmless
from oneway.runs.prepare.request import instant_text
from oneway.scheduling.folder import FolderChanges


@dataclass(frozen=True, slots=True)
class EventLog:
    """Writes lines: `write` gets each with its line break."""

    write: Callable[[str], None]
    now: Callable[[], datetime]
    json: bool = False
    quiet: bool = False
    """Whether to omit everything but runs, such as the files found."""

    def say(self, event: str, text: str, *, connection: str = "", **more: object) -> None:
        """Log one event: text for people, and fields for programs."""
        if self.quiet and event in _BESIDE:
            return
        at = instant_text(self.now())
        if self.json:
            data = {"at": at, "event": event, "connection": connection, "text": text, **more}
            kept = {key: value for key, value in data.items() if value not in ("", None)}
            self.write(json.dumps(kept, sort_keys=True) + "\n")
        else:
            whose = f"{connection}: " if connection else ""
            self.write(f"{at} {harmless(whose + text)}\n")

    def refused(self, event: str, refused: Refused, *, connection: str = "") -> None:
        """Log each diagnostic of a refusal."""
        for each in refused.diagnostics:
            self.say(event, in_words(each), connection=connection, code=each.code)


_BESIDE = frozenset({"serving", "shared", "metrics", "found", "changed", "removed", "mended"})


def in_words(found: Diagnostic) -> str:
    """Return a finding on one line, without quoting the file."""
    help = f"; {found.help}" if found.help else ""
    return f"{found.span}: {found.summary} [{found.code}]{help}"


def counted(counts: Mapping[str, int], state: str) -> str:
    """Return how many actions ended how in a run that ended in a state: "3 done, 1 held".

    For none, "nothing to do" if the run is done. Otherwise somebody has to do something.
    """
    nothing = "nothing to do" if state == RunState.DONE.value else "nothing was written"
    return ", ".join(f"{counts[word]} {word}" for word in counts if counts[word]) or nothing


def due_text(due: Due | None) -> str:
    """Return when a due runs, as text."""
    return "never" if due is None else instant_text(due.at)


def say_changes(
    log: EventLog, changes: FolderChanges, connections: Mapping[str, Connection]
) -> None:
    """Log what a scan of the folder found."""
    for name in changes.removed:
        log.say("removed", "is gone, and no longer runs", connection=name)
    for event, names in (("found", changes.added), ("changed", changes.changed)):
        for name in names:
            text = _next(connections[name], log.now())
            log.say(event, f"{connections[name].file}, {text}", connection=name)
    for each in changes.broken:
        if each.refused is not None:
            log.refused("broken", each.refused)
    for file in changes.mended:
        log.say("mended", f"{file} is no longer broken")


def _next(connection: Connection, now: datetime) -> str:
    if connection.schedule is None:
        return "never runs by itself"
    return f"next due {due_text(next_due(connection.schedule, connection.name, now))}"
