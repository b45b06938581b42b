"""Loads a past run from the journal: all that a report needs, without any system."""

from collections.abc import Mapping
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.history.discrepancies import Discrepancy
from oneway.history.flapping import RevertedWrite
from oneway.history.journal import Journal, JournalEntry, Run
from oneway.history.journal.flapping import reverted_by
from oneway.history.last_good import last_good
from oneway.planning.plan import Plan
from oneway.runs.past.discrepancies import discrepancies_of_run
from oneway.runs.past.find_run import plan_of_run
from oneway.runs.past.stoppage import NO_ALARMS, Stoppage, stoppage_since
from oneway.runs.past.without_connection import stored_arguments

EARLIER = 30
"""How many runs of a connection stand beside each other, at most."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """A run and what led to it.

    `plan` is None if the run had none, or it is no longer stored. `earlier` are the last runs of
    the connection, newest first, this one among them. `options` is what a command needs beside its
    name to find the same journal.
    """

    run: Run
    plan: Plan | None
    entries: tuple[JournalEntry, ...]
    earlier: tuple[Run, ...] = ()
    options: str = ""
    discrepancies: tuple[Discrepancy, ...] = ()
    """Who is not as the source says, since when, and when it is tried again."""
    undone: Mapping[str, RevertedWrite] = field(default_factory=dict)
    """What of its actions does not stick, by the action's id."""
    stoppage: Stoppage | None = None
    """Why the connection has not been able to run since."""
    given: str = ""
    """What `oneway sync` was given, of a run that came to no plan and has no connection."""
    planned: bool = False
    """Whether it is a plan that nobody has applied yet, told as a run that has done nothing."""
    last_good: str = ""
    """When the last run began that carried over what it planned: this one, or one before."""
    unnotified: tuple[Diagnostic, ...] = ()
    """The mistakes in the connection's `notify` by now, because of which some are not told."""
    system: str = ""
    """The target of the last good run, for a run that came to no plan."""

    @property
    def target(self) -> str:
        """The target and its resource, such as "expensein users"; "" if unknown."""
        known = self.plan.inputs.get("target") if self.plan is not None else None
        return known.text if known is not None else self.system


def load_past_run(
    journal: Journal,
    run: Run,
    options: str = "",
    alarms: Mapping[str, str] = NO_ALARMS,
    unnotified: tuple[Diagnostic, ...] = (),
) -> PastRun:
    """Load a run from the journal; raise `Refused` if it is damaged.

    `alarms` are the codes of what keeps the store from being used, and since when. `unnotified` are
    the mistakes in the connection's `notify`.
    """
    earlier = journal.runs(run.start.connection, limit=EARLIER, before=run.id + 1)
    good = _last_good(journal, run)
    plan, entries = plan_of_run(journal, run), journal.entries(run.id)
    return PastRun(
        run=run,
        plan=plan,
        entries=entries,
        earlier=earlier,
        options=options,
        discrepancies=discrepancies_of_run(journal, run, plan, entries),
        undone=reverted_by(journal, run.start.connection, run.id),
        stoppage=stoppage_since(journal, run, alarms),
        given=stored_arguments(journal, run),
        last_good=good.start.started if good is not None else "",
        unnotified=unnotified,
        system=_target_of(journal, good) if plan is None and good is not None else "",
    )


def _last_good(journal: Journal, run: Run) -> Run | None:
    """Return the last good run up to a run, without those that a fast clock put in the future."""
    newest = next(iter(journal.runs(run.start.connection, limit=1)), run)
    until = min(run.start.started, newest.start.started)
    return last_good(journal, run.start.connection, run.id + 1, until)


def _target_of(journal: Journal, run: Run) -> str:
    plan = plan_of_run(journal, run)
    known = plan.inputs.get("target") if plan is not None else None
    return known.text if known is not None else ""
