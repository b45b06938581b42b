"""How a command of the tests ended, and a way to run one in this process."""

import json
import shlex
from dataclasses import dataclass
from typing import Any

import click
import pytest

from approving import approving
from oneway.cli.entry import oneway, run


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def flat(self) -> str:
        """Both outputs, each run of white space as one space: text is wrapped."""
        return " ".join(f"{self.out} {self.err}".split())

    @property
    def data(self) -> Any:
        """The output, as JSON."""
        return json.loads(self.out)


def ended(capsys: pytest.CaptureFixture[str], *args: object) -> Ended:
    """Run a command and return how it ended; none ends in a traceback."""
    capsys.readouterr()
    code = run(approving(args))
    found = capsys.readouterr()
    assert "Traceback" not in found.err
    return Ended(code, found.out, found.err)


def wrong_with(line: str) -> str:
    """Return why a command would be refused as it is typed; "" where it is whole."""
    words = shlex.split(line)[1:]
    command: click.Command = oneway
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return f"there is no command {words[0]}"
        command, words = found, words[1:]
    try:
        command.make_context("oneway", words)
    except click.exceptions.Exit:  # --help
        return ""
    except click.UsageError as error:
        return error.format_message()
    return ""
