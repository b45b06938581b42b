"""`oneway forget`."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from shlex import quote

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, remembering, state_of, user
from oneway.core.diagnostics import refusal
from oneway.core.phrases import count
from oneway.history.baseline.pairs import discard_baseline
from oneway.history.journal import Journal
from oneway.render.layout import wrap
from oneway.render.sanitize import harmless
from oneway.render.style import Style
from oneway.runs.forget.listed import ListedPerson, end_silently, find_listed, refuse_listed
from oneway.runs.forget.person import Forgotten, Known, find_person, forget_person, keeps_digests
from oneway.runs.past.retention import LEAST_DAYS
from oneway.runs.resume import hold_lock
from oneway.runs.session import Operator
from oneway.state.folder import StateFolder

BEYOND = (
    "both systems: while the source has the person, the next run remembers them again; if only "
    "the target has their record, no run knows any longer that it is theirs",
    "plans, reports and pages that were saved to files, and mails and webhooks that were sent",
    "logs",
    "what other people's records say about the person, such as the name of a manager",
    "backups of the store",
)
"""Places that no command can erase."""
SHARED = (
    "rows that were deleted, until the database's server has vacuumed them; its write-ahead log "
    "and its backups"
)
OTHER_MACHINES = (
    "the folder `settled` in the state folders of other machines, with keys and names of "
    "connections with `only_changed`, until these run there again: delete it there"
)
MOVED = "journal.db.moved in the state folder, from before `oneway runs move`: delete it"
IN_USE = (
    "space in the store's file that another process keeps from being cleaned: run this again when "
    "nothing else runs"
)


@click.command("forget")
@click.argument("person")
@click.option("--connection", metavar="NAME", help="Only what this connection keeps.")
@click.option("--force", is_flag=True, help="Also a person who has left and can still get in.")
@remembering
@formatted("text", "json")
@consoled
def command(
    *, console: Console, person: str, connection: str | None, force: bool, state: Path, format: str
) -> Exit:
    """Erase one person from the store, and say what cannot be reached.

    This covers links, entries, stored plans and inputs, and what runs say about the person: who
    can still get in, who was allowed, whom errors named. PERSON is a match value (a payroll
    code), an id in either system, or the whole name, as shown in plans. Guards still count the
    actions, without the person. Runs that included the person can still be shown, but not
    replayed.

    A person who has left and can still get in is not forgotten (F151): no run would list them any
    more. End their access and run a sync first. With --force they are forgotten at once; their
    record in the target is named, to be blocked by hand, and no notice says that the connection
    has recovered.

    \b
    Example:
      oneway forget 01003
    """
    folder = state_of(state)
    if not folder.has_journal:
        raise refusal("U107", str(state), "nothing has run here", "name another --state")
    with Journal.open(folder.journal) as journal:
        found = find_person(journal, person, connection)
        if not found:
            raise refusal("U107", str(state), f"no record is kept of {person!r}", _help(journal))
        erased, listed = _forgotten(journal, folder, found, force=force)
        beyond = (*BEYOND, *_left_of(journal, folder))
    if format == "json":
        data = [_data(each, still) for each, still in zip(erased, listed, strict=True)]
        console.json({"forgotten": data, "beyond": [*beyond, *_left_in(erased)]})
        return Exit.DONE
    console.out(_text(erased, listed, beyond, console.style))
    return Exit.DONE


def _forgotten(
    journal: Journal, folder: StateFolder, found: Sequence[Known], *, force: bool
) -> tuple[Sequence[Forgotten], Sequence[ListedPerson]]:
    """Erase a person from each connection; return what was erased, and who was still listed.

    Raises `Refused` if they can still get in, unless `force` is set.
    """
    operator = Operator(user(), folder, now)
    with ExitStack() as locks:
        for each in found:
            locks.enter_context(hold_lock(each.connection, operator))
        listed = [find_listed(journal, each) for each in found]
        if not force:
            refuse_listed(listed)
        with journal.at_once():
            for still in listed:
                end_silently(journal, still, now())
            erased = [forget_person(journal, each) for each in found]
        for each in found:
            # It contains every name; the next run creates it again.
            discard_baseline(folder, each.connection)
    return erased, listed


def _text(
    erased: Sequence[Forgotten], listed: Sequence[ListedPerson], beyond: Sequence[str], style: Style
) -> str:
    lines: list[str] = []
    for still in listed:
        lines += wrap(_still_in(still), style, 0, 2) if still.is_needed else []
    for gone in erased:
        parts = (
            count(gone.links, "link"),
            f"{gone.entries:,} {'entry' if gone.entries == 1 else 'entries'} of the journal",
            count(gone.snapshots, "snapshot"),
        )
        said = f"{', '.join(parts)}; taken out of {count(gone.plans, 'plan')}"
        lines += wrap(f"Forgotten in {harmless(gone.connection)}: {said}.", style, 0, 2)
    lines.append("Not within reach:")
    for text in (*beyond, *_left_in(erased)):
        lines += wrap(harmless(text), style, 2, 4)
    return "\n".join(lines)


def _help(journal: Journal) -> str:
    help = "give a match value, an id, or the whole name, as plans show them"
    if keeps_digests(journal):
        help += "; of a match value that is sensitive only a digest is kept: give an id"
    return help


def _still_in(each: ListedPerson) -> str:
    records = ", ".join(each.records)
    where = f"; block target record {records}" if records else ""
    said = "they can still get in, or may, and no run lists them any more"
    return harmless(f"! {each.known.connection}: {said}{where}")


def _data(each: Forgotten, still: ListedPerson) -> dict[str, object]:
    return {
        "connection": each.connection,
        "links": each.links,
        "entries": each.entries,
        "plans": each.plans,
        "snapshots": each.snapshots,
        "unread": list(each.unread),
        "others": list(each.others),
        "still_in": still.is_needed,
        "records": list(still.records),
    }


def _left_of(journal: Journal, folder: StateFolder) -> tuple[str, ...]:
    """Return what the store's files, and state folders, still contain of deleted data."""
    if journal.shared:
        moved = (MOVED,) if folder.moved.exists() else ()
        return (SHARED, OTHER_MACHINES, *moved)
    return () if journal.compact() else (IN_USE,)


def _left_in(erased: Sequence[Forgotten]) -> Iterator[str]:
    """Yield what the store may still contain about a person."""
    for each in erased:
        for run in each.unread:
            prune = f"`oneway runs prune --older-than {LEAST_DAYS}d` takes it away"
            yield f"the plan of run {run}, which cannot be read: {prune}"
        for id in each.others:
            yield (
                f"source record {id} of {each.connection}, which had the same target record: if it "
                f"is the same person, `oneway forget {quote(id)}` as well"
            )
