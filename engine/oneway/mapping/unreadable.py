"""Reads records with lost values, so that an answer counts only if it is certain."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from oneway.core.compare import identity
from oneway.core.paths import at, keys_overlap, with_value, without_path
from oneway.core.records import MISSING, Record, Value
from oneway.mapping.code import FieldCode, MappingCode, Typed
from oneway.mapping.expressions import Expression
from oneway.mapping.rows import SourceRow
from oneway.mapping.spec import Constant

Words: TypeAlias = Mapping[tuple[str, ...], frozenset[Hashable]]
_NONE: Words = {}


def without_lost(record: Record) -> Record:
    """Return a record without its lost values; the others are certain."""
    data = dict(record.data)
    for path in record.lost:
        data = without_path(data, path)
    return replace(record, data=data)


def undamaged(record: Record, read: Iterable[Expression], words: Words = _NONE) -> Record:
    """Return a record that may be cut as a whole one, if it is, or if nothing reads what is lost.

    A value is whole if it is one of the declared `words` of its path.
    """
    asked = tuple(read)

    def in_order(path: tuple[str, ...]) -> bool:
        value = at(record.data, path)
        if value is not MISSING and identity(value) in words.get(path, ()):
            return True
        return not any(
            each.facts.whole or any(keys_overlap(path, use.keys) for use in each.paths)
            for each in asked
        )

    if record.problem or not (record.cut and all(map(in_order, record.lost))):
        return record
    return replace(record, damage="", lost=(), cut=False)


def strictly(expression: Expression, record: Record) -> Expression:
    """Return an expression that reads the lost values of an unreadable record as unstated.

    If it is not known which values are lost, every absent key is unstated.
    """
    reading = expression.reading
    if not record.lost:
        return replace(
            expression, reading=replace(reading, absent_is_null=False, except_for=frozenset())
        )
    lost = frozenset(path[:depth] for path in record.lost for depth in range(1, len(path) + 1))
    null = reading.absent_is_null
    others = reading.except_for | lost if null else reading.except_for - lost
    return replace(expression, reading=replace(reading, except_for=others))


def with_placeholders(record: Record, read: Expression | None = None) -> Mapping[str, Value]:
    """Return the data of an unreadable record with a stand-in for each lost value.

    If it is not known which values are lost, the stand-in is at every absent path that `read`
    reads. Some functions treat an absent key as blank, so that their answer may depend on it.
    """
    paths = record.lost or tuple(use.keys for use in (read.paths if read is not None else ()))
    data = record.data
    for keys in paths:
        inside = (at(data, keys[:depth]) for depth in range(1, len(keys)))
        fits = all(held is MISSING or isinstance(held, Mapping) for held in inside)
        if fits and at(data, keys) is MISSING:
            data = with_value(data, keys, _PLACEHOLDER)
    return data


_PLACEHOLDER = "\N{REPLACEMENT CHARACTER}"
"""A value that is not blank, and equals no other."""


def leave_of(row: SourceRow) -> tuple[object, ...]:
    """Return everything that a row says about its person's leave."""
    return row.leaver, row.outside, row.leaving, row.leaves_left, row.leaves_later


def strict_code(code: MappingCode, record: Record) -> MappingCode:
    """Return a mapping whose expressions read an unreadable source record as `strictly` does."""

    def strict(each: Expression) -> Expression:
        return strictly(each, record)

    def typed(each: Typed) -> Typed:
        return replace(each, expression=strict(each.expression))

    def part(each: Expression | Constant | None) -> Expression | Constant | None:
        return strict(each) if isinstance(each, Expression) else each

    def field_code(each: FieldCode) -> FieldCode:
        return replace(
            each,
            source=each.source and typed(each.source),
            default=part(each.default),
            initial=part(each.initial),
            when=each.when and strict(each.when),
        )

    return replace(
        code,
        match_source=tuple(map(typed, code.match_source)),
        only=tuple(map(strict, code.only)),
        rules=tuple(map(strict, code.rules)),
        leaver=code.leaver and strict(code.leaver),
        fields=tuple(map(field_code, code.fields)),
        leaving=tuple(map(field_code, code.leaving)),
    )
