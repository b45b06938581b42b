"""Two entries write the same target path, or one writes a parent of the other."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.paths import overlap
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import FieldSpec, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    leavers = subject.spec.leavers
    on_leaving = leavers.set if leavers is not None else ()
    seen: list[FieldSpec] = []
    for field, _ in subject.fields:
        is_leaving = any(field is each for each in on_leaving)
        for other in seen:
            if not overlap(field.path, other.path):
                continue
            if is_leaving and field.path == other.path and other.write is Write.ON_CREATE:
                continue  # leavers are never created, so the two never write one record
            line = other.key_span.line
            summary = f"'{field.path}' and '{other.path}' (line {line}) write one target field"
            yield LintFinding(field.key_span, summary, _ON_CREATE if is_leaving else _ONE)
        seen.append(field)


_ONE = "keep one of them"
_ON_CREATE = f"{_ONE}, or let the one under `fields` say write: on_create"


RULE = LintRule(
    code="M109",
    severity=Severity.ERROR,
    title="two field rules write one target field",
    advice="Keep one of them.",
    check=check,
    failing=fields("bankDetails: {value: null}", "bankDetails.sortCode: bankDetails.sortCode"),
    passing=fields("bankDetails.sortCode: bankDetails.sortCode"),
)
