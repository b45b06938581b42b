"""A field that is a match key is written with a value that is not the key's."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import Write


def check(subject: Subject) -> Iterator[LintFinding]:
    for key, path in zip(subject.spec.match, subject.code.policy.match_paths, strict=True):
        for field, _ in subject.fields:
            if not path or field.path != path or field.write is Write.NEVER:
                continue
            own = field.source is not None and field.source.text.strip() == key.source.text.strip()
            if not own and field.write is not Write.ON_CREATE:
                summary = (
                    f"'{path}' is a match key, and is overwritten by another value than its own"
                )
                help = "the record would not be matched at the next run; use `write: on_create`"
                yield LintFinding(field.key_span, summary, help)
            elif own and (field.default is not None or field.initial is not None):
                summary = f"'{path}' is a match key, and has a value that stands in for its own"
                help = "the record would be matched by whoever has that value; remove the stand-in"
                yield LintFinding(field.key_span, summary, help)


RULE = LintRule(
    code="M131",
    severity=Severity.ERROR,
    title="a match key is written with another value than its own",
    advice="Use `write: on_create`, and no `default` or `initial`.",
    check=check,
    failing=fields("reference: upper(employmentDetails.payrollCode)"),
    passing=fields(),
)
