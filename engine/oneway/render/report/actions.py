"""Joins plan and journal: each action that was planned, and how it ended."""

from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.history.journal import JournalEntry, RunStart
from oneway.planning.endings import End, Ending
from oneway.planning.plan import Action, Change, Outcome, Plan, Verb
from oneway.render.discrepancies import by_subject
from oneway.render.report.page import ReportPerson
from oneway.render.report.phrases import named, since
from oneway.runs.past.past_run import PastRun


@dataclass(frozen=True, slots=True)
class ReportAction:
    """One action of a run; `end` is None if it was not begun, or its ending is unknown."""

    id: str
    verb: Verb
    person: ReportPerson
    changes: tuple[Change, ...]
    end: End | None
    plan: Plan | None = None
    """The plan that names the looked-up values of its changes."""
    why: str = ""
    """See `Action.why`."""
    open: bool = False
    """Whether it was begun and the journal has no ending for it."""

    @property
    def in_doubt(self) -> bool:
        """Whether it may have been written."""
        return self.open or self.ending is Ending.UNKNOWN

    @property
    def ending(self) -> Ending | None:
        """How it ended."""
        return None if self.end is None else self.end.ending

    @property
    def code(self) -> str:
        """The code of the reason for its ending."""
        return "" if self.end is None else self.end.code

    @property
    def reason(self) -> str:
        """The reason for its ending."""
        return "" if self.end is None else self.end.reason


def report_actions(past: PastRun) -> tuple[ReportAction, ...]:
    """Return all actions of a run: those of its plan, and those that only the journal knows."""
    entries = {each.action_id: each for each in past.entries}
    found, start = by_subject(past.discrepancies), past.run.start
    outcomes = past.plan.notable if past.plan is not None else ()
    planned = [
        _planned(outcome, action, entries.get(action.id), _note(found.get(action.id), start))
        for outcome in outcomes
        for action in outcome.actions
    ]
    planned = [replace(each, plan=past.plan) for each in planned]
    known = {each.id for each in planned}
    return (*planned, *(_written(each) for id, each in entries.items() if id not in known))


def _note(discrepancy: Discrepancy | None, start: RunStart) -> str:
    """Return since when an action has been pending; changes that the target undid are elsewhere."""
    undone = discrepancy is not None and discrepancy.ending is DiscrepancyKind.NOT_STICKING
    return "" if undone else since(discrepancy, start)


def _planned(
    outcome: Outcome, action: Action, entry: JournalEntry | None, note: str
) -> ReportAction:
    made = entry.target_id if entry is not None else None
    record = outcome.target_id or made
    who = named(outcome.label, outcome.key, outcome.source_id, record, note)
    end = entry.end if entry is not None else None
    begun = entry is not None and end is None
    return ReportAction(action.id, action.verb, who, action.changes, end, None, action.why, begun)


def _written(entry: JournalEntry) -> ReportAction:
    who = named("", "", entry.source_id, entry.target_id)
    begun = entry.end is None
    return ReportAction(entry.action_id, entry.verb, who, (), entry.end, open=begun)
