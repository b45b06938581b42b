"""`oneway disconnect`."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from shlex import quote

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled, formatted, named_connection, remembering, state_of, user
from oneway.connections.connection import Connection
from oneway.connections.file_writer import moved_aside
from oneway.connections.secrets.refs import SecretRef
from oneway.connections.secrets.store import forgotten
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.core.phrases import count
from oneway.history.journal import Journal, JournalEntry
from oneway.history.journal.disconnected import disconnected_runs, store_disconnected
from oneway.history.journal.incidents import drop_notices, undelivered
from oneway.planning.endings import Ending
from oneway.planning.plan import Verb
from oneway.planning.plan_file import load_stored
from oneway.render.access_list import still_in_line, still_in_title
from oneway.render.layout import wrap
from oneway.render.sanitize import harmless
from oneway.render.status_lines import WORDS
from oneway.runs.commit_connection import place_of
from oneway.runs.past.status import ConnectionStatus, Need, status_of
from oneway.runs.prepare.request import instant_text
from oneway.runs.resume import hold_lock
from oneway.runs.session import Operator
from oneway.state.folder import StateFolder

ENDING = ".disconnected"
"""The suffix of a disconnected file's name, which no command or schedule reads."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The credentials that were deleted, those left in place, and what stays in the target."""

    name: str
    aside: Path | None
    """The file's new name; None if it had no file."""
    forgotten: tuple[tuple[str, SecretRef], ...]
    left: tuple[tuple[str, SecretRef], ...]
    stays: str
    """The managed records of the target, in words; "" if no run has a plan."""
    open: ConnectionStatus | None = None
    """Its status after the last run; None if it never ran."""


@click.command("disconnect")
@click.argument("name")
@remembering
@formatted("text", "json")
@consoled
def command(*, console: Console, name: str, state: Path, format: str) -> Exit:
    """Forget a connection's credentials; keep its history.

    Deletes the credentials that `oneway connect` saved, and names those that are stored
    elsewhere. The connection's file is renamed, so that it no longer runs; `oneway connect` with
    the same name continues its history. Nothing changes in the target: users that the
    connection created or updated stay as they are.

    Prints once what its last run left open, as `oneway status` no longer asks for attention.
    Ends with 5 if people who have left can still get in. A connection without a file, and a
    mapping that was run by hand, are named as in `oneway status`.

    \b
    Example:
      oneway disconnect acme
    """
    operator = Operator(user(), state_of(state, make=False), now)
    connection = _named(name, operator.state)
    operator = Operator(user(), state_of(state), now)
    known = connection.name if connection is not None else name
    with hold_lock(known, operator):
        ended = _disconnected(known, connection, operator.state)
    if format == "json":
        console.json(_as_data(ended))
    else:
        console.out("\n".join(line for said in _said(ended) for line in _lines(said, console)))
    return Exit.FAILED if ended.open is not None and ended.open.still_in else Exit.DONE


def _named(name: str, state: StateFolder) -> Connection | None:
    """Return the connection with this name, or None if only its runs are left."""
    try:
        connection = named_connection(name)
    except Refused as refused:
        if any(each.code != "C135" for each in refused.diagnostics) or not _is_known(name, state):
            raise
        return None
    if connection is None and not _is_known(name, state):
        raise refusal("C135", name, "this is not a connection", "give its name, or its file")
    return connection


def _is_known(name: str, state: StateFolder) -> bool:
    """Return whether runs have this name, and the connection is not disconnected yet."""
    if not state.has_journal:
        return False
    with Journal.open(state.journal) as journal:
        ended = disconnected_runs(journal)
        return any(run.id not in ended for run in journal.runs(name, limit=1))


def _disconnected(known: str, connection: Connection | None, state: StateFolder) -> Disconnected:
    """Delete the credentials, then rename the file; if interrupted, it can be repeated."""
    stays = _stays(known, state)
    if connection is None:
        return Disconnected(known, None, (), (), stays, _left_open(known, state))
    gone, left = [], []
    for side, each in connection.sides.items():
        for name, ref in each.credentials.items():
            if place_of(connection, (side, name)).is_own(ref):
                forgotten(ref)
                gone.append((f"{side} {name}", ref))
            else:
                left.append((f"{side} {name}", ref))
    aside = moved_aside(Path(connection.file), ENDING)
    return Disconnected(known, aside, tuple(gone), tuple(left), stays, _left_open(known, state))


def _left_open(name: str, state: StateFolder) -> ConnectionStatus | None:
    """Record that it is disconnected, drop its open notices, and return its last status."""
    if not state.has_journal:
        return None
    with Journal.open(state.journal) as journal:
        status = status_of(name, journal)
        store_disconnected(journal, name, instant_text(now()))
        drop_notices(journal, [each.id for each in undelivered(journal, [name])])
    return None if status.last is None else status


def _stays(name: str, state: StateFolder) -> str:
    """Return the number of managed records after the last run with a plan, in words."""
    if not state.has_journal:
        return ""
    with Journal.open(state.journal) as journal:
        for run in journal.runs(name, limit=_RUNS):
            text = journal.plan_of(run.id)
            if text:
                plan = load_stored(text, journal.place)
                entries = journal.entries(run.id)
                made = sum(e.verb is Verb.CREATE and _is_done(e) for e in entries)
                records = count(plan.managed + made)
                target = plan.inputs.get("target")
                return f"{records} of {'the target' if target is None else target.text}"
    return ""


def _is_done(entry: JournalEntry) -> bool:
    return entry.end is not None and entry.end.ending is Ending.DONE


def _said(ended: Disconnected) -> Iterator[str]:
    name = ended.name
    if ended.aside is None:
        yield f"Disconnected '{name}', which has no file of a connection."
    else:
        yield f"Disconnected '{name}'. Its file is now {ended.aside}; nothing runs by it any more."
    for what, ref in ended.forgotten:
        yield f"  forgotten: {what}, which was in {ref}"
    for what, ref in ended.left:
        yield f"  left where it is: {what}, in {ref}; remove it there if nothing else needs it"
    if ended.stays:
        yield f"What stays: {ended.stays} are matched, and stay as they are. No sync runs any more."
    else:
        yield "It never ran, so it has written nothing to the target."
    yield from _said_open(ended.open)
    then = "" if ended.aside is None else f" To connect again: oneway connect {name}"
    yield f"The history is kept: oneway runs {quote(name)}.{then}"


def _said_open(status: ConnectionStatus | None) -> Iterator[str]:
    """Yield what the last run left open, which no command will mention again."""
    if status is None:
        return
    for each in status.needs:
        if each is Need.ACCESS:
            yield (
                f"! {still_in_title(status.still_in)} ({len(status.still_in):,}). No run will "
                "end their access: do it in the target."
            )
            yield from (f"  {still_in_line(found)}" for found in status.still_in)
        elif each.urgent:
            yield f"! It was left {WORDS[each]}."


def _lines(said: str, console: Console) -> list[str]:
    return wrap(harmless(said), console.style, 0, 4)


def _as_data(ended: Disconnected) -> dict[str, object]:
    return {
        "connection": ended.name,
        "file": None if ended.aside is None else str(ended.aside),
        "forgotten": [_credential(what, ref) for what, ref in ended.forgotten],
        "left": [_credential(what, ref) for what, ref in ended.left],
        "stays": ended.stays,
        "still_in": [asdict(each) for each in ended.open.still_in] if ended.open else [],
    }


def _credential(what: str, ref: SecretRef) -> dict[str, str]:
    return {"credential": what.replace(" ", "."), ref.kind.value: ref.name}


_RUNS = 50
"""How many runs to search for one with a plan, as refused runs have none."""
