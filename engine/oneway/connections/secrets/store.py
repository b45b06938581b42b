"""Stores a typed credential in the system's keyring or in a private file.

    connections/secrets/             0700
        .gitignore                   *
        acme.source.api_key          0600

Storing is a transaction (`StoringCredentials`): if the user stops in the middle, no new credential
is left behind, and former ones are restored. Only entries and files of these names are ever written
or removed; credentials that users store elsewhere are never touched.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Self, TypeAlias

from oneway.connections.secrets.keyrings import find_in_keyring, into_keyring, out_of_keyring
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.access import Secret
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Refused, refusal
from oneway.state.deferred_signals import undisturbed
from oneway.state.files import write_whole

SECRETS = "secrets"
"""The folder beside a connection's file in which its credentials are stored."""

SERVICE = "oneway"
"""The service name of our entries in the keyring."""

Undo: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class SecretName:
    """Identifies a stored credential: its connection (name and file), side and name."""

    connection: str
    file: str
    side: str
    credential: str

    def ref(self, kind: SecretKind) -> SecretRef:
        """Return the reference under which we store this credential in a keyring or a file."""
        name = f"{self.connection}.{self.side}.{self.credential}"
        if kind is SecretKind.KEYRING:
            return SecretRef(kind, f"{SERVICE}/{name}")
        return SecretRef(kind, str(Path(self.file).parent / SECRETS / name))

    def is_own(self, ref: SecretRef) -> bool:
        """Return whether a reference leads to where we store this credential."""
        if ref.kind is SecretKind.FILE:
            return os.path.abspath(ref.name) == os.path.abspath(self.ref(ref.kind).name)
        return ref.kind is SecretKind.KEYRING and ref == self.ref(ref.kind)


@dataclass(slots=True)
class StoringCredentials:
    """Stores credentials; leaving the block without `commit` rolls all of them back."""

    _undo: list[Undo] = field(default_factory=list)

    def store(
        self, secret: Secret, place: SecretName, kind: SecretKind | None, *, new: bool = False
    ) -> SecretRef:
        """Store a credential and return its reference; with `kind` None, in a keyring if one works.

        A `new` connection never replaces an entry in the keyring, because a user's folders share
        it, and another connection may have this name. Raises `Refused`, having changed nothing, if
        the credential cannot be stored.
        """
        if kind is None:
            try:
                return self.store(secret, place, SecretKind.KEYRING, new=new)
            except Refused:
                return self.store(secret, place, SecretKind.FILE, new=new)
        ref = place.ref(kind)
        steps = _in_keyring if kind is SecretKind.KEYRING else _in_file
        former = steps.former(ref)
        if new and former is not None and kind is SecretKind.KEYRING:
            help = "choose another name, or --keep-secrets file; or remove it from the keyring"
            raise refusal("C140", ref.name, "the keyring has such an entry already", help)
        # Registered before it is written, or a Ctrl-C in between would leave it behind.
        self._undo.append(lambda: steps.restore(ref, former))
        try:
            steps.write(ref, secret.open())
        except BaseException:
            with undisturbed():
                self._undo.pop()()
            raise
        return ref

    def commit(self) -> None:
        """Make everything stored so far permanent, even if the block fails later."""
        self._undo.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._roll_back()
        except BaseException:  # a signal arrived before the rollback began
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        with undisturbed():
            while self._undo:
                self._undo.pop()()


def forgotten(ref: SecretRef) -> bool:
    """Remove a credential that we store; return whether there was one. Raises `Refused`."""
    if ref.kind is SecretKind.KEYRING:
        return out_of_keyring(ref)
    try:
        os.unlink(ref.name)
    except FileNotFoundError:
        return False
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise refusal("C141", ref.name, f"a credential cannot be removed: {why}", _RIGHTS) from None
    with suppress(OSError):  # the folder may contain other credentials or a user's file
        _remove_if_empty(Path(ref.name).parent)
    return True


@dataclass(frozen=True, slots=True)
class _Steps:
    """The operations on one kind of storage: read, write, restore."""

    former: Callable[[SecretRef], str | None]
    write: Callable[[SecretRef, str], None]
    restore: Callable[[SecretRef, str | None], None]


def _restore_entry(ref: SecretRef, former: str | None) -> None:
    with suppress(Refused):  # if the rollback fails too, nothing more can be done
        if former is None:
            out_of_keyring(ref)
        else:
            into_keyring(ref, former)


def _former_file(ref: SecretRef) -> str | None:
    try:
        return Path(ref.name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        summary = "something else is in the place of the credential"
        raise refusal("C140", ref.name, summary, "move it away, and connect again") from None


def _write_file(ref: SecretRef, text: str) -> None:
    path = Path(ref.name)
    try:
        with undisturbed():  # a Ctrl-C might leave it in the temporary file
            _make_folder(path.parent)
            write_whole(path, text.encode(), mode=0o600)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise refusal("C140", ref.name, f"a credential cannot be stored: {why}", _RIGHTS) from None


def _restore_file(ref: SecretRef, former: str | None) -> None:
    with suppress(OSError, Refused):
        if former is None:
            forgotten(ref)
        else:
            _write_file(ref, former)


def _make_folder(folder: Path) -> None:
    """Create the folder of credentials; raise `Refused` if others have access to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.geteuid():
        summary = "the folder of credentials belongs to another user"
        raise refusal("C119", str(folder), summary, f"chown {os.geteuid()} {folder}")
    if found.st_mode & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        summary = f"others may look into the folder of credentials (mode {mode:04o})"
        raise refusal("C119", str(folder), summary, f"chmod 700 {folder}")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_whole(ignore, b"*\n", mode=0o600)


def _remove_if_empty(folder: Path) -> None:
    if {each.name for each in folder.iterdir()} <= {".gitignore"}:
        (folder / ".gitignore").unlink(missing_ok=True)
        folder.rmdir()


_in_keyring = _Steps(find_in_keyring, into_keyring, _restore_entry)
_in_file = _Steps(_former_file, _write_file, _restore_file)

_RIGHTS = "check the space on the disk and the rights on the folder"
