"""Locates the store of runs: a file in the state folder, or a database by its URL."""

from oneway.connections.environment import of_environment
from oneway.connections.secrets.open import opened
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.diagnostics import refusal

VARIABLE = "ONEWAY_STORE"


def store_url() -> str | None:
    """Return the URL of the database that keeps the runs; None if a file does.

    ONEWAY_STORE holds it, or ONEWAY_STORE_FILE names a private file that does. No command takes
    it as an option, because it may contain a password. Raises `Refused` if both are given.
    """
    url, file = of_environment(VARIABLE), of_environment(f"{VARIABLE}_FILE")
    if url and file:
        summary = f"the store is given twice: {VARIABLE} and {VARIABLE}_FILE"
        raise refusal("F119", VARIABLE, summary, "unset one of them")
    if file:
        return opened(SecretRef(SecretKind.FILE, file)).open()
    return url or None
