"""A rule of `eligible` repeats `only`, so nobody ever fails it."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.expressions.steps import text_of
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    asked = {text_of(each.tree) for each in subject.code.only}
    for rule, expression in zip(subject.spec.eligible, subject.code.rules, strict=True):
        if text_of(expression.tree) in asked:
            summary = f"`only` asks the same as rule '{rule.id}', and comes first: nobody fails it"
            yield LintFinding(expression.span, summary, _HELP)


_HELP = (
    "remove one of them: whom `only` excludes is left alone, even when they leave; whom `eligible` "
    "excludes still loses access"
)


RULE = LintRule(
    code="M229",
    severity=Severity.WARNING,
    title="the same rule is under `eligible` and under `only`",
    advice=(
        "Remove one of them. People whom `only` excludes are left alone, even when they leave; "
        "those whom `eligible` excludes still lose access."
    ),
    check=check,
    failing="""\
only:
  - {id: staff, when: status != 'Upcoming', otherwise: Has not started yet}
eligible:
  - {id: started, when: status != 'Upcoming', otherwise: Has not started yet}
""",
    passing="""\
eligible:
  - {id: started, when: status != 'Upcoming', otherwise: Has not started yet}
""",
)
