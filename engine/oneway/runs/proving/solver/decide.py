"""Compares two versions part by part for all records, and lets the engine confirm a difference."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import z3

from oneway.core.description import Resource
from oneway.core.paths import path_text
from oneway.core.records import MISSING, Missing, Value
from oneway.mapping.compiler import Compiled
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
from oneway.runs.proving.solver.formulas import VALUE, Formula
from oneway.runs.proving.solver.observed import has_type, observed
from oneway.runs.proving.solver.slots import (
    SOURCE,
    Slot,
    as_evaluated,
    counted_otherwise,
    read_otherwise,
    slots,
    unlike,
)
from oneway.runs.proving.solver.symbolic import Symbols

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

    For parts that the solver cannot decide, the situations of `same` are searched. Guards are not
    compared: they hold back a plan, and change nothing that is planned for a record.
    """
    parts = (each for each in unlike(old, new) if not each.is_of_guards)
    because = [f"`{part.name}` differs" for part in parts]
    if not because:
        for slot in slots(old, new):
            question = _Question(slot)
            if question.is_same:
                because += read_otherwise(slot)
                continue
            found = _confirmed(question, (old, new), as_of, test)
            if found is not None:
                return VersionComparison(Sameness.DIFFERENT, (), found)
            because.append(f"{slot.name}: {question.why}")
        because += counted_otherwise(old, new)
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
        alike = as_evaluated(slot, new=False) == as_evaluated(slot, new=True)
        self.answer = z3.unsat if alike else self._asked()

    def _asked(self) -> Any:
        ours, theirs = (observed(self.slot, self.symbols, new=new) for new in (False, True))
        differ = z3.Or(*(a != b for a, b in zip(ours, theirs, strict=True)))
        self.solver.add(*self.symbols.given(), differ)
        return self.solver.check()

    @property
    def is_same(self) -> bool:
        return bool(self.answer == z3.unsat)

    @property
    def why(self) -> str:
        """Why it could not be decided."""
        if self.answer == z3.unknown:
            return "the question takes too long"
        parts = [*self.symbols.unknown, *(f"{n}()" for n in sorted(self.symbols.functions))]
        if parts:
            return f"the solver does not know {', '.join(parts)}"
        return "the engine treats none of the solver's records differently"

    def records(self, resource: Resource) -> Iterator[tuple[Variation, ...]]:
        """Yield the solver's records as variations.

        Those with known answers of the checks come first, and those that fit the record schema.
        """
        for near, fitting in ((True, True), (True, False), (False, True), (False, False)):
            self.solver.push()
            self.solver.add(*(self.symbols.near_words() if near else ()))
            if fitting:
                self.solver.add(*self._fitting(resource))
            for _ in range(_MOST):
                if self.solver.check() != z3.sat:
                    break
                model = self.solver.model()
                yield tuple(self._variations(model))
                found = self.symbols.paths.values()
                known = [term for each in found for term in (each.value, each.exact.absent)]
                if not known:
                    break
                self.solver.add(z3.Or(*(e != model.eval(e, True) for e in known)))
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
                yield z3.Or(has_type(answer.value, field.types), answer.value == VALUE.null)

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
            return words.get(number, f"text {number}" if number > 0 else " " * (1 - number % 8))
        if kind == "other":
            number = found.arg(0).as_long()
            things = {number: text for text, number in self.symbols.things.items()}
            made: Value = json.loads(things[number]) if number in things else ["an item"]
            return made if number > 0 or number in things else []
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
