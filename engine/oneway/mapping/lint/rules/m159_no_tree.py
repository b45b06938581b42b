"""`under()` uses a reference that is not a tree, or is used where none is available."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.code import ReferenceCode
from oneway.mapping.expressions import Expression
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject


def check(subject: Subject) -> Iterator[LintFinding]:
    references = {each.name: each for each in subject.code.references}
    for spec in subject.spec.references:
        if spec.parent is not None and references[spec.name].own:
            summary = f"the tree '{spec.name}' is made of the records that this sync writes"
            yield LintFinding(spec.parent.span, summary, "read it from the source, or from a file")
    for expression in (*subject.on_target, *subject.on_references):
        if expression.trees:
            summary = "under() can only be asked about records of the source"
            yield LintFinding(expression.span, summary, "remove it")
    for expression in subject.on_source:
        yield from _of_source(subject, expression, references)


def _of_source(
    subject: Subject, expression: Expression, references: dict[str, ReferenceCode]
) -> Iterator[LintFinding]:
    for use in expression.trees:
        table, place = references.get(use.name), expression.within(use.place)
        if table is None:
            continue  # M107
        if table.parent is None:
            help = "give the reference a `parent`: the key of the row above"
            yield LintFinding(place, f"reference '{use.name}' has no `parent`", help)
        if table.secret & {"key", "parent"} or expression.reads_any(subject.code.marked):
            summary = "under() reads something sensitive, and its reasons name nodes"
            yield LintFinding(place, summary, "ask about a value that is not sensitive")


_UNITS = """\
references:
  units:
    from: {connector: file, options: {id: code}}
    resource: units.csv
    key: code
    %s
only:
  - {id: ops, when: "under('units', employmentDetails.department.code, 'OPS')", otherwise: Not OPS}
"""
RULE = LintRule(
    code="M159",
    severity=Severity.ERROR,
    title="`under()` uses a lookup table that is not a tree, or is used where it cannot be",
    advice="Give the reference a `parent`; use `under()` only in expressions on source records.",
    check=check,
    failing=_UNITS % "value: name",
    passing=_UNITS % "parent: parentCode",
)
