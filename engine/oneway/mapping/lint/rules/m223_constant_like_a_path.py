"""A constant that looks like a field of the source: the field's name would be written."""

import re
from collections.abc import Iterator
from dataclasses import replace

from oneway.core.diagnostics import Fix, Severity
from oneway.core.paths import path_of, path_text
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields

_PATH = r"(?a)[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_KEY = "value: "


def check(subject: Subject) -> Iterator[LintFinding]:
    read = {path_text(use.keys) for each in subject.on_source for use in each.paths}
    known = {*subject.source.fields, *read}
    for each in subject.constants:
        value, span = each.constant.value, each.constant.span
        if not isinstance(value, str):
            continue
        if re.fullmatch("'.+'|`.+`", value):
            summary = f"{each.what} the text {value}, with its quotes"
            yield LintFinding(span, summary, "leave these quotes out: a constant needs none")
        elif _names_a_field(value, known, subject):
            copies = each.copies.format(value)
            summary = f"{each.what} the text '{value}', which is a field of the source"
            start = replace(span, column=max(span.column - len(_KEY), 1), end=span.column)
            fix = Fix(start, _KEY, "from: ") if copies.startswith("from") else None
            help = f"to copy the field, write `{copies}`" if copies else _ONLY
            yield LintFinding(span, summary, help, fix)


_ONLY = "only a constant is allowed here: write the value itself"


def _names_a_field(text: str, known: set[str], subject: Subject) -> bool:
    if not re.fullmatch(_PATH, text) or text not in known:
        return False
    # that another expression happens to read one word proves nothing
    return len(path_of(text)) > 1 or bool(subject.source.fields)


RULE = LintRule(
    code="M223",
    severity=Severity.WARNING,
    title="a constant looks like a field of the source",
    advice="Write `from` in place of `value`, or `then: {from: ...}`; a fallback is a constant.",
    check=check,
    failing=fields("lastName: {value: personalDetails.lastName}"),
    passing=fields("lastName: {from: personalDetails.lastName}"),
)
