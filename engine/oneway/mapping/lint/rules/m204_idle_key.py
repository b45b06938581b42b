"""A key has no effect where it is."""

from collections.abc import Iterator
from itertools import pairwise

from oneway.core.diagnostics import Severity, Span
from oneway.core.paths import path_text
from oneway.core.records import is_blank
from oneway.documents.lenient import obj
from oneway.documents.record_fields import NOT_THAT_DEEP, idly_open
from oneway.mapping.lint.rule import LintFinding, LintRule, Subject, fields
from oneway.mapping.spec import (
    Category,
    Constant,
    FieldSpec,
    MappingSpec,
    OnBlank,
    OutOfScope,
    Write,
)


def check(subject: Subject) -> Iterator[LintFinding]:
    spec = subject.spec
    for field in spec.fields:
        yield from _named(field, [*_of_field(field), *_of_create(field, spec)])
    for field in spec.leavers.set if spec.leavers is not None else ():
        yield from _named(field, [*_of_field(field), _OF_LEAVE])
    yield from _of_people(spec)
    tables = (each.endpoint for each in spec.references if each.endpoint is not None)
    ends = (spec.source, spec.target, *tables)
    for record in (each.record for each in ends if each.record is not None):
        for *holder, _ in idly_open(obj(record.value)):
            named = path_text(
                tuple(str(key) for above, key in pairwise(holder) if above == "properties")
            )
            summary = f"`additionalProperties` has no effect on '{named}' in `record`"
            yield LintFinding(record.span, summary, NOT_THAT_DEEP)
    for options in (dict(each.options) for each in ends if each.connector.text == "file"):
        if "decimal" in options and "types" not in options:
            summary = "the option `decimal` has no effect without `types`"
            yield LintFinding(options["decimal"].span, summary, _TYPES)


_TYPES = "add `types`, such as types: Pay=number; or write parse_number(...) where it is read"

_Idle = tuple[str, bool, str]
"""A key, whether it has no effect where it is, and what to do."""


def _named(field: FieldSpec, idle: list[_Idle]) -> Iterator[LintFinding]:
    found = {key: help for key, useless, help in reversed(idle) if useless and key in field.written}
    for key, help in found.items():
        yield LintFinding(field.key_span, f"`{key}` has no effect on '{field.path}'", help)


def _of_field(field: FieldSpec) -> Iterator[_Idle]:
    constant = field.value is not None
    never_blank = field.lookup is None and (_stands(field.value) or _stands(field.default))
    once = field.write in (Write.ON_CREATE, Write.IF_EMPTY, Write.NEVER)
    clears = field.on_blank is OnBlank.CLEAR
    yield "on_miss", field.lookup is None, "add `lookup`, or remove it"
    yield "on_blank", never_blank, "a constant is never blank; remove it"
    yield "on_blank", once and clears, f"`write: {field.write.value}` never takes a value away"
    yield "default", constant, "a constant is never blank; remove it"
    yield "initial", constant, "a constant is never blank; remove it"
    yield "merge", once, f"`write: {field.write.value}` never changes a list; remove it"


def _stands(given: object) -> bool:
    return isinstance(given, Constant) and not is_blank(given.value)


def _of_create(field: FieldSpec, spec: MappingSpec) -> Iterator[_Idle]:
    yield "initial", field.write is Write.NEVER, "`write: never` writes nothing; remove it"
    yield "initial", not spec.joiners.create, "`joiners.create: false` creates nobody; remove it"


_OF_LEAVE: _Idle = ("initial", True, "a leave is written to a record that exists; remove it")


def _of_people(spec: MappingSpec) -> Iterator[LintFinding]:
    """Yield what is said of people of whom there are none."""
    if spec.out_of_scope is OutOfScope.LEAVE and not spec.only:
        summary = "`out_of_scope` has no effect without `only`"
        yield LintFinding(Span(spec.file), summary, "say by `only` whom the sync is for")
    for rule in spec.eligible:
        if Category.LEAVERS in rule.categories and spec.leavers is None:
            summary = f"the rule '{rule.id}' is for leavers, and nothing says who has left"
            yield LintFinding(rule.span, summary, "add `leavers`, or take them out of `for`")
        if rule.categories == {Category.JOINERS} and not spec.joiners.create:
            summary = f"the rule '{rule.id}' is for joiners, and nobody is created"
            yield LintFinding(rule.span, summary, "remove it, or `joiners.create: false`")


RULE = LintRule(
    code="M204",
    severity=Severity.WARNING,
    title="a key has no effect",
    advice="Remove it, or add what it needs.",
    check=check,
    failing=fields("lastName: {from: personalDetails.lastName, on_miss: clear}"),
    passing=fields(),
)
