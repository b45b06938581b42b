"""The definition of a lint rule: a check, with its code, advice and examples."""

from collections.abc import Callable, Iterator

from oneway.core.dataclass import dataclass
from oneway.core.description import Resource
from oneway.core.diagnostics import Fix, Severity, Span
from oneway.core.paths import path_text
from oneway.core.records import Value, is_blank
from oneway.mapping.code import FieldCode, MappingCode
from oneway.mapping.expressions import Expression
from oneway.mapping.given_constants import given_constants
from oneway.mapping.record_schema import json_types
from oneway.mapping.spec import Constant, FieldSpec, MappingSpec, Write


@dataclass(frozen=True, slots=True)
class WrittenConstant:
    """A constant that records may be given."""

    constant: Constant
    what: str
    """The beginning of a sentence that the constant completes."""
    copies: str
    """How to write an expression in its place, as a template; "" if none can stand there."""


_COPIES = {
    "value": "from: {}",
    "default": "default: {{from: {}}}",
    "initial": "initial: {{from: {}}}",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule examines: the mapping as written and as compiled, and both record schemas."""

    spec: MappingSpec
    code: MappingCode
    source: Resource
    target: Resource

    @property
    def fields(self) -> Iterator[tuple[FieldSpec, FieldCode]]:
        """The field rules, as written and as compiled."""
        yield from zip(self.spec.fields, self.code.fields, strict=True)
        if self.spec.leavers is not None:
            yield from zip(self.spec.leavers.set, self.code.leaving, strict=True)

    @property
    def constants(self) -> Iterator[WrittenConstant]:
        """Every constant that records may be given, except words that its field lists."""
        for each in given_constants(self.spec, self.code):
            target = self.target.fields.get(each.path)
            if each.key and (target is None or each.constant.value not in target.enum):
                what = "every record gets" if each.key == "value" else f"`{each.key}` of"
                what = what if each.key == "value" else f"{what} '{each.path}' is"
                yield WrittenConstant(each.constant, what, _COPIES.get(each.key, ""))
        for table in self.spec.choices:
            for number, row in enumerate(table.rows, 1):
                if isinstance(row.then, Constant):
                    what = f"row {number} of '{table.name}' says"
                    yield WrittenConstant(row.then, what, "then: {{from: {}}}")

    @property
    def on_source(self) -> Iterator[Expression]:
        """Every expression that is evaluated on a source record."""
        code = self.code
        yield from (each.expression for each in code.match_source)
        yield from code.one_per.expressions if code.one_per is not None else ()
        yield from code.only
        yield from code.rules
        for _, field in self.fields:
            stand_ins = (field.default, field.initial, field.when)
            yield from (each for each in stand_ins if isinstance(each, Expression))
            if field.source is not None:
                yield field.source.expression
        yield from (each for each in (code.leaver, code.label) if each is not None)

    @property
    def on_target(self) -> Iterator[Expression]:
        """Every expression that is evaluated on a target record."""
        code = self.code
        yield from code.match_target
        yield from (each for _, each in code.target_conditions)

    @property
    def on_references(self) -> Iterator[Expression]:
        """Every expression that is evaluated on a record of a lookup table."""
        for each in self.code.references:
            yield from each.read
            if each.label is not None and each.says_label:
                yield each.label


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A place in a mapping that a rule objects to, with the remedy."""

    span: Span
    summary: str
    help: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class LintRule:
    """A lint rule, from which the compiler, the reference pages and the tests are made.

    `title` and `advice` describe every finding; a `LintFinding` describes one. `failing` and
    `passing` are top-level keys that replace those of the example mapping
    (`oneway.mapping.lint.EXAMPLE`): the rule objects to the first and accepts the second. A rule
    that `waits` only examines mappings without errors: what is misspelt is also unused.
    """

    code: str
    severity: Severity
    title: str
    advice: str
    check: Callable[[Subject], Iterator[LintFinding]]
    failing: str
    passing: str
    waits: bool = False


def fields(*changed: str) -> str:
    """Return the `fields` of the example mapping, with these lines of YAML added or replaced.

    A line that ends with its colon removes a field.
    """
    found = dict(_FIELDS)
    for line in changed:
        path, _, text = line.partition(":")
        found[path] = text.strip()
    lines = (f"  {path}: {text}" for path, text in found.items() if text)
    return "\n".join(("fields:", *lines, ""))


_FIELDS = {
    "reference": "employmentDetails.payrollCode",
    "firstName": "personalDetails.firstName",
    "lastName": "personalDetails.lastName",
    "email": "personalDetails.email",
}


def types_of(resource: Resource, path: tuple[str, ...] | None) -> frozenset[str]:
    """Return the possible JSON types of a field; an empty set if they are unknown."""
    field = resource.fields.get(path_text(path)) if path else None
    if field is None:
        return frozenset()
    wide = {"integer"} if "number" in field.types else set()
    return (field.types | wide) - {"null"}


def fits(value: Value, types: frozenset[str]) -> bool:
    """Return whether a value is blank or has one of the types."""
    return is_blank(value) or bool(json_types(value) & types)


def daily(subject: Subject) -> Iterator[tuple[FieldSpec, Expression, bool]]:
    """Yield the fields that `today()` may change every day, and whether each is of `leavers.set`.

    A field of `leavers.set` is left alone once `leavers.left` holds.
    """
    for field, code in subject.fields:
        expression = code.source.expression if code.source is not None else None
        if expression is None or "today" not in expression.functions:
            continue
        leavers = subject.spec.leavers
        leaving = leavers is not None and field in leavers.set
        settled = leaving and subject.code.left is not None and "write" not in field.written
        if field.write is Write.OVERWRITE and not settled:
            yield field, expression, leaving
