"""Finds the constants of a mapping that records may be given."""

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import chain

from oneway.core.dataclass import dataclass
from oneway.core.parsing import NUMBER, number_of
from oneway.core.records import Value
from oneway.mapping.code import FieldCode, MappingCode
from oneway.mapping.expressions.table_rows import is_table
from oneway.mapping.record_schema import Check, json_types
from oneway.mapping.spec import Constant, FieldSpec, MappingSpec, OnMiss, TableSpec, Write


@dataclass(frozen=True, slots=True)
class GivenConstant:
    """A constant, the target field that it is for, and the key of the mapping that states it.

    `key` is "" for a row of a table of rules. If `looked_up`, the value found by it is written
    instead. `leaves`: it is written to people who leave or come back. `check` says why the field
    cannot hold a value.
    """

    path: str
    constant: Constant
    key: str
    looked_up: bool
    leaves: bool
    check: Check | None = None


def given_constants(spec: MappingSpec, code: MappingCode) -> Iterator[GivenConstant]:
    """Yield every constant that a record may be given."""
    tables = {each.name: each for each in spec.choices}
    yield from _of_fields(spec.fields, code.fields, tables, leaves=False)
    if spec.leavers is not None:
        yield from _of_fields(spec.leavers.set, code.leaving, tables, leaves=True)
    for name, constant in spec.reactivated:
        yield GivenConstant(name, constant, "reactivate", looked_up=False, leaves=True)


def _of_fields(
    specs: Sequence[FieldSpec],
    codes: Sequence[FieldCode],
    tables: dict[str, TableSpec],
    *,
    leaves: bool,
) -> Iterator[GivenConstant]:
    for spec, code in zip(specs, codes, strict=True):
        if spec.write is Write.NEVER:
            continue
        values = chain([("value", spec.value)], (("", each) for each in _rows(code, tables)))
        for key, constant in values:
            if constant is not None:
                looked_up = spec.lookup is not None
                yield GivenConstant(spec.path, constant, key, looked_up, leaves, code.check)
        for key, stand_in in (("default", spec.default), ("initial", spec.initial)):
            if isinstance(stand_in, Constant):
                yield GivenConstant(spec.path, stand_in, key, False, leaves, code.check)
        if spec.fallback is not None:
            looked_up = spec.on_miss is not OnMiss.USE
            yield GivenConstant(spec.path, spec.fallback, "on_miss", looked_up, leaves)


def _rows(code: FieldCode, tables: dict[str, TableSpec]) -> Iterator[Constant]:
    """Yield the answers in the rows of a table of rules, if a field is made only of that table."""
    tree = code.source.expression.tree if code.source is not None else None
    if tree is not None and is_table(tree):
        table = tables.get(str(tree["children"][0]["value"]))
        rows = table.rows if table is not None else ()
        yield from (each.then for each in rows if isinstance(each.then, Constant))


def as_types(value: Value, types: Collection[str]) -> str:
    """Return how to write a constant so that it has one of these types, or ""."""
    if isinstance(value, bool | int | float) and "string" in types:
        return f"write it in quotes: '{json.dumps(value)}'"
    if isinstance(value, str):
        word = value.strip().lower()
        meant = word in ("true", "false") and "boolean" in types
        if meant or (NUMBER.fullmatch(word) and json_types(number_of(word)) & set(types)):
            return f"write it without quotes: {word}"
    return ""
