"""Moves the history of a state folder's file into the database of ONEWAY_STORE."""

from contextlib import ExitStack

from oneway.core.diagnostics import refusal
from oneway.history.journal import Journal
from oneway.history.journal.move import copy_all
from oneway.runs.past.whose_history import has_history
from oneway.runs.prepare.request import instant_text
from oneway.runs.session import Operator
from oneway.state.lock import LOCKS, locked


def move_history(operator: Operator) -> int:
    """Move the history; return how many runs it has. The file stays, under another name.

    Raises `Refused` if there is nothing to move, if a run is under way, or if the database has
    runs of the same names.
    """
    state = operator.state
    if state.store is None:
        help = "set ONEWAY_STORE to the URL of the database"
        raise refusal("F129", str(state.file), "there is no database to move to", help)
    if not state.file.exists():
        help = "check the working folder, or name the state folder: --state"
        raise refusal("F129", str(state.file), "there is no history to move", help)
    with Journal.open(state.file) as old, Journal.open(state.store) as new, ExitStack() as locks:
        names, since = old.connections(), instant_text(operator.now())
        for name in names:
            locks.enter_context(locked(state.path / LOCKS, name, since=since))
        if taken := [each for each in names if has_history(new, each)]:
            summary = f"the database has runs of '{taken[0]}' already"
            raise refusal("F129", str(state.file), summary, _TAKEN)
        moved = copy_all(old, new)
        state.file.rename(state.moved)
    return moved


_TAKEN = (
    "a history cannot be joined with another: if the database has the right one, move the file "
    "out of the state folder; if the names are another folder's, use another database"
)
