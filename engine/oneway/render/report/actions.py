"""What a run meant to do to each record, and what became of it: the plan and the journal joined."""

from dataclasses import dataclass

from oneway.history.journal import JournalEntry
from oneway.planning.plan import Action, Change, Ending, Outcome, Verb
from oneway.render.report.page import ReportPerson
from oneway.render.report.words import named, person
from oneway.runs.past_run import PastRun


@dataclass(frozen=True, slots=True)
class Deed:
    """One action of a run; `ending` is None where nothing is known of it."""

    id: str
    verb: Verb
    person: ReportPerson
    changes: tuple[Change, ...]
    ending: Ending | None
    code: str = ""
    reason: str = ""


def deeds(told: PastRun) -> tuple[Deed, ...]:
    """Return all actions of a run: those of its plan, and those that only the journal knows."""
    entries = {each.action_id: each for each in told.entries}
    endings = _Endings(told, entries)
    outcomes = told.plan.outcomes if told.plan is not None else ()
    planned = [
        _planned(outcome, action, endings) for outcome in outcomes for action in outcome.actions
    ]
    known = {each.id for each in planned}
    return (*planned, *(_written(each) for id, each in entries.items() if id not in known))


def _planned(outcome: Outcome, action: Action, endings: "_Endings") -> Deed:
    entry = endings.entries.get(action.id)
    made = entry.target_id if entry is not None else None
    who = person(outcome)
    if outcome.target_id is None and made:
        who = named(outcome.label, outcome.key, outcome.source_id, made)
    code, reason = endings.said(action)
    return Deed(action.id, action.verb, who, action.changes, endings.of(action), code, reason)


def _written(entry: JournalEntry) -> Deed:
    who = named("", "", entry.source_id, entry.target_id)
    end = entry.end
    if end is None:
        return Deed(entry.action_id, entry.verb, who, (), None)
    return Deed(entry.action_id, entry.verb, who, (), end.ending, end.code, end.reason)


class _Endings:
    """How each action ended. What was never begun has no entry, and is counted alone."""

    def __init__(self, told: PastRun, entries: dict[str, JournalEntry]) -> None:
        self.told = told
        self.entries = entries
        self.held = {id for each in told.run.start.breaches for id in each.held}
        self.counts = told.run.counts

    def of(self, action: Action) -> Ending | None:
        entry = self.entries.get(action.id)
        if entry is not None:
            return entry.end.ending if entry.end is not None else None
        if self.told.run.ended is None:
            return None
        if action.id in self.held:
            return Ending.HELD
        left = [each for each in _UNBEGUN if self.counts.get(each.value)]
        if len(left) == 1:
            return left[0]
        if action.id in self.told.failures and Ending.POSTPONED in left:
            return Ending.POSTPONED
        return Ending.HELD if self._everything_is_held() else Ending.NOT_ATTEMPTED

    def said(self, action: Action) -> tuple[str, str]:
        entry = self.entries.get(action.id)
        if entry is not None and entry.end is not None:
            return entry.end.code, entry.end.reason
        failure = self.told.failures.get(action.id)
        if failure is not None and self.of(action) is Ending.POSTPONED:
            return failure.code, failure.reason
        return "", ""

    def _everything_is_held(self) -> bool:
        plan = self.told.plan
        held = self.counts.get(Ending.HELD.value, 0)
        return plan is not None and held > 0 and held == len(plan.actions)


_UNBEGUN = (Ending.HELD, Ending.POSTPONED, Ending.NOT_ATTEMPTED)
"""The endings of actions that the journal never heard of by name."""
