"""`merge` applies to lists only."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.record_schema import in_words


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        known = subject.target.fields.get(field.path)
        if field.merge is None or known is None or not known.types or "array" in known.types:
            continue
        summary = f"`merge` on '{field.path}', which holds {in_words(known.types)}, not a list"
        yield LintFinding(field.key_span, summary, "remove `merge`")


RULE = LintRule(
    code="M110",
    severity=Severity.ERROR,
    title="`merge` on a field that holds no list",
    advice="Remove `merge`.",
    check=check,
    failing=fields("lastName: {from: personalDetails.lastName, merge: add}"),
    passing=fields(),
)
