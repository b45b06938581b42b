"""Reads what a mapping says of leaving and coming back, other than the fields that it sets."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

from oneway.core.description import Capability, Resource
from oneway.core.diagnostics import did_you_mean
from oneway.core.paths import keys_overlap, path_of
from oneway.core.records import Value, as_written
from oneway.mapping.expressions import Expression
from oneway.mapping.lint.leaving import left_reads, misspelt
from oneway.mapping.lint.type_inference import nodes_in
from oneway.mapping.policy import FieldRule, LeftCondition
from oneway.mapping.record_schema import typed
from oneway.mapping.resolver import Resolver
from oneway.mapping.spec import Write


class LeavingRules:
    """Reads `leavers` and `reactivated` of a mapping for its policy."""

    def __init__(self, names: Resolver, target: Resource) -> None:
        self.names = names
        self.spec = names.spec
        self.target = target

    @cached_property
    def left(self) -> Expression | None:
        """Return the condition that tells who has left in the target."""
        leavers = self.spec.leavers
        return self.names.quietly(leavers.left) if leavers and leavers.left else None

    def reactivating(self) -> tuple[tuple[int, Value], ...]:
        """Return the values written when a person comes back, by position."""
        leavers = self.spec.leavers
        if leavers is None:
            return ()
        positions = {field.path: i for i, field in enumerate(leavers.set)}
        kept = (
            each for each in self.spec.fields if each.write in (Write.OVERWRITE, Write.IF_EMPTY)
        )
        written = {each.path for each in (*leavers.set, *kept)}
        read = left_reads(self.left) if self.left is not None else ()
        slips = misspelt(leavers.set, read, written, self.target)
        for name, constant in self.spec.reactivated:
            # M134 or M102 reports a misspelt name in leavers.set.
            if name not in positions and name not in slips.values():
                help = did_you_mean(name, positions) or "name a field of leavers.set"
                self.names.error(
                    "M115", constant.span, f"'{name}' is not set when a person leaves", help
                )
        return tuple(
            (positions[name], constant.value)
            for name, constant in self.spec.reactivated
            if name in positions
        )

    def returning(self, leaving: Iterable[FieldRule]) -> tuple[FieldRule, ...]:
        """Return the rules of `leavers.set` as they apply to a person who comes back."""
        given = dict(self.spec.reactivated)
        rules = []
        for rule in leaving:
            constant = given.get(rule.path)
            if constant is not None:
                text = as_written(constant.value)
                rule = replace(rule, expression=text, place=constant.span)
            rules.append(rule)
        return tuple(rules)

    def telling(self) -> tuple[int, ...]:
        """Return the positions in `leavers.set` of the fields that `leavers.left` reads."""
        leavers, left = self.spec.leavers, self.left
        if leavers is None or left is None:
            return ()
        read = {use.keys for use in left.paths}
        paths = [path_of(each.path) for each in leavers.set]
        return tuple(
            i for i, path in enumerate(paths) if left.facts.whole or among_paths(path, read)
        )

    def condition_paths(self) -> tuple[tuple[str, ...], ...]:
        """Return the paths that conditions read, other than those of `leavers.set`."""
        leavers = self.spec.leavers
        if leavers is None:
            return ()
        conditions = (leavers.left, leavers.scheduled, self.spec.absent_when)
        asked = [self.names.quietly(each) for each in conditions if each]
        known = [each for each in asked if each is not None]
        if any(each.facts.whole for each in known):
            return ((),)
        written = {path_of(each.path) for each in leavers.set}
        read = dict.fromkeys(use.keys for each in known for use in each.paths)
        return tuple(each for each in read if each not in written)

    def unsure(self) -> Mapping[Capability, tuple[tuple[str, ...], ...]]:
        """Return the `condition_paths` that a leave or return may change beyond the values sent.

        The target sets `computed` fields, and its own request for leaving may have further effects.
        """
        paths, fields = self.condition_paths(), self.target.fields.items()
        computed = [path_of(path) for path, each in fields if each.computed]
        own = self.target.own_requests
        return {
            each: paths if each in own else tuple(p for p in paths if among_paths(p, computed))
            for each in (Capability.LEAVE, Capability.REACTIVATE)
        }

    def left_condition(self) -> LeftCondition | None:
        """Return the condition that says who has left in the target, for messages."""
        left = self.left
        if left is None:
            return None
        literals = (
            each["value"]
            for node in nodes_in(left)
            if node["type"] == "comparator"
            for each in node["children"]
            if each["type"] == "literal" and each["value"] is not None
        )
        compared = tuple(dict.fromkeys(map(typed, literals)))
        leavers = self.spec.leavers
        tells_due = left.uses_today and leavers is not None and leavers.scheduled is None
        return LeftCondition(left.shown, left.span, compared, tells_due)


def among_paths(path: tuple[str, ...], read: Iterable[tuple[str, ...]]) -> bool:
    """Return whether a path equals, contains, or lies inside one of the read paths."""
    return any(keys_overlap(path, each) for each in read)
