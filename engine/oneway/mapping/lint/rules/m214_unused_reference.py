"""A lookup table that no field uses: every run reads it for nothing."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    used = {code.lookup for _, code in subject.fields}
    used |= {use.name for each in subject.on_source for use in each.trees}
    for reference in subject.spec.references:
        if reference.name not in used:
            help = f"use it with `lookup: {reference.name}`, or remove it"
            yield LintFinding(reference.span, f"nothing looks in '{reference.name}'", help)


RULE = LintRule(
    code="M214",
    severity=Severity.WARNING,
    title="a lookup table is never used",
    advice="Use it with `lookup`, or remove it: it is read at every run.",
    check=check,
    failing="""\
references:
  departments: {from: target, resource: departments, key: reference, value: id}
""",
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
