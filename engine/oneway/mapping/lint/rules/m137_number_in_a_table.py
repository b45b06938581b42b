"""A number, boolean or list is written to a column of a CSV file, whose cells hold text."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity, Span
from oneway.core.paths import path_of
from oneway.mapping.code import FieldCode
from oneway.mapping.given_constants import as_types, given_constants
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.lint.type_inference import column_types, is_csv, plain, types_in
from oneway.mapping.record_schema import in_words, json_types
from oneway.mapping.spec import FieldSpec, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    target = subject.spec.target
    if not is_csv(target):
        return
    typed = column_types(target)
    for field, code in subject.fields:
        if field.write is Write.NEVER or plain(path_of(field.path)) in typed:
            continue
        for types, place in _computed(subject, field, code):
            if types and "string" not in types:
                yield _finding(field.path, types, place)
    for each in given_constants(subject.spec, subject.code):
        types = json_types(each.constant.value) - {"null"}
        is_text = not types or "string" in types or each.looked_up
        if not is_text and plain(path_of(each.path)) not in typed:
            as_text = as_types(each.constant.value, {"string"})
            yield _finding(each.path, types, each.constant.span, as_text)


def _computed(
    subject: Subject, field: FieldSpec, code: FieldCode
) -> Iterator[tuple[frozenset[str], Span]]:
    """Yield the types of the value that an expression gives a field, and its place."""
    if field.source is None or code.source is None or code.lookup is not None:
        return
    expression = code.source.expression
    column = column_types(subject.spec.source).get(plain(expression.simple or ()), "")
    kind = _COLUMNS.get(column, "")
    known = types_in(expression.tree, subject.source)
    yield (frozenset({kind}) if kind and not known else known), field.source.span


_COLUMNS = {"number": "number", "integer": "integer", "boolean": "boolean"}


def _finding(
    path: str, types: frozenset[str], place: Span, as_text: str = "make it text with to_text(...)"
) -> LintFinding:
    kind = "boolean" if types == {"boolean"} else "number"
    words = in_words(types - {"integer"} if "number" in types else types)
    summary = f"'{path}' is a column of text in a CSV file, and is given {words}"
    help = as_text or "change the constant"
    if not types & {"array", "object"}:
        help += f"; or say its type in the target's option `types`: {path}={kind}"
    return LintFinding(place, summary, help)


RULE = LintRule(
    code="M137",
    severity=Severity.ERROR,
    title="a value that is not text is written to a column of text",
    advice=(
        "Make it text with `to_text(...)`, or give the column its type in the target's option "
        "`types`."
    ),
    check=check,
    failing="target: {connector: file, resource: users.csv}\n" + fields("grade: {value: 3}"),
    passing="target: {connector: file, resource: users.csv}\n" + fields("grade: {value: '3'}"),
)
