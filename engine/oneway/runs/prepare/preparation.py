"""Compiles the mapping of a request; needs neither network nor credentials."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from oneway.core.diagnostics import Diagnostic, Findings, Refused, Severity, Span, did_you_mean
from oneway.core.records import Value
from oneway.mapping.compiler import Compiled, connectors_of
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.spec import GuardKind, MappingSpec
from oneway.runs.prepare.compilation import compile_data, mapping_of
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.prepare.settings import resolve_settings

if TYPE_CHECKING:
    from oneway.planning.plan_inputs import Allowance

T = TypeVar("T")


def prepare_run(
    request: RunRequest, data: bytes | None = None, beside: Compiled | None = None
) -> PreparedRun:
    """Compile the mapping of a request; raise `Refused` with every mistake.

    `data` are the mapping's bytes where they are not those of its file: another version's. `beside`
    is a version that the same request is for: what only that one knows is left out.
    """
    if data is None:
        data = mapping_of(request.mapping, request.connection)
    connection = request.connection
    manifests = connection.manifests if connection else None
    compiled_mapping, catalogue = compile_data(data, request.mapping, request.folders, manifests)
    if beside is not None:
        request = _for_one(request, compiled_mapping, beside)
        connection = request.connection
    spec = compiled_mapping.spec
    found = Findings()
    for diagnostic in _unknown_names(request, spec):
        found.add(diagnostic)
    for diagnostic in _unknown_fields(request.allowed, compiled_mapping):
        found.add(diagnostic)
    if connection is not None:
        from oneway.runs.prepare.validate_connection import connection_mistakes

        found.found.extend(connection_mistakes(connection, compiled_mapping, catalogue))
    settings: Mapping[str, Value] = {}
    try:
        own = connection.settings if connection else None
        settings = resolve_settings(spec.settings, request.settings, own)
    except Refused as refused:
        found.found.extend(refused.diagnostics)
    found.refuse_errors()
    return PreparedRun(request, compiled_mapping, catalogue, settings)


def _for_one(request: RunRequest, own: Compiled, other: Compiled) -> RunRequest:
    """Return a request without the names that only another version of the mapping has."""

    def known(
        given: Mapping[str, T], name: Callable[[MappingSpec], Collection[str]]
    ) -> dict[str, T]:
        others = set(name(other.spec)) - set(name(own.spec))
        return {key: each for key, each in given.items() if key.partition(".")[0] not in others}

    def settings(spec: MappingSpec) -> list[str]:
        return [each.name for each in spec.settings]

    connection = request.connection
    if connection is not None:
        connection = replace(connection, settings=known(connection.settings, settings))
    return replace(
        request,
        connection=connection,
        settings=known(request.settings, settings),
        references=known(request.references, lambda spec: [e.name for e in spec.references]),
        options=known(request.options, lambda spec: [e.text for e in connectors_of(spec)]),
        allowed=tuple(
            each
            for each in request.allowed
            if not _unknown_fields((each,), own) or _unknown_fields((each,), other)
        ),
    )


def _unknown_names(request: RunRequest, spec: MappingSpec) -> list[Diagnostic]:
    references = [each.name for each in spec.references]
    connectors = [each.text for each in connectors_of(spec)]
    wrong = [
        _error("U103", f"--reference {name}", f"the mapping has no reference '{name}'", references)
        for name in request.references
        if name not in references
    ]
    for key in request.options:
        connector = key.partition(".")[0]
        if connector not in connectors:
            summary = f"the mapping does not use a connector '{connector}'"
            wrong.append(_error("U104", f"--option {key}", summary, connectors))
    return wrong


def _unknown_fields(allowed: "Sequence[Allowance]", mapping: Compiled) -> list[Diagnostic]:
    if not allowed:
        return []
    policy = mapping.code.policy
    fields = [each.path for each in (*policy.fields, *policy.leaving)]
    tallies = tallies_of(mapping.code).items()
    keys = [f"{role}.{key}" for role, tally in tallies for key in tally.counts()]
    valued = [f"{role}.{key}" for role, tally in tallies for key in tally.valued()]
    known = {GuardKind.FIELD_CHANGES: ("has no field", fields)}
    known[GuardKind.KEYS_GONE] = ("reads no key", keys)
    known[GuardKind.VALUES_GONE] = ("counts no values of", valued)
    return [
        _error("U106", f"--allow {each.guard}", f"the mapping {what} '{word}'", names)
        for each in allowed
        for kind, (what, names) in known.items()
        if (word := each.guard.removeprefix(f"{kind.value}.")) != each.guard and word not in names
    ]


def _error(code: str, where: str, summary: str, known: Sequence[str]) -> Diagnostic:
    name = where.split(" ", 1)[1].partition(".")
    word = name[2] if code == "U106" else name[0]
    help = did_you_mean(word, known) or f"it has: {', '.join(known) or 'none'}"
    return Diagnostic(Span(where), Severity.ERROR, code, summary, help)
