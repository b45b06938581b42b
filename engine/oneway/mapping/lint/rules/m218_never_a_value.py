"""An expression that has no value on any record that the record schema allows."""

from collections.abc import Iterator

from oneway.core.connector import Resource
from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression
from oneway.mapping.lint.reach import answers
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.lint.type_inference import nodes_in, taken, types_in
from oneway.mapping.record_schema import in_words


def check(subject: Subject) -> Iterator[LintFinding]:
    for expression in subject.on_source:
        yield from _calls(expression, subject.source)
    for expression in subject.on_target:
        yield from _calls(expression, subject.target)
    for field, code in subject.fields:
        if code.source is None:
            continue
        found = answers(code.source.expression, subject.source, subject.spec)
        if found is not None and not found.holds and not code.source.expression.constant:
            summary = f"'{field.path}' is blank or false, whatever the record holds"
            yield LintFinding(code.source.expression.span, summary, "correct the expression")


def _calls(expression: Expression, resource: Resource) -> Iterator[LintFinding]:
    """Yield the functions with arguments that they do not take."""
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
