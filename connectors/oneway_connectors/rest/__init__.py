"""A connector for any system with JSON over HTTPS, described by a manifest.

connect     a manifest and credentials make a `Rest` (`system`)
origins     where requests go, without importing what sends them
warm        reads this machine's certificates, once for all processes forked from this one
model       the manifest's requests, typed       template    fills in names, safely
client      signs, paces and retries             transport   one request, bounded
auth        signing in, tokens                   rate        the rate limit
paging      lists, page by page                  responses   strict JSON, error messages
reader      reads a resource                     errors      what went wrong, as SPI errors
writer      writes a resource                    origin      where the system is
redaction   cuts values out of messages          patch       changed fields as operations
pace        the rate limit over all processes    pace_file   the file they share
list_end    where a list ends                    links       the next page in Link headers
parents     combines the lists of parents        choices     the values an option may have
asked_wait  how long a system asks to wait       verdict     answers that report a failure
reshape     JMESPath that omits absent keys      jobs        writes that a system does later

continuation    signs that a list is incomplete, by names (`page_words`) and sentences
                (`said_in_words`)
retry_budget    limits the retries of a whole run
"""

import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from oneway.core.access import Access
from oneway.core.description import Description
from oneway_connectors.rest.model import read_api
from oneway_connectors.rest.origin import origin_of

if TYPE_CHECKING:
    import httpx

    from oneway_connectors.rest.system import Rest


def origins(description: Description, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the origins that requests go to with these options: the API and its token endpoint.

    Raises `Refused` if the options make no URL. Redirects and links never lead elsewhere.
    """
    if not description.body:
        return ()
    api = read_api(description.title, description.body)
    urls = [api.base_url, *([str(api.auth["url"])] if "url" in api.auth else [])]
    return tuple(origin_of(description.name, each, options) for each in urls)


def connect(
    description: Description,
    access: Access,
    transport: "httpx.BaseTransport | None" = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> "Rest":
    """Return a connector; raise `Refused` if options or credentials cannot be used.

    No request is made. `transport`, `sleep` and `clock` stand in for the world in tests.
    """
    from oneway_connectors.rest.client import Client, Outside
    from oneway_connectors.rest.system import Rest

    api = read_api(description.title, description.body or {})
    return Rest(Client(description.name, api, access, Outside(transport, sleep, clock)))


def warm() -> None:
    """Import all that a connector needs, and read the certificates that verify requests."""
    import_module("oneway_connectors.rest.system")
    import_module("oneway_connectors.rest.transport").tls()
