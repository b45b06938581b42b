"""`merge` and `compare: {by: ...}` apply to lists only, and not to owned ones."""

from collections.abc import Iterator

from oneway.core.compare import Compare, CompareItems
from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.record_schema import in_words
from oneway.mapping.spec import Merge


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        known = subject.target.fields.get(field.path)
        by_keys = isinstance(field.compare, CompareItems)
        if by_keys and field.merge is Merge.OWN:
            summary = f"`compare` by keys on '{field.path}', whose owned items are not objects"
            yield LintFinding(field.key_span, summary, "remove either")
        elif field.owned.pattern and field.compare is not Compare.EXACT:
            summary = f"`compare` on '{field.path}', whose owned items a pattern names as they are"
            yield LintFinding(field.key_span, summary, "list the items in place of the pattern")
        used = [key for key, on in (("merge", field.merge), ("compare", by_keys)) if on]
        if not used or known is None or not known.types or "array" in known.types:
            continue
        what = f"`{used[0]}`" if used[0] == "merge" else "`compare` by keys"
        summary = f"{what} on '{field.path}', which holds {in_words(known.types)}, not a list"
        yield LintFinding(field.key_span, summary, f"remove `{used[0]}`")


RULE = LintRule(
    code="M110",
    severity=Severity.ERROR,
    title="`merge` or `compare: {by: ...}` on a field that is not a list, or beside `own`",
    advice="Remove it.",
    check=check,
    failing=fields("lastName: {from: personalDetails.lastName, merge: add}"),
    passing=fields(),
)
