"""Finds what has stopped a connection since a run, and still does."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import PurePath

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Severity
from oneway.history.journal import Journal, Run
from oneway.history.journal.incidents import open_of_folders
from oneway.history.journal.rows import RunState
from oneway.history.last_good import is_good, last_good
from oneway.notices.folders import FolderTrouble
from oneway.notices.remedies_of_codes import DIED, UNNAMED

NO_ALARMS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Stoppage:
    """What stops a connection: codes or guards; `silent` if no run even begins.

    `is_last` if no later run carried out what it planned.
    """

    about: tuple[str, ...]
    silent: bool
    is_last: bool
    since: str = ""
    """When it was found, "" if unknown."""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The files that each of it concerns, if any."""


def stoppage_since(journal: Journal, run: Run, alarms: Mapping[str, str]) -> Stoppage | None:
    """Return what has stopped a run's connection since, None if nothing does.

    `alarms` are the codes of a store that cannot be used, and since when. A file that was broken
    before the run did not stop the connection, and does not count.
    """
    name, ended = run.start.connection, run.ended
    newest = next(iter(journal.runs(name, limit=1)), run)
    if ended is None or newest.ended is None:
        return None
    latest = max(ended, newest.ended)
    # An alarm that is over has lost its mark, even if the clock was wrong.
    begun = [*alarms.values()]
    files: dict[str, tuple[str, ...]] = dict.fromkeys(alarms, ())
    for each in open_of_folders(journal):
        troubles = [FolderTrouble.named(about) for about in each.about]
        mine = {t.code for t in troubles if PurePath(t.file).stem == name}
        if mine and each.opened >= latest:
            begun.append(each.opened)
            files |= {c: tuple(t.file for t in troubles if t.code == c) for c in sorted(mine)}
    about = tuple(files) or _stopping(newest, run)
    if not about:
        return None
    silent, since = bool(files), min(begun, default=newest.start.started)
    good = last_good(journal, name, newest.id + 1)
    is_last = good is not None and good.id == run.id
    return Stoppage(about, silent, is_last, since, files)


def _stopping(newest: Run, run: Run) -> tuple[str, ...]:
    """Return what stopped the newest run, if that is not the given one."""
    if newest.id == run.id or is_good(newest) or newest.state is RunState.RUNNING:
        return ()
    if newest.state is RunState.INTERRUPTED:
        return (DIED,)
    if newest.state is RunState.HELD:
        return tuple(each.guard for each in newest.start.breaches)
    errors = (each.code for each in newest.problems if each.severity is Severity.ERROR)
    return tuple(dict.fromkeys(errors)) or (UNNAMED,)
