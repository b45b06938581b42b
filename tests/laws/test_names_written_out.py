"""Laws of named expressions: a mapping that uses them plans what it plans with them written out."""

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from oneway.core.diagnostics import Refused
from oneway.mapping.compiler import Compiled
from oneway.planning.plan_file import dump
from strategies import worlds
from worlds import World, compiled, planned


class Naming:
    """Puts names in place of the expressions of a mapping, some of them by way of others."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.let: dict[str, str] = {}

    def named(self, text: str) -> str:
        for _ in range(self.chance.choice([0, 1, 1, 2])):
            known = [name for name, each in self.let.items() if each == text]
            name = self.chance.choice(known) if known else f"n{len(self.let)}"
            self.let[name], text = text, f"let('{name}')"
        return text

    def field(self, rule: Any) -> Any:
        if isinstance(rule, str):
            return self.named(rule)
        found = {**rule}
        for key in found.keys() & {"from", "when"}:
            found[key] = self.named(found[key])
        for key in found.keys() & {"default", "initial"}:
            if isinstance(found[key], dict):
                found[key] = {"from": self.named(found[key]["from"])}
        return found

    def fields(self, rules: Mapping[str, Any]) -> dict[str, Any]:
        return {path: self.field(rule) for path, rule in rules.items()}

    def mapping(self, data: Mapping[str, Any]) -> dict[str, Any]:
        found = {**data, "fields": self.fields(data["fields"])}
        for key in found.keys() & {"match", "only", "eligible"}:
            found[key] = [
                {k: self.named(v) if k in ("source", "target", "when") else v for k, v in e.items()}
                for e in found[key]
            ]
        if "label" in found:
            found["label"] = self.named(found["label"])
        if "leavers" in found:
            leavers = {**found["leavers"], "set": self.fields(found["leavers"]["set"])}
            for key in leavers.keys() & {"when", "left", "scheduled"}:
                leavers[key] = self.named(leavers[key])
            found["leavers"] = leavers
        return {**found, "let": self.let} if self.let else found


def said(plan_text: str, let: Mapping[str, str]) -> str:
    """Return a plan's text without places and fingerprint, and with its names written out."""
    for name, text in reversed(let.items()):
        plan_text = plan_text.replace(f"let('{name}')", text)
    plan_text = re.sub(r'"fingerprint": "\w+"', "", plan_text)
    return re.sub(r"generated\.yaml(:\d+)+", "generated.yaml", plan_text)


@given(worlds(), st.randoms(use_true_random=False))
def test_a_mapping_with_named_expressions_has_the_plan_of_the_one_without(
    world: World, chance: random.Random
) -> None:
    naming = Naming(chance)
    other = replace(world, mapping=naming.mapping(world.mapping))
    assume(naming.let)
    assert said(dump(planned(other)), naming.let) == said(dump(planned(world)), {})


@given(worlds(), st.randoms(use_true_random=False))
def test_every_rule_sees_through_the_names(world: World, chance: random.Random) -> None:
    naming = Naming(chance)
    broken = dict(world.mapping)
    for path in chance.sample(sorted(world.mapping["fields"]), 1):
        rule = broken["fields"][path]
        text = chance.choice(["bank.no", "id", "flag && ''", "today()", "missing(", "nick || mail"])
        broken["fields"] = {
            **broken["fields"],
            path: {**rule, "from": text} if isinstance(rule, dict) and "from" in rule else text,
        }
    other = replace(world, mapping=naming.mapping(broken))
    assert codes(other) == codes(replace(world, mapping=broken))


def codes(world: World) -> set[str]:
    try:
        found: Compiled = compiled(world)
    except Refused as refused:
        return {each.code for each in refused.diagnostics}
    return {each.code for each in found.warnings} - {"M230"}
