"""A list that is only added to never loses what the source removed."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import Merge, OnBlank


def check(subject: Subject) -> Iterator[LintFinding]:
    for field, _ in subject.fields:
        if field.merge is Merge.ADD and field.on_blank is OnBlank.CLEAR:
            summary = f"'{field.path}' is only added to (`merge: add`), and cleared when blank"
            yield LintFinding(field.key_span, summary, "use `merge: replace`, or `on_blank: keep`")


RULE = LintRule(
    code="M206",
    severity=Severity.WARNING,
    title="a list is only added to, and also cleared",
    advice="Use `merge: replace`, or `on_blank: keep`.",
    check=check,
    failing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  tags: {from: tags, merge: add, on_blank: clear}
""",
    passing="""\
target: {connector: file, resource: users.json}
fields:
  reference: employmentDetails.payrollCode
  tags: {from: tags, merge: add}
""",
)
