"""A name in an expression looks like a value, and no record schema knows it as a field."""

from collections.abc import Iterator

from oneway.core.description import Resource
from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import tokens_of
from oneway.mapping.expressions.value_like_names import CONSTANTS, value_like_names
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    for expression in subject.on_source:
        yield from _values(expression, subject.source)
    for expression in subject.on_target:
        yield from _values(expression, subject.target)


def _values(expression: Expression, resource: Resource) -> Iterator[LintFinding]:
    for token in tokens_of(expression.text):
        value = token.value
        if isinstance(value, str) and expression.text[token.place.offset :].startswith(
            f"`{value}`"
        ):
            constant = CONSTANTS.get(value.lower())
            if constant:  # JMESPath takes invalid JSON for a text
                help = f"for the value, write `{constant}`; for the text, '{value}'"
                summary = f"`{value}` is the text '{value}'"
                yield LintFinding(expression.within(token.place), summary, help)
    if not resource.open:
        return
    read = {use.places[0] for use in expression.paths}
    for found in value_like_names(expression.text, resource.fields):
        if found.place in read:
            summary = f"{found.name!r} is the name of a field here"
            yield LintFinding(expression.within(found.place), summary, found.help)


RULE = LintRule(
    code="M251",
    severity=Severity.WARNING,
    title="the name of a field looks like a value",
    advice="Write text in single quotes; true, false, null and numbers between backticks.",
    check=check,
    failing="""\
source: {connector: file, resource: people.csv}
match:
  - {source: code, target: reference}
fields: {reference: code, firstName: first, lastName: last, email: email}
leavers: {when: status == "Left", set: {leaveDate: left}, left: is_past(leaveDate)}
""",
    passing="""\
source:
  connector: file
  resource: people.csv
  record:
    type: object
    additionalProperties: true
    properties: {status: {type: string, enum: [Here, Left]}}
match:
  - {source: code, target: reference}
fields: {reference: code, firstName: first, lastName: last, email: email}
leavers: {when: status == 'Left', set: {leaveDate: left}, left: is_past(leaveDate)}
""",
)
