"""No expression uses a named one."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for each in subject.spec.let:
        if each.name not in subject.spec.names_used:
            help = f"use it as let('{each.name}'), or remove it"
            yield LintFinding(each.span, f"no expression uses '{each.name}'", help)


RULE = LintRule(
    code="M230",
    severity=Severity.WARNING,
    title="a named expression is never used",
    advice="Use it in place of the texts that it was meant for, or remove it.",
    check=check,
    failing="""\
let:
  full_name: join(' ', [personalDetails.firstName, personalDetails.lastName])
""",
    passing="""\
let:
  full_name: join(' ', [personalDetails.firstName, personalDetails.lastName])
"""
    + fields("displayName: let('full_name')"),
    waits=True,
)
