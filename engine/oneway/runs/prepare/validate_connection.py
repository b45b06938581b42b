"""Checks that a connection fits its mapping and connectors, and places every mistake."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from oneway.connections.discovery import FILES
from oneway.core.description import Description, Option
from oneway.core.diagnostics import Diagnostic, Severity, did_you_mean
from oneway.core.records import Value
from oneway.mapping.compiler import Compiled
from oneway.mapping.spec import EndpointSpec, GuardsSpec, SettingSpec
from oneway.runs.prepare.settings import WANTED, is_of

if TYPE_CHECKING:
    from oneway.connections.connection import Connection, OwnGuards, Side
    from oneway.planning.guard_kinds import LooserGuard


def connection_mistakes(
    connection: "Connection", compiled: Compiled, catalogue: Mapping[str, Description]
) -> tuple[Diagnostic, ...]:
    """Return what in a connection does not fit its mapping or its connectors."""
    spec = compiled.spec
    sides = (("source", spec.source, connection.source), ("target", spec.target, connection.target))
    found = [*_settings(connection, {each.name: each for each in spec.settings})]
    for name, endpoint, side in sides:
        description = catalogue[endpoint.connector.text]
        found += _side(connection, name, side, description)
        resource = description.resources.get(endpoint.resource.text)
        # A source answers as many requests for one record at once as its details allow.
        read = resource.concurrency if resource is not None and name == "source" else 1
        found += _concurrency(
            connection, name, side, description, max(description.concurrency, read)
        )
    found += _idle(connection, compiled, catalogue)
    if connection.guards is not None and not connection.reviewed_by:
        help = "make it stricter, or name the reviewer and the date in `reviewed_by`"
        for each in _looser(spec.guards, connection.guards):
            theirs = f"{each.name} is limited by {each.was} there"
            summary = f"this guard lets more through than the mapping's: {theirs}"
            found.append(connection.written.at(each.path, "C138", summary, help))
    return tuple(found)


def _looser(guards: GuardsSpec, own: "OwnGuards") -> "Iterator[LooserGuard]":
    """Yield the guards of a connection that let more through than the mapping's."""
    from oneway.connections.guards import merged_guards
    from oneway.planning.guard_kinds import looser_guards

    return looser_guards(guards, merged_guards(guards, own))


def _idle(
    connection: "Connection", compiled: Compiled, catalogue: Mapping[str, Description]
) -> Iterator[Diagnostic]:
    """Yield a warning for each key that has no effect where it is."""
    spec, own = compiled.spec, connection.guards
    if connection.reviewed_by and (own is None or not any(_looser(spec.guards, own))):
        summary = "`reviewed_by` has no effect: no guard lets more through than the mapping's"
        yield _without_effect(connection, "reviewed_by", summary, "remove it")
    ends = (spec.source, spec.target)
    if connection.only_changed and not all(_is_lines(each, catalogue) for each in ends):
        summary = "`only_changed` has no effect: source and target are not both JSON Lines"
        help = "remove it, or read and write files that end in .jsonl"
        yield _without_effect(connection, "only_changed", summary, help)


def _is_lines(end: EndpointSpec, catalogue: Mapping[str, Description]) -> bool:
    """Return whether one end of a mapping is a file of JSON Lines."""
    named = dict(end.options).get("format")
    format = str(named.value) if named else end.resource.text.rpartition(".")[2]
    return catalogue[end.connector.text].kind == FILES and format.lower() in _LINES


_LINES = ("jsonl", "ndjson")


def _without_effect(connection: "Connection", key: str, summary: str, help: str) -> Diagnostic:
    at = connection.written.at
    return at((key,), "M204", summary, help, key=True, severity=Severity.WARNING)


def _settings(
    connection: "Connection", declared: Mapping[str, SettingSpec]
) -> Iterator[Diagnostic]:
    for name, value in connection.settings.items():
        path = ("settings", name)
        if name not in declared:
            help = did_you_mean(name, declared) or _has(declared)
            summary = f"the mapping has no setting '{name}'"
            yield connection.written.at(path, "U101", summary, help, key=True)
        elif not is_of(declared[name].type, value):
            what, write = WANTED[declared[name].type]
            help = f"write {write}{_in_quotes(declared[name].type, value)}"
            summary = f"setting '{name}' is {what}"
            yield connection.written.at(path, "U102", summary, help)


def _side(
    connection: "Connection", name: str, side: "Side", description: Description
) -> Iterator[Diagnostic]:
    options = {each.name: each for each in description.options}
    for option in side.options:
        yield from _named(connection, (name, "options", option), options, description, secret=False)
    for option in side.credentials:
        path = (name, "credentials", option)
        yield from _named(connection, path, options, description, secret=True)


def _concurrency(
    connection: "Connection", name: str, side: "Side", description: Description, most: int
) -> Iterator[Diagnostic]:
    if side.concurrency is not None and side.concurrency > most:
        own = f", or allow more by `concurrency` in {description.file}" if description.body else ""
        summary = f"{description.title} allows {most} in flight, and this is {side.concurrency}"
        help = f"write {most} or less{own}"
        yield connection.written.at((name, "concurrency"), "C139", summary, help)


def _named(
    connection: "Connection",
    path: tuple[str, str, str],
    options: Mapping[str, Option],
    description: Description,
    *,
    secret: bool,
) -> Iterator[Diagnostic]:
    side, _, name = path
    kind = "credential" if secret else "option"
    if name not in options:
        known = [each.name for each in description.options if each.secret is secret]
        summary = f"{description.title} has no {kind} '{name}'"
        help = did_you_mean(name, known) or _has(known)
        yield connection.written.at(path, "C113", summary, help, key=True)
    elif options[name].secret is not secret:
        right = "options" if secret else "credentials, by reference,"
        summary = f"'{name}' of {description.title} is not one of its {kind}s"
        yield connection.written.at(
            path, "C137", summary, f"write it under {side}.{right}".rstrip(","), key=True
        )


def _has(known: Mapping[str, object] | list[str]) -> str:
    return f"it has: {', '.join(known) or 'none'}"


def _in_quotes(type: str, value: Value) -> str:
    return ", in quotes" if type == "string" and not isinstance(value, str) else ""
