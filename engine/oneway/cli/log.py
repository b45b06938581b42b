"""Writes to standard error: text, or with `--log json` one JSON object per line.

A line has the time, an event and a text, and the connection and run if known. It contains nothing
that the text would not show.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from oneway.cli import clock
from oneway.core.dataclass import dataclass
from oneway.core.outputs import forget_losses, write_error

if TYPE_CHECKING:
    from oneway.core.diagnostics import Diagnostic

_ESCAPES = r"\x1b\[[0-9;]*m"


def log_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--log` to a command; this module reads it from the arguments itself."""
    return click.option(
        "--log",
        type=click.Choice(["text", "json"]),
        default="text",
        help="The format of standard error; json: one line for each event.",
    )(command)


@dataclass(slots=True)
class _Mode:
    """How the running command logs; a process runs one command at a time."""

    json: bool = False
    command: str = ""


_MODE = _Mode()


def is_json() -> bool:
    """Return whether the log is JSON."""
    return _MODE.json


_OPTIONS = ("--log", "--log-format")


def asked_for_json(args: Sequence[str], options: Sequence[str] = _OPTIONS) -> bool:
    """Return whether one of the options asks for JSON, even if other arguments are invalid."""
    given = args[: args.index("--")] if "--" in args else args
    whole = [f"{each}=json" for each in options]
    pairs = pairwise([*given, ""])
    return any((one in options and two == "json") or one in whole for one, two in pairs)


@contextmanager
def logging(args: Sequence[str], command: str) -> Iterator[None]:
    """Log in the block as a command's arguments say."""
    forget_losses()
    before = _MODE.json, _MODE.command
    _MODE.json, _MODE.command = asked_for_json(args), command
    try:
        yield
    finally:
        _MODE.json, _MODE.command = before


@contextmanager
def logged_command() -> Iterator[dict[str, int]]:
    """Log the beginning and the end of a command; the block sets its `exit` code."""
    began, ended = monotonic(), dict[str, int]()
    _event("begin", "info", "")
    try:
        yield ended
    finally:
        _event("end", "info", "", **ended, seconds=round(monotonic() - began, 3))


def tell(text: str, level: str = "info") -> None:
    """Write a text for people to standard error; as JSON, an event for each of its lines."""
    if not _MODE.json:
        write(text)
        return
    for line in re.sub(_ESCAPES, "", text).split("\n"):
        if line.strip():
            _event("note", level, line.strip())


def tell_once(text: str) -> None:
    """Write a warning."""
    tell(f"{text}\n", "warning")


def tell_findings(found: "Sequence[Diagnostic]", text: str) -> None:
    """Write findings, as the given text or as one JSON event each."""
    if not _MODE.json:
        write(text)
        return
    for each in found:
        place = {"file": each.span.file, "line": each.span.line or None}
        said = each.summary + (f"; {each.help}" if each.help else "")
        _event("finding", each.severity.value, said, code=each.code, **place)


def write(text: str) -> None:
    """Write formatted text to standard error; continue if nobody reads it any more."""
    write_error(text)


def _event(event: str, level: str, text: str, **more: object) -> None:
    import json

    from oneway.core.instants import instant_text
    from oneway.core.telemetry import innermost

    data: Mapping[str, object] = {
        "at": instant_text(clock.now()),
        "event": event,
        "level": level,
        "command": _MODE.command,
        "text": text,
        **innermost("connection", "run"),
        **more,
    }
    stated = {key: value for key, value in data.items() if value not in ("", None)}
    write(json.dumps(stated, sort_keys=True) + "\n")
