"""The state folder: the key of sealed values and the journal; private, and refused if it is not.

    .oneway/            0700
        .gitignore      *
        seal.key        32 random bytes, 0600
        journal.db      0600

Files here are made whole under another name and linked into place: a process that
comes second finds the first one's file, and no process finds half a file.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oneway.core.diagnostics import refusal
from oneway.core.seal import Seal
from oneway.state.files import make_once

KEY_SIZE = 32


class StateFolder:
    """A state folder, created if missing; raises `Refused` if others can access it.

    Without `make`, for commands that only look, neither a missing folder nor a missing key is
    created; any key will do. `store` is the URL of a database that keeps the journal instead of a
    file in the folder.
    """

    def __init__(self, path: Path, store: str | None = None, *, make: bool = True) -> None:
        self.path = path
        self.store = store
        self._seal: Seal | None = None
        self._make = make
        with _refusing(path):
            if not make and not path.exists():
                return
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_shared_folder(path)
            if not (path / ".gitignore").exists():
                make_once(path / ".gitignore", b"*\n")

    @property
    def journal(self) -> Path | str:
        """The location of the journal: the path of a file, or the URL of a database."""
        return self.store or self.file

    @property
    def file(self) -> Path:
        """The path of the journal if it is a file; it may exist beside a database."""
        return self.path / "journal.db"

    @property
    def moved(self) -> Path:
        """The path that the file has once its history has been moved into a database."""
        return self.path / "journal.db.moved"

    @property
    def has_journal(self) -> bool:
        """Whether a journal may exist; checking creates nothing."""
        return isinstance(self.journal, str) or self.journal.exists()

    def seal(self) -> Seal:
        """Return the seal with this folder's key, which is created on first use."""
        if self._seal is None:
            self._seal = self._load_seal()
        return self._seal

    def _load_seal(self) -> Seal:
        path = self.path / "seal.key"
        with _refusing(path):
            if not path.exists():
                from secrets import token_bytes

                key = token_bytes(KEY_SIZE)
                if not self._make:
                    return Seal(key)
                make_once(path, key)
            refuse_shared_file(path)
            key = path.read_bytes()
        if len(key) != KEY_SIZE:
            raise refusal(
                "F104",
                str(path),
                f"the key has {len(key)} bytes, not {KEY_SIZE}",
                "restore it, or remove it and make the plans again: open ones cannot be applied",
            )
        return Seal(key)


def refuse_shared_file(path: Path) -> None:
    """Raise `Refused` if a state file is not a file of ours that others cannot read."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise refusal("F103", str(path), "not a file", "move it out of the state folder")
    _refuse_owner("F103", path, found.st_uid)
    if found.st_mode & 0o077:
        summary = "others may read or write this file"
        raise refusal("F103", str(path), summary, f"chmod 600 {path}")


def _refuse_shared_folder(path: Path) -> None:
    found = path.stat()
    _refuse_owner("F102", path, found.st_uid)
    if found.st_mode & 0o022:
        summary = "others may write into the state folder"
        raise refusal("F102", str(path), summary, f"chmod 700 {path}")


def _refuse_owner(code: str, path: Path, owner: int) -> None:
    if owner != os.geteuid():
        help = "run as its owner, or choose another state folder"
        raise refusal(code, str(path), "belongs to another user", help)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        help = "check the path and the rights on it, or choose another state folder"
        raise refusal("F101", str(path), f"cannot be used: {error.strerror}", help) from None
    except ValueError:  # a NUL in the path
        raise refusal("F101", repr(str(path)), "no path of a folder", "check the path") from None
