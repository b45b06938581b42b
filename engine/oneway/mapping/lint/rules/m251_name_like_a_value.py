"""A name in an expression looks like a value, and no record schema knows it as a field."""

import re
from collections.abc import Iterator

from oneway.core.connector import Resource
from oneway.core.diagnostics import Severity
from oneway.mapping.expressions import Expression, PathUse
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject

_WORDS = {"true": "true", "false": "false", "null": "null", "none": "null"}
_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_]*")


def check(subject: Subject) -> Iterator[LintFinding]:
    for expression in subject.on_source:
        yield from _values(expression, subject.source)
    for expression in subject.on_target:
        yield from _values(expression, subject.target)


def _values(expression: Expression, resource: Resource) -> Iterator[LintFinding]:
    for use in expression.paths if resource.open else ():
        word = use.keys[0]
        if len(use.keys) > 1 or word in resource.fields:
            continue
        if word.lower() in _WORDS:
            help = f"for the value, write `{_WORDS[word.lower()]}`"
            yield _finding(expression, use, help)
        elif _is_quoted_needlessly(expression, use) and word not in _known(expression, use):
            help = f"for the text, write '{word}'; for the field, leave the quotes out"
            yield _finding(expression, use, help)


def _is_quoted_needlessly(expression: Expression, use: PathUse) -> bool:
    quoted = expression.text[use.offset : use.offset + 1] == '"'
    compared = re.search(r"[=!<>]=?\s*$|,\s*$", expression.text[: use.offset])
    return quoted and compared is not None and bool(_PLAIN.fullmatch(use.keys[0]))


def _known(expression: Expression, use: PathUse) -> set[str]:
    """Return the names that the expression uses as fields elsewhere."""
    return {each.keys[0] for each in expression.paths if each.places != use.places}


def _finding(expression: Expression, use: PathUse, help: str) -> LintFinding:
    summary = f"{use.keys[0]!r} is the name of a field here"
    return LintFinding(expression.within(use.places[0]), summary, help)


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
