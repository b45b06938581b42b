"""What a connector needs to reach a system, taken from the environment, by convention.

An option `base_url` of a connector `acme` is the variable `ONEWAY_ACME_BASE_URL`; so is a
credential. Options may stand on the command line or in a mapping as well; credentials never.
"""

import os
from collections.abc import Callable, Mapping
from typing import TypeAlias

from oneway.connector import Access, Description, Option, Secret
from oneway.diagnostics import Diagnostic, Refused, Severity, Span, did_you_mean

Lookup: TypeAlias = Callable[[str, str], str | None]
"""Returns the value of a connector's option or credential, or None where none is given."""


def from_environment(connector: str, name: str) -> str | None:
    """Return what the environment says of a connector's option or credential."""
    return os.environ.get(variable(connector, name))


def variable(connector: str, name: str) -> str:
    """Return the environment variable of an option or credential: letters, digits and `_`."""
    text = f"oneway_{connector}_{name}".upper()
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in text)


def access(description: Description, lookup: Lookup, given: Mapping[str, str]) -> Access:
    """Return the options and credentials of a connector, as far as they are given.

    `given` are options by name, as the command line or a mapping says them: they win.
    Raises `Refused` where one of them is unknown or is a credential.
    """
    wrong = [each for name in given if (each := _wrong(description, name)) is not None]
    if wrong:
        raise Refused(wrong)
    found = {o: lookup(description.name, o.name) for o in description.options}
    options = {o.name: value for o, value in found.items() if value is not None and not o.secret}
    secrets = {o.name: Secret(value) for o, value in found.items() if value and o.secret}
    return Access({**options, **given}, secrets)


def _wrong(description: Description, name: str) -> Diagnostic | None:
    options: dict[str, Option] = {option.name: option for option in description.options}
    where = Span(description.name)
    if name not in options:
        known = [option.name for option in description.options if not option.secret]
        help = did_you_mean(name, known) or f"it has: {', '.join(known) or 'none'}"
        summary = f"{description.title} has no option '{name}'"
        return Diagnostic(where, Severity.ERROR, "C113", summary, help)
    if options[name].secret:
        summary = f"'{name}' is a credential, and other users of this machine can see a command"
        help = f"set {variable(description.name, name)} in the environment instead"
        return Diagnostic(where, Severity.ERROR, "U105", summary, help)
    return None
