"""Compares what a mapping requires of its systems with what they can do."""

from collections.abc import Iterable, Sequence

from oneway.core.description import Capability, Resource
from oneway.core.diagnostics import Diagnostic, Severity
from oneway.core.paths import path_of
from oneway.mapping.resolver import UNKNOWN, Resolver
from oneway.mapping.spec import EndpointSpec, FieldSpec, Gone, Rehires, Write


class RequiredCapabilities:
    """Reports what a mapping requires of a system that cannot do it."""

    def __init__(self, names: Resolver, source: Resource, target: Resource) -> None:
        self.names = names
        self.spec = names.spec
        self.source = source
        self.target = target

    def report(self) -> None:
        """Report what the mapping requires of a system that cannot do it."""
        spec = self.spec
        self._needs(Capability.READ, self.source, spec.source, "its records cannot be read")
        self._needs(Capability.READ, self.target, spec.target, "its records cannot be read")
        self._needs(Capability.UPDATE, self.target, spec.target, "its records cannot be updated")
        if spec.joiners.create:
            text = "no record can be created"
            self._needs(Capability.CREATE, self.target, spec.target, text)
        if spec.gone is Gone.CREATE:
            text = "its records cannot be requested by id"
            self._needs(Capability.GET, self.target, spec.target, text)
        if spec.leavers is not None:
            text = "no record can be made to leave"
            self._needs(Capability.LEAVE, self.target, spec.target, text)
        if spec.rehires is Rehires.REACTIVATE and not self._comes_back():
            summary = "records leave by a request of their own, and come back by `update`"
            help = "where `update` does not bring a record back, give the manifest a `reactivate`"
            span = spec.target.resource.span
            self.names.report(Diagnostic(span, Severity.WARNING, "M252", summary, help))
        self._report_omitted()

    def _report_omitted(self) -> None:
        """Report the fields that the target's requests would omit."""
        spec = self.spec
        going = spec.leavers.set if spec.leavers else ()
        later = [each for each in spec.fields if each.write in (Write.OVERWRITE, Write.IF_EMPTY)]
        asked: list[tuple[Capability, Sequence[FieldSpec]]] = [(Capability.UPDATE, later)]
        if spec.joiners.create:
            asked.append((Capability.CREATE, spec.fields))
        asked.append((Capability.LEAVE, going))
        if spec.rehires is Rehires.REACTIVATE:
            asked.append((Capability.REACTIVATE, going))
        for capability, fields in asked:
            self._report_objects(capability, fields)
            carried = self.target.carries.get(capability)
            for field in fields if carried is not None else ():
                if field.write is not Write.NEVER and not _covered(field.path, carried or ()):
                    request = capability.value
                    summary = f"the target's `{request}` request does not write '{field.path}'"
                    help = f"name it under `writes` of `{request}` in the manifest, if it does"
                    self.names.error("M112", field.key_span, summary, help)

    def _report_objects(self, capability: Capability, fields: Sequence[FieldSpec]) -> None:
        """Report the fields that a request has no place for, as it sends a form."""
        for field in fields if capability in self.target.flat else ():
            keys, known = path_of(field.path), self.target.fields.get(field.path)
            whole = known is not None and "object" in known.types
            if field.write is not Write.NEVER and (len(keys) > 1 or whole):
                request = capability.value
                summary = (
                    f"the target's `{request}` request sends a form, which has no place for the "
                    f"object '{keys[0]}'"
                )
                help = "leave the field out, or let the manifest send JSON, if the system takes it"
                self.names.error("M112", field.key_span, summary, help)

    def _needs(
        self, capability: Capability, resource: Resource, endpoint: EndpointSpec, text: str
    ) -> None:
        if capability not in resource.capabilities and resource is not UNKNOWN:
            summary = f"{endpoint.connector.text}: {text}"
            self.names.error("M112", endpoint.resource.span, summary, _WITHOUT[capability])

    def _comes_back(self) -> bool:
        """Return whether a target with its own way of leaving also has a way back."""
        return Capability.REACTIVATE in self.target.capabilities or self.target is UNKNOWN


def _covered(path: str, carried: Iterable[str]) -> bool:
    return any(path == each or path.startswith(f"{each}.") for each in carried)


_WITHOUT = {
    Capability.READ: "name another resource",
    Capability.CREATE: "set `joiners: {create: false}`, or name another resource",
    Capability.UPDATE: "name another resource; perhaps source and target are swapped",
    Capability.LEAVE: "remove `leavers`, or name another resource",
    Capability.REACTIVATE: "set `rehires: report`, or name another resource",
    Capability.GET: "leave `gone` out, or name another resource",
}
"""The remedy if a resource cannot do what a mapping asks of it."""
