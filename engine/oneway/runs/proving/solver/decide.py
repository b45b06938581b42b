"""Compares two versions part by part for all records, and lets the engine confirm a difference."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import z3

from oneway.core.connector import Field, Resource
from oneway.core.records import MISSING, Missing, Value, path_text
from oneway.mapping.code import FieldCode, Typed
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Expression
from oneway.mapping.expressions.steps import text_of
from oneway.mapping.spec import Constant
from oneway.planning.impact import impact
from oneway.runs.mapping_tests.spec import MappingTest
from oneway.runs.proving.choice import ChosenSituations
from oneway.runs.proving.domains import ValueClass
from oneway.runs.proving.prove import (
    DEFAULT_SITUATIONS,
    DifferentTreatment,
    Sameness,
    VersionComparison,
    bound_of,
    maker_of,
    same,
    treated,
)
from oneway.runs.proving.situation import Variation
from oneway.runs.proving.situations import SituationMaker
from oneway.runs.proving.solver.slots import (
    SOURCE,
    ConditionSlot,
    FieldSlot,
    KeySlot,
    Slot,
    slots,
    unlike,
)
from oneway.runs.proving.solver.symbolic import (
    VALUE,
    Formula,
    SymbolicAnswer,
    Symbols,
    blank,
    holds,
)

_EFFORT = 60_000_000
"""The limit for one question, in z3's own unit of work, which is the same on every machine."""
_MOST = 6
"""The most records from the solver that are tried for one part."""


def decide(
    old: Compiled,
    new: Compiled,
    as_of: datetime,
    test: MappingTest | None = None,
    most: int = DEFAULT_SITUATIONS,
) -> VersionComparison:
    """Return whether two versions treat every record the same.

    For parts that the solver cannot decide, the situations of `same` are searched.
    """
    because = [f"{part} differs" for part in unlike(old, new)]
    if not because:
        for slot in slots(old, new):
            question = _Question(slot)
            if question.is_same:
                continue
            found = _confirmed(question, (old, new), as_of, test)
            if found is not None:
                return VersionComparison(Sameness.DIFFERENT, (), found)
            because.append(f"{slot.name}: {question.why}")
    if not because:
        return VersionComparison(Sameness.SAME)
    treated = same(old, new, as_of, test, most)
    if treated.situation is not None:
        return VersionComparison(Sameness.DIFFERENT, (), treated)
    return VersionComparison(Sameness.UNDECIDED, tuple(because), treated)


class _Question:
    """The question whether one part of two versions is the same on every record."""

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.symbols = Symbols(slot.side)
        self.solver = z3.Solver()
        self.solver.set("rlimit", _EFFORT)
        alike = _trees(slot, new=False) == _trees(slot, new=True)
        self.answer = z3.unsat if alike else self._asked()

    def _asked(self) -> Any:
        ours, theirs = (_observed(self.slot, self.symbols, new=new) for new in (False, True))
        differ = z3.Or(*(a != b for a, b in zip(ours, theirs, strict=True)))
        self.solver.add(*self.symbols.given, differ)
        return self.solver.check()

    @property
    def is_same(self) -> bool:
        return bool(self.answer == z3.unsat)

    @property
    def why(self) -> str:
        """Why it could not be decided."""
        if self.answer == z3.unknown:
            return "the question takes too long"
        parts = [*sorted(self.symbols.parts), *(f"{n}()" for n in sorted(self.symbols.functions))]
        if parts:
            return f"the solver does not know {', '.join(parts)}"
        return "the engine treats none of the solver's records differently"

    def records(self, resource: Resource) -> Iterator[tuple[Variation, ...]]:
        """Yield the solver's records as variations, those that fit the record schema first."""
        for fitting in (True, False):
            self.solver.push()
            if fitting:
                self.solver.add(*self._fitting(resource))
            for _ in range(_MOST):
                if self.solver.check() != z3.sat:
                    break
                model = self.solver.model()
                yield tuple(self._variations(model))
                values = [each.value for each in self.symbols.paths.values()]
                if not values:
                    break
                self.solver.add(z3.Or(*(e != model.eval(e, True) for e in values)))
            self.solver.pop()

    def _fitting(self, resource: Resource) -> Iterator[Formula]:
        for path, answer in self.symbols.paths.items():
            yield z3.Not(answer.exact.any)
            field = resource.fields.get(path_text(path))
            if field is None:
                continue
            if field.enum:
                words = [self.symbols.constant(each) for each in field.enum]
                yield z3.Or(*(answer.value == word for word in words))
            elif field.types:
                yield z3.Or(_has_type(answer.value, field.types), answer.value == VALUE.null)

    def _variations(self, model: Any) -> Iterator[Variation]:
        for path, answer in self.symbols.paths.items():
            absent = z3.is_true(model.eval(answer.exact.absent, True))
            value = MISSING if absent else self._value(model.eval(answer.value, True))
            label = "is absent" if isinstance(value, Missing) else f"is {value!r}"
            yield Variation(self.slot.side, ValueClass(path, label, value))

    def _value(self, found: Any) -> Value:
        """Return a value that stands for one of the solver's."""
        kind = found.decl().name()
        if kind == "boolean":
            return bool(z3.is_true(found.arg(0)))
        if kind == "number":
            number = Fraction(str(found.arg(0)))
            return int(number) if number.denominator == 1 else float(number)
        if kind == "text":
            number = found.arg(0).as_long()
            words = {number: text for text, number in self.symbols.words.items()}
            return words.get(number, f"text {number}" if number > 0 else " " * -number)
        if kind == "other":
            return ["an item"] if found.arg(0).as_long() > 0 else []
        return None


def _confirmed(
    question: _Question,
    versions: Sequence[Compiled],
    as_of: datetime,
    test: MappingTest | None,
) -> DifferentTreatment | None:
    """Return a situation, made from a record of the solver, that the engine treats differently."""
    makers = [maker_of(each, as_of, test) for each in versions]
    makers[1].record = makers[0].record = makers[0].usual()
    side = versions[0].source if question.slot.side == SOURCE else versions[0].target
    for changes in question.records(side):
        found = _treated(makers, changes)
        if found is not None:
            return found
    return None


def _treated(
    makers: Sequence[SituationMaker], changes: Sequence[Variation]
) -> DifferentTreatment | None:
    for maker in makers:
        for situation in maker.having(changes):
            before, after = (each.planned(situation) for each in makers)
            people = impact(before, after).people
            if people:
                tried = ChosenSituations((situation,), 1, 1)
                return treated(situation, people[0], makers, bound_of(maker, tried))
    return None


def _trees(slot: Slot, *, new: bool) -> list[str | None]:
    if isinstance(slot, FieldSlot):
        code = slot.new if new else slot.old
        source = code.source.expression if code.source is not None else None
        return [_tree(each) for each in (source, code.when, code.default, code.initial)]
    found = slot.new if new else slot.old
    return [_tree(found.expression if isinstance(found, Typed) else found)]


def _tree(code: Expression | Constant | None) -> str | None:
    if isinstance(code, Constant):
        return f"constant {code.value!r}"
    return None if code is None else text_of(code.tree)


def _observed(slot: Slot, symbols: Symbols, *, new: bool) -> list[Formula]:
    """Return the engine's results for a part, for comparison on one record."""
    if isinstance(slot, ConditionSlot):
        answer = symbols.answer((slot.new if new else slot.old).tree)
        return _of_condition(answer, decides=slot.decides)
    if isinstance(slot, KeySlot):
        typed = slot.new if new else slot.old
        answer = symbols.answer(typed.expression.tree)
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
    misfit = _FALSE if types is None else z3.Not(_has_type(value, types))
    wrong = z3.And(value != VALUE.null, z3.Or(misfit, VALUE.is_other(value)))
    fails = z3.Or(answer.fails, answer.exact.any, wrong)
    silent = z3.And(z3.Not(answer.fails), answer.exact.absent)
    return [fails, silent, z3.If(fails, VALUE.null, value)]


_INACTIVE, _BLANK, _UNSTATED, _STATED = range(4)


def _of_field(code: FieldCode, target: Field | None, symbols: Symbols) -> list[Formula]:
    """Return the cell before its lookup, and the value that replaces a blank."""
    found = [_FALSE, z3.IntVal(_STATED), VALUE.null]
    if code.source is not None:
        answer = symbols.answer(code.source.expression.tree)
        is_blank = blank(answer.value)
        silent = z3.Or(answer.written.any, z3.And(is_blank, z3.Not(answer.stated)))
        state = z3.If(silent, _UNSTATED, z3.If(is_blank, z3.IntVal(_BLANK), z3.IntVal(_STATED)))
        value = z3.If(state == _STATED, answer.value, VALUE.null)
        fails = answer.fails
        for types in (_types(code.source.check), _written_types(code, target)):
            if types is not None:
                fails = z3.Or(fails, z3.And(state == _STATED, z3.Not(_has_type(value, types))))
        found = [fails, state, value]
    for stand_in in (code.default, code.initial):
        found += _of_stand_in(stand_in, symbols)
    if code.when is None:
        return _unless_failed(found)
    when = symbols.answer(code.when.tree)
    active = z3.And(z3.Not(when.truth.any), holds(when.value))
    fails = z3.Or(when.fails, z3.And(active, found[0]))
    state = z3.If(when.truth.any, _UNSTATED, z3.If(active, found[1], z3.IntVal(_INACTIVE)))
    rest = [z3.If(active, each, VALUE.null) for each in found[2:] if each.sort() == VALUE]
    flags = [z3.And(active, each) for each in found[2:] if each.sort() != VALUE]
    return _unless_failed([fails, state, *rest, *flags])


def _unless_failed(found: list[Formula]) -> list[Formula]:
    """Return the visible part of a cell; for a failed cell, only that it failed."""
    fails, *rest = found
    return [fails, *(z3.Implies(z3.Not(fails), each) if z3.is_bool(each) else
                     z3.If(fails, _nothing(each), each) for each in rest)]  # fmt: skip


def _nothing(term: Formula) -> Formula:
    return VALUE.null if term.sort() == VALUE else z3.IntVal(-1)


def _of_stand_in(code: Expression | Constant | None, symbols: Symbols) -> list[Formula]:
    if code is None:
        return [VALUE.null, _FALSE]
    if isinstance(code, Constant):
        return [symbols.constant(code.value), _FALSE]
    answer = symbols.answer(code.tree)
    return [z3.If(blank(answer.value), VALUE.null, answer.value), answer.fails]


def _written_types(code: FieldCode, target: Field | None) -> frozenset[str] | None:
    """Return the types that a target accepts for a value that is written unchanged."""
    if target is None or code.lookup is not None or not target.types - {"null"}:
        return None
    return target.types - {"null"}


def _types(check: Any) -> frozenset[str] | None:
    """Return the types that a source's record schema declares for what an expression reads."""
    return None if check is None else check.args[0]


def _has_type(value: Formula, types: frozenset[str]) -> Formula:
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
