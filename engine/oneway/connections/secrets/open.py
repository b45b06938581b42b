"""Opens a credential reference: reads it, checks it, and wraps it in a `Secret`."""

import unicodedata

from oneway.connections.environment import of_environment
from oneway.connections.secrets.keyrings import from_keyring
from oneway.connections.secrets.private_files import read_private
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.access import Secret
from oneway.core.diagnostics import Refused, refusal

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def opened(ref: SecretRef) -> Secret:
    """Return the credential that a reference leads to.

    Raises `Refused` if there is none, or if it is not valid in an HTTP header. Messages never
    quote it.
    """
    match ref.kind:
        case SecretKind.ENV:
            return sealed(_from_variable(ref), ref)
        case SecretKind.FILE:
            return sealed(_from_file(ref), ref)
        case SecretKind.KEYRING:
            return sealed(from_keyring(ref), ref)


def sealed(text: str, ref: SecretRef) -> Secret:
    """Return the text as a credential; raise `Refused` unless it is a single complete line."""
    if not text.strip():
        raise _unusable(ref, "it is blank")
    if text != text.strip():
        raise _unusable(ref, "it has white space or a line break around it")
    if any(unicodedata.category(c) in _UNSEEN for c in text):
        raise _unusable(ref, "it contains a line break or another invisible character")
    return Secret(text)


def _from_variable(ref: SecretRef) -> str:
    text = of_environment(ref.name)
    if text is None:
        summary = f"the variable of a credential is not set: {ref.name}"
        raise refusal("C112", ref.name, summary, "set it")
    return text


def _from_file(ref: SecretRef) -> str:
    data = read_private(ref.name)
    try:
        # Editors add a byte order mark at the beginning and a line break at the end.
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unusable(ref, "it is not UTF-8") from None
    return text.removesuffix("\n").removesuffix("\r")


def _unusable(ref: SecretRef, why: str) -> Refused:
    summary = f"a credential cannot be used: {why}"
    return refusal("C111", ref.name, summary, "give it whole, on one line, without spaces around")
