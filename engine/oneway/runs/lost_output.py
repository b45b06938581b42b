"""Stores with a run which outputs of its process could not be written completely."""

import json
from typing import TYPE_CHECKING

from oneway.core.outputs import lost

if TYPE_CHECKING:
    from oneway.history.journal import Journal

LOST = "lost"


def store_lost(journal: "Journal", run: int) -> None:
    """Store the outputs that this process has lost so far, if any."""
    found = lost()
    if found and not journal.stored_data(run, LOST):
        journal.store_data(run, LOST, json.dumps(found).encode())


def kept_lost(journal: "Journal", run: int) -> tuple[str, ...]:
    """Return the outputs that a run's process had lost when the run ended, in words."""
    data = journal.stored_data(run, LOST).get(LOST)
    return tuple(json.loads(data)) if data else ()
