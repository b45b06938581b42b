"""A fallback value that the next run would remove again."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import OnBlank, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        if field.initial is None or field.write is not Write.OVERWRITE:
            continue  # a value written once, or only into a blank field, is not removed again
        if field.default is not None:
            summary = f"'{field.path}' has `default` and `initial`; the next run would swap them"
            yield LintFinding(field.key_span, summary, "keep one of them")
        if field.on_blank is OnBlank.CLEAR:
            summary = (
                f"'{field.path}' has `initial`, which `on_blank: clear` takes away at the next run"
            )
            yield LintFinding(field.key_span, summary, "use `on_blank: keep`, or no `initial`")


RULE = LintRule(
    code="M113",
    severity=Severity.ERROR,
    title="the next run would remove the value of `default` or `initial`",
    advice="Keep `default` or `initial`, and with `initial` use `on_blank: keep`.",
    check=check,
    failing=fields("firstName: {from: personalDetails.firstName, default: Unknown, initial: New}"),
    passing=fields(
        "firstName: {from: personalDetails.firstName, default: Unknown, initial: New, "
        "write: if_empty}"
    ),
)
