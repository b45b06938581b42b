"""A field that is a match key is written with a value other than the key's."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from oneway.core.diagnostics import Severity
from oneway.core.similar_words import is_slip
from oneway.mapping.code import FieldCode
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import FieldSpec, Text, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    keys: dict[str, list[Text]] = defaultdict(list)
    spec, code = subject.spec, subject.code
    for key, read, path in zip(spec.match, code.match_source, code.policy.match_paths, strict=True):
        if read.expression.text == key.source.text:  # else it is invalid, which is reported
            keys[path].append(key.source)
    for field, compiled in subject.fields:
        known = keys.get(field.path) if field.path else None
        if known is None or field.write is Write.NEVER or _is_broken(field, compiled):
            continue
        texts = [each.text.strip() for each in known]
        own = field.source is not None and field.source.text.strip() in texts
        if not own and field.write is not Write.ON_CREATE:
            summary = f"'{field.path}' is a match key, and is overwritten by {_ANOTHER}"
            yield LintFinding(field.key_span, summary, _remedy(field, known))
        elif own and (field.default is not None or field.initial is not None):
            summary = f"'{field.path}' is a match key, and has a `default` or `initial`"
            help = "any person with that value would match the record; remove it"
            yield LintFinding(field.key_span, summary, help)


_ANOTHER = "another value than its own"


def _is_broken(field: FieldSpec, code: FieldCode) -> bool:
    """Return whether a field's expression is invalid, which is reported elsewhere."""
    if field.source is None or code.source is None:
        return False
    return code.source.expression.text != field.source.text


def _remedy(field: FieldSpec, known: Sequence[Text]) -> str:
    key = next(
        (each for each in known if field.source and is_slip(each.text, field.source.text)), known[0]
    )
    where = f"{key.shown.strip()!r}, as `match` has it (line {key.span.line})"
    once = "only once, with `write: on_create`"
    if field.source is not None and is_slip(key.text, field.source.text):
        return f"one of the two is misspelt, here or in `match`: that compares {where}"
    return f"the record would not be matched at the next run; write it from {where}, or {once}"


RULE = LintRule(
    code="M131",
    severity=Severity.ERROR,
    title="a match key is written with another value than its own",
    advice=(
        "Write it from the same expression as under `match`, or only once, with `write: "
        "on_create`; in either case without `default` or `initial`."
    ),
    check=check,
    failing=fields("reference: upper(employmentDetails.payrollCode)"),
    passing=fields(),
)
