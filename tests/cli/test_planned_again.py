"""A saved plan does nothing that a new plan would not do, and lists nobody whom that does not."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cli_world import World, person, user
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oneway.applying.live_source import PlannedSource
from oneway.mapping.rows import SourceRow
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


def _leaves(people: Rows, users: Rows) -> None:
    people[3] |= {"left": True}


def _rekeyed(people: Rows, users: Rows) -> None:
    people[0] |= {"code": "P092"}


def _reused(people: Rows, users: Rows) -> None:
    """Another person gets the key of a leaver: links alone tell whose record it finds."""
    people[0] |= {"id": "s93", "name": "Someone Else", "email": "else@example.com"}


EDITS: dict[str, Callable[[Rows, Rows], None]] = {
    each.__name__.strip("_"): each
    for each in (
        _beside,
        _again,
        _vanished,
        _renamed,
        _deleted,
        _taken,
        _stays,
        _rekeyed,
        _reused,
        _leaves,
    )
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
@example([], ["leaves"])
@example(["leaves"], ["leaves", "sync"])
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
    said = ended.data if ended.out.startswith("{") else {}
    ends = [e for e in said.get("results", ()) if e["ending"] == "done"]
    done = {(e["verb"], e["source_id"]) for e in ends}
    earlier = {(e["verb"], e["source_id"]) for e in ends if "done before" in e["reason"]}
    assert done - earlier <= new, (done - earlier - new, ended.out)
    shown = {each["id"] for each in world.read("people.json")}
    listed = {each["source_id"] for each in said.get("still_in", ())}
    assert listed & shown <= let_in, ended.out
    left = {id for id in let_in if id is not None} - {id for _, id in done}
    assert "results" not in said or "applied_in" in said or left <= listed
    assert "results" not in said or "applied_in" in said or not left or ended.code == 5


def test_who_vanishes_after_the_plan_of_their_leave_is_still_listed(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("absent: deactivate\n", ""))
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    world.write("people.json", [START[0] | {"left": True}, *START[1:5]])
    saved = planned(world, "saved.json")
    world.write("people.json", START[1:5])
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved), "--format", "json")
    assert [each["source_id"] for each in ended.data["still_in"]] == ["s1"]
    assert world.run("sync", "m.yaml").code == 5


def test_who_left_after_the_review_is_named_and_nothing_is_sent_for_them(world: World) -> None:
    world.write("m.yaml", MAPPING)
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    world.write("people.json", [START[0] | {"left": True}, *START[1:5]])
    saved = planned(world, "saved.json")
    world.write("people.json", [each | {"left": True} for each in START[:2]] + START[2:5])
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert ended.code == 5
    assert "can still get in (1)" in ended.flat
    assert "P002 Person 2 (record 2): not in the reviewed plan" in ended.flat
    assert [each["active"] for each in world.read("users.json")] == [False, *[True] * 4]
    assert world.run("sync", "m.yaml").code == 0


def test_an_allowance_lets_through_only_whom_it_was_given_for(world: World) -> None:
    world.write(
        "m.yaml",
        MAPPING.replace("leavers: {share: 100%, floor: 9}", "leavers: {share: 1%, floor: 1}"),
    )
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    world.write("people.json", [each | {"left": True} for each in START[:2]] + START[2:5])
    world.run("plan", "m.yaml", "--out", "saved.json", "--allow", "leavers=4")
    saved = load((world.folder / "saved.json").read_bytes(), "saved.json")
    world.write("people.json", [each | {"left": True} for each in START[:4]] + START[4:5])
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert ended.code == 5
    assert "can still get in (2)" in ended.flat
    assert [each["active"] for each in world.read("users.json")] == [False, False, *[True] * 3]


def test_who_left_after_the_review_by_the_calendar_alone_is_named(world: World) -> None:
    by_day = MAPPING.replace("when: left", "when: is_past(last_day)")
    world.write("m.yaml", by_day)
    world.write("users.json", [user(number, active=True) for number in range(1, 6)])
    rows = [each | {"last_day": None} for each in START[:5]]
    rows[1]["last_day"] = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    rows[2]["name"] = "Person New"
    world.write("people.json", rows)
    before = (datetime.now(UTC) - timedelta(days=6)).isoformat(timespec="seconds")
    world.run("plan", "m.yaml", "--out", "saved.json", "--as-of", before)
    saved = load((world.folder / "saved.json").read_bytes(), "saved.json")
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert (ended.code, "P002 Person 2 (record 2)" in ended.flat) == (5, True)
    assert world.read("users.json")[2]["name"] == "Person New"


BY_DAY = MAPPING.replace(
    'when: left, set: {active: {value: false}}, left: "active == `false`"',
    "when: last_day != `null`, set: {end: last_day}, left: is_past(end), scheduled: is_future(end)",
)


def _leaves_between(world: World) -> Plan:
    """Plan the leave of one person, six days ago, who left three days ago."""
    world.write("m.yaml", BY_DAY)
    world.write("users.json", [user(number, end=None) for number in range(1, 6)])
    rows = [each | {"last_day": None} for each in START[:5]]
    rows[1]["last_day"] = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    world.write("people.json", rows)
    before = (datetime.now(UTC) - timedelta(days=6)).isoformat(timespec="seconds")
    assert world.run("plan", "m.yaml", "--out", "saved.json", "--as-of", before).code == 0
    return load((world.folder / "saved.json").read_bytes(), "saved.json")


def test_a_reviewed_leave_that_fell_due_since_is_done_and_said_of_nobody(world: World) -> None:
    saved = _leaves_between(world)
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert ended.code == 0, ended.out
    assert "can still get in" not in ended.flat
    assert world.read("users.json")[1]["end"] == world.read("people.json")[1]["last_day"]
    assert world.run("sync", "m.yaml").code == 0


def test_a_reviewed_leave_that_fell_due_since_and_is_not_done_is_named(world: World) -> None:
    saved = _leaves_between(world)
    users = world.read("users.json")
    users[1]["end"] = "2999-12-31"
    world.write("users.json", users)
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert ended.code == 5
    assert "can still get in (1)" in ended.flat
    assert "P002 Person 2 (record 2): source or target changed since the plan" in ended.flat
    assert world.read("users.json") == users


def test_another_last_day_since_the_review_leaves_them_in_and_named(world: World) -> None:
    saved = _leaves_between(world)
    rows = world.read("people.json")
    rows[1]["last_day"] = (datetime.now(UTC) - timedelta(days=4)).date().isoformat()
    world.write("people.json", rows)
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert ended.code == 5
    assert "can still get in (1)" in ended.flat
    assert "P002 Person 2 (record 2): not in the reviewed plan" in ended.flat
    assert world.read("users.json")[1]["end"] is None


def test_a_leave_that_a_sync_has_sent_since_the_plan_sticks(world: World) -> None:
    """Each plan of days of grace has another day; one that is written stays."""
    days = (
        '{end: "leave || add_days(today(), `14`)"}, left: is_past(end), scheduled: is_future(end)'
    )
    world.write(
        "m.yaml", MAPPING.replace('{active: {value: false}}, left: "active == `false`"', days)
    )
    world.write("users.json", [user(number, end=None) for number in range(1, 6)])
    rows = [each | {"leave": None} for each in START[:5]]
    world.write("people.json", [rows[0] | {"left": True}, *rows[1:]])
    before = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")
    world.run("plan", "m.yaml", "--out", "saved.json", "--as-of", before)
    saved = load((world.folder / "saved.json").read_bytes(), "saved.json")
    assert world.run("sync", "m.yaml").code == 0
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert "stale (1)" in ended.flat
    assert "not sticking" not in ended.err
    assert "can still get in" not in ended.flat


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


AT_MOST_TWO = MAPPING.replace("leavers: {share: 100%, floor: 9}", "leavers: {share: 1%, floor: 2}")


@pytest.mark.parametrize("stop", ["", ", on_breach: stop"])
@pytest.mark.parametrize("left", [2, 3])
def test_leaves_that_were_made_since_are_not_held(world: World, left: int, stop: str) -> None:
    """The week's leaves exceed the limit by now, but nothing of the plan is left to hold."""
    world.write("m.yaml", AT_MOST_TWO.replace("floor: 2}", f"floor: 2}}{stop}"))
    world.write("users.json", [user(number, active=True) for number in range(1, 7)])
    world.write("people.json", [each | {"left": True} for each in START[:2]] + START[2:])
    saved = planned(world, "saved.json")
    gone = [each | {"left": True} for each in START[:left]]
    world.write("people.json", gone + START[left:])
    assert world.run("sync", "m.yaml", "--allow", "leavers=3").code == 0
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert (ended.code, "held back" in ended.flat, "--allow" in ended.flat) == (5, False, False)
    assert "stale" in ended.flat
    assert "held" not in world.run("status", "--exit-code").flat


def test_leaves_that_are_left_stay_held(world: World) -> None:
    world.write("m.yaml", AT_MOST_TWO)
    world.write("users.json", [user(number, active=True) for number in range(1, 7)])
    world.write("people.json", [each | {"left": True} for each in START[:3]] + START[3:])
    saved = planned(world, "saved.json")
    users = [user(number, active=number > 1) for number in range(1, 7)]
    world.write("users.json", users)
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert (ended.code, world.read("users.json")) == (4, users)
    assert "2 held back by a guard" in ended.flat


BACK = MAPPING.replace("absent: deactivate", "rehires: {reactivate: {active: true}}")
CREATED_ONLY = BACK.replace(
    "  name: name\n", "  name: {from: name, write: on_create}\n  team: team\n"
)
CYD = person(1, name="Cyd Crane", team="A")


def _reviewed(world: World, mapping: str, then: dict[str, Any], *options: str) -> Plan:
    """Sync Cyd, and as one who has left if they are to be back; return the plan of `then`."""
    world.write("m.yaml", mapping)
    name = then["name"] if then.get("name") == "Cyd" else CYD["name"]
    world.write("users.json", [user(1, name=name, active=True, team="A"), user(2)])
    for left in (False, *([True] if "left" in then else ())):
        world.write("people.json", [CYD | {"name": name, "left": left}, person(2)])
        assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", [CYD | then, person(2)])
    world.run("plan", "m.yaml", "--out", "saved.json", *options)
    return load((world.folder / "saved.json").read_bytes(), "saved.json")


@pytest.mark.parametrize("mapping", [BACK, CREATED_ONLY])
@pytest.mark.parametrize("then", [{"left": False}, {"team": "B"}])
@pytest.mark.parametrize("name", ["Zoe Zander", "Zander"])
def test_a_reviewed_action_is_not_done_for_somebody_else(
    world: World, mapping: str, then: dict[str, Any], name: str
) -> None:
    """The row's id and key are as they were; nothing else of the person is."""
    if mapping == BACK and "team" in then:
        return  # nothing to write
    saved = _reviewed(world, mapping, then)
    before = world.read("users.json")
    email = "zoe@example.com" if " " in name else None
    world.write("people.json", [CYD | then | {"name": name, "email": email}, person(2)])
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert (ended.code, "1 stale" in ended.flat) == (5, True), ended.out
    assert world.read("users.json") == before


@pytest.mark.parametrize("by_now", [{"name": "Cyd Zander"}, {"email": "cyd@example.com"}])
def test_a_reviewed_action_is_done_for_somebody_who_has_married(
    world: World, by_now: dict[str, Any]
) -> None:
    saved = _reviewed(world, BACK, {"left": False})
    world.write("people.json", [CYD | by_now, person(2)])
    ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
    assert (ended.code, "1 came back" in ended.flat) == (0, True), ended.out


def test_who_is_let_through_is_let_through_as_they_were_reviewed(world: World) -> None:
    zoe = {"left": False, "name": "Zoe Zander", "email": "zoe@example.com"}
    saved = _reviewed(world, BACK, zoe, "--allow", "identities:P001")
    for name, code in (("Yan Yates", 5), ("Zoe Zander", 0)):
        world.write("people.json", [CYD | zoe | {"name": name}, person(2)])
        ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
        assert ended.code == code, ended.out
        assert world.read("users.json")[0]["active"] is (code == 0)


def test_a_name_of_one_word_is_compared_by_a_new_plan(world: World) -> None:
    """It may change by itself; but not with the email, nor after it was let through."""
    zoe = {"left": False, "name": "Zoe", "email": "zoe@example.com"}
    for options, by_now in (((), {}), (("--allow", "identities:P001"), {"name": "Yan"})):
        shutil.rmtree(world.folder / ".oneway", ignore_errors=True)
        reviewed = zoe if options else {"left": False, "name": "Cyd"}
        saved = _reviewed(world, BACK, reviewed, *options)
        world.write("people.json", [CYD | zoe | by_now, person(2)])
        ended = world.run("apply", "saved.json", "--approve", fingerprint(saved))
        assert ended.code == 5, ended.out
        assert world.read("users.json")[0]["active"] is False


@pytest.mark.parametrize(
    ("now", "another"), [("Zoe Zander", True), ("Zander", True), ("Cyd Zander", False), ("", False)]
)
def test_a_row_whose_name_has_no_word_of_the_plans_is_another_persons(
    now: str, another: bool
) -> None:
    planned_source = PlannedSource(names={"s1": "Cyd Crane"})
    assert planned_source._is_another(SourceRow("s1", "P001", now, ())) is another


def test_who_was_listed_by_mistake_is_not_listed_after_a_stale_apply(world: World) -> None:
    """The run of a saved plan has seen what a new plan sees: that they stay."""
    mapping = MAPPING.replace("when: left,", "when: status == 'Former',")
    world.write(
        "m.yaml",
        mapping.replace("leavers: {share: 100%, floor: 9}", "leavers: {floor: 0, share: 0%}"),
    )
    people = [each | {"status": "Current"} for each in START]
    world.write("people.json", people)
    world.write("users.json", [])
    assert world.run("sync", "m.yaml").code == 0
    world.write("people.json", [people[0] | {"status": "Former"}, *people[1:]])
    assert "can still get in" in world.run("sync", "m.yaml").out
    plan = world.folder / "plan.json"
    assert world.run("plan", "m.yaml", "--allow", "leavers=1", "--out", plan).code == 0
    world.write("people.json", people)
    approved = fingerprint(load(plan.read_bytes(), "plan.json"))
    applied = world.run("apply", plan, "--approve", approved)
    assert "stale" in applied.out
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "can still get in" in ended.out) == (0, False), ended.out
