"""A label, which names people or rows of a table in reports, reads a sensitive field."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject

HELP = "use a name or a code"


def check(subject: Subject) -> Iterator[LintFinding]:
    for spec, code in zip(subject.spec.references, subject.code.references, strict=True):
        if spec.label is not None and "label" in code.secret:
            summary = f"`label` of reference '{spec.name}' reads a sensitive field"
            yield LintFinding(spec.label.span, summary, HELP)
    yield from _of_people(subject)


def _of_people(subject: Subject) -> Iterator[LintFinding]:
    label = subject.spec.label
    if label is None or subject.code.label is None:
        return
    if subject.code.label.reads_any(subject.code.marked):
        yield LintFinding(label.span, "`label` reads a sensitive field", HELP)


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
