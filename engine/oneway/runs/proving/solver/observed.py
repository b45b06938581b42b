"""Formulas of what the engine makes of one part of a mapping, to compare between two versions."""

from collections.abc import Iterator
from typing import Any

import z3

from oneway.core.description import Field
from oneway.mapping.code import FieldCode
from oneway.mapping.expressions import Expression
from oneway.mapping.spec import Constant, Merge
from oneway.runs.proving.solver.formulas import VALUE, Formula, SymbolicAnswer, blank, holds
from oneway.runs.proving.solver.slots import ConditionSlot, KeySlot, Slot
from oneway.runs.proving.solver.symbolic import Symbols


def observed(slot: Slot, symbols: Symbols, *, new: bool) -> list[Formula]:
    """Return the engine's results for a part, for comparison on one record."""
    if isinstance(slot, ConditionSlot):
        expression = slot.new if new else slot.old
        answer = symbols.answer(expression)
        found = _of_condition(answer, decides=slot.decides)
        if slot.blank_is_unknown:
            unknown = symbols.without_blanks(found[0], expression.paths_in_need)
            found.append(z3.And(z3.Not(found[0]), z3.Not(found[-1]), unknown))
        return found
    if isinstance(slot, KeySlot):
        typed = slot.new if new else slot.old
        answer = symbols.answer(typed.expression)
        return _of_key(answer, _types(typed.check))
    return _of_field(slot.new if new else slot.old, slot.target, symbols)


_FALSE = z3.BoolVal(False)


def _of_condition(answer: SymbolicAnswer, *, decides: bool) -> list[Formula]:
    unsaid = answer.truth.any
    true = z3.And(z3.Not(answer.fails), z3.Not(unsaid), holds(answer.value))
    if not decides:
        return [answer.fails, true]
    silent = z3.And(z3.Not(answer.fails), answer.truth.absent)
    return [z3.Or(answer.fails, unsaid), silent, true]


def _of_key(answer: SymbolicAnswer, types: frozenset[str] | None) -> list[Formula]:
    value = z3.If(blank(answer.value), VALUE.null, answer.value)
    misfit = _FALSE if types is None else z3.Not(has_type(value, types))
    wrong = z3.And(value != VALUE.null, z3.Or(misfit, VALUE.is_other(value)))
    fails = z3.Or(answer.fails, answer.exact.any, wrong)
    silent = z3.And(z3.Not(answer.fails), answer.exact.absent)
    return [fails, silent, z3.If(fails, VALUE.null, value)]


_INACTIVE, _BLANK, _UNSTATED, _STATED = range(4)


def _of_field(code: FieldCode, target: Field | None, symbols: Symbols) -> list[Formula]:
    """Return the cell before its lookup, and the value that replaces a blank."""
    found = _of_source(code, target, symbols)
    looked_up, is_blank = z3.BoolVal(code.lookup is not None), found[1] == _BLANK
    needed = z3.Or(looked_up, is_blank, found[1] == _UNSTATED)
    *default, is_open = _of_stand_in(code.default, symbols, needed)
    initial = _of_stand_in(code.initial, symbols, needed)[:-1]  # a create overwrites nothing
    found += (*default, z3.And(is_open, z3.Or(looked_up, is_blank)), *initial)
    unsaid, fails, active = _FALSE, _FALSE, z3.BoolVal(True)
    if code.when is not None:
        when = symbols.answer(code.when)
        unsaid, fails = when.truth.any, when.fails
        active = z3.And(z3.Not(unsaid), holds(when.value))
    state = z3.If(unsaid, _UNSTATED, z3.If(active, found[1], z3.IntVal(_INACTIVE)))
    rest = [z3.If(active, each, VALUE.null) for each in found[2:] if each.sort() == VALUE]
    flags = [z3.And(active, each) for each in found[2:] if each.sort() != VALUE]
    if code.shown:  # a value that is not written may tell who a person is
        unwritten = z3.And(z3.Not(active), z3.Not(found[0]), found[1] == _STATED)
        rest.append(z3.If(unwritten, found[2], VALUE.null))
    return _unless_failed([z3.Or(fails, z3.And(active, found[0])), state, *rest, *flags])


def _of_source(code: FieldCode, target: Field | None, symbols: Symbols) -> list[Formula]:
    """Return whether `from` fails, its state and its value."""
    if code.source is None:
        return [_FALSE, z3.IntVal(_STATED), VALUE.null]
    answer = symbols.answer(code.source.expression)
    is_blank = blank(answer.value)
    silent = z3.Or(answer.written.any, z3.And(is_blank, z3.Not(answer.stated)))
    state = z3.If(silent, _UNSTATED, z3.If(is_blank, z3.IntVal(_BLANK), z3.IntVal(_STATED)))
    value = z3.If(state == _STATED, answer.value, VALUE.null)
    fails = answer.fails
    for types in (_types(code.source.check), _written_types(code, target)):
        if types is not None:
            fails = z3.Or(fails, z3.And(state == _STATED, z3.Not(has_type(value, types))))
    return [fails, state, value, *_of_merge(code, answer, symbols)]


def _of_merge(code: FieldCode, answer: SymbolicAnswer, symbols: Symbols) -> Iterator[Formula]:
    """Yield what else of a list counts if the field keeps items of the target's list."""
    if code.rule.merge is Merge.REPLACE or code.source is None:
        return
    # which items are certain is not modelled: only the same expression has the same
    certain = symbols.opaque(code.source.expression)
    yield z3.And(answer.written.any, certain)
    empty = z3.And(VALUE.is_other(answer.value), VALUE.thing(answer.value) <= 0)
    yield z3.And(empty, answer.stated, z3.Not(answer.written.any))


def _unless_failed(found: list[Formula]) -> list[Formula]:
    """Return the visible part of a cell; for a failed cell, only that it failed."""
    fails, *rest = found
    return [fails, *(z3.Implies(z3.Not(fails), each) if z3.is_bool(each) else
                     z3.If(fails, _nothing(each), each) for each in rest)]  # fmt: skip


def _nothing(term: Formula) -> Formula:
    return VALUE.null if term.sort() == VALUE else z3.IntVal(-1)


def _of_stand_in(
    code: Expression | Constant | None, symbols: Symbols, needed: Formula
) -> list[Formula]:
    """Return what replaces a blank, if `needed`, whether it fails, and whether it is open."""
    value, fails, is_open = VALUE.null, _FALSE, _FALSE
    if isinstance(code, Constant):
        value = symbols.constant(code.value)
    elif code is not None:
        answer = symbols.answer(code)
        is_blank, fails = blank(answer.value), answer.fails
        is_open = z3.Or(answer.written.any, z3.And(is_blank, z3.Not(answer.stated)))
        value = z3.If(z3.Or(is_blank, is_open), VALUE.null, answer.value)
    return [z3.If(needed, value, VALUE.null), z3.And(needed, fails), z3.And(needed, is_open)]


def _written_types(code: FieldCode, target: Field | None) -> frozenset[str] | None:
    """Return the types that a target accepts for a value that is written unchanged."""
    if target is None or code.lookup is not None or not target.types - {"null"}:
        return None
    return target.types - {"null"}


def _types(check: Any) -> frozenset[str] | None:
    """Return the types that a source's record schema declares for what an expression reads."""
    return None if check is None else check.args[0]


def has_type(value: Formula, types: frozenset[str]) -> Formula:
    """Return whether a value has one of JSON Schema's types."""
    found = []
    if "string" in types:
        found.append(VALUE.is_text(value))
    if "boolean" in types:
        found.append(VALUE.is_boolean(value))
    if "number" in types:
        found.append(VALUE.is_number(value))
    elif "integer" in types:
        found.append(z3.And(VALUE.is_number(value), z3.IsInt(VALUE.amount(value))))
    if kinds := types & {"array", "object"}:
        listed = z3.Function("is a list", z3.IntSort(), z3.BoolSort())(VALUE.thing(value))
        fitting = z3.BoolVal(True) if len(kinds) > 1 else listed == z3.BoolVal("array" in kinds)
        found.append(z3.And(VALUE.is_other(value), fitting))
    return z3.Or(*found)
