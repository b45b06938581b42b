"""A target whose answers do not show what was done: nobody is called out who is still in."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cli_world import World

from listener import JsonHandler, serving

MANIFEST = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {base_url: {description: Where.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: bearer, token: "{api_key}"}
concurrency: 1
resources:
  users:
    id: id
    list: {path: /users, records: data}
    get: {path: "/users/{id}"}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    record: {type: object, additionalProperties: true}
"""
JOB = '"/users/{id}", job: {path: "/jobs/{id}", id: job, status: s, done: [ok], failed: [no]}}'
MAPPING = """
oneway: 1
name: odd
source: {connector: file, resource: s.json, options: {id: code}, absent: null}
target: {connector: acme.yaml, resource: users}
match: [{source: code, target: code}]
label: name
fields:
  code: {from: code, write: on_create}
  name: name
  phone: {from: phone, on_blank: clear}
leavers: {when: left, set: {active: {value: false}}, left: active == `false`}
"""
User = dict[str, Any]
Answer = tuple[int, object]
Odd = Callable[[str, str, User], Answer | None]


class Raw(str):
    """A body that is sent as it is."""


class Office:
    """A server of users; `odd` may answer in its place, and gets the user that was asked for."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.asked: list[str] = []
        self.odd: Odd = lambda *_: None
        self.url = ""
        self.sent: User = {}

    def answer(self, method: str, path: str, sent: User) -> Answer:
        """Return the status and the body of an answer."""
        self.asked.append(f"{method} {path}")
        self.sent = sent
        id = path.rpartition("/")[2]
        user = self.users.get(id, {})
        odd = self.odd(method, path, user)
        if odd is not None:
            return odd
        if path == "/users":
            return 200, {"data": list(self.users.values())}
        if not user:
            return 404, {}
        user.update(sent)
        return 200, user


@pytest.fixture
def office(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    office = Office()

    class Handler(JsonHandler):
        protocol_version = "HTTP/1.0"

        def _do(self) -> None:
            status, body = office.answer(self.command, self.path, self.sent())
            self.send_response(status)
            self.end_headers()
            text = body if isinstance(body, Raw) else json.dumps(body)
            self.wfile.write(text.encode())

        do_GET = do_POST = do_PATCH = do_DELETE = _do

    monkeypatch.setenv("ONEWAY_ACME_API_KEY", "key")
    world.write("acme.yaml", MANIFEST)
    world.write("m.yaml", MAPPING)
    people(world)
    office.users = {str(n): user(n) for n in (1, 2, 3)}
    with serving(Handler) as url:
        monkeypatch.setenv("ONEWAY_ACME_BASE_URL", url)
        yield office


def user(number: int) -> User:
    return {
        "id": number, "code": f"00{number}", "name": f"Name {number}", "phone": "1", "active": True,
    }  # fmt: skip


def people(world: World, **changes: dict[str, Any]) -> None:
    """Write the source: three employed people, with changes by code."""
    usual = [
        {"code": f"00{n}", "name": f"Name {n}", "phone": "1", "left": False} for n in (1, 2, 3)
    ]
    rows = [each | changes.get("p" + str(each["code"])[2:], {}) for each in usual]
    world.write("s.json", rows)


def sync(world: World) -> tuple[int, str]:
    ended = world.run("sync", "m.yaml", "--as-of", "2026-06-01")
    return ended.code, ended.flat


ANSWERS: tuple[Answer, ...] = (
    (207, {"results": [{"status": 403}]}),
    (226, {"id": 1, "active": False}),
    (200, {"user": user(1)}),
    (200, [user(1)]),
    (200, False),
    (200, {"ok": True}),
    (200, user(2) | {"active": False}),
    (200, user(1) | {"active": "true"}),
)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda a: json.dumps(a)[:40])
@pytest.mark.parametrize("done", [False, True])
def test_a_leave_whose_answer_does_not_show_it_is_looked_at_once(
    world: World, office: Office, answer: Answer, done: bool
) -> None:
    people(world, p1={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        user["active"] = not done
        return answer

    office.odd = odd
    code, said = sync(world)
    after = office.asked[office.asked.index("PATCH /users/1") + 1 :]
    assert after == ["GET /users/1"]
    assert code == (0 if done else 5), said
    assert ("1 was marked as a leaver" in said) == done
    assert ("can still get in (1)" in said) != done


@pytest.mark.parametrize("body", [{}, None, user(1) | {"active": False}])
def test_an_ordinary_answer_costs_no_look(world: World, office: Office, body: object) -> None:
    """Only the first leave of a run whose answer does not show the record costs one."""
    people(world, p1={"left": True}, p2={"name": "New"}, p3={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "PATCH" and path != "/users/2":
            user["active"] = False
            return 200, body and user
        return None

    office.odd = odd
    code, said = sync(world)
    assert code == 0, said
    looked = "GET /users/1" in office.asked[office.asked.index("PATCH /users/1") :]
    assert looked == (not body)
    assert "GET /users/3" not in office.asked[office.asked.index("PATCH /users/3") :]
    assert "GET /users/2" not in office.asked[office.asked.index("PATCH /users/2") :]


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("no", 5), ("busy", 5)])
def test_a_leave_by_a_job_is_done_where_its_job_is(
    world: World, office: Office, state: str, code: int
) -> None:
    world.write("acme.yaml", MANIFEST.replace('PATCH, path: "/users/{id}"}', "PATCH, path: " + JOB))
    people(world, p1={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if path == "/jobs/5":
            office.users["1"]["active"] = state != "ok"
            return 200, {"s": state}
        return (202, {"job": 5}) if method == "PATCH" else None

    office.odd = odd
    ended, said = sync(world)
    assert ended == code, said
    assert ("refused by its job [W105]" in said) == (state == "no")
    assert office.asked.count("GET /jobs/5") == 1


@pytest.mark.parametrize("answer", [(403, {}), (400, {}), (200, None), (200, [])])
@pytest.mark.parametrize("left", [False, True])
def test_an_account_that_may_not_be_seen_stops_nobody_else(
    world: World, office: Office, answer: Answer, left: bool
) -> None:
    assert sync(world)[0] == 0
    people(world, p1={"left": True}, p2={"left": left}, p3={"name": "New"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "GET" and path == "/users":
            return 200, {"data": [e for e in office.users.values() if e["id"] != 2]}
        return answer if path == "/users/2" else None

    office.odd = odd
    code, said = sync(world)
    assert not office.users["1"]["active"], said
    assert office.users["3"]["name"] == "New"
    assert "target record 2, which is not in the target's list, and cannot be asked for" in said
    assert "/users/2: " in said
    assert "POST /users" not in office.asked
    assert ("can still get in (1)" in said) == left
    assert code == (5 if left else 0)


def test_a_value_that_the_list_masks_has_not_changed(world: World, office: Office) -> None:
    people(world, p1={"left": True}, p2={"name": "New"}, p3={"phone": "2"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if path == "/users" and method == "GET":
            return 200, {"data": [each | {"phone": "*"} for each in office.users.values()]}
        return None

    office.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert "the list shows another value of phone than a request for the record" in said
    assert "[W164]" in said
    assert "changed in the target since the plan" not in said
    assert not office.users["1"]["active"]
    assert [each["phone"] for each in office.users.values()] == ["1", "1", "1"]
    office.odd = lambda *_: None
    assert sync(world)[0] == 0


def test_a_field_that_only_the_list_shows_has_not_changed(world: World, office: Office) -> None:
    people(world, p1={"left": True}, p2={"name": "New"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "GET" and user:
            return 200, {key: user[key] for key in ("id", "code", "phone")}
        return None

    office.odd = odd
    assert sync(world)[0] == 0
    assert (office.users["1"]["active"], office.users["2"]["name"]) == (False, "New")
    office.odd = lambda method, path, user: (
        odd(method, path, user) if method != "PATCH" else (200, {"ok": True})
    )
    people(world, p1={"left": True}, p2={"name": "New", "left": True})
    code, said = sync(world)
    assert code == 5, said
    assert "can still get in (1)" in said


def test_a_field_that_only_a_request_shows_is_named_and_no_leave_waits_for_it(
    world: World, office: Office
) -> None:
    people(world, p1={"left": True}, p2={"name": "New"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "GET" and path == "/users":
            hidden = {1: "badge", 2: "name"}
            shown = [
                {k: v for k, v in each.items() if k != hidden.get(each["id"])}
                for each in office.users.values()
            ]
            return 200, {"data": shown}
        return None

    office.odd = odd
    for each in office.users.values():
        each["badge"] = "b"
    sets = "set: {badge: {value: none}, "
    world.write("m.yaml", MAPPING.replace("set: {", sets))
    code, said = sync(world)
    assert code == 5, said
    assert "the list does not show name" in said
    assert "[W164]" in said
    assert "changed in the target since the plan" not in said
    assert not office.users["1"]["active"]


@pytest.mark.parametrize("lost", ["active", "phone"])
def test_an_update_that_changes_more_than_it_sent_is_the_last(
    world: World, office: Office, lost: str
) -> None:
    people(world, p1={"name": "A"}, p2={"name": "B"}, p3={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "PATCH" and path != "/users/3":
            user[lost] = False if lost == "active" else None
        return None

    office.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert f"changed {lost} too, unsent [W117]" in said
    assert "no more updates were sent in this run" in said
    assert office.users["2"]["name"] == "Name 2"
    assert not office.users["3"]["active"]


def test_a_second_record_with_the_key_holds_what_was_planned_for_the_first(
    world: World, office: Office
) -> None:
    people(world, p1={"name": "A"}, p2={"name": "B"}, p3={"left": True})
    plan = ("plan", "m.yaml", "--as-of", "2026-06-01", "--out", "p.json")
    assert world.run(*plan).code == 0
    for id, code in (("8", "001"), ("9", "003")):
        office.users[id] = user(int(id)) | {"code": code}
    before = {id: dict(each) for id, each in office.users.items()}
    ended = world.run("apply", "p.json", "--approve", world.read("p.json")["fingerprint"])
    assert ended.code == 5
    said = "2 target records have the value of match key 1 (code)"
    assert f"{said}: 1, 8" in ended.flat
    assert f"{said}: 3, 9" in ended.flat
    assert "Have left, and can still get in (1) 003 Name 3" in ended.flat
    assert office.users == before | {"2": user(2) | {"name": "B"}}


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("lost", [["code", "name", "phone"], ["phone"]])
def test_a_leave_that_replaces_the_record_is_said_and_no_update_follows(
    world: World, office: Office, lost: list[str], shown: bool
) -> None:
    """But a system may clear some fields of those who leave, and whose leave it was is out."""
    people(world, p3={"left": True})
    whole = len(lost) > 1

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH" or "active" not in office.sent:
            return None
        user |= dict.fromkeys(lost) | {"active": False}
        return 200, user if shown else {}

    office.odd = odd
    code, said = sync(world)
    assert not office.users["3"]["active"]
    assert "still get in" not in said
    told = "the leave of target record 3 changed code, name, phone too, unsent [W117]"
    assert (code, told in said) == ((5, True) if whole else (0, False)), said
    people(world, p1={"name": "A"}, p3={"left": True})
    code, said = sync(world)
    assert code == (4 if whole else 0), said
    assert office.users["1"]["name"] == ("Name 1" if whole else "A")


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("replaced", [True, False])
def test_a_request_that_shows_little_of_who_has_left_says_nothing_of_the_record(
    world: World, office: Office, shown: bool, replaced: bool
) -> None:
    """The list then tells whether the leave replaced it, unless the answer did."""
    people(world, p3={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "GET" and user and not user["active"]:
            return 200, {"id": 3, "active": False}
        if method != "PATCH" or "active" not in office.sent:
            return None
        answer = user | {"active": False}
        if replaced:
            user.clear()
        user |= {"id": 3, "active": False}
        return 200, answer if shown else {}

    office.odd = odd
    code, said = sync(world)
    told = "the leave of target record 3 changed code, name, phone too, unsent [W117]"
    assert (code, told in said) == ((5, True) if replaced and not shown else (0, False)), said


def test_a_target_that_hides_who_has_left_is_asked_once(world: World, office: Office) -> None:
    people(world, p1={"left": True}, p2={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "GET" and user and not user["active"]:
            return 404, {}
        if method == "PATCH":
            user["active"] = False
            return 200, {}
        return None

    office.odd = odd
    code, said = sync(world)
    assert code == 0, said
    after = office.asked[office.asked.index("PATCH /users/1") :]
    assert after == ["PATCH /users/1", "GET /users/1", "GET /users/2", "PATCH /users/2"]


def switching_off(world: World, office: Office) -> None:
    """Let two people change, and each update switch its person off; the first one is sent."""
    people(world, p1={"name": "A"}, p2={"name": "B"}, p3={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "PATCH" and path != "/users/3":
            user["active"] = False
        return None

    office.odd = odd
    assert sync(world)[0] == 5
    assert [each["active"] for each in office.users.values()] == [False, True, False]


def test_nor_is_any_other_sent_on_later_nights_before_somebody_decides(
    world: World, office: Office
) -> None:
    """Whatever is found out of the first one, and whether or not there is one to be sent."""
    switching_off(world, office)
    for name in ("B", "B", "Name 2", "B"):
        people(world, p1={"name": "A"}, p2={"name": name}, p3={"left": True})
        code, said = sync(world)
        assert code == 4, said
        assert "1 target record was changed by a write beyond what it sent (W117): 1" in said
        assert office.users["2"] == user(2)
    assert world.run("plan", "m.yaml", "--exit-code").code == 4
    assert "side_effects" in world.run("status").flat


def test_a_night_with_nothing_to_hold_is_quiet_once_the_record_is_put_right(
    world: World, office: Office
) -> None:
    switching_off(world, office)
    people(world, p1={"name": "A"}, p3={"left": True})
    assert sync(world)[0] == 4  # the update keeps somebody out
    office.users["1"]["active"] = True
    code, said = sync(world)
    assert code == 0, said
    assert "side_effects" not in said
    people(world, p1={"name": "A", "left": True}, p2={"name": "B"}, p3={"left": True})
    code, said = sync(world)
    assert code == 4, said
    assert "1 of 2 actions is held back; the others can be applied." in said
    assert [each["active"] for each in office.users.values()] == [False, True, False]


def test_what_a_plan_lets_through_is_decided_unless_it_happens_again(
    world: World, office: Office
) -> None:
    switching_off(world, office)
    allowing = ("sync", "m.yaml", "--as-of", "2026-06-01", "--allow", "side_effects=1")
    assert world.run(*allowing).code == 5
    assert office.users["2"]["active"] is False
    code, said = sync(world)
    assert code == 4
    assert "(W117): 2; no update" in said  # the first one has been decided
    office.odd = lambda *_: None
    assert world.run(*allowing).code == 0
    assert sync(world)[0] == 0


@pytest.mark.parametrize("answer", [(200, {}), (200, None), (200, {"id": 1}), (200, {"ok": True})])
@pytest.mark.parametrize("lost", ["active", "phone"])
def test_an_update_whose_answer_does_not_show_the_record_is_looked_at_once_in_a_run(
    world: World, office: Office, answer: Answer, lost: str
) -> None:
    people(world, p1={"name": "A"}, p2={"name": "B"}, p3={"name": "C"})
    replacing = True

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        if replacing:
            user[lost] = False if lost == "active" else None
        user["name"] = {"1": "A", "2": "B", "3": "C"}[path[-1]]
        return answer if path == "/users/1" else (200, {})

    office.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert f"changed {lost} too, unsent [W117]" in said
    assert office.users["2"] == user(2)
    replacing = False
    office.users = {str(n): user(n) for n in (1, 2, 3)}
    office.asked.clear()
    assert sync(world)[0] == 4
    assert world.run("sync", "m.yaml", "--allow", "side_effects=1").code == 0
    first = office.asked.index("PATCH /users/1")
    assert office.asked[first:] == [
        "PATCH /users/1", "GET /users/1",
        "GET /users/2", "PATCH /users/2", "GET /users/3", "PATCH /users/3",
    ]  # fmt: skip


@pytest.mark.parametrize("body", [{}, {"ok": True}, None])
@pytest.mark.parametrize("out_already", [False, True])
def test_an_update_that_lets_a_leaver_in_again_is_seen_at_once(
    world: World, office: Office, body: object, out_already: bool
) -> None:
    """Their other fields are written after they have left, and the system lets in all it edits."""
    people(world, p1={"name": "A"}, p2={"name": "B", "left": True})
    office.users["2"]["active"] = not out_already

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        leaves = user["id"] == 2 and user["active"]
        user["name"] = {"1": "A", "2": "Name 2" if leaves else "B"}[path[-1]]
        user["active"] = not leaves
        return 200, body

    office.odd = odd
    code, said = sync(world)
    assert office.users["2"]["active"]
    assert code == 5, said
    assert "the update of target record 2 changed active too, unsent [W117]" in said
    if not out_already:
        assert "Have left, and can still get in (1) 002" in said
        assert "left, and then an update may have let them in again" in said


def test_what_the_target_derives_is_not_more(world: World, office: Office) -> None:
    """Nor is what the answer to a write leaves blank, and a request for the record does not."""
    people(world, p1={"name": "A"}, p2={"name": "B"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        user |= {"name": "A" if path == "/users/1" else "B", "updatedAt": "now", "phone": "+1"}
        return 200, user | {"phone": None} if path == "/users/2" else user

    office.odd = odd
    code, said = sync(world)
    assert code == 0, said
    assert "2 were changed" in said


def hides(world: World, office: Office, found: Answer | None) -> None:
    """Let the list hide 001, who is known, and 002, who is not, has left, and is found so."""
    world.write("acme.yaml", MANIFEST.replace("    get:", FIND + "    get:"))
    people(world, p2={"left": False})
    rows = [{"code": "001", "name": "Name 1", "phone": "1", "left": False}]
    rows += [{"code": "003", "name": "Name 3", "phone": "1", "left": False}]
    world.write("s.json", rows)
    assert sync(world)[0] == 0  # 001 and 003 are linked
    rows.append({"code": "002", "name": "Name 2", "phone": "1", "left": True})
    world.write("s.json", rows)

    def odd(method: str, path: str, user: User) -> Answer | None:
        if path == "/users?code=002" and found is not None:
            return found
        if path == "/users?code=002":
            return 200, {"data": [office.users["2"], office.users["3"]]}
        return (200, {"data": [office.users["3"]]}) if path == "/users" else None

    office.odd = odd


FIND = '    find: {code: {code: "{value}"}}\n'


def test_a_leaver_is_searched_for_where_the_list_hides_records(
    world: World, office: Office
) -> None:
    hides(world, office, None)
    code, said = sync(world)
    assert code == 0, said
    assert office.users["2"]["active"] is False
    assert office.users["1"]["active"] is True
    assert [each for each in office.asked if "code=" in each] == ["GET /users?code=002"]
    assert "lacks 2 that are there by id: 1, 2" in said


@pytest.mark.parametrize(
    "answer", [(200, {"message": "timeout"}), (403, {}), (200, {"data": [], "has_more": True})]
)
def test_who_cannot_be_searched_for_can_perhaps_still_get_in(
    world: World, office: Office, answer: Answer
) -> None:
    hides(world, office, answer)
    code, said = sync(world)
    assert code == 5, said
    assert "can still get in (1)" in said
    assert "a search by code fails" in said
    assert office.users["2"]["active"] is True


def test_nobody_is_searched_for_in_a_list_that_hides_nobody(world: World, office: Office) -> None:
    world.write("acme.yaml", MANIFEST.replace("    get:", FIND + "    get:"))
    office.users.pop("2")
    people(world, p2={"left": True})
    for _ in range(2):
        assert sync(world)[0] == 0
    assert not [each for each in office.asked if "code=" in each]


def test_a_leave_that_only_a_request_shows_is_not_sent_again(world: World, office: Office) -> None:
    """`absent: null` makes null of what the list leaves out."""
    null = MANIFEST.replace("    id: id\n", "    id: id\n    absent: null\n")
    active = "additionalProperties: true, properties: {active: {type: [boolean, 'null']}}"
    world.write("acme.yaml", null.replace("additionalProperties: true", active))
    people(world, p1={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        listed = [
            {key: value for key, value in each.items() if key != "active"}
            for each in office.users.values()
        ]
        return (200, {"data": listed}) if path == "/users" else None

    office.odd = odd
    assert sync(world)[0] == 0
    assert office.users["1"]["active"] is False
    patches = [each for each in office.asked if each.startswith("PATCH")]
    _, said = sync(world)
    assert "the record counts as left already; let the manifest read the list's records" in said
    assert "[W163]" in said
    assert [each for each in office.asked if each.startswith("PATCH")] == patches
    office.users["1"]["active"] = True  # somebody let them in again: it is sent
    sync(world)
    assert office.users["1"]["active"] is False


OWN = """
oneway: 1
name: odd
source: {connector: file, resource: s.json, options: {id: code}}
target: {connector: acme.yaml, resource: users}
references: {people: {from: target, resource: users, key: code, value: id}}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  manager: {from: manager, lookup: people}
joiners: {}
"""


def test_what_this_run_created_is_not_gone_before_the_target_shows_it(
    world: World, office: Office
) -> None:
    world.write("m.yaml", OWN)
    world.write("s.json", [{"code": "8", "manager": "9"}, {"code": "9", "manager": "8"}])
    office.users = {}
    created: dict[str, User] = {}

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "POST":
            id = str(100 + len(created))
            created[id] = {"id": id, "code": "89"[len(created)]}
            return 201, created[id]
        return None

    office.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert "2 were created" in said
    assert "created target record 100, and the target does not show it yet" in said
    assert "[W165]" in said
    assert "gone" not in said
    office.users, office.odd = created, lambda *_: None
    code, said = sync(world)
    assert code == 0, said
    assert {each["code"]: each["manager"] for each in created.values()} == {"8": "101", "9": "100"}


HIRED = """
oneway: 1
name: hired
source:
  {connector: acme.yaml, resource: users, one_per: {person: code, current: active, latest_by: day}}
target: {connector: file, resource: t.json}
match: [{source: code, target: code}]
label: name
fields:
  code: {from: code, write: on_create}
  name: name
leavers: {when: active == `false`, set: {in: {value: false}}, left: in == `false`}
"""


@pytest.mark.parametrize(
    ("get", "answer", "code"),
    [(True, None, 0), (True, (404, {}), 0), (True, (403, {}), 5), (False, None, 5)],
)
@pytest.mark.parametrize("one_per", [True, False])
def test_nobody_leaves_by_an_old_record_while_the_one_that_counted_may_be_there(
    world: World, office: Office, get: bool, answer: Answer | None, code: int, one_per: bool
) -> None:
    """The source's list lacks the linked record for a night; the source is asked for it by id."""
    lines = MANIFEST.splitlines(keepends=True)
    world.write("acme.yaml", "".join(e for e in lines if get or "    get:" not in e))
    text = HIRED if one_per else re.sub(", one_per: .*}}", "}", HIRED)
    world.write("m.yaml", text)
    known = [{"id": f"t{n}", "code": f"00{n}", "name": f"Name {n}", "in": True} for n in (1, 2)]
    world.write("t.json", known)
    office.users = {str(n): user(n) | {"day": "2026-01-01"} for n in (1, 2)}
    first, said = sync(world)
    assert first == 0, said
    office.users["0"] = user(1) | {"id": 0, "active": False, "day": "2020-01-01"}

    def odd(method: str, path: str, user: User) -> Answer | None:
        if path == "/users":
            return 200, {"data": [e for e in office.users.values() if e["id"] != 1]}
        return answer if path == "/users/1" else None

    office.odd = odd
    ended, said = sync(world)
    left = [each["id"] for each in world.read("t.json") if not each["in"]]
    gone = answer is not None and answer[0] == 404
    assert left == (["t1"] if gone else []), said
    if get and answer is None and not one_per:
        assert "in conflict (2)" in said  # both have the same key
    else:
        assert ended == code, said
    assert ("which the list lacks, and nothing shows that it is gone" in said) == (code == 5)
    assert ("can still get in (1) 001 Name 1" in said) == (ended == 5)


DELETE = '    leave: {method: DELETE, path: "/users/{id}", writes: [active]}\n'
LOOKS: tuple[Answer, ...] = ((404, {}), (410, {}), (403, {}), (200, "<html>"), (500, {}))


@pytest.fixture
def leaving(world: World, office: Office) -> Office:
    """Return a server whose users leave by DELETE, and all of whose users leave."""
    world.write("acme.yaml", MANIFEST.replace("    record:", f"{DELETE}    record:"))
    world.write("m.yaml", MAPPING + "guards: {leavers: {share: 100%, floor: 9}}\n")
    people(world, **{f"p{n}": {"left": True} for n in (1, 2, 3)})
    return office


def deletes(office: Office) -> list[str]:
    return [each for each in office.asked if each.startswith("DELETE")]


@pytest.mark.parametrize("body", [None, {}, {"ok": True}, {"deleted": True}])
def test_a_delete_that_keeps_the_record_is_a_leave(
    world: World, leaving: Office, body: object
) -> None:
    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "DELETE":
            assert user["active"]  # a second DELETE removes a record in some systems
            user["active"] = False
            return 200, body
        return None

    leaving.odd = odd
    code, said = sync(world)
    assert code == 0, said
    assert "3 were marked as leavers" in said
    assert deletes(leaving) == [f"DELETE /users/{n}" for n in (1, 2, 3)]
    assert sync(world)[0] == 0
    assert len(deletes(leaving)) == 3


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("answer", [(204, None), (200, {"deleted": True}), (202, {}), (503, {})])
def test_a_delete_that_removes_the_record_is_the_last(
    world: World, leaving: Office, answer: Answer, look: Answer
) -> None:
    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "DELETE":
            leaving.users.pop(path.rpartition("/")[2])
            return answer
        return look if method == "GET" and not user and path != "/users" else None

    leaving.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert deletes(leaving) == ["DELETE /users/1"]
    assert ("the DELETE of record 1 has removed it [W118]" in said) == (look[0] in (404, 410))
    assert "no other DELETE was sent" in said


def test_who_is_removed_by_a_delete_is_no_longer_listed(world: World, leaving: Office) -> None:
    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "DELETE":
            leaving.users.pop(path.rpartition("/")[2])
            return 200, None
        return None

    leaving.odd = odd
    people(world, p1={"left": True})
    code, said = sync(world)
    assert code == 5, said
    assert "[W118]" in said
    code, said = sync(world)
    assert code == 0, said
    assert "001" not in said.partition("Fingerprint")[0].partition("Could still")[2]


@pytest.mark.parametrize("happened", [True, False])
def test_a_delete_without_an_answer_is_looked_up_and_not_blindly_repeated(
    world: World, leaving: Office, happened: bool
) -> None:
    people(world, p1={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "DELETE":
            user["active"] = not happened
            return 503, {}
        return None

    leaving.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert deletes(leaving) == ["DELETE /users/1"]

    def healthy(method: str, path: str, user: User) -> Answer | None:
        if method == "DELETE":
            user["active"] = False
            return 204, None
        return None

    leaving.odd = healthy
    code, said = sync(world)
    assert code == 0, said
    assert len(deletes(leaving)) == (1 if happened else 2)
    assert leaving.users["1"]["active"] is False


def test_a_delete_that_changes_nothing_is_not_done(world: World, leaving: Office) -> None:
    people(world, p1={"left": True})
    leaving.odd = lambda method, *_: (204, None) if method == "DELETE" else None
    code, said = sync(world)
    assert code == 5, said
    assert "shows the record as it was [W116]" in said


def test_a_delete_is_not_sent_for_a_field_that_it_is_not_said_to_write(
    world: World, leaving: Office
) -> None:
    delete = DELETE.replace("active", "state")
    world.write("acme.yaml", MANIFEST.replace("    record:", f"{delete}    record:"))
    code, said = sync(world)
    assert (code, deletes(leaving)) == (1, [])
    assert "`leave` request does not write 'active'" in said


def test_a_record_that_changes_between_look_and_write_is_stale(
    world: World, office: Office
) -> None:
    body = 'body: {"...": "{values}", seen: "{version}"}'
    text = MANIFEST.replace('"/users/{id}"}', f'"/users/{{id}}", {body}}}')
    world.write("acme.yaml", text.replace(body, "version: version", 1))
    for each in office.users.values():
        each["version"] = 1
    people(world, p1={"name": "A"}, p2={"left": True}, p3={"name": "C"})
    by_hand = {"1": {"phone": "9", "version": 2}, "2": {"name": "B", "version": 2}}

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        user.update(by_hand.pop(str(user["id"]), {}))
        return None if office.sent["seen"] == str(user["version"]) else (412, {})

    office.odd = odd
    code, said = sync(world)
    assert code == 5, said
    assert "2 stale" in said
    assert "the record has changed since it was looked at (412) [W160]" in said
    assert (office.users["1"]["name"], office.users["1"]["phone"]) == ("Name 1", "9")
    assert office.users["2"]["active"]
    assert office.users["3"]["name"] == "C"
    code, said = sync(world)
    assert code == 0, said
    assert office.users["1"]["name"] == "A"
    assert not office.users["2"]["active"]


FORMS = {"name": "ignore_case", "day": "date", "hours": "number"}


def with_forms(world: World, office: Office, answer: Answer) -> None:
    """Let the target store values in its own forms, which the mapping takes for the same."""
    rules = "".join(f"  {e}: {{from: {e}, compare: {c}}}\n" for e, c in FORMS.items())
    leaving = "set: {active: {value: 'no', compare: ignore_case}}, left: lower(active) == 'no'}"
    text = MAPPING.replace("  name: name\n", rules)
    world.write("m.yaml", text[: text.index("leavers:")] + "leavers: {when: left, " + leaving)

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        user |= {key: str(each).upper() for key, each in office.sent.items()}
        if "day" in office.sent:
            user |= {"day": f"{user['day']}T00:00:00.000Z", "hours": f"{user['hours']}.00"}
        return answer

    office.odd = odd


@pytest.mark.parametrize("answer", [(200, True), (202, {}), (200, {"data": {}}), (504, {})])
def test_what_is_looked_up_is_compared_as_in_the_plan(
    world: World, office: Office, answer: Answer
) -> None:
    world.write("acme.yaml", MANIFEST.replace("concurrency: 1", "retry: {attempts: 1}"))
    with_forms(world, office, answer)
    rows = [
        {
            "code": f"00{n}",
            "name": "a",
            "day": "2026-05-01",
            "hours": 40,
            "phone": "1",
            "left": n > 2,
        }
        for n in (1, 2, 3)
    ]
    world.write("s.json", rows)
    for each in office.users.values():
        each |= {"active": "YES"}
    code, said = sync(world)
    if answer[0] == 504:
        assert code == 5
        code, said = sync(world)
        assert "stale" not in said
    assert code == 0, said
    assert "can still get in" not in said
    assert office.users["3"]["active"] == "NO"


@pytest.mark.parametrize(("body", "code"), [("OK", 0), ("<html>", 5), ('{"id": 1', 5)])
def test_a_text_that_is_no_json_is_looked_up_and_a_page_is_not(
    world: World, office: Office, body: str, code: int
) -> None:
    people(world, p1={"name": "A"}, p2={"left": True})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        user |= office.sent
        return 200, Raw(body)

    office.odd = odd
    ended, said = sync(world)
    assert ended == code, said
    assert ("can still get in" in said) == (code == 5)


def test_who_is_no_longer_shown_after_their_leave_ends_well(world: World, office: Office) -> None:
    people(world, p1={"left": True, "name": "A"}, p2={"name": "B"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        gone = method == "GET" and user and not user["active"]
        return (404, {}) if gone else None

    office.odd = odd
    code, said = sync(world)
    assert code == 0, said
    assert not office.users["1"]["active"]
    assert office.users["2"]["name"] == "B"
    office.users["3"]["active"] = False  # somebody else did it
    people(world, p1={"left": True}, p2={"name": "B"}, p3={"left": True, "name": "C"})
    assert sync(world)[0] == 5


@pytest.mark.parametrize("answer", [(200, None), (200, {"ok": True}), None])
@pytest.mark.parametrize("stored", ["+441", "1"])
def test_a_value_that_the_target_does_not_keep_is_not_sticking_whatever_the_answer(
    world: World, office: Office, answer: Answer | None, stored: str
) -> None:
    """Another form of it is stored at once; what is as it was ends well once it is named."""
    office.users["1"]["phone"] = stored
    people(world, p1={"phone": "+44 1"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        return (200, user) if answer is None else answer

    office.odd = odd
    codes = []
    for _ in range(3):
        code, said = sync(world)
        codes.append(code)
    kept = stored == "+441" or answer is not None
    assert codes == ([0, 0, 0] if kept else [5, 5, 0]), said
    assert "Not sticking (1)" in said
    assert ("write that form, as in `from: remove_spaces(...)`" in said) == (stored == "+441")


def test_a_lost_update_that_switched_somebody_off_is_noticed_when_it_is_looked_up(
    world: World, office: Office
) -> None:
    people(world, p1={"name": "A"})
    late: list[User] = []

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        late.append(office.sent)
        return 504, {}

    office.odd = odd
    assert sync(world)[0] == 5
    office.users["1"] |= late[0] | {"active": False}  # it happens after the run
    office.odd = lambda *_: None
    code, said = sync(world)
    assert code == 4, said
    assert "changed by a write beyond what it sent (W117): 1" in said
    assert world.run("sync", "m.yaml", "--allow", "side_effects=1").code == 0
    assert world.run("sync", "m.yaml").code == 0


@pytest.mark.parametrize("form", ["the record", "what was sent", "blank"])
@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("merges", ""),
        ("derives", ""),
        ("clears the coordinates", ""),
        ("derives and replaces", "changed address.zip too"),
        ("replaces", "changed address.zip, address.place too"),
    ],
)
def test_an_object_that_is_replaced_loses_no_field_outside_the_mapping_unseen(
    world: World, office: Office, form: str, kind: str, told: str
) -> None:
    world.write("m.yaml", MAPPING.replace("  name: name", "  name: name\n  address.city: city"))
    for each in office.users.values():
        each["address"] = {"city": "Ulm", "zip": "89073", "place": "48.4, 10.0", "note": None}
        if "coordinates" in kind:
            each["address"] = {"city": "Ulm", "lat": 48.4, "Longitude": 10.0, "note": None}
    people(world, p1={"city": "Bonn"}, p2={"city": "Bonn"}, p3={"city": "Ulm"})

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH":
            return None
        sent = office.sent["address"]
        kept = {} if "replaces" in kind else user["address"]
        derived = {"place": "50.7, 7.1" if "replaces" in kind else None} if "der" in kind else {}
        if "coordinates" in kind:
            derived = {"lat": None, "Longitude": None}
        user["address"] = {**kept, **sent, **derived}
        echo = {"id": user["id"], "address": sent}
        return 200, {"the record": user, "what was sent": echo, "blank": None}[form]

    office.odd = odd
    code, said = sync(world)
    assert (code, f"{told}, unsent [W117]" in said) == ((5, True) if told else (0, False)), said
    assert office.users["2"]["address"].get("zip", "89073") == "89073"
    assert office.users["2"]["address"]["city"] == ("Ulm" if told else "Bonn")


def one_more(world: World, office: Office, made: User, *, request: bool) -> tuple[int, str]:
    """Create a fourth person, whom the answer shows as made, and perhaps a request as well."""
    once = {"role": "staff", "active": "true", "invite": "true", "grade": "14"}
    once |= {"start": "'2026-01-01'", "since": "'2026-01-01T04:00:00Z'"}
    fields = "\n".join(
        f"  {key}: {{value: {each}, write: on_create}}" for key, each in once.items()
    )
    world.write("m.yaml", MAPPING.replace("  name: name", f"{fields}\n  name: name"))
    for each in office.users.values():
        each["role"] = "staff"
    people(world, p1={})
    rows = [
        {"code": f"00{n}", "name": f"Name {n}", "phone": "1", "left": False} for n in range(1, 5)
    ]
    world.write("s.json", rows)

    def odd(method: str, path: str, _: User) -> Answer | None:
        if method != "POST":
            return None
        shown = {"id": 4, **office.sent, **made}
        office.users["4"] = shown if request else {"id": 4, **office.sent}
        return 201, {key: value for key, value in shown.items() if value != "omitted"}

    office.odd = odd
    return sync(world)


@pytest.mark.parametrize(
    ("made", "fields"),
    [
        ({"role": "admin"}, "role"),
        ({"role": None}, "role"),
        ({"active": False}, "active"),
        ({"start": "2026-01-02T00:00:00Z"}, "start"),
        ({"grade": "15"}, "grade"),
    ],
)
def test_a_create_that_shows_another_value_for_good_is_told(
    world: World, office: Office, made: User, fields: str
) -> None:
    code, said = one_more(world, office, made, request=True)
    assert code == 5, said
    assert f"the record was created, and shows another value of {fields} [W116]" in said
    assert sync(world)[0] in (0, 5)
    assert sync(world)[0] == 0
    assert len(office.users) == 4


@pytest.mark.parametrize(
    ("made", "request_too"),
    [
        ({}, True),
        ({"role": "omitted"}, True),
        ({"role": "STAFF "}, True),
        ({"grade": "14"}, True),
        ({"start": "2026-01-01T00:00:00Z"}, True),
        ({"since": "2026-01-01T04:00:00+00:00"}, True),
        ({"invite": False}, True),  # an order, which has been carried out
        ({"role": ["staff", "everybody"]}, True),
        ({"name": "Name Four"}, True),  # the next plan corrects it
        ({"role": "pending"}, False),  # the answer was older than the record
    ],
)
def test_an_ordinary_answer_to_a_create_raises_no_alarm(
    world: World, office: Office, made: User, request_too: bool
) -> None:
    code, said = one_more(world, office, made, request=request_too)
    assert code == 0, said


@pytest.mark.parametrize("answer", [(404, {}), (404, {"error": "no route"}), (403, {}), (200, {})])
def test_check_requests_one_of_the_records_that_the_list_shows(
    world: World, office: Office, answer: Answer
) -> None:
    assert world.run("check", "m.yaml").code == 0
    assert "GET /users/1" in office.asked
    office.odd = lambda method, path, _: answer if path != "/users" else None
    ended = world.run("check", "m.yaml")
    assert (ended.code, "Requests for one record of the target" in ended.out) == (1, True)
    assert "correct `get`" in ended.flat
    # One record that has just been deleted is no mistake of the manifest.
    office.odd = lambda method, path, _: answer if path.endswith("/1") else None
    assert world.run("check", "m.yaml").code == 0


def test_check_takes_it_that_a_request_may_not_show_who_left(world: World, office: Office) -> None:
    """A list by age begins with those who left first."""
    hidden = ("/users/1", "/users/2")
    office.odd = lambda method, path, _: (404, {}) if path in hidden else None
    assert world.run("check", "m.yaml").code == 0


@pytest.mark.parametrize(("made", "lag"), [(False, 0), (True, 0), (False, 60), (True, 60)])
@pytest.mark.parametrize(
    "answer", [{"id": 9}, {"id": 9, "rejections": ["taken"]}, {"id": 9, "kind": "job"}]
)
def test_a_create_whose_answer_shows_only_an_id_is_looked_at_once(
    world: World, office: Office, answer: dict[str, object], made: bool, lag: int
) -> None:
    """While the target may not show it yet, a look that finds nothing raises no alarm."""
    world.write("acme.yaml", MANIFEST.replace("    id: id\n", f"    id: id\n    lag: {lag}\n"))

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "POST":
            return None
        if made:
            office.users["9"] = {"id": 9, **office.sent}
        return 200, answer

    del office.users["1"]
    people(world)
    office.odd = odd
    code, told = sync(world)
    assert code == (0 if made or lag else 5), told
    assert ("does not show it" in told) is not (made or bool(lag))


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("kept", [True, False])
def test_a_delete_that_finds_nothing_is_looked_up(
    world: World, leaving: Office, status: int, kept: bool
) -> None:
    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "DELETE":
            return None
        user["active"] = False
        if not kept:  # a gateway repeats the request
            leaving.users.pop(path.rpartition("/")[2])
        return status, {"message": "no such user"}

    leaving.odd = odd
    code, said = sync(world)
    assert (code, "rejected" in said) == (5, False), said
    assert len(deletes(leaving)) == (3 if kept else 1)
    assert ("[W118]" in said) == (not kept)
    if kept:
        assert sync(world)[0] == 0, "they have left, as the list shows"
        assert len(deletes(leaving)) == 3


@pytest.mark.parametrize("edited", [True, False])
@pytest.mark.parametrize("versioned", [True, False])
def test_a_conflict_is_stale_only_if_the_version_has_moved(
    world: World, office: Office, edited: bool, versioned: bool
) -> None:
    body = 'body: {"...": "{values}", seen: "{version}"}'
    text = MANIFEST.replace('"/users/{id}"}', f'"/users/{{id}}", {body}}}')
    manifest = text.replace(body, "version: version", 1) if versioned else MANIFEST
    world.write("acme.yaml", manifest)
    for each in office.users.values():
        each["version"] = "a"
    people(world, p2={"left": True})
    refused: list[str] = []

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method != "PATCH" or refused:
            return None
        refused.append(path)
        user["version"] = "b" if edited else "a"
        return 409, {}

    office.odd = odd
    code, said = sync(world)
    assert code == 5, said
    moved = edited and versioned
    assert ("since it was looked at (409) [W160]" in said, "[W105]" in said) == (moved, not moved)
    code, said = sync(world)
    assert (code, office.users["2"]["active"]) == ((0, False) if moved else (5, True)), said


@pytest.mark.parametrize("merge", ["add", "add, compare: ignore_case", "{own: [hr, it, fin]}"])
@pytest.mark.parametrize("leaves", [True, False])
def test_a_list_in_another_order_at_each_read_is_merged(
    world: World, office: Office, merge: str, leaves: bool
) -> None:
    mapping = MAPPING.replace("  phone: {from: phone, on_blank: clear}\n", "")
    if leaves:
        groups = f"groups: {{value: [none], merge: {merge}}}"
        mapping = mapping.replace("{value: false}", f"{{value: false}}, {groups}")
    else:
        mapping = mapping.replace(
            "leavers:", f"  groups: {{from: groups, merge: {merge}}}\nleavers:"
        )
    world.write("m.yaml", mapping.replace("own: [", "own: [none, "))
    people(world, p1={"left": leaves, "groups": ["hr", "it", "fin"]})
    for each in office.users.values():
        each["groups"] = ["hr", "it", "manual", "x"]

    def odd(method: str, path: str, user: User) -> Answer | None:
        for each in office.users.values():
            each["groups"] = [*each["groups"][1:], each["groups"][0]]
        return None

    office.odd = odd
    code, said = sync(world)
    assert (code, "stale" in said) == (0, False), said
    assert office.users["1"]["active"] is not leaves
    kept = (
        {"hr", "it", "fin"} if not leaves else {"none"} if "own" in merge else {"none", "hr", "it"}
    )
    assert set(office.users["1"]["groups"]) == {"manual", "x", *kept}
    assert sync(world)[0] == 0


def test_a_list_with_another_item_since_the_plan_is_stale(world: World, office: Office) -> None:
    mapping = MAPPING.replace("  name: name\n", "  groups: {from: groups, merge: add}\n")
    world.write("m.yaml", mapping)
    people(world, p1={"groups": ["hr"]})
    for each in office.users.values():
        each["groups"] = ["x"]

    def odd(method: str, path: str, user: User) -> Answer | None:
        if method == "GET" and user:
            user["groups"] = ["x", "by hand"]
        return None

    office.odd = odd
    code, said = sync(world)
    assert (code, "target since the plan: groups [W160]" in said) == (5, True), said


NULLS = """\
    absent: null
    record:
      type: object
      required: [name]
      properties:
        id: {type: integer, readOnly: true}
        code: {type: [string, "null"]}
        name: {type: string, unique: true}
        phone: {type: [string, "null"]}
        active: {type: boolean}
"""


def strangers(world: World, office: Office, number: int, **shown: object) -> tuple[int, str]:
    """Sync a leaver without a record to a target of `number` records."""
    world.write("acme.yaml", MANIFEST.partition("    record:")[0] + NULLS)
    people(world, p1={"left": True})
    office.users = {
        str(n): {"id": n, "active": True} | {k: v for k, v in shown.items() if v != "EACH"}
        | {k: f"Stranger {chr(64 + n) * 7}" for k, v in shown.items() if v == "EACH"}
        for n in range(1, number + 1)
    }  # fmt: skip
    for n in (2, 3):  # the others are there already, so that nobody joins
        if number > 3 and "code" in shown:
            office.users[str(n)] |= {"code": f"00{n}", "name": f"Name {n}", "phone": "1"}
    return sync(world)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (1, {}),
        (4, {}),
        (4, {"code": None}),
        (4, {"Code": "EACH", "Name": "EACH"}),
        (20, {"name": "EACH"}),
        (30, {"Code": "EACH", "name": "EACH"}),
    ],
)
def test_a_leaver_is_listed_if_records_do_not_show_whose_they_are(
    world: World, office: Office, number: int, shown: dict[str, object]
) -> None:
    office.odd = lambda method, *_: (400, {}) if method == "POST" else None
    code, said = strangers(world, office, number, **shown)
    assert (code, "Have left, and can still get in (1)" in said) == (5, True), said


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, {}),
        (4, {"code": None, "name": "EACH"}),  # accounts of nobody, such as an administrator's
        (30, {"code": None, "name": "EACH"}),  # the key is there, and nobody has one
        (30, {"code": "EACH", "name": "EACH"}),
        (30, {"code": "EACH"}),  # the required field is not shown, but whose they are is
        (30, {"code": "EACH", "name": "EACH", "phone": None}),
    ],
)
def test_an_ordinary_target_lists_no_leaver(
    world: World, office: Office, number: int, shown: dict[str, object]
) -> None:
    office.odd = lambda method, *_: (201, user(9)) if method == "POST" else None
    _, said = strangers(world, office, number, **shown)
    assert "Have left, and can still get in" not in said, said


def test_a_short_list_of_records_without_a_key_lists_no_leaver(
    world: World, office: Office
) -> None:
    _, said = strangers(world, office, 19, name="EACH")
    assert "Have left, and can still get in" not in said, said
