"""Validates the base URL of a system, and decides which URLs have the same origin."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from oneway.core.diagnostics import refusal
from oneway.core.hosts import is_loopback
from oneway_connectors.rest.template import Unusable, fill, fill_path, names_in

if TYPE_CHECKING:
    import httpx

_HOST_PART = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_PLAIN = re.compile(
    r"(?=.{,999}\Z)(https://[a-z][a-z0-9]*([-.][a-z][a-z0-9]*)*)(/[A-Za-z0-9./_-]*)?"
)
"""Base URLs of which every parser says the same: no port, no escape, no number, no IDNA."""


def base_url(connector: str, template: str, options: Mapping[str, str]) -> "httpx.URL":
    """Return the base URL without a slash at its end; raise `Refused` if it is not one."""
    import httpx  # its import takes as long as most commands

    try:
        url = httpx.URL(_filled(template, options).rstrip("/"))
        host, port_is_sound = url.host, url.port is None or 0 < url.port < 65536
    except (httpx.InvalidURL, UnicodeError, ValueError, Unusable):
        raise refusal("C110", connector, "the base URL is not a URL", _HELP) from None
    if url.userinfo or url.query or url.fragment or not host or not port_is_sound:
        raise refusal("C110", connector, "the base URL is not a plain URL", _HELP)
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(host)):
        raise refusal("C110", connector, "the base URL is not https", _HELP)
    return url


def origin_of(connector: str, template: str, options: Mapping[str, str]) -> str:
    """Return the origin of a base URL as text; raise `Refused` where `base_url` does.

    Nearly all are so plain that no parser is needed to tell.
    """
    with suppress(Unusable, ValueError):
        plain = _PLAIN.fullmatch(_filled(template, options))
        if plain is not None:
            return plain[1]
    return origin_text(base_url(connector, template, options))


def same_origin(left: "httpx.URL", right: "httpx.URL") -> bool:
    """Return whether two URLs are of one scheme, host and port (RFC 6454, section 5)."""
    return origin(left) == origin(right)


def elsewhere(url: "httpx.URL", base: "httpx.URL") -> str:
    """Return where a URL leads that is not of the base URL's origin.

    Another host is never named: a system could put a credential into its name.
    """
    (scheme, host, port), (own_scheme, own_host, own_port) = origin(url), origin(base)
    if host != own_host or scheme not in ("http", "https"):
        return "another host"
    if scheme != own_scheme:
        return f"{scheme} on the same host, where the base URL has {own_scheme}"
    return f"port {port} of the same host, where the base URL has {own_port}"


def origin(url: "httpx.URL") -> tuple[str, str, int | None]:
    """Return the scheme, host and port of a URL."""
    return url.scheme, url.host.lower(), url.port or _usual(url.scheme)


def origin_text(url: "httpx.URL") -> str:
    """Return the origin of a URL as text, without a port that its scheme has anyway."""
    scheme, host, port = origin(url)
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port == _usual(scheme) else f":{port}")


def _usual(scheme: str) -> int | None:
    return {"https": 443, "http": 80}.get(scheme)


def _filled(template: str, options: Mapping[str, str]) -> str:
    """Return the filled template; an option in it is part of a host or path, and no more."""
    if names_in(template) == [template[1:-1]]:
        return fill(template, options).strip()
    scheme, _, rest = template.partition("://")
    host, slash, path = rest.partition("/")
    for name in names_in(host):
        if not _HOST_PART.fullmatch(options[name]):
            raise Unusable(f"'{name}' cannot be part of a host")
    return fill(f"{scheme}://{host}", options) + slash + fill_path(path, options)


_HELP = "It looks like https://api.example.com; http is allowed for this machine only (127.0.0.1)."
