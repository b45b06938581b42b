"""`oneway demo`."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager
from pathlib import Path

import click

from oneway.cli.console import Console
from oneway.cli.exits import Exit
from oneway.cli.options import consoled
from oneway.cli.packaged import packaged_mappings
from oneway.cli.sandbox import SYSTEMS, environment, started
from oneway.planning.plan_file import fingerprint, load

MAPPING = "mappings/staffology-to-expensein.yaml"


@click.command("demo")
@consoled
def command(*, console: Console) -> Exit:
    """See it all work, in a minute, on this machine.

    Starts a stand-in of each system with 200 made-up people, then checks, plans, applies and
    plans again, in a temporary folder. Ends with 0 where the second plan is empty.

    \b
    Example:
      oneway demo
    """
    with ExitStack() as stack:
        running = [stack.enter_context(started(each)) for each in SYSTEMS]
        stack.enter_context(_folder())
        stack.enter_context(_environment(environment(running)))
        return _tour(console)


def _tour(console: Console) -> Exit:
    """Run the commands one after the other, each shown as a user would type it."""
    console.out("A payroll and an expenses system now run on this machine, with 200 people in")
    console.out("payroll. Nothing beyond this machine is reached.")
    _step(console, "Is everything set up?", "check", MAPPING, "--brief", "--quiet")
    _step(
        console,
        "What would change, and why? Nothing is written yet.",
        *("plan", MAPPING, "--out", "plan.json", "--limit", "1", "--quiet"),
    )
    approved = fingerprint(load(Path("plan.json").read_bytes(), "plan.json"))[:12]
    _step(
        console,
        "Reviewed: apply that plan, and nothing else.",
        *("apply", "plan.json", "--approve", approved, "--quiet"),
    )
    again = _step(
        console,
        "Again: nothing is left to do; these people do not sync, and why.",
        *("plan", MAPPING, "--exit-code", "--out", "again.json", "--limit", "1", "--quiet"),
    )
    ended = again in (Exit.DONE, Exit.FAILED)
    # Exit code 5 says nothing of what is left to do.
    if not ended or load(Path("again.json").read_bytes(), "again.json").actions:
        console.out("\nThe second plan should have been empty.")
        return Exit.ERROR
    if again is Exit.FAILED:
        console.out("\nExit code 5: a person has to see to those who can still get in.")
    console.out("\nThe second plan is empty: payroll and expenses agree.")
    return Exit.DONE


def _step(console: Console, about: str, *args: str) -> Exit:
    from oneway.cli.entry import run

    shown = " ".join(arg for arg in args if arg != "--quiet")
    console.out(f"\n# {about}\n$ oneway {shown}\n")
    return Exit(run([*args, *([] if console.color else ["--no-color"])]))


@contextmanager
def _folder() -> Iterator[None]:
    """Work in a temporary folder that holds the mapping."""
    with tempfile.TemporaryDirectory(prefix="oneway-demo-") as name:
        Path(name, MAPPING).parent.mkdir()
        with packaged_mappings() as folder:
            shutil.copy(folder / Path(MAPPING).name, Path(name, MAPPING))
        with chdir(name):
            yield


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the length of a block."""
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
