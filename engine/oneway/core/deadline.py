"""A total time limit for conversations over sockets, however slowly the other side answers.

Libraries bound each read of a socket, so a server that sends a byte now and then can hold us for
ever. When the time is over, another thread shuts the sockets down, which ends any read or write
on them. One thread watches over many conversations: one for each would cost a tenth of them.
"""

import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from typing import Any

from oneway.core import request_gate

_TCP, _TLS = ".connect_tcp.complete", ".start_tls.complete"
"""The names in httpcore's trace for a connection that was opened, and for TLS that was set up."""
_MOST = 4
"""How many sockets are remembered: one thread at a time uses a client, so few are enough."""


class Deadline:
    """The sockets of a conversation; `over` says that its time ran out and they were shut down.

    With `copies`, each socket is duplicated before TLS takes it away, so that a handshake is cut
    off as well. A copy keeps its connection open until `end`: do without if connections outlive
    the conversation.
    """

    def __init__(self, *, copies: bool = False) -> None:
        self.over = False
        self._copies = copies
        self._sockets: deque[socket.socket] = deque(maxlen=None if copies else _MOST)
        self._lock = Lock()

    def note(self, opened: socket.socket) -> None:
        """End a socket, just opened, with the conversation."""
        _leave_soon_or_never(opened)
        with self._lock:
            self._sockets.append(opened.dup() if self._copies else opened)
        if self.over:
            self.cut()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note each connection that httpcore opens: a function for its `trace` extension."""
        if event.endswith(_TCP) or (event.endswith(_TLS) and not self._copies):
            self.note(info["return_value"].get_extra_info("socket"))

    def cut(self) -> None:
        """Shut all sockets down."""
        self.over = True
        with self._lock:
            for each in self._sockets:
                with suppress(OSError, TypeError):
                    # Not SSLSocket's own: it takes the TLS object away while it is being read.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)

    def end(self) -> None:
        """Forget the sockets, and close the copies."""
        with self._lock:
            while self._sockets:
                found = self._sockets.pop()
                if self._copies:
                    found.close()


def _leave_soon_or_never(opened: socket.socket) -> None:
    """Stop the system from sending anything after a long silence.

    A write that was cut off would otherwise arrive when the network comes back, long after another
    machine has taken its run over.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # only Linux has it
    if option is not None:
        with suppress(OSError):  # a socket of another kind
            opened.setsockopt(socket.IPPROTO_TCP, option, int(request_gate.LEAVES_WITHIN * 1000))


class DeadlineWatch:
    """Cuts off conversations after a number of seconds, at most a tenth of them later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[Deadline, float] = {}
        self._lock = Lock()
        self._ended: Event | None = None

    @contextmanager
    def over(self, deadline: Deadline) -> Iterator[None]:
        """Limit the time of a block."""
        deadline.over = False
        with self._lock:
            self._until[deadline] = time.monotonic() + self._seconds
            if self._ended is None:
                self._ended = Event()
                Thread(target=self._look, args=(self._ended,), daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._until[deadline]

    def end(self) -> None:
        """End the thread; the next block starts another."""
        with self._lock:
            if self._ended is not None:
                self._ended.set()
                self._ended = None

    def _look(self, ended: Event) -> None:
        while not ended.wait(self._seconds / 10):
            with self._lock:
                now = time.monotonic()
                for deadline, until in self._until.items():
                    if now >= until:
                        # Again at each check: a connection may have been opened since.
                        deadline.cut()


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """Give the deadline of one conversation, which must end within this many seconds."""
    deadline, watch = Deadline(copies=True), DeadlineWatch(seconds)
    try:
        with watch.over(deadline):
            yield deadline
    finally:
        watch.end()
        deadline.end()
