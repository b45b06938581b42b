"""An end to how long a conversation over sockets may take, whatever of it is slow.

Libraries bound each read, so that a server that sends a byte now and then holds us for ever.
When the time is over the sockets are shut down from another thread, which ends whatever is
being read or written.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Timer


class Deadline:
    """The sockets of one conversation; `over` says that they were shut down."""

    def __init__(self) -> None:
        self.over = False
        self._sockets: list[socket.socket] = []
        self._lock = Lock()

    def note(self, opened: socket.socket) -> None:
        """Let a socket end with the conversation: one that was just connected, before TLS."""
        with self._lock:
            # A copy: TLS takes the socket itself away, and the copy ends the same connection.
            self._sockets.append(opened.dup())
        if self.over:
            self.cut()

    def cut(self) -> None:
        """Shut all sockets down."""
        self.over = True
        with self._lock:
            for each in self._sockets:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Let go of the sockets."""
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()


@contextmanager
def within(seconds: float) -> Iterator[Deadline]:
    """Give a conversation its time, and no longer."""
    deadline = Deadline()
    timer = Timer(seconds, deadline.cut)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()
        deadline.end()
