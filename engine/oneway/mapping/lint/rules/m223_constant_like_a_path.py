"""A constant that reads like a field of the source: every record would get its name."""

import re
from collections.abc import Iterator
from dataclasses import replace

from oneway.core.diagnostics import Fix, Severity
from oneway.core.records import path_of, path_text
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields

_PATH = r"(?a)[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"


def check(subject: Subject) -> Iterator[LintFinding]:
    read = {path_text(use.keys) for each in subject.on_source for use in each.paths}
    known = {*subject.source.fields, *read}
    for field, _ in subject.fields:
        value = field.value.value if field.value is not None else None
        if field.value is None or not isinstance(value, str) or not re.fullmatch(_PATH, value):
            continue
        words = subject.target.fields.get(field.path)
        if value not in known or (words is not None and value in words.enum):
            continue
        if len(path_of(value)) == 1 and not subject.source.fields:
            continue  # one word that another expression happens to read is no proof
        span = field.value.span
        start = replace(span, column=max(span.column - len(_KEY), 1), end=span.column)
        summary = f"every record gets the text '{value}', which is a field of the source"
        help = f"to copy the field, write `from: {value}`"
        yield LintFinding(span, summary, help, Fix(start, _KEY, "from: "))


_KEY = "value: "

RULE = LintRule(
    code="M223",
    severity=Severity.WARNING,
    title="a constant looks like a field of the source",
    advice="Write `from` in place of `value` to copy the field.",
    check=check,
    failing=fields("lastName: {value: personalDetails.lastName}"),
    passing=fields("lastName: {from: personalDetails.lastName}"),
)
