"""What a plan says of people whose codes pass on is what is done, and what the list says."""

from typing import Any

import pytest
from cli_world import Ended, World

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
  email: {from: email, compare: ignore_case}
  name: name
  active: {value: true, write: on_create}
leavers: {when: status == 'Former', set: {active: {value: false}}, left: active == `false`}
joiners: {unless_taken: [email]}
"""
REKEY = MAPPING + "rekey: write\n"


def person(id: str, code: str, name: str, status: str = "Current", **more: str) -> dict[str, Any]:
    email = f"{name.split()[0].lower()}@example.com"
    found = {"id": id, "code": code, "name": name, "email": email, "status": status}
    return {**found, "leave": None, **more}


def begin(world: World, mapping: str, *people: dict[str, Any]) -> None:
    """Let people have accounts: the first has record 1."""
    world.write("m.yaml", mapping)
    users = [
        {"id": str(at), "reference": each["code"], "active": True, "leave": None}
        | {path: each[path] for path in ("email", "name")}
        for at, each in enumerate(people, 1)
    ]
    world.write("users.json", users)
    assert night(world, *people).code == 0


def night(world: World, *people: dict[str, Any], on: str = "2026-11-03") -> Ended:
    world.write("people.json", [*people])
    return world.run("sync", "m.yaml", "--format", "json", "--as-of", f"{on}T04:00:00Z")


ADA, BOB = person("h1", "E001", "Ada Quill"), person("h2", "E002", "Bob Stone")


# A new code, and the old one is a newcomer's


@pytest.mark.parametrize("change", [{"status": "Former"}, {"name": "Ada Vance"}])
def test_what_a_link_decides_is_done_although_the_old_code_is_another_s(
    bare: World, change: dict[str, str]
) -> None:
    begin(bare, REKEY, ADA, BOB)
    ada, wim = ADA | {"code": "E009"} | change, person("h8", "E001", "Wim Moss")
    ended = night(bare, ada, BOB, wim)
    assert (ended.code, ended.data["counts"]["done"]) == (0, 1)
    found = bare.read("users.json")[0]
    assert (found["name"], found["active"]) == (ada["name"], ada["status"] == "Current")
    assert found["reference"] == "E001"  # a person decides about it


def test_a_newcomer_with_the_old_code_since_the_plan_stops_what_a_link_decides(
    bare: World,
) -> None:
    begin(bare, REKEY, ADA, BOB)
    ada, wim = ADA | {"code": "E009", "status": "Former"}, person("h8", "E001", "Wim Moss")
    bare.write("people.json", [ada, BOB])
    assert bare.run("plan", "m.yaml", "--out", "plan.json").code == 0
    bare.write("people.json", [ada, BOB, wim])
    assert "W160" in bare.run("apply", "plan.json").out
    assert bare.read("users.json")[0]["active"]


# A leave with a day to come


DATED = MAPPING.replace("  active: {value: true, write: on_create}\n", "").replace(
    "leavers: {when: status == 'Former', set: {active: {value: false}}, left: active == `false`}",
    "leavers:\n  when: leave\n  set: {leave: leave}\n  left: is_past(leave)\nSCHEDULED",
)
SCHEDULED = "  scheduled: is_future(leave)\n"


@pytest.mark.parametrize("scheduled", ["", SCHEDULED])
def test_who_vanishes_before_their_last_day_is_listed_only_if_they_stay_after_all(
    bare: World, scheduled: str
) -> None:
    begin(bare, DATED.replace("SCHEDULED\n", scheduled), ADA, BOB)
    ended = night(bare, ADA | {"leave": "2026-11-20"}, BOB, on="2026-11-04")
    assert (ended.code, ended.data["counts"]["done"]) == (0, 1)
    users = bare.read("users.json")
    for on in ("2026-11-05", "2026-11-20", "2026-11-21"):
        ended = night(bare, BOB, on=on)
        assert (ended.code, ended.data["still_in"]) == (0, [])
    for day in (None, "2099-12-31", "9999-12-31"):
        bare.write("users.json", [users[0] | {"leave": day}, *users[1:]])
        ended = night(bare, BOB, on="2026-11-22")
        (found,) = ended.data["still_in"]
        assert (ended.code, found["target_id"]) == (5, "1")
        assert "this sync wrote their leave on 2026-11-04" in found["why"]


def test_a_leave_with_a_day_to_come_is_not_said_to_have_happened(bare: World) -> None:
    begin(bare, DATED.replace("SCHEDULED\n", SCHEDULED), ADA, BOB)
    bare.write("people.json", [ADA | {"leave": "2026-11-20"}, BOB])
    said = bare.run("sync", "m.yaml", "--as-of", "2026-11-04T04:00:00Z").flat
    assert "1 was marked as a leaver" in said
    assert "1 left" not in said
