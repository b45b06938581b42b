"""Environment variables by convention: `base_url` of `acme` is `ONEWAY_ACME_BASE_URL`.

The only module of the engine, beside the command line, that reads it.
"""

import os


def from_environment(connector: str, name: str) -> str | None:
    """Return what the environment says of a connector's option or credential."""
    return of_environment(variable(connector, name))


def of_environment(name: str) -> str | None:
    """Return the value of an environment variable, or None if there is none."""
    try:
        return os.environ.get(name)
    except ValueError:  # a NUL in the name
        return None


def variable(connector: str, name: str) -> str:
    """Return the environment variable of an option or credential: letters, digits and `_`."""
    text = f"oneway_{connector}_{name}".upper()
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
