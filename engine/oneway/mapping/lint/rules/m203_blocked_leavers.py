"""A leaver whom an eligibility rule excludes keeps access."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import Category


def check(subject: Subject) -> Iterator[LintFinding]:
    if subject.spec.leavers is None:
        return
    for rule in subject.spec.eligible:
        if Category.LEAVERS in rule.categories:
            summary = "leavers excluded by this rule keep their access"
            help = (
                "leave `leavers` out of `for`; people whom the sync leaves alone altogether "
                "belong under `only`"
            )
            yield LintFinding(rule.span, summary, help)
            return


RULE = LintRule(
    code="M203",
    severity=Severity.WARNING,
    title="leavers excluded by a rule keep their access",
    advice=(
        "Leave `leavers` out of `for`: matching alone decides who leaves. A rule for people whom "
        "the sync leaves alone altogether belongs under `only`."
    ),
    check=check,
    failing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
eligible:
  - {id: email, when: personalDetails.email, otherwise: Email is missing, for: [movers, leavers]}
""",
    passing="""\
leavers:
  when: status == 'Former'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
eligible:
  - {id: email, when: personalDetails.email, otherwise: Email is missing}
""",
)
