"""A lookup does not say what happens on a miss."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, code in subject.fields:
        if code.lookup is not None and "on_miss" not in field.written:
            summary = f"'{field.path}' does not say what happens where '{code.lookup}' has no entry"
            help = "add `on_miss`: keep (as now), clear, ineligible, or a fallback"
            yield LintFinding(field.key_span, summary, help)


RULE = LintRule(
    code="M215",
    severity=Severity.WARNING,
    title="a lookup does not say what a miss means",
    advice="Add `on_miss`. Without it the field keeps what it has, which may be out of date.",
    check=check,
    failing="""\
references:
  departments: {from: target, resource: departments, key: reference, value: id}
"""
    + fields("departmentId: {from: employmentDetails.department.code, lookup: departments}"),
    passing="""\
references:
  departments: {from: target, resource: departments, key: reference, value: id}
"""
    + fields(
        "departmentId: {from: employmentDetails.department.code, lookup: departments, "
        "on_miss: keep}"
    ),
    waits=True,
)
