"""A fallback that a record keeps even after the table gets its value."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import Write


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        if field.fallback is not None and field.write in (Write.ON_CREATE, Write.IF_EMPTY):
            written = f"write: {field.write.value}"
            summary = (
                f"with `{written}`, who gets the fallback of '{field.path}' keeps it, even once "
                "the table has their value"
            )
            help = f"remove `{written}`, so that the value follows"
            yield LintFinding(field.fallback.span, summary, help)


_TABLE = """\
references:
  departments: {from: target, resource: departments, key: reference, value: id}
"""
_FIELD = "departmentId: {from: employmentDetails.department.code, lookup: departments, "
RULE = LintRule(
    code="M233",
    severity=Severity.NOTE,
    title="a record keeps the fallback of a lookup for good",
    advice="Remove `write`, so that the value follows once the table has it.",
    check=check,
    failing=_TABLE + fields(_FIELD + "on_miss: {use: 12}, write: on_create}"),
    passing=_TABLE + fields(_FIELD + "on_miss: {use: 12}}"),
    waits=True,
)
