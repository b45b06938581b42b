"""A constant that reads like a field of the source or an expression: that text would be written."""

import re
from collections.abc import Iterator
from dataclasses import replace

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Fix, Severity, Span
from oneway.core.records import Value, path_of, path_text
from oneway.mapping.expressions import BUILT_IN, ExpressionSyntax, parse
from oneway.mapping.functions import BY_NAME
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import Constant

_PATH = r"(?a)[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"
_KEY = "value: "


@dataclass(frozen=True, slots=True)
class _Written:
    """A constant, and what it is in words; `words` are those that its field may hold."""

    constant: Constant
    what: str
    copies: str
    """How to write it if the field is meant; "" where only a constant can stand."""
    words: tuple[Value, ...] = ()


def check(subject: Subject) -> Iterator[LintFinding]:
    read = {path_text(use.keys) for each in subject.on_source for use in each.paths}
    known = {*subject.source.fields, *read}
    for each in _constants(subject):
        value, span = each.constant.value, each.constant.span
        if not isinstance(value, str) or value in each.words:
            continue
        copies = each.copies.format("..." if _is_expression(value) else value)
        help = "a fallback is a constant: write the value itself"
        if re.fullmatch("'.+'|`.+`", value):
            summary = f"{each.what} the text {value}, with its quotes"
            yield LintFinding(span, summary, "leave these quotes out: a constant needs none")
        elif _is_expression(value):
            summary = f"{each.what} the text {value}, which looks like an expression"
            yield LintFinding(
                span, summary, f"to evaluate it, write `{copies}`" if copies else help
            )
        elif _names_a_field(value, known, subject):
            summary = f"{each.what} the text '{value}', which is a field of the source"
            start = replace(span, column=max(span.column - len(_KEY), 1), end=span.column)
            fix = Fix(start, _KEY, "from: ") if copies.startswith("from") else None
            help = f"to copy the field, write `{copies}`" if copies else help
            yield LintFinding(span, summary, help, fix)


def _constants(subject: Subject) -> Iterator[_Written]:
    """Yield the constants that records may get."""
    for field, _ in subject.fields:
        target = subject.target.fields.get(field.path)
        words = target.enum if target is not None else ()
        if field.value is not None:
            yield _Written(field.value, "every record gets", "from: {}", words)
        if field.fallback is not None:
            yield _Written(field.fallback, f"the fallback for '{field.path}' is", "", words)
    for table in subject.spec.choices:
        for number, row in enumerate(table.rows, 1):
            if isinstance(row.then, Constant):
                what = f"row {number} of '{table.name}' says"
                yield _Written(row.then, what, "then: {{from: {}}}")


def _names_a_field(text: str, known: set[str], subject: Subject) -> bool:
    if not re.fullmatch(_PATH, text) or text not in known:
        return False
    # One word that another expression happens to read is no proof.
    return len(path_of(text)) > 1 or bool(subject.source.fields)


def _is_expression(text: str) -> bool:
    """Return whether a text calls a function."""
    if not re.search(r"\w\(", text):
        return False
    try:
        functions = parse(text, Span("")).functions
    except ExpressionSyntax:
        return False
    return any(each in BY_NAME or each in BUILT_IN for each in functions)


RULE = LintRule(
    code="M223",
    severity=Severity.WARNING,
    title="a constant looks like a field of the source or an expression",
    advice="Write `from` in place of `value`, or `then: {from: ...}`; a fallback is a constant.",
    check=check,
    failing=fields("lastName: {value: personalDetails.lastName}"),
    passing=fields("lastName: {from: personalDetails.lastName}"),
)
