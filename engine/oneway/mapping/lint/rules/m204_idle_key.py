"""A key has no effect where it is."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import OnBlank, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        idle = {
            "on_miss": field.lookup is None,
            "on_blank": field.write is Write.IF_EMPTY and field.on_blank is OnBlank.CLEAR,
            "default": field.value is not None,
            "initial": field.value is not None,
        }
        for key, useless in idle.items():
            if useless and key in field.written:
                summary = f"`{key}` has no effect on '{field.path}'"
                yield LintFinding(field.key_span, summary, _IDLE[key])
    spec = subject.spec
    tables = (each.endpoint for each in spec.references if each.endpoint is not None)
    ends = (spec.source, spec.target, *tables)
    for options in (dict(each.options) for each in ends if each.connector.text == "file"):
        if "decimal" in options and "types" not in options:
            summary = "the option `decimal` has no effect without `types`"
            yield LintFinding(options["decimal"].span, summary, _TYPES)


_TYPES = "add `types`, such as types: Pay=number; or write parse_number(...) where it is read"

_IDLE = {
    "on_miss": "add `lookup`, or remove it",
    "on_blank": "`write: if_empty` never takes a value away",
    "default": "a constant is never blank; remove it",
    "initial": "a constant is never blank; remove it",
}

RULE = LintRule(
    code="M204",
    severity=Severity.WARNING,
    title="a key has no effect",
    advice="Remove it, or add what it needs.",
    check=check,
    failing=fields("lastName: {from: personalDetails.lastName, on_miss: clear}"),
    passing=fields(),
)
