"""Environment variables by convention: `base_url` of `acme` is `ONEWAY_ACME_BASE_URL`.

Apart from the command line, only this module of the engine reads the environment.
"""

import os


def from_environment(connector: str, name: str) -> str | None:
    """Return a connector's option or credential from the environment, or None."""
    return of_environment(variable(connector, name))


def of_environment(name: str) -> str | None:
    """Return the value of an environment variable, or None."""
    try:
        return os.environ.get(name)
    except ValueError:  # a NUL in the name
        return None


def variable(connector: str, name: str) -> str:
    """Return the name of an option's or credential's variable: letters, digits and `_`."""
    text = f"oneway_{connector}_{name}".upper()
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text)
