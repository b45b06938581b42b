"""How a command of the tests ended, and a way to run one in this process."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from approving import approving
from oneway.cli.entry import run


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
