"""The section on changes that the target keeps undoing."""

from oneway.history.discrepancies import Discrepancy, DiscrepancyKind
from oneway.planning.plan import Action, Verb
from oneway.render.discrepancies import by_subject
from oneway.render.report.page import (
    Cell,
    ReportSection,
    ReportTable,
    ReportText,
    Tone,
)
from oneway.render.report.phrases import fields, person, since
from oneway.runs.past.past_run import PastRun


def flapping(past: PastRun) -> ReportSection | None:
    """Return the section on changes of this run that earlier runs wrote as well."""
    if past.plan is None:
        return None
    discrepancies, start = by_subject(past.discrepancies), past.run.start
    rows = tuple(
        (person(outcome, since(discrepancy, start)), _again(past, action))
        for outcome in past.plan.notable
        for action in outcome.actions
        for discrepancy in [discrepancies.get(action.id)]
        if action.id in past.undone or _is_undone(discrepancy)
    )
    about = (
        "Written run after run, and undone by the target every time. Leave the field to the "
        "target, or see which of its rules changes the value."
    )
    columns = ("Person", "Changes that are written again and again")
    title = "Changes that do not last"
    return ReportTable(title, columns, rows).section("sticking", Tone.CAUTION, about)


def _is_undone(discrepancy: Discrepancy | None) -> bool:
    return discrepancy is not None and discrepancy.ending is DiscrepancyKind.NOT_STICKING


def _again(past: PastRun, action: Action) -> Cell:
    """Return the changes of an action that do not stick; all of them if it is unknown which."""
    if action.verb is Verb.CREATE:
        return ReportText(("created again: the record is not there",))
    undone = past.undone.get(action.id)
    changes = action.changes
    if undone is not None:
        changes = tuple(each for each in changes if each.field in undone.fields)
    return fields(changes, action.verb, past.plan)
