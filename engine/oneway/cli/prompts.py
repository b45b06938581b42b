"""Questions at a terminal, as plain lines on standard error that a screen reader can follow."""

import getpass
import sys
import warnings
from collections.abc import Callable
from typing import TypeAlias

import click

from oneway.cli.console import Console
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.render.layout import wrap

Check: TypeAlias = Callable[[str], str]
"""Returns the meaning of an answer; raises `Refused`, which is shown before asking again."""


def is_terminal() -> bool:
    """Return whether there is a terminal to ask at."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except ValueError:  # closed
        return False


def as_given(answer: str) -> str:
    """Return an answer unchanged."""
    return answer


@dataclass(frozen=True, slots=True)
class Asking:
    """A dialogue with the user at the terminal.

    Every question raises `click.Abort` at the end of input, and `KeyboardInterrupt` for Ctrl-C;
    nothing has been saved by then.
    """

    console: Console

    def say(self, text: str = "", indent: int = 0) -> None:
        """Print a sentence in lines that fit; the text must be harmless."""
        lines = wrap(text, self.console.style, indent) if text else [""]
        self.console.tell("\n".join(lines) + "\n")

    def report(self, refused: Refused) -> None:
        """Print the mistakes in an answer."""
        self.console.report(refused.diagnostics)

    def text(
        self,
        question: str,
        default: str = "",
        check: Check = as_given,
        *,
        optional: bool = False,
    ) -> str:
        """Return an answer that passes a check; a blank one means the default."""
        while True:
            self._ask(f"{question} [{default}]" if default else question)
            answer = _line().strip() or default
            if not answer and not optional:
                self.say("Please type an answer; Ctrl-C ends.")
                continue
            try:
                return check(answer)
            except Refused as refused:
                self.report(refused)

    def yes(self, question: str, *, default: bool) -> bool:
        """Return whether the user says yes."""
        while True:
            self._ask(f"{question} [{'Y/n' if default else 'y/N'}]")
            answer = _line().strip().lower()
            if answer in _ANSWERS or not answer:
                return _ANSWERS.get(answer, default)
            self.say("Please type y or n.")

    def _ask(self, question: str) -> None:
        """Print a question in lines that fit; the answer is typed behind it."""
        self.console.tell("\n".join(wrap(f"{question}:", self.console.style, 0, 2)) + " ")

    def hidden(self, question: str) -> str:
        """Return text typed without echo, stripped; "" for Enter alone."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)
                return getpass.getpass(f"{question}: ", sys.stderr).strip()
        except getpass.GetPassWarning:
            summary = "this terminal would show what is typed"
            help = "use another terminal, or give the credential by --credentials-stdin"
            raise refusal("U111", "terminal", summary, help) from None
        except EOFError:
            raise click.Abort from None


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        sys.stderr.write("\n")
        raise click.Abort
    return line


_ANSWERS = {"y": True, "yes": True, "true": True, "n": False, "no": False, "false": False}
