"""A row of a table of rules that no record reaches, because an earlier row fits first."""

from collections.abc import Hashable, Iterator, Mapping

from oneway.core.compare import identity
from oneway.core.diagnostics import Severity
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import TableRowSpec

Fitting = Mapping[str, frozenset[Hashable]]


def check(subject: Subject) -> Iterator[LintFinding]:
    for table in subject.spec.choices:
        earlier: list[tuple[TableRowSpec, Fitting]] = []
        for row in table.rows:
            fits = {
                cell.column: frozenset(identity(each.value) for each in cell.values)
                for cell in row.cells
            }
            first = next((each for each in earlier if _covers(each[1], fits)), None)
            if first is not None:
                said = "has the same cells" if first[1] == fits else "fits all that it fits"
                summary = f"never reached: the row on line {first[0].span.line} {said}"
                yield LintFinding(row.span, summary, "remove it, or put it before that one")
            earlier.append((row, fits))


def _covers(earlier: Fitting, later: Fitting) -> bool:
    """Return whether a row fits whatever another row fits."""
    return all(column in later and later[column] <= held for column, held in earlier.items())


RULE = LintRule(
    code="M231",
    severity=Severity.WARNING,
    title="a row of a table of rules is never reached",
    advice="Remove it, or put it before the row that fits first.",
    check=check,
    failing="""\
choices:
  last_name:
    columns: {status: status}
    rows:
      - {then: Staff}
      - {status: Former, then: Gone}
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
