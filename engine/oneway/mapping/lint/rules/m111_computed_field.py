"""A field that the target computes cannot be written."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import Write


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        known = subject.target.fields.get(field.path)
        if known is not None and known.computed and field.write is not Write.NEVER:
            summary = f"the target computes '{field.path}' itself; it cannot be written"
            yield LintFinding(field.key_span, summary, "remove it, or use `write: never`")


RULE = LintRule(
    code="M111",
    severity=Severity.ERROR,
    title="the mapping writes a field that the target computes",
    advice="Remove it, or use `write: never`.",
    check=check,
    failing=fields("isLeaver: {value: true}"),
    passing=fields("isLeaver: {value: true, write: never}"),
)
