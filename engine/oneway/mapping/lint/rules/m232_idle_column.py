"""A column of a table of rules that no row has a value for."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields


def check(subject: Subject) -> Iterator[LintFinding]:
    for table in subject.spec.choices:
        named = {cell.column for row in table.rows for cell in row.cells}
        for column in table.columns:
            if column.name not in named:
                summary = f"no row of '{table.name}' asks for '{column.name}'"
                yield LintFinding(column.span, summary, "name it in a row, or remove it")


RULE = LintRule(
    code="M232",
    severity=Severity.WARNING,
    title="a column of a table of rules is never used",
    advice="Use it in the rows that it was meant for, or remove it.",
    check=check,
    failing="""\
choices:
  last_name:
    columns: {status: status, code: employmentDetails.payrollCode}
    rows:
      - {status: Former, then: Gone}
      - {then: Staff}
"""
    + fields("lastName: choose('last_name')"),
    passing="""\
choices:
  last_name:
    columns: {status: status}
    rows:
      - {status: Former, then: Gone}
      - {then: Staff}
"""
    + fields("lastName: choose('last_name')"),
    waits=True,
)
