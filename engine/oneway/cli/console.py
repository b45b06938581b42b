"""The terminal: data to standard output, everything else to standard error."""

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TextIO

from oneway.cli import log
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic
from oneway.core.outputs import write_out
from oneway.core.phrases import count
from oneway.core.progress import Progress, silent
from oneway.render import Style, diagnostics
from oneway.render.layout import columns, wrap

_WIDEST = 110
_PATIENCE = 0.7
"""Seconds of work before progress is shown."""
_PAUSE = 0.1
_BETWEEN_LINES = 15
"""Seconds between lines of progress without a terminal."""
_ESTIMATE = 10
"""Seconds of work before an estimate is shown, and the minimum time left that is shown."""


@dataclass(frozen=True, slots=True)
class Console:
    """The output of a command: data to standard output, notes to standard error."""

    color: bool = True
    quiet: bool = False

    @property
    def style(self) -> Style:
        """The style for standard output."""
        return _style(sys.stdout, wanted=self.color)

    def out(self, text: str) -> None:
        """Print data; continue if nobody reads it any more (`outputs.lost`)."""
        write_out(text if text.endswith("\n") or not text else f"{text}\n")

    def json(self, data: object) -> None:
        """Print data as JSON, in ASCII, which every terminal and program can read."""
        self.out(json.dumps(data, indent=2, sort_keys=True))

    def note(self, text: str) -> None:
        """Print a note to standard error, unless quiet; on a terminal, in lines that fit.

        A line that ends with a command is not broken, because people copy commands.
        """
        if self.quiet:
            return
        style = _style(sys.stderr, wanted=False)
        if style.terminal and not log.is_json():
            lines = ([s] if _COMMAND.search(s) else wrap(s, style, 0, 2) for s in text.split("\n"))
            text = "\n".join(line for each in lines for line in each)
        self.tell(f"{text}\n")

    def advise(self, text: str, *commands: str) -> None:
        """Print a note followed by commands, on the same line or, if they do not fit, below it.

        A command is never broken, because people copy commands.
        """
        width = _style(sys.stderr, wanted=False).width
        together = f"{text} {', '.join(commands)}"
        if columns(together) <= width:
            self.note(together)
            return
        self.note("\n".join(wrap(text, Style(color=False, width=width), 0, 2)))
        for each in commands:
            self.note(f"  {each}")

    @property
    def is_terminal(self) -> bool:
        """Whether standard output goes to a terminal, not to a file or a program."""
        return _is_terminal(sys.stdout)

    def report(self, found: Sequence[Diagnostic]) -> None:
        """Print findings to standard error."""
        log.tell_findings(found, diagnostics.text(found, _style(sys.stderr, wanted=self.color)))

    def tell(self, text: str) -> None:
        """Print to standard error."""
        log.tell(text)

    @contextmanager
    def progress(self, *, lines: bool = False) -> Iterator[Progress]:
        """Yield a progress reporter, which shows progress on a terminal once the work takes long.

        With `lines`, it prints a line now and then if there is no terminal.
        """
        if self.quiet or log.is_json() or not (lines or _is_terminal(sys.stderr)):
            yield silent
            return
        if not _is_terminal(sys.stderr):
            yield _ProgressLog(self).show
            return
        meter = _Meter(sys.stderr)
        try:
            yield meter.show
        finally:
            meter.clear()


class StderrConsole(Console):
    """A console that prints text to standard error, because standard output is for JSON."""

    def out(self, text: str) -> None:
        """Print to standard error."""
        self.tell(text if text.endswith("\n") or not text else f"{text}\n")


@dataclass(slots=True)
class ProgressLine:
    """A progress reporter that can be passed on early but shows progress only within blocks.

    Between blocks its line is clear, so that other output starts on a new line.
    """

    now: Progress = silent

    def __call__(self, what: str, done: int, total: int | None) -> None:
        self.now(what, done, total)

    @contextmanager
    def of(self, console: Console) -> Iterator[None]:
        """Show progress during the block."""
        with console.progress() as progress:
            self.now = progress
            try:
                yield
            finally:
                self.now = silent


class _Meter:
    """Shows progress on one line of a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.began = self.shown = monotonic()
        self.width = 0

    def show(self, what: str, done: int, total: int | None) -> None:
        now = monotonic()
        if now - self.began < _PATIENCE or now - self.shown < _PAUSE:
            return
        self.shown = now
        self.write(_said(what, done, total, now - self.began))

    def clear(self) -> None:
        if self.width:
            self.write("")

    def write(self, text: str) -> None:
        # The text may contain paths and names; only printable text reaches the terminal.
        plain = "".join(c if c.isprintable() else "?" for c in text)[: _columns() - 1]
        with suppress(OSError):
            self.stream.write(f"\r{plain:<{self.width}}\r{plain}")
            self.stream.flush()
        self.width = len(plain)


class _ProgressLog:
    """Prints a line of progress now and then, for a log or a pipe."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.began = self.shown = monotonic()

    def show(self, what: str, done: int, total: int | None) -> None:
        now = monotonic()
        if now - self.shown >= _BETWEEN_LINES:
            self.shown = now
            self.console.note(_said(what, done, total, now - self.began))


def _said(what: str, done: int, total: int | None, seconds: float) -> str:
    """Return the progress, and about how long the rest will take."""
    said = f"{what}: {done:,}" + (f" of {total:,}" if total is not None else "")
    left = seconds / done * (total - done) if total is not None and done else 0
    if seconds < _ESTIMATE or left < _ESTIMATE:
        return said
    return f"{said}, about {count(max(round(left / 60), 1), 'minute')} left"


_COMMAND = re.compile(r"(?:^|: )\s*oneway ")
"""Matches a command in a note, alone on its line or at its end."""


def _style(stream: TextIO, *, wanted: bool) -> Style:
    terminal = _is_terminal(stream)
    color = (
        wanted and terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
    width = min(max(_columns(), 40), _WIDEST) if terminal else 80
    return Style(color=color, width=width, terminal=terminal)


def _columns() -> int:
    from shutil import get_terminal_size  # imports three compression libraries

    return get_terminal_size().columns


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
