"""A number, boolean or list is written to a column of a CSV file, whose cells hold text."""

from collections.abc import Iterator

from oneway.core.diagnostics import Severity, Span
from oneway.core.records import path_of
from oneway.mapping.code import FieldCode
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.lint.type_inference import column_types, plain, types_in
from oneway.mapping.record_schema import in_words, json_types
from oneway.mapping.spec import Constant, EndpointSpec, FieldSpec, Write


def check(subject: Subject) -> Iterator[LintFinding]:
    target = subject.spec.target
    if not _is_table(target):
        return
    typed = column_types(target)
    for field, code in subject.fields:
        if field.write is Write.NEVER or plain(path_of(field.path)) in typed:
            continue
        for types, place in _given(subject, field, code):
            if types and "string" not in types:
                yield _finding(field.path, types, place)
    for name, constant in subject.spec.reactivated:
        types = json_types(constant.value) - {"null"}
        if types and "string" not in types and plain(path_of(name)) not in typed:
            yield _finding(name, types, constant.span)


def _is_table(end: EndpointSpec) -> bool:
    format = dict(end.options).get("format")
    ending = end.resource.text.rpartition(".")[2].lower()
    named = ending if format is None else str(format.value)
    return end.connector.text == "file" and named in ("csv", "tsv")


def _given(
    subject: Subject, field: FieldSpec, code: FieldCode
) -> Iterator[tuple[frozenset[str], Span]]:
    """Yield the types of what a field may be given, without null, and where it stands."""
    for constant in (field.value, field.default, field.initial):
        if isinstance(constant, Constant):
            yield json_types(constant.value) - {"null"}, constant.span
    if field.source is None or code.source is None or code.lookup is not None:
        return
    expression = code.source.expression
    column = column_types(subject.spec.source).get(plain(expression.simple or ()), "")
    kind = _COLUMNS.get(column, "")
    known = types_in(expression.tree, subject.source)
    yield (frozenset({kind}) if kind and not known else known), field.source.span


_COLUMNS = {"number": "number", "integer": "integer", "boolean": "boolean"}


def _finding(path: str, types: frozenset[str], place: Span) -> LintFinding:
    kind = "boolean" if types == {"boolean"} else "number"
    words = in_words(types - {"integer"} if "number" in types else types)
    summary = f"'{path}' is a column of text in a CSV file, and is given {words}"
    help = "make it text with to_text(...)"
    if not types & {"array", "object"}:
        help += f", or say its type in the target's option `types`: {path}={kind}"
    return LintFinding(place, summary, help)


RULE = LintRule(
    code="M137",
    severity=Severity.ERROR,
    title="a column of text is given something else",
    advice=(
        "Make it text with `to_text(...)`, or give the column its type in the target's option "
        "`types`."
    ),
    check=check,
    failing="target: {connector: file, resource: users.csv}\n" + fields("grade: {value: 3}"),
    passing="target: {connector: file, resource: users.csv}\n" + fields("grade: {value: '3'}"),
)
