"""A field that is a match key is written with a value that is not the key's."""

from collections import defaultdict
from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import Write


def check(subject: Subject) -> Iterator[LintFinding]:
    keys: dict[str, list[str]] = defaultdict(list)
    for key, path in zip(subject.spec.match, subject.code.policy.match_paths, strict=True):
        keys[path].append(key.source.text.strip())
    for field, _ in subject.fields:
        texts = keys.get(field.path) if field.path else None
        if texts is None or field.write is Write.NEVER:
            continue
        own = field.source is not None and field.source.text.strip() in texts
        if not own and field.write is not Write.ON_CREATE:
            summary = (
                f"'{field.path}' is a match key, and is overwritten by another value than its own"
            )
            help = (
                f"the record would not be matched at the next run; write it from {texts[0]!r}, as "
                "`match` has it, or only once, with `write: on_create`"
            )
            yield LintFinding(field.key_span, summary, help)
        elif own and (field.default is not None or field.initial is not None):
            summary = f"'{field.path}' is a match key, and has a value that stands in for its own"
            help = "the record would be matched by whoever has that value; remove the stand-in"
            yield LintFinding(field.key_span, summary, help)


RULE = LintRule(
    code="M131",
    severity=Severity.ERROR,
    title="a match key is written with another value than its own",
    advice=(
        "Write it from the expression of `match`, or once with `write: on_create`; and without "
        "`default` or `initial`."
    ),
    check=check,
    failing=fields("reference: upper(employmentDetails.payrollCode)"),
    passing=fields(),
)
