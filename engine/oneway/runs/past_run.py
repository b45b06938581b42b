"""Loads a past run from the journal: all that a report needs, without any system."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from oneway.core.diagnostics import Refused
from oneway.history.flapping import RUNS as STICKING
from oneway.history.journal import Journal, JournalEntry, Run
from oneway.history.stories import Story
from oneway.planning.plan import Plan
from oneway.runs.lookup import plan_of_run
from oneway.runs.stories import stories_of_run

EARLIER = 30
"""How many runs of a connection stand beside each other, at most."""


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier run of the same connection: its plan, and how its actions ended."""

    plan: Plan
    entries: tuple[JournalEntry, ...]


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run and what led to it.

    `plan` is None if the run never came to one, or it is kept no longer. `earlier` are the
    last runs of the connection, newest first, this one among them; `before` the last ones
    that had a plan, without it. `options` is what a command needs beside its name to find the
    same journal.
    """

    run: Run
    plan: Plan | None
    entries: tuple[JournalEntry, ...]
    earlier: tuple[Run, ...] = ()
    before: tuple[Before, ...] = ()
    options: str = ""
    stories: tuple[Story, ...] = ()
    """Who is not as the source says, since when, and when it is tried again."""


def load_past_run(journal: Journal, run: Run, options: str = "") -> PastRun:
    """Load a run from the journal; raise `Refused` if it is damaged."""
    earlier = journal.runs(run.start.connection, limit=EARLIER, before=run.id + 1)
    plan, entries = plan_of_run(journal, run), journal.entries(run.id)
    return PastRun(
        run=run,
        plan=plan,
        entries=entries,
        earlier=earlier,
        before=tuple(islice(_before(journal, earlier[1:]), STICKING - 1)),
        options=options,
        stories=stories_of_run(journal, run, plan, entries),
    )


def _before(journal: Journal, runs: Sequence[Run]) -> Iterator[Before]:
    """Yield the earlier runs that have a plan, newest first."""
    for run in runs:
        plan = None
        with suppress(Refused):  # what is wrong with another run is not this one's
            plan = plan_of_run(journal, run)
        if plan is not None:
            yield Before(plan, journal.entries(run.id))
