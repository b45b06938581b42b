"""No expression uses a named one."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.named_expressions import names_used


def check(subject: Subject) -> Iterator[LintFinding]:
    used = names_used(subject.spec)
    for each in subject.spec.let:
        if each.name not in used:
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
  first_name: title_case(personalDetails.firstName)
""",
    passing="""\
let:
  first_name: title_case(personalDetails.firstName)
"""
    + fields("firstName: let('first_name')"),
    waits=True,
)
