"""A constant has a type that its field does not accept."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.records import path_of
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields, fits, types_of
from oneway.mapping.record_schema import in_words


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        right = types_of(subject.target, path_of(field.path))
        if field.value is not None and right and not fits(field.value.value, right):
            summary = f"'{field.path}' takes {in_words(right)}, and is given something else"
            yield LintFinding(field.value.span, summary, "change the constant")


RULE = LintRule(
    code="M123",
    severity=Severity.ERROR,
    title="a constant has another type than its field",
    advice="Change the constant.",
    check=check,
    failing=fields("departmentId: {value: OPS}"),
    passing=fields("departmentId: {value: 12}"),
)
