"""What a run reads and writes: which system's records, or which file in their place."""

from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from oneway.connections import access, given_options
from oneway.connector import Access, Connector, Description, Reader, Resource, Writer
from oneway.diagnostics import Refused
from oneway.discovery import FILE, complete, open_connector, with_defaults
from oneway.runs.preparation import Prepared
from oneway.spec import EndpointSpec, ReferenceSpec


@dataclass(frozen=True, slots=True)
class Input:
    """One resource of one connector; `options` are those that the mapping writes for it."""

    connector: str
    resource: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """What is read, in words: "staffology employees", "file people.jsonl"."""
        return f"{self.connector} {self.resource}"


def inputs(prepared: Prepared) -> dict[str, Input]:
    """Return what stands for "source", "target" and each "references.NAME"."""
    spec, request = prepared.spec, prepared.request
    source = _of(spec.source, request.source, prepared.compiled.source)
    target = _of(spec.target, request.target, prepared.compiled.target)
    found = {"source": source, "target": target}
    for reference in spec.references:
        file = request.references.get(reference.name)
        found[f"references.{reference.name}"] = _reference(prepared, reference, file)
    return found


def inputs_in_words(prepared: Prepared) -> dict[str, str]:
    """Return what a plan records of its inputs: each of them, and the options they go by.

    Credentials are no part of it, so that one may change between plan and apply.
    """
    found = inputs(prepared)
    words = {role: each.text for role, each in found.items()}
    for each in found.values():
        if each.connector != FILE.name:
            for name, value in sorted(options_of(prepared, each).items()):
                words[f"options.{each.connector}.{name}"] = value
    return words


def access_of(prepared: Prepared, each: Input) -> Access:
    """Return the options and credentials of an input's connector; raise `Refused`."""
    description = description_of(prepared, each)
    found = access(description, prepared.request.lookup, _given(prepared, each))
    # What is given for one run goes before what the mapping says for all of them.
    return complete(description, replace(found, options={**dict(each.options), **found.options}))


def options_of(prepared: Prepared, each: Input) -> dict[str, str]:
    """Return the options alone: no credential is opened, which a keyring may ask a person for."""
    description = description_of(prepared, each)
    found = given_options(description, prepared.request.lookup, _given(prepared, each))
    return with_defaults(description, {**dict(each.options), **found})


def _given(prepared: Prepared, each: Input) -> dict[str, str]:
    prefix = f"{each.connector}."
    return {
        key.removeprefix(prefix): value
        for key, value in prepared.request.options.items()
        if key.startswith(prefix)
    }


def description_of(prepared: Prepared, each: Input) -> Description:
    """Return the description of an input's connector."""
    return FILE if each.connector == FILE.name else prepared.catalogue[each.connector]


@dataclass(slots=True)
class Systems:
    """The connectors of a run, each opened when first asked for, all closed at the end."""

    prepared: Prepared
    _open: dict[tuple[str, tuple[tuple[str, str], ...]], Connector] = field(default_factory=dict)

    def connector(self, each: Input) -> Connector:
        """Return an input's connector, open; raise `Refused` where it cannot be configured."""
        key = (each.connector, each.options)
        if key not in self._open:
            found = access_of(self.prepared, each)
            self._open[key] = open_connector(description_of(self.prepared, each), found)
        return self._open[key]

    def reader(self, each: Input) -> Reader:
        """Return a reader of an input."""
        return self.connector(each).reader(each.resource)

    def writer(self, each: Input) -> Writer:
        """Return a writer of an input; raise `WriteError` where it cannot be written."""
        return self.connector(each).writer(each.resource)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for connector in self._open.values():
            connector.close()


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


def _of(endpoint: EndpointSpec, file: str | None, resource: Resource | None) -> Input:
    if file is not None:
        id_path = "id" if resource is None else resource.id
        return Input(FILE.name, file, (("id", id_path), ("types", _column_types(resource))))
    options = tuple((name, str(each.value)) for name, each in endpoint.options)
    return Input(endpoint.connector.text, endpoint.resource.text, options)


def _reference(prepared: Prepared, reference: ReferenceSpec, file: str | None) -> Input:
    spec = prepared.spec
    endpoint = reference.endpoint
    if endpoint is None:
        side = spec.source if reference.side == "source" else spec.target
        endpoint = replace(side, resource=reference.resource)
    resources = prepared.catalogue[endpoint.connector.text].resources
    return _of(endpoint, file, resources.get(endpoint.resource.text))


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
