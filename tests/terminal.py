"""A real terminal for tests: a process on a pseudo-terminal, read and typed to as by a person."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from patience import PATIENCE
from signals import let_children_hear

ROOT = Path(__file__).resolve().parents[1]

# The terminal becomes the process's own, so that Ctrl-C and unseen typing work as they do.
_OWN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
_RUN = _OWN + "os.execv(sys.executable, [sys.executable, '-m', 'oneway', *sys.argv[1:]])"


class Terminal:
    """`oneway` on a pseudo-terminal of 80 columns; ends with the block, however that ends."""

    def __init__(self, *args: str, cwd: Path, env: Mapping[str, str] | None = None) -> None:
        self.seen = ""
        self._from = 0
        self._changed = threading.Condition()
        self._over = False
        let_children_hear()  # Ctrl-C, also where this was started in the background of a shell
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        path = os.pathsep.join(str(ROOT / each) for each in ("engine", "connectors"))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *args],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": path, "TERM": "xterm", **(env or {})},
            start_new_session=True,
        )
        os.close(slave)
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def expect(self, text: str) -> str:
        """Wait until a text appears, and return what came up to its end since the last one."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: text in self.seen[self._from :] or self._over, PATIENCE
            )
            at = self.seen.find(text, self._from)
            assert found, f"{text!r} did not come in time: {self.seen[-2000:]}"
            assert at >= 0, f"{text!r} did not come: {self.seen[-2000:]}"
            came = self.seen[self._from : at + len(text)]
            self._from = at + len(text)
            return came

    def enter(self, text: str) -> None:
        """Type a line."""
        os.write(self._master, f"{text}\n".encode())

    def answer(self, question: str, text: str) -> str:
        """Wait for a question and type a line; return what came up to the question."""
        came = self.expect(question)
        self.enter(text)
        return came

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._master, b"\x03")

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(PATIENCE)
        self._reading.join(PATIENCE)
        return code

    @property
    def plain(self) -> str:
        """All that came, without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.seen)

    def _read(self) -> None:
        decoded = b""
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # nobody is at the other end any more
                data = b""
            with self._changed:
                decoded += data
                self.seen = decoded.decode(errors="replace")
                self._over = not data
                self._changed.notify_all()
            if not data:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reading.join(PATIENCE)
        os.close(self._master)
