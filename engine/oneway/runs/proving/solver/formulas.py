"""Formulas of z3: values, and an expression's answer with the gaps that it depends on."""

from dataclasses import field
from typing import Any

import z3

from oneway.core.dataclass import dataclass

Formula = Any
"""A term of z3, which is untyped."""


def _values() -> Any:
    kinds = z3.Datatype("Value")
    kinds.declare("null")
    kinds.declare("boolean", ("truth", z3.BoolSort()))
    kinds.declare("number", ("amount", z3.RealSort()))
    kinds.declare("text", ("word", z3.IntSort()))
    kinds.declare("other", ("thing", z3.IntSort()))
    return kinds.create()


VALUE = _values()
"""Texts are numbers; those up to 0 are blank. So are lists and objects."""


@dataclass(frozen=True, slots=True)
class GapFormulas:
    """Whether an answer depends on an absent key, and whether on a misshapen value.

    `chooses` and `wrong_chooses` say the same of a condition that chooses what counts (`Gap`).
    """

    absent: Formula
    wrong: Formula
    chooses: Formula = field(default_factory=lambda: z3.BoolVal(False))
    wrong_chooses: Formula = field(default_factory=lambda: z3.BoolVal(False))

    @property
    def any(self) -> Formula:
        """Whether it depends on either."""
        return z3.Or(self.absent, self.wrong)

    def __or__(self, other: "GapFormulas") -> "GapFormulas":
        return GapFormulas(
            z3.Or(self.absent, other.absent),
            z3.Or(self.wrong, other.wrong),
            z3.Or(self.chooses, other.chooses),
            z3.Or(self.wrong_chooses, other.wrong_chooses),
        )

    def only(self, when: Formula) -> "GapFormulas":
        """Return the same under a condition."""
        parts = (self.absent, self.wrong, self.chooses, self.wrong_chooses)
        return GapFormulas(*(z3.And(when, each) for each in parts))

    @property
    def choosing(self) -> "GapFormulas":
        """The same for a condition that chooses what counts."""
        return GapFormulas(self.absent, self.wrong, self.absent, self.wrong)

    @property
    def left_open(self) -> "GapFormulas":
        """The gaps that leave open whether a value exists."""
        return GapFormulas(self.chooses, self.wrong, self.chooses, self.wrong_chooses)

    @property
    def stays(self) -> "GapFormulas":
        """What stays open if nothing stands in: the condition that chooses what counts."""
        return GapFormulas(self.chooses, self.wrong_chooses, self.chooses, self.wrong_chooses)


NOTHING = GapFormulas(z3.BoolVal(False), z3.BoolVal(False))
MISSHAPEN = GapFormulas(z3.BoolVal(False), z3.BoolVal(True))


@dataclass(frozen=True, slots=True)
class SymbolicAnswer:
    """An expression's answer on any record; see `Evaluation`. `fails` if it has no answer."""

    value: Formula
    stated: Formula
    exact: GapFormulas = NOTHING
    truth: GapFormulas = NOTHING
    written: GapFormulas = NOTHING
    fails: Formula = field(default_factory=lambda: z3.BoolVal(False))


def holds(value: Formula) -> Formula:
    """Return whether a condition with this value holds."""
    return z3.Not(z3.Or(blank(value), value == VALUE.boolean(False)))


def blank(value: Formula) -> Formula:
    """Return whether a value is blank."""
    return z3.Or(
        value == VALUE.null,
        z3.And(VALUE.is_text(value), VALUE.word(value) <= 0),
        z3.And(VALUE.is_other(value), VALUE.thing(value) <= 0),
    )


def pick(when: Formula, one: SymbolicAnswer, other: SymbolicAnswer) -> SymbolicAnswer:
    """Return `one` if a condition is true, else `other`."""

    def hangs(left: GapFormulas, right: GapFormulas) -> GapFormulas:
        return left.only(when) | right.only(z3.Not(when))

    return SymbolicAnswer(
        z3.If(when, one.value, other.value),
        z3.If(when, one.stated, other.stated),
        hangs(one.exact, other.exact),
        hangs(one.truth, other.truth),
        hangs(one.written, other.written),
        z3.If(when, one.fails, other.fails),
    )
