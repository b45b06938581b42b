"""Two rules have the same id, so that a report cannot tell them apart."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    for rules, kind in ((subject.spec.eligible, "eligibility rules"), (subject.spec.only, "rules")):
        seen: set[str] = set()
        for rule in rules:
            if rule.id in seen:
                yield LintFinding(rule.span, f"two {kind} are called '{rule.id}'", "rename one")
            seen.add(rule.id)


RULE = LintRule(
    code="M121",
    severity=Severity.ERROR,
    title="two eligibility rules have the same id",
    advice="Rename one.",
    check=check,
    failing="""\
eligible:
  - {id: contact, when: personalDetails.email, otherwise: Email is missing}
  - {id: contact, when: personalDetails.lastName, otherwise: Last name is missing}
""",
    passing="""\
eligible:
  - {id: email, when: personalDetails.email, otherwise: Email is missing}
  - {id: last-name, when: personalDetails.lastName, otherwise: Last name is missing}
""",
)
