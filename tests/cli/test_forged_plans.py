"""A plan file that was forged is not applied, whoever approves it and whatever key it bears.

Each forgery is tried three times: as a thief of the file would make it (a right fingerprint, no
key), without and with approval; and as whoever has the key would, which the mapping and the
source hold against it. Nothing of it may be written.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, person, user

from oneway.core.diagnostics import Refused
from oneway.core.seal import canonical
from oneway.planning.plan_file import load
from oneway.runs.proof import prove
from oneway.state.folder import StateFolder

Plan = dict[str, Any]
Forge = Callable[[Plan], None]


def planned_for(plan: Plan) -> list[Plan]:
    """Return the outcomes of records of which there is anything to report."""
    return [each for each in plan["outcomes"] if isinstance(each, dict)]


def actions(plan: Plan, verb: str) -> list[Plan]:
    return [a for o in planned_for(plan) for a in o["actions"] if a["verb"] == verb]


def action(verb: str, /, **changes: Any) -> Forge:
    """Return what changes keys of the first action with a verb."""
    return lambda plan: actions(plan, verb)[0].update(changes)


def change(verb: str, field: str, **changes: Any) -> Forge:
    """Return what changes keys of one field of the first action with a verb."""

    def forge(plan: Plan) -> None:
        (found,) = (c for c in actions(plan, verb)[0]["changes"] if c["field"] == field)
        found.update(changes)

    return forge


def more(verb: str, field: str, value: object) -> Forge:
    """Return what lets the first action with a verb write one more field."""

    def forge(plan: Plan) -> None:
        found = actions(plan, verb)[0]["changes"]
        found.append(
            {**found[0], "field": field, "before": {"value": None}, "after": {"value": value}}
        )

    return forge


def copied(verb: str) -> Forge:
    """Return what lets an outcome stand twice."""

    def forge(plan: Plan) -> None:
        (first, *_) = (o for o in planned_for(plan) if any(a["verb"] == verb for a in o["actions"]))
        plan["outcomes"].append(json.loads(json.dumps(first)))
        plan["counts"][first["kind"]] += 1

    return forge


def circle(plan: Plan) -> None:
    for each in planned_for(plan):
        for one in each["actions"]:
            one["depends_on"] = [one["id"]]


def swapped(plan: Plan) -> None:
    first, second = actions(plan, "create")[0], actions(plan, "update")[0]
    first["source_id"], second["source_id"] = second["source_id"], first["source_id"]


FORGERIES: dict[str, Forge] = {
    **{f"{verb}: {field} has another value": change(verb, field, after={"value": "forged"})
       for verb, fields in {"create": ("reference", "name", "email"), "update": ("name",)}.items()
       for field in fields},
    "leave: another day": change("leave", "leaveDate", after={"value": "2031-01-01"}),
    "leave: nothing": change("leave", "leaveDate", after={"value": None}),
    "create: a department": change("create", "team", after={"value": 999}),
    **{f"{verb}: writes {field} too": more(verb, field, "x")
       for verb in ("create", "update", "leave")
       for field in ("admin", "id", "role", "phone")},
    "update: the key": more("update", "reference", "P001"),
    "update: leaves": more("update", "leaveDate", "2020-01-01"),
    "leave: an email": more("leave", "email", "x@example.com"),
    **{f"{verb}: is {other}": action(verb, verb=other)
       for verb in ("create", "update", "leave")
       for other in ("create", "update", "leave", "reactivate", "deactivate") if other != verb},
    **{f"{verb}: another target": action(verb, target_id="4") for verb in ("update", "leave")},
    "create: has a target": action("create", target_id="3"),
    "update: no target": action("update", target_id=None),
    "update: another source": action("update", source_id="s1"),
    "create: nobody's": action("create", source_id=None),
    "create: no claims": action("create", claims=[]),
    "create: fewer claims": lambda plan: actions(plan, "create")[0]["claims"].pop(),
    "update: another id": action("update", id="0" * 16),
    "update: waits for nobody": action("update", depends_on=["f" * 16]),
    "a circle": circle,
    "sources swapped": swapped,
    **{f"{verb}: twice": copied(verb) for verb in ("create", "update", "leave")},
    "an allowance of no guard": lambda plan: plan["allowed"].append(
        {"guard": "everything", "ceiling": 9, "by": "x"}),
    "another expression": change("update", "name", expression="'x'"),
    "no change at all": action("update", changes=[]),
}  # fmt: skip


def fingerprinted(plan: Plan) -> str:
    """Return a plan's text with the right fingerprint: it takes no key."""
    content = {k: v for k, v in plan.items() if k not in ("fingerprint", "proof")}
    found = hashlib.sha256(canonical(content).encode("ascii")).hexdigest()
    return canonical({**plan, "fingerprint": found})


@pytest.fixture
def planned(world: World) -> Path:
    """A plan that creates P001, updates P002 and lets P003 go."""
    world.write("people.json", [person(1), person(2), person(3, left=True), person(4)])
    world.write("users.json", [user(2, name="Old Name"), user(3), user(4)])
    ended = world.run("plan", "m.yaml", "--out", "plan.json")
    assert ended.code in (0, 4), ended.err
    return world.folder / "plan.json"


def test_there_are_forty_of_them() -> None:
    assert len(FORGERIES) >= 40


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_plan_is_not_applied(world: World, planned: Path, name: str) -> None:
    before = (world.folder / "users.json").read_bytes()
    plan = json.loads(planned.read_text())
    FORGERIES[name](plan)
    planned.write_text(fingerprinted(plan))
    fingerprint = json.loads(planned.read_text())["fingerprint"]
    for approval in ((), ("--approve", fingerprint)):
        ended = world.run("apply", "plan.json", *approval)
        assert ended.code == 1, ended.out
        assert "[P113]" in ended.err or "[P105]" in ended.err
    assert (world.folder / "users.json").read_bytes() == before
    refused_with_the_key(world, planned, fingerprint, before)


def refused_with_the_key(world: World, path: Path, fingerprint: str, before: bytes) -> None:
    """Sign a forged plan with the key, and see that the forged action is not done all the same."""
    try:
        plan = load(path.read_bytes(), "plan.json")
    except Refused:
        return  # it has no shape of a plan, and stays refused
    proof = prove(plan, StateFolder(world.folder / ".oneway"), datetime.now(UTC))
    path.write_text(canonical({**json.loads(path.read_text()), "proof": asdict(proof)}))
    ended = world.run("apply", "plan.json", "--approve", fingerprint)
    assert ended.code in (1, 4, 5), ended.out
    if ended.code == 1:
        assert (world.folder / "users.json").read_bytes() == before
    written = (world.folder / "users.json").read_text()
    for word in ("forged", "admin", "role", "2031-01-01", "2020-01-01", "999"):
        assert word not in written
