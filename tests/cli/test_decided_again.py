"""Somebody edits the source between plan and apply: what a new plan would not do is not done."""

from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: again
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: ref}
  - {source: email, target: email}
only: [{id: staff, when: kind == 'Employee', otherwise: not for this system}]
eligible: [{id: email, when: email, otherwise: Email is missing}]
label: name
fields:
  ref: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
  team: {from: team, on_blank: ineligible}
  login: login
  active: {value: true, write: on_create}
joiners: {unless_taken: [email, login]}
leavers:
  when: status == 'Former'
  set: {active: {value: false}}
  left: active == `false`
rehires: reactivate
absent: deactivate
guards: {leavers: {share: 1, floor: 9}, reactivations: {share: 1, floor: 9}}
"""


def person(n: int, **said: Any) -> dict[str, Any]:
    found = {"id": f"e{n}", "code": f"00{n}", "name": f"P {n}", "email": f"p{n}@example.com"}
    found |= {"login": f"l{n}", "status": "Current", "kind": "Employee", "team": "A"}
    return found | said


def user(n: int, **said: Any) -> dict[str, Any]:
    found = {"id": f"u{n}", "ref": f"00{n}", "name": f"P {n}", "email": f"p{n}@example.com"}
    return found | {"login": f"l{n}", "team": "A", "active": True} | said


PEOPLE = [
    person(1, name="New"), person(2, status="Former"), person(3), person(4), person(5), person(6),
    person(8), person(8, id="e8b"),
]  # fmt: skip
USERS = [
    user(1), user(2), user(3, active=False), user(5), user(6), user(7),
]  # fmt: skip
UPDATE, LEAVE, RETURN, CREATE, ABSENT = "e1", "e2", "e3", "e4", "u7"

EDITS: dict[str, tuple[str, dict[str, dict[str, Any]], str]] = {
    **{f"{who} is out of scope": (who, {who: {"kind": "Agency"}}, "no longer for this person")
       for who in (UPDATE, RETURN, CREATE)},
    **{f"another has the key of {who}": (who, {"e9": {"code": f"00{who[1]}"}},
       "source record e9 has a match key of this person or of their record by now")
       for who in (UPDATE, LEAVE, RETURN, CREATE)},
    "somebody known has the key of a leaver":
        (LEAVE, {"e5": {"code": "002"}},
         "source record e5 has a match key of this person or of their record by now"),
    "a new person has the later key of a joiner":
        (CREATE, {"e9": {"email": "p4@example.com"}},
         "source record e9 has a match key of this person or of their record by now"),
    **{f"another has nearly the key of {who}": (who, {"e9": {"code": who[1]}},
       "source record e9 has come since the plan, with nearly the same match key")
       for who in (LEAVE, CREATE)},
    "a new person has the login of a joiner":
        (CREATE, {"e9": {"login": "l4"}},
         "source record e9 has come since the plan, with the same unique value"),
    "the key is another, and the email the same":
        (UPDATE, {"e1": {"code": "006"}, "e6": {"code": "x"}}, "another match key since the plan"),
    "a field is blank without which nobody takes part":
        (UPDATE, {"e1": {"team": ""}}, "no longer eligible by the source: team"),
    "who came back has another name":
        (RETURN, {"e3": {"name": "Somebody Else"}}, "no run remembers whose it was; name is P 3"),
    "who was away has a new record": (ABSENT, {"e9": {"code": "007"}}, "belongs to it again"),
    "who was away is known by now": (ABSENT, {"e4": {"code": "007"}}, "belongs to it again"),
    "somebody does not say who they are": (ABSENT, {"e9": {"code": {"a": 1}}}, "are not known"),
    "who was away has nearly the key": (ABSENT, {"e9": {"code": "7"}}, "nearly the same key"),
    "who was away has the login": (ABSENT, {"e9": {"login": "l7"}}, "its login is that of"),
    "somebody in a conflict has the login":
        (ABSENT, {"e8": {"login": "l7"}}, "its login is that of source record e8"),
    "who came back may be another, who has the login":
        (ABSENT, {"e3": {"login": "l7"}}, "its login is that of source record e3"),
    "it is not known whose a key is": (ABSENT, {"e9": {"code": "005"}}, "has another's match key"),
    "it is not known whose a later key is":
        (ABSENT, {"e9": {"email": "p5@example.com"}}, "has another's match key"),
}  # fmt: skip


@pytest.fixture
def world(bare: World) -> World:
    bare.write("m.yaml", MAPPING)
    bare.write("s.json", PEOPLE)
    bare.write("t.json", USERS)
    assert bare.run("plan", "m.yaml", "--out", "p.json").code == 0
    return bare


def applied(world: World, changed: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Apply the plan over an edited source; return how each action ended, by its record."""
    people = {each["id"]: dict(each) for each in PEOPLE}
    for id, said in changed.items():
        people[id] = people.get(id, person(9)) | said
    world.write("s.json", list(people.values()))
    fingerprint = world.read("p.json")["fingerprint"]
    ended = world.run("apply", "p.json", "--approve", fingerprint, "--format", "json")
    found = {
        each["source_id"] or each["target_id"]: (each["ending"], each["reason"])
        for each in ended.data["results"]
    }
    assert (ended.code == 5) == any(ending == "stale" for ending, _ in found.values())
    return found


def found_verb(world: World, who: str) -> str:
    """Return what the plan that was saved does to a record."""
    plan = world.read("p.json")
    told = (each for each in plan["outcomes"] if isinstance(each, dict))
    mine = next(e for e in told if who in (e.get("source_id"), e.get("target_id")))
    verb: str = mine["actions"][0]["verb"]
    return verb


def test_an_untouched_source_lets_all_of_it_be_done(world: World) -> None:
    found = applied(world, {})
    assert {id: ending for id, (ending, _) in found.items()} == dict.fromkeys(
        (UPDATE, LEAVE, RETURN, CREATE, ABSENT), "done"
    )


def test_a_key_that_two_had_in_the_plan_is_no_news_if_one_of_them_is_an_error(
    world: World,
) -> None:
    unsaid = {key: value for key, value in person(8, id="e8b").items() if key != "status"}
    world.write("m.yaml", MAPPING.replace("joiners: {unless_taken: [email, login]}\n", ""))
    world.write("s.json", [*PEOPLE[:-1], unsaid])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    ended = world.run("apply", "p.json", "--format", "json")
    found = {each["source_id"] or each["target_id"]: each for each in ended.data["results"]}
    assert found[ABSENT]["ending"] == "done", found[ABSENT]


@pytest.mark.parametrize("name", EDITS)
def test_an_action_is_stale_that_a_new_plan_would_not_have(world: World, name: str) -> None:
    who, changed, said = EDITS[name]
    found = applied(world, changed)
    assert found[who][0] == "stale", found
    assert said in found[who][1]
    others = set(found) - {who, *changed}
    assert {found[id][0] for id in others if id != ABSENT} == {"done"}
    fresh = world.run("plan", "m.yaml", "--format", "json").data
    told = {each["source_id"] or each["target_id"]: each for each in fresh["outcomes"]}
    if who in told:  # a record that was nobody's may be somebody's
        verbs = [each["verb"] for each in told[who]["actions"]]
        assert name.startswith("who came back") or found_verb(world, who) not in verbs


def test_an_empty_source_says_of_nobody_that_they_are_absent(world: World) -> None:
    world.write("s.json", [])
    fingerprint = world.read("p.json")["fingerprint"]
    ended = world.run("apply", "p.json", "--approve", fingerprint)
    assert (ended.code, world.read("t.json")) == (1, USERS)
    assert "nothing will be written" in ended.flat


def test_who_has_left_since_a_plan_that_brings_them_back_stays_out(world: World) -> None:
    """Also where the new leave is of today, so that it would not hold yet."""
    dated = MAPPING.replace("active: {value: false}", "gone: left || today()")
    world.write("m.yaml", dated.replace("left: active == `false`", "left: is_past(gone)"))
    world.write("t.json", [user(3, gone="2024-01-31"), user(1, gone=None)])
    world.write("s.json", [person(3, left=None), person(1, left=None)])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    world.write("s.json", [person(3, status="Former", left=None), person(1, left=None)])
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")[0]["gone"]) == (5, "2024-01-31"), ended.out


def test_a_record_found_by_email_is_anothers_whose_first_key_it_has_by_now(world: World) -> None:
    world.write("t.json", [user(2)])
    world.write("s.json", [person(1), person(2, code="902", name="New")])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    world.write("s.json", [person(1, code="002"), person(2, code="902", name="New")])
    ended = world.run("apply", "p.json")
    assert ended.code == 5, ended.out
    assert "source record e1 has a match key of this person or of their record by now" in ended.flat
    assert world.read("t.json")[0]["name"] == "P 2"


def test_who_has_lost_the_key_that_found_the_record_is_not_written_to_it(world: World) -> None:
    """Also where the plan would write the other key to it."""
    world.write("m.yaml", MAPPING.replace("ref: {from: code, write: on_create}", "ref: code"))
    world.write("t.json", [user(2)])
    world.write("s.json", [person(2, code="902", name="New")])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    world.write("s.json", [person(2, code="902", name="New", email="other@example.com")])
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")) == (5, [user(2)]), ended.out
    assert "no longer has a match key of the target record" in ended.flat


def test_who_is_found_by_a_later_key_is_not_written_to_if_an_earlier_one_finds_another(
    world: World,
) -> None:
    world.write("t.json", [user(2)])
    world.write("s.json", [person(2, code="902", name="New")])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    users = [user(2), user(9, ref="902")]
    world.write("t.json", users)
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")) == (5, users), ended.out
    assert "a new plan finds target record u9 for this person" in ended.flat


@pytest.mark.parametrize("who", [UPDATE, LEAVE, RETURN])
@pytest.mark.parametrize("has_left", [False, True])
def test_whose_key_finds_two_records_by_now_is_written_to_neither(
    world: World, who: str, *, has_left: bool
) -> None:
    """A new plan would be in conflict over both; others are written to as planned."""
    users = [*USERS, user(9, ref=f"00{who[1]}", email="other@example.com", active=not has_left)]
    world.write("t.json", users)
    found = applied(world, {})
    ending, reason = found.pop(who)
    assert (ending, "2 target records have the value" in reason) == ("stale", True), reason
    assert {each for each, _ in found.values()} == {"done"}
    assert user_of(world, f"u{who[1]}") == next(e for e in users if e["id"] == f"u{who[1]}")
    assert user_of(world, "u9") == users[-1]


def user_of(world: World, id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in world.read("t.json") if each["id"] == id)
    return found


def test_a_key_is_not_taken_from_a_record_that_somebody_new_has_by_now(world: World) -> None:
    text = MAPPING.replace("match:\n", "match:\n  - {source: login, target: login}\n")
    world.write("m.yaml", text.replace("ref: {from: code, write: on_create}", "ref: code"))
    world.write("t.json", [user(2)])
    world.write("s.json", [person(2, code="902")])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    world.write("s.json", [person(2, code="902"), person(9, code="002")])
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")) == (5, [user(2)]), ended.out
    assert "source record e9 is matched by the key that the target record would lose" in ended.flat


def test_who_is_out_of_scope_has_rivals_outside_as_well(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("eligible:", "out_of_scope: leave\neligible:"))
    world.write("t.json", [user(2)])
    world.write("s.json", [person(2, kind="Agency")])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    world.write("s.json", [person(2, kind="Agency"), person(9, kind="Agency", code="002")])
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")) == (5, [user(2)]), ended.out
    assert "source record e9 has a match key of this person" in ended.flat


NAME_ON_CREATE = MAPPING.replace("name: name\n", "name: {from: name, write: on_create}\n")


def test_who_came_back_has_another_name_that_is_written_on_create_alone(world: World) -> None:
    world.write("m.yaml", NAME_ON_CREATE)
    world.write("t.json", [user(3, active=False)])
    world.write("s.json", [person(3)])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    world.write("s.json", [person(3, name="Somebody Else")])
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")) == (5, [user(3, active=False)]), ended.out
    assert "no run remembers whose it was; name is P 3, and here Somebody Else" in ended.flat


def test_whom_a_run_remembers_comes_back_under_another_name(world: World) -> None:
    """So it does in a new plan."""
    world.write("m.yaml", NAME_ON_CREATE)
    world.write("t.json", [user(3)])
    for status in ("Current", "Former", "Current"):
        world.write("s.json", [person(3, status=status)])
        assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
        if status == "Current":
            world.write("s.json", [person(3, name="Wed")])
        assert world.run("apply", "p.json").code == 0
    assert world.read("t.json") == [user(3, active=None)]


def test_who_no_longer_says_a_value_that_may_be_anothers_is_not_created(world: World) -> None:
    world.write("s.json", [person(4, login=None)])
    assert world.run("plan", "m.yaml", "--out", "p.json").code == 0
    silent = {key: value for key, value in person(4).items() if key != "login"}
    world.write("s.json", [silent])
    ended = world.run("apply", "p.json")
    assert (ended.code, world.read("t.json")) == (5, USERS), ended.out
    assert "the source no longer says what may be another's: login" in ended.flat


BLANK = {"name": "", "email": "", "login": ""}


@pytest.mark.parametrize("id", ["id", "code"])
@pytest.mark.parametrize("agrees", ["", "name", "email"])
def test_nothing_but_the_code_brings_nobody_back(world: World, id: str, agrees: str) -> None:
    """A newcomer has a leaver's code, and their name and address are not there yet."""
    text = MAPPING.replace("s.json}", f"s.json, options: {{id: {id}}}}}")
    world.write("m.yaml", "".join(e for e in text.splitlines(True) if not e.startswith("eligible")))
    world.write("t.json", [user(1), user(3)])
    world.write("s.json", [person(1), person(3, status="Former")])
    assert world.run("sync", "m.yaml").code == 0
    said = {path: value for path, value in BLANK.items() if path != agrees}
    world.write("s.json", [person(1), person(3, **said)])
    ended = world.run("sync", "m.yaml")
    comes = bool(agrees) or id == "id"  # a link says whose record it is
    assert (user_of(world, "u3")["active"] is not False) == comes, ended.out
    assert ("the link from earlier runs only repeats this key; " in ended.flat) != comes
    assert ("--allow reused:003" in ended.flat) != comes
    assert "no run remembers" not in ended.flat


def test_explain_does_not_deny_a_record_that_a_conflict_names(world: World) -> None:
    text = MAPPING.replace("s.json}", "s.json, options: {id: code}}")
    world.write("m.yaml", "".join(e for e in text.splitlines(True) if not e.startswith("eligible")))
    world.write("t.json", [user(3, active=False)])
    world.write("s.json", [person(3, name="Somebody Else")])
    ended = world.run("explain", "m.yaml", "003")
    assert "finds target record u3" in ended.flat, ended.flat
    assert "in the target: no record for certain" in ended.flat
