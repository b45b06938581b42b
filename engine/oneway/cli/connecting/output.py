"""Prints what was saved, and where."""

from math import ceil

from oneway.cli.clock import now
from oneway.cli.connecting.first_sync import FirstSync
from oneway.cli.console import Console
from oneway.connections.connection import Connection
from oneway.connections.schedule import next_due
from oneway.core.instants import instant_text, moment
from oneway.core.phrases import count
from oneway.notices.channels import channel_name, channel_words
from oneway.render.layout import wrap
from oneway.render.sanitize import harmless


def print_saved(console: Console, connection: Connection) -> None:
    """Print where the connection and its credentials are, and when it runs on its schedule."""
    lines = ["", f"The connection '{connection.name}' is kept in {connection.file}."]
    for side, each in connection.sides.items():
        lines += [f"  {side} {name}: in {ref}" for name, ref in each.credentials.items()]
    lines += [_next(connection), _notices_line(connection)]
    for line in lines:
        said = wrap(harmless(line), console.style, 0, 4) if line else [""]
        console.note("\n".join(said))


def as_data(connection: Connection, synced: FirstSync | None) -> dict[str, object]:
    """Return a connection and its first sync as data; `sync` is null if there was none."""
    return {
        "connection": connection.name,
        "file": connection.file,
        "credentials": {
            f"{side}.{name}": {ref.kind.value: ref.name}
            for side, each in connection.sides.items()
            for name, ref in each.credentials.items()
        },
        "notify": {
            "channels": len(connection.notify),
            "file": connection.notify_file or None,
        },
        "sync": synced.as_data() if synced else None,
    }


def _notices_line(connection: Connection) -> str:
    """Return who gets its notices, or that nobody does."""
    if connection.notify:
        names = ", ".join(channel_words(channel_name(each)) for each in connection.notify)
        try_it = f"`oneway notify test {connection.name}` sends a test"
        return f"Failures are reported to {names}, as {connection.notify_file} says: {try_it}."
    return (
        f"Nobody is notified when it fails: add `notify` to {connection.file}, or a notify.yaml "
        "beside it for all connections there."
    )


def _next(connection: Connection) -> str:
    if connection.schedule is None:
        return f"It has no schedule: run it with `oneway sync {connection.name}`."
    due = next_due(connection.schedule, connection.name, now())
    if due is None:
        return "Its schedule has no day to come."
    # The schedule's own time, like `run-due`: only `serve` spreads the runs after it.
    when = moment(instant_text(due.nominal), connection.zone)
    minutes = ceil(connection.schedule.spread.total_seconds() / 60)
    later = f", or up to {count(minutes, 'minute')} later" if minutes else ""
    return f"Next run: {when}{later}, by `oneway serve` or `oneway run-due`."
