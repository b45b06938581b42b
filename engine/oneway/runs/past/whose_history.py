"""Refuses to run over a history that is another folder's, or without one that another store has.

A history is known by its name in a store. Two customers' folders may give the same name in one
database, and a database that is new has no history of any name.
"""

from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from oneway.core.diagnostics import Refused, refusal
from oneway.history.links import labels_of
from oneway.mapping.short_rows import AnySourceRow
from oneway.planning.links import SEAL_KEY, Link
from oneway.planning.plan_file import load_stored
from oneway.planning.similar.same_person import label_words
from oneway.runs.evidence.remembered import Remembered
from oneway.runs.past.predecessor import is_by_another_key
from oneway.runs.read import EvaluatedInputs
from oneway.runs.session import RunSession
from oneway.state.files import write_whole
from oneway.state.lock import LOCKS, beside_lock

if TYPE_CHECKING:
    from oneway.history.journal import Journal

_LOOK_BACK = 50
"""Runs at a time, of which one nearly always went to its end: refused ones did not."""


def refuse_anothers(session: RunSession, found: EvaluatedInputs, remembered: Remembered) -> None:
    """Raise `Refused` if a history is by another seal.key, and of other people than the source has.

    It is another folder's: mixed with it, the leavers of either would be off the list.
    """
    journal, allowed = session.past, session.prepared.request.allowed
    if journal is None or found.passed_over or any(each.guard == SEAL_KEY for each in allowed):
        return
    if not is_by_another_key(journal, session.past_name, session.names):
        return
    rows = {each.source_id: each for each in found.source.items}
    known = [each for each in remembered.links if each.source_id in rows]
    labels = _last_labels(journal, session.past_name)
    same = sum(_is_same(each, rows[each.source_id], labels) for each in known)
    if 2 * same < min(len(remembered.links), len(rows)):
        summary = (
            f"the history of '{session.past_name}' is of other people, and by another seal.key"
        )
        raise refusal("F127", journal.place, summary, _ANOTHERS)


def _is_same(link: Link, row: AnySourceRow, labels: Mapping[str, str]) -> bool:
    """Return whether a row has the key of a link and, as far as is known, a word of its name.

    Customers may number their people alike.
    """
    if link.key and link.key != row.key:
        return False
    before = label_words(labels.get(link.source_id, ""))
    return not before or bool(before & label_words(row.label))


def _last_labels(journal: "Journal", name: str) -> Mapping[str, str]:
    """Return the labels of the last stored plan, by source record; none if it cannot be read."""
    runs = journal.runs(name, limit=_LOOK_BACK)
    text = next(filter(None, (journal.plan_of(each.id) for each in runs)), "")
    with suppress(Refused):
        return labels_of(load_stored(text, journal.place))
    return {}


def refuse_left_behind(session: RunSession) -> None:
    """Raise `Refused` if the history of a run is in the state folder's file, and not in its store.

    The store is a database that is new, or ONEWAY_STORE is not set and the file was moved. Refused
    runs are no history. Without it, listed leavers would be off the list.
    """
    state, name = session.state, session.past_name
    if session.past is None and session.unread:
        return  # an older store, of which the plan says that it is not read
    _refuse_another_database(session)
    file, help = (state.moved, _MOVED) if state.store is None else (state.file, _BEHIND)
    if not file.exists():
        return
    if session.past is not None and has_history(session.past, name):
        return
    from oneway.history.journal import Journal  # loads the store

    left = Journal.look(file)
    if left is None:
        return
    with closing(left):
        if left.runs(name, limit=1):
            raise refusal("F128", str(file), f"the history of '{name}' is in this file", help)


def note_database(session: RunSession) -> None:
    """Note beside the lock of a run in which database its history is, without the password."""
    if session.state.store is not None:
        with suppress(OSError):  # a full disk, of which the run itself says more
            write_whole(_note(session), session.journal.place.encode(errors="surrogatepass"))


def _refuse_another_database(session: RunSession) -> None:
    """Raise `Refused` if the history of a run is in a database, and its store is another one.

    A file is another one, also with an older history. A database with the history is a new address.
    """
    note, past, name = _note(session), session.past, session.past_name
    if not note.exists():
        return
    known = note.read_text(encoding="utf-8", errors="surrogatepass")
    there = past is not None and session.state.store is not None
    if past is not None and there and (past.place == known or has_history(past, name)):
        return
    summary = f"the history of '{name}' is in the database {known}"
    raise refusal("F128", str(note), summary, _ANOTHER_DATABASE)


def _note(session: RunSession) -> Path:
    return beside_lock(session.state.path / LOCKS, session.name, ".store")


def has_history(journal: "Journal", name: str) -> bool:
    """Return whether a store has a run of a name that was not refused."""
    before: int | None = None
    while runs := journal.runs(name, limit=_LOOK_BACK, before=before):
        if any(each.knows_access for each in runs):
            return True
        before = runs[-1].id
    return False


_ANOTHERS = (
    "it is probably another folder's that uses the same database: give this connection another "
    "name (without a connection: the mapping another `name`), or this folder a database of its "
    "own; if they are the same people with other ids or keys, put back the seal.key or, if it is "
    "lost, run once with --allow seal_key"
)
_BEHIND = (
    "ONEWAY_STORE names a database that has none of it, so guards would forget it, and so would "
    "the list of who can still get in: move it with `oneway runs move`; or unset ONEWAY_STORE; or, "
    "to begin anew, end the access of everybody whom `oneway status` without ONEWAY_STORE lists, "
    "and move the file out of the state folder"
)
_ANOTHER_DATABASE = (
    "set ONEWAY_STORE to that database, as before, or copy it into the new one; or, to begin anew, "
    "end the access of everybody whom `oneway status` lists there, and remove this file"
)
_MOVED = (
    "`oneway runs move` has moved it into a database: set ONEWAY_STORE to its URL, as for other "
    "runs of this folder"
)
