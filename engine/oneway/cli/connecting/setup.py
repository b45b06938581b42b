"""Creates a connection, or renews the credentials of an existing one."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from oneway.cli.check import briefly, checked
from oneway.cli.clock import now
from oneway.cli.connecting.mappings import asked_mapping
from oneway.cli.connecting.naming import place_for
from oneway.cli.connecting.notify import with_notify
from oneway.cli.connecting.request import ConnectOptions
from oneway.cli.connecting.schedule import schedule_for
from oneway.cli.connecting.settings import settings_for
from oneway.cli.connecting.side import SIDES, MissingOption, SideSetup, missing, reached
from oneway.cli.console import Console
from oneway.cli.notices import starting
from oneway.cli.options import FOLDERS
from oneway.cli.prompts import Asking
from oneway.connections.connection import Connection, Side
from oneway.connections.secret_scope import out_of_scope
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal
from oneway.core.phrases import count
from oneway.inspect.checks import CheckState
from oneway.render import checks as render
from oneway.runs.commit_connection import commit_new, commit_renewed
from oneway.runs.notices import PendingRun
from oneway.runs.prepare.connection_request import request_for
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.systems import OpenSystems


def connected(console: Console, asking: Asking | None, wishes: ConnectOptions) -> Connection:
    """Return a new connection, tested and saved; raise `Refused` if that fails."""
    if asking is not None and not wishes.mapping:
        wishes = replace(wishes, mapping=asked_mapping(asking))
    prepared = _prepared(wishes)
    if asking is None:
        _refuse_missing(wishes, prepared)
    assert prepared is not None
    settings = settings_for(None if wishes.yes else asking, prepared, wishes.settings)
    prepared = _with(prepared, replace(_of(prepared), settings=settings))
    for side in SIDES:
        prepared = reached(asking, SideSetup(prepared, side), renewing=False).prepared
    schedule = schedule_for(None if wishes.yes else asking, wishes)
    told = with_notify(None if wishes.yes else asking, _of(prepared), wishes)
    prepared = _with(prepared, replace(told, schedule=schedule))
    _check(console, asking, prepared, wishes)
    return commit_new(prepared.request, wishes.keep)


def renewed(
    console: Console, asking: Asking | None, wishes: ConnectOptions, former: Connection, state: Path
) -> Connection:
    """Return a connection with new credentials, tested before they were saved.

    If the existing connection could not run, sends the notices that a run would.
    """
    if wishes.says_more_than_credentials:
        summary = f"there is a connection '{former.name}' already, in {former.file}"
        help = "to change what it says, edit the file; to give it new credentials, leave the "
        raise refusal("U112", former.name, summary, f"{help}other options out")
    given = bool(wishes.typed or wishes.refs)
    if asking is not None and not given:
        asking.say(f"New credentials for {former.name}; Enter keeps one as it is.")
    beginning = PendingRun(former.file)
    with starting(console, beginning, state):
        prepared = prepare_run(request_for(former, now(), folders=FOLDERS))
    prepared = _given(prepared, wishes)
    # With a terminal or different credentials, the user sees whether they work.
    unchanged = asking is None and not given
    with starting(console, beginning, state) if unchanged else nullcontext():
        for side in SIDES:
            reaching = SideSetup(prepared, side)
            renewing = asking is not None and not given
            prepared = reached(asking, reaching, renewing=renewing).prepared
    return commit_renewed(prepared.request, former, wishes.keep)


def _prepared(wishes: ConnectOptions) -> PreparedRun | None:
    """Compile the mapping with the options known so far; return None without a mapping."""
    if not wishes.mapping:
        return None
    name, file = place_for(wishes.name) if wishes.name else ("new", "connections/new.yaml")
    sides = {side: Side(wishes.options.get(side, {})) for side in SIDES}
    draft = Connection(name, file, wishes.mapping, source=sides["source"], target=sides["target"])
    request = request_for(draft, now(), folders=FOLDERS, settings=wishes.settings)
    return _given(prepare_run(request), wishes)


def _given(prepared: PreparedRun, wishes: ConnectOptions) -> PreparedRun:
    """Return the run with the given credentials, which replace the former ones."""
    for (side, name), ref in wishes.refs.items():
        prepared = SideSetup(prepared, side).with_ref(name, ref).prepared
    for (side, name), secret in wishes.typed.items():
        prepared = SideSetup(prepared, side).with_typed(name, secret).prepared
    beyond = list(out_of_scope(_of(prepared)))
    if beyond:
        raise Refused(beyond)
    # Compile again, which refuses options or credentials that the connector does not have.
    found = prepare_run(prepared.request)
    _refuse_unknown(found, wishes)
    return found


def _refuse_unknown(prepared: PreparedRun, wishes: ConnectOptions) -> None:
    wrong = []
    for side, name in wishes.typed:
        system = SideSetup(prepared, side).system
        known = [option.name for option in system.options if option.secret]
        if name not in known:
            summary = f"{system.title} has no credential '{name}'"
            help = f"it has: {', '.join(known) or 'none'}"
            wrong.append(Diagnostic(Span(side), Severity.ERROR, "C113", summary, help))
    if wrong:
        raise Refused(wrong)


def _refuse_missing(wishes: ConnectOptions, prepared: PreparedRun | None) -> None:
    """Raise `Refused` with everything that is missing, as there is no terminal to ask in."""
    found = list(_missing(wishes, prepared))
    # If nothing else is missing, ask the system for the choices.
    if not all(each.listed for each in found):
        raise Refused(each.finding for each in found)


def _missing(wishes: ConnectOptions, prepared: PreparedRun | None) -> Iterator[MissingOption]:
    if not wishes.name:
        yield _no("NAME", "a name is missing", "oneway connect NAME")
    if not wishes.mapping:
        yield _no("--mapping", "a mapping is missing", "--mapping PATH")
    if prepared is not None:
        for side in SIDES:
            yield from missing(SideSetup(prepared, side))
    if wishes.sync and not wishes.yes:
        summary = "the first sync needs a yes, and there is no terminal to ask on"
        yield _no("--yes", summary, "--yes applies it; --no-sync leaves it out")


def _no(where: str, summary: str, help: str) -> MissingOption:
    return MissingOption(Diagnostic(Span(where), Severity.ERROR, "U111", summary, help))


def _check(
    console: Console, asking: Asking | None, prepared: PreparedRun, wishes: ConnectOptions
) -> None:
    """Check the set-up and print the result; raise `Refused` if it fails and the user stops."""
    console.tell("\n")
    with OpenSystems(prepared, wishes.shared) as systems, console.progress() as progress:
        found = checked(prepared, systems, progress)
    console.out(render.text([briefly(each) for each in found], console.style))
    failed = sum(each.state is CheckState.FAILED for each in found)
    if not failed or wishes.yes:
        return
    question = f"{count(failed, 'check')} failed. Keep the connection all the same?"
    if asking is None or not asking.yes(question, default=False):
        summary = f"{count(failed, 'check')} failed; nothing was kept"
        raise refusal(
            "C144", _of(prepared).name, summary, "correct it; --yes keeps it all the same"
        )


def _of(prepared: PreparedRun) -> Connection:
    assert prepared.request.connection is not None
    return prepared.request.connection


def _with(prepared: PreparedRun, connection: Connection) -> PreparedRun:
    """Return the run, prepared for the updated connection."""
    return prepare_run(replace(prepared.request, connection=connection, settings={}))
