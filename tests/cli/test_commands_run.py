"""Every command that the pages and `--help` show to a new user is run, from the wheel alone.

The folder is empty but for an export of people and one of users. A block that says
`sh checkout` runs in a checkout, and is checked there; what needs systems, credentials or a
past run (the `ELSEWHERE` of this file) is run by the tests that have them.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from cli_world import ROOT
from test_new import answer, export, users
from test_wheel import installed, wheel
from wheel_process import WheelProcess

from oneway.cli.entry import COMMANDS, oneway
from patience import PATIENCE

__all__ = ["installed", "wheel"]

Shell = Callable[[str], subprocess.CompletedProcess[str]]

ELSEWHERE = {
    "sandbox", "serve", "lsp",  # run until they are stopped: test_serve, test_lsp, ...
    "connect", "disconnect", "sync", "resume", "check", "status", "runs", "report", "replay",
    "run-due", "notify",  # need systems or past runs: test_connect, test_history, test_notify
    "forget", "keys", "test", "same", "impact", "prove",  # need a run, a key, or two versions
}  # fmt: skip


def shown_in(text: str) -> list[str]:
    """Return the command lines of a page's blocks of shell."""
    found = re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    lines = "".join(found).replace("\\\n", " ").splitlines()
    return [line.partition("  #")[0].strip() for line in lines if line.strip().startswith("oneway")]


def shown_by(command: click.Command) -> Iterator[str]:
    """Yield the command lines of the examples in a command's help."""
    after = (command.help or "").partition("Example:")[2]
    for line in re.sub(r"\\\n\s*", "", after).splitlines():
        if line.strip().startswith("oneway"):
            yield line.strip()


def answered(shell: Shell, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line; where `apply` asks a person whether to, say yes as it says that scripts do."""
    ended = shell(line)
    asked = re.search(r"--approve [0-9a-f]+", ended.stderr)
    return shell(f"{line} {asked[0]}") if asked and " apply " in line else ended


def is_here(line: str) -> bool:
    words = shlex.split(line)
    return len(words) > 1 and words[1] not in ELSEWHERE


@pytest.fixture
def shell(
    installed: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> Iterator[Shell]:
    """A shell in an empty folder, with `oneway` from the wheel on its path.

    Lines that are one command of ours run in one process.
    """
    python = installed("-c", "import sys; print(sys.executable)").stdout.strip()
    program = tmp_path / "bin" / "oneway"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(python)} -I -m oneway "$@"\n')
    program.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    users(folder, export(folder))
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "ONEWAY"))}
    environment = {**kept, "PATH": f"{program.parent}:{os.environ['PATH']}"}

    def run(line: str) -> subprocess.CompletedProcess[str]:
        if line.startswith("oneway "):
            return subprocess.CompletedProcess(line, *one.run(line))
        return subprocess.run(
            ["sh", "-c", line], cwd=folder, env=environment, capture_output=True,
            encoding="utf-8", timeout=PATIENCE, check=False,
        )  # fmt: skip

    one = WheelProcess(python, folder, environment)
    with one.process:
        yield run
        one.close()


def test_the_readmes_start_works_as_it_stands(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = shown_in(text[: text.index("## A plan")])
    assert lines[0] == "oneway demo"
    assert len(lines) >= 9
    for line in lines:
        fewer = " --situations 500" if line.startswith("oneway prove") else ""  # for time alone
        ended = answered(shell, line + fewer)
        assert ended.returncode == 0, (line, ended.stdout, ended.stderr)
        if line.startswith("oneway new"):
            answer(folder, "mapping")
    again = shell("oneway plan mapping.yaml --exit-code")
    assert again.returncode == 0, again.stdout


@pytest.mark.parametrize("page", ["docs/csv.md", "docs/editors.md"])
def test_the_pages_for_a_start_show_what_works(shell: Shell, page: str) -> None:
    shell("oneway new mapping.yaml --source people.csv --target users.json")
    for line in filter(is_here, shown_in((ROOT / page).read_text(encoding="utf-8"))):
        ended = answered(shell, line)
        assert ended.returncode == 0, (line, ended.stdout, ended.stderr)


def test_the_examples_of_help_work(shell: Shell, tmp_path: Path) -> None:
    lines = [*shown_by(oneway)]
    for each in COMMANDS:
        command = oneway.get_command(click.Context(oneway), each.name)  # type: ignore[attr-defined]
        lines += shown_by(command)
    shell("mkdir -p .github/workflows && oneway init")
    shell("oneway connectors staffology --copy own-payroll")
    shell("oneway new mapping.yaml --source people.csv --target users.json")
    answer(tmp_path / "work", "mapping")
    shell("cp people.csv other-people.csv && oneway plan mapping.yaml --out plan.json")
    done = []
    for line in dict.fromkeys(filter(is_here, lines)):
        if needs_a_system(line):
            continue
        made = "mapping.yaml mapping.test.yaml mapping-sample"
        if " new " in line:
            shell(f"mkdir kept && mv {made} kept")
        if " apply " in line:
            shell("oneway plan mapping.yaml --out plan.json")
        ended = answered(shell, line)
        assert ended.returncode == 0, (line, ended.stdout, ended.stderr)
        done.append(line)
        if " new " in line:
            shell(f"rm -rf {made} && mv kept/* . && rmdir kept")
    assert len(done) >= 15


def needs_a_system(line: str) -> bool:
    """Return whether a line names a mapping of systems, or a connection: nobody here has either."""
    words = shlex.split(line)
    named = "mappings/" in line or "acme" in words
    mapped = words[1] in ("plan", "explain", "apply") and named
    return mapped or "--approve" in words  # of a plan whose fingerprint nobody knows
