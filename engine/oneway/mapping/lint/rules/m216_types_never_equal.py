"""Values of different types are never equal: 42 is not "42", and true is not 'true'."""

from collections.abc import Collection, Iterator

from oneway.core.compare import identity
from oneway.core.description import Resource
from oneway.core.diagnostics import Fix, Severity
from oneway.core.records import Value
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import Node, tokens_of
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.lint.text_order import ORDER_HELP, blanks_first, without_order
from oneway.mapping.lint.type_inference import NUMBERS, nodes_in, types_in
from oneway.mapping.record_schema import in_words


def check(subject: Subject) -> Iterator[LintFinding]:
    refused = {id(node) for _, node in blanks_first(subject)}
    for expression in subject.on_source:
        yield from _compared(expression, subject.source, refused)
    for expression in subject.on_target:
        yield from _compared(expression, subject.target, refused)


def _compared(
    expression: Expression, resource: Resource, refused: Collection[int]
) -> Iterator[LintFinding]:
    for node in nodes_in(expression):
        if node["type"] != "comparator" or id(node) in refused:
            continue
        left, right = (types_in(each, resource) for each in node["children"])
        other = without_order(node, resource)
        if other:
            summary = f"only numbers have an order; this is {in_words(other)}"
            if "string" in other:
                summary = "text is compared letter by letter, and blank text comes before all other"
            yield LintFinding(expression.span, summary, ORDER_HELP)
        elif left and right and not left & right:
            yield _never_equal(expression, node, left, right)


def _never_equal(
    expression: Expression, node: Node, left: frozenset[str], right: frozenset[str]
) -> LintFinding:
    never = "always" if node["value"] == "ne" else "never"
    summary = f"{in_words(left)} and {in_words(right)} are never equal, so this {never} holds"
    for literal, types in zip(node["children"], (right, left), strict=True):
        if literal["type"] == "literal":
            return _at_literal(expression, literal["value"], types, summary)
    return LintFinding(expression.span, summary, "convert one of them, e.g. to_text(...)")


def _at_literal(
    expression: Expression, value: Value, wanted: frozenset[str], summary: str
) -> LintFinding:
    places = (t.place for t in tokens_of(expression.text) if not t.identifier
              and identity(t.value) == identity(value))  # fmt: skip
    place = next(places, None)
    span = expression.span if place is None else expression.within(place)
    other = _as_type(value, wanted)
    if not other or place is None:
        return LintFinding(span, summary, "convert one of them, e.g. to_text(...)")
    written = expression.text[place.offset : place.offset + place.length]
    return LintFinding(span, summary, f"write {other}", Fix(span, written, other))


def _as_type(value: Value, types: frozenset[str]) -> str:
    """Return a constant converted to one of the types, if there is one way to do so."""
    if types == {"boolean"} and isinstance(value, str) and value.lower() in ("true", "false"):
        return f"`{value.lower()}`"
    if types and types <= NUMBERS and isinstance(value, str) and value.isdecimal():
        return f"`{int(value)}`" if str(int(value)) == value else ""
    if types == {"string"} and isinstance(value, int) and not isinstance(value, bool):
        return f"'{value}'"
    return ""


RULE = LintRule(
    code="M216",
    severity=Severity.WARNING,
    title="compared values are never equal, or are not ordered as numbers",
    advice="Convert one of them, or write the constant as the type that the field has.",
    check=check,
    failing="""\
leavers:
  when: employmentDetails.leaverDetails.hasLeft == 'true'
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
    passing="""\
leavers:
  when: employmentDetails.leaverDetails.hasLeft == `true`
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
""",
)
