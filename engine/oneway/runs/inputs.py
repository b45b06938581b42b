"""What a run reads and writes: which system's records, or which file in their place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from oneway.connections import Side, given_options
from oneway.connections.access import access
from oneway.connections.discovery import (
    ANY,
    FILES,
    complete,
    describe,
    open_connector,
    with_defaults,
)
from oneway.connections.origins import OwnerSays, origins_in, origins_of, refuse_strange_origins
from oneway.core.connector import (
    USUAL_LAG,
    Access,
    Connector,
    Description,
    Reader,
    Resource,
    Writer,
)
from oneway.core.diagnostics import Refused, refusal
from oneway.core.seal import canonical
from oneway.mapping.spec import EndpointSpec, MappingSpec, ReferenceSpec
from oneway.planning.plan import PlanConnection, PlanInput
from oneway.runs.prepare import PreparedRun, located


@dataclass(frozen=True, slots=True)
class Input:
    """One resource of one connector; `options` are those that the mapping writes for it.

    `side` is "source" or "target" where a connection says how that side is reached. `replaces`
    is the connector and the resource that a file is read in the place of.
    """

    connector: str
    resource: str
    options: tuple[tuple[str, str], ...] = ()
    side: str = ""
    replaces: tuple[str, str] | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """What is read, in words: "staffology employees", "file people.jsonl"."""
        return f"{self.connector} {self.resource}"


def inputs(prepared: PreparedRun) -> dict[str, Input]:
    """Return what stands for "source", "target" and each "references.NAME"."""
    spec, request = prepared.spec, prepared.request
    source = _of(
        prepared, spec.source, request.source, prepared.compiled.source, _side("source", prepared)
    )
    target = _of(
        prepared, spec.target, request.target, prepared.compiled.target, _side("target", prepared)
    )
    found = {"source": source, "target": target}
    for reference in spec.references:
        file = request.references.get(reference.name)
        found[f"references.{reference.name}"] = _reference(prepared, reference, file)
    return found


def plan_inputs(prepared: PreparedRun) -> dict[str, PlanInput]:
    """Return what a plan records of its inputs: each of them, and the options in force."""
    found = {}
    for role, each in inputs(prepared).items():
        options, description = options_of(prepared, each), description_of(prepared, each)
        found[role] = PlanInput(
            *(each.replaces or (each.connector, each.resource)),
            options,
            file=None if each.replaces is None else each.resource,
            origin=_origin(description, options),
            manifest=_digest(description),
        )
    return found


def _origin(description: Description, options: Mapping[str, str]) -> str:
    try:
        return " ".join(sorted(origins_of(description, options)))
    except Refused:
        return ""  # an option is missing, which is refused where the system is opened


def _digest(description: Description) -> str:
    """Return the digest of what a manifest says: its comments and spaces have no effect."""
    return sha256(canonical(description.body).encode("ascii")).hexdigest()


def plan_connection(prepared: PreparedRun) -> PlanConnection | None:
    """Return what a plan records of its connection, None where it has none."""
    connection = prepared.request.connection
    return None if connection is None else PlanConnection(connection.name, connection.file)


def access_of(prepared: PreparedRun, each: Input, *, choosing: bool = False) -> Access:
    """Return the options and credentials of an input's connector; raise `Refused`.

    While `choosing`, options may be missing that the system itself lists.
    """
    description = description_of(prepared, each)
    kept = _written(prepared, each).credentials
    try:
        found = access(description, prepared.request.lookup, _given(prepared, each), kept)
    except Refused as refused:
        raise _in_connection(refused, prepared, each) from None
    # What is given for one run goes before what the mapping says for all of them.
    options = {**dict(each.options), **found.options}
    typed = prepared.request.typed.items()
    secrets = {**found.secrets, **{name: text for (side, name), text in typed if side == each.side}}
    try:
        whole = replace(found, options=options, secrets=secrets)
        whole = complete(description, whole, choosing=choosing)
    except Refused as refused:
        raise _or_in_connection(refused, prepared, each) from None
    if secrets or found.options:
        # Nothing that the mapping's author was not given goes where the mapping says.
        refuse_strange_origins(description, whole.options, _owner_says(prepared, each))
    return whole


def _owner_says(prepared: PreparedRun, each: Input) -> OwnerSays:
    """Return what the owner of an input's credentials says: no option of the mapping."""
    description = description_of(prepared, each)
    given = given_options(description, prepared.request.lookup, _given(prepared, each))
    # Who sets the environment may bind a credential, whatever a connection's file says.
    outside = origins_in(prepared.request.lookup(description.name, "origin"))
    return OwnerSays(given, outside or origins_in(_written(prepared, each).origin))


def options_of(prepared: PreparedRun, each: Input) -> dict[str, str]:
    """Return the options alone: no credential is opened, which a keyring may ask a person for."""
    description = description_of(prepared, each)
    found = given_options(description, prepared.request.lookup, _given(prepared, each))
    return with_defaults(description, {**dict(each.options), **found})


def _given(prepared: PreparedRun, each: Input) -> dict[str, str]:
    prefix = f"{each.connector}."
    given = {
        key.removeprefix(prefix): value
        for key, value in prepared.request.options.items()
        if key.startswith(prefix)
    }
    return {**_written(prepared, each).options, **given}


def _written(prepared: PreparedRun, each: Input) -> Side:
    """Return what the connection says of an input's side; nothing without one."""
    connection = prepared.request.connection
    return connection.sides[each.side] if connection is not None and each.side else Side()


def _in_connection(refused: Refused, prepared: PreparedRun, each: Input) -> Refused:
    """Return a refusal with what is wrong with a credential at the place that refers to it."""
    connection = prepared.request.connection
    if connection is None:
        return refused
    named = {
        ref.name: connection.written.at((each.side, "credentials", name), "", str(ref))
        for name, ref in _written(prepared, each).credentials.items()
    }
    return Refused(
        replace(place, code=one.code, summary=f"{place.summary}: {one.summary}", help=one.help)
        if (place := named.get(one.span.file)) is not None
        else one
        for one in refused.diagnostics
    )


def _or_in_connection(refused: Refused, prepared: PreparedRun, each: Input) -> Refused:
    """Return a refusal that also says where in a connection to name what is missing."""
    connection = prepared.request.connection
    if connection is None or not each.side:
        return refused
    place = f"; or name it in {connection.file} under '{each.side}'"
    return Refused(
        replace(one, help=f"{one.help}{place}") if one.code == "C112" else one
        for one in refused.diagnostics
    )


def _side(role: str, prepared: PreparedRun) -> str:
    """Return the side that a connection says how to reach; nothing without one."""
    return role if prepared.request.connection is not None else ""


def description_of(prepared: PreparedRun, each: Input) -> Description:
    """Return the description of an input's connector."""
    return describe(FILES) if each.connector == FILES else prepared.catalogue[each.connector]


@runtime_checkable
class CompletesNewRecords(Protocol):
    """A writer whose system holds no key of a new record that it is not given."""

    def complete_new_records(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Let every new record hold these keys, null where nothing else is written there."""


@dataclass(slots=True)
class OpenSystems:
    """The connectors of a run, each opened when first asked for, all closed at the end.

    `shared` is the folder through which runs agree on rate limits: the state folder.
    """

    prepared: PreparedRun
    shared: Path | None = None
    _open: dict[Input, Connector] = field(default_factory=dict)

    def connector(self, each: Input, *, choosing: bool = False) -> Connector:
        """Return an input's connector, open; raise `Refused` where it cannot be configured.

        One that is opened for `choosing` may lack options, and is good for `choices` alone.
        """
        key = replace(each, resource="*" if choosing else "")
        if key not in self._open:
            found = access_of(self.prepared, each, choosing=choosing)
            description = description_of(self.prepared, each)
            found = replace(found, shared=self.shared, whose=whose(self.prepared, each))
            self._open[key] = open_connector(description, found, choosing=choosing)
        return self._open[key]

    def reader(self, each: Input) -> Reader:
        """Return a reader of an input."""
        return self.connector(each).reader(each.resource)

    def writer(self, each: Input) -> Writer:
        """Return a writer of an input; raise `WriteError` where it cannot be written."""
        writer = self.connector(each).writer(each.resource)
        if isinstance(writer, CompletesNewRecords):
            writer.complete_new_records(self.prepared.compiled.decided_on_target)
        return writer

    def __enter__(self) -> Self:
        refuse_one_system(self.prepared)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connector in self._open.values():
            connector.close()


def whose(prepared: PreparedRun, each: Input) -> str:
    """Return in words whose credentials an input's are: those of a connection, or a mapping's."""
    connection = prepared.request.connection
    name = prepared.spec.name if connection is None else connection.name
    return f"{name}/{each.side or each.connector}"


def refuse_one_system(prepared: PreparedRun) -> None:
    """Raise `Refused` where source and target are one: what a mapping alone cannot show.

    Options that a connection, the environment or the command line give may make them so.
    """
    found = inputs(prepared)
    source, target = found["source"], found["target"]
    if source.connector != target.connector or source.resource != target.resource:
        return
    is_file = target.connector == FILES
    if is_file or options_of(prepared, source) == options_of(prepared, target):
        with_options = "" if is_file else ", with the same options"
        summary = f"source and target are both {target.text}{with_options}"
        raise refusal("M120", prepared.request.name, summary, "a source is never written to")


def offline_help(refused: Refused, role: str) -> Refused:
    """Return a refusal that also says how to do without the system: name a file."""
    name = role.partition(".")[2]
    option = f"--reference {name}=FILE" if name else f"--{role} FILE"
    return Refused(
        replace(each, help=f"{each.help}; or read a file instead: {option}")
        if each.code == "C112"
        else each
        for each in refused.diagnostics
    )


def _of(
    prepared: PreparedRun,
    endpoint: EndpointSpec,
    file: str | None,
    resource: Resource | None,
    side: str = "",
) -> Input:
    """Return an endpoint's input, or the file that stands for it, read as the mapping says."""
    options = tuple((name, str(each.value)) for name, each in endpoint.options)
    name = endpoint.resource.text
    if prepared.catalogue[endpoint.connector.text].kind == FILES:
        own = located(prepared.request.mapping, name)
        if file is None:
            return Input(endpoint.connector.text, own, options, side)
        return Input(FILES, file, options, side, replaces=(endpoint.connector.text, own))
    if file is not None:
        as_system = tuple(stand_in_options(resource).items())
        return Input(FILES, file, as_system, replaces=(endpoint.connector.text, name))
    return Input(endpoint.connector.text, name, options, side)


def _reference(prepared: PreparedRun, reference: ReferenceSpec, file: str | None) -> Input:
    spec, side = prepared.spec, reference.side or ""
    endpoint = reference.endpoint
    if endpoint is None:
        endpoint = replace(
            spec.source if side == "source" else spec.target, resource=reference.resource
        )
    else:
        side = _side_of(endpoint.connector.text, spec)
    resources = prepared.catalogue[endpoint.connector.text].resources
    resource = resources.get(endpoint.resource.text)
    return _of(prepared, endpoint, file, resource, _side(side, prepared))


def _side_of(connector: str, spec: MappingSpec) -> str:
    """Return the side that a connector is; nothing where it is neither, or both."""
    sides = [
        name
        for name, each in (("source", spec.source), ("target", spec.target))
        if each.connector.text == connector
    ]
    return sides[0] if len(sides) == 1 else ""


def stand_in_options(resource: Resource | None) -> dict[str, str]:
    """Return the options by which a file is read in the place of a system's resource."""
    id_path = "id" if resource is None else resource.id
    return {"id": id_path, "types": _column_types(resource)}


def _column_types(resource: Resource | None) -> str:
    """Return what the file connector is told of the columns of a CSV file in a system's place."""
    if resource is None:
        return ""
    kinds = {path: _kind(each.types - {"null"}) for path, each in resource.fields.items()}
    return " ".join(
        f"{path}={kind}" for path, kind in kinds.items() if kind and path.split() == [path]
    )


def _kind(types: frozenset[str]) -> str:
    if types == {"integer", "number"}:
        return "number"
    return next(iter(types & _NOT_TEXT), "") if len(types) == 1 else ""


_NOT_TEXT = frozenset({"integer", "number", "boolean"})


def lag_of(prepared: PreparedRun) -> timedelta:
    """Return how long the target may not show a new record."""
    resource = resource_of(prepared, inputs(prepared)["target"])
    return timedelta(seconds=resource.lag if resource is not None else USUAL_LAG)


def resource_of(prepared: PreparedRun, each: Input) -> Resource | None:
    """Return what is known of an input's records; None of an unknown resource."""
    resources = description_of(prepared, each).resources
    return resources.get(each.resource, resources.get(ANY))
