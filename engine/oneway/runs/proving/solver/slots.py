"""Splits two versions of a mapping into what must be equal and pairs of expressions to compare."""

import json
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import fields, replace
from enum import Enum

from oneway.core.compare import CompareItems
from oneway.core.dataclass import dataclass
from oneway.core.description import Field
from oneway.core.diagnostics import Span, unplaced
from oneway.core.records import Value
from oneway.mapping.code import FieldCode, Typed
from oneway.mapping.compiler import Compiled
from oneway.mapping.expressions import Expression
from oneway.mapping.policy import Policy, Rule
from oneway.mapping.spec import Constant, GuardsSpec, ReferenceSpec
from oneway.planning.guard_kinds import GUARDS, limits_of
from oneway.runs.proving.solver.besides_value import evaluated_as, looked_for, reads
from oneway.runs.proving.solver.endpoints import endpoint_as_compared, resource_as_compared

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


@dataclass(frozen=True, slots=True)
class Unlike:
    """A part, other than an expression, that differs, named by its keys in the mapping.

    A part that only one version has is None in the other. One that `follows` comes from other
    parts, such as the keys that a target record needs from the fields.
    """

    name: str
    was: object
    now: object
    follows: bool = False

    @property
    def is_of_guards(self) -> bool:
        """Whether it is a limit of a guard."""
        return self.name.startswith("guards.")


def unlike(old: Compiled, new: Compiled) -> list[Unlike]:
    """Return the parts, other than expressions, that differ between two versions."""
    ours, theirs = _frame(old), _frame(new)
    found: dict[str, Unlike] = {}
    for key in ours:
        name = _FOLLOWING.get(key) or _KEYS.get(key, key)
        for each in _unlike(name, ours[key], theirs[key]):
            if key not in _FOLLOWING:
                found[each.name] = each
            else:
                found.setdefault(each.name, replace(each, follows=True))
    return list(found.values())


def _unlike(name: str, was: object, now: object) -> Iterator[Unlike]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in dict.fromkeys((*was, *now)):
            yield from _unlike(f"{name}.{key}" if key else name, was.get(key), now.get(key))
    elif was != now:
        yield Unlike(name, was, now)


def slots(old: Compiled, new: Compiled) -> Iterator[Slot]:
    """Yield the pairs to compare: of all expressions, if two versions are otherwise equal."""
    a, b = old.code, new.code
    for number, (one, other) in enumerate(zip(a.match_source, b.match_source, strict=False)):
        yield KeySlot(f"match.{number}", SOURCE, one, other)
    for number, (left, right) in enumerate(zip(a.match_target, b.match_target, strict=False)):
        yield KeySlot(f"match.{number}", TARGET, Typed(left), Typed(right))
    for rule in _ruled("only", (a.policy.only, a.only), (b.policy.only, b.only)):
        yield replace(rule, decides=True, blank_is_unknown=a.policy.outsiders_leave)
    yield from _ruled("eligible", (a.policy.rules, a.rules), (b.policy.rules, b.rules))
    yield from _conditions(old, new)
    for key, ours, theirs in (
        ("fields", a.fields, b.fields),
        ("leavers.set", a.leaving, b.leaving),
    ):
        by_path = {each.rule.path: each for each in theirs}
        for each in ours:
            path = each.rule.path
            if path in by_path:
                known = old.target.fields.get(path)
                yield FieldSlot(f"{key}.{path}", each, by_path[path], known)


_Rules = tuple[tuple[Rule, ...], tuple[Expression, ...]]


def _ruled(kind: str, ours: _Rules, theirs: _Rules) -> Iterator[ConditionSlot]:
    found = {rule.id: when for rule, when in zip(*theirs, strict=True)}
    for rule, when in zip(*ours, strict=True):
        if rule.id in found:
            yield ConditionSlot(f"{kind}.{rule.id}", SOURCE, when, found[rule.id], decides=False)


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


def as_evaluated(slot: Slot, *, new: bool) -> Hashable:
    """Return everything that decides what the engine makes of a part, as data."""
    needed: Hashable = None
    if isinstance(slot, ConditionSlot) and slot.blank_is_unknown:
        needed = (slot.new if new else slot.old).paths_in_need
    return needed, tuple(map(_as_evaluated, expressions_of(slot, new=new)))


def _as_evaluated(code: Expression | Constant | None) -> Hashable:
    if isinstance(code, Expression):
        return evaluated_as(code.tree, code.reading)
    return None if code is None else f"constant {code.value!r}"


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
    """Return everything in a mapping except the compared expressions, by name.

    A part that is a mapping is compared key by key; the key "" stands for the part as a whole.
    """
    spec, code = compiled.spec, compiled.code
    one_per = code.one_per.expressions if code.one_per is not None else ()
    return {
        **_policy(code.policy),
        "time_zone": spec.time_zone.text if spec.time_zone is not None else "UTC",
        "settings": {
            "": {each.name: each.type for each in spec.settings},
            **{each.name: _default(each.default) for each in spec.settings},
        },
        "source": (
            endpoint_as_compared(spec.source),
            resource_as_compared(compiled.source),
            code.secrets,
            code.marked,
        ),
        "target": (endpoint_as_compared(spec.target), resource_as_compared(compiled.target)),
        "source.one_per": [evaluated_as(each.tree, each.reading) for each in one_per],
        "references": {each.name: _reference(each) for each in spec.references},
        "questions": {each.about: True for each in spec.unanswered},
        "fields": _fields(code.fields),
        "leavers": _leavers(compiled),
        "label": unplaced(spec.label),
    }


def _default(value: Value) -> str:
    """Return a setting's default in words; its type, which is compared too, tells 1 from '1'."""
    return value if isinstance(value, str) else json.dumps(value)


def _reference(spec: ReferenceSpec) -> object:
    return unplaced(replace(spec, endpoint=None)), endpoint_as_compared(spec.endpoint)


_SHOWN = frozenset({"fields", "leaving", "returning", "left", "absent_place", "absent_when"})
"""Parts of a policy that are compared in `_fields` and `_leavers`, or that only people see."""
_KEYS = {
    "rules": "eligible",
    "reactivating": "rehires",
    "create": "joiners.create",
    "unless_taken": "joiners.unless_taken",
}
"""The keys of the mapping that have other names in the policy."""
_FOLLOWING = {
    "match_paths": "match",
    "key_shown": "match",
    "carried": "match",
    "identifying": "fields",
    "required": "target",
    "has_leavers": "leavers",
    "telling": "leavers.left",
    "condition_paths": "leavers.left",
    "one_per": "source.one_per",
}
"""Parts of a policy that follow from a part of the mapping with this name, or from its fields."""


def _policy(policy: Policy) -> dict[str, object]:
    """Return a policy by parts; positions are replaced by paths."""
    paths, leaving = ([each.path for each in e] for e in (policy.fields, policy.leaving))
    said = {each.name: unplaced(getattr(policy, each.name)) for each in fields(policy)}
    said |= {"only": _rules(policy.only), "rules": _rules(policy.rules)}
    for name in ("unless_taken", "identifying"):
        said[name] = sorted(paths[position] for position in getattr(policy, name))
    said |= {
        "together": sorted(sorted(paths[i] for i in group) for group in policy.together),
        "telling": sorted(leaving[i] for i in policy.telling),
        "reactivating": sorted((leaving[i], repr(e)) for i, e in policy.reactivating),
        "condition_paths": sorted(policy.condition_paths),
        "guards": _guards(policy.guards),
    }
    return {name: each for name, each in said.items() if name not in _SHOWN}


def _guards(guards: GuardsSpec) -> Mapping[str, object]:
    """Return the limits in force by their keys below `guards`."""
    return {
        **{
            GUARDS[kind].setting.removeprefix("guards."): e for kind, e in limits_of(guards).items()
        },
        "on_breach": guards.on_breach,
    }


def _leavers(compiled: Compiled) -> object:
    code, left = compiled.code, compiled.code.policy.left
    asked = [each for each in (code.left, code.scheduled) if each is not None]
    conditions = (code.left, code.scheduled, code.absent_when)
    read = (
        sorted({use.keys for each in asked for use in each.paths}),
        any(each.facts.whole for each in asked),
        left is not None and left.tells_due,
        {capability: sorted(paths) for capability, paths in code.unsure.items()},
    )
    given = [each is not None for each in conditions]
    return {"": given, "left": read, "set": _fields(code.leaving)}


def _rules(rules: tuple[Rule, ...]) -> object:
    return {rule.id: sorted(each.value for each in rule.categories) for rule in rules}


def _fields(codes: tuple[FieldCode, ...]) -> object:
    return {each.rule.path: _bare(each) for each in codes}


def _bare(code: FieldCode) -> object:
    # whether a default is written out matters for constants, and for daily changes
    moving = code.source is not None and code.source.expression.uses_today
    written = code.rule.written & ({"value", "write"} if moving else {"value"})
    rule = replace(code.rule, expression="", place=Span(""), written=written)
    said = {each.name: getattr(rule, each.name) for each in fields(rule)}
    words = {name: each for name, each in said.items() if isinstance(each, Enum | CompareItems)}
    whole = (
        {name: each for name, each in said.items() if name not in words},
        code.lookup,
        code.source is None,
        repr(code.constant),
        code.default is None,
        code.initial is None,
    )
    return {"": whole, **words}
