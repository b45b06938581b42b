"""No expression uses a named one, or a table of rules."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.expressions.named_calls import CHOOSE, LET
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.named_expressions import names_used


def check(subject: Subject) -> Iterator[LintFinding]:
    spec, used = subject.spec, names_used(subject.spec)
    for function, made in ((LET, spec.let), (CHOOSE, spec.choices)):
        for each in made:
            if (function, each.name) not in used:
                help = f"use it as {function}('{each.name}'), or remove it"
                yield LintFinding(each.span, f"no expression uses '{each.name}'", help)


RULE = LintRule(
    code="M230",
    severity=Severity.WARNING,
    title="a named expression or a table of rules is never used",
    advice="Use it where it was meant to be used, or remove it.",
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
