"""A connector for any system that speaks JSON over HTTPS, told how by a manifest.

connect     a manifest and credentials make a `Rest`
warm        reads this machine's certificates, once for all processes forked from this one
model       the manifest's requests, typed       template    fills in names, safely
client      signs, paces and retries             transport   one request, bounded
auth        signing in, tokens                   rate        the rate limit
paging      lists, page by page                  answers     strict JSON, error messages
reader      reads a resource                     errors      what went wrong, as SPI errors
writer      writes a resource                    origin      where the system is
redaction   cuts values out of messages          budget      retries over the whole run
patch       changed fields as operations        choices     the values an option may have
pace        the rate limit over all processes    pace_file   the file they share
links       the next page in Link headers        further     what says that there is more
parents     lists for each parent, put together
"""

import time
from collections.abc import Callable, Mapping

import httpx

from oneway.core.connector import Access, Choice, Description, Finding, Probe, ReadError, WriteError
from oneway.core.dataclass import dataclass
from oneway.core.log_filter import silence_http_logs
from oneway_connectors.rest.choices import choices_of
from oneway_connectors.rest.client import Client, Outside
from oneway_connectors.rest.model import Probing, ResourceRequests, read_api
from oneway_connectors.rest.origin import base_url, origin_text
from oneway_connectors.rest.reader import RestReader
from oneway_connectors.rest.reads import answered, json_of, reading_call
from oneway_connectors.rest.transport import tls
from oneway_connectors.rest.writer import RestWriter

silence_http_logs()


@dataclass(frozen=True, slots=True)
class Rest:
    """A system behind a manifest; see `oneway.core.connector.Connector`."""

    client: Client

    def reader(self, resource: str) -> RestReader:
        """Return a reader of a resource."""
        found = self.client.api.resources.get(resource)
        if found is None:
            raise ReadError("R113", f"{self.client.api.title} has no resource '{resource}'")
        return RestReader(self.client, found)

    def writer(self, resource: str) -> RestWriter:
        """Return a writer of a resource; raise `WriteError` if it cannot be written."""
        found = self.client.api.resources.get(resource)
        if found is None or not (found.create or found.update or found.leave):
            text = f"{self.client.api.title}: {resource} cannot be written"
            raise WriteError("W110", text, "The manifest has no create, update or leave for it.")
        return RestWriter(self.client, found)

    def probe(self) -> tuple[Probe, ...]:
        """Return what the credentials may do; nothing is written to find out."""
        found = [self._try(probing, None) for probing in self.client.api.probes]
        for resource in self.client.api.resources.values():
            found += [self._try(probing, resource) for probing in resource.probes]
            if resource.create or resource.update:
                what = f"writes {resource.name}"
                found.append(Probe(what, Finding.UNTESTED, resource.permissions))
        return tuple(found)

    def choices(self, option: str) -> tuple[Choice, ...]:
        """Return the possible values of an option, as the system lists them; raise `ReadError`."""
        found = self.client.api.choices.get(option)
        return () if found is None else choices_of(self.client, option, found)

    def close(self) -> None:
        """End all connections."""
        self.client.close()

    def _try(self, probing: Probing, resource: ResourceRequests | None) -> Probe:
        try:
            call = reading_call(self.client, probing.request, {})
            json_of(self.client, call, answered(self.client, resource, call))
        except ReadError as error:
            detail = " ".join((error.summary, error.help)).strip()
            return Probe(probing.label, Finding.FAILED, detail)
        return Probe(probing.label, Finding.OK)


def origins(description: Description, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the origins that requests go to with these options: the API and its token endpoint.

    Raises `Refused` if the options make no URL. Redirects and links never lead elsewhere.
    """
    if not description.body:
        return ()
    api = read_api(description.title, description.body)
    found = [base_url(description.name, api.base_url, options)]
    if "url" in api.auth:
        found.append(base_url(description.name, str(api.auth["url"]), options))
    return tuple(origin_text(url) for url in found)


def connect(
    description: Description,
    access: Access,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Rest:
    """Return a connector; raise `Refused` if options or credentials cannot be used.

    No request is made. `transport`, `sleep` and `clock` stand in for the world in tests.
    """
    api = read_api(description.title, description.body or {})
    return Rest(Client(description.name, api, access, Outside(transport, sleep, clock)))


def warm() -> None:
    """Read the certificates that this process and its children verify requests with."""
    tls()
