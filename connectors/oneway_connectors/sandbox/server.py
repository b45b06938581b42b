"""Runs a sandbox on a loopback address, in a thread."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from datetime import date
from threading import Thread
from time import monotonic, sleep
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp

from oneway.core.dataclass import dataclass
from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.identities import IDENTITIES
from oneway_connectors.sandbox.kinds import KINDS
from oneway_connectors.sandbox.payroll import EMPLOYER, Payroll
from oneway_connectors.sandbox.people import population

HOST = "127.0.0.1"
SYSTEMS = ("staffology", "expensein")
_PATIENCE = 10.0
"""Seconds to wait for a server to start or to stop."""


@dataclass(slots=True)
class Sandbox:
    """A running sandbox: its addresses and its keys.

    `keys` holds the API keys: `full`, and for ExpenseIn `read_only`. `employer` is the id of
    the employer with employees, "" for a system without employers. `base_url` is the address of
    the API, below `url`.
    """

    system: str
    url: str
    keys: Mapping[str, str]
    employer: str
    base_url: str
    _server: uvicorn.Server = field(repr=False)
    _thread: Thread = field(repr=False)

    @property
    def options(self) -> Mapping[str, str]:
        """The options and the credential that point this system's connector here."""
        found = {"base_url": self.base_url, "api_key": self.keys["full"]}
        return found | ({"employer": self.employer} if self.employer else {})

    def stop(self) -> None:
        """Stop the server, and wait for its end."""
        self._server.should_exit = True
        self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(system: str, today: date, port: int = 0, **options: Any) -> Sandbox:
    """Return a running sandbox of a system, `staffology` or `expensein`; port 0 picks a free one.

    The people are invented for `today`. Options of both: `seed`, `size`, `quirks`
    (`people.population`), `identities` (adds people whom a match key alone does not identify)
    and `rate_limit` (requests a second); of ExpenseIn: `unique_references`, `lagging` and
    `accepting` (`Expenses`). Raises ValueError for an unknown system, and OSError if the port
    is not available.
    """
    app = build(system, today, **options)
    url, server, thread = _listen(app, port)
    base = url + _BASES[system]
    return Sandbox(system, url, _KEYS[system], _EMPLOYERS[system], base, server, thread)


def build(system: str, today: date, **options: Any) -> Starlette:
    """Return a sandbox as an ASGI application, not served; options as for `start`."""
    given = [key for key in ("seed", "size", "quirks") if key in options]
    people: dict[str, Any] = {key: options.pop(key) for key in given}
    if options.pop("identities", False):
        people["kinds"] = (*KINDS, *IDENTITIES)
    match system:
        case "staffology":
            return staffology.app(Payroll(population(today, **people), **options))
        case "expensein":
            return expensein.app(Expenses(population(today, **people), **options))
        case _:
            raise ValueError(f"there is no sandbox of {system!r}, only of {' and '.join(SYSTEMS)}")


@contextmanager
def running(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application during the block; yields its URL."""
    url, server, thread = _listen(app, port)
    sandbox = Sandbox("", url, {}, "", url, server, thread)
    with sandbox:
        yield url


_KEYS: Mapping[str, Mapping[str, str]] = {
    "staffology": {"full": staffology.KEY},
    "expensein": {"full": expensein.KEY, "read_only": expensein.READ_ONLY_KEY},
}
_EMPLOYERS = {"staffology": EMPLOYER, "expensein": ""}
_BASES = {"staffology": "", "expensein": "/1.0"}


def _bound(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm only if the protocol is named: it costs 40 ms a request.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((HOST, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        log_level="error",  # invalid requests are answered, not logged
        access_log=False,
        server_header=False,
        # Longer than clients reuse a connection, so that no request meets a closing one.
        timeout_keep_alive=120,
        timeout_graceful_shutdown=2,
    )


def _listen(app: ASGIApp, port: int) -> tuple[str, uvicorn.Server, Thread]:
    bound = _bound(port)
    server = uvicorn.Server(_config(app))
    thread = Thread(target=_run, args=(server, bound), name="sandbox", daemon=True)
    thread.start()
    deadline = monotonic() + _PATIENCE
    while not server.started:
        if not thread.is_alive() or monotonic() > deadline:
            raise OSError("the sandbox did not start")
        sleep(0.005)
    return f"http://{HOST}:{bound.getsockname()[1]}", server, thread


def _run(server: uvicorn.Server, bound: socket.socket) -> None:
    with bound:
        server.run(sockets=[bound])
