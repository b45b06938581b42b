"""The section on what was done: created, changed, leavers, came back."""

from collections.abc import Sequence

from oneway.planning.endings import Ending
from oneway.planning.plan import Verb
from oneway.render.report.actions import ReportAction
from oneway.render.report.page import Block, Cell, ReportSection, ReportTable, ReportText, Tone
from oneway.render.report.phrases import because, fields

_LEAVERS = "Marked as leavers. People whose last day is still to come can get in until then."
_SECTIONS = (
    (Verb.CREATE, "created", "Created", "New here, with these values.", "Values"),
    (Verb.UPDATE, "changed", "Changed", "What it was, and what it is now.", "Before and after"),
    (Verb.LEAVE, "left", "Leavers", _LEAVERS, "Before and after"),
    (
        Verb.CORRECT,
        "corrected",
        "Leave corrected",
        "Had left already; the leave was corrected in the target.",
        "Before and after",
    ),
    (Verb.REACTIVATE, "back", "Came back", "Had left, and are back.", "Before and after"),
    (
        Verb.DEACTIVATE,
        "deactivated",
        "Deactivated",
        "They have no source record.",
        "Before and after",
    ),
)


def done(found: Sequence[ReportAction]) -> tuple[ReportSection, ...]:
    """Return a section for each kind of write that was confirmed."""
    sections = []
    for verb, id, title, about, column in _SECTIONS:
        these = [each for each in found if each.verb is verb and each.ending is Ending.DONE]
        if these:
            leaves = verb.writes_leave and any(each.why for each in these)
            rows = tuple(_row(each, leaves=leaves) for each in these)
            columns = ("Person", column, "Why") if leaves else ("Person", column)
            table = ReportTable(title, columns, rows)
            block = Block(table=table)
            sections.append(ReportSection(id, title, len(these), Tone.GOOD, about, (block,)))
    return tuple(sections)


def _row(action: ReportAction, *, leaves: bool) -> tuple[Cell, ...]:
    written = fields(action.changes, action.verb, action.plan)
    if not leaves:
        return action.person, written
    return action.person, written, ReportText(because(action.why))
