"""A client with an end to how long one request may take, whatever of it is slow.

httpx bounds each read of a socket, so that headers may drip for ever. When the time is over
the connection is shut down from another thread, which ends whatever is being read or written.
"""

import socket
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Lock, Timer
from typing import Any

import httpx

_OPENED = (".connect_tcp.complete", ".start_tls.complete")
_REMEMBERED = 4
"""Connections of one client, which is used by one thread at a time: the last ones are enough."""


class Line:
    """One client and its connections; `late` says that the present request was cut off."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.late = False
        self._streams: deque[Any] = deque(maxlen=_REMEMBERED)
        self._turn = 0
        self._lock = Lock()

    def noted(self, event: str, info: Mapping[str, Any]) -> None:
        """Note a connection that was opened: an httpcore trace function."""
        if not event.endswith(_OPENED):
            return
        with self._lock:
            self._streams.append(info["return_value"])
            if self.late:
                self._shut_down()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Let what happens inside take so many seconds, and not longer."""
        with self._lock:
            self._turn += 1
            self.late = False
        timer = Timer(seconds, self._cut, (self._turn,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._turn += 1  # a timer that fires now is too late

    def _cut(self, turn: int) -> None:
        with self._lock:
            if turn == self._turn:
                self.late = True
                self._shut_down()

    def _shut_down(self) -> None:
        for stream in self._streams:
            end = stream.get_extra_info("socket")
            with suppress(OSError, TypeError):
                # Not SSLSocket's own: it takes the TLS object away while it is being read.
                socket.socket.shutdown(end, socket.SHUT_RDWR)
