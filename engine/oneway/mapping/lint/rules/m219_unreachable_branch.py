"""A branch of an expression that no record takes."""

from collections.abc import Iterator

from oneway.core.description import Resource
from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.steps import FITS, branches
from oneway.mapping.lint.reach import answers
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for expression in subject.on_source:
        yield from _unreachable(expression, subject.source, subject)
    for expression in subject.on_target:
        yield from _unreachable(expression, subject.target, subject)


def _unreachable(
    expression: Expression, resource: Resource, subject: Subject
) -> Iterator[LintFinding]:
    for branch in branches(expression):
        found = answers(branch.condition, resource, subject.spec)
        if found is None or (found.holds and found.fails):
            continue
        always = "always" if found.holds else "never"
        summary = f"{branch.condition.text} {always} holds, so that a part is never reached"
        side = "the row" if branch.yes == FITS else "one side"
        yield LintFinding(expression.span, summary, f"in {branch.text}: remove {side}")


RULE = LintRule(
    code="M219",
    severity=Severity.WARNING,
    title="a branch of an expression is never reached",
    advice="Remove it, or correct the condition before it.",
    check=check,
    failing=fields(
        "lastName: iif(status == 'Former' && status == 'Current', 'Gone', personalDetails.lastName)"
    ),
    passing=fields("lastName: iif(status == 'Former', 'Gone', personalDetails.lastName)"),
    waits=True,
)
