"""Settings that need a `leavers` section, in a mapping that has none."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity, Span
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.spec import Absent, OutOfScope, Rehires


def check(subject: Subject) -> Iterator[LintFinding]:
    spec = subject.spec
    if spec.leavers is not None:
        return
    if spec.absent is Absent.DEACTIVATE:
        summary = "`absent: deactivate` needs `leavers.set`, which says what to write"
        yield LintFinding(Span(spec.file), summary, "add `leavers`, or use `absent: report`")
    if spec.out_of_scope is OutOfScope.LEAVE:
        summary = "`out_of_scope: leave` needs `leavers.set`, which says what to write"
        yield LintFinding(Span(spec.file), summary, "add `leavers`, or use `out_of_scope: ignore`")
    if spec.rehires is Rehires.REACTIVATE:
        summary = "`rehires: reactivate` undoes `leavers.set`, which is missing"
        yield LintFinding(Span(spec.file), summary, "add `leavers`, or leave `rehires` out")


RULE = LintRule(
    code="M116",
    severity=Severity.ERROR,
    title="a part of the mapping needs `leavers`",
    advice="Add `leavers`, or leave the part out.",
    check=check,
    failing="""\
absent: deactivate
""",
    passing="""\
absent: report
""",
)
