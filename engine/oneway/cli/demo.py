"""`oneway demo`."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

import click
from click import unstyle

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.cli.packaged import packaged_mappings
from oneway.cli.sandbox import SYSTEMS, environment, started
from oneway.core.dataclass import dataclass
from oneway.planning.plan_file import fingerprint, load

MAPPING = "mappings/staffology-to-expensein.yaml"


@click.command("demo")
@click.option("--all", "whole", is_flag=True, help="Show all that the commands print.")
@consoled
def command(*, console: Console, whole: bool) -> Exit:
    """See everything work, in a minute, on this machine.

    Starts a stand-in of each system with 200 made-up people, then checks, plans, applies and
    plans again, in a temporary folder. Shows the main results of each command, with --all the
    whole output. Ends with 0 if the second plan is empty.

    \b
    Example:
      oneway demo
    """
    with ExitStack() as stack:
        running = [stack.enter_context(started(each)) for each in SYSTEMS]
        stack.enter_context(_folder())
        stack.enter_context(_environment(environment(running)))
        return _tour(console, whole=whole)


def _tour(console: Console, *, whole: bool) -> Exit:
    """Run the commands one after the other, each shown as a user would type it."""
    console.out("A payroll and an expenses system now run on this machine, with 200 people in")
    console.out("payroll. Nothing beyond this machine is reached.")
    check = _Step("Is everything set up?", ("check", MAPPING, "--brief"), _CHECKED)
    plan = ("plan", MAPPING, "--out", "plan.json", "--limit", "1")
    planned = _Step("What would change, and why? Nothing is written yet.", plan, _PLANNED)
    for each in (check, planned):
        each.run(console, whole=whole)
    approved = fingerprint(load(Path("plan.json").read_bytes(), "plan.json"))[:12]
    apply = ("apply", "plan.json", "--approve", approved)
    _Step("Reviewed: apply that plan, and nothing else.", apply, _APPLIED).run(console, whole=whole)
    about = "Again: nothing is left to do; some people do not sync, and the plan says why."
    second = ("plan", MAPPING, "--exit-code", "--out", "again.json", "--limit", "1")
    again = _Step(about, second, (*_COUNTED, "! Have")).run(console, whole=whole)
    ended = again in (Exit.DONE, Exit.FAILED)
    # Exit code 5 does not say whether anything is left to do.
    if not ended or load(Path("again.json").read_bytes(), "again.json").actions:
        console.out("\nThe second plan should have been empty.")
        return Exit.ERROR
    if again is Exit.FAILED:
        console.out("\nExit code 5: a person has to see to those who can still get in.")
    console.out("\nThe second plan changes nothing: what can be synced is the same on both sides.")
    if not whole:
        console.out("All that the four commands print: oneway demo --all")
    return Exit.DONE


_CHECKED = ("Checked:",)
_COUNTED = ("No changes", r"\d+ to create")
_PLANNED = ("Plan for", *_COUNTED, "To create", "To update", "To leave")
_APPLIED = ("Applied:",)


@dataclass(frozen=True, slots=True)
class _Step:
    """A command of the tour, and the beginnings of the paragraphs that answer its question."""

    about: str
    args: tuple[str, ...]
    answers: tuple[str, ...]

    def run(self, console: Console, *, whole: bool) -> Exit:
        """Run the command, and show its answers, or all output if `whole` or if it failed."""
        from oneway.cli.entry import run

        console.out(f"\n# {self.about}\n$ oneway {' '.join(self.args)}\n")
        args = [*self.args, "--quiet", *([] if console.color else ["--no-color"])]
        held = _HeldOutput()
        with redirect_stdout(held):
            ended = Exit(run(args))
        said = held.getvalue()
        console.out(said if whole or ended is Exit.ERROR else self._answers(said))
        return ended

    def _answers(self, said: str) -> str:
        paragraphs = re.split(r"\n{2,}", said.strip("\n"))
        shown = [each for each in paragraphs if self._is_answer(each)]
        return "\n\n".join([*shown, "[...]"] if len(shown) < len(paragraphs) else shown)

    def _is_answer(self, paragraph: str) -> bool:
        plain = unstyle(paragraph)
        return any(re.match(each, plain) for each in self.answers)


class _HeldOutput(StringIO):
    """Captured output that is styled as if for the terminal."""

    def isatty(self) -> bool:
        return sys.__stdout__ is not None and sys.__stdout__.isatty()


@contextmanager
def _folder() -> Iterator[None]:
    """Run the block in a temporary folder that contains the mapping."""
    with tempfile.TemporaryDirectory(prefix="oneway-demo-") as name:
        Path(name, MAPPING).parent.mkdir()
        with packaged_mappings() as folder:
            shutil.copy(folder / Path(MAPPING).name, Path(name, MAPPING))
        with chdir(name):
            yield


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables during the block."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
