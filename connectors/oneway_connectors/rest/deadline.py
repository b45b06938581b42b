"""Clients with an end to how long one request may take, whatever of it is slow.

httpx bounds each read of a socket, so that headers may drip for ever. When the time is over
the connection is shut down from another thread, which ends whatever is being read or written.
One thread watches over all clients: one for each request would cost a tenth of it.
"""

import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any

import httpx

_OPENED = (".connect_tcp.complete", ".start_tls.complete")
_REMEMBERED = 4
"""Connections of one client, which is used by one thread at a time: the last ones are enough."""


class DeadlineClient:
    """One client and its connections; `late` says that the present request was cut off."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.late = False
        self._streams: deque[Any] = deque(maxlen=_REMEMBERED)

    def noted(self, event: str, info: Mapping[str, Any]) -> None:
        """Note a connection that was opened: an httpcore trace function."""
        if event.endswith(_OPENED):
            self._streams.append(info["return_value"])

    def cut(self) -> None:
        """Shut down all connections, and remember that it was so."""
        self.late = True
        for stream in tuple(self._streams):
            end = stream.get_extra_info("socket")
            with suppress(OSError, TypeError):
                # Not SSLSocket's own: it takes the TLS object away while it is being read.
                socket.socket.shutdown(end, socket.SHUT_RDWR)


class DeadlineWatch:
    """Cuts off what takes longer than so many seconds, at the latest a tenth of them after."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[DeadlineClient, float] = {}
        self._lock = Lock()
        self._ended: Event | None = None

    @contextmanager
    def over(self, line: DeadlineClient) -> Iterator[None]:
        """Let what happens inside take its time, and no longer."""
        line.late = False
        with self._lock:
            self._until[line] = time.monotonic() + self._seconds
            if self._ended is None:
                self._ended = Event()
                Thread(target=self._look, args=(self._ended,), daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._until[line]

    def end(self) -> None:
        """Look no longer; a further request begins anew."""
        with self._lock:
            if self._ended is not None:
                self._ended.set()
                self._ended = None

    def _look(self, ended: Event) -> None:
        while not ended.wait(self._seconds / 10):
            with self._lock:
                now = time.monotonic()
                for line, until in self._until.items():
                    if now >= until:
                        # Again at each look: a connection may have been opened since.
                        line.cut()
