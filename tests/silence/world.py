"""A working folder, the runs in it, and everything that they left, searched."""

import io
import json
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.util import get_temp_dir
from pathlib import Path
from unittest.mock import patch

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from oneway.cli.entry import run
from oneway.core.telemetry import watching
from oneway.history.journal import Journal
from oneway.history.journal.tables import METADATA
from oneway.runs.telemetry.traces import watcher_of
from oneway_connectors.rest import client
from oneway_connectors.sandbox import EMPLOYER

from .canaries import Hit, Search, people_canaries
from .servers import (
    API_KEY,
    CLIENT_ID,
    CLIENT_SECRET,
    CREDENTIALS,
    STAFFOLOGY_KEY,
    Servers,
    serving,
)
from .told import MAIL_PASSWORD, TOLD, TOLD_VARIABLES, Told, telling

try:
    from approving import approving
    from patience import PATIENCE, impatient
except ImportError:  # run as `python -m tests.NAME`
    from tests.approving import approving
    from tests.patience import PATIENCE, impatient

ROOT = Path(__file__).resolve().parents[2]
_EXPENSEIN = ROOT / "connectors/oneway_connectors/expensein/manifest.yaml"
_MAPPING = ROOT / "mappings/staffology-to-expensein.yaml"
_HEADER = 'auth: {type: header, header: Authorization, value: "ApiKey {api_key}"}'
_SECRET = "  api_key:\n"
_CLIENT = "  client_id: {description: Whose.}\n  client_secret:\n"
_OAUTH = "auth: {type: oauth2_client_credentials, path: /auth/token, client_id: '{client_id}', "
_OAUTH += "client_secret: '{client_secret}', client_auth: %s}"

AUTHS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "header": (),
    "query": ((_HEADER, "auth: {type: query, params: {api_token: '{api_key}'}}"),),
    "token": (
        (
            _HEADER,
            "auth: {type: token_exchange, path: /auth/token, body: {secret: '{api_key}'}}",
        ),
    ),
    "oauth_body": ((_HEADER, _OAUTH % "body"), (_SECRET, _CLIENT)),
    "oauth_basic": ((_HEADER, _OAUTH % "basic"), (_SECRET, _CLIENT)),
}
"""Ways to sign in to the target, each as what it changes in the manifest."""

# What the servers of this process log is not the program's.
_NOT_OURS = ("uvicorn", "asyncio", "starlette")


@contextmanager
def _traced(spans: InMemorySpanExporter) -> Iterator[None]:
    """Let the steps of a block be traced, unless the command logs them instead."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with watching(watcher_of(provider)):
        yield


@dataclass
class World:
    """A folder in which every run is searched for canaries as soon as it has ended."""

    folder: Path
    vault: Path
    servers: Servers
    told: Told
    search: Search
    hits: list[Hit] = field(default_factory=list)
    runs: int = 0
    codes: dict[int, int] = field(default_factory=dict)
    files: int = 0
    may_hold: dict[str, frozenset[str]] = field(default_factory=dict)
    """What of canaries a file may hold, by its path below the folder: all others nothing."""

    def run(self, *args: str, stdin: str = "") -> int:
        """Run a command in this process, with every logger wide open, and search what it said.

        Every second one logs as JSON; of the others, the spans of their traces are searched too.
        """
        out, said, log = io.StringIO(), io.StringIO(), io.StringIO()
        spans, json_log = InMemorySpanExporter(), self.runs % 2 == 1
        given = [*approving(args), *(("--log", "json") if json_log else ())]
        piped = patch.object(sys, "stdin", io.StringIO(stdin))
        with piped, redirect_stdout(out), redirect_stderr(said), _logging(log), _traced(spans):
            code = run(given)
        if json_log:
            assert all(json.loads(line)["event"] for line in said.getvalue().splitlines())
        traced = "".join(each.to_json() for each in spans.get_finished_spans())
        said_in_all = out.getvalue() + said.getvalue() + log.getvalue() + traced
        self.ended(code, said_in_all, " ".join(args))
        return code

    def process(self, *args: str) -> subprocess.Popen[bytes]:
        """Begin a command as a process of its own; whoever reads it hands it to `ended`."""
        command = [sys.executable, "-X", "dev", "-m", "oneway", *args]
        paths = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors"))
        env = {**os.environ, "PYTHONPATH": paths, "HTTPX_LOG_LEVEL": "trace"}
        env["TMPDIR"] = str(self.folder)
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def killed(self, write: int, *args: str) -> int:
        """Run a command as a process that is killed after so many writes have happened."""
        with self.process(*args) as process:
            first = self.servers.expenses.written
            self.servers.expenses.on_write = lambda number: (
                os.kill(process.pid, signal.SIGKILL) if number == first + write else None
            )
            said, _ = process.communicate(timeout=PATIENCE)
            self.servers.expenses.on_write = lambda number: None
        self.ended(process.returncode, said.decode(), f"killed: {' '.join(args)}")
        return process.returncode

    def ended(self, code: int, said: str, where: str) -> None:
        """Count a run, and search what it said."""
        self.runs += 1
        self.codes[code] = self.codes.get(code, 0) + 1
        self.hits += self.search.hits(said.encode("utf-8", "surrogatepass"), f"output of {where}")

    def search_files(self) -> None:
        """Search every file below the folder: plans, journal, locks, whatever there is."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                self.files += 1
                self.hits += self._hits_in(path)
                self.hits += self.search.hits(str(path).encode(), f"name of {path.name}")
        self.hits += self.search.hits(self._journal(), "journal, as text")
        for what, data in self.told.heard():
            self.hits += self.search.hits(data, what)

    def _hits_in(self, path: Path) -> Iterator[Hit]:
        """Yield what is found in a file and may not be there."""
        held = self.may_hold.get(str(path.relative_to(self.folder)), frozenset())
        for hit in self.search.hits(path.read_bytes(), str(path.name)):
            if hit.canary.what not in held:
                yield hit

    def keeps(self, secrets: Mapping[str, tuple[str, str]]) -> None:
        """Let private files hold a credential each, and see that they do, and are private.

        `secrets` are pairs of a canary's name and its text, by the path of the file.
        """
        folders = {str(Path(path).parent) for path in secrets}
        assert all(_mode(self.folder / each) == 0o700 for each in folders), "an open folder"
        for path, (what, text) in secrets.items():
            assert _mode(self.folder / path) == 0o600, f"others may read {path}"
            assert (self.folder / path).read_text(encoding="utf-8") == text, path
            self.may_hold[path] = frozenset({what})

    def fresh(self) -> None:
        """Begin again: both systems as they were, no plan and no state in the folder."""
        self.servers.reset()
        self.servers.payroll.be()
        self.servers.expenses.be()
        self.told.reset()
        self.may_hold.clear()
        shutil.rmtree(self.folder / "connections", ignore_errors=True)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_file() and not path.name.endswith(".yaml"):
                path.unlink()
        self.servers.expenses.used = 0

    def mapping(self, auth: str) -> str:
        """Return the mapping that reaches the target in one of its ways to sign in."""
        return f"mappings/{auth}.yaml"

    def _journal(self) -> bytes:
        path = self.folder / ".oneway/journal.db"
        if not path.exists():
            return b""
        with Journal.open(path) as journal:
            runs = journal.runs(limit=1000)
            found = [repr(run) for run in runs]
            # What is kept with a run is compressed, so that nothing could be found in the file.
            kept = [data for run in runs for data in journal.stored_data(run.id).values()]
            for each in runs:
                found += [repr(entry) for entry in journal.entries(each.id)]
            # Notices, incidents and dues among them.
            for table in METADATA.sorted_tables:
                found += [str(value) for row in journal.rows(select(table)) for value in row]
        return b"\n".join(("\n".join(found).encode("utf-8", "surrogatepass"), *kept))


@contextmanager
def silent_world(folder: Path) -> Iterator[World]:
    """Give a world in an empty folder, with both systems running and the environment set."""
    work, vault = folder / "work", folder / "vault"
    (work / "mappings").mkdir(parents=True)
    (work / "connectors").mkdir()
    vault.mkdir()
    for auth, changes in AUTHS.items():
        _write_auth(work, auth, changes)
    search = Search([*people_canaries(), *CREDENTIALS, *TOLD])
    get_temp_dir()  # of processes that this one starts: it outlives the folder
    with serving(datetime.now(UTC).date()) as servers, telling() as told, chdir(work):
        variables = _environment(servers, vault)
        with (
            patch.dict(os.environ, variables),
            patch.object(tempfile, "tempdir", str(work)),
            patch.object(client, "Outside", impatient),
        ):
            yield World(work, vault, servers, told, search)


def _write_auth(work: Path, auth: str, changes: tuple[tuple[str, str], ...]) -> None:
    manifest = _EXPENSEIN.read_text(encoding="utf-8").replace(
        "name: expensein\n", f"name: {auth}\n"
    )
    for old, new in changes:
        assert old in manifest, old
        manifest = manifest.replace(old, new)
    (work / f"connectors/{auth}.yaml").write_text(manifest, encoding="utf-8")
    mapping = _MAPPING.read_text(encoding="utf-8")
    assert "connector: expensein" in mapping
    mapping = mapping.replace("connector: expensein", f"connector: {auth}")
    (work / f"mappings/{auth}.yaml").write_text(mapping, encoding="utf-8")


def _environment(servers: Servers, vault: Path) -> dict[str, str]:
    """Return the variables; some credentials stand in files, which are not searched."""
    found = {
        "ONEWAY_STAFFOLOGY_BASE_URL": servers.payroll_url,
        "ONEWAY_STAFFOLOGY_EMPLOYER": EMPLOYER,
        "ONEWAY_STAFFOLOGY_API_KEY": STAFFOLOGY_KEY,
        "ONEWAY_HEADER_API_KEY": API_KEY,
        "ONEWAY_QUERY_API_KEY": API_KEY,
        # The owner of this machine lets connections read the vault, and other variables.
        "ONEWAY_CREDENTIALS": f"file:{vault}/,env:,keyring:",
        "ONEWAY_TOKEN_API_KEY_FILE": _kept(vault / "key", API_KEY),
    }
    for auth in AUTHS:
        found[f"ONEWAY_{auth.upper()}_BASE_URL"] = servers.expenses_url
    for auth in ("OAUTH_BODY", "OAUTH_BASIC"):
        found[f"ONEWAY_{auth}_CLIENT_ID"] = CLIENT_ID
        found[f"ONEWAY_{auth}_CLIENT_SECRET_FILE"] = _kept(vault / auth, CLIENT_SECRET)
    _kept(vault / "mail", MAIL_PASSWORD)
    # The machine's own keyring is nobody's business: a test that wants one brings it.
    return {**found, **TOLD_VARIABLES, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def _kept(path: Path, text: str) -> str:
    path.touch(mode=0o600)
    path.write_text(f"{text}\n", encoding="utf-8")
    return str(path)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def _logging(stream: io.StringIO) -> Iterator[None]:
    """Write every log record of every logger to a stream, whatever levels were set."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s %(args)r"))
    handler.addFilter(lambda record: not record.name.startswith(_NOT_OURS))
    names = [name for name in logging.root.manager.loggerDict if not name.startswith(_NOT_OURS)]
    loggers = [logging.root, *(logging.getLogger(name) for name in (*names, "httpcore.http11"))]
    before = [(each, each.level) for each in loggers]
    logging.root.addHandler(handler)
    for each in loggers:
        each.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)
        for each, level in before:
            each.setLevel(level)
