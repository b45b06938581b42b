"""An expression is a text in single quotes: it is the same for every record."""

import re
from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject

_TEXT = re.compile(r"'((?:[^'\\]|\\.)+)'")
_MOVING = {"today", "setting"}
"""Functions that may differ although nothing of a record is read."""


def check(subject: Subject) -> Iterator[LintFinding]:
    for expression in (*subject.on_source, *subject.on_target, *subject.on_references):
        text = _only_text(expression)
        if text:
            summary = f"{text!r} in single quotes is the text itself, the same for every record"
            help = f"for the field, write '\"{text}\"'; for the text, write `value: {text}`"
            yield LintFinding(expression.span, summary, help)


def _only_text(expression: Expression) -> str:
    """Return the first text of an expression that reads nothing; "" if it reads something."""
    if expression.paths or _MOVING & set(expression.functions):
        return ""
    found = _TEXT.search(expression.text)
    return found[1] if found and any(map(str.isalpha, found[1])) else ""


RULE = LintRule(
    code="M226",
    severity=Severity.WARNING,
    title="an expression is nothing but a text in single quotes",
    advice="A field whose name has a space stands in double quotes within single ones.",
    check=check,
    failing="""\
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: "'Last Name'"
  email: personalDetails.email
""",
    passing="""\
fields:
  reference: employmentDetails.payrollCode
  firstName: personalDetails.firstName
  lastName: personalDetails.lastName
  email: personalDetails.email
""",
)
