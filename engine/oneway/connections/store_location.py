"""Locates the store of runs: a file in the state folder, or a database by its URL."""

from oneway.connections.environment import of_environment
from oneway.connections.secrets.open import opened
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.diagnostics import refusal

VARIABLE = "ONEWAY_STORE"


def store_url() -> str | None:
    """Return the URL of the database for runs, or None if they are stored in a file.

    ONEWAY_STORE is the URL, or ONEWAY_STORE_FILE names a private file with it. It is no command
    line option, because it may contain a password. Raises `Refused` if both are given.
    """
    url, file = of_environment(VARIABLE), of_environment(f"{VARIABLE}_FILE")
    if url and file:
        summary = f"the store is given twice: {VARIABLE} and {VARIABLE}_FILE"
        raise refusal("F119", VARIABLE, summary, "unset one of them")
    if file:
        return opened(SecretRef(SecretKind.FILE, file)).open()
    return url or None
