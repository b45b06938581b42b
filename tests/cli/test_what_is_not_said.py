"""What a record does not say, from the command line: nothing follows from it."""

import json

import pytest
from cli_world import World

MAPPING = """
oneway: 1
name: unsaid
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
leavers:
  when: %s
  set: {leaveDate: leaveDate}
  left: is_past(leaveDate)
rehires: reactivate
"""
HERE = {"id": "2", "code": "E2", "leaveDate": None}
LEFT = {"id": "1", "reference": "E1", "leaveDate": "2024-05-31"}


def synced(world: World, source: object, target: object, when: str = "leaveDate", more: str = ""):
    """Sync two files; return how it ended and what the target holds then."""
    world.write("m.yaml", MAPPING % when + more)
    world.write("s.json", source)
    world.write("t.json", target)
    return world.run("sync", "m.yaml", "--verbose"), world.read("t.json")


def test_a_key_that_no_record_has_writes_nothing(world: World) -> None:
    ended, target = synced(world, [{"id": "1", "code": "E1"}], [LEFT])
    assert (ended.code, target) == (1, [LEFT])
    assert "m.yaml:11:9: error: no record of the source has the key 'leaveDate'" in ended.err


def test_a_renamed_column_is_named_with_the_nearest_key(world: World) -> None:
    renamed = [{"id": "1", "code": "E1", "leave_date": "2024-05-31"}]
    ended, target = synced(world, renamed, [LEFT])
    assert (ended.code, target) == (1, [LEFT])
    assert "did you mean 'leave_date'?" in ended.err
    assert "did you mean 'leave_date'?" in world.run("validate", "m.yaml").out
    assert "did you mean 'leave_date'?" in world.run("check", "m.yaml").out


def test_nobody_is_brought_back_by_an_absent_key_and_the_others_go_on(world: World) -> None:
    ended, target = synced(world, [{"id": "1", "code": "E1"}, HERE], [LEFT])
    assert LEFT in target
    assert {"reference": "E2", "leaveDate": None}.items() <= target[1].items()
    assert "leaveDate is not given" in ended.out
    second = world.run("plan", "m.yaml")
    assert "1 to create" not in second.out


def test_an_absent_key_that_means_null_brings_them_back(world: World) -> None:
    world.write("m.yaml", (MAPPING % "leaveDate").replace("s.json}", "s.json, absent: null}"))
    world.write("s.json", [{"id": "1", "code": "E1"}, HERE | {"leaveDate": None}])
    world.write("t.json", [LEFT])
    assert "reactivate" in world.run("plan", "m.yaml").out


@pytest.mark.parametrize("status", [None, "", " ", [], {}, 7, True, "Left"])
def test_a_blank_or_misshapen_status_is_an_error(world: World, status: object) -> None:
    schema = (
        "{type: object, properties: {id: {type: string}, code: {type: string}, status: {type:"
        " string, enum: [Current, Former]}, leaveDate: {type: [string, 'null']}}}"
    )
    mapping = MAPPING % "status == 'Former'"
    world.write("m.yaml", mapping.replace("s.json}", f"s.json, record: {schema}}}"))
    people = [HERE | {"status": "Current"}, {"id": "1", "code": "E1", "status": status}]
    world.write("s.json", [each | {"leaveDate": None} for each in people])
    world.write("t.json", [LEFT])
    ended = world.run("plan", "m.yaml", "--verbose")
    assert "1 in error" in ended.out
    assert "status: " in ended.out
    assert "reactivate" not in ended.out


def test_a_negation_before_a_dot_is_refused_with_what_to_write(world: World) -> None:
    ended, _ = synced(world, [HERE], [LEFT], '"!job.active"')
    assert (ended.code, "write !(job.active)" in ended.err) == (1, True)
    ended, _ = synced(world, [HERE], [LEFT], "\"!status == 'Former'\"")
    assert (ended.code, "write !(status == 'Former')" in ended.err) == (1, True)


@pytest.mark.parametrize("note", ["", " ", "\t\n"])
def test_blank_text_is_blank_inside_of_a_condition(world: World, note: str) -> None:
    gone = {"id": "1", "code": "E1", "note": note, "status": "Former", "leaveDate": "2024-01-31"}
    user = {"id": "1", "reference": "E1", "leaveDate": None}
    _, target = synced(world, [gone], [user], "note || status == 'Former'")
    assert target == [user | {"leaveDate": "2024-01-31"}]


def test_whom_a_source_record_may_stand_for_is_not_deactivated(world: World) -> None:
    more = "absent: deactivate\njoiners: {unless_taken: [email]}\n"
    mapping = (
        (MAPPING % "left" + more)
        .replace("fields:\n", "fields:\n  email: email\n")
        .replace("set: {leaveDate: leaveDate}", "set: {leaveDate: today()}")
    )
    world.write("m.yaml", mapping)
    people = [
        {"id": "a", "code": "A29", "email": "ada@example.com", "left": False},
        {"id": "b", "code": "2", "email": "ben@example.com", "left": False},
    ]
    users = [
        {"id": "1", "reference": "a29", "email": "ada@example.com", "leaveDate": None},
        {"id": "2", "reference": "2", "email": "ben@example.com", "leaveDate": None},
    ]
    world.write("s.json", people)
    world.write("t.json", users)
    assert "- deactivate" not in world.run("plan", "m.yaml", "--verbose").out
    del people[0]["email"]
    world.write("s.json", people)
    assert "- deactivate" not in world.run("plan", "m.yaml", "--verbose").out


COUNTED = """
oneway: 1
name: counted
source: {connector: file, resource: s.json%s}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  phone: {from: phone, on_blank: clear}
leavers:
  when: status == 'Former'
  set: {left: {value: true}}
  left: left
"""


def twelve(**said: object) -> list[dict[str, object]]:
    """Return twelve people who are there, and say all this."""
    return [{"id": str(n), "code": f"E{n}", "status": "Current", **said} for n in range(12)]


@pytest.mark.parametrize("absent", ["", ", absent: null"])
def test_a_key_that_went_away_holds_the_run_until_a_person_lets_it_go(
    world: World, absent: str
) -> None:
    """Also where the file says that absent is null: nothing else would tell of it."""
    world.write("m.yaml", COUNTED % absent)
    world.write("t.json", "[]")
    world.write("s.json", twelve(phone="0100"))
    assert world.run("sync", "m.yaml", "--as-of", "2026-06-01").code == 0
    people = [each | ({"phone": "0200"} if n < 3 else {}) for n, each in enumerate(twelve())]
    people[5]["status"] = "Former"
    world.write("s.json", people)
    for day in ("2026-06-02", "2026-06-03"):
        held = world.run("sync", "m.yaml", "--as-of", day, "--verbose")
        assert held.code == 4
        assert "keys_gone.source.phone" in held.out
        assert "0200" not in json.dumps(world.read("t.json"))
    raised = ("keys_gone.source.phone=9", "clears=12", "field_changes=12")
    allow = [part for each in raised for part in ("--allow", each)]
    assert world.run("sync", "m.yaml", "--as-of", "2026-06-04", *allow).code == 0
    assert "0200" in json.dumps(world.read("t.json"))
    after = world.run("sync", "m.yaml", "--as-of", "2026-06-05")
    assert (after.code, "keys_gone" in after.out) == (0, False)


def test_a_saved_plan_is_held_by_a_key_that_went_away(world: World) -> None:
    world.write("m.yaml", COUNTED % "")
    world.write("t.json", "[]")
    world.write("s.json", twelve(phone="0100"))
    world.run("sync", "m.yaml", "--as-of", "2026-06-01")
    world.write("s.json", [*twelve()[1:], {**twelve()[0], "phone": "0200"}])
    assert world.run("plan", "m.yaml", "--as-of", "2026-06-02", "--out", "plan.json").code == 4
    approval = world.read("plan.json")["fingerprint"]
    assert world.run("apply", "plan.json", "--approve", approval).code == 4
    assert "0200" not in json.dumps(world.read("t.json"))
    wrong = world.run("plan", "m.yaml", "--allow", "keys_gone.source.phon=9")
    assert (wrong.code, "did you mean 'source.phone'?" in wrong.err) == (1, True)


def test_a_key_that_decides_whom_the_sync_is_for_must_be_there(world: World) -> None:
    only = "only: [{id: staff, when: kind != 'Contractor', otherwise: Contractors are not for it}]"
    ended, target = synced(world, [HERE], [LEFT], more=only)
    assert (ended.code, target) == (1, [LEFT])
    assert "no record of the source has the key 'kind' (only)" in ended.err


SALARIES = """
oneway: 1
name: salaries
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
eligible:
  - {id: salary, when: "to_number(salary) > `0`", otherwise: Salary is missing}
fields:
  reference: {from: code, write: on_create}
  salary: {from: to_number(salary), sensitive: %s}
leavers:
  when: is_past(ends)
  set: {gone: today()}
  left: is_past(gone)
"""


@pytest.mark.parametrize("sensitive", ["true", "false"])
def test_the_value_that_broke_an_expression_is_shown_unless_it_is_sensitive(
    world: World, sensitive: str
) -> None:
    world.write("m.yaml", SALARIES % sensitive)
    person = {"id": "1", "code": "E1", "ends": None}
    people = [
        {**person, "salary": "41,250"},
        {**person, "id": "2", "code": "E2", "salary": 1, "ends": "31/02/26"},
        {**person, "id": "3", "code": "E3", "salary": 1},
    ]
    world.write("s.json", people)
    users = [{"id": "9", "reference": "E3", "salary": 1, "gone": "never", "left": None}]
    world.write("t.json", users)
    ended = world.run("sync", "m.yaml", "--verbose")
    said = ended.flat
    assert 'E2 (ends: "31/02/26")' in said
    assert 'E3 (gone: "never")' in said
    assert ('E1 (salary: "41,250")' in said) is (sensitive == "false")
    kept = [path.read_bytes() for path in world.folder.rglob("*.db*")]
    shown = [world.run(*words.split()).out for words in ("explain m.yaml E1", "runs show 1")]
    shown.append(world.run("plan", "m.yaml", "--format", "json", "--out", "plan.json").out)
    shown.append((world.folder / "plan.json").read_text())
    found = [b"41,250" in each for each in kept] + ["41,250" in each for each in shown]
    assert any(found) is (sensitive == "false")


def test_a_value_that_a_record_schema_marks_as_sensitive_is_not_shown(world: World) -> None:
    record = "{type: object, properties: {salary: {sensitive: true}, id: {}, code: {}, ends: {}}}"
    mapping = (SALARIES % "false").replace("s.json}", f"s.json, record: {record}}}")
    world.write("m.yaml", mapping)
    person = {"id": "1", "code": "E1", "ends": None, "salary": "41,250"}
    world.write("s.json", [person])
    world.write("t.json", "[]")
    ended = world.run("plan", "m.yaml", "--verbose")
    assert "to_number() needs a number" in ended.flat
    assert "41,250" not in ended.flat


def test_a_lookup_table_whose_key_no_row_has_clears_nothing(world: World) -> None:
    mapping = """
oneway: 1
name: renamed
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
references:
  depts: {from: {connector: file, options: {id: code}}, resource: d.json, key: %s, value: id}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  dept: {from: dept, lookup: depts, on_miss: clear}
"""
    world.write("s.json", [{"id": "1", "code": "E1", "dept": "A"}])
    world.write("t.json", [{"id": "1", "reference": "E1", "dept": 7}])
    world.write("d.json", [{"code": "B", "id": 8}])
    world.write("m.yaml", mapping % "kode")
    ended = world.run("plan", "m.yaml", "--verbose")
    assert "No changes to make" in ended.out
    assert "no record of reference 'depts' has the key 'kode'" in ended.flat
    world.write("m.yaml", mapping % "code")
    assert "7 -> nothing" in world.run("plan", "m.yaml", "--verbose").out


def test_a_leaver_of_whom_it_is_not_said_whom_they_work_for_is_named(world: World) -> None:
    only = "only: [{id: staff, when: kind != 'Contractor', otherwise: Contractors are not for it}]"
    gone = {"id": "3", "code": "E3", "leaveDate": "2024-05-31"}
    users = [{"id": "3", "reference": "E3", "leaveDate": None}]
    people = [HERE | {"kind": "Staff"}, gone]
    ended, target = synced(world, people, users, more=only)
    assert ended.code == 5
    assert "Have left, and can still get in (1)" in ended.out
    assert "E3 (record 3): it is not known whether this sync is for the person" in ended.flat
    assert users[0] in target


def test_a_plan_of_version_1_is_refused_and_nothing_is_written(world: World) -> None:
    world.write("m.yaml", MAPPING % "leaveDate")
    world.write("s.json", [HERE])
    world.write("t.json", "[]")
    world.run("plan", "m.yaml", "--out", "plan.json")
    plan = world.read("plan.json")
    world.write("plan.json", {**plan, "oneway_plan": 1})
    for words in (("apply", "plan.json", "--approve", plan["fingerprint"]), ("apply", "plan.json")):
        ended = world.run(*words)
        assert (ended.code, world.read("t.json")) == (1, [])
        said = f"its format is 1, this version reads {plan['oneway_plan']}"
        assert f"made by an earlier version: {said}" in ended.flat
        assert "make the plan again" in ended.flat


def test_a_leaver_is_named_where_nothing_that_is_written_says_that_they_have_left(
    world: World,
) -> None:
    """The note is written, and the field by which the target tells is not."""
    mapping = """
oneway: 1
name: told
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
leavers:
  when: status == 'Former'
  set: {gone: {value: true, when: final}, note: why}
  left: gone
"""
    world.write("m.yaml", mapping)
    person = {"id": "1", "code": "E1", "status": "Former", "final": False, "why": "moved"}
    world.write("s.json", [person, {**person, "id": "2", "code": "E2", "final": True}])
    users = [{"id": str(n), "reference": f"E{n}", "gone": False, "note": None} for n in (1, 2)]
    world.write("t.json", users)
    for _ in range(2):
        ended = world.run("sync", "m.yaml", "--verbose")
        assert ended.code == 5
        assert "Have left, and can still get in (1)" in ended.out
        assert "E1 (record 1): has left, and nothing says what gone becomes" in ended.flat
    assert [(each["gone"], each["note"]) for each in world.read("t.json")] == [
        (False, "moved"),
        (True, "moved"),
    ]


LISTS = """
oneway: 1
name: lists
source: {connector: file, resource: s.json%s}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  iban: "accounts[?kind != 'savings'].iban | [0]"
  hours: sum(jobs[].hours)
  groups: {from: "jobs[].team", merge: {own: [hr, pay]}}
  mobile: {from: phone, default: {from: "phones[?mobile].number | [0]"}, on_blank: clear}
"""
IN_LISTS = {
    "id": "1", "code": "E1", "phone": None, "phones": [{"number": "07"}],
    "accounts": [{"iban": "SAVED"}, {"kind": "current", "iban": "CURRENT"}],
    "jobs": [{"team": "hr", "hours": 10}, {}],
}  # fmt: skip
HELD = {
    "id": "1", "reference": "E1", "mobile": "07", "iban": "CURRENT", "hours": 30, "groups": ["pay"],
}  # fmt: skip
OTHER = {
    "id": "2", "code": "E2", "phone": "07", "phones": [{"number": "07", "mobile": True}],
    "accounts": [{"kind": "current", "iban": "CURRENT"}], "jobs": [{"team": "pay", "hours": 10}],
}  # fmt: skip


def nights_of_lists(world: World, absent: str = ""):
    world.write("m.yaml", LISTS % absent)
    world.write("s.json", [IN_LISTS, OTHER])
    held = {"reference": "E2", "mobile": "07", "iban": "CURRENT", "hours": 10, "groups": ["pay"]}
    world.write("t.json", [HELD, {"id": "2", **held}])
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0
    return " ".join(ended.out.split()), world.read("t.json")[0]


def test_a_key_that_an_item_lacks_leaves_the_field_alone_and_is_named(world: World) -> None:
    said, target = nights_of_lists(world)
    assert target == {**HELD, "groups": ["pay", "hr"]}
    alone = "is not given in 1 record (E1), so the field is left alone"
    for key in ("iban: accounts[].kind", "hours: jobs[].hours", "mobile: phones[].mobile"):
        assert f"{key} {alone}" in said
    assert "groups: jobs[].team is not given in 1 record (E1), so nothing is removed" in said
    explained = world.run("explain", "m.yaml", "E1").out
    assert "left alone: jobs[].hours is not given in the source" in " ".join(explained.split())


@pytest.mark.parametrize("value", ["jobs[0].team", "jobs[*] | [0].team", "item(jobs, `1`).team"])
def test_a_key_that_one_chosen_item_lacks_is_named(world: World, value: str) -> None:
    mapping = LISTS[: LISTS.index("  iban:")] % "" + f'  team: "{value}"\n'
    world.write("m.yaml", mapping)
    world.write("s.json", [{"id": "1", "code": "E1", "jobs": [{}]}, OTHER])
    target = [{"id": each, "reference": f"E{each}", "team": "pay"} for each in "12"]
    world.write("t.json", target)
    ended = world.run("sync", "m.yaml")
    alone = "team: jobs[].team is not given in 1 record (E1), so the field is left alone"
    assert alone in " ".join(ended.out.split())
    assert (ended.code, world.read("t.json")) == (0, target)


def test_a_key_that_an_item_lacks_is_null_where_that_is_declared(world: World) -> None:
    said, target = nights_of_lists(world, ", absent: null")
    assert "is not given" not in said
    assert target == {
        "id": "1", "reference": "E1", "iban": "SAVED", "hours": 10, "groups": ["hr"], "mobile": None
    }  # fmt: skip
