"""`merge` and `compare: {by: ...}` apply to lists only, and not to the same one."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.records import CompareItems
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.record_schema import in_words
from oneway.mapping.spec import Merge


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        known = subject.target.fields.get(field.path)
        by_keys = isinstance(field.compare, CompareItems)
        if by_keys and field.merge in (Merge.ADD, Merge.OWN):
            summary = f"`compare` by keys on '{field.path}', whose items `merge` compares whole"
            yield LintFinding(field.key_span, summary, "remove either")
        used = [key for key, on in (("merge", field.merge), ("compare", by_keys)) if on]
        if not used or known is None or not known.types or "array" in known.types:
            continue
        what = f"`{used[0]}`" if used[0] == "merge" else "`compare` by keys"
        summary = f"{what} on '{field.path}', which holds {in_words(known.types)}, not a list"
        yield LintFinding(field.key_span, summary, f"remove `{used[0]}`")


RULE = LintRule(
    code="M110",
    severity=Severity.ERROR,
    title="`merge` or `compare: {by: ...}` on a field that holds no list, or both on one",
    advice="Remove it.",
    check=check,
    failing=fields("lastName: {from: personalDetails.lastName, merge: add}"),
    passing=fields(),
)
