"""What keeps a run from beginning is told the same, whichever way the run was started."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
from cli_world import MAPPING, World

from listener import JsonHandler, Listener, serving
from oneway.cli.clock import now
from oneway.cli.entry import run
from oneway.cli.options import FOLDERS
from oneway.cli.run_due import open_store
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, sqlite
from oneway.history.journal.schedule_claims import first_seen
from oneway.runs.prepare.request import instant_text
from oneway.scheduling.folder import Folder
from oneway.scheduling.job import Job, Report, RunHost
from oneway.scheduling.log import EventLog
from oneway.scheduling.loop import Loop
from oneway.scheduling.notices import Post
from oneway.scheduling.work import reported
from oneway_connectors.file.writer import FileWriter

FILE = "connections/acme.yaml"
DEFAULT = "connections/notify.yaml"
ACME = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
schedule: {cron: "0 4 * * *", spread: 0s}
"""


@pytest.fixture
def acme(world: World, hook: Listener) -> World:
    """A connection whose folder tells a webhook, as the working folder does."""
    (world.folder / "connections").mkdir()
    for file in ("notify.yaml", DEFAULT):
        world.write(file, f'oneway_notify: 1\nnotify:\n  - webhook: {{url: "{hook.url}"}}\n')
    world.write(FILE, ACME)
    return world


PAYROLL = """\
oneway_connector: 1
name: payroll
title: Payroll
kind: rest
options: {base_url: {description: Where.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: header, header: X-Key, value: "{api_key}"}
resources:
  people:
    title: People
    id: id
    list: {path: /people}
    record: {type: object, additionalProperties: true, properties: {id: {type: string}}}
"""
KEYED = f"""\
{ACME}source:
  options: {{base_url: "URL"}}
  credentials: {{api_key: {{file: key}}}}
  origin: "URL"
"""


@pytest.fixture
def keyed(acme: World) -> Iterator[World]:
    """The same, and the source is read over HTTP with a key that a file holds."""

    class Payroll(JsonHandler):
        def do_GET(self) -> None:
            self.answer(200, acme.read("people.json"))

    source = "{connector: payroll, resource: people}"
    acme.write("m.yaml", MAPPING.replace("{connector: file, resource: people.json}", source))
    (acme.folder / "connectors").mkdir()
    acme.write("connectors/payroll.yaml", PAYROLL)
    acme.write("connections/key", "a key").chmod(0o600)
    with serving(Payroll) as url:
        acme.write(FILE, KEYED.replace("URL", url))
        yield acme


@dataclass
class Scheduler:
    """What `run-due` (`once`) and `serve` do, with the work done in this process."""

    once: bool
    meanwhile: Callable[[], object] = field(default=lambda: None)
    """What happens between the look at the folder and the run."""
    done: list[tuple[Job, Report]] = field(default_factory=list)
    names: tuple[str, ...] = ()

    @property
    def room(self) -> int:
        return 1

    def start(self, job: Job) -> None:
        self.meanwhile()
        self.done.append((job, reported(job, lambda: False)))

    def ended(self) -> Iterator[tuple[Job, Report]]:
        while self.done:
            yield self.done.pop()

    def overdue(self) -> Iterator[tuple[Job, str]]:
        yield from ()

    def __call__(self, world: World) -> None:
        state = Path(".oneway")
        place = RunHost(world.folder, state, None, FOLDERS, "me", now)
        log = EventLog(lambda _text: None, now, json=False, quiet=True)
        loop = Loop(place, Folder(Path("connections")), self, log, once=self.once)
        problems = lambda: loop.board.problems  # noqa: E731
        post = Post(loop.register.journal, loop.folder, state, log, now, problems)
        with suppress(Refused):
            open_store(loop, post)
            loop.tick()
            loop.tick(starting=False)
            post.deliver()
        loop.register.close()


class Crash(BaseException):
    """The process dies."""


def planned(world: World) -> None:
    assert world.run("plan", "acme", "--out", "plan.json").code == 0


def interrupted(world: World) -> None:
    def dies(_writer: FileWriter) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            run(["sync", "acme"])


def known(world: World) -> None:
    (world.folder / ".oneway").mkdir(mode=0o700)
    with Journal.open(world.folder / ".oneway" / "journal.db") as journal:
        first_seen(journal, "acme", instant_text(now() - timedelta(days=2)))


def command(*words: str) -> Callable[[World], None]:
    def go(world: World) -> None:
        world.run(*words)

    return go


Step = Callable[[World], None]
PATHS: dict[str, tuple[Step, Step]] = {
    "sync": (lambda _: None, command("sync", "acme")),
    "apply": (planned, command("apply", "plan.json")),
    "resume": (interrupted, command("resume")),
    "connect": (lambda _: None, command("connect", "acme", "--yes")),
    "run-due": (known, Scheduler(once=True)),
    "serve": (known, Scheduler(once=False)),
}
"""How a run is started: what has to be there, and the start itself."""
ALL = tuple(PATHS)
PATHS["sync again"] = (interrupted, command("sync", "acme"))


@dataclass(frozen=True)
class Trouble:
    """What is wrong, what is told of it, and of which starts it can befall."""

    make: Step
    told: tuple[str, str, str]
    paths: tuple[str, ...] = ALL


def writing(file: str, text: str) -> Step:
    return lambda world: world.write(file, text) and None


def gone(file: str) -> Step:
    return lambda world: (world.folder / file).unlink()


def no_store(world: World) -> None:
    state = world.folder / ".oneway"
    if state.exists():
        state.rename(world.folder / "kept")
    state.write_text("no folder")


TROUBLES = {
    "a broken connection": Trouble(
        writing(FILE, "oneway_connection: 1\nname: acme\n"), ("folder.failure", "S103", FILE)
    ),
    "an unknown channel": Trouble(
        writing(FILE, f"{ACME}notify:\n  - fax: {{to: home}}\n"),
        ("folder.failure", "S102 S108", FILE),
    ),
    "a broken default": Trouble(
        writing(DEFAULT, "oneway_notify: 1\nnotify:\n  - fax: {to: home}\n"),
        ("folder.failure", "S102 S108", DEFAULT),
    ),
    "a default that is no default": Trouble(
        writing(DEFAULT, "notify: nobody\n"), ("folder.failure", "S101 S103", DEFAULT)
    ),
    "a mapping that is gone": Trouble(
        gone("m.yaml"),
        ("connection.failure", "F120", ""),
    ),
    "a connection that is gone": Trouble(
        gone(FILE), ("connection.failure", "F120", ""), ("apply", "resume")
    ),
    "a connection that was renamed": Trouble(
        writing(FILE, ACME.replace("acme", "beta")),
        ("connection.failure", "P111", ""),
        ("apply", "resume"),
    ),
    "a store that cannot be used": Trouble(no_store, ("folder.failure", "F101", ".oneway")),
}


KEYED_TROUBLES = {
    "a manifest that is gone": Trouble(
        gone("connectors/payroll.yaml"), ("connection.failure", "C101", "")
    ),
    "a broken manifest": Trouble(
        writing("connectors/payroll.yaml", "oneway_connector: 1\nname: payroll\n"),
        ("connection.failure", "S103", ""),
        ("connect", "run-due"),
    ),
    "a key in no variable": Trouble(
        lambda world: (
            world.write(
                FILE, (world.folder / FILE).read_text().replace("file: key", "env: ONEWAY_NONE")
            )
            and None
        ),
        ("connection.failure", "C112", ""),
        ("sync", "serve"),
    ),
    "a key whose file is gone": Trouble(
        gone("connections/key"), ("connection.failure", "C118", ""), (*ALL, "sync again")
    ),
}
"""What can befall a connection whose source is reached over HTTP."""


def told(hook: Listener) -> list[tuple[str, str, str]]:
    """The kind of each notice that came, its codes, and the files it is about."""
    found = []
    for each in hook.heard:
        notice = json.loads(each.body)
        causes = notice["data"].get("causes", ())
        codes = " ".join(one["code"] for one in causes)
        files = {one.get("file", "") for one in causes}
        found.append((notice["type"], codes, " ".join(sorted(files))))
    return found


@pytest.mark.parametrize(
    ("trouble", "path"), [(name, path) for name, each in TROUBLES.items() for path in each.paths]
)
def test_the_same_trouble_is_told_once_whichever_way_a_run_starts(
    acme: World, hook: Listener, trouble: str, path: str
) -> None:
    before, start = PATHS[path]
    before(acme)
    assert hook.heard == []
    TROUBLES[trouble].make(acme)
    for _ in range(2):
        start(acme)
    kind, code, about = TROUBLES[trouble].told
    # The folder of the state is named in full: the mail may be read on another machine.
    where = str(acme.folder / about) if about == ".oneway" else about
    assert told(hook) == [(kind, code, where)]


@pytest.mark.parametrize(
    ("trouble", "path"), [(name, p) for name, each in KEYED_TROUBLES.items() for p in each.paths]
)
def test_a_manifest_or_a_key_that_vanished_is_told_the_same(
    keyed: World, hook: Listener, trouble: str, path: str
) -> None:
    before, start = PATHS[path]
    before(keyed)
    assert hook.heard == []
    KEYED_TROUBLES[trouble].make(keyed)
    for _ in range(2):
        start(keyed)
    assert told(hook) == [KEYED_TROUBLES[trouble].told]


@pytest.mark.parametrize("once", [True, False])
def test_a_store_that_another_process_keeps_locked_is_told_once_and_once_that_it_is_over(
    acme: World, hook: Listener, monkeypatch: pytest.MonkeyPatch, once: bool
) -> None:
    known(acme)
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.05)
    holder = connect(acme.folder / ".oneway" / "journal.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    for _ in range(2):
        Scheduler(once)(acme)
    if once:
        ended = acme.run("run-due")
        assert (ended.code, "[F113]" in ended.err, "nothing was due" in ended.err) == (
            1,
            True,
            False,
        )
    holder.execute("ROLLBACK")
    holder.close()
    where = str(acme.folder / ".oneway")
    assert told(hook) == [("folder.failure", "F113", where)]
    Scheduler(once)(acme)
    assert [kind for kind, *_ in told(hook)] == ["folder.failure", "folder.recovery"]


@pytest.mark.parametrize("trouble", ["a broken connection", "a connection that is gone"])
def test_what_breaks_between_the_look_and_the_run_is_told(
    acme: World, hook: Listener, trouble: str
) -> None:
    known(acme)
    Scheduler(once=True, meanwhile=lambda: TROUBLES[trouble].make(acme))(acme)
    assert told(hook) == [TROUBLES[trouble].told]


def test_a_mended_file_is_told_by_hand_as_well(acme: World, hook: Listener) -> None:
    for _ in range(2):  # and told again where it breaks again
        acme.write(FILE, "oneway_connection: 1\nname: acme\n")
        assert acme.run("sync", "acme").code == 1
        acme.write(FILE, ACME)
        assert acme.run("sync", "acme").code == 0
    assert [kind for kind, _, _ in told(hook)] == ["folder.failure", "folder.recovery"] * 2


def test_who_could_not_be_told_is_told_once_that_is_known(acme: World, hook: Listener) -> None:
    good = (acme.folder / DEFAULT).read_text()
    acme.write(DEFAULT, "oneway_notify: 1\nnotify: []\n")
    acme.write("people.json", [])
    assert acme.run("sync", "acme").code == 1  # the source is empty, and who is told is unclear
    acme.write(DEFAULT, good)
    for _ in range(2):
        assert acme.run("sync", "acme").code == 1
    assert [kind for kind, _, _ in told(hook)] == [
        "folder.failure",
        "folder.recovery",
        "connection.failure",
    ]


def test_an_interrupted_run_that_cannot_go_on_holds_up_no_other(
    acme: World, hook: Listener
) -> None:
    interrupted(acme)
    acme.write(FILE, "oneway_connection: 1\nname: acme\n")
    acme.write("connections/beta.yaml", ACME.replace("acme", "beta"))

    def dies(_writer: FileWriter) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            run(["sync", "beta"])
    ended = acme.run("resume")
    assert (ended.code, "S103" in ended.err) == (1, True)
    assert len(acme.read("users.json")) == 3
