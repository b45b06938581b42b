"""A working folder, the commands that are run in it, and what was wrong with any of them."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch
from warnings import catch_warnings, simplefilter

from oneway.cli.entry import run
from oneway_connectors.sandbox import EMPLOYER, expensein, staffology

from .output import wrong_in_run
from .servers import Systems, serving

try:
    from approving import approving
except ImportError:  # run as `python -m tests.NAME`
    from tests.approving import approving

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "mappings" / "staffology-to-expensein.yaml"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class World:
    """Where the commands run; `wrong` is what was found, `runs` how many there were."""

    folder: Path
    systems: Systems
    wrong: list[str] = field(default_factory=list)
    runs: int = 0
    tried: int = 0
    where: str = ""

    def run(self, *args: str) -> Ended:
        """Run a command in this process and take note of what is wrong with how it ended."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), catch_warnings():
            simplefilter("error")
            try:
                code = run(approving(args))
            except BaseException as error:  # whatever it is, a person would see it
                code = -1
                self.say(f"raised {type(error).__name__}", args)
        ended = Ended(code, out.getvalue(), err.getvalue())
        self.runs += 1
        for found in wrong_in_run(ended.code, ended.out, ended.err):
            self.say(found, args)
        return ended

    def say(self, found: str, about: object = "") -> None:
        """Take note of something that is wrong."""
        self.wrong.append(f"{self.where}: {found}" + (f" ({ascii(about)[:160]})" if about else ""))

    def say_all(self, found: Iterator[str], about: object = "") -> None:
        """Take note of everything that is wrong."""
        for each in found:
            self.say(each, about)

    def write(self, name: str, data: Any) -> str:
        """Write a file and return its name."""
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        (self.folder / name).write_bytes(data)
        return name

    def fresh(self) -> None:
        """Forget what earlier runs did."""
        for path in sorted((self.folder / ".oneway").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


@contextmanager
def hostile_world(folder: Path) -> Iterator[World]:
    """Give a world in an empty folder, with both systems running and the environment set."""
    with serving() as systems, chdir(folder):
        variables = {
            "ONEWAY_STAFFOLOGY_BASE_URL": systems.payroll_url,
            "ONEWAY_STAFFOLOGY_EMPLOYER": EMPLOYER,
            "ONEWAY_STAFFOLOGY_API_KEY": staffology.KEY,
            "ONEWAY_EXPENSEIN_BASE_URL": systems.expenses_url,
            "ONEWAY_EXPENSEIN_API_KEY": expensein.KEY,
        }
        with patch.dict(os.environ, variables), patch.object(sys, "argv", ["oneway"]):
            yield World(folder, systems)
