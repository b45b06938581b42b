"""`oneway notify`."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.notices import say_troubles
from oneway.cli.options import consoled, formatted, remembering, state_of
from oneway.connections.connection import Connection
from oneway.connections.default_notify import DefaultNotify, defaults_among, readable_default_for
from oneway.connections.file_kinds import keys_of
from oneway.connections.folder import FOLDER, connection_at, connections_in, files_in, path_of
from oneway.connections.regular_files import read_regular
from oneway.core.diagnostics import Diagnostic, Refused, refusal
from oneway.documents.yaml_source import LIMIT
from oneway.history.journal import Journal
from oneway.history.journal.incidents import Notice, drop_notices, undelivered
from oneway.notices.bodies import sample_body
from oneway.notices.channels import channel_name, channel_words
from oneway.notices.delivery import deliver, is_hopeless, send
from oneway.notices.folders import recipient_of
from oneway.notices.undelivered import Undelivered
from oneway.render import notices
from oneway.render.report import pages

WHAT = ("test", "deliver", "list", "dismiss")


@click.command("notify")
@click.argument("what", metavar="test|deliver|list|dismiss", type=click.Choice(WHAT))
@click.argument("connection", required=False)
@remembering
@formatted("text", "json")
@consoled
def command(
    *, console: Console, what: str, connection: str | None, state: Path, format: str
) -> Exit:
    """Test the channels of a connection, or send or list waiting notices.

    `test CONNECTION` sends a test to each of its channels. `deliver` sends waiting notices
    that are due, and this week's summaries, as `oneway serve` does. `list` shows undelivered
    notices: those that wait, since when and why, and those that were given up. `dismiss` drops
    those that were given up and those that have waited for more than three days: `status` does not
    mention them any more. A problem that goes on is notified again at the next run.
    CONNECTION is a name or a file; without it, all of connections/. A mapping that runs without
    a connection notifies nobody.

    \b
    Example:
      oneway notify test acme
      oneway notify deliver
      oneway notify list --format json
      oneway notify dismiss acme
    """
    match what:
        case "test":
            return _test(console, connection, format)
        case "deliver":
            return _deliver(console, connection, state, format)
        case "dismiss":
            return _dismiss(console, connection, state, format)
        case _:
            return _list(console, connection, state, format)


def _test(console: Console, name: str | None, format: str) -> Exit:
    if name is None:
        raise click.UsageError("Missing argument 'CONNECTION': whose channels are to be tested?")
    connection = _one(name)
    if not connection.notify:
        help = "add `notify` to it: `oneway docs notifications` shows how"
        raise refusal("N111", connection.file, "the connection notifies nobody", help)
    found: list[tuple[str, Diagnostic | None]] = []
    for each in connection.notify:
        channel = channel_words(channel_name(each))
        try:
            send(each, sample_body(connection, now()), now())
            found.append((channel, None))
        except Undelivered as trouble:
            found.append((channel, trouble.diagnostic))
        except Refused as refused:
            found.extend((channel, wrong) for wrong in refused.diagnostics)
    if format == "json":
        console.json(notices.tests_as_json(found))
    else:
        console.out(notices.tests(found, console.style))
    return Exit.ERROR if any(wrong for _, wrong in found) else Exit.DONE


def _deliver(console: Console, name: str | None, state: Path, format: str) -> Exit:
    connections = _some(console, name)
    with Journal.open(state_of(state).journal) as journal:
        folders = [recipient_of(each) for each in _defaults(connections)]
        page = pages(journal)
        delivery = deliver(connections, journal, now(), pages=page, folders=folders)
        left = _undelivered(journal, name)
    if format == "json":
        console.json({"sent": delivery.sent, "left": notices.as_json(left)})
    else:
        console.out(notices.text(left, console.style, sent=delivery.sent))
    say_troubles(console, delivery.troubles)
    return Exit.ERROR if delivery.troubles else Exit.DONE


def _dismiss(console: Console, name: str | None, state: Path, format: str) -> Exit:
    with Journal.open(state_of(state).journal) as journal:
        undone = _undelivered(journal, name)
        found = [each for each in undone if is_hopeless(each, now())]
        drop_notices(journal, [each.id for each in found])
    left = [each for each in undone if each not in found]
    if format == "json":
        console.json({"dismissed": notices.as_json(found), "left": notices.as_json(left)})
    else:
        console.out(notices.text(left, console.style, dismissed=len(found)))
    return Exit.DONE


def _list(console: Console, name: str | None, state: Path, format: str) -> Exit:
    where, found = state_of(state, make=False), tuple[Notice, ...]()
    journal = Journal.look(where.journal)
    if journal is not None:
        with journal:
            found = _undelivered(journal, name)
    elif name is not None:
        _one(name)
    if format == "json":
        console.json(notices.as_json(found))
    else:
        console.out(notices.text(found, console.style))
    return Exit.DONE


def _undelivered(journal: Journal, name: str | None) -> tuple[Notice, ...]:
    """Return the notices of one connection or all, even of one whose file is gone."""
    found = undelivered(journal)
    if name is None:
        return found
    known = {*journal.connections(), *(each.draft.connection for each in found)}
    name = name if name in known else _one(name).name
    return tuple(each for each in found if each.draft.connection == name)


def _some(console: Console, name: str | None) -> Sequence[Connection]:
    """Return the named connection, or all that can be read."""
    if name is not None:
        return [_one(name)]
    found = connections_in(FOLDER)
    for each in found:
        if each.refused is not None:  # print it, and continue with the others
            console.report(each.refused.diagnostics)
    return [each.connection for each in found if each.connection is not None]


def _defaults(connections: Sequence[Connection]) -> list[DefaultNotify]:
    """Return the default channels of the folders of connections."""
    found = {each.file: each for one in connections if (each := readable_default_for(one.file))}
    if Path(FOLDER).is_dir():
        found |= defaults_among(map(str, files_in(FOLDER)))
    return [each for each in found.values() if each.refused is None]


def _one(name: str) -> Connection:
    is_path = "/" in name or name.lower().endswith((".yaml", ".yml"))
    # Names of connections have no spaces, so this is the history's name for a mapping without one.
    if (" " in name and not is_path) or (is_path and _is_mapping(name)):
        summary = "it runs without a connection, and only connections notify anybody"
        mapping = quote(name) if is_path else "FILE"
        help = f"make one, which asks whom to notify: `oneway connect NAME --mapping {mapping}`"
        raise refusal("N111", name, summary, help)
    return connection_at(name if is_path else path_of(name))


def _is_mapping(path: str) -> bool:
    return "oneway" in keys_of(read_regular(path, LIMIT + 1), path)
