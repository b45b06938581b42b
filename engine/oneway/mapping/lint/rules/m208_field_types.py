"""The expression of a field has a type that the field does not accept."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.paths import path_of
from oneway.mapping.expressions.table_rows import is_table
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields, types_of
from oneway.mapping.lint.type_inference import types_in
from oneway.mapping.record_schema import in_words


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, code in subject.fields:
        if code.source is None or code.lookup is not None or field.source is None:
            continue
        expression = code.source.expression
        left = types_of(subject.source, expression.simple)
        if is_table(expression.tree):
            left = types_in(expression.tree, subject.source)
        right = types_of(subject.target, path_of(field.path))
        if left and right and not left & right:
            summary = f"'{field.path}' takes {in_words(right)}, and is given {in_words(left)}"
            yield LintFinding(field.source.span, summary, "convert it in the expression")


RULE = LintRule(
    code="M208",
    severity=Severity.WARNING,
    title="a value has another type than its field",
    advice="Convert it in the expression.",
    check=check,
    failing=fields("departmentId: employmentDetails.department.code"),
    passing=fields("departmentId: to_integer(employmentDetails.department.code)"),
)
