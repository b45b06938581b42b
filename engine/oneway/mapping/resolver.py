"""Resolves the names of a mapping to those of its connectors and record schemas.

The resolver finds resources and parses expressions, compares what they read with the record
schema they read it from, and keeps every mistake with its place.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from oneway.core.dataclass import dataclass
from oneway.core.description import Capability, Description, Resource
from oneway.core.diagnostics import Diagnostic, Findings, Fix, Severity, Span, did_you_mean
from oneway.core.paths import path_of, path_text
from oneway.core.similar_words import only_slip
from oneway.documents.lenient import obj
from oneway.documents.record_fields import fields_of, is_open, items_of, says_null
from oneway.mapping.expressions import Expression, ExpressionSyntax, PathUse, Reading, parse
from oneway.mapping.record_schema import reading_of
from oneway.mapping.spec import EndpointSpec, MappingSpec, ReferenceSpec, Text

UNKNOWN = Resource("unknown", "id", {}, frozenset(Capability), open=True)
"""Stands in for a missing resource, so that nothing more is reported about it."""


_CUT = re.compile(r" #(\S.*)?")
"""A comment that looks like a part of the text before it: ` #1`, or ` #` alone."""

_COMMENT = re.compile(r" #\S*")

_COMMA = "within { } a comma ends a value: put this one in double quotes"
_WORDS = {"true": "true", "false": "false", "null": "null", "none": "null", "nil": "null"}
"""What other languages write as values; here they are names unless in backticks."""


def it_has(resource: Resource, parent: str = "") -> str:
    """Return the known fields in words, at the root or within an object."""
    start = f"{parent}." if parent else ""
    names = [name for name in resource.fields if name.startswith(start)]
    direct = [name for name in names if len(path_of(name)) == len(path_of(start + "x"))]
    more = ", ..." if len(direct) > _MANY else ""
    return f"there are: {', '.join(direct[:_MANY])}{more}" if direct else ""


_MANY = 12
"""The most fields that a message lists."""


def has_children(resource: Resource, path: str) -> bool:
    """Return whether a record schema lists the content of a field."""
    return any(name.startswith(f"{path}.") for name in resource.fields)


_NAMED = {"let": ("named expression", "let"), "choose": ("table of rules", "choices")}


def _declared(spec: MappingSpec, where: str, depth: int) -> str:
    """Return how the mapping itself declares a field; "" if the record schema is a manifest's."""
    end = {"source": spec.source, "target": spec.target}.get(where)
    if end is None or end.record is None:
        return ""
    others = "" if depth > 1 else ", or allow fields beside it: `additionalProperties: true`"
    return f"declare it in `{where}.record`{others}"


def unknown_kind(function: str) -> str:
    """Return what a function names, in words."""
    return _NAMED[function][0]


@dataclass(frozen=True, slots=True)
class Resolver:
    """Resolves the names of one mapping; `lines` is its text, for the quotes of diagnostics."""

    spec: MappingSpec
    lines: Sequence[str]
    catalogue: Mapping[str, Description]
    findings: Findings = field(default_factory=Findings)
    _parsed: dict[Text, Expression] = field(default_factory=dict)
    _readings: dict[tuple[int, bool], tuple[Resource, Reading]] = field(default_factory=dict)
    """By the id of a resource, which stays its own while the resource is kept."""

    def resource(self, endpoint: EndpointSpec) -> Resource:
        """Return the resource of an endpoint; UNKNOWN, after a report, if there is none."""
        description = self.catalogue.get(endpoint.connector.text)
        if description is None:
            return UNKNOWN
        return self.declared(endpoint, self.found(description, endpoint.resource))

    def declared(self, endpoint: EndpointSpec, resource: Resource) -> Resource:
        """Return a file's resource with the record schema that the mapping declares for it."""
        said = [each for each in (endpoint.record, endpoint.absent) if each is not None]
        if not said:
            return resource
        if self.catalogue[endpoint.connector.text].kind != "file":
            help = "the connector's manifest says it; only a file's records are described here"
            self.error("M140", said[0].span, "a record schema beside a system that has one", help)
            return resource
        record = obj(endpoint.record.value if endpoint.record else None)
        is_null = says_null(record)
        if endpoint.absent is not None:
            is_null = endpoint.absent.value is None
        return replace(
            resource,
            fields=fields_of(record, absent_is_null=is_null),
            items=items_of(record, absent_is_null=is_null),
            open=endpoint.record is None or is_open(record),
            absent_is_null=is_null,
        )

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

    def reference_resource(self, spec: ReferenceSpec) -> Resource:
        endpoint = spec.endpoint
        if endpoint is None:
            endpoint = self.spec.source if spec.side == "source" else self.spec.target
        return self.resource(replace(endpoint, resource=spec.resource))

    def parsed(
        self, text: Text, resource: Resource, where: str, *, deciding: bool = False
    ) -> Expression:
        """Return an expression whose fields were compared with the record schema.

        While `deciding`, a value that the schema does not declare makes the answer unknown.
        """
        try:
            expression = self._parse(text)
        except ExpressionSyntax as error:
            self.invalid(text, error)
            return parse("@", text.span)
        self.compare_paths(expression, resource, where)
        self.compare_declared(expression)
        self.compare_names(expression)
        if expression.named:
            return parse("@", text.span)
        self.warn_of_comment(text.span)
        return replace(expression, reading=self._reading(resource, deciding=deciding))

    def _parse(self, text: Text) -> Expression:
        """Return the expression of a text, parsed once; raise `ExpressionSyntax`."""
        if text not in self._parsed:
            self._parsed[text] = parse(text.text, text.span, text.written)
        return self._parsed[text]

    def invalid(self, text: Text, error: ExpressionSyntax) -> None:
        """Report a text that is not an expression."""
        span = text.span.part(error.offset, error.length)
        help = _COMMA if self.ends_at_comma(text.span, error) else error.help
        was = text.text[error.offset : error.offset + error.length]
        fix = Fix(span, was, error.instead) if error.instead else None
        self.error("M103", span, error.summary, self.with_comment(text, help), fix)

    def _reading(self, resource: Resource, *, deciding: bool) -> Reading:
        """Return the reading of a resource, one for all expressions on it."""
        known = (id(resource), deciding)
        if known not in self._readings:
            self._readings[known] = resource, reading_of(resource, deciding=deciding)
        return self._readings[known][1]

    def ends_at_comma(self, span: Span, error: ExpressionSyntax) -> bool:
        """Return whether a comma has cut off a value within { }."""
        line = self.lines[span.line - 1] if 0 < span.line <= len(self.lines) else ""
        return "never closed" in error.summary and line[span.end - 1 :].lstrip().startswith(",")

    def with_comment(self, text: Text, help: str) -> str:
        """Return a remedy that mentions the comment which may have cut off the text."""
        rest = self.rest_of_line(text.span)
        found = _COMMENT.match(rest)
        if found is None or "\n" in text.text:
            return help
        whole = f"""'"{text.text.strip()}{found[0]}"'"""
        note = f"` #` begins a comment: if it belongs to the name, write {whole}"
        return f"{note}; else {help}" if help else note

    def rest_of_line(self, span: Span) -> str:
        """Return what follows an unquoted text on its line; "" for any other text."""
        line = self.lines[span.line - 1] if 0 < span.line <= len(self.lines) else ""
        return line[span.end - 1 :] if line[span.column - 2 : span.column - 1] == " " else ""

    def quietly(self, text: Text) -> Expression | None:
        """Return the expression, or None if `parsed` has reported its mistakes."""
        try:
            expression = self._parse(text)
        except ExpressionSyntax:
            return None
        return None if expression.named else expression

    def compare_paths(self, expression: Expression, resource: Resource, where: str) -> None:
        if resource.open or resource is UNKNOWN:
            return
        for use in expression.paths:
            known = resource.fields
            for depth in range(1, len(use.keys) + 1):
                path = path_text(use.keys[:depth])
                if path in known:
                    if "object" in known[path].types or not known[path].types:
                        continue
                    break
                parent = path_text(use.keys[: depth - 1])
                if parent and not has_children(resource, parent):
                    break  # the schema does not describe the content
                self.unknown_field(expression, use, depth, resource, where)
                break

    def unknown_field(
        self, expression: Expression, use: PathUse, depth: int, resource: Resource, where: str
    ) -> None:
        path = path_text(use.keys[:depth])
        place = use.places[depth - 1]
        span = expression.within(place)
        near = self._named_so(use.keys) or self._of_other_side(path_text(use.keys), where)
        near = near or did_you_mean(path_text(use.keys), resource.fields)
        near = near or did_you_mean(path, resource.fields)
        word = use.keys[0]
        if not near and word.lower() in _WORDS and len(use.keys) == 1:
            value = _WORDS[word.lower()]
            near = f"{word} is the name of a field here; for the value, write `{value}`"
        is_word = expression.text.strip() == word and where == "source"
        if not near and is_word and self.spec.source.record is None:
            near = f"for the text itself, the same for every record, write {{value: {word}}}"
        if not near and expression.text[place.offset : place.offset + 1] == '"':
            near = f"double quotes name a field; for the text, write '{use.keys[depth - 1]}'"
        if not near:
            near = it_has(resource, path_text(use.keys[: depth - 1]))
            near = _declared(self.spec, where, depth) or near
        self.error("M101", span, f"unknown {where} field '{path}'", near)

    def _named_so(self, keys: Sequence[str]) -> str:
        """Return how what the mapping declares by a name is read; "" if it declares nothing so."""
        spec, name = self.spec, keys[-1]
        if len(keys) > 1 and keys[0] not in ("settings", "setting", "let", "choices"):
            return ""
        for function, declared in (
            ("setting", spec.settings), ("let", spec.let), ("choose", spec.choices),
        ):  # fmt: skip
            if any(each.name == name for each in declared):
                return f"for what the mapping declares, write {function}('{name}')"
        return ""

    def _of_other_side(self, path: str, where: str) -> str:
        """Return that the other system has a field; "" if it is not known to."""
        other = {"source": ("target", self.spec.target), "target": ("source", self.spec.source)}
        if where not in other:
            return ""
        side, end = other[where]
        description = self.catalogue.get(end.connector.text)
        known = description.resources.get(end.resource.text) if description is not None else None
        if known is None or path not in known.fields:
            return ""
        return f"that is a field of the {side}, and the {where} record is asked here"

    def warn_of_comment(self, span: Span) -> None:
        """Report a comment that may have cut off the end of an expression without quotes."""
        if _CUT.fullmatch(self.rest_of_line(span)):
            summary = "what follows ' #' is a comment, and no part of this expression"
            help = "put the whole in quotes: '\"Staff #\"'; or leave a space after the #"
            self.report(Diagnostic(span, Severity.WARNING, "M250", summary, help))

    def compare_declared(self, expression: Expression) -> None:
        """Report the settings and references that an expression uses and nothing declares."""
        uses = (
            ("M108", "setting", expression.settings, self.spec.settings),
            ("M107", "reference", expression.trees, self.spec.references),
        )
        for code, kind, used, declared in uses:
            known = [each.name for each in declared]
            for use in used:
                if use.name not in known:
                    help = did_you_mean(use.name, known) or f"declare it under `{kind}s`"
                    summary = f"unknown {kind} '{use.name}'"
                    self.error(code, expression.within(use.place), summary, help)

    def compare_names(self, expression: Expression) -> None:
        for use in expression.named:
            kind, key = _NAMED[use.function]
            known = [each.name for each in (self.spec.let if key == "let" else self.spec.choices)]
            if use.name not in known:  # else it is not sound, which is reported
                span = expression.within(use.place)
                help = did_you_mean(use.name, known) or f"declare it under `{key}`"
                near = only_slip(use.name, known)
                fix = Fix(span, f"'{use.name}'", f"'{near}'") if near else None
                self.error("M155", span, f"unknown {kind} '{use.name}'", help, fix)

    def error(
        self, code: str, span: Span, summary: str, help: str = "", fix: Fix | None = None
    ) -> None:
        self.report(Diagnostic(span, Severity.ERROR, code, summary, help, fix=fix))

    def report(self, diagnostic: Diagnostic) -> None:
        line = diagnostic.span.line
        quote = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        self.findings.add(replace(diagnostic, quote=quote))
