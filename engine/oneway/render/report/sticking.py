"""The section on changes that the target keeps undoing."""

from collections.abc import Mapping

from oneway.history.flapping import CREATES, RUNS
from oneway.planning.plan import Change, Ending, Verb
from oneway.render.report.page import Block, Cell, ReportSection, ReportTable, ReportText, Tone
from oneway.render.report.words import fields, person
from oneway.runs.past_run import Before, PastRun


def sticking(told: PastRun) -> ReportSection | None:
    """Return the changes of this plan that each of the last runs wrote as well."""
    plan, before = told.plan, told.before[: RUNS - 1]
    if plan is None or len(before) < CREATES - 1:
        return None
    written = [_written(each) for each in before]
    rows: list[tuple[Cell, ...]] = []
    created = [{action for action, _ in each} for each in written[: CREATES - 1]]
    for outcome in plan.telling:
        made = [each for each in outcome.actions if each.verb is Verb.CREATE]
        if made and all(made[0].id in each for each in created):
            rows.append((person(outcome), ReportText(("created again: the record is not there",))))
    if len(before) < RUNS - 1:
        return _section(tuple(rows)) if rows else None
    for outcome in plan.telling:
        for action in outcome.actions:
            again = tuple(
                each
                for each in action.changes
                if all(_same(found.get((action.id, each.field)), each) for found in written)
            )
            if again:
                rows.append((person(outcome), fields(again, action.verb)))
    return _section(tuple(rows)) if rows else None


def _section(rows: tuple[tuple[Cell, ...], ...]) -> ReportSection:
    title = "Changes that do not last"
    about = (
        "Written run after run, and undone by the target every time. Leave the field to the "
        "target, or see which of its rules changes the value."
    )
    table = ReportTable(title, ("Person", "What is written again and again"), rows)
    return ReportSection("sticking", title, len(rows), Tone.CAUTION, about, (Block(table=table),))


def _written(before: Before) -> Mapping[tuple[str, str], Change]:
    done = {
        each.action_id
        for each in before.entries
        if each.end is not None and each.end.ending is Ending.DONE
    }
    return {
        (action.id, change.field): change
        for action in before.plan.actions
        if action.id in done
        for change in action.changes
    }


def _same(found: Change | None, change: Change) -> bool:
    return found is not None and found.after == change.after and found.before == change.before
