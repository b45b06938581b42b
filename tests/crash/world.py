"""A world in which a run can die at any step, with everything in one process.

A step is what the outside world can see of a run: a request that is about to be sent, an
answer that has just come, a change of the journal about to be committed, one that just was, and
the same of a file that is replaced. At the step where a run is to die its state folder and both
systems are kept as they are at that moment, and nothing that the run does afterwards counts: no
clean-up, no `finally`, as after SIGKILL.
"""

import io
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import httpx
from starlette.types import ASGIApp

import oneway_connectors.rest as rest
from oneway.cli.entry import run as run_command
from oneway_connectors.file import writer
from oneway_connectors.rest.system import Rest
from oneway_connectors.sandbox.payroll import EMPLOYER
from oneway_connectors.sandbox.people import Population
from side_by_side import scripted

from .people import AS_OF, sixty
from .scene import EXPENSES, Changes, Scene

ROOT = Path(__file__).resolve().parents[2]
MAPPING = "mapping.yaml"
SYNC = (
    *("sync", MAPPING, "--as-of", AS_OF),
    *("--allow", "leavers=40", "--allow", "field_changes=200", "--quiet"),
)
PLAN = ("plan", *SYNC[1:], "--exit-code")
RESUME = ("resume", "--quiet")
PORTS = {"source": 8001, "target": 8002}
"""Nothing listens there: requests are handed to the applications as they are."""


class Dead(BaseException):
    """The process is no more. Nothing catches it."""


@dataclass(frozen=True)
class Moment:
    """All that outlives a process that dies now: its state folder, and both systems."""

    label: str
    state: Path | None
    systems: Any


@dataclass
class Steps:
    """Counts steps, and lets the run die at one of them; `keep` makes a moment of now."""

    keep: Callable[[str], Moment]
    die_at: int | None = None
    keeping: frozenset[int] = frozenset()
    labels: list[str] = field(default_factory=list)
    moments: dict[int, Moment] = field(default_factory=dict)
    dead: bool = False

    @property
    def count(self) -> int:
        """How many steps were taken."""
        return len(self.labels)

    def step(self, label: str) -> None:
        """Pass a step, or die at it."""
        if self.dead:
            raise Dead
        self.labels.append(label)
        if self.count in self.keeping or self.count == self.die_at:
            self.moments[self.count] = self.keep(label)
        if self.count == self.die_at:
            self.dead = True
            raise Dead(label)


@dataclass(frozen=True)
class Ended:
    """How a command ended; `code` None where it died."""

    code: int | None
    out: str
    steps: Steps


class World:
    """A folder with a mapping, manifests and a state folder, and both systems behind it."""

    def __init__(self, folder: Path, people: Population, scene: Scene) -> None:
        self.folder = folder
        self.scene = scene
        self.both = scene.both(people, folder)
        self.now = 1000.0
        self.numbers = count(1)
        furnish(folder, scene)

    @property
    def state(self) -> Path:
        """The state folder."""
        return self.folder / ".oneway"

    def fresh(self) -> "World":
        """Begin again: the systems as at the start, and no state."""
        self.both.reset()
        shutil.rmtree(self.state, ignore_errors=True)
        return self

    def restore(self, moment: Moment) -> "World":
        """Let it be as it was when a process died."""
        self.both.restore(moment.systems)
        shutil.rmtree(self.state, ignore_errors=True)
        if moment.state is not None:
            shutil.copytree(moment.state, self.state)
        return self

    def run(self, *args: str, die_at: int | None = None, keeping: Iterable[int] = ()) -> Ended:
        """Run a command; where it dies at a step, all is then as it was at that step.

        The moments of the steps in `keeping` are kept.
        """
        steps = Steps(self.kept, die_at, frozenset(keeping))
        out = io.StringIO()
        # The same dice at each run, so that each step has its number.
        with (
            self._outside(steps),
            scripted(Random(self.scene.in_flight)),
            redirect_stdout(out),
            redirect_stderr(out),
        ):
            try:
                code: int | None = run_command(list(args))
            except Dead:
                code = None
        if not steps.dead:
            return Ended(code, out.getvalue(), steps)
        self.restore(steps.moments[steps.count])
        # Also where something did catch it: a dead process has no exit code.
        return Ended(None, out.getvalue(), steps)

    def kept(self, label: str) -> Moment:
        """Keep this moment, in a folder of its own: two runs may die at steps of one number."""
        state = self.folder / "moments" / str(next(self.numbers))
        if self.state.exists():
            shutil.copytree(self.state, state)
        return Moment(label, state if state.exists() else None, self.both.saved())

    @contextmanager
    def _outside(self, steps: Steps) -> Iterator[None]:
        """Let requests and the journal's statements be steps."""
        wires = {PORTS[name]: app for name, app in self.both.apps.items()}
        transport = _Wires(wires, steps, self._tick)
        connect, opened, folder = rest.connect, sqlite3.connect, Path.cwd()
        replace = writer.replace_file

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                assert isinstance(self.connection, Connection)
                self.connection.changes = self.connection.changes or _change(sql)
                return super().execute(sql, *values)

        class Connection(sqlite3.Connection):
            changes = ""
            """What the transaction changes first; none of it is there before the commit."""

            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def commit(self) -> None:
                changes, self.changes = self.changes, ""
                if changes:
                    steps.step(f"before {changes}")
                super().commit()
                if changes:
                    steps.step(f"after {changes}")

        def connected(description: Any, access: Any, *_: Any, **__: Any) -> Rest:
            return connect(description, access, transport, self._sleep, lambda: self.now)

        def journal(*args: Any, **options: Any) -> sqlite3.Connection:
            return opened(*args, **options, factory=Connection)

        def replaced(path: Path, data: bytes) -> None:
            steps.step(f"before replacing {path.name}")
            replace(path, data)
            steps.step(f"after replacing {path.name}")

        try:
            rest.connect, sqlite3.connect = connected, journal  # type: ignore[assignment]
            writer.replace_file = replaced
            os.chdir(self.folder)
            urls = {name: f"http://127.0.0.1:{port}" for name, port in PORTS.items()}
            with patch.dict(os.environ, self.scene.environment(urls)):
                yield
        finally:
            rest.connect, sqlite3.connect = connect, opened
            writer.replace_file = replace
            os.chdir(folder)

    def _tick(self) -> None:
        self.now += 0.02

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def made(people: Callable[[], Population] = sixty, scene: Scene = EXPENSES) -> Iterator[World]:
    """Give a world in a folder of its own, in memory where there is such a place."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        yield World(Path(folder), people(), scene)


def in_memory() -> str | None:
    """Return a folder whose files are in memory, where fsync costs nothing; None for any."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def furnish(folder: Path, scene: Scene) -> None:
    """Put a scene's mapping and manifests into a folder, each manifest as one of its own."""
    own = tuple((f"connector: {name}", f"connector: own-{name}") for name in scene.manifests)
    _changed(ROOT / "mappings" / scene.mapping, folder / MAPPING, (*own, *scene.settings))
    (folder / "connectors").mkdir()
    for name, changes in scene.manifests.items():
        packaged = ROOT / "connectors" / "oneway_connectors" / name / "manifest.yaml"
        renamed = (f"\nname: {name}\n", f"\nname: own-{name}\n")
        many = ("\nkind: rest\n", f"\nkind: rest\nconcurrency: {scene.in_flight}\n")
        _changed(packaged, folder / "connectors" / f"own-{name}.yaml", (renamed, *changes, many))


def _changed(packaged: Path, copy: Path, changes: Changes) -> None:
    text = packaged.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{packaged} no longer has {old!r}"
        text = text.replace(old, new)
    copy.write_text(text, encoding="utf-8")


class _Wires(httpx.BaseTransport):
    """Hands requests to applications in this process; before and after each is a step."""

    def __init__(self, apps: Mapping[int, ASGIApp], steps: Steps, tick: Any) -> None:
        self._apps = apps
        self._steps = steps
        self._tick = tick

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        label = f"{request.method} {_kind(request.url.path)}"
        self._steps.step(f"before {label}")
        self._tick()
        response = answered(self._apps[request.url.port or 0], request)
        self._steps.step(f"after {label}")
        return response


def answered(app: ASGIApp, request: httpx.Request) -> httpx.Response:
    """Return an application's answer, without a socket."""
    sent: list[Any] = []
    body = request.read()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": (request.url.host, request.url.port),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    _driven(app(scope, receive, send))  # type: ignore[arg-type]
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


def _driven(work: Any) -> None:
    """Run a coroutine that never has to wait."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("the application waits for something")


def _kind(path: str) -> str:
    """Return a path without the ids in it, for counting."""
    parts = path.replace(EMPLOYER, "EMPLOYER").split("/")
    return "/".join("ID" if len(p) == 36 or (p.isdigit() and len(p) > 2) else p for p in parts)


def _change(sql: str) -> str:
    """Return the first words of a statement that changes anything."""
    return " ".join(sql.split()[:3]) if sql.split(None, 1)[0].upper() in _CHANGING else ""


_CHANGING = {"INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP"}
