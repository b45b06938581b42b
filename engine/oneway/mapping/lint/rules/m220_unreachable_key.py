"""A match key that finds no person beyond those of an earlier key."""

from collections.abc import Iterator

from oneway.core.compare import Compare
from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import MatchSpec


def check(subject: Subject) -> Iterator[LintFinding]:
    keys = subject.spec.match
    for position, key in enumerate(keys):
        if any(_covers(earlier, key) for earlier in keys[:position]):
            summary = "an earlier key finds everybody whom this one could find"
            yield LintFinding(key.source.span, summary, "remove it, or compare something else")


def _covers(earlier: MatchSpec, later: MatchSpec) -> bool:
    same = (earlier.source.text.strip(), earlier.target.text.strip()) == (
        later.source.text.strip(),
        later.target.text.strip(),
    )
    return same and later.compare in (earlier.compare, Compare.EXACT)


RULE = LintRule(
    code="M220",
    severity=Severity.WARNING,
    title="a match key is never reached",
    advice="Remove it, or compare something else.",
    check=check,
    failing="""\
match:
  - {source: employmentDetails.payrollCode, target: reference}
  - {source: employmentDetails.payrollCode, target: reference}
""",
    passing="""\
match:
  - {source: employmentDetails.payrollCode, target: reference}
  - {source: personalDetails.email, target: email, compare: ignore_case}
""",
)
