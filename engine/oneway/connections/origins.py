"""Decides to which origins (scheme, host and port) credentials may be sent.

The owner of the credentials decides: by an installed connector, or one whose manifest the
connection names; by an option that the environment, the command line or the connection sets; or,
exclusively, by `origin`. A mapping or any other manifest cannot decide: if its requests would go to
another origin, no credential is sent.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from oneway.connections.discovery import kind_of, with_defaults
from oneway.connections.environment import variable
from oneway.core.dataclass import dataclass
from oneway.core.description import Description
from oneway.core.diagnostics import Refused, refusal

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class OwnerSays:
    """What the owner of the credentials decided for a system: options, and binding origins."""

    options: Mapping[str, str]
    origins: frozenset[str] = frozenset()


def origins_of(description: Description, options: Mapping[str, str]) -> frozenset[str]:
    """Return every origin to which a connector with these options sends credentials.

    Empty for a local system. Raises `Refused` if the options do not form a URL.
    """
    kind = kind_of(description)
    return frozenset(kind.origins(description, options)) if _says(kind) else frozenset()


def refuse_strange_origins(
    description: Description, options: Mapping[str, str], owner: OwnerSays
) -> None:
    """Raise `Refused` if requests would go to an origin that the owner does not name."""
    if not _says(kind_of(description)):
        _refuse_unknown(description, options, owner)
    strange = origins_of(description, options) - _named(description, owner)
    if strange:
        raise _refused(description, sorted(strange), owner)


def origin_in(text: str) -> str:
    """Return the origin of a URL, normalised for comparison, or "" for other text."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not host or parts.username is not None:
        return ""
    shown = f"[{host}]" if ":" in host else host
    usual = port is None or port == _PORTS[parts.scheme]
    return f"{parts.scheme}://{shown}" + ("" if usual else f":{port}")


def origins_in(text: str | None) -> frozenset[str]:
    """Return the origins that a text lists, separated by commas or spaces."""
    return frozenset(map(origin_in, (text or "").replace(",", " ").split())) - {""}


def _says(kind: object) -> bool:
    """Return whether a kind declares where it sends credentials; third-party kinds may not."""
    return hasattr(kind, "origins")


def _refuse_unknown(description: Description, options: Mapping[str, str], owner: OwnerSays) -> None:
    """Raise `Refused` if anyone but the owner decides where a third-party kind sends."""
    if description.vouched and options == with_defaults(description, owner.options):
        return
    summary = f"connectors of the kind '{description.kind}' do not say where they send credentials"
    help = "name their options in the connection or the environment, and not in the mapping"
    raise refusal("C150", description.name, summary, help)


def _named(description: Description, owner: OwnerSays) -> frozenset[str]:
    if owner.origins:
        return owner.origins
    said = frozenset(map(origin_in, owner.options.values())) - {""}
    if not description.vouched:
        return said
    try:
        return said | origins_of(description, with_defaults(description, owner.options))
    except Refused:
        return said  # only the mapping gives one of the options


def _refused(description: Description, strange: list[str], owner: OwnerSays) -> Refused:
    where = " and ".join(strange)
    if owner.origins:
        given = " and ".join(sorted(owner.origins))
        summary = f"the credentials of {description.title} are for {given}, not for {where}"
    else:
        summary = f"only the mapping or a manifest says that {description.title} is at {where}"
    help = (
        "no credential is sent there; if that is where it belongs, say so beside the credential: "
        f"{variable(description.name, 'origin')}={strange[0]}, or `origin` in the connection"
    )
    return refusal("C150", description.name, summary, help)
