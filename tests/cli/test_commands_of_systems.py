"""Every command of the pages and of `--help` that needs systems, a connection or a past run.

From the wheel alone, in a folder that was empty: both systems are sandboxes, a customer is
connected by a script, and each line is run as it stands, but for what `HERE` puts in place of a
page's made-up numbers and names. The lines run in one process, which costs less than one each.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import httpx
import pytest
from cli_world import ROOT
from test_commands_run import ELSEWHERE, is_here, needs_a_system, shown_by, shown_in
from test_connect import Office, office
from test_new import export, users
from test_wheel import installed, wheel
from wheel_process import WheelProcess

from listener import listening
from oneway.cli.entry import COMMANDS, oneway
from patience import PATIENCE

__all__ = ["installed", "office", "wheel"]

STARTS = ("docs/csv.md", "docs/editors.md")
PAGES = [*(ROOT / "docs").glob("*.md"), ROOT / "mappings" / "README.md", ROOT / "README.md"]
ENDLESS = {"serve", "lsp", "sandbox"}
"""Run until they are stopped: test_serve, test_lsp, test_cli_sandboxes."""
LAST = ("forget", "disconnect")
"""Commands that take away what the others need."""
MAY_HOLD_BACK = {"sync", "apply", "run-due", "check", "resume"}
"""Commands whose exit code speaks of the people that they found: 4 and 5 are no mistake."""


def lines() -> list[str]:
    """Return the command lines that are not run by `test_commands_run`, each once."""
    found: list[str] = []
    for page in sorted(set(PAGES) - {ROOT / each for each in STARTS}):
        text = page.read_text(encoding="utf-8")
        found += shown_in(text[text.index("## A plan") :] if page == ROOT / "README.md" else text)
    for each in COMMANDS:
        command = oneway.get_command(click.Context(oneway), each.name)  # type: ignore[attr-defined]
        inner = getattr(command, "commands", {}).values()
        for shown in (line for one in (command, *inner) for line in shown_by(one)):
            if not is_here(shown) or needs_a_system(shown):
                found.append(shown)
    last = [line for line in dict.fromkeys(found) if shlex.split(line)[1] in LAST]
    return [line for line in dict.fromkeys(found) if line not in last and is_run(line)] + last


def is_run(line: str) -> bool:
    """Return whether a line ends by itself, and asks nobody."""
    words = shlex.split(line)
    asks = words[1] == "connect" and len(words) < 4
    return words[1] not in ENDLESS and not asks


class Customer(WheelProcess):
    """The wheel in a folder where a customer is connected.

    `number` is the run of `mappings/acme.yaml`, `key` what plans are signed with, and `others`
    how many customers more a page has connected.
    """

    number = 0
    key = ""
    others = 0


@pytest.fixture
def connected(
    installed: Callable[..., subprocess.CompletedProcess[str]], office: Office, tmp_path: Path
) -> Iterator[Customer]:
    """The wheel in a folder with a customer who is connected, mappings, exports and a history."""
    folder = tmp_path / "empty"
    folder.mkdir()
    users(folder, export(folder))
    python = installed("-c", "import sys; print(sys.executable)").stdout.strip()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "ONEWAY"))}
    env = {
        "ONEWAY_STAFFOLOGY_API_KEY": office.source_key,
        "ONEWAY_STAFFOLOGY_BASE_URL": office.source,
        "ONEWAY_STAFFOLOGY_EMPLOYER": office.employer,
        "ONEWAY_EXPENSEIN_API_KEY": office.target_key,
        "ONEWAY_EXPENSEIN_BASE_URL": f"{office.target}/1.0",
        "ONEWAY_ACME_PAYROLL_KEY": office.source_key,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    with listening() as hook:
        wheel = Customer(python, folder, kept | env)
        with wheel.process:
            history(wheel, folder, office, hook.url)
            yield wheel
            wheel.close()


ACME = """\
oneway: 1
name: acme
source:
  connector: file
  resource: ../people.csv
  options: {id: Staff No, encoding: windows-1252, delimiter: semicolon, header: 3, footer: Total}
target: {connector: file, resource: ../users.json}
match:
  - {source: '"Staff No"', target: reference}
fields:
  reference: {from: '"Staff No"', write: on_create}
  lastName: '"Last Name"'
"""
ACME_TEST = """\
oneway_test: 1
mapping: acme.yaml
as_of: 2026-11-28
record: {"Staff No": "00007", "Last Name": Oak}
cases:
  - name: Somebody new is created
    expect: {outcome: create}
"""


def history(wheel: Customer, folder: Path, office: Office, hook: str) -> None:
    """Connect a customer and make the files and the past that pages speak of."""
    (folder / "mappings").mkdir()
    (folder / "mappings" / "acme.yaml").write_text(ACME)
    (folder / "mappings" / "acme.test.yaml").write_text(ACME_TEST)
    for line, stdin in (
        ("oneway init", ""),
        (
            shlex.join(["oneway", "connect", *office.script, "--yes", "--credentials-stdin"]),
            office.typed,
        ),
        ("oneway sync mappings/acme.yaml", ""),
    ):
        code, out, err = wheel.run(line, stdin)
        assert code in (0, 4, 5), (line, out, err)
    runs = json.loads(wheel.run("oneway runs --format json")[1])
    wheel.number = max(each["run"] for each in runs["runs"])
    (folder / "connections" / "secrets" / "expenses").write_text(office.target_key)
    (folder / "connections" / "secrets" / "expenses").chmod(0o600)
    wheel.key = wheel.run("oneway keys")[1].split()[-1]
    state = httpx.get(f"{office.source}/_sandbox/state", timeout=PATIENCE).json()
    (folder / "people.json").write_text(json.dumps(state["employees"]))
    (folder / "expenses.json").write_text(json.dumps(office.users()))
    (folder / "departments.json").write_text("[]")
    with (folder / "connections" / "acme.yaml").open("a", encoding="utf-8") as file:
        file.write(f"notify:\n  - webhook: {{url: {hook}}}\n    on: [failure]\n")
    for name in ("old.yaml", "mapping.yaml"):
        shutil.copy(folder / "mappings" / "acme.yaml", folder / name)
        text = (folder / name).read_text().replace("../people.csv", "people.csv")
        (folder / name).write_text(text.replace("../users.json", "users.json"))
    (folder / "mapping.test.yaml").write_text(ACME_TEST.replace("acme.yaml", "mapping.yaml"))
    for words in ("init -q -b main", "add mappings mapping.yaml", "commit -q -m Start",
                  "update-ref refs/remotes/origin/main HEAD"):  # fmt: skip
        who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *who, *words.split()], cwd=folder, check=True, capture_output=True)


def put_here(line: str, wheel: Customer, office: Office) -> str:
    """Return a line with what is here in place of the made-up names and numbers of a page."""
    line = re.sub(r"\b(12|71)\b", str(wheel.number), line)
    known = "01001" if "mappings/acme.yaml" in line else office.users()[0]["reference"]
    line = re.sub(r"\b(PAY0042|00141)\b", known, line)
    line = re.sub(r"employer=[0-9a-f-]{36}", f"employer={office.employer}", line)
    line = re.sub(r"--trust \S+", f"--trust {wheel.key}", line)
    if line.startswith("oneway connect acme"):
        wheel.others += 1
        line = line.replace("acme", f"other-{wheel.others}", 1) + f" {shlex.join(office.options)}"
    if "mappings/staffology-to-expensein.yaml" in line:
        line = line.replace("users.json", "expenses.json")
    words = shlex.split(line.partition(" --approve")[0])
    if words[1] == "apply":
        plan = json.loads((wheel.folder / words[2]).read_text(encoding="utf-8"))
        line = f"{shlex.join(words)} --approve {plan['fingerprint']}"
    return f"{line} --situations 500" if words[1] == "prove" else line  # for time alone


def test_every_line_works_as_it_stands(connected: Customer, office: Office) -> None:
    done = set()
    for shown in lines():
        line = put_here(shown, connected, office)
        code, out, err = connected.run(line, office.typed if "stdin" in line else "")
        words = shlex.split(line)
        fine = (0, 4, 5) if words[1] in MAY_HOLD_BACK else (0, 6) if "--cover" in words else (0,)
        assert code in fine, (shown, line, out, err)
        done.add(words[1])
    assert done >= ELSEWHERE - ENDLESS
