"""Splits two versions of a mapping into what must be equal and pairs of expressions to compare."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from oneway.core.connector import Field
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span, unplaced
from oneway.mapping.code import FieldCode, Typed
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Expression
from oneway.mapping.program import Policy, Rule

SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, slots=True)
class ConditionSlot:
    """A condition in two versions. If it `decides`, a value that is not stated is an error."""

    name: str
    side: str
    old: Expression
    new: Expression
    decides: bool


@dataclass(frozen=True, slots=True)
class KeySlot:
    """A match key in two versions."""

    name: str
    side: str
    old: Typed
    new: Typed


@dataclass(frozen=True, slots=True)
class FieldSlot:
    """A field in two versions; `target` is its part of the target's record schema."""

    name: str
    old: FieldCode
    new: FieldCode
    target: Field | None
    side: str = SOURCE


Slot = ConditionSlot | KeySlot | FieldSlot


def unlike(old: Compiled, new: Compiled) -> list[str]:
    """Return the parts, other than expressions, that differ between two versions."""
    ours, theirs = _frame(old), _frame(new)
    return [name for name in ours if ours[name] != theirs[name]]


def slots(old: Compiled, new: Compiled) -> Iterator[Slot]:
    """Yield the pairs to compare of two versions that are otherwise equal."""
    a, b = old.code, new.code
    for number, (one, other) in enumerate(zip(a.match_source, b.match_source, strict=True), 1):
        yield KeySlot(f"match key {number}", SOURCE, one, other)
    for number, (left, right) in enumerate(zip(a.match_target, b.match_target, strict=True), 1):
        yield KeySlot(f"match key {number}", TARGET, Typed(left), Typed(right))
    yield from _ruled("only", (a.policy.only, a.only), (b.policy.only, b.only), decides=True)
    ours, theirs = (a.policy.rules, a.rules), (b.policy.rules, b.rules)
    yield from _ruled("eligible", ours, theirs, decides=False)
    yield from _conditions(old, new)
    for mine_of, theirs_of in ((a.fields, b.fields), (a.leaving, b.leaving)):
        by_path = {each.rule.path: each for each in theirs_of}
        for each in mine_of:
            path = each.rule.path
            yield FieldSlot(path, each, by_path[path], old.target.fields.get(path))


_Rules = tuple[tuple[Rule, ...], tuple[Expression, ...]]


def _ruled(kind: str, ours: _Rules, theirs: _Rules, *, decides: bool) -> Iterator[Slot]:
    found = {rule.id: when for rule, when in zip(*theirs, strict=True)}
    for rule, when in zip(*ours, strict=True):
        yield ConditionSlot(f"{kind} {rule.id}", SOURCE, when, found[rule.id], decides)


def _conditions(old: Compiled, new: Compiled) -> Iterator[Slot]:
    a, b = old.code, new.code
    pairs = (
        ("leavers.when", SOURCE, a.leaver, b.leaver),
        ("leavers.left", TARGET, a.left, b.left),
        ("leavers.scheduled", TARGET, a.scheduled, b.scheduled),
    )
    for name, side, one, other in pairs:
        if one is not None and other is not None:
            yield ConditionSlot(name, side, one, other, decides=True)


def _frame(compiled: Compiled) -> Mapping[str, object]:
    """Return everything in a mapping except the compared expressions, by name."""
    spec, code, policy = compiled.spec, compiled.code, compiled.code.policy
    return {
        "`name`": spec.name,
        "`time_zone`": unplaced(spec.time_zone),
        "`settings`": sorted((each.name, each.type, repr(each.default)) for each in spec.settings),
        "`source`": (unplaced(spec.source), compiled.source),
        "`target`": (unplaced(spec.target), compiled.target),
        "`references`": {each.name: unplaced(each) for each in spec.references},
        "`match`": (policy.match, policy.match_paths, policy.key_shown, policy.carried),
        "`only`": (_rules(policy.only), policy.out_of_scope),
        "`eligible`": _rules(policy.rules),
        "`fields`": _fields(code.fields),
        "`joiners`": (policy.create, _paths(policy, policy.unless_taken), policy.required),
        "`leavers`": _leavers(compiled),
        "`rehires`, `absent`": (policy.rehires, policy.absent),
        "`rekey`, `gone`": (policy.rekey, policy.gone),
        "`guards`": unplaced(policy.guards),
        "`label`": (unplaced(spec.label), _paths(policy, policy.identifying)),
    }


def _leavers(compiled: Compiled) -> object:
    code, policy = compiled.code, compiled.code.policy
    asked = [each for each in (code.left, code.scheduled) if each is not None]
    read = {use.keys for each in asked for use in each.paths}
    leaving = policy.leaving
    return (
        policy.has_leavers,
        [code.left is None, code.scheduled is None],
        sorted(read),
        any(each.facts.whole for each in asked),
        sorted(leaving[i].path for i in policy.telling),
        {leaving[i].path: repr(value) for i, value in policy.reactivating},
        _fields(code.leaving),
    )


def _rules(rules: tuple[Rule, ...]) -> object:
    return sorted((rule.id, sorted(each.value for each in rule.categories)) for rule in rules)


def _paths(policy: Policy, positions: tuple[int, ...]) -> object:
    return sorted(policy.fields[i].path for i in positions)


def _fields(codes: tuple[FieldCode, ...]) -> object:
    return {each.rule.path: _bare(each) for each in codes}


def _bare(code: FieldCode) -> object:
    # whether a default is written out matters for constants, and for daily changes
    moving = code.source is not None and code.source.expression.uses_today
    written = code.rule.written & ({"value", "write"} if moving else {"value"})
    return (
        replace(code.rule, expression="", place=Span(""), written=written),
        code.lookup,
        code.source is None,
        repr(code.constant),
        code.default is None,
        code.initial is None,
    )
