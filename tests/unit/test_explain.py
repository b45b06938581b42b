"""One person explained: each step says what the plan does, and why nothing happens."""

import json

import pytest
from made import made

from oneway.core.records import Record
from oneway.inspect.explain import explain, near_keys
from oneway.planning.plan import Kind
from oneway.render import Style, explanations
from oneway.render.layout import columns

MAPPING = """
oneway: 1
name: m
label: name
settings:
  bank: {type: boolean, default: false, description: Copy bank details.}
source: {connector: payroll, resource: employees}
target: {connector: expenses, resource: users}
references:
  departments: {from: target, resource: departments, key: reference, value: id}
match:
  - {source: code, target: reference}
  - {source: email, target: email, compare: ignore_case}
eligible:
  - {id: email, when: email, otherwise: Email is missing}
  - {id: start, when: start, otherwise: Start is missing, for: [joiners]}
fields:
  reference: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
  phone: {from: phone, on_blank: clear}
  nickname: {from: nick, write: if_empty}
  manager: {from: boss, write: never}
  departmentId: {from: department, lookup: departments}
  account: {from: account, when: setting('bank'), sensitive: true}
joiners: {create: true, unless_taken: [email]}
leavers:
  when: left
  set: {leaveDate: "leave_date || today()"}
  left: is_past(leaveDate)
  scheduled: is_future(leaveDate)
"""
DEPARTMENTS = {"departments": [{"id": 1, "reference": "D1"}]}


def person(id="a", code="P1", **keys):
    given = {
        "id": id,
        "code": code,
        "name": "Ann Example",
        "email": "ann@example.com",
        "start": "2026-01-01",
        "phone": "1",
        "nick": "An",
        "boss": "Zed",
        "department": "D1",
        "account": "00000011",
        "left": False,
    }
    return given | keys


def user(id=11, reference="P1", **keys):
    given = {
        "id": id,
        "reference": reference,
        "name": "Ann Example",
        "email": "ann@example.com",
        "phone": "1",
        "nickname": "An",
        "manager": "Zed",
        "departmentId": 1,
        "account": "00000099",
    }
    return given | keys


def explained(source, target, key, **keys):
    done = made(MAPPING, source, target, DEPARTMENTS, **keys)
    found = explain(done.compiled, done.program, done.source, done.target, done.plan, key)
    text = explanations.text(found, Style(), "UTC")
    assert all(columns(line) <= 80 for line in text.split("\n"))
    assert json.loads(json.dumps(explanations.as_json(found))) == explanations.as_json(found)
    return found


def one(source, target, key="P1", **keys):
    (found,) = explained(source, target, key, **keys)
    return found


def verdict_of(found, path):
    return next(step.verdict for step in found.fields if step.path == path)


@pytest.mark.parametrize("key", ["P1", "p1", "a", "11", "ann EXAMPLE", " Ann@example.com "])
def test_a_person_is_found_by_any_name(key):
    assert one([person()], [user()], key).source_id == "a"


@pytest.mark.parametrize("key", ["7", " 7", "7 "])
def test_spaces_around_a_key_hide_nobody(key):
    found = explained([], [user(reference=" 7")], key)
    assert [each.key for each in found] == [" 7"]


def test_nobody_is_found_by_a_name_that_no_record_has_and_near_ones_are_offered():
    done = made(MAPPING, [person(code="PAY0012")], [], DEPARTMENTS)
    assert explained([person()], [user()], "P2") == ()
    assert near_keys(done.plan, "pay0013") == ("PAY0012",)


def test_every_person_of_a_name_is_explained():
    found = explained(
        [person("a", "P1"), person("b", "P2", email="b@example.com")], [], "Ann Example"
    )
    assert [each.source_id for each in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("source", "target", "path", "verdict"),
    [
        ({}, {}, "name", "same"),
        ({"name": "New"}, {}, "name", "differs: will be written"),
        ({}, {"name": None}, "name", "empty in the target: will be written"),
        ({"phone": ""}, {}, "phone", "differs: will be cleared"),
        ({"email": "ANN@example.com"}, {}, "email", "same (compare: ignore_case)"),
        ({"name": " "}, {}, "name", "left alone: blank in the source (on_blank: keep)"),
        ({"nick": "Annie"}, {}, "nickname", "left alone: the target has a value (write: if_empty)"),
        ({"boss": "Yan"}, {}, "manager", "differs: only reported (write: never)"),
        (
            {},
            {"reference": "P1"},
            "reference",
            "left alone: written only when a record is created (write: on_create)",
        ),
        (
            {"department": "HR"},
            {},
            "departmentId",
            "left alone: in no row of departments (on_miss: keep)",
        ),
        ({}, {}, "account", "left alone: `when` does not hold"),
        ({}, {}, "leaveDate", "left alone: the record is not a leaver"),
        ({"left": True}, {}, "leaveDate", "empty in the target: will be written"),
        (
            {"left": True, "leave_date": "2026-02-01"},
            {"leaveDate": "2026-01-01"},
            "leaveDate",
            "differs: will be written",
        ),
        (
            {"left": True},
            {"leaveDate": "2026-01-01"},
            "leaveDate",
            "left alone: the record has left already",
        ),
    ],
)
def test_each_field_says_what_becomes_of_it(source, target, path, verdict):
    assert verdict_of(one([person(**source)], [user(**target)]), path) == verdict


def test_a_key_that_the_source_does_not_have_is_told_from_a_blank_one():
    source = person()
    del source["name"]
    expected = "left alone: a key that the expression reads is absent in the source"
    found = one([source], [user()], leaves_out_nulls=False)
    assert verdict_of(found, "name") == expected


def test_sensitive_values_are_masked():
    found = one([person()], [user()], settings={"bank": True})
    step = next(step for step in found.fields if step.path == "account")
    assert (step.read, step.value, step.before, step.after) == ("***",) * 4
    everything = repr(found) + explanations.text([found], Style(width=200), "UTC")
    assert "00000011" not in everything
    assert "00000099" not in everything


def test_match_keys_are_shown_one_by_one():
    source = [person("a", "P1"), person("b", "P9", email="BOB@example.com"), person("c", None)]
    target = [user(), user(12, "X2", email="bob@example.com")]
    first = one(source, target, "a")
    assert [step.verdict for step in first.keys] == [
        "target record 11 has this value: matched",
        "not tried: match key 1 decided",
    ]
    second = one(source, target, "b")
    assert [step.verdict for step in second.keys] == [
        "no target record has this value",
        "target record 12 has this value: matched",
    ]
    third = one(source, target, "c")
    assert third.keys[0].verdict == "blank: matches nothing"
    assert third.keys[1].verdict.startswith("conflict: ")
    assert third.kind is Kind.CONFLICT
    assert third.why[0].startswith("nothing happens")


def test_rules_are_shown_one_by_one():
    found = one([person(email="", start="")], [user()])
    assert [(step.id, step.holds) for step in found.rules] == [("email", False), ("start", None)]
    assert found.rules[0].verdict == "does not hold: Email is missing"
    assert found.why == ("nothing happens, because the record is ineligible", "Email is missing")
    assert verdict_of(found, "name") == "same"


def test_a_change_that_is_not_made_says_so():
    found = one([person(email="", name="New")], [user()])
    assert verdict_of(found, "name") == "differs: not written: the record is ineligible"


def test_a_joiner_is_shown_with_the_values_of_the_new_record():
    found = one([person()], [])
    step = next(step for step in found.fields if step.path == "reference")
    assert (step.before, step.after, step.verdict) == (None, "P1", "will be written")
    assert found.why[0].startswith("will be created, with ")


def test_leaving_is_asked_of_both_sides():
    found = one([person(left=True)], [user(leaveDate="2027-01-01")])
    assert [(each.about, each.verdict) for each in found.leaving] == [
        ("is a leaver in the source", "yes"),
        ("has left in the target", "no"),
        ("is due to leave in the target", "yes"),
    ]


def test_someone_whom_only_the_target_knows_is_explained():
    found = one([person()], [user(), user(12, "C9", email="c@example.com")], "12")
    assert found.kind is Kind.ABSENT
    assert found.keys[0].verdict == "no source record has this value"
    assert found.keys[0].value == "C9"
    assert found.why[0].startswith("nothing happens, because no source record is known to match")


def test_of_a_record_whose_keys_are_not_known_nobody_says_that_it_has_another_key():
    target = [user(), user(12, "C9", email="c@example.com"), user(13, "D9", email="d@example.com")]
    broken = Record("line 14", {}, "column 'start' holds something else")
    found = one([person(), broken], target, "12")
    assert found.kind is Kind.ABSENT
    assert found.keys[0].verdict == (
        "of the source records whose keys are known, none has this value; "
        "the key of these cannot be read: line 14"
    )
    assert found.reasons[0].text == "of the source records whose keys are known, none matches"


def test_an_absent_record_that_is_deactivated_shows_what_is_written():
    text = MAPPING.replace('"leave_date || today()"', "today()") + "absent: deactivate\n"
    done = made(text, [person()], [user(), user(12, "C9", email="c@example.com")], DEPARTMENTS)
    (found,) = explain(
        done.compiled,
        done.program,
        done.source,
        done.target,
        done.plan,
        "C9",
    )
    assert [(step.path, step.after) for step in found.fields] == [("leaveDate", "2026-11-22")]
    assert found.why[0] == "will be deactivated, with 1 field written"


def test_a_leaver_whose_record_has_lost_a_value_is_explained_by_the_others():
    gone = person(left=True, leave_date="2026-06-30")
    lost = Record("a", {k: v for k, v in gone.items() if k != "name"}, "#N/A", lost=(("name",),))
    found = one([lost], [user()], "a")
    assert found.kind is Kind.LEAVE
    assert [each.verdict for each in found.leaving][:2] == ["yes", "no"]


def test_a_record_that_cannot_be_read_or_evaluated_is_explained():
    unread = Record("line 3", {}, "the line is not JSON")
    found = one([person(), unread], [user()], "line 3")
    assert found.kind is Kind.ERROR
    assert "the line is not JSON" in found.why
    odd = one([person(code=["x"])], [user()], "a")
    assert odd.kind is Kind.ERROR
    assert odd.keys[0].verdict == "cannot be evaluated"


def test_nothing_to_do_is_said():
    assert one([person()], [user()]).why[0].startswith("nothing to do: ")


def test_explaining_and_planning_agree():
    source = [person(name="New", phone="", nick="x", department="HR")]
    found = one(source, [user(nickname=None)])
    written = {step.path for step in found.fields if "will be" in step.verdict}
    assert found.actions
    assert written == {change.field for action in found.actions for change in action.changes}
