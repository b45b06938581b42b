"""An expression that has no value on any record that the record schema allows."""

from collections.abc import Iterator

from oneway.core.description import Resource
from oneway.core.diagnostics import Severity
from oneway.core.paths import path_text
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import SAME_SCOPE, Node, path_in
from oneway.mapping.lint.reach import answers
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.lint.type_inference import (
    column_types,
    is_csv,
    nodes_in,
    plain,
    taken,
    types_in,
)
from oneway.mapping.record_schema import in_words
from oneway.mapping.spec import EndpointSpec


def check(subject: Subject) -> Iterator[LintFinding]:
    spec = subject.spec
    for expression in subject.on_source:
        yield from _calls(expression, subject.source)
        yield from _items(expression.tree, expression, subject.source, spec.source)
    for expression in subject.on_target:
        yield from _calls(expression, subject.target)
        yield from _items(expression.tree, expression, subject.target, spec.target)
    for field, code in subject.fields:
        if code.source is None:
            continue
        found = answers(code.source.expression, subject.source, subject.spec)
        if found is not None and not found.holds and not code.source.expression.constant:
            summary = f"'{field.path}' is blank or false for every record"
            yield LintFinding(code.source.expression.span, summary, "correct the expression")


def _calls(expression: Expression, resource: Resource) -> Iterator[LintFinding]:
    """Yield the functions called with arguments of types that they do not take."""
    for node in nodes_in(expression):
        if node["type"] != "function_expression":
            continue
        name = str(node["value"])
        for position, argument in enumerate(node["children"]):
            types, wanted = types_in(argument, resource), taken(name, position)
            asked = argument["type"] not in ("literal", "expref") and wanted - {"null"}
            if asked and types and not types & wanted:
                summary = f"{name}() takes {in_words(wanted)}, and is given {in_words(types)}"
                yield LintFinding(expression.span, summary, "convert it, e.g. to_text(...)")


def _items(
    node: Node, expression: Expression, resource: Resource, end: EndpointSpec
) -> Iterator[LintFinding]:
    """Yield the texts and numbers from which items are read, as from a list."""
    kind = node["type"]
    on_record = node["children"] if kind in SAME_SCOPE else node["children"][: kind in _ON_FIRST]
    for child in on_record:
        yield from _items(child, expression, resource, end)
    path = path_in(node["children"][0]) if kind in _OF_LISTS else None
    types = _held(path, resource, end) if path else frozenset()
    if path and types and "array" not in types:
        name = path_text(path)
        summary = f"'{name}' is {in_words(types)}: only a list has items"
        help = f"write {name} alone, or for a part of a text substring({name}, `0`, `3`)"
        if types == {"object"}:
            help = f"write {name} and a dot before its key, without brackets"
        yield LintFinding(expression.span, summary, help)


def _held(path: tuple[str, ...], resource: Resource, end: EndpointSpec) -> frozenset[str]:
    """Return the types of the values at a path; an empty set if unknown."""
    field = resource.fields.get(path_text(path))
    if field is None or not field.types:
        is_text = is_csv(end) and plain(path) not in column_types(end)
        return frozenset({"string"}) if is_text else frozenset()
    return field.types - {"null"}


_OF_LISTS = frozenset({"index_expression", "flatten", "filter_projection", "projection"})
_ON_FIRST = _OF_LISTS | {"subexpression", "pipe", "value_projection"}
"""Nodes that evaluate only their first part on the record."""


RULE = LintRule(
    code="M218",
    severity=Severity.WARNING,
    title="an expression has no value on any record",
    advice="Correct it: it is null for every record, or an error.",
    check=check,
    failing=fields("firstName: upper(employmentDetails.leaverDetails.hasLeft)"),
    passing=fields("firstName: upper(personalDetails.firstName)"),
    waits=True,
)
