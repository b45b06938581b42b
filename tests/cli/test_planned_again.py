"""A saved plan does nothing that a new plan would not do, and lists nobody whom that does not."""

import json
import shutil
from collections.abc import Callable
from typing import Any

from cli_world import World, person, user
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oneway.planning.plan import Plan
from oneway.planning.plan_file import fingerprint, load

Rows = list[dict[str, Any]]

MAPPING = """\
oneway: 1
name: people
label: name
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
joiners: {unless_taken: [email]}
leavers: {when: left, set: {active: {value: false}}, left: "active == `false`"}
absent: deactivate
guards: {leavers: {share: 100%, floor: 9}, target: {shrink: 100%}, source: {shrink: 100%}}
"""
START = [person(number) for number in range(1, 7)]


def _beside(people: Rows, users: Rows) -> None:
    people.append(people[0] | {"id": "s90", "code": "P090", "left": False})


def _again(people: Rows, users: Rows) -> None:
    gone = START[5] | {"id": "s91", "code": "P091", "email": "other@example.com"}
    people.append(gone)


def _vanished(people: Rows, users: Rows) -> None:
    del people[1]


def _renamed(people: Rows, users: Rows) -> None:
    people[2] |= {"name": "Person New"}


def _deleted(people: Rows, users: Rows) -> None:
    del users[-1]


def _taken(people: Rows, users: Rows) -> None:
    users.append(user(80, email="p001@example.com"))


def _stays(people: Rows, users: Rows) -> None:
    people[0] |= {"left": False}


def _rekeyed(people: Rows, users: Rows) -> None:
    people[0] |= {"code": "P092"}


def _reused(people: Rows, users: Rows) -> None:
    """Another person gets the key of a leaver: links alone tell whose record it finds."""
    people[0] |= {"id": "s93", "name": "Someone Else", "email": "else@example.com"}


EDITS: dict[str, Callable[[Rows, Rows], None]] = {
    each.__name__.strip("_"): each
    for each in (_beside, _again, _vanished, _renamed, _deleted, _taken, _stays, _rekeyed, _reused)
}
STEPS = st.lists(st.sampled_from([*EDITS, "sync"]), max_size=3)


def do(world: World, steps: list[str]) -> None:
    for step in steps:
        if step == "sync":
            world.run("sync", "m.yaml")
            continue
        people, users = world.read("people.json"), world.read("users.json")
        EDITS[step](people, users)
        world.write("people.json", people)
        world.write("users.json", users)


def planned(world: World, name: str) -> Plan:
    world.run("plan", "m.yaml", "--out", name)
    return load((world.folder / name).read_bytes(), name)


@given(STEPS, STEPS)
@example(["vanished"], ["again"])
@example([], ["beside"])
@example(["again"], ["vanished"])
@example([], ["sync", "deleted"])
@example([], ["stays"])
@example(["beside"], ["stays"])
@example([], ["vanished"])
@example([], ["rekeyed"])
@example([], ["reused"])
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_a_saved_plan_does_no_more_than_a_new_one(
    world: World, before: list[str], after: list[str]
) -> None:
    shutil.rmtree(world.folder / ".oneway", ignore_errors=True)
    world.write("m.yaml", MAPPING)
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    world.write("people.json", START[:5])
    assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", [START[0] | {"left": True}, *START[1:]])
    do(world, before)
    saved = planned(world, "saved.json")
    do(world, after)
    plan = planned(world, "new.json")
    new = {(each.verb.value, each.source_id) for each in plan.actions}
    let_in = {each.source_id for each in plan.outcomes if each.has_access}
    approve = ("--approve", fingerprint(saved))
    ended = world.run("apply", "saved.json", *approve, "--format", "json")
    said = json.loads(ended.out) if ended.out.startswith("{") else {}
    done = {(e["verb"], e["source_id"]) for e in said.get("results", ()) if e["ending"] == "done"}
    assert done <= new, (done - new, ended.out)
    shown = {each["id"] for each in world.read("people.json")}
    listed = {each["source_id"] for each in said.get("still_in", ())}
    assert listed & shown <= let_in, ended.out
    left = {e.source_id for e in saved.outcomes if e.has_access} - {id for _, id in done}
    assert "results" not in said or "applied_in" in said or left & let_in - {None} <= listed


def test_who_vanishes_after_the_plan_of_their_leave_is_still_listed(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("absent: deactivate\n", ""))
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    world.write("people.json", [START[0] | {"left": True}, *START[1:5]])
    saved = planned(world, "saved.json")
    world.write("people.json", START[1:5])
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved), "--format", "json")
    assert [each["source_id"] for each in json.loads(ended.out)["still_in"]] == ["s1"]
    assert world.run("sync", "m.yaml").code == 5


def test_a_source_that_is_distrusted_by_now_holds_a_saved_plan(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("source: {shrink: 100%}", "source: {shrink: 20%}"))
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    world.write("people.json", START[:5])
    assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", START)
    saved = planned(world, "saved.json")
    world.write("people.json", START[4:])
    users = world.read("users.json")
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert (ended.code, world.read("users.json")) == (4, users)
    assert "--allow source_shrink=3" in ended.flat
