"""A field that the target requires on create is not mapped."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity, did_you_mean
from oneway.core.paths import overlap
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    if not subject.spec.joiners.create:
        return
    fields = subject.target.fields
    mapped = [field.path for field in subject.spec.fields]
    # a misspelt name is an error of its own, and its correction is the missing field
    misspelt = [did_you_mean(path, fields) for path in mapped if path not in fields]
    for name, field in fields.items():
        named = any(overlap(name, m) for m in mapped) or any(f"'{name}'" in m for m in misspelt)
        if field.required and not field.computed and not named:
            summary = f"the target requires '{name}' of a new record, and no field writes it"
            yield LintFinding(
                subject.spec.target.resource.span, summary, f"add '{name}' to `fields`"
            )


RULE = LintRule(
    code="M205",
    severity=Severity.WARNING,
    title="the mapping lacks a field that the target requires of a new record",
    advice="Add it to `fields`.",
    check=check,
    failing=fields("email:"),
    passing=fields(),
)
