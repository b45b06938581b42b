"""The target is the same as the source."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    target = subject.spec.target
    if subject.spec.source.identity == target.identity:
        summary = f"source and target are both {target.connector.text} {target.resource.text}"
        yield LintFinding(
            target.resource.span, summary, "name another target: a source is never written to"
        )


RULE = LintRule(
    code="M120",
    severity=Severity.ERROR,
    title="source and target are the same",
    advice="Name another target: a source is never written to.",
    check=check,
    failing="""\
target: {connector: staffology, resource: employees}
""",
    passing="""\
target: {connector: expensein, resource: users}
""",
)
