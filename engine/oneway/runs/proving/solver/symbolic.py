"""Expressions as formulas: their value on any record, and what each question about it depends on.

This models in z3 what `oneway.mapping.expressions.gap_interpreter` computes on one record: a value,
and the gaps that it depends on, for each of the three questions. Paths are open, and so is every
part that is not modelled: equal texts have equal values in both versions, whatever these are, if
the engine reads them with equal checks.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import field, replace
from fractions import Fraction
from functools import reduce
from typing import Any, cast

import z3

from oneway.core.compare import identity
from oneway.core.dataclass import dataclass
from oneway.core.records import Value, is_blank
from oneway.mapping.expressions import PLAIN, Expression, Reading
from oneway.mapping.expressions.named_calls import CHOOSE
from oneway.mapping.expressions.node_kinds import (
    ORDERING,
    asks_presence,
    is_list,
    is_logical,
    judges,
)
from oneway.mapping.expressions.syntax import Node, path_in
from oneway.mapping.functions import BY_NAME, Uses
from oneway.mapping.lint.reach import IDEMPOTENT
from oneway.runs.proving.solver.besides_value import (
    Check,
    check_facts,
    evaluated_as,
    near_values,
)
from oneway.runs.proving.solver.formulas import (
    MISSHAPEN,
    NOTHING,
    VALUE,
    Formula,
    GapFormulas,
    SymbolicAnswer,
    blank,
    holds,
    pick,
)

_Path = tuple[str, ...]


@dataclass(slots=True)
class Symbols:
    """The open parts in the formulas of one record: its paths, and parts that are not modelled."""

    side: str
    paths: dict[_Path, SymbolicAnswer] = field(default_factory=dict)
    """The answer of each path, before any check of its value."""
    parts: dict[Hashable, SymbolicAnswer] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    things: dict[str, int] = field(default_factory=dict)
    """The numbers of lists and objects, as JSON."""
    functions: set[str] = field(default_factory=set)
    """Functions that are only known to give equal results for equal arguments."""
    _given: list[Formula] = field(default_factory=list)
    _unfit: dict[tuple[_Path, Hashable], tuple[Formula, Check]] = field(default_factory=dict)
    """Whether a path's value is one that a check refuses, for each check as data."""
    _reading: Reading = PLAIN

    def answer(self, expression: Expression) -> SymbolicAnswer:
        """Return the answer of a whole expression."""
        self._reading = expression.reading
        return self._asked(expression.tree)

    def given(self) -> Iterator[Formula]:
        """Yield conditions that hold for every record."""
        yield from self._given
        for (path, _), (unfit, check) in self._unfit.items():
            if path not in self.paths:
                continue
            found = self.paths[path]
            yield z3.Implies(unfit, found.stated)
            for value in self._near(path):
                wrong = bool(check(value))
                here = z3.And(found.stated, found.value == self.constant(value))
                if value is not None or not wrong:  # an absent key that means null is not checked
                    yield z3.Implies(here, unfit == z3.BoolVal(wrong))

    def near_words(self) -> Iterator[Formula]:
        """Yield conditions that hold only for values of which the checks are known."""
        for path in dict.fromkeys(at for at, _ in self._unfit if at in self.paths):
            found = self.paths[path]
            values = [found.value == self.constant(each) for each in self._near(path)]
            yield z3.Or(z3.Not(found.stated), *values)

    def _near(self, path: _Path) -> list[Value]:
        """Return values on which the checks of a path may differ."""
        checks = (check for (at, _), (_, check) in self._unfit.items() if at == path)
        found = (value for check in checks for value in near_values(check))
        return list({identity(value): value for value in found}.values())

    def without_blanks(self, formula: Formula, paths: Iterable[_Path]) -> Formula:
        """Return a formula as it is if blank values at these paths are taken as absent."""
        pairs = []
        for path in sorted(paths):
            found = self.paths.get(path)
            if found is not None:
                taken = z3.And(found.stated, blank(found.value))
                pairs += [
                    (found.value, z3.If(taken, VALUE.null, found.value)),
                    (found.stated, z3.And(found.stated, z3.Not(taken))),
                    (found.exact.absent, z3.Or(found.exact.absent, taken)),
                ]
            unfit = [each for (at, _), (each, _) in self._unfit.items() if at == path]
            pairs += [(each, z3.And(each, z3.Not(taken))) for each in unfit if found is not None]
        for number, part in enumerate(self.parts.values()):
            other = self._open(f"{self.side} part {number} without {sorted(paths)}")
            pairs += zip(_terms(part), _terms(other), strict=True)
        return z3.substitute(formula, *pairs)

    def _asked(self, node: Node) -> SymbolicAnswer:
        found = self._visit(node)
        if is_logical(node):
            return found
        return SymbolicAnswer(
            found.value, found.stated, found.exact, found.exact, found.written, found.fails
        )

    def _visit(self, node: Node) -> SymbolicAnswer:
        kind, children = node["type"], node["children"]
        path = path_in(node) if kind in ("field", "subexpression") else None
        if path is not None:
            return self._checked(node, self._path(path))
        match kind:
            case "literal":
                return SymbolicAnswer(self.constant(node["value"]), z3.BoolVal(True))
            case "or_expression" | "and_expression":
                left, right = map(self._asked, children)
                return _either(left, right, decides=kind == "or_expression")
            case "not_expression":
                asked = self._asked(children[0])
                value = VALUE.boolean(z3.Not(holds(asked.value)))
                truth = asked.truth
                written = truth.choosing
                return SymbolicAnswer(value, asked.stated, truth, truth, written, asked.fails)
            case "comparator":
                return self._compared(str(node["value"]), *map(self._visit, children))
            case "pipe" if children[1]["type"] in ("current", "identity"):
                return self._visit(children[0])
            case "function_expression":
                return self._function(node)
            case "multi_select_list":
                parts = list(map(self._visit, children))
                made = self._applied("list", z3.IntSort(), parts)
                self._given.append(made > 0)
                return _together(VALUE.other(made), parts)
            case _:
                return self._part(node)

    def constant(self, value: Value) -> Formula:
        """Return a constant."""
        match value:
            case None:
                return VALUE.null
            case bool():
                return VALUE.boolean(value)
            case int() | float():
                return VALUE.number(z3.RealVal(str(Fraction(value))))
            case str():
                return VALUE.text(self._numbered(self.words, value, is_blank(value)))
            case _:
                text = json.dumps(value, sort_keys=True)
                return VALUE.other(self._numbered(self.things, text, is_blank(value)))

    def _numbered(self, known: dict[str, int], text: str, is_blank: bool) -> int:
        if text not in known:
            same = sum((number <= 0) == is_blank for number in known.values())
            known[text] = -same if is_blank else same + 1
        return known[text]

    def _path(self, path: _Path) -> SymbolicAnswer:
        if path not in self.paths:
            name = f"{self.side} {'.'.join(path)}"
            found = self._open(name)
            hangs, there = GapFormulas(found.exact.absent, found.exact.wrong), found.stated
            self._given += [
                z3.Implies(z3.Not(there), z3.And(found.value == VALUE.null, hangs.any)),
                z3.Implies(hangs.any, z3.Not(there)),
            ]
            if not path[1:]:
                self._given.append(z3.Not(hangs.wrong))  # the record itself is an object
            self.paths[path] = SymbolicAnswer(found.value, there, hangs, hangs, hangs)
        return self.paths[path]

    def _checked(self, node: Node, found: SymbolicAnswer) -> SymbolicAnswer:
        """Return the answer of a path, which does not count if a check refuses what it reads."""
        unfit = list(self._refusals(node))
        if not unfit:
            return found
        hangs = GapFormulas(found.exact.absent, z3.Or(found.exact.wrong, *unfit))
        return replace(found, exact=hangs, truth=hangs, written=hangs)

    def _refusals(self, node: Node) -> Iterator[Formula]:
        for child in node["children"]:
            yield from self._refusals(child)
        path: _Path | None = cast(dict[str, Any], node).get("path")
        check = self._reading.check_of(node, path) if path is not None else None
        if path is not None and check is not None:
            known = path, check_facts(check)
            if known not in self._unfit:
                name = f"{self.side} {'.'.join(path)} is unfit {len(self._unfit)}"
                self._unfit[known] = z3.Bool(name), check
            yield self._unfit[known][0]

    def _part(self, node: Node) -> SymbolicAnswer:
        """Return the answer of a part that is not modelled: any value, but one for each text."""
        known = evaluated_as(node, self._reading)
        if known not in self.parts:
            self.parts[known] = self._open(f"{self.side} part {len(self.parts)}")
        return self.parts[known]

    def opaque(self, expression: Expression) -> Formula:
        """Return an open condition that is the same for the same expression."""
        self._reading = expression.reading
        return self._part(expression.tree).fails

    @property
    def unknown(self) -> list[str]:
        """The texts of the parts that are not modelled."""
        return sorted({str(cast(tuple[str, object], each)[0]) for each in self.parts})

    def _open(self, name: str) -> SymbolicAnswer:
        def hangs(question: str) -> GapFormulas:
            found = (z3.Bool(f"{name}, {question} {e}") for e in ("absent", "wrong", "chooses"))
            absent, wrong, chooses = found
            return GapFormulas(absent, wrong, z3.And(absent, chooses))

        questions = map(hangs, ("exact", "truth", "written"))
        stated, fails = z3.Bool(f"{name}, stated"), z3.Bool(f"{name}, fails")
        exact, truth, written = questions
        return SymbolicAnswer(z3.Const(name, VALUE), stated, exact, truth, written, fails)

    def _compared(self, sign: str, left: SymbolicAnswer, right: SymbolicAnswer) -> SymbolicAnswer:
        one, other = left.value, right.value
        if sign in ("eq", "ne"):
            equal = z3.Or(one == other, self._alike(one, other))
            answer = equal if sign == "eq" else z3.Not(equal)
            return _judged(_together(VALUE.boolean(answer), (left, right)))
        if sign in ("gt", "gte"):
            one, other = other, one
        before = _before(one, other) if sign in ("lt", "gt") else z3.Not(_before(other, one))
        comparable = [z3.Or(VALUE.is_number(e), VALUE.is_text(e)) for e in (one, other)]
        value = z3.If(z3.And(*comparable), VALUE.boolean(before), VALUE.null)
        found = _judged(_together(value, (left, right)))
        mixed = z3.And(*comparable, VALUE.is_number(one) != VALUE.is_number(other))
        return _failing(found, mixed)

    def _alike(self, one: Formula, other: Formula) -> Formula:
        """Return whether two lists or objects are equal although their JSON differs."""
        things = VALUE.thing(one), VALUE.thing(other)
        least = z3.If(things[0] < things[1], things[0], things[1])
        most = z3.If(things[0] < things[1], things[1], things[0])
        alike = z3.Function("alike", z3.IntSort(), z3.IntSort(), z3.BoolSort())
        return z3.And(VALUE.is_other(one), VALUE.is_other(other), alike(least, most))

    def _function(self, node: Node) -> SymbolicAnswer:
        name, arguments = str(node["value"]), node["children"]
        if name == "iif":
            return _chosen(*map(self._asked, arguments))
        if asks_presence(name):
            asked = list(map(self._asked, arguments))
            pairs = zip(arguments, asked, strict=True)
            gaps = [each.truth if is_list(node) else each.exact for node, each in pairs]
            return _present(name, asked, gaps)
        function = BY_NAME.get(name)
        lazy = function is not None and any(
            function.parameter(position).lazy for position in range(len(arguments))
        )
        of_tables = function is not None and function.uses is Uses.TREES
        ordered = name in ORDERING and self._reading.deciding  # by blank text, there is no answer
        checked = any(self._reading.checked_at(node, each) for each in ("items", "each"))
        opaque = lazy or of_tables or name == CHOOSE or ordered or checked
        if opaque or any(each["type"] == "expref" for each in arguments):
            return self._part(node)
        if name in IDEMPOTENT and _calls(arguments[0]) == name:
            return self._visit(arguments[0])
        self.functions.add(name)
        parts = list(map(self._visit, arguments))
        value = self._applied(name, VALUE, parts)
        fails = self._applied(f"{name} fails", z3.BoolSort(), parts)
        found = _together(value, parts)
        found = _judged(found) if judges(name) else found
        # a function of an unknown value is unknown, not an error
        unknown = z3.And(fails, found.exact.any)
        return _failing(
            SymbolicAnswer(
                z3.If(unknown, VALUE.null, value),
                found.stated,
                found.exact,
                found.truth,
                found.written,
                found.fails,
            ),
            z3.And(fails, z3.Not(found.exact.any)),
        )

    def _applied(self, name: str, sort: Any, parts: Sequence[SymbolicAnswer]) -> Formula:
        kinds = [VALUE for _ in parts]
        if not parts:
            return z3.Const(f"{name}()", sort)
        return z3.Function(f"{name}/{len(parts)}", *kinds, sort)(*(each.value for each in parts))


def _terms(found: SymbolicAnswer) -> Iterator[Formula]:
    """Yield the open terms of a part that is not modelled."""
    yield from (found.value, found.stated, found.fails)
    for each in (found.exact, found.truth, found.written):
        yield from (each.absent, each.wrong, *each.chooses.children()[1:])


def _calls(node: Node) -> str:
    """Return the name of the function that a node calls; "" for any other node."""
    return str(node["value"]) if node["type"] == "function_expression" else ""


def _before(one: Formula, other: Formula) -> Formula:
    """Return whether a number is less than another; for texts, an open but fixed answer."""
    texts = z3.Function("before", z3.IntSort(), z3.IntSort(), z3.BoolSort())
    words = z3.And(one != other, texts(VALUE.word(one), VALUE.word(other)))
    return z3.If(VALUE.is_number(one), VALUE.amount(one) < VALUE.amount(other), words)


def _failing(found: SymbolicAnswer, also: Formula) -> SymbolicAnswer:
    fails = z3.Or(found.fails, also)
    return SymbolicAnswer(found.value, found.stated, found.exact, found.truth, found.written, fails)


def _judged(found: SymbolicAnswer) -> SymbolicAnswer:
    """Return the answer of a condition; for an unknown condition, nothing stands in."""
    return replace(found, written=found.written.choosing)


def _together(value: Formula, parts: Sequence[SymbolicAnswer]) -> SymbolicAnswer:
    """Return the answer of a node that visits each of its parts."""

    def union(get: Callable[[SymbolicAnswer], GapFormulas]) -> GapFormulas:
        return reduce(GapFormulas.__or__, map(get, parts), NOTHING)

    return SymbolicAnswer(
        value,
        z3.And(*(each.stated for each in parts)),
        union(lambda each: each.exact),
        union(lambda each: each.truth),
        union(lambda each: each.written),
        z3.Or(*(each.fails for each in parts)),
    )


def _either(left: SymbolicAnswer, right: SymbolicAnswer, *, decides: bool) -> SymbolicAnswer:
    """Return the answer of `a || b` (decided by a true side) or `a && b` (by a false one)."""
    is_left = holds(left.value) == z3.BoolVal(decides)
    known = z3.Not(left.truth.any)
    unknown = SymbolicAnswer(VALUE.null, left.stated, MISSHAPEN, MISSHAPEN, MISSHAPEN)
    attempted = pick(right.fails, unknown, right)
    asked = SymbolicAnswer(
        right.value,
        z3.And(left.stated, right.stated),
        right.exact,
        right.truth,
        right.written,
        z3.Or(left.fails, right.fails),
    )
    first = SymbolicAnswer(left.value, left.stated, left.exact, NOTHING, left.written, left.fails)
    other = pick(is_left, attempted, right)
    decided = z3.And(holds(other.value) == z3.BoolVal(decides), z3.Not(other.truth.any))
    said = pick(is_left, left, other)
    both = left.truth | other.truth
    third = SymbolicAnswer(
        said.value,
        z3.And(left.stated, z3.Or(is_left, right.stated)),
        left.exact | other.exact,
        both.only(z3.Not(decided)),
        said.written | left.written.stays if decides else left.written | other.written,
        z3.Or(left.fails, z3.And(z3.Not(is_left), right.fails)),
    )
    return pick(z3.And(is_left, known), first, pick(known, asked, third))


def _chosen(condition: SymbolicAnswer, yes: SymbolicAnswer, no: SymbolicAnswer) -> SymbolicAnswer:
    """Return the answer of `iif()`: the condition, and the branch that it chooses."""
    branch = pick(holds(condition.value), yes, no)
    chooses = condition.truth.choosing
    truth = chooses | branch.exact
    return SymbolicAnswer(
        branch.value,
        z3.And(condition.stated, branch.stated),
        truth,
        truth,
        chooses | branch.written,
        z3.Or(condition.fails, branch.fails),
    )


def _present(
    name: str, asked: Sequence[SymbolicAnswer], gaps: Sequence[GapFormulas]
) -> SymbolicAnswer:
    """Return the answer of a function that asks whether a value is present, absent or blank.

    `gaps` are what each argument depends on, as far as it may have no answer.
    """
    asks_all = name in ("is_blank", "is_present", "not_null")
    reached = [z3.BoolVal(True)]
    for each in asked[:-1]:
        further = z3.BoolVal(True) if asks_all else blank(each.value)
        reached.append(z3.And(reached[-1], further))
    pairs = list(zip(reached, asked, strict=True))
    each_open = [each.left_open.only(when) for when, each in zip(reached, gaps, strict=True)]
    hangs = reduce(GapFormulas.__or__, each_open, NOTHING)
    written = hangs.stays
    stated = z3.And(*(z3.Or(z3.Not(when), each.stated) for when, each in pairs))
    fails = z3.Or(*(z3.And(when, each.fails) for when, each in pairs))
    if name in ("is_blank", "is_present"):
        is_none = blank(asked[0].value)
        value = VALUE.boolean(is_none if name == "is_blank" else z3.Not(is_none))
        return SymbolicAnswer(value, stated, hangs, hangs, written, fails)
    none = SymbolicAnswer(VALUE.null, stated)
    chosen = asked[-1] if name == "default" else none
    for each in reversed(asked):
        is_none = each.value == VALUE.null if name == "not_null" else blank(each.value)
        chosen = pick(is_none, chosen, each)
    return SymbolicAnswer(
        chosen.value,
        stated,
        hangs | chosen.exact,
        hangs | chosen.exact,
        written | chosen.written,
        fails,
    )
