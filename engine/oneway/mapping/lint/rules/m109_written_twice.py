"""Two entries write one target path, or one of them writes what holds the other."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, overlap
from oneway.mapping.spec import FieldSpec


def check(subject: Subject) -> Iterator[LintFinding]:
    seen: list[FieldSpec] = []
    for field, _ in subject.fields:
        for other in seen:
            if overlap(field.path, other.path):
                line = other.key_span.line
                summary = f"'{field.path}' and '{other.path}' (line {line}) write one target field"
                yield LintFinding(field.key_span, summary, "keep one of them")
        seen.append(field)


RULE = LintRule(
    code="M109",
    severity=Severity.ERROR,
    title="two field rules write one target field",
    advice="Keep one of them.",
    check=check,
    failing="""\
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: personalDetails.lastName
  email: personalDetails.email
  bankDetails: {value: null}
  bankDetails.sortCode: bankDetails.sortCode
""",
    passing="""\
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: personalDetails.lastName
  email: personalDetails.email
  bankDetails.sortCode: bankDetails.sortCode
""",
)
