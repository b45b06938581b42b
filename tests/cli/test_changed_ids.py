"""Whoever was listed as able to get in stays so, whatever becomes of ids and of the mapping."""

import json
from typing import Any

import pytest
from cli_world import Ended, World

MAPPING = """\
oneway: 1
name: people
label: "join(' ', [first, last])"
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  email: {from: email, compare: ignore_case}
  first: first
  last: last
joiners: {unless_taken: [email]}
rehires: report
leavers:
  when: status == 'Former'
  set: {leaves: leave || '2026-01-31'}
  left: is_past(leaves)
  scheduled: is_future(leaves)
"""
HELD = "guards: {leavers: {share: 0, floor: 0}}\n"
NAMES = ["Ann Arbor", "Bob Boole", "Cyd Crane", "Dee Dunne", "Eve Ernst"]


def people(cyd: dict[str, Any] | None = None, *, cyd_is_there: bool = True) -> list[dict[str, Any]]:
    """Return everybody; `cyd` says what is different about the third."""
    found = [
        {"id": f"s{at}", "code": f"000{at}", "email": f"{name[:3].lower()}@example.com"}
        | dict(zip(("first", "last"), name.split(), strict=True))
        | {"status": "Current", "leave": None}
        for at, name in enumerate(NAMES, 1)
    ]
    found[2] |= cyd or {}
    return [each for each in found if each["id"] != "s3" or cyd_is_there]


def users() -> list[dict[str, Any]]:
    return [
        {"id": f"10{at}", "reference": each["code"], "leaves": None}
        | {path: each[path] for path in ("email", "first", "last")}
        for at, each in enumerate(people(), 1)
    ]


GONE = people(cyd_is_there=False)
LEFT = people({"status": "Former"})
LATER = people({"status": "Former", "leave": "2026-03-01"})


@pytest.fixture
def world(bare: World) -> World:
    """Five people with accounts, whose leaves are held."""
    bare.write("m.yaml", MAPPING + HELD)
    bare.write("users.json", users())
    assert night(bare, people(), "02-01").code == 0
    return bare


def night(world: World, rows: list[dict[str, Any]], on: str, *more: str) -> Ended:
    world.write("people.json", rows)
    return world.run("sync", "m.yaml", "--format", "json", "--as-of", f"2026-{on}", *more)


def listed(ended: Ended) -> list[str]:
    """Return whom a run lists; it ends with 5 if it lists anybody."""
    found = sorted(each["target_id"] for each in ended.data["still_in"])
    assert ended.code == (5 if found else 0), ended.out
    return found


def edit(world: World, **user: Any) -> None:
    """Edit the account of Cyd."""
    found = world.read("users.json")
    found[2] |= user
    world.write("users.json", found)


# A last day to come


def test_a_last_day_to_come_is_remembered_if_a_guard_holds_its_leave(world: World) -> None:
    assert night(world, LATER, "02-02").code == 4
    assert listed(night(world, GONE, "02-03")) == []
    assert listed(night(world, GONE, "02-28")) == []
    assert listed(night(world, GONE, "03-02")) == ["103"]
    assert listed(night(world, GONE, "03-03")) == ["103"]
    edit(world, leaves="2026-03-01")
    assert listed(night(world, GONE, "03-04")) == []


def test_a_last_day_to_come_is_remembered_if_two_accounts_have_the_key(world: World) -> None:
    world.write("users.json", [*users(), users()[2] | {"id": "203"}])
    night(world, LATER, "02-02")
    assert listed(night(world, GONE, "02-03")) == []
    assert listed(night(world, GONE, "03-05")) == ["103", "203"]


def test_a_last_day_that_is_put_off_is_over_when_it_comes(world: World) -> None:
    night(world, LATER, "02-02")
    night(world, people({"status": "Former", "leave": "2026-04-01"}), "02-03")
    assert listed(night(world, GONE, "03-05")) == []
    assert listed(night(world, GONE, "04-02")) == ["103"]


def test_a_last_day_that_is_taken_back_never_comes(world: World) -> None:
    night(world, LATER, "02-02")
    for on in ("02-03", "02-04"):
        assert listed(night(world, people(), on)) == []
    assert listed(night(world, GONE, "03-05")) == []


def test_a_day_that_only_the_target_can_tell_is_not_waited_for(world: World) -> None:
    """The target closes the account itself, so that nothing says when nobody has."""
    mapping = MAPPING.replace("is_past(leaves)", "closed").replace("is_future", "is_present")
    closes = "record: {type: object, additionalProperties: true, properties: "
    closes += "{closed: {type: boolean, readOnly: true}}}"
    mapping = mapping.replace("users.json}", f"users.json, {closes}}}")
    world.write("m.yaml", mapping + HELD)
    world.write("users.json", [each | {"closed": False} for each in users()])
    night(world, LATER, "02-02")
    assert listed(night(world, GONE, "02-03")) == ["103"]


def test_no_last_day_is_in_the_store(world: World) -> None:
    night(world, people({"status": "Former", "leave": "2026-03-17"}), "02-02")
    kept = _kept(world)
    assert len(kept["days"]["s3"]) == 8
    assert not [word for word in ("03-17", "Cyd", "crane", "0003") if word in json.dumps(kept)]


# Other ids in the target


@pytest.mark.parametrize(
    "change",
    [
        {"id": "203"},
        {"id": "203", "reference": "X9"},
        {"id": "203", "email": "other@example.com"},
        {"id": "203", "last": "Moss"},
        {"id": "203", "reference": None, "email": None},
        {"id": "203", "first": "Deleted", "last": "Person", "email": None},
    ],
)
def test_whose_record_has_another_id_stays_listed(world: World, change: dict[str, Any]) -> None:
    night(world, LEFT, "02-02")
    assert listed(night(world, GONE, "02-03")) == ["103"]
    edit(world, **change)
    for on in ("02-04", "02-05"):
        assert listed(night(world, GONE, on)) == ["203"]
    edit(world, leaves="2026-01-01")
    assert listed(night(world, GONE, "02-06")) == []


@pytest.mark.parametrize(
    "stranger",
    [
        {"first": "Zed", "last": "Zander", "email": "zed@example.com", "reference": None},
        {"first": "Cyd", "last": "Crane", "email": "zed@example.com", "reference": None},
        {"first": "Zed", "last": "Zander", "email": "cyd@example.com", "reference": None},
    ],
)
def test_another_s_account_is_nobody_s_whose_account_is_gone(
    world: World, stranger: dict[str, Any]
) -> None:
    night(world, LEFT, "02-02", "--allow", "leavers=1")
    edit(world, id="203", **stranger, leaves=None)
    assert listed(night(world, GONE, "02-03")) == []


def test_the_id_of_a_deleted_account_may_become_another_s(world: World) -> None:
    night(world, LEFT, "02-02", "--allow", "leavers=1")
    found = world.read("users.json")
    world.write("users.json", [*found[:2], *found[3:]])
    assert listed(night(world, GONE, "03-03")) == []
    zed = {"id": "103", "reference": None, "email": "zed@example.com", "leaves": None}
    world.write("users.json", [*found[:2], zed | {"first": "Zed", "last": "Zander"}, *found[3:]])
    for on in ("05-04", "05-05"):
        assert listed(night(world, GONE, on)) == []
    found[2]["leaves"] = None  # a backup brings back the account of Cyd, by another id
    world.write("users.json", [*world.read("users.json"), found[2] | {"id": "303"}])
    assert listed(night(world, GONE, "05-06")) == ["303"]


# Edits of the mapping


def test_an_edited_id_of_the_target_takes_nobody_off_the_list(world: World) -> None:
    night(world, LEFT, "02-02")
    night(world, GONE, "02-03")
    edited = MAPPING.replace("users.json}", "users.json, options: {id: reference}}")
    world.write("m.yaml", edited + HELD)
    for on in ("02-04", "02-05"):
        assert listed(night(world, GONE, on)) == ["0003"]


def test_an_edited_match_takes_nobody_off_the_list(world: World) -> None:
    night(world, LEFT, "02-02")
    night(world, GONE, "02-03")
    edited = MAPPING.replace("source: code, target: reference", "source: email, target: email")
    world.write("m.yaml", edited + HELD)
    edit(world, id="203")
    for on in ("02-04", "02-05"):
        assert listed(night(world, GONE, on)) == ["203"]


def test_another_file_of_the_target_takes_nobody_off_the_list(world: World) -> None:
    """Its ids are other ones, and one of them is that of somebody else."""
    night(world, LEFT, "02-02")
    night(world, GONE, "02-03")
    moved = [each | {"id": str(int(each["id"]) + 1)} for each in users()]
    world.write("new.json", moved)
    world.write("m.yaml", (MAPPING + HELD).replace("users.json", "new.json"))
    for on in ("02-04", "02-05"):
        assert listed(night(world, GONE, on)) == ["104"]


# Who was forgotten, and who was hired again


def test_what_tells_whose_a_record_is_goes_with_its_person(world: World) -> None:
    night(world, LEFT, "02-02")
    night(world, GONE, "02-03")
    assert [*_kept(world)["marks"]] == ["103"]
    assert world.run("forget", "s3", "--force").code == 0
    assert _kept(world)["marks"] == {}
    edit(world, id="203")
    assert listed(night(world, GONE, "02-04")) == []


def test_who_is_hired_again_after_their_account_was_deleted_learns_what_creates_one(
    world: World,
) -> None:
    night(world, LEFT, "02-02", "--allow", "leavers=1")
    world.write("users.json", [each for each in users() if each["id"] != "103"])
    night(world, LEFT, "02-03")
    assert "`gone: create` in the mapping" in night(world, people(), "02-04").out


def _kept(world: World) -> dict[str, Any]:
    """Return what the store remembers of people who have left."""
    from oneway.history.journal import Journal
    from oneway.history.journal.said_left import LEFT as NAME

    with Journal.open(world.folder / ".oneway" / "journal.db") as journal:
        (run,) = [e for e in journal.runs(limit=50) if journal.stored_data(e.id, NAME)]
        found: dict[str, Any] = json.loads(journal.stored_data(run.id, NAME)[NAME])
        return found
