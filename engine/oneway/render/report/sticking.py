"""The section on changes that the target keeps undoing."""

from collections.abc import Mapping, Sequence

from oneway.history.flapping import needed
from oneway.planning.plan import Action, Change, Ending, Verb
from oneway.render.report.page import Block, Cell, ReportSection, ReportTable, ReportText, Tone
from oneway.render.report.words import fields, person
from oneway.runs.past_run import Before, PastRun


def sticking(told: PastRun) -> ReportSection | None:
    """Return the changes of this plan that each of the last runs wrote as well."""
    if told.plan is None:
        return None
    written = [_written(each) for each in told.before]
    rows = tuple(
        (person(outcome), again)
        for outcome in told.plan.telling
        for action in outcome.actions
        if (again := _again(action, written[: needed(action.verb)])) is not None
    )
    return _section(rows) if rows else None


def _again(action: Action, written: Sequence[Mapping[str, Action]]) -> Cell | None:
    """Return what of an action each of the last runs wrote as well; `written` is by action id."""
    earlier = [each.get(action.id) for each in written]
    if len(earlier) < needed(action.verb):
        return None
    if action.verb is Verb.CREATE:
        again = ReportText(("created again: the record is not there",))
        return again if all(earlier) else None
    changes = tuple(
        each
        for each in action.changes
        if all(old is not None and _wrote(old, each, action.verb) for old in earlier)
    )
    return fields(changes, action.verb) if changes else None


def _section(rows: tuple[tuple[Cell, ...], ...]) -> ReportSection:
    title = "Changes that do not last"
    about = (
        "Written run after run, and undone by the target every time. Leave the field to the "
        "target, or see which of its rules changes the value."
    )
    table = ReportTable(title, ("Person", "What is written again and again"), rows)
    return ReportSection("sticking", title, len(rows), Tone.CAUTION, about, (Block(table=table),))


def _written(before: Before) -> Mapping[str, Action]:
    done = {
        each.action_id
        for each in before.entries
        if each.end is not None and each.end.ending is Ending.DONE
    }
    return {action.id: action for action in before.plan.actions if action.id in done}


def _wrote(old: Action, change: Change, verb: Verb) -> bool:
    """Return whether an earlier action wrote the same; of a leave, whatever day it set."""
    return any(
        each.field == change.field
        and each.before == change.before
        and (each.after == change.after or (verb.takes_access and old.verb.takes_access))
        for each in old.changes
    )
