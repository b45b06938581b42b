"""A spec and the descriptions of its connectors become a program: every name is resolved.

All mistakes are found in one run. What an expression reads is compared with the record
schema of the system it reads from, so that an unknown field is known before any call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from oneway.connector import Capability, Description, Field, Resource
from oneway.diagnostics import Diagnostic, Findings, Severity, Span, did_you_mean
from oneway.expressions import Context, Expression, ExpressionSyntax, PathUse, parse
from oneway.interpreter import Code, FieldCode, Interpreted, ReferenceCode, Table, Typed
from oneway.lint import lint
from oneway.program import FieldRule, Policy, Rule
from oneway.record_schema import readable, writable
from oneway.records import Value, path_of
from oneway.spec import (
    Constant,
    EndpointSpec,
    FieldSpec,
    MappingSpec,
    MatchSpec,
    Merge,
    ReferenceSpec,
    Text,
    Write,
)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A mapping in which every name is resolved; `warnings` are what `validate` shows of it."""

    spec: MappingSpec
    code: Code
    source: Resource
    target: Resource
    zone: tzinfo
    warnings: tuple[Diagnostic, ...] = ()

    def context(self, settings: Mapping[str, Value], as_of: datetime) -> Context:
        """Return what expressions may know besides a record."""
        return Context(as_of=as_of, settings=settings, zone=self.zone)

    def bind(self, context: Context, tables: Mapping[str, Table]) -> Interpreted:
        """Return the program, ready to turn records into rows."""
        return Interpreted(self.code, context, tables)


def connectors_of(spec: MappingSpec) -> tuple[Text, ...]:
    """Return the names of the connectors that a mapping asks for, each once, where first named."""
    endpoints = [spec.source, spec.target]
    endpoints += [each.endpoint for each in spec.references if each.endpoint is not None]
    first: dict[str, Text] = {}
    for endpoint in endpoints:
        first.setdefault(endpoint.connector.text, endpoint.connector)
    return tuple(first.values())


def compile_mapping(
    spec: MappingSpec, lines: Sequence[str], catalogue: Mapping[str, Description]
) -> Compiled:
    """Return the compiled mapping; raise `Refused` with every mistake.

    `lines` is the text of the mapping, for the quotes of diagnostics; `catalogue` holds the
    description of each of `connectors_of(spec)`.
    """
    work = _Compiler(spec, lines, catalogue, Findings())
    compiled = work.compile()
    warnings = work.findings.refuse_errors()
    return Compiled(
        compiled.spec, compiled.code, compiled.source, compiled.target, compiled.zone, warnings
    )


class _Compiler:
    def __init__(
        self,
        spec: MappingSpec,
        lines: Sequence[str],
        catalogue: Mapping[str, Description],
        findings: Findings,
    ) -> None:
        self.spec = spec
        self.lines = lines
        self.catalogue = catalogue
        self.findings = findings
        self.source = self.resource(spec.source)
        self.target = self.resource(spec.target)

    def compile(self) -> Compiled:
        spec = self.spec
        self.capabilities()
        references = tuple(map(self.reference, spec.references))
        leavers = spec.leavers
        code = Code(
            policy=self.policy(),
            match_source=tuple(self.typed(each.source) for each in spec.match),
            match_target=tuple(
                self.parsed(each.target, self.target, "target") for each in spec.match
            ),
            rules=tuple(self.parsed(each.when, self.source, "source") for each in spec.eligible),
            fields=tuple(map(self.field, spec.fields)),
            leaver=self.parsed(leavers.when, self.source, "source") if leavers else None,
            leaving=tuple(map(self.field, leavers.set)) if leavers else (),
            left=self.optional(leavers.left, self.target, "target") if leavers else None,
            scheduled=self.optional(leavers.scheduled, self.target, "target") if leavers else None,
            label=self.optional(spec.label, self.source, "source"),
            references=references,
        )
        for diagnostic in lint(spec, code, self.source, self.target):
            self.report(diagnostic)
        return Compiled(spec, code, self.source, self.target, self.zone())

    def capabilities(self) -> None:
        """Report what the mapping asks of a system that it cannot do."""
        spec = self.spec
        self.needs(Capability.READ, self.source, spec.source, "its records cannot be read")
        self.needs(Capability.READ, self.target, spec.target, "its records cannot be read")
        self.needs(Capability.UPDATE, self.target, spec.target, "its records cannot be updated")
        if spec.joiners.create:
            text = "no record can be created; set `joiners: {create: false}`"
            self.needs(Capability.CREATE, self.target, spec.target, text)
        if spec.leavers is not None:
            text = "no record can be made to leave; remove `leavers`"
            self.needs(Capability.LEAVE, self.target, spec.target, text)

    def needs(
        self, capability: Capability, resource: Resource, endpoint: EndpointSpec, text: str
    ) -> None:
        if capability not in resource.capabilities and resource is not UNKNOWN:
            self.error("M112", endpoint.resource.span, f"{endpoint.connector.text}: {text}")

    def resource(self, endpoint: EndpointSpec) -> Resource:
        """Return the resource that an endpoint names, or UNKNOWN, having said so."""
        description = self.catalogue.get(endpoint.connector.text)
        if description is None:
            return UNKNOWN
        return self.found(description, endpoint.resource)

    def found(self, description: Description, name: Text) -> Resource:
        if description.kind == "file":
            return next(iter(description.resources.values()))
        if name.text in description.resources:
            return description.resources[name.text]
        known = ", ".join(description.resources)
        near = did_you_mean(name.text, description.resources)
        summary = f"unknown resource '{name.text}' of {description.name}"
        self.error("M106", name.span, summary, near or f"it has: {known}")
        return UNKNOWN

    def reference(self, spec: ReferenceSpec) -> ReferenceCode:
        resource = self.reference_resource(spec)
        where = f"reference '{spec.name}'"
        return ReferenceCode(
            spec.name,
            self.parsed(spec.key, resource, where),
            self.parsed(spec.value, resource, where),
        )

    def reference_resource(self, spec: ReferenceSpec) -> Resource:
        endpoint = spec.endpoint
        if endpoint is None:
            endpoint = self.spec.source if spec.side == "source" else self.spec.target
        description = self.catalogue.get(endpoint.connector.text)
        return UNKNOWN if description is None else self.found(description, spec.resource)

    def policy(self) -> Policy:
        spec = self.spec
        leavers = spec.leavers
        return Policy(
            name=spec.name,
            match=tuple(each.compare for each in spec.match),
            match_paths=tuple(self.match_path(each) for each in spec.match),
            key_shown=tuple(not self.is_sensitive(each.source) for each in spec.match),
            carried=tuple(self.is_carried(each) for each in spec.match),
            rules=tuple(
                Rule(each.id, each.otherwise, each.categories, each.span) for each in spec.eligible
            ),
            fields=tuple(map(self.field_rule, spec.fields)),
            leaving=tuple(map(self.field_rule, leavers.set)) if leavers else (),
            reactivating=self.reactivating(),
            create=spec.joiners.create,
            unless_taken=self.unless_taken(),
            has_leavers=leavers is not None,
            rehires=spec.rehires,
            absent=spec.absent,
            guards=spec.guards,
        )

    def reactivating(self) -> tuple[tuple[int, Value], ...]:
        leavers = self.spec.leavers
        if leavers is None:
            return ()
        positions = {field.path: i for i, field in enumerate(leavers.set)}
        for name, constant in self.spec.reactivated:
            if name not in positions:
                help = did_you_mean(name, positions) or "name a field of leavers.set"
                self.error("M115", constant.span, f"'{name}' is not set when a person leaves", help)
        return tuple(
            (positions[name], constant.value)
            for name, constant in self.spec.reactivated
            if name in positions
        )

    def match_path(self, spec: MatchSpec) -> str:
        expression = self.quietly(spec.target)
        return ".".join(expression.simple) if expression and expression.simple else ""

    def is_carried(self, spec: MatchSpec) -> bool:
        """Return whether each record that is created holds the value it was matched by."""
        path = self.match_path(spec)
        return any(
            field.path == path
            and field.source is not None
            and field.source.text.strip() == spec.source.text.strip()
            and field.when is None
            and field.lookup is None
            and field.write is not Write.NEVER
            for field in self.spec.fields
        )

    def is_sensitive(self, text: Text) -> bool:
        """Return whether an expression on a source record reads anything sensitive."""
        expression = self.quietly(text)
        if expression is None:
            return True
        secret = {
            field.source.text.strip()
            for field in self.spec.fields
            if field.sensitive and field.source is not None
        }
        return self.reads_marked(expression) or text.text.strip() in secret

    def unless_taken(self) -> tuple[int, ...]:
        positions = {field.path: i for i, field in enumerate(self.spec.fields)}
        found = []
        for text in self.spec.joiners.unless_taken:
            if text.text in positions:
                found.append(positions[text.text])
                continue
            help = did_you_mean(text.text, positions) or "add it to `fields`"
            self.error("M114", text.span, f"'{text.text}' is not a field of this mapping", help)
        return tuple(sorted(set(found)))

    def field_rule(self, spec: FieldSpec) -> FieldRule:
        field = self.target_field(spec)
        return FieldRule(
            path=spec.path,
            keys=path_of(spec.path),
            expression=spec.source.text
            if spec.source
            else str(spec.value.value if spec.value else ""),
            place=(spec.source or spec.value or spec).span,
            write=spec.write,
            on_blank=spec.on_blank,
            on_miss=spec.on_miss,
            compare=spec.compare,
            sensitive=spec.sensitive or bool(field and field.sensitive) or self.reads_secret(spec),
            merge=spec.merge or Merge.REPLACE,
            unique=bool(field and field.unique),
            unique_ignores_case=bool(
                field and (field.unique_ignores_case or field.format == "email")
            ),
            written=spec.written,
        )

    def reads_secret(self, spec: FieldSpec) -> bool:
        expression = self.quietly(spec.source) if spec.source else None
        return expression is not None and self.reads_marked(expression)

    def reads_marked(self, expression: Expression) -> bool:
        """Return whether an expression reads a field that the source marks sensitive."""
        if expression.facts.whole:
            return any(field.sensitive for field in self.source.fields.values())
        return any(covers(self.source, ".".join(use.keys)) for use in expression.paths)

    def field(self, spec: FieldSpec) -> FieldCode:
        field = self.target_field(spec)
        if field is None and not self.target.open and self.target is not UNKNOWN:
            help = did_you_mean(spec.path, self.target.fields)
            self.error("M102", spec.key_span, f"unknown target field '{spec.path}'", help)
        return FieldCode(
            rule=self.field_rule(spec),
            source=self.typed(spec.source) if spec.source else None,
            constant=spec.value.value if spec.value else None,
            default=self.stand_in(spec.default),
            initial=self.stand_in(spec.initial),
            when=self.optional(spec.when, self.source, "source"),
            lookup=self.lookup(spec),
            check=writable(field),
        )

    def lookup(self, spec: FieldSpec) -> str | None:
        if spec.lookup is None:
            return None
        known = [each.name for each in self.spec.references]
        if spec.lookup.text not in known:
            help = did_you_mean(spec.lookup.text, known)
            self.error("M107", spec.lookup.span, f"unknown reference '{spec.lookup.text}'", help)
        return spec.lookup.text

    def target_field(self, spec: FieldSpec) -> Field | None:
        return self.target.fields.get(spec.path)

    def stand_in(self, value: Text | Constant | None) -> Expression | Constant | None:
        if isinstance(value, Text):
            return self.parsed(value, self.source, "source")
        return value

    def typed(self, text: Text) -> Typed:
        expression = self.parsed(text, self.source, "source")
        simple = ".".join(expression.simple) if expression.simple else ""
        return Typed(expression, readable(self.source.fields.get(simple)))

    def optional(self, text: Text | None, resource: Resource, where: str) -> Expression | None:
        return None if text is None else self.parsed(text, resource, where)

    def parsed(self, text: Text, resource: Resource, where: str) -> Expression:
        """Return the expression, having compared what it reads with the record schema."""
        try:
            expression = parse(text.text, text.span)
        except ExpressionSyntax as error:
            span = within(text.span, error.offset, error.length)
            self.error("M103", span, error.summary, error.help)
            return parse("@", text.span)
        self.compare_paths(expression, resource, where)
        self.compare_settings(expression)
        return expression

    def quietly(self, text: Text) -> Expression | None:
        """Return the expression, or None where `parsed` reports why there is none."""
        try:
            return parse(text.text, text.span)
        except ExpressionSyntax:
            return None

    def compare_paths(self, expression: Expression, resource: Resource, where: str) -> None:
        if resource.open or resource is UNKNOWN:
            return
        for use in expression.paths:
            known = resource.fields
            for depth in range(1, len(use.keys) + 1):
                path = ".".join(use.keys[:depth])
                if path in known:
                    if "object" in known[path].types or not known[path].types:
                        continue
                    break
                parent = ".".join(use.keys[: depth - 1])
                if parent and not has_children(resource, parent):
                    break  # the schema says no more of what is inside
                self.unknown_field(expression, use, depth, resource, where)
                break

    def unknown_field(
        self, expression: Expression, use: PathUse, depth: int, resource: Resource, where: str
    ) -> None:
        path = ".".join(use.keys[:depth])
        near = did_you_mean(".".join(use.keys), resource.fields) or did_you_mean(
            path, resource.fields
        )
        place = use.places[depth - 1]
        span = within(expression.span, place.offset, place.length)
        self.error("M101", span, f"unknown {where} field '{path}'", near)

    def compare_settings(self, expression: Expression) -> None:
        known = [each.name for each in self.spec.settings]
        for use in expression.settings:
            if use.name not in known:
                span = within(expression.span, use.place.offset, use.place.length)
                help = did_you_mean(use.name, known) or "declare it under `settings`"
                self.error("M108", span, f"unknown setting '{use.name}'", help)

    def zone(self) -> tzinfo:
        text = self.spec.time_zone
        if text is None:
            return UTC
        try:
            return ZoneInfo(text.text)
        except (KeyError, ValueError, OSError):
            help = "use an IANA name such as Europe/London"
            self.error("M118", text.span, f"unknown time zone '{text.text}'", help)
            return UTC

    def error(self, code: str, span: Span, summary: str, help: str = "") -> None:
        self.report(Diagnostic(span, Severity.ERROR, code, summary, help))

    def report(self, diagnostic: Diagnostic) -> None:
        line = diagnostic.span.line
        quote = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        self.findings.add(replace(diagnostic, quote=quote))


UNKNOWN = Resource("unknown", "id", {}, frozenset(Capability), open=True)
"""Stands in for a resource that was not found, so that nothing more is said of it."""


def within(span: Span, offset: int, length: int) -> Span:
    """Return the place of a part of an expression; the whole where it spans several lines."""
    column = span.column + offset
    if column >= span.end:
        return span
    return Span(span.file, span.line, column, min(column + max(length, 1), span.end))


def has_children(resource: Resource, path: str) -> bool:
    """Return whether a record schema lists what is inside a field."""
    return any(name.startswith(f"{path}.") for name in resource.fields)


def covers(resource: Resource, path: str) -> bool:
    """Return whether a path is, or holds, or lies inside, a field that is marked sensitive."""
    return any(
        field.sensitive
        and (path == name or name.startswith(f"{path}.") or path.startswith(f"{name}."))
        for name, field in resource.fields.items()
    )
