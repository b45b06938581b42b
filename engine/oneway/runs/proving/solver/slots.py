"""Splits two versions of a mapping into what must be equal and pairs of expressions to compare."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

from oneway.core.connector import Field
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Span, unplaced
from oneway.mapping.code import FieldCode, Typed
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Expression
from oneway.mapping.program import Policy, Rule
from oneway.mapping.spec import Constant
from oneway.runs.proving.solver.besides_value import evaluated_as, looked_for, reads

SOURCE, TARGET = "source", "target"


@dataclass(frozen=True, slots=True)
class ConditionSlot:
    """A condition in two versions. If it `decides`, a value that is not stated is an error.

    With `blank_is_unknown`, so is a blank, unless the condition asks for blanks.
    """

    name: str
    side: str
    old: Expression
    new: Expression
    decides: bool
    blank_is_unknown: bool = False


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
    for rule in _ruled("only", (a.policy.only, a.only), (b.policy.only, b.only)):
        yield replace(rule, decides=True, blank_is_unknown=a.policy.outsiders_leave)
    yield from _ruled("eligible", (a.policy.rules, a.rules), (b.policy.rules, b.rules))
    yield from _conditions(old, new)
    for mine_of, theirs_of in ((a.fields, b.fields), (a.leaving, b.leaving)):
        by_path = {each.rule.path: each for each in theirs_of}
        for each in mine_of:
            path = each.rule.path
            yield FieldSlot(path, each, by_path[path], old.target.fields.get(path))


_Rules = tuple[tuple[Rule, ...], tuple[Expression, ...]]


def _ruled(kind: str, ours: _Rules, theirs: _Rules) -> Iterator[ConditionSlot]:
    found = {rule.id: when for rule, when in zip(*theirs, strict=True)}
    for rule, when in zip(*ours, strict=True):
        yield ConditionSlot(f"{kind} {rule.id}", SOURCE, when, found[rule.id], decides=False)


def _conditions(old: Compiled, new: Compiled) -> Iterator[Slot]:
    a, b = old.code, new.code
    pairs = (
        ("leavers.when", SOURCE, a.leaver, b.leaver),
        ("leavers.left", TARGET, a.left, b.left),
        ("leavers.scheduled", TARGET, a.scheduled, b.scheduled),
        ("absent.deactivate.when", TARGET, a.absent_when, b.absent_when),
    )
    for name, side, one, other in pairs:
        if one is not None and other is not None:
            yield ConditionSlot(name, side, one, other, decides=True)


def expressions_of(slot: Slot, *, new: bool) -> tuple[Expression | Constant | None, ...]:
    """Return the expressions and constants of one version of a part."""
    if isinstance(slot, FieldSlot):
        code = slot.new if new else slot.old
        source = code.source.expression if code.source is not None else None
        return source, code.when, code.default, code.initial
    found = slot.new if new else slot.old
    return (found.expression if isinstance(found, Typed) else found,)


def read_otherwise(slot: Slot) -> Iterator[str]:
    """Yield what only one version of a condition or a key reads.

    The engine asks for it of records that it cannot read whole, and of implausible days.
    """
    if not isinstance(slot, FieldSlot):
        ours, theirs = (_read(expressions_of(slot, new=new)) for new in (False, True))
        if ours != theirs:
            yield f"{slot.name}: only one version reads {', '.join(sorted(ours ^ theirs))}"


def _read(parts: tuple[Expression | Constant | None, ...]) -> frozenset[str]:
    return frozenset().union(*(reads(each) for each in parts if isinstance(each, Expression)))


def counted_otherwise(old: Compiled, new: Compiled) -> Iterator[str]:
    """Yield the keys of each side that runs look for otherwise: they stop if these are gone."""
    found: dict[str, set[str]] = {}
    for side, key, _ in sorted(looked_for(old.code) ^ looked_for(new.code), key=repr):
        found.setdefault(side, set()).add(key)
    for side, keys in found.items():
        yield f"a run looks for other keys or values in {side}: {', '.join(sorted(keys))}"


def _frame(compiled: Compiled) -> Mapping[str, object]:
    """Return everything in a mapping except the compared expressions, by name."""
    spec, code = compiled.spec, compiled.code
    one_per = code.one_per.expressions if code.one_per is not None else ()
    return {
        "`time_zone`": unplaced(spec.time_zone),
        "`settings`": sorted((each.name, each.type, repr(each.default)) for each in spec.settings),
        "`source`": (unplaced(spec.source), compiled.source, code.secrets, code.marked),
        "`target`": (unplaced(spec.target), compiled.target),
        "`source.one_per`": [evaluated_as(each.tree, each.reading) for each in one_per],
        "`references`": {each.name: unplaced(each) for each in spec.references},
        "`questions`": sorted(each.about for each in spec.unanswered),
        "`fields`": _fields(code.fields),
        "`leavers`": _leavers(compiled),
        "`label`": unplaced(spec.label),
        **{f"`{_KEYS.get(name, name)}`": each for name, each in _policy(code.policy).items()},
    }


_SHOWN = frozenset({"fields", "leaving", "returning", "left", "absent_place", "absent_when"})
"""Parts of a policy that are compared in `_fields` and `_leavers`, or that only people see."""
_KEYS = {
    "rules": "eligible",
    "create": "joiners.create",
    "unless_taken": "joiners.unless_taken",
    "condition_paths": "leavers.left",
}
"""The keys of the mapping that have other names in the policy."""


def _policy(policy: Policy) -> dict[str, object]:
    """Return a policy by parts; positions are replaced by paths."""
    paths, leaving = ([each.path for each in e] for e in (policy.fields, policy.leaving))
    said = {each.name: unplaced(getattr(policy, each.name)) for each in fields(policy)}
    said |= {name: _rules(getattr(policy, name)) for name in ("only", "rules")}
    for name in ("unless_taken", "identifying"):
        said[name] = sorted(paths[position] for position in getattr(policy, name))
    said |= {
        "together": sorted(sorted(paths[i] for i in group) for group in policy.together),
        "telling": sorted(leaving[i] for i in policy.telling),
        "reactivating": {leaving[i]: repr(value) for i, value in policy.reactivating},
        "condition_paths": sorted(policy.condition_paths),
    }
    return {name: each for name, each in said.items() if name not in _SHOWN}


def _leavers(compiled: Compiled) -> object:
    code, left = compiled.code, compiled.code.policy.left
    asked = [each for each in (code.left, code.scheduled) if each is not None]
    conditions = (code.left, code.scheduled, code.absent_when)
    return (
        [each is None for each in conditions],
        sorted({use.keys for each in asked for use in each.paths}),
        any(each.facts.whole for each in asked),
        left is not None and left.tells_due,
        {capability: sorted(paths) for capability, paths in code.unsure.items()},
        _fields(code.leaving),
    )


def _rules(rules: tuple[Rule, ...]) -> object:
    return sorted((rule.id, sorted(each.value for each in rule.categories)) for rule in rules)


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
