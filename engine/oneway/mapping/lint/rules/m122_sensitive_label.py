"""A label, which names people in reports, reads a sensitive field."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.records import overlap, path_text
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    label = subject.spec.label
    if label is None or subject.code.label is None:
        return
    secret = {
        field.source.text.strip()
        for field, code in subject.fields
        if code.rule.sensitive and field.source is not None
    }
    marked = {name for name, field in subject.source.fields.items() if field.sensitive}
    paths = {path_text(use.keys) for use in subject.code.label.paths}
    if label.text.strip() in secret or any(overlap(p, m) for p in paths for m in marked):
        yield LintFinding(label.span, "`label` reads a sensitive field", "use a name or a code")


RULE = LintRule(
    code="M122",
    severity=Severity.ERROR,
    title="`label` reads a sensitive field",
    advice="Use a name or a code.",
    check=check,
    failing="""\
label: bankDetails.accountNumber
""",
    passing="""\
label: personalDetails.lastName
""",
)
