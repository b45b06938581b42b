"""Connecting over both sandboxes: in a real terminal, and without one."""

import io
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import keyring
import pytest
from cli_world import ROOT, Ended, World

from oneway.cli.clock import now
from oneway.connections.connection import Email, Webhook
from oneway.connections.folder import connection_at
from oneway.core.diagnostics import refusal
from oneway.history.journal import Journal, RunState, Why
from oneway.state.lock import locked
from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.kinds import FEW
from oneway_connectors.sandbox.payroll import EMPLOYER, Payroll
from oneway_connectors.sandbox.people import Population, population
from oneway_connectors.sandbox.server import running
from patience import PATIENCE
from ring import Ring
from terminal import Terminal

MAPPING = "mappings/staffology-to-expensein.yaml"
WRONG = "CANARY-a-key-that-is-wrong"
FILE = Path("connections/acme.yaml")
SECRETS = Path("connections/secrets")


@dataclass(frozen=True)
class Office:
    """A working folder with the mapping in it, and where both systems are."""

    world: World
    source: str
    target: str
    source_key: str = staffology.KEY
    target_key: str = expensein.KEY
    employer: str = EMPLOYER

    @property
    def options(self) -> tuple[str, ...]:
        """Where the sandboxes are, as options."""
        return (
            *("--source-option", f"base_url={self.source}"),
            *("--target-option", f"base_url={self.target}/1.0"),
        )

    @property
    def script(self) -> tuple[str, ...]:
        """All that a script gives but credentials."""
        employer = ("--source-option", f"employer={self.employer}")
        kept = ("--keep-secrets", "file")
        return ("acme", "--mapping", MAPPING, *self.options, *employer, *kept)

    @property
    def typed(self) -> str:
        """Both credentials, for standard input."""
        return f"source.api_key={self.source_key}\n\ntarget.api_key={self.target_key}\n"

    def terminal(self, *args: str) -> Terminal:
        env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "NO_COLOR": "1"}
        return Terminal(*args, cwd=self.world.folder, env=env)

    def users(self) -> list[dict[str, Any]]:
        headers = {"Authorization": f"ApiKey {self.target_key}"}
        url = f"{self.target}/1.0/users?includeLeavers=true"
        found: list[dict[str, Any]] = httpx.get(url, headers=headers, timeout=PATIENCE).json()
        return found

    def writes(self) -> int:
        found = httpx.get(f"{self.target}/_sandbox/requests", timeout=PATIENCE).json()["writes"]
        return int(found["created"] + found["updated"])

    def files_with(self, text: str) -> set[str]:
        """Return the files below the working folder that hold a text."""
        return {
            str(path.relative_to(self.world.folder))
            for path in self.world.folder.rglob("*")
            if path.is_file() and text.encode() in path.read_bytes()
        }


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    (world.folder / "mappings").mkdir()
    shutil.copy(ROOT / MAPPING, world.folder / MAPPING)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    payroll, expenses = staffology.app(Payroll(_people())), expensein.app(Expenses(_people()))
    with running(payroll) as source, running(expenses) as target:
        yield Office(world, source, target)


def _people() -> Population:
    return population(now().date(), size=20, kinds=FEW)


@pytest.fixture
def script(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run `oneway` without a terminal; `stdin` is what is piped into it."""

    def run(*args: object, stdin: str = "") -> Ended:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        return office.world.run(*args)

    return run


def changes_in(plan: str) -> int:
    """Return how many changes somebody is asked to agree to."""
    return int(plan.rpartition("Apply these ")[2].split()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_connecting_in_a_terminal_from_nothing_to_the_first_sync(office: Office) -> None:
    with office.terminal("connect", *office.options) as terminal:
        terminal.answer("Name: ", "Acme & Sons")
        assert "[U114]" in terminal.answer("Name: ", "acme")
        assert "1. mappings/staffology-to-expensein.yaml" in terminal.answer("a path [1]: ", "")
        asked = terminal.answer("Include bank details? [y/N]: ", "")
        assert "Copy employees' bank details to their users." in asked
        terminal.answer("api_key (not shown): ", WRONG)
        refused = terminal.answer("Enter: the one before): ", office.source_key)
        assert "refuses the credentials (401)" in " ".join(refused.split())
        assert "[R102]" in refused
        listed = terminal.answer("part of the name: ", "trad")
        assert "1. Example Trading Ltd" in listed
        assert "2. Example Dormant Ltd" in listed
        terminal.answer("part of the name [1]: ", "")
        assert "Staffology" not in terminal.answer("api_key (not shown): ", office.target_key)
        terminal.answer("Schedule [0 4 * * *]: ", "0 4 31 2 *")
        assert "[C131]" in terminal.answer("Schedule [0 4 * * *]: ", "")
        terminal.answer("Time zone [UTC]: ", "Europe/London")
        terminal.answer("Tell: ", "http://hooks.example.com/x")
        assert "[C133]" in terminal.answer("Tell: ", "https://hooks.example.com/x")
        assert "Records of the source" in terminal.expect("Checked: ")
        asked = terminal.expect("changes? [y/N]: ")
        assert re.search(r"\d+ creates?, \d+ updates?, \d+ leaves?\. Apply these", asked)
        changes = changes_in(asked)
        assert (office.writes(), changes > 3) == (0, True)
        terminal.enter("y")
        assert terminal.ended() == 0
    assert f"Applied: {changes} done." in terminal.seen
    assert office.writes() == changes
    assert {mode(each) for each in SECRETS.iterdir()} == {0o600}
    assert mode(SECRETS) == 0o700
    _nothing_leaks(office, terminal.seen)
    made = connection_at(str(FILE))
    assert made.source.options["employer"] == office.employer
    assert made.settings == {"include_bank_details": False}
    assert (made.schedule and made.schedule.zone) == "Europe/London"
    assert made.notify == (Webhook("https://hooks.example.com/x"),)
    assert "hooks.example.com" in terminal.seen
    with Journal.open(Path(".oneway/journal.db")) as journal:
        (run,) = journal.runs("acme")
    assert (run.start.why, run.state) == (Why.CONNECT, RunState.DONE)
    assert office.world.run("plan", "acme", "--exit-code").code == 0


def _nothing_leaks(office: Office, seen: str) -> None:
    """Each key is in its own private file and nowhere else; the wrong one is nowhere."""
    for key, file in (
        (office.source_key, "acme.source.api_key"),
        (office.target_key, "acme.target.api_key"),
    ):
        assert key not in seen
        assert office.files_with(key) == {str(SECRETS / file)}
    assert WRONG not in seen
    assert office.files_with(WRONG) == set()


def test_every_line_of_the_dialogue_fits_the_terminal(office: Office) -> None:
    with office.terminal("connect", "acme", *office.options, "--no-sync") as terminal:
        terminal.answer("[1]: ", "")
        terminal.answer("[y/N]: ", "y")
        terminal.answer("api_key (not shown): ", office.source_key)
        terminal.answer("part of the name: ", office.employer)
        terminal.answer("api_key (not shown): ", office.target_key)
        terminal.answer("Schedule [0 4 * * *]: ", "never")
        terminal.answer("Tell: ", "")
        assert terminal.ended() == 0
    lines = terminal.seen.replace("\r\n", "\n").split("\n")
    assert max(len(line.rpartition("\r")[2]) for line in lines) <= 80
    assert "\x1b" not in terminal.seen
    assert "It has no schedule: run it with `oneway sync acme`" in terminal.seen
    assert "Nobody is notified when it fails" in " ".join(terminal.seen.split())
    made = connection_at(str(FILE))
    assert (made.schedule, made.settings) == (None, {"include_bank_details": True})
    assert not Path(".oneway/journal.db").exists()


WAYS = (
    ("a path [1]: ", ""),
    ("[y/N]: ", ""),
    ("api_key (not shown): ", "{source}"),
    ("part of the name: ", "1"),
    ("api_key (not shown): ", "{target}"),
    ("Time zone [UTC]: ", ""),
    ("Tell: ", ""),
)


@pytest.mark.parametrize(("last", "how"), [(1, "^C"), (3, "^C"), (5, "SIGTERM"), (6, "^C")])
def test_who_ends_it_at_a_prompt_keeps_nothing(office: Office, last: int, how: str) -> None:
    cron = ("--schedule", "0 4 * * *")
    with office.terminal("connect", "acme", *office.options, *cron) as terminal:
        for question, text in WAYS[: last - 1]:
            keys = {"source": office.source_key, "target": office.target_key}
            terminal.answer(question, text.format(**keys))
        terminal.expect(WAYS[last - 1][0])
        terminal.interrupt() if how == "^C" else terminal.process.terminate()
        assert terminal.ended() == 130
    assert "nothing was kept" in terminal.seen
    assert not Path("connections").exists()
    assert office.files_with(office.source_key) == set()


def test_who_does_not_go_on_where_a_check_fails_keeps_nothing(office: Office) -> None:
    given = ("--set", "include_bank_details=true", "--schedule", "never")
    with office.terminal("connect", "acme", *office.options, *given) as terminal:
        terminal.answer("[1]: ", "")
        terminal.answer("api_key (not shown): ", office.source_key)
        terminal.answer("part of the name: ", "Dormant")
        terminal.answer("[1]: ", "")
        terminal.answer("api_key (not shown): ", office.target_key)
        terminal.answer("Tell: ", "")
        terminal.answer("1 check failed. Keep the connection all the same? [y/N]: ", "")
        assert terminal.ended() == 1
    assert "nothing is planned from nothing" in terminal.seen
    assert "[C144]" in terminal.seen
    assert not Path("connections").exists()


@pytest.mark.parametrize("how", ["n", "ctrl-c"])
def test_who_declines_the_first_sync_keeps_the_connection(office: Office, how: str) -> None:
    key = office.world.folder / "connections" / "key"
    key.parent.mkdir()
    key.write_text(office.source_key)
    key.chmod(0o600)
    given = (*office.script, "--source-credential", "api_key=file:connections/key")
    env = ("--target-credential", "api_key=env:ONEWAY_EXPENSES")
    terminal = Terminal(
        *("connect", *given, *env, "--set", "include_bank_details=false", "--schedule", "never"),
        cwd=office.world.folder,
        env={"ONEWAY_EXPENSES": office.target_key},
    )
    with terminal:
        terminal.answer("Tell: ", "payroll@example.com")
        terminal.answer("Mail server: ", "smtp.example.com")
        terminal.answer("From [payroll@example.com]: ", "oneway@example.com")
        terminal.answer("Its user; Enter for no login: ", "oneway")
        terminal.answer("[env:ONEWAY_SMTP_PASSWORD]: ", "")
        terminal.expect("changes? [y/N]: ")
        terminal.interrupt() if how == "ctrl-c" else terminal.enter(how)
        assert terminal.ended() == 0
    assert "The first sync is: oneway sync acme" in terminal.seen
    assert office.writes() == 0
    made = connection_at(str(FILE))
    assert str(made.source.credentials["api_key"]) == "the file connections/key"
    assert str(made.target.credentials["api_key"]) == "the variable ONEWAY_EXPENSES"
    (mail,) = made.notify
    assert isinstance(mail, Email)
    assert (mail.sender, mail.server, str(mail.password)) == (
        "oneway@example.com",
        "smtp.example.com",
        "the variable ONEWAY_SMTP_PASSWORD",
    )
    assert not SECRETS.exists()


def test_new_credentials_are_tested_before_they_take_the_old_ones_place(
    office: Office, script: Any
) -> None:
    typed = office.typed.replace(office.target_key, expensein.READ_ONLY_KEY)
    ended = script("connect", *office.script, "--credentials-stdin", "--no-sync", stdin=typed)
    assert ended.code == 0, ended.err
    text = FILE.read_text().replace("oneway_connection", "# Ask Jo first.\noneway_connection")
    FILE.write_text(text)
    old = {path.name: path.read_bytes() for path in SECRETS.iterdir()}
    with office.terminal("connect", "acme") as terminal:
        terminal.answer("Enter: the file connections/secrets/acme.source.api_key): ", "")
        terminal.answer("Enter: the file connections/secrets/acme.target.api_key): ", WRONG)
        terminal.expect("refuses the")
        terminal.expect("Enter: the one before): ")
        assert {path.name: path.read_bytes() for path in SECRETS.iterdir()} == old
        terminal.enter(office.target_key)
        changes = changes_in(terminal.answer("changes? [y/N]: ", "y"))
        assert terminal.ended() == 0
    assert office.writes() == changes
    assert FILE.read_text() == text
    _nothing_leaks(office, terminal.seen)


def test_without_a_terminal_all_that_is_missing_is_said_at_once(
    office: Office, script: Any
) -> None:
    ended = script("connect")
    assert (ended.code, ended.err.count("[U111]")) == (1, 3)
    ended = script("connect", "acme", "--mapping", MAPPING, *office.options)
    assert (ended.code, ended.err.count("[U111]")) == (1, 4)
    for word in ("'api_key' is missing", "'employer' is missing", "--yes", "--credentials-stdin"):
        assert word in ended.flat
    assert not Path("connections").exists()


def test_the_employers_are_named_where_only_the_employer_is_missing(
    office: Office, script: Any
) -> None:
    given = ("acme", "--mapping", MAPPING, *office.options, "--no-sync", "--credentials-stdin")
    ended = script("connect", *given, stdin=office.typed)
    assert (ended.code, "[U111]" in ended.err) == (1, True)
    assert f"Example Trading Ltd ({office.employer})" in ended.flat
    assert not Path("connections").exists()


def test_a_script_connects_and_syncs_in_one_go(
    office: Office, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEWAY_EXPENSEIN_API_KEY", office.target_key)
    monkeypatch.setenv("ONEWAY_EXPENSEIN_BASE_URL", f"{office.target}/1.0")
    given = [each for each in office.script if "1.0" not in each and each != "--target-option"]
    line = f"source.api_key={office.source_key}\n"
    ended = script("connect", *given, "--yes", "--credentials-stdin", stdin=line)
    assert ended.code == 0, ended.err
    assert f"Applied: {office.writes()} done." in ended.out
    _nowhere(office.source_key, ended)
    made = connection_at(str(FILE))
    # What was in force when it was tested is written down: the night has another environment.
    assert made.target.options == {"base_url": f"{office.target}/1.0"}
    assert str(made.target.credentials["api_key"]) == "the variable ONEWAY_EXPENSEIN_API_KEY"
    ended = script("connect", "acme", "--yes", "--format", "json")
    assert (ended.code, "Applied: nothing to do." in ended.err) == (0, True)
    assert ended.data["credentials"]["target.api_key"] == {"env": "ONEWAY_EXPENSEIN_API_KEY"}
    assert ended.data["sync"]["results"] == []


def _nowhere(text: str, ended: Ended) -> None:
    assert text not in ended.out + ended.err


def test_what_is_refused_keeps_nothing(office: Office, script: Any) -> None:
    wrong = office.typed.replace(office.target_key, WRONG)
    ended = script("connect", *office.script, "--yes", "--credentials-stdin", stdin=wrong)
    assert (ended.code, "[C143]" in ended.err) == (1, True)
    _nowhere(WRONG, ended)
    dormant = (*office.script[:-2], "--no-sync", "--credentials-stdin")
    (id,) = [
        each["id"]
        for each in httpx.get(
            f"{office.source}/employers", auth=("x", office.source_key), timeout=PATIENCE
        ).json()
        if "Dormant" in each["name"]
    ]
    args = [each.replace(office.employer, id) for each in dormant]
    ended = script("connect", *args, stdin=office.typed)
    assert (ended.code, "[C144]" in ended.err) == (1, True)
    for line in (
        "nonsense\n",
        f"source.{WRONG}\n",
        f"source.nothing={WRONG}\n",
        "source.api_key=\n",
    ):
        ended = script("connect", *office.script, "--yes", "--credentials-stdin", stdin=line)
        assert ended.code == 1
        _nowhere(WRONG, ended)
    assert not Path("connections").exists()
    assert office.writes() == 0


@pytest.mark.parametrize("given", [f"api_key={WRONG}", f"api_key=x:{WRONG}", WRONG])
def test_a_credential_on_the_command_line_is_refused_and_not_repeated(
    office: Office, script: Any, given: str
) -> None:
    ended = script("connect", *office.script, "--source-credential", given)
    assert (ended.code, "have it replaced" in ended.flat) == (2, True)
    _nowhere(WRONG, ended)


def test_what_is_there_is_never_written_over(office: Office, script: Any) -> None:
    given = (*office.script, "--credentials-stdin", "--no-sync")
    assert script("connect", *given, stdin=office.typed).code == 0
    before = FILE.read_bytes()
    ended = script("connect", *given, stdin=office.typed)
    assert (ended.code, "[U112]" in ended.err) == (1, True)
    Path("connections/other.yaml").write_text("oneway_connection: 1\n")
    ended = script("connect", "other", "--yes")
    assert (ended.code, "[S103]" in ended.err) == (1, True)
    assert FILE.read_bytes() == before


def test_disconnecting_forgets_credentials_and_keeps_the_history(
    office: Office, script: Any
) -> None:
    given = (*office.script, "--credentials-stdin", "--yes")
    assert script("connect", *given, stdin=office.typed).code == 0
    users = office.users()
    with locked(Path(".oneway/locks"), "acme", since="2026-11-23T04:00:00Z"):
        ended = script("disconnect", "acme")
    assert (ended.code, "[F115]" in ended.err, FILE.exists()) == (1, True, True)
    ended = script("disconnect", "acme")
    assert ended.code == 0, ended.err
    managed = re.search(r"What stays: (\d+) records of expensein users are matched", ended.flat)
    assert managed
    assert 0 < int(managed[1]) <= len(users)
    assert not SECRETS.exists()
    assert not FILE.exists()
    assert Path("connections/acme.yaml.disconnected").exists()
    assert office.users() == users
    assert script("disconnect", "acme").code == 1
    assert script("sync", "acme").code == 1
    assert script("connect", *given, stdin=office.typed).code == 0
    with Journal.open(Path(".oneway/journal.db")) as journal:
        assert len(journal.runs("acme")) == 2


def test_disconnecting_leaves_what_is_kept_elsewhere(
    office: Office, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEWAY_PAYROLL", office.source_key)
    env = ("--source-credential", "api_key=env:ONEWAY_PAYROLL", "--no-sync", "--credentials-stdin")
    line = f"target.api_key={office.target_key}\n"
    assert script("connect", *office.script, *env, stdin=line).code == 0
    ended = script("disconnect", "acme", "--format", "json")
    assert ended.data == {
        "connection": "acme",
        "file": "connections/acme.yaml.disconnected",
        "forgotten": [
            {"credential": "target.api_key", "file": "connections/secrets/acme.target.api_key"}
        ],
        "left": [{"credential": "source.api_key", "env": "ONEWAY_PAYROLL"}],
        "stays": "",
        "still_in": [],
    }


@pytest.mark.parametrize("error", [KeyboardInterrupt(), refusal("C142", "x", "no space")])
@pytest.mark.parametrize("renewing", [False, True])
def test_no_credential_is_left_that_no_file_refers_to(
    office: Office,
    script: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    renewing: bool,
) -> None:
    given = (*office.script, "--no-sync", "--credentials-stdin")
    if renewing:
        assert script("connect", *given, stdin=office.typed).code == 0
        kept, moved = "{file: secrets/acme.source.api_key}", "{env: ONEWAY_X}"
        FILE.write_text(FILE.read_text().replace(kept, moved))
        (SECRETS / "acme.source.api_key").unlink()
        given = ("acme", "--no-sync", "--credentials-stdin")

    def fails(path: Path, text: str) -> None:
        assert len(list(SECRETS.glob("acme.*"))) == 2
        raise error

    for name in ("write_new", "write_over"):
        monkeypatch.setattr(f"oneway.runs.commit_connection.{name}", fails)
    before = FILE.read_bytes() if renewing else b""
    ended = script("connect", *given, stdin=office.typed)
    assert ended.code == (130 if isinstance(error, KeyboardInterrupt) else 1), ended.err
    assert ("C142" in ended.err) == (ended.code == 1)
    assert [each.name for each in SECRETS.glob("acme.*")] == ["acme.target.api_key"] * renewing
    assert (FILE.read_bytes() if FILE.exists() else b"") == before


def test_the_keyring_keeps_what_is_typed_where_one_works(office: Office, script: Any) -> None:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    try:
        given = (*office.script[:-2], "--credentials-stdin", "--yes")
        ended = script("connect", *given, stdin=office.typed)
        assert ended.code == 0, ended.err
        assert ring.entries == {
            ("oneway", "acme.source.api_key"): office.source_key,
            ("oneway", "acme.target.api_key"): office.target_key,
        }
        assert office.files_with(office.source_key) == set()
        assert script("plan", "acme", "--exit-code").code == 0
        assert script("disconnect", "acme").code == 0
        assert ring.entries == {}
    finally:
        keyring.set_keyring(before)


def test_files_need_no_credentials_and_are_connected_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ended = world.run("connect", "files", "--mapping", "m.yaml", "--yes", "--set", "days=7")
    assert ended.code == 0, ended.err
    assert connection_at("connections/files.yaml").settings == {"days": 7}
    assert world.read("users.json")[0]["name"] == "Person 2"
    ended = world.run("disconnect", "files")
    assert (ended.code, "3 records of file users.json" in ended.flat) == (0, True)
