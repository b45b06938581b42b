"""Access depends on a word, and no record schema lists the words."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from oneway.core.diagnostics import Severity, Span
from oneway.core.parsing import parse_day
from oneway.core.paths import path_text, with_value
from oneway.core.records import Value, holds
from oneway.mapping.expressions import Context, EvaluationError, Expression
from oneway.mapping.expressions.compared_words import Way, Word, words_of
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject
from oneway.mapping.resolver import UNKNOWN

_AS_OF = datetime(2026, 6, 15, 12, tzinfo=UTC)
_UNHEARD: tuple[Value, ...] = ("", "another word")
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}


def check(subject: Subject) -> Iterator[LintFinding]:
    if subject.source is UNKNOWN:
        return
    found: dict[tuple[str, ...], list[tuple[Expression, Word, str]]] = {}
    for expression, reader, effect in _deciding(subject):
        for word in words_of(expression.text, expression.tree):
            if not _is_declared(word, subject):
                found.setdefault(word.keys, []).append((expression, word, f"{effect} ({reader})"))
    in_order = sorted(found.items(), key=lambda each: _line(each[1][0]))
    for number, (keys, uses) in enumerate(in_order):
        expression, word, effect = uses[0]
        summary = (
            f"no record schema lists the words of '{path_text(keys)}': with a blank or an unknown "
            f"one, {effect}"
        )
        # a text that contains the words does not show where one ends
        apart = [each for _, each, _ in uses if each.way is not Way.WITHIN]
        words = dict.fromkeys(each.value for each in apart if each.part["type"] in _PATHS)
        help = _help(subject, keys, list(words), word, is_first=number == 0)
        yield LintFinding(_place(expression, word), summary, help)


def _place(expression: Expression, word: Word) -> Span:
    return expression.within(word.place) if word.place else expression.span


def _line(use: tuple[Expression, Word, str]) -> tuple[int, int]:
    place = _place(*use[:2])
    return place.line, place.column


def _deciding(subject: Subject) -> Iterator[tuple[Expression, str, str]]:
    """Yield each condition that decides about access, its name, and what an unknown word does."""
    code, spec = subject.code, subject.spec
    if code.leaver is not None:
        leaves = not _fails(code.leaver, "", subject)
        effect = "a person leaves" if leaves else "a person does not leave"
        yield code.leaver, "leavers.when", effect
    if code.one_per is not None and code.one_per.current is not None:
        yield code.one_per.current, "source.one_per", "another record of a person may count"
    for rule, written in zip(code.only, spec.only, strict=True):
        left_out = _fails(rule, "", subject)
        effect = "a leaver is out of scope" if left_out else "a person is in scope"
        yield rule, f"only.{written.id}", effect
    for rule, written in zip(code.rules, spec.eligible, strict=True):
        if not all(_fails(rule, each, subject) for each in _UNHEARD):
            yield rule, f"eligible.{written.id}", "a person takes part"


def _fails(expression: Expression, value: Value, subject: Subject) -> bool:
    """Return whether a condition certainly fails if one value stands in for each of its words."""
    data: dict[str, Value] = {}
    for word in words_of(expression.text, expression.tree):
        data = with_value(data, word.keys, value)
    settings = {each.name: each.default for each in subject.spec.settings}
    try:
        found = expression.decide(data, Context(_AS_OF, settings))
    except EvaluationError:
        return False
    return not found.truth and not holds(found.value)


def _is_declared(word: Word, subject: Subject) -> bool:
    """Return whether a word needs no list.

    It needs none if the record schema limits the values of the field, or if the word is a date or
    only part of the value.
    """
    if word.way not in (Way.EQUAL, Way.SAME, Way.AS_TEXT, Way.WITHIN):
        return True  # part of a longer text
    if isinstance(word.value, str) and parse_day(word.value) is not None:
        return True
    field = subject.source.fields.get(path_text(word.keys))
    if field is None:
        return False
    if field.enum or field.format or field.computed:
        return True
    return bool(field.types) and "string" not in field.types


def _help(
    subject: Subject, keys: tuple[str, ...], words: list[Value], word: Word, *, is_first: bool
) -> str:
    listed = [json.dumps(each, ensure_ascii=False) for each in words]
    said = f"{{type: {_TYPES[type(word.value)]}, enum: [{', '.join([*listed, '...'])}]}}"
    if isinstance(word.value, bool):
        said = "{type: boolean}"
    lines = f"{_name(keys[-1])}: {said}"
    for key in reversed(keys[:-1]):
        lines = f"{_name(key)}: {{type: object, properties: {{{lines}}}}}"
    dots = "" if isinstance(word.value, bool) else ', with all its words ("" for a blank one)'
    more = f"{dots}; anything else is then an error of its record"
    if subject.source.fields:
        where = "its manifest" if subject.spec.source.record is None else "`source.record`"
        return f"in {where}, declare `{lines}`{more}"
    if not is_first:
        return f"in the same `properties`, declare `{lines}`{more}"
    record = f"record: {{type: object, additionalProperties: true, properties: {{{lines}}}}}"
    return f"under `source`, add `{record}`{more}"


def _name(key: str) -> str:
    return key if key.isidentifier() else json.dumps(key, ensure_ascii=False)


_PATHS = ("field", "subexpression")

RULE = LintRule(
    code="M227",
    severity=Severity.WARNING,
    title="access depends on a word, and no record schema lists the words",
    advice=(
        "List the words of the field in `source.record` (for a system, in its manifest), with "
        "`additionalProperties: true` for the fields that it does not name. Then a "
        "blank value or an unknown word is an error of its record, and the list of people who can "
        "still get in keeps naming the person. Without the list, `status == 'Former'` does not "
        "hold for a blank status or for `Leaver`: such a person stays, is created or comes back."
    ),
    check=check,
    waits=True,
    failing="""\
source: {connector: file, resource: people.csv, options: {id: code}}
target: {connector: file, resource: users.csv, options: {id: code}}
match:
  - {source: code, target: code}
fields:
  code: code
leavers:
  when: status == 'Former'
  set: {leaveDate: last_day}
  left: is_past(leaveDate)
""",
    passing="""\
source:
  connector: file
  resource: people.csv
  options: {id: code}
  record:
    type: object
    additionalProperties: true
    properties:
      status: {type: string, enum: [Current, Former]}
target: {connector: file, resource: users.csv, options: {id: code}}
match:
  - {source: code, target: code}
fields:
  code: code
leavers:
  when: status == 'Former'
  set: {leaveDate: last_day}
  left: is_past(leaveDate)
""",
)
