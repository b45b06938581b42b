"""What guards held back: how many, who, and the command that lets exactly these through."""

from collections.abc import Sequence
from shlex import quote

from oneway.history.journal.rows import Breached
from oneway.planning.guards import key_of
from oneway.planning.plan import Ending
from oneway.render.report.actions import Deed
from oneway.render.report.page import Block, ReportSection, ReportTable, Tone
from oneway.render.report.words import field_name, fields, people, text
from oneway.runs.past_run import PastRun

_TITLES = {
    "creates": ("would be created", "would be created"),
    "updates": ("would be changed", "would be changed"),
    "leavers": ("would leave", "would leave"),
    "clears": ("would lose a value", "would lose a value"),
    "reactivations": ("would come back", "would come back"),
    "identities": ("would become somebody else", "would become somebody else"),
}
_ADVICE = "Look at who is named. If it is right, this lets them through, once:"


def held(told: PastRun, found: Sequence[Deed]) -> ReportSection | None:
    """Return what was held back and by which guard; None where no guard fired."""
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
    about = (text(breach.text),)
    table = _table(title, these) if these else None
    return Block(title, about, table, _ADVICE, _command(told, (breach,)))


def _table(title: str, found: Sequence[Deed]) -> ReportTable:
    rows = tuple((each.person, fields(each.changes, each.verb)) for each in found)
    return ReportTable(title, ("Person", "What waits"), rows)


def _title(breach: Breached, number: int) -> str:
    kind, _, field = breach.guard.partition(".")
    if kind in _TITLES:
        return f"{people(number)} {_TITLES[kind][0 if number == 1 else 1]}"
    if kind == "field_changes":
        return f"{field_name(field)} would change for {people(number)}"
    if kind in ("source_shrink", "target_shrink"):
        side = kind.removesuffix("_shrink")
        return f"The {side} has fewer people than at the last good run"
    if kind == "keys_gone":
        role, key = key_of(field)
        side = {"source": "source", "target": "target"}.get(role, f"lookup table {role[11:]}")
        return text(f"The {side} leaves out '{key}', which it gave at the last good run")
    return text(breach.guard)


def _command(told: PastRun, breaches: Sequence[Breached]) -> str:
    """Return a command for a shell; what it names is quoted, and harmless."""
    plan = told.plan
    name = told.run.start.mapping if plan is None else plan.mapping_file
    if plan is not None and plan.connection is not None:
        name = plan.connection.name
    words = ["oneway", "sync", quote(name)]
    words += [told.options] if told.options else []
    return text(" ".join([*words, *(each.allow for each in breaches)]))
