"""A match key uses a function that may give two people the same value."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields

_LOSSY = frozenset(
    {
        *("digits", "letters", "left", "right", "substring", "initials", "before", "after"),
        *("word", "email_local", "email_domain", "slug", "strip_diacritics", "replace"),
        *("regex_extract", "regex_replace", "regex_match", "length", "year", "month", "day"),
        *("years_between", "is_blank", "is_present", "type", "to_boolean", "floor", "ceil"),
        *("abs", "index_of", "starts_with", "ends_with", "contains"),
    }
)
"""Functions that drop part of the value, so that two values may become one."""


def check(subject: Subject) -> Iterator[LintFinding]:
    keys = zip(subject.code.match_source, subject.code.match_target, strict=True)
    for typed, target in keys:
        for expression in (typed.expression, target):
            lossy = [name for name in expression.functions if name in _LOSSY]
            if lossy:
                summary = f"{lossy[0]}() may give two people one key"
                help = "match by the whole value; `compare` can leave case and spaces out"
                yield LintFinding(expression.span, summary, help)


RULE = LintRule(
    code="M224",
    severity=Severity.WARNING,
    title="two people may have the same match key",
    advice="Match by the whole value; `compare` can ignore case and spaces.",
    check=check,
    failing="""\
match:
  - {source: digits(employmentDetails.payrollCode), target: reference}
"""
    + fields("reference: {from: digits(employmentDetails.payrollCode), write: on_create}"),
    passing="""\
match:
  - {source: trim(employmentDetails.payrollCode), target: reference}
"""
    + fields("reference: {from: trim(employmentDetails.payrollCode), write: on_create}"),
)
