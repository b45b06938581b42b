"""The section on guards: who is held, and the command that allows them."""

from collections.abc import Sequence

from oneway.core.phrases import people
from oneway.history.allow_command import allow_command, allowed_together, effect_of_allowing
from oneway.history.journal.rows import Breached
from oneway.planning.breach import key_of, words_of
from oneway.planning.endings import Ending
from oneway.planning.guard_kinds import definition_of
from oneway.render import remedies
from oneway.render.plan_changes import alike
from oneway.render.plan_content import may_concern
from oneway.render.report.actions import ReportAction
from oneway.render.report.page import Block, ReportSection, ReportTable, Tone
from oneway.render.report.phrases import field_name, fields, text
from oneway.runs.past.past_run import PastRun
from oneway.runs.past.without_connection import sync_arguments_of_run


def held(past: PastRun, found: Sequence[ReportAction]) -> ReportSection | None:
    """Return the section on what each guard held back; None if no guard fired."""
    breaches = past.run.start.breaches
    these = [each for each in found if each.ending is Ending.HELD]
    if not breaches and not these:
        return None
    groups = allowed_together(breaches)
    blocks = [_block(past, each, found, group) for group in groups for each in group]
    named = {id for each in breaches for id in each.held}
    others = [each for each in these if each.id not in named]
    if others:
        title = f"{people(len(others))} more, as the whole plan waits"
        blocks.append(Block(title, table=_table(title, others)))
    if len(groups) > 1:
        blocks.append(_asking(past, "All of it at once", breaches))
    about = _OF_A_LIST if any(map(_is_of_a_list, breaches)) else _OF_CHANGES
    return ReportSection(
        "held", "Held back by a guard", len(these), Tone.CAUTION, about, tuple(blocks)
    )


_OF_CHANGES = (
    "Many changes of one kind may be a mistake, so they wait until a person has checked them. "
    "None of them was written."
)
_OF_A_LIST = (
    "Records or values that were there at the last good run are missing, so the whole plan waits "
    "until a person has checked it. None of it was written."
)


def _is_of_a_list(breach: Breached) -> bool:
    definition = definition_of(breach.guard)
    return definition is not None and definition.of_list


def _block(
    past: PastRun, breach: Breached, found: Sequence[ReportAction], group: Sequence[Breached]
) -> Block:
    ids = set(breach.held)
    these = [each for each in found if each.ending is Ending.HELD and each.id in ids]
    title = _title(breach, len(dict.fromkeys(each.person for each in these)) or len(ids))
    connection = past.run.start.connection
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    concerned = may_concern(past.plan, breach.guard) if past.plan is not None else ""
    # Before it is applied, a plan cannot be shown as a run.
    remedy = "" if past.planned else remedies.for_code(breach.guard, connection, mapping=mapping)
    shared = alike(past.plan, ids) if past.plan is not None else ()
    about = (*shared, breach.text, concerned)
    about = tuple(filter(None, (*map(text, about), remedy)))
    table = _table(title, these) if these else None
    return _asking(past, title, group, about, table)


def _asking(
    past: PastRun,
    title: str,
    breaches: Sequence[Breached],
    about: tuple[str, ...] = (),
    table: ReportTable | None = None,
) -> Block:
    """Return a block with the command that allows what guards hold."""
    known = effect_of_allowing(each.guard for each in breaches)
    advice = f"{known.only}, to {known.passes}, once; it is refused {known.refused}:"
    if past.planned:
        advice = f"{known.only}, to plan again and {known.passes}:"
    return Block(title, about, table, advice, _command(past, breaches))


def _table(title: str, found: Sequence[ReportAction]) -> ReportTable:
    rows = tuple(
        (each.person, fields(each.changes, each.verb, each.plan, done=False)) for each in found
    )
    return ReportTable(title, ("Person", "What waits: the present value, then the new one"), rows)


def _title(breach: Breached, number: int) -> str:
    definition = definition_of(breach.guard)
    if definition is None:
        return text(breach.guard)  # a guard of a later version
    field = breach.guard.partition(".")[2]
    if definition.of_list:
        role, key = key_of(field)
        side = f"lookup table {role[11:]}" if role.startswith("references.") else role
        key, words = words_of(key)
        if words:
            return text(f"The {side} no longer has {words} in '{key}' for people who had it")
        return text(definition.happens.format(side=side, key=key))
    if definition.by_field:
        return f"{field_name(field)} {definition.happens} for {people(number)}"
    return f"{people(number)} {definition.happens}"


def _command(past: PastRun, breaches: Sequence[Breached]) -> str:
    """Return a command, harmless, with arguments quoted for a shell."""
    mapping = sync_arguments_of_run(past.run, past.plan, past.given)
    what = "plan" if past.planned else "sync"
    command = allow_command(past.run.start.connection, breaches, mapping, what)
    if past.planned:
        return text(f"{command} --out plan.json")
    return text(f"{command} {past.options}" if past.options else command)
