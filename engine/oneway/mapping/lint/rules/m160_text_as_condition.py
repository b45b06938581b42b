"""A table's row or a named expression gives a text or a number where a condition is needed.

In YAML, `no` is a text and `0` a number. Both hold as a condition, so they would mean yes.
"""

from collections.abc import Iterator

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Severity, Span
from oneway.core.records import Value, holds
from oneway.core.yes_and_no import NO, YES
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.compared_words import asked_parts
from oneway.mapping.expressions.syntax import Node, tokens_of
from oneway.mapping.expressions.table_rows import is_table, rows_of
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.record_schema import typed
from oneway.mapping.spec import TableRowSpec, TableSpec

_NO = NO | {"f"}
_YES = YES | {"t"}


def check(subject: Subject) -> Iterator[LintFinding]:
    spec = subject.spec
    if not (spec.choices or spec.let):
        return
    conditions = list(_conditions(subject))
    asked = {id(each) for _, each in conditions}
    every = (*subject.on_source, *subject.on_target, *subject.on_references)
    values = [("", each) for each in every if id(each) not in asked]
    tables = {each.name: each for each in spec.choices}
    found: dict[Span, LintFinding] = {}
    for place, expression in (*conditions, *values):
        for each in _Asking(expression, tables).found(expression.tree, place):
            found.setdefault(each.span, each)
    yield from found.values()


def _conditions(subject: Subject) -> Iterator[tuple[str, Expression]]:
    """Yield each condition, with its place in the mapping."""
    code = subject.code
    yield from (("`only`", each) for each in code.only)
    yield from (("`eligible`", each) for each in code.rules)
    for field, compiled in subject.fields:
        if compiled.when is not None:
            yield f"`when` of '{field.path}'", compiled.when
    if code.leaver is not None:
        yield "leavers.when", code.leaver
    if code.one_per is not None and code.one_per.current is not None:
        yield "one_per.current", code.one_per.current
    yield from code.target_conditions


@dataclass(frozen=True, slots=True)
class _Asking:
    """Searches an expression for constants that are used as yes or no."""

    expression: Expression
    tables: dict[str, TableSpec]

    def found(
        self, node: Node, place: str, row: tuple[str, int, TableRowSpec] | None = None
    ) -> Iterator[LintFinding]:
        """Yield the findings in a node; `place` is where it is used as a condition, if it is."""
        if node["type"] == "literal":
            value = node["value"]
            if place and value is not True and holds(value):
                yield from self._taken(value, place, row)
        elif table := self._table(node):
            for number, (condition, then) in enumerate(rows_of(node)):
                yield from self.found(condition, "", row)
                yield from self.found(then, place, (table.name, number, table.rows[number]))
        else:
            for child, asks in asked_parts(node, place):
                yield from self.found(child, asks, row)

    def _table(self, node: Node) -> TableSpec | None:
        """Return the table of rules that a node stands for; None if the call is invalid."""
        table = self.tables.get(str(node["children"][0]["value"])) if is_table(node) else None
        sound = table is not None and len(node["children"]) == 1 + 2 * len(table.rows)
        return table if sound else None

    def _taken(
        self, value: Value, place: str, row: tuple[str, int, TableRowSpec] | None
    ) -> Iterator[LintFinding]:
        said = f"{typed(value)}, which {place} takes for yes"
        if row is not None:
            name, number, spec = row
            line = spec.then.span.line
            summary = f"row {number + 1} of '{name}', on line {line}, says {said}"
            yield LintFinding(spec.then.span, summary, _remedy(value, "then: "))
            return
        for token in tokens_of(self.expression.text):
            span = self.expression.within(token.place)
            is_same = type(token.value) is type(value) and token.value == value
            if not token.identifier and is_same and span.via is not None:
                summary = f"this named expression is {said}"
                yield LintFinding(span, summary, _remedy(value))
                return


def _remedy(value: Value, key: str = "") -> str:
    word = str(value).strip().lower()
    meant = "false" if word in _NO else "true" if word in _YES else ""
    if not key:
        return f"write `{meant or 'true'}` in backticks" + ("" if meant else ", or `false`")
    if meant:
        return f"write `{key}{meant}`, without quotes"
    return f"write `{key}true` or `{key}false`, without quotes; or compare what the table says"


RULE = LintRule(
    code="M160",
    severity=Severity.ERROR,
    title="a table of rules or a named expression gives text where a condition is needed",
    advice=(
        "Write `true` or `false`, without quotes: a text such as `no` holds, and so does the "
        "number 0."
    ),
    check=check,
    failing="""\
choices:
  has_left:
    columns: {status: status}
    rows:
      - {status: Former, then: true}
      - {then: 'no'}
leavers:
  when: choose('has_left')
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    passing="""\
choices:
  has_left:
    columns: {status: status}
    rows:
      - {status: Former, then: true}
      - {then: false}
leavers:
  when: choose('has_left')
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
)
