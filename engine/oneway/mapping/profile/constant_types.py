"""Finds constants whose type no record's value has: the text 'false' beside booleans.

Values of different types are never equal. Such a constant would be written every night, or compared
in vain.
"""

from collections.abc import Iterator
from dataclasses import field

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Severity, Span
from oneway.core.paths import at, path_of, path_text
from oneway.core.records import Record, Value, is_blank
from oneway.mapping.code import MappingCode
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.syntax import path_in, tokens_of
from oneway.mapping.given_constants import given_constants
from oneway.mapping.lint.type_inference import nodes_in
from oneway.mapping.record_schema import in_words, json_types, typed
from oneway.mapping.spec import MappingSpec

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConstantBeside:
    """A constant that is written to a path, or compared with its value.

    If it is `needed`, it decides whether a person has left, or is in scope.
    """

    path: Path
    value: Value
    place: Span
    reader: str
    needed: bool


@dataclass(slots=True)
class TypeTally:
    """Checks for each constant whether some record's value has its type."""

    constants: list[ConstantBeside] = field(default_factory=list)
    met: dict[Path, set[str]] = field(default_factory=dict)

    def note(self, record: Record) -> None:
        """Examine a record; a constant is done once a value fits."""
        if not self.constants or record.problem:
            return
        fitting = []
        for each in self.constants:
            value = at(record.data, each.path)
            if not isinstance(value, str | bool | int | float) or is_blank(value):
                continue
            types = json_types(value)
            if types & json_types(each.value):
                fitting.append(each)
            else:
                self.met.setdefault(each.path, set()).update(types)
        if fitting:
            self.constants = [each for each in self.constants if each not in fitting]

    def unlike(self, side: str) -> Iterator[Diagnostic]:
        """Yield each constant whose type no value has; an error if it is needed."""
        for each in self.constants:
            types = self.met.get(each.path)
            if not types:
                continue
            words = in_words(frozenset(types - {"number"} if "integer" in types else types))
            end = "; nothing will be written" if each.needed else ""
            summary = (
                f"{each.reader} has {typed(each.value)}, and each value of "
                f"'{path_text(each.path)}' in {side} is {words}{end}"
            )
            severity = Severity.ERROR if each.needed else Severity.WARNING
            yield Diagnostic(each.place, severity, "R173", summary, _HELP)


_HELP = "write the constant as the records have it; two types are never equal"


def type_tallies(code: MappingCode, spec: MappingSpec) -> dict[str, TypeTally]:
    """Return a tally for "source" and one for "target"."""
    return {
        "source": TypeTally(list(_of_source(code))),
        "target": TypeTally(list(_of_target(code, spec))),
    }


def _of_source(code: MappingCode) -> Iterator[ConstantBeside]:
    for each in code.only:
        yield from _compared(each, "only", needed=True)
    if code.leaver is not None:
        yield from _compared(code.leaver, "leavers.when", needed=True)
    for each in code.rules:
        yield from _compared(each, "eligible.when", needed=False)


def _of_target(code: MappingCode, spec: MappingSpec) -> Iterator[ConstantBeside]:
    for reader, each in code.target_conditions:
        yield from _compared(each, reader, needed=True)
    for given in given_constants(spec, code):
        if _is_scalar(given.constant.value) and not given.looked_up:
            part = "leavers.set" if given.leaves else "fields"
            reader = f"{part}.{given.path}"
            if given.key == "reactivate":
                reader = f"rehires.reactivate.{given.path}"
            value, place = given.constant.value, given.constant.span
            yield ConstantBeside(path_of(given.path), value, place, reader, given.leaves)


def _compared(expression: Expression, reader: str, *, needed: bool) -> Iterator[ConstantBeside]:
    """Yield the constants that an expression compares with the value at a path of the record."""
    read = {use.keys for use in expression.paths}
    for node in nodes_in(expression):
        if node["type"] != "comparator":
            continue
        for one, other in (node["children"], node["children"][::-1]):
            path = path_in(one)
            if path in read and other["type"] == "literal" and _is_scalar(other["value"]):
                place = _place(expression, other["value"])
                yield ConstantBeside(path, other["value"], place, reader, needed)


def _place(expression: Expression, value: Value) -> Span:
    places = (
        each.place
        for each in tokens_of(expression.text)
        if not each.identifier and each.value == value and type(each.value) is type(value)
    )
    place = next(places, None)
    return expression.span if place is None else expression.within(place)


def _is_scalar(value: Value) -> bool:
    return isinstance(value, str | bool | int | float) and not is_blank(value)
