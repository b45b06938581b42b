"""A list that the sync owns in part is never written, or shows what is sensitive."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import Constant, Merge


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, code in subject.fields:
        if field.merge is not Merge.OWN:
            continue
        if code.rule.sensitive:
            summary = f"'{field.path}' is sensitive, and `own` shows which items it may hold"
            yield LintFinding(field.key_span, summary, "use `merge: add`, or `merge: replace`")
        for each in (field.value, field.default, field.initial):
            if isinstance(each, Constant) and isinstance(each.value, list):
                strange = [item for item in each.value if not field.owned.owns(item)]
                if strange:
                    summary = f"'{field.path}' is given {strange[0]!r}, which the sync does not own"
                    yield LintFinding(each.span, summary, "add it to `own`, or take it out here")


RULE = LintRule(
    code="M132",
    severity=Severity.ERROR,
    title="the items under `merge: {own: ...}` do not fit the field",
    advice="Name each item that the mapping writes; a sensitive list cannot be merged this way.",
    check=check,
    failing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  groups: {value: [sales], merge: {own: [hr, it]}}
""",
    passing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  groups: {value: [hr], merge: {own: [hr, it]}}
""",
)
