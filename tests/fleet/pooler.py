"""A PgBouncer of the tests' own, in transaction mode, in front of one database."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg

from patience import PATIENCE
from postgres import Server

_CONFIGURATION = """\
[databases]
{name} = host=127.0.0.1 port={port} dbname={name} user=oneway
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
"""


@contextmanager
def pooled(server: Server, store: str) -> Iterator[str]:
    """Give the URL of a store behind a pooler whose transactions each get another session."""
    name = store.rsplit("/", 1)[1]
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        own = free.getsockname()[1]
    file = server.folder / f"pgbouncer-{own}.ini"
    file.write_text(_CONFIGURATION.format(name=name, port=server.port, own=own))
    file.chmod(0o644)
    program = shutil.which("pgbouncer")
    assert program is not None
    url = f"postgresql://oneway@127.0.0.1:{own}/{name}"
    with (server.folder / f"pgbouncer-{own}.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-q", file], stdout=log, stderr=log, user=server.user, cwd=server.folder
        )
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert process.poll() is None, "the pooler has ended"
            assert time.monotonic() < until, "the pooler does not answer"
            time.sleep(0.05)
        else:
            return
