"""The system's keyring: macOS Keychain, Windows Credential Locker, Secret Service, KWallet.

Needs the extra `keyring`, which is imported when a reference asks for it.
"""

import importlib
from collections.abc import Callable
from hmac import compare_digest
from typing import Any

from oneway.connections.secrets.refs import SecretRef, entry
from oneway.core.diagnostics import refusal


def from_keyring(ref: SecretRef) -> str:
    """Return the text of an entry; raise `Refused` without an entry or a keyring."""
    found = find_in_keyring(ref)
    if found is None:
        service, name = entry(ref.name)
        help = f"store it: keyring set {service} {name}"
        raise refusal("C120", ref.name, "the keyring does not have this entry", help)
    return found


def find_in_keyring(ref: SecretRef) -> str | None:
    """Return the text of an entry, or None; raise `Refused` without a keyring."""
    found = _asked(ref, lambda keyring, service, name: keyring.get_password(service, name))
    return None if found is None else str(found)


def into_keyring(ref: SecretRef, text: str) -> None:
    """Store a text as an entry; raise `Refused` on failure."""
    _asked(ref, lambda keyring, service, name: keyring.set_password(service, name, text))
    # Read it back, because a backend may fail silently.
    if not compare_digest((find_in_keyring(ref) or "").encode(), text.encode()):
        raise refusal("C120", ref.name, "the keyring does not keep what it is given", _ELSEWHERE)


def out_of_keyring(ref: SecretRef) -> bool:
    """Remove an entry; return whether there was one. Raises `Refused` on failure."""
    if find_in_keyring(ref) is None:
        return False
    _asked(ref, lambda keyring, service, name: keyring.delete_password(service, name))
    return True


def _asked(ref: SecretRef, ask: Callable[[Any, str, str], object]) -> object:
    """Return the keyring's answer; raise `Refused` if it cannot be used."""
    service, name = entry(ref.name)
    if not service or not name:
        raise refusal("C120", ref.name, "a keyring's entry is named service/name", _FORM)
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        summary = "a credential is kept in a keyring, and the package for that is not installed"
        raise refusal("U109", ref.name, summary, "pip install 'oneway[keyring]'") from None
    try:
        return ask(keyring, service, name)
    except Exception as error:
        # Backends raise arbitrary errors, whose text may contain anything and is not shown.
        raise refusal("C120", ref.name, *_why(type(error).__name__)) from None


def _why(kind: str) -> tuple[str, str]:
    if kind == "NoKeyringError":
        return "this machine has no keyring that can be used", _ELSEWHERE
    if kind == "KeyringLocked":
        return "the keyring is locked", "unlock it, and run again"
    return f"the keyring cannot be used ({kind})", _ELSEWHERE


_FORM = "write service/name, as in: keyring set service name"
_ELSEWHERE = "check it with: keyring diagnose; or keep the credential in a private file"
