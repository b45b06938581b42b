"""The first match key is an email address: addresses change, and are passed to other people."""

from collections.abc import Iterator

from oneway.core.description import Resource
from oneway.core.diagnostics import Severity
from oneway.core.paths import path_text
from oneway.mapping.expressions import Expression
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    first, target = subject.code.match_source[0].expression, subject.code.match_target[0]
    if _is_address(first, subject.source) or _is_address(target, subject.target):
        summary = "an email address is the first match key"
        help = "match by a number that stays with the person, and by the address after it"
        yield LintFinding(first.span, summary, help)


def _is_address(expression: Expression, resource: Resource) -> bool:
    names = [path_text(use.keys) for use in expression.paths]
    fields = [resource.fields.get(name) for name in names]
    formats = any(each is not None and each.format == "email" for each in fields)
    return formats or any(name.rsplit(".", 1)[-1].lower() in _NAMES for name in names)


_NAMES = {"email", "mail", "e-mail", "emailaddress", "email_address", "workemail", "work_email"}

RULE = LintRule(
    code="M225",
    severity=Severity.WARNING,
    title="an email address is the first match key",
    advice="Addresses change, and pass to other people: put a permanent number first.",
    check=check,
    failing="""\
match:
  - {source: personalDetails.email, target: email, compare: ignore_case}
  - {source: employmentDetails.payrollCode, target: reference}
""",
    passing="""\
match:
  - {source: employmentDetails.payrollCode, target: reference}
  - {source: personalDetails.email, target: email, compare: ignore_case}
""",
)
