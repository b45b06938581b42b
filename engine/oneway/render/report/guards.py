"""The section on guards: how many and who is held, and the command that lets them through."""

from collections.abc import Sequence
from shlex import quote

from oneway.history.journal.rows import Breached
from oneway.planning.guard_kinds import definition_of
from oneway.planning.guards import key_of
from oneway.planning.plan import Ending
from oneway.render import remedies
from oneway.render.report.actions import Deed
from oneway.render.report.page import Block, ReportSection, ReportTable, Tone
from oneway.render.report.words import field_name, fields, people, text
from oneway.runs.past_run import PastRun

_ADVICE = (
    "Only if it is right, this lets them through, once; it is refused if there are more by then:"
)


def held(told: PastRun, found: Sequence[Deed]) -> ReportSection | None:
    """Return what was held back and by which guard; None if no guard fired."""
    breaches = told.run.start.breaches
    these = [each for each in found if each.ending is Ending.HELD]
    if not breaches and not these:
        return None
    blocks = [_block(told, each, found) for each in breaches]
    named = {id for each in breaches for id in each.held}
    others = [each for each in these if each.id not in named]
    if others:
        title = f"{people(len(others))} more, as the whole plan waits"
        blocks.append(Block(title, table=_table(title, others)))
    if len(breaches) > 1:
        command = _command(told, breaches)
        blocks.append(Block("All of it at once", advice=_ADVICE, command=command))
    about = (
        "Too much of one kind at once may be a mistake, so it waits until somebody has looked. "
        "Nothing of it was written."
    )
    return ReportSection(
        "held", "Held back by a guard", len(these), Tone.CAUTION, about, tuple(blocks)
    )


def _block(told: PastRun, breach: Breached, found: Sequence[Deed]) -> Block:
    ids = set(breach.held)
    these = [each for each in found if each.ending is Ending.HELD and each.id in ids]
    title = _title(breach, len(dict.fromkeys(each.person for each in these)) or len(ids))
    connection = told.run.start.connection
    about = (text(breach.text), remedies.for_code(breach.guard, connection))
    table = _table(title, these) if these else None
    return Block(title, about, table, _ADVICE, _command(told, (breach,)))


def _table(title: str, found: Sequence[Deed]) -> ReportTable:
    rows = tuple((each.person, fields(each.changes, each.verb, done=False)) for each in found)
    return ReportTable(title, ("Person", "What waits: in the target → as payroll wants it"), rows)


def _title(breach: Breached, number: int) -> str:
    definition = definition_of(breach.guard)
    if definition is None:
        return text(breach.guard)  # of a later version
    field = breach.guard.partition(".")[2]
    if definition.of_list:
        role, key = key_of(field)
        side = f"lookup table {role[11:]}" if role.startswith("references.") else role
        return text(definition.happens.format(side=side, key=key))
    if definition.by_field:
        return f"{field_name(field)} {definition.happens} for {people(number)}"
    return f"{people(number)} {definition.happens}"


def _command(told: PastRun, breaches: Sequence[Breached]) -> str:
    """Return a command for a shell; what it names is quoted, and harmless."""
    plan = told.plan
    name = told.run.start.mapping if plan is None else plan.mapping_file
    if plan is not None and plan.connection is not None:
        name = plan.connection.name
    words = ["oneway", "sync", quote(name)]
    words += [told.options] if told.options else []
    return text(" ".join([*words, *(each.allow for each in breaches)]))
