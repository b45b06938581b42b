"""The command `oneway`: dispatches to subcommands, and turns every outcome into an exit code."""

import gc
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import NoReturn

import click

from oneway import __version__
from oneway.cli import log
from oneway.cli.crashes import hook, places
from oneway.cli.exits import MEANINGS, Exit
from oneway.cli.log import log_option
from oneway.core import outputs
from oneway.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Listed:
    """A command as listed by `oneway --help`; its module is imported when it runs."""

    name: str
    about: str


COMMANDS = (
    Listed("new", "Write a mapping from the fields of your own two files or systems."),
    Listed("validate", "Check mappings, connections and plans, without network."),
    Listed("test", "Run the tests of mappings, without network."),
    Listed("prove", "Search for records on which a mapping breaks its laws, without network."),
    Listed(
        "same",
        "Find out whether two versions of a mapping or a connection treat every record the same.",
    ),
    Listed("ci", "Print the workflow that checks edited mappings in CI."),
    Listed("impact", "Show what an edit of a mapping changes, person by person; write nothing."),
    Listed("plan", "Show what a sync would change, and why; write nothing."),
    Listed("keys", "Show this machine's key for signing plans, or trust another machine's."),
    Listed("apply", "Apply a reviewed plan, and nothing else."),
    Listed("sync", "Plan and apply in one go, with all guards on."),
    Listed("resume", "Finish an interrupted run."),
    Listed("connect", "Connect two systems: credentials, employer, schedule, first sync."),
    Listed("disconnect", "Forget a connection's credentials; keep its history."),
    Listed("status", "Show the status of each connection, without network."),
    Listed("runs", "List runs, show one run, or forget old ones."),
    Listed("forget", "Erase one person from the store, and say what cannot be reached."),
    Listed("report", "Write a page about one run or one saved plan, for people."),
    Listed("replay", "Derive a run's plan again from its snapshot, and show the differences."),
    Listed("serve", "Run all connections of a folder on their schedules, until stopped."),
    Listed("run-due", "Run the connections of a folder that are due, once, and end."),
    Listed("notify", "Test the channels of a connection, or send or list waiting notices."),
    Listed("explain", "Show one person: what is read, decided, and why; write nothing."),
    Listed("check", "Check the set-up of both systems for a mapping; write nothing."),
    Listed("compile", "Print the Python code generated from a mapping."),
    Listed("eval", "Evaluate an expression on one record, and show the value of each step."),
    Listed("functions", "List the functions that expressions may use, or show one."),
    Listed("docs", "List the pages of the documentation, or print one, or a section of it."),
    Listed("connectors", "List the systems that mappings can name, or show one."),
    Listed("init", "Copy the mappings that come with the program into mappings/, to start from."),
    Listed("schema", "Print the JSON Schema of a kind of file, or list them."),
    Listed("lsp", "Help an editor with mappings, over standard input and output (LSP)."),
    Listed("sandbox", "Run stand-ins of both systems on this machine."),
    Listed("demo", "See everything work, in a minute, on this machine."),
)

_CODES = (wrap(f"{e.value:<4} {MEANINGS[e]}", 74, subsequent_indent=" " * 5) for e in Exit)
EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {line}" for lines in _CODES for line in lines)


_MEANT = {"history": "runs", "log": "runs", "dry-run": "plan", "run": "sync"}
"""Words that are not commands, each with the command that people mean by it."""

_GARBAGE = 20_000
"""Objects before a garbage collection. With Python's 700, it took 3 of 110 ms of `validate`."""


class Commands(click.Group):
    """The subcommands; each is imported from the module of its name when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's
        """Return the names of all commands, in the order of their typical use."""
        return [each.name for each in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        gc.disable()  # imports create no garbage, and collecting takes a tenth of their time
        try:
            module = importlib.import_module(f"oneway.cli.{cmd_name.replace('-', '_')}")
        finally:
            gc.freeze()  # exclude the imported objects from later collections
            gc.set_threshold(_GARBAGE)
            gc.enable()
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the named command; suggest a similar name if it is unknown."""
        from oneway.core.diagnostics import did_you_mean

        if args and args[0] not in self.list_commands(ctx) and not args[0].startswith("-"):
            meant = _MEANT.get(args[0].lower(), args[0])
            near = did_you_mean(meant, self.list_commands(ctx))
            ctx.fail(f"No such command {args[0]!r}." + (f" {near.capitalize()}" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(each.name, each.about) for each in COMMANDS])


@click.command(
    cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="oneway")
@log_option
def oneway(log: str) -> None:
    """Keep one system's records as another system says, from a YAML mapping.

    A mapping is validated, planned, reviewed and applied: what is applied is exactly what
    was reviewed. Nothing is ever written to the source.

    \b
    Example:
      oneway demo
      oneway new mapping.yaml --source people.csv --target users.json
      oneway validate mapping.yaml
      oneway plan mapping.yaml --out plan.json
      oneway apply plan.json
    """
    del log  # `run` reads it from the arguments, even if others are invalid


def main() -> NoReturn:
    """Run the command line and end the process."""
    outputs.open_all()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A name that the terminal's encoding lacks must not end the run.
            stream.reconfigure(errors="backslashreplace")
    hook(debug="--debug" in sys.argv[1:])
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # make it act like Ctrl-C
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run(sys.argv[1:])
    outputs.flush_all()
    if outputs.OUT in outputs.lost() and code != Exit.INTERRUPTED:
        code = Exit.ERROR  # the output was lost, whatever it said
    gc.freeze()  # otherwise Python searches all objects for cycles at exit, which takes 60 ms
    sys.exit(code)


def run(args: Sequence[str]) -> int:
    """Run one command and return its exit code; errors are printed, not raised."""
    name = next((each for each in args if any(each == one.name for one in COMMANDS)), "")
    with log.logging(args, name):
        if not log.is_json():
            return _watched(args, watch=bool(os.environ.get(_TRACES)))
        with log.logged_command() as ended:
            ended["exit"] = _watched(args, watch=True)
            return ended["exit"]


_TRACES = "ONEWAY_TRACES"
"""The variable that turns traces on; without it and a JSON log, their code is not imported."""


def _watched(args: Sequence[str], *, watch: bool) -> int:
    """Run one command; with `watch`, send its steps to the log and the traces."""
    if not watch:
        return _run(args)
    from oneway.cli.clock import now
    from oneway.core.diagnostics import Refused
    from oneway.runs.telemetry.watchers import asked_for, watched

    try:
        with watched(asked_for(log=log.is_json()), now, log.tell_once):
            return _run(args)
    except Refused as refused:
        return _refused(refused, args)


def _run(args: Sequence[str]) -> int:
    from oneway.core.connector_errors import ConnectorError
    from oneway.core.diagnostics import Refused

    try:
        ended = oneway.main(list(args), prog_name="oneway", standalone_mode=False)
        return int(ended) if isinstance(ended, int) else Exit.DONE
    except click.exceptions.Abort:
        return interrupted(args)
    except KeyboardInterrupt:
        return interrupted(args)
    except click.ClickException as error:
        _show(error)
        return Exit.USAGE if isinstance(error, click.UsageError) else Exit.ERROR
    except (BrokenPipeError, SystemExit):
        # Click exits this way only for a broken pipe, when printing a question or help.
        return Exit.ERROR
    except (Refused, ConnectorError) as error:
        return _refused(error, args)
    except Exception as error:
        return _unexpected(error, debug="--debug" in args)


def _show(error: click.ClickException) -> None:
    """Print an error of click, made harmless because its message quotes arguments."""
    from io import StringIO

    from oneway.render.sanitize import harmless

    said = StringIO()
    error.show(said)
    text = said.getvalue()
    helps = getattr(click.exceptions, "NoArgsIsHelpError", ())  # from Click 8.2
    if not isinstance(error, helps):
        text = text.replace(error.message or "\0", harmless(error.message))
    lines = text.expandtabs(4).rstrip("\n").split("\n")
    _tell("".join(f"{harmless(line)}\n" for line in lines))


def interrupted(args: Sequence[str]) -> int:
    """Print that the command was interrupted, and return its exit code."""
    writes = not _WRITING.isdisjoint(args)  # options may stand before the command
    what = "writes that were made stay; plan again to see the rest"
    _tell(f"interrupted; {what if writes else 'no system was written to'}\n")
    return Exit.INTERRUPTED


_WRITING = frozenset({"apply", "sync", "resume", "connect", "serve", "run-due", "notify"})
"""The commands that write to a system, or send notices."""


def _refused(error: Exception, args: Sequence[str]) -> int:
    from oneway.cli.console import Console
    from oneway.core.connector_errors import ConnectorError
    from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span

    if isinstance(error, Refused):
        found = error.diagnostics
    else:
        assert isinstance(error, ConnectorError)
        where = Span("oneway")
        found = (Diagnostic(where, Severity.ERROR, error.code, error.summary, error.help),)
    console = Console(color="--no-color" not in args)
    console.report(found)
    if log.asked_for_json(args, ("--format",)) and not outputs.begun():
        from oneway.render import diagnostics

        console.json({"problems": diagnostics.as_json(found)})
    return Exit.ERROR


def _unexpected(error: Exception, *, debug: bool) -> int:
    """Apologise without showing any value, not even the exception's own message."""
    _tell(
        f"oneway: sorry, that is a bug in this program ({type(error).__name__}).\n"
        "No report of it was saved or sent. "
        + ("" if debug else "Run it again with --debug to see where it happened.")
        + "\n"
    )
    if debug:
        _tell(places(error))
    return Exit.ERROR


def _tell(text: str) -> None:
    log.tell(text, "error")
