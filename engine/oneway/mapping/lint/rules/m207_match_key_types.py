"""The two sides of a match key have different types: 42 is not "42"."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, types_of
from oneway.mapping.record_schema import in_words


def check(subject: Subject) -> Iterator[LintFinding]:
    for key, typed, target in zip(
        subject.spec.match, subject.code.match_source, subject.code.match_target, strict=True
    ):
        left = types_of(subject.source, typed.expression.simple)
        right = types_of(subject.target, target.simple)
        if left and right and not left & right:
            summary = (
                f"{in_words(left)} in the source never matches {in_words(right)} in the target"
            )
            yield LintFinding(key.source.span, summary, "convert one of them, e.g. to_text(...)")


RULE = LintRule(
    code="M207",
    severity=Severity.WARNING,
    title="the two sides of a match key have different types",
    advice="Convert one of them.",
    check=check,
    failing="""\
match:
  - {source: employmentDetails.payrollCode, target: departmentId}
""",
    passing="""\
match:
  - {source: employmentDetails.payrollCode, target: reference}
""",
)
