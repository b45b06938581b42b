"""A blank text decides about leaving or a right: it sorts first, and is part of every text."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.lint.text_order import ORDER_HELP, WITHIN_HELP, blanks_first, blanks_within


def check(subject: Subject) -> Iterator[LintFinding]:
    for expression in dict.fromkeys(expression for expression, _ in blanks_first(subject)):
        summary = (
            "text is compared letter by letter, and blank text comes before all other: this also "
            "decides about everybody who has no value there"
        )
        yield LintFinding(expression.span, summary, ORDER_HELP)
    for expression in dict.fromkeys(expression for expression, _ in blanks_within(subject)):
        summary = (
            "blank text is part of every text: this also decides about everybody who has no value "
            "there"
        )
        yield LintFinding(expression.span, summary, WITHIN_HELP)


RULE = LintRule(
    code="M135",
    severity=Severity.ERROR,
    title="blank text decides who leaves, takes part or has a right: it sorts first, and every "
    "text contains it",
    advice=(
        "Compare dates with `is_past()`, `is_future()` or `days_between()`. With text, first ask "
        "whether there is any: `date && date <= today()`, `status && contains('FL', status)`."
    ),
    check=check,
    failing="""\
leavers:
  when: employmentDetails.leaverDetails.leaveDate <= today()
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    passing="""\
leavers:
  when: is_past(employmentDetails.leaverDetails.leaveDate)
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
)
