"""`oneway disconnect`."""

from collections.abc import Iterator
from pathlib import Path

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
from oneway.core.diagnostics import refusal
from oneway.core.phrases import count
from oneway.history.journal import Journal, JournalEntry
from oneway.planning.plan import Ending, Verb
from oneway.planning.plan_file import load
from oneway.render.layout import wrap
from oneway.render.sanitize import harmless
from oneway.runs.commit_connection import place_of
from oneway.runs.resume import hold_lock
from oneway.runs.session import Operator
from oneway.state.folder import StateFolder

ENDING = ".disconnected"
"""The ending of a disconnected file's name: no command or schedule reads such a file."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The credentials that were forgotten, those left in place, and what stays in the target."""

    connection: Connection
    aside: Path
    forgotten: tuple[tuple[str, SecretRef], ...]
    left: tuple[tuple[str, SecretRef], ...]
    stays: str
    """The managed records of the target, in words; "" if no run has a plan."""


@click.command("disconnect")
@click.argument("name")
@remembering
@formatted("text", "json")
@consoled
def command(*, console: Console, name: str, state: Path, format: str) -> Exit:
    """Forget a connection's credentials; keep its history.

    Forgets the credentials that `oneway connect` kept, and names those that are kept
    elsewhere. The connection's file is renamed, so that it no longer runs; `oneway connect` with
    the same name continues its history. Nothing changes in the target: users that the
    connection created or updated stay as they are.

    \b
    Example:
      oneway disconnect acme
    """
    connection = named_connection(name)
    if connection is None:
        raise refusal("C135", name, "this is not a connection", "give its name, or its file")
    operator = Operator(user(), state_of(state), now)
    with hold_lock(connection.name, operator):
        ended = _disconnected(connection, operator.state)
    if format == "json":
        console.json(_as_data(ended))
    else:
        console.out("\n".join(line for said in _said(ended) for line in _lines(said, console)))
    return Exit.DONE


def _disconnected(connection: Connection, state: StateFolder) -> Disconnected:
    """Forget the credentials, then rename the file: after an interruption, it can run again."""
    stays = _stays(connection.name, state)
    gone, left = [], []
    for side, each in connection.sides.items():
        for name, ref in each.credentials.items():
            if place_of(connection, (side, name)).is_own(ref):
                forgotten(ref)
                gone.append((f"{side} {name}", ref))
            else:
                left.append((f"{side} {name}", ref))
    aside = moved_aside(Path(connection.file), ENDING)
    return Disconnected(connection, aside, tuple(gone), tuple(left), stays)


def _stays(name: str, state: StateFolder) -> str:
    """Return the number of managed records after the last run with a plan, in words."""
    if not state.has_journal:
        return ""
    with Journal.open(state.journal) as journal:
        for run in journal.runs(name, limit=_RUNS):
            text = journal.plan_of(run.id)
            if text:
                plan = load(text.encode(errors="surrogatepass"), journal.place)
                entries = journal.entries(run.id)
                made = sum(e.verb is Verb.CREATE and _is_done(e) for e in entries)
                records = count(plan.managed + made)
                target = plan.inputs.get("target")
                return f"{records} of {'the target' if target is None else target.text}"
    return ""


def _is_done(entry: JournalEntry) -> bool:
    return entry.end is not None and entry.end.ending is Ending.DONE


def _said(ended: Disconnected) -> Iterator[str]:
    name = ended.connection.name
    yield f"Disconnected '{name}'. Its file is now {ended.aside}; nothing runs by it any more."
    for what, ref in ended.forgotten:
        yield f"  forgotten: {what}, which was in {ref}"
    for what, ref in ended.left:
        yield f"  left where it is: {what}, in {ref}; remove it there if nothing else needs it"
    if ended.stays:
        yield f"What stays: {ended.stays} are matched, and stay as they are. No more syncs come."
    else:
        yield "It never ran, so it has written nothing to the target."
    yield f"The history is kept: oneway runs {name}. To go on: oneway connect {name}"


def _lines(said: str, console: Console) -> list[str]:
    return wrap(harmless(said), console.style, 0, 4)


def _as_data(ended: Disconnected) -> dict[str, object]:
    return {
        "connection": ended.connection.name,
        "file": str(ended.aside),
        "forgotten": [_credential(what, ref) for what, ref in ended.forgotten],
        "left": [_credential(what, ref) for what, ref in ended.left],
        "stays": ended.stays,
    }


def _credential(what: str, ref: SecretRef) -> dict[str, str]:
    return {"credential": what.replace(" ", "."), ref.kind.value: ref.name}


_RUNS = 50
"""The most runs to look through for one with a plan: refused runs have none."""
