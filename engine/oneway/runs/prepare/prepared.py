"""A compiled request and its inputs: which systems' records, or files instead."""

from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from oneway.connections.discovery import ANY, FILES, describe, with_defaults
from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.description import USUAL_LAG, Description, Resource
from oneway.core.diagnostics import Refused, refusal
from oneway.core.records import Value
from oneway.core.seal import canonical
from oneway.mapping.compiler import Compiled, drops_spaces
from oneway.mapping.expressions import Context
from oneway.mapping.spec import EndpointSpec, GuardsSpec, MappingSpec, ReferenceSpec
from oneway.runs.prepare.compilation import located
from oneway.runs.prepare.request import RunRequest
from oneway.runs.prepare.whereabouts import (
    digest_of,
    home_of,
    real_place,
    whereabouts,
    with_digest,
)

if TYPE_CHECKING:
    from oneway.connections.connection import Side
    from oneway.planning.plan import Plan
    from oneway.planning.plan_inputs import PlanConnection, PlanInput


@dataclass(frozen=True, slots=True)
class Input:
    """One resource of one connector; `options` are those that the mapping writes for it.

    `side` is "source" or "target" where a connection says how that side is reached. `replaces`
    is the connector and the resource that a file is read in place of.
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

    def cannot_read(self, error: ReadError) -> Refused:
        """Return the refusal to read it, at its place; a file is not named a second time."""
        summary = error.summary.removeprefix(f"{self.resource}: ")
        return refusal(error.code, self.text, summary, error.help)


@dataclass(frozen=True)
class PreparedRun:
    """A request whose mapping is compiled, with its connectors described and settings resolved.

    What follows from it is worked out when it is first asked for, and kept.
    """

    request: RunRequest
    compiled: Compiled
    catalogue: Mapping[str, Description]
    settings: Mapping[str, Value]
    home: Path | None = None
    """The folder of the state folder: the names of histories tell files by their paths from it."""

    def at_home(self, state: Path) -> "PreparedRun":
        """Return the same for a state folder; both share the inputs."""
        return self._sharing(replace(self, home=home_of(state)))

    def as_of(self, instant: datetime) -> "PreparedRun":
        """Return the same as of another instant; both share the inputs."""
        return self._sharing(replace(self, request=replace(self.request, as_of=instant)))

    def _sharing(self, found: "PreparedRun") -> "PreparedRun":
        vars(found)["inputs"] = self.inputs
        return found

    @property
    def spec(self) -> MappingSpec:
        """The mapping as written."""
        return self.compiled.spec

    @property
    def guards(self) -> GuardsSpec:
        """The mapping's guards, overridden by those of the connection."""
        from oneway.connections.guards import merged_guards

        connection = self.request.connection
        return merged_guards(self.spec.guards, connection.guards if connection else None)

    @property
    def context(self) -> Context:
        """What expressions may read besides a record."""
        return self.compiled.context(self.settings, self.request.as_of)

    @property
    def zone(self) -> str:
        """The time zone in which times are shown: the connection's, else the mapping's."""
        connection, own = self.request.connection, self.spec.time_zone
        found = connection.zone if connection is not None else ""
        return found or (own.text if own is not None else "UTC")

    @cached_property
    def inputs(self) -> Mapping[str, Input]:
        """The input of each role: "source", "target" and each "references.NAME"."""
        return _resolve_inputs(self)

    @cached_property
    def as_reached(self) -> Compiled:
        """The mapping for the target that this run writes to, whatever says its options."""
        each = self.inputs["target"]
        is_file = description_of(self, each).kind == FILES
        trims = is_file and drops_spaces(each.resource, options_of(self, each))
        code = self.compiled.code
        if trims is code.policy.trims:
            return self.compiled
        code = replace(code, policy=replace(code.policy, trims=trims))
        return replace(self.compiled, code=code)

    @cached_property
    def plan_inputs(self) -> Mapping[str, "PlanInput"]:
        """What a plan records of each input: where it comes from, and the options in force."""
        return {role: _plan_input(self, each) for role, each in self.inputs.items()}

    @property
    def plan_connection(self) -> "PlanConnection | None":
        """What a plan records of the connection; None without one.

        A rehearsal, which writes to another target than the connection's, has a name of its own:
        what it does there says nothing of the connection's records.
        """
        from oneway.planning.plan_inputs import PlanConnection

        connection = self.request.connection
        if connection is None:
            return None
        name = connection.name
        return PlanConnection(
            with_digest(name, self.plan_inputs, None) if self._elsewhere else name, connection.file
        )

    @cached_property
    def as_connected(self) -> bool:
        """Whether all is read and written where the connection says, or there is no connection."""
        return self._connected_inputs == self.plan_inputs

    @property
    def reads_elsewhere(self) -> bool:
        """Whether a run of the connection reads something in place of what the connection says.

        What it reads does not prove that anything of the connection is over.
        """
        return not (self.as_connected or self._elsewhere)

    @property
    def _elsewhere(self) -> bool:
        """Whether the target is not the connection's own."""
        own, each = self._connected_inputs["target"], self.plan_inputs["target"]
        return (
            whereabouts({"": own}, None) != whereabouts({"": each}, None)
            or own.origin != each.origin
        )

    @cached_property
    def _connected_inputs(self) -> Mapping[str, "PlanInput"]:
        """What a plan would record of each input if nothing were given in its place."""
        request = self.request
        if request.connection is None or not (
            request.source or request.target or request.references or request.options
        ):
            return self.plan_inputs
        plain = replace(request, source=None, target=None, references={}, options={})
        return replace(self, request=plain).plan_inputs

    @cached_property
    def connection_name(self) -> str:
        """The name under which the journal stores this run, and those before and after it."""
        own = self.plan_connection
        if own is not None:
            return own.name
        return with_digest(self.spec.name, self.plan_inputs, self.home)

    @cached_property
    def systems_lock(self) -> str:
        """The name of the lock of the source and target that this run reads and writes.

        Runs of one account under different names have the same, even over different paths.
        """
        found = dict[str, str]()
        for role in ("source", "target"):
            place = real_place(self.plan_inputs[role])
            refs = [] if "file" in place else credentials_of(self, self.inputs[role])
            found |= {f"{role} {name}": text for name, text in place.items()}
            found |= {f"{role} credential {name}": text for name, text in refs}
        words = " to ".join(self.plan_inputs[role].text for role in ("source", "target"))
        return f"{words} {digest_of(found)[:16]}"


def connection_of(plan: "Plan", state: Path) -> str:
    """Return the name under which a state folder's journal stores the run of a plan."""
    if plan.connection is not None:
        return plan.connection.name
    return with_digest(plan.mapping, plan.inputs, home_of(state))


def options_of(prepared: PreparedRun, each: Input) -> dict[str, str]:
    """Return the options, without opening credentials (for which a keyring may ask a person)."""
    from oneway.connections.access import given_options

    description = description_of(prepared, each)
    found = given_options(description, prepared.request.lookup, given_to(prepared, each))
    return with_defaults(description, {**dict(each.options), **found})


def credentials_of(prepared: PreparedRun, each: Input) -> list[tuple[str, str]]:
    """Return where the credentials of an input are kept, by name; none is opened.

    Returns none if any is missing: opening the system says which.
    """
    from oneway.connections.access import given_secrets

    kept = side_of(prepared, each).credentials
    try:
        given = given_secrets(description_of(prepared, each), prepared.request.lookup)
    except Refused:
        return []
    refs = {**given, **{name: (ref,) for name, ref in kept.items()}}
    return [(name, str(ref)) for name, found in sorted(refs.items()) for ref in found]


def given_to(prepared: PreparedRun, each: Input) -> dict[str, str]:
    prefix = f"{each.connector}."
    given = {
        key.removeprefix(prefix): value
        for key, value in prepared.request.options.items()
        if key.startswith(prefix)
    }
    return {**side_of(prepared, each).options, **given}


def side_of(prepared: PreparedRun, each: Input) -> "Side":
    """Return what the connection says of an input's side; nothing without one."""
    from oneway.connections.connection import Side

    connection = prepared.request.connection
    return connection.sides[each.side] if connection is not None and each.side else Side()


def description_of(prepared: PreparedRun, each: Input) -> Description:
    """Return the description of an input's connector."""
    return describe(FILES) if each.connector == FILES else prepared.catalogue[each.connector]


def resource_of(prepared: PreparedRun, each: Input) -> Resource | None:
    """Return the description of an input's records; None for an unknown resource."""
    resources = description_of(prepared, each).resources
    return resources.get(each.resource, resources.get(ANY))


def lag_of(prepared: PreparedRun) -> timedelta:
    """Return how long the target may take to show a new record."""
    resource = resource_of(prepared, prepared.inputs["target"])
    return timedelta(seconds=resource.lag if resource is not None else USUAL_LAG)


def stand_in_options(resource: Resource | None) -> dict[str, str]:
    """Return the options by which a file is read in place of a system's resource."""
    id_path = "id" if resource is None else resource.id
    # The types are the system's, not those set for this file.
    return {"id": id_path, "types": _column_types(resource), "unfit_cells": "keep"}


def _resolve_inputs(prepared: PreparedRun) -> dict[str, Input]:
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


def _plan_input(prepared: PreparedRun, each: Input) -> "PlanInput":
    from oneway.planning.plan_inputs import PlanInput

    options, description = options_of(prepared, each), description_of(prepared, each)
    return PlanInput(
        *(each.replaces or (each.connector, each.resource)),
        options,
        file=None if each.replaces is None else each.resource,
        origin=_origin(description, options),
        manifest=_digest(description),
    )


def _origin(description: Description, options: Mapping[str, str]) -> str:
    from oneway.connections.origins import origins_of

    try:
        return " ".join(sorted(origins_of(description, options)))
    except Refused:
        return ""  # an option is missing, which is refused where the system is opened


def _digest(description: Description) -> str:
    """Return the digest of a manifest's content, without comments and spaces."""
    return sha256(canonical(description.body).encode("ascii")).hexdigest()


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
    spec = prepared.spec
    endpoint = spec.end_of(reference)
    side = reference.side or _side_named(endpoint.connector.text, spec)
    resources = prepared.catalogue[endpoint.connector.text].resources
    resource = resources.get(endpoint.resource.text)
    return _of(prepared, endpoint, file, resource, _side(side, prepared))


def _side_named(connector: str, spec: MappingSpec) -> str:
    """Return the side that uses a connector; blank if neither or both do."""
    sides = [
        name
        for name, each in (("source", spec.source), ("target", spec.target))
        if each.connector.text == connector
    ]
    return sides[0] if len(sides) == 1 else ""


def _side(role: str, prepared: PreparedRun) -> str:
    """Return the side that a connection says how to reach; nothing without one."""
    return role if prepared.request.connection is not None else ""


def _column_types(resource: Resource | None) -> str:
    """Return the `types` option of a CSV file that is read in a system's place."""
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
