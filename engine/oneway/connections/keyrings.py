"""The system's keyring: macOS Keychain, Windows Credential Locker, Secret Service, KWallet.

Needs the extra `keyring`, which is imported when a reference asks for it.
"""

import importlib

from oneway.connections.secret_refs import SecretRef, entry
from oneway.diagnostics import refusal


def from_keyring(ref: SecretRef) -> str:
    """Return the text of an entry; raise `Refused` where there is none, or no keyring."""
    service, name = entry(ref.name)
    if not service or not name:
        raise refusal("C120", ref.name, "a keyring's entry is named service/name", _FORM)
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        summary = "a credential is kept in a keyring, and the package for that is not installed"
        raise refusal("U109", ref.name, summary, "pip install 'oneway[keyring]'") from None
    try:
        found = keyring.get_password(service, name)
    except Exception as error:
        # Backends raise what they like; what they say may hold anything, and is not shown.
        raise refusal("C120", ref.name, *_why(type(error).__name__)) from None
    if found is None:
        help = f"store it: keyring set {service} {name}"
        raise refusal("C120", ref.name, "the keyring has no such entry", help)
    return str(found)


def _why(kind: str) -> tuple[str, str]:
    if kind == "NoKeyringError":
        return "this machine has no keyring that can be used", _ELSEWHERE
    if kind == "KeyringLocked":
        return "the keyring is locked", "unlock it, and run again"
    return f"the keyring cannot be used ({kind})", _ELSEWHERE


_FORM = "write service/name, as in: keyring set service name"
_ELSEWHERE = "check it with: keyring diagnose; or keep the credential in a private file"
