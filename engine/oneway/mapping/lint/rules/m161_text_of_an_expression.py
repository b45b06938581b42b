"""A constant contains the text of an expression, and that text would be written."""

import re
from collections.abc import Iterator

from oneway.core.diagnostics import Severity, Span
from oneway.core.records import Value
from oneway.mapping.expressions import BUILT_IN, ExpressionSyntax, parse
from oneway.mapping.functions import BY_NAME
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, WrittenConstant, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for each in subject.constants:
        value = each.constant.value
        for text in _texts(value):
            if is_expression(text):
                summary = f"{each.what} the text {text}, which is an expression"
                yield LintFinding(each.constant.span, summary, _remedy(each, text))
                break


def _texts(value: Value) -> Iterator[str]:
    """Yield every text in a constant."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def is_expression(text: str) -> bool:
    """Return whether a text calls a function, compares, or filters."""
    if not re.search(r"\w\(|[=!]=|\[\?|\|\||&&", text):
        return False
    try:
        functions = parse(text, Span("")).functions
    except ExpressionSyntax:
        return False
    if re.search(r"\w\(", text):
        return any(each in BY_NAME or each in BUILT_IN for each in functions)
    return True


def _remedy(each: WrittenConstant, text: str) -> str:
    if not each.copies:
        return "only a constant is allowed here: write the value itself"
    is_whole = isinstance(each.constant.value, str)
    is_simple = is_whole and re.fullmatch(r"[\w.() ]{1,40}", text)
    written = each.copies.format(text if is_simple else '"..."')
    return f"to evaluate it, write `{written}`"


RULE = LintRule(
    code="M161",
    severity=Severity.ERROR,
    title="a constant is the text of an expression",
    advice=(
        "Write `from: ...` in place of `value: ...`, and `{from: ...}` for `then`, `default` and "
        "`initial`; a fallback can only be a constant. As it is, the text itself would be "
        "written. If you want that, write it as an expression: `from: \"'f(x)'\"`."
    ),
    check=check,
    failing=fields("lastName: {value: upper(personalDetails.lastName)}"),
    passing=fields("lastName: {from: upper(personalDetails.lastName)}"),
)
