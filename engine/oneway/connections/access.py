"""Collects what a connector needs to reach a system: options and credentials.

A credential `api_key` of `acme` is given in one of three ways: ONEWAY_ACME_API_KEY holds it,
ONEWAY_ACME_API_KEY_FILE names a private file that does, or ONEWAY_ACME_API_KEY_KEYRING an
entry (service/name) of the system's keyring.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from oneway.connections.environment import variable
from oneway.connections.secrets.open import opened, sealed
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.access import Access, Secret
from oneway.core.description import Description, Option
from oneway.core.diagnostics import Diagnostic, Findings, Refused, Severity, Span, did_you_mean

Lookup: TypeAlias = Callable[[str, str], str | None]
"""Returns the value of a connector's option or credential, or None if none is given."""


def access(
    description: Description,
    lookup: Lookup,
    given: Mapping[str, str],
    refs: Mapping[str, SecretRef] | None = None,
) -> Access:
    """Return the options and credentials of a connector, as far as they are given.

    `given` are options by name, from the command line or a connection, which take precedence.
    `refs` are references to a connection's credentials, by name, which are looked up nowhere else.
    Raises `Refused` if one of `given` is unknown or a credential, or if a credential is given twice
    or cannot be used.
    """
    options = given_options(description, lookup, given)
    found = Findings()
    secrets: dict[str, Secret] = {}
    for option in description.options:
        if option.secret:
            try:
                secret = _secret(description, option, lookup, (refs or {}).get(option.name))
            except Refused as refused:
                found.found.extend(refused.diagnostics)
                continue
            if secret is not None:
                secrets[option.name] = secret
    found.refuse_errors()
    return Access(options, secrets)


def given_options(
    description: Description, lookup: Lookup, given: Mapping[str, str]
) -> dict[str, str]:
    """Return a connector's options, as far as they are given, without opening credentials.

    Raises `Refused` if one of `given` is unknown or a credential.
    """
    wrong = [each for name in given if (each := _wrong(description, name)) is not None]
    if wrong:
        raise Refused(wrong)
    plain = [option.name for option in description.options if not option.secret]
    found = {name: lookup(description.name, name) for name in plain}
    return {**{name: value for name, value in found.items() if value is not None}, **given}


def given_secrets(description: Description, lookup: Lookup) -> dict[str, tuple[SecretRef, ...]]:
    """Return the references given for each credential of a connector; several are an error."""
    return {
        option.name: tuple(
            SecretRef(SecretKind.ENV, variable(description.name, option.name))
            if kind is SecretKind.ENV
            else SecretRef(kind, text)
            for kind in SecretKind
            if (text := lookup(description.name, _key(option, kind)))
        )
        for option in description.options
        if option.secret
    }


def _secret(
    description: Description, option: Option, lookup: Lookup, ref: SecretRef | None
) -> Secret | None:
    if ref is not None:
        return opened(ref)
    refs = given_secrets(description, lookup)[option.name]
    if not refs:
        return None
    if len(refs) > 1:
        raise Refused([_twice(description, option, refs)])
    if refs[0].kind is SecretKind.ENV:
        return sealed(lookup(description.name, option.name) or "", refs[0])
    return opened(refs[0])


def _key(option: Option, kind: SecretKind) -> str:
    return option.name if kind is SecretKind.ENV else f"{option.name}_{kind.value}"


def _twice(description: Description, option: Option, refs: tuple[SecretRef, ...]) -> Diagnostic:
    names = [variable(description.name, _key(option, ref.kind)) for ref in refs]
    summary = f"the credential '{option.name}' is given more than once: {' and '.join(names)}"
    help = "unset all but one of them"
    return Diagnostic(Span(description.name), Severity.ERROR, "C117", summary, help)


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
