"""A system behind a manifest, as the engine sees it."""

from oneway.core.connector import Choice, Finding, Probe
from oneway.core.connector_errors import ReadError, WriteError
from oneway.core.dataclass import dataclass
from oneway.core.log_filter import silence_http_logs
from oneway_connectors.rest.choices import choices_of
from oneway_connectors.rest.client import Client
from oneway_connectors.rest.model import Probing, ResourceRequests
from oneway_connectors.rest.reader import RestReader
from oneway_connectors.rest.reads import answered, json_of, reading_call
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
