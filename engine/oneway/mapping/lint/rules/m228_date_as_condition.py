"""`leavers.when` uses a date as a condition, so that a future day counts as well."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.core.paths import path_text
from oneway.mapping.expressions.steps import text_of
from oneway.mapping.expressions.syntax import Node, Path, path_in
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.lint.type_inference import column_types, plain


def check(subject: Subject) -> Iterator[LintFinding]:
    leaver = subject.code.leaver
    if leaver is None:
        return
    # a target that accepts the day in advance also needs those who leave later
    told = {
        use.keys
        for field in subject.code.leaving
        for expression in field.expressions
        for use in expression.paths
    }
    uses = list(_uses(leaver.tree, asked=True))
    compared = {path for path, node, asked in uses if not asked}
    bare = {path: node for path, node, asked in uses if asked and _is_day(path, subject)}
    for path, node in bare.items():
        if path not in told and path not in compared:
            said = text_of(node)
            summary = f"{said} is a date, taken for yes or no here: a day to come counts as well"
            help = f"compare it with the day of the run: is_past({said}), or {said} && "
            yield LintFinding(leaver.span, summary, f"{help}!is_future({said})")


def _uses(node: Node, *, asked: bool) -> Iterator[tuple[Path, Node, bool]]:
    """Yield each path that an expression reads, and whether its value is used as yes or no."""
    path = path_in(node)
    if path is not None:
        yield path, node, asked
        return
    asked = asked and node["type"] in ("or_expression", "and_expression")
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _uses(child, asked=asked)


def _is_day(path: Path, subject: Subject) -> bool:
    """Return whether a source field holds days, by the schema or a file's option."""
    field = subject.source.fields.get(path_text(path))
    if field is not None and field.format in ("date", "date-time"):
        return True
    return column_types(subject.spec.source).get(plain(path), "").startswith("date")


RULE = LintRule(
    code="M228",
    severity=Severity.WARNING,
    title="a date makes people leavers even if it is in the future",
    advice="Compare the date with the day of the run: `is_past(...)` or `!is_future(...)`.",
    check=check,
    failing="""\
leavers:
  when: employmentDetails.leaverDetails.leaveDate
  set: {leaveDate: today()}
  left: is_past(leaveDate)
""",
    passing="""\
leavers:
  when: is_past(employmentDetails.leaverDetails.leaveDate)
  set: {leaveDate: today()}
  left: is_past(leaveDate)
""",
)
