"""Options shared by several commands, converted to the engine's types.

Each function imports what it needs, because most commands have few of these options.
"""

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce, wraps
from os.path import exists, isdir
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from oneway.cli.clock import now
from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.log import log_option
from oneway.core.diagnostics import Refused, did_you_mean
from oneway.state import STATE

if TYPE_CHECKING:
    from oneway.connections.connection import Connection
    from oneway.planning.plan_inputs import Allowance
    from oneway.runs.prepare.request import RunRequest
    from oneway.state.folder import StateFolder

Command: TypeAlias = Callable[..., Exit]
Decorator: TypeAlias = Callable[[Command], Command]

_NAMED = 20

FOLDERS = (Path("connectors"),)
"""The folders of users' own manifests."""


def user() -> str:
    """Return the login name of the user."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def state_of(folder: Path, *, make: bool = True) -> "StateFolder":
    """Return the state folder; its journal may be in a database (ONEWAY_STORE).

    Commands that only read pass `make=False`, so as not to create one.
    """
    from oneway.connections.store_location import store_url
    from oneway.state.folder import StateFolder

    return StateFolder(folder, store_url(), make=make)


def shared_folder(folder: Path) -> Path | None:
    """Return the folder through which runs share rate limits: the state folder, or None."""
    from oneway.state.folder import StateFolder

    return StateFolder(folder).path if isdir(folder) else None


class Percent(click.IntRange):  # not of ParamType[int]: before click 8.4 it takes no type
    """A percentage: 90, or 90%."""

    name = "percent"

    def __init__(self) -> None:
        super().__init__(min=0, max=100)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; fail unless it is a whole number from 0 to 100."""
        text = str(value).removesuffix("%").strip()
        if not (text.isascii() and text.isdigit() and int(text) <= 100):
            self.fail(f"{value!r} is not a whole number from 0 to 100, as 90 or 90%.", param, ctx)
        return int(text)


def limited(command: Command) -> Command:
    """Add `--limit`: how many records of each kind a command names, None for all."""

    @click.option(
        "--limit",
        type=click.IntRange(min=0),
        default=_NAMED,
        show_default=True,
        metavar="N",
        help="Name at most this many records of each kind.",
    )
    @click.option("--verbose", is_flag=True, help="Name every record.")
    @wraps(command)
    def with_limit(*, limit: int, verbose: bool, **rest: Any) -> Exit:
        return command(limit=None if verbose else limit, **rest)

    return with_limit


def consoled(command: Command) -> Command:
    """Pass a command its `console`, and add the console's options."""

    @click.option("-q", "--quiet", is_flag=True, help="Print no notes and no progress.")
    @click.option("--no-color", is_flag=True, help="Print without colour; so does NO_COLOR.")
    @click.option("--debug", is_flag=True, help="Where this program fails, show where it did.")
    @log_option
    @wraps(command)
    def with_console(*, quiet: bool, no_color: bool, debug: bool, log: str, **rest: Any) -> Exit:
        del debug, log  # entry reads them itself, even if other arguments are invalid
        return command(console=Console(color=not no_color, quiet=quiet), **rest)

    return with_console


def formatted(*formats: str) -> Decorator:
    """Add `--format`, with the first of the formats as its default."""
    return click.option(
        "--format",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print it.",
    )


def connected(command: Command) -> Command:
    """Add `--option`, which sets options of connectors."""
    return click.option(
        "--option",
        "options",
        multiple=True,
        metavar="CONNECTOR.NAME=VALUE",
        callback=pairs,
        help="An option of a connector; credentials come from the environment or a connection.",
    )(command)


def standing_in(command: Command) -> Command:
    """Add the options that replace systems by files, and `--set`."""
    options = (
        click.option(
            "--source", type=click.Path(), metavar="FILE", help="Read a file instead of the source."
        ),
        click.option(
            "--target", type=click.Path(), metavar="FILE", help="Read a file instead of the target."
        ),
        click.option(
            "--reference",
            "references",
            multiple=True,
            metavar="NAME=FILE",
            callback=pairs,
            help="Read a file instead of a reference.",
        ),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="NAME=VALUE",
            callback=pairs,
            help="Set one of the mapping's settings.",
        ),
    )
    return reduce(lambda given, option: option(given), reversed(options), command)


def reading(command: Command) -> Command:
    """Add the options of a request: stand-ins, options of connectors, `as_of`."""
    dated = click.option(
        "--as-of",
        metavar="INSTANT",
        callback=instant,
        help="The present of this run: an instant with its offset, or a date (UTC).",
    )
    return standing_in(connected(dated(command)))


def requesting(command: Command) -> Command:
    """Pass a command its `request`: a mapping or a connection, and any stand-ins."""

    @click.argument("mapping", metavar="MAPPING", type=click.Path())
    @reading
    @wraps(command)
    def with_request(*, mapping: str, **given: Any) -> Exit:
        asked = {name: given.pop(name) for name in _ASKED}
        return command(request=request_of(mapping, **asked), **given)

    with_request.__doc__ = _with_connections(command.__doc__)
    return with_request


def request_of(mapping: str, **asked: Any) -> "RunRequest":
    """Return the request for a mapping or a connection; `asked` are its other fields."""
    from oneway.connections.environment import from_environment
    from oneway.runs.prepare.request import RunRequest

    return asked_of(RunRequest(mapping, lookup=from_environment, folders=FOLDERS, **asked), mapping)


def asked_of(request: "RunRequest", mapping: str) -> "RunRequest":
    """Return the same request for another mapping or connection."""
    connection = named_connection(mapping)
    own = mapping if connection is None else connection.mapping
    return replace(request, mapping=own, connection=connection)


_ASKED = ("as_of", "source", "target", "references", "settings", "options")
"""The parameters of a command that are fields of its request."""


def named_connection(text: str) -> "Connection | None":
    """Return the connection with a path or name, or None if the file is not a connection.

    `acme` is `connections/acme.yaml`. Raises `Refused` if the connection does not exist or is
    invalid.
    """
    from oneway.documents.yaml_source import LIMIT
    from oneway.runs.prepare.compilation import read_file

    path = text
    if not _is_path(text):
        from oneway.connections.folder import path_of

        path = path_of(text)
    try:
        data = read_file(path, LIMIT + 1)
    except Refused:
        return None  # reading the mapping reports why it cannot be read
    # Most files are not connections; this avoids parsing them twice.
    if b"oneway_connection" not in data:
        return None
    from oneway.connections.default_notify import with_default_of_folder
    from oneway.connections.file_kinds import is_connection
    from oneway.connections.parse import load_for_a_run

    is_one = is_connection(data, path)
    return with_default_of_folder(load_for_a_run(data, str(Path(path)))) if is_one else None


def _is_path(text: str) -> bool:
    return any(c in text for c in "/\\.\0") or exists(text)


def _with_connections(doc: str | None) -> str:
    """Return a command's help with a sentence on connections added."""
    said = (
        "MAPPING may also be a connection: its file, or its name (acme for "
        "connections/acme.yaml).\n\n"
    )
    before, example, after = inspect.cleandoc(doc or "").partition("\b\n")
    return f"{before}{said}{example}{after}"


def allowing(command: Command) -> Command:
    """Add `--allow` to a command's `request`; must be below `requesting`."""

    @click.option(
        "--allow",
        multiple=True,
        metavar="KIND=N",
        callback=_allowances,
        help="Let this many through a guard; `identities:KEY` lets one person through, "
        "`reused:KEY` lets a key decide who a person is, `seal_key` every key where seal.key is "
        "lost; "
        "in this plan only, and recorded with your name.",
    )
    @wraps(command)
    def with_allowed(*, allow: "tuple[Allowance, ...]", request: "RunRequest", **rest: Any) -> Exit:
        return command(request=replace(request, allowed=allow), **rest)

    return with_allowed


def retrying(command: Command) -> Command:
    """Add `--retry-now`, which sends refused actions again at once."""
    return click.option(
        "--retry-now",
        is_flag=True,
        help="Send actions that the target refused before at once, not on their day.",
    )(command)


def remembering(command: Command) -> Command:
    """Add `--state`, the state folder."""
    return click.option(
        "--state",
        type=click.Path(path_type=Path),
        default=STATE,
        show_default=True,
        metavar="FOLDER",
        help="Where the journal and the key of sealed values are kept.",
    )(command)


def pooled(command: Command) -> Command:
    """Add `--jobs`, the number of connections that run at once, and `--max-run`."""
    command = click.option(
        "--max-run",
        default="6h",
        show_default=True,
        metavar="TIME",
        callback=_duration,
        help="Stop a run that takes longer than this (90s, 45m, 6h); the next run resumes it.",
    )(command)
    return click.option(
        "--jobs",
        type=click.IntRange(min=1, max=256),
        default=4,
        show_default=True,
        metavar="N",
        help="Run at most this many connections at once, each in a process of its own.",
    )(command)


def _duration(_ctx: click.Context, _param: click.Parameter, text: str) -> timedelta:
    from oneway.connections.load import duration

    found = duration(text)
    if not found:
        raise click.BadParameter("write a number of seconds, minutes or hours: 90s, 45m, 6h")
    return found


def logged(command: Command) -> Command:
    """Accept the former name of `--log`."""

    @click.option("--log-format", type=click.Choice(["text", "json"]), hidden=True)
    @wraps(command)
    def with_former_name(*, log_format: str | None, **rest: Any) -> Exit:
        del log_format  # `oneway.cli.log` reads it
        return command(**rest)

    return with_former_name


def pairs(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Return `NAME=VALUE` options by name; a name may only be given once."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{text!r} is not of the form {param.metavar}.", ctx, param)
        if name in found:
            raise click.BadParameter(f"{name!r} is given twice.", ctx, param)
        found[name] = value
    return found


def instant(ctx: click.Context, param: click.Parameter, given: str | None) -> datetime:
    """Return the given instant, or the present."""
    from oneway.runs.prepare.request import parse_instant

    try:
        return now() if given is None else parse_instant(given)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", ctx, param) from None


def _allowances(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> "tuple[Allowance, ...]":
    """Return the allowances of `--allow` (`KIND=N`, or people by key), made by this user."""
    from oneway.planning.breach import IDENTITY
    from oneway.planning.links import REUSED, SEAL_KEY
    from oneway.planning.plan_inputs import Allowance

    found = {}
    for text in given:
        named = text.startswith((REUSED, IDENTITY)) and text not in (REUSED, IDENTITY)
        if named or text == SEAL_KEY:
            found[text] = Allowance(text, 1, user())
            continue
        guard, _, number = text.partition("=")
        wrong = _wrong_guard(guard)
        if not (number.isascii() and number.isdigit() and len(number) < 10):
            wrong = f"{text!r} is not of the form KIND=N, with N a whole number."
        if guard in found:
            wrong = f"{guard!r} is given twice."
        if wrong:
            raise click.BadParameter(wrong, ctx, param)
        found[guard] = Allowance(guard, int(number), user())
    return tuple(found.values())


def _wrong_guard(guard: str) -> str:
    from oneway.planning.guard_kinds import DEFINITIONS, definition_of

    if definition_of(guard) is not None:
        return ""
    kinds = [each.kind.value for each in DEFINITIONS]
    near = did_you_mean(guard.partition(".")[0], kinds) or f"kinds are: {', '.join(kinds)}"
    return f"{guard!r} is not a guard; {near}"
