"""A constant has a type, or a form, that its field does not accept."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.paths import path_of
from oneway.core.records import is_blank
from oneway.mapping.given_constants import as_types, given_constants
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields, fits, types_of
from oneway.mapping.record_schema import in_words, typed


def check(subject: Subject) -> Iterator[LintFinding]:
    for each in given_constants(subject.spec, subject.code):
        right = types_of(subject.target, path_of(each.path))
        value, written = each.constant.value, not each.looked_up and each.key != "on_miss"  # M156
        if written and right and not fits(value, right):
            summary = f"'{each.path}' takes {in_words(right)}, and is given {typed(value)}"
            help = as_types(value, right) or "change the constant"
            yield LintFinding(each.constant.span, summary, help)
            continue
        check = each.check if written and not is_blank(value) else None
        if check is not None and (wrong := check(value)):
            summary = f"'{each.path}' cannot be {typed(value)}: {wrong}"
            yield LintFinding(each.constant.span, summary, "change the constant")


RULE = LintRule(
    code="M123",
    severity=Severity.ERROR,
    title="a constant does not fit its field",
    advice="Change the constant.",
    check=check,
    failing=fields("departmentId: {value: OPS}"),
    passing=fields("departmentId: {value: 12}"),
)
