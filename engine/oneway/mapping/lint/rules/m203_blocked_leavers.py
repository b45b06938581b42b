"""A leaver that an eligibility rule blocks keeps access."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import Category


def check(subject: Subject) -> Iterator[LintFinding]:
    if subject.spec.leavers is None:
        return
    for rule in subject.spec.eligible:
        if Category.LEAVERS in rule.categories and not rule.limited:
            summary = "leavers that are ineligible keep their access"
            help = (
                "write `for: [joiners, movers, leavers]` where that is meant, or leave leavers out"
            )
            yield LintFinding(rule.span, summary, help)
            return


RULE = LintRule(
    code="M203",
    severity=Severity.WARNING,
    title="leavers that are ineligible keep their access",
    advice="Write `for: [joiners, movers, leavers]` where that is meant, or leave leavers out.",
    check=check,
    failing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
eligible:
  - {id: email, when: personalDetails.email, otherwise: Email is missing}
""",
    passing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
eligible:
  - {id: email, when: personalDetails.email, otherwise: Email is missing, for: [joiners, movers]}
""",
)
