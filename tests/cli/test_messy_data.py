"""Data as people really send them: each is read, or refused with its place, and never guessed."""

import json
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from cli_world import Ended

Run = Callable[..., Ended]

HEAD = """\
oneway: 1
name: careless
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: reference}
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write a mapping and the records of both systems."""
    monkeypatch.chdir(tmp_path)

    def write(mapping: str, people: list[dict[str, Any]], users: list[dict[str, Any]]) -> None:
        Path("m.yaml").write_text(HEAD + mapping, "utf-8")
        Path("people.json").write_text(json.dumps(people), "utf-8")
        Path("users.json").write_text(json.dumps(users), "utf-8")

    return write


def users() -> dict[str, dict[str, Any]]:
    """Return what the target holds, by reference."""
    return {each["reference"]: each for each in json.loads(Path("users.json").read_text("utf-8"))}


def outcomes(oneway: Run) -> dict[str, dict[str, Any]]:
    """Return the plan's outcomes, by key."""
    plan = oneway("plan", "m.yaml", "--format", "json")
    return {each["key"]: each for each in plan.data["outcomes"]}


def test_a_number_that_cannot_be_read_takes_no_salary_away(files, oneway: Run) -> None:
    files(
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  salary: {from: to_number(salary), on_blank: clear}\n",
        [
            {"id": "1", "code": "001", "salary": "32000"},
            {"id": "2", "code": "002", "salary": "41,250.00"},
            {"id": "3", "code": "003", "salary": "£28500"},
            {"id": "4", "code": "004", "salary": ""},
        ],
        [{"id": str(n), "reference": f"00{n}", "salary": 1} for n in range(1, 5)],
    )
    found = outcomes(oneway)
    assert {key: each["outcome"] for key, each in found.items()} == {
        "001": "update",
        "002": "error",
        "003": "error",
        "004": "update",
    }
    assert "to_number() needs a number" in found["002"]["reasons"][0]["text"]
    assert found["002"]["reasons"][0]["place"]["line"] == 9
    oneway("sync", "m.yaml")
    assert [users()[key]["salary"] for key in sorted(users())] == [32000, 1, 1, None]


def test_who_never_expires_stays(files, oneway: Run) -> None:
    files(
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "leavers:\n"
        "  when: is_past(from_filetime(accountExpires))\n"
        "  set: {active: {value: false}}\n"
        "  left: active == `false`\n",
        [
            {"id": "1", "code": "A", "accountExpires": 0},
            {"id": "2", "code": "B", "accountExpires": 9223372036854775807},
            {"id": "3", "code": "C", "accountExpires": "9223372036854775807"},
            {"id": "4", "code": "D", "accountExpires": "0"},
            {"id": "5", "code": "E", "accountExpires": "133800000000000000"},
            {"id": "6", "code": "F", "accountExpires": "never"},
        ],
        [{"id": str(n), "reference": key, "active": True} for n, key in enumerate("ABCDEF")],
    )
    kinds = {key: each["outcome"] for key, each in outcomes(oneway).items()}
    assert kinds == dict.fromkeys("ABCD", "unchanged") | {"E": "leave", "F": "error"}


def test_one_text_in_two_forms_is_one_text(files, oneway: Run) -> None:
    files(
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  firstName: first\n"
        "  email: {from: email, compare: ignore_case}\n"
        "joiners: {unless_taken: [email, reference]}\n",
        [
            {"id": "1", "code": "E1", "first": "Jose\u0301", "email": "jose@example.com"},
            {"id": "2", "code": "E\u0301-2", "first": "Zoe\u0308", "email": "zoe2@example.com"},
            {"id": "3", "code": "E3", "first": "J", "email": "JU\u0308RGEN@example.com"},
        ],
        [
            {"id": "t1", "reference": "E1", "firstName": "Jos\u00e9", "email": "jose@example.com"},
            {
                "id": "t2",
                "reference": "\u00c9-2",
                "firstName": "Zo\u00eb",
                "email": "zoe@example.com",
            },
            {"id": "t9", "reference": "X", "firstName": "J", "email": "j\u00fcrgen@example.com"},
        ],
    )
    found = {each["source_id"]: each for each in outcomes(oneway).values()}
    assert found["1"]["outcome"] == "unchanged"
    assert (found["2"]["outcome"], found["2"]["target_id"]) == ("update", "t2")
    assert [each["field"] for each in found["2"]["action"]["changes"]] == ["email"]
    assert (found["3"]["outcome"], found["3"]["reasons"][0]["candidates"]) == ("conflict", ["t9"])


def test_nothing_is_added_to_what_is_no_list(files, oneway: Run) -> None:
    files(
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  groups: {from: teams, merge: add}\n"
        "leavers:\n"
        "  when: left\n"
        "  set: {active: {value: false}}\n"
        "  left: active == `false`\n",
        [
            {"id": "1", "code": "A", "teams": ["ops"], "left": False},
            {"id": "2", "code": "B", "teams": ["ops"], "left": False},
            {"id": "3", "code": "C", "teams": ["ops"], "left": True},
        ],
        [
            {"id": "1", "reference": "A", "groups": "admins", "active": True},
            {"id": "2", "reference": "B", "groups": ["admins"], "active": True},
            {"id": "3", "reference": "C", "groups": {"name": "admins"}, "active": True},
        ],
    )
    found = outcomes(oneway)
    assert {key: each["outcome"] for key, each in found.items()} == {
        "A": "error",
        "B": "update",
        "C": "leave",
    }
    assert [each["code"] for each in found["A"]["reasons"]] == ["not_a_list"]
    assert [each["code"] for each in found["C"]["reasons"]] == ["not_a_list"]
    oneway("sync", "m.yaml", "--allow", "leavers=3")
    assert users()["A"]["groups"] == "admins"
    assert users()["B"]["groups"] == ["admins", "ops"]
    assert (users()["C"]["groups"], users()["C"]["active"]) == ({"name": "admins"}, False)


def test_a_stand_in_for_the_new_and_one_for_the_empty(files, oneway: Run) -> None:
    files(
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  policy: {from: policy, default: later, initial: first, write: if_empty}\n",
        [{"id": n, "code": n, "policy": ""} for n in "AB"],
        [{"id": "1", "reference": "A", "policy": None}],
    )
    oneway("sync", "m.yaml")
    assert {key: each["policy"] for key, each in users().items()} == {"A": "later", "B": "first"}
    assert oneway("plan", "m.yaml", "--exit-code").code == 0


NEAR = (
    [
        {"id": "1", "code": 42, "name": "number"},
        {"id": "2", "code": "0043", "name": "zeros"},
        {"id": "3", "code": "SmithJ", "name": "case"},
        {"id": "4", "code": " E4", "name": "space"},
        {"id": "5", "code": "E5\u200b", "name": "zero-width"},
        {"id": "6", "code": "E6", "name": "nobody's"},
    ],
    [
        {"id": str(n), "reference": key, "name": ""}
        for n, key in enumerate(["42", "43", "smithj", "E4", "E5", "E7"], 1)
    ],
)
NEAR_MAPPING = (
    "fields:\n"
    "  reference: {from: code, write: on_create}\n"
    "  name: name\n"
    "joiners: {unless_taken: [reference]}\n"
)


def test_near_misses_are_shown_side_by_side_before_anybody_is_created(files, oneway: Run) -> None:
    files(NEAR_MAPPING, *NEAR)
    plan = oneway("plan", "m.yaml", "--format", "json").data
    near = {
        each["source_id"]: [r["candidates"] for r in each["reasons"] if r["code"] == "near_miss"]
        for each in plan["outcomes"]
        if each["source_id"] is not None
    }
    assert near == {str(n): [[str(n)]] for n in range(1, 6)} | {"6": []}
    for command in (["plan"], ["check"], ["plan", "--format", "markdown"]):
        said = unescape(oneway(command[0], "m.yaml", *command[1:]).flat)
        assert "though no key matches" in said
        assert 'reference is 42 here, and target record 1 has "42" (number and text)' in said
        assert 'reference is "E5\\u200b" here' in said
    text = oneway("plan", "m.yaml").out
    assert text.index("though no key matches (5)") < text.index("To create")


def test_who_may_be_somebody_under_another_key_is_not_deactivated(files, oneway: Run) -> None:
    """Whether in conflict over a value, ineligible, or one of two: the same email is enough."""
    files(
        "eligible: [{id: name, when: name, otherwise: No name, for: [joiners]}]\n"
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  name: name\n"
        "  email: {from: email, compare: ignore_case}\n"
        "joiners: {unless_taken: [email, reference]}\n"
        "leavers: {when: left, set: {active: {value: false}}, left: active == `false`}\n"
        "absent: deactivate\n",
        [
            {"id": "a", "code": "A29", "name": "Ada", "email": "ada@example.com", "left": False},
            {"id": "b", "code": "2", "name": "Ben", "email": "ben@example.com", "left": False},
            {"id": "c", "code": "3", "name": "", "email": "CY@example.com", "left": False},
            {"id": "d", "code": "4", "name": "Di", "email": "di@example.com", "left": False},
            {"id": "e", "code": "4", "name": "Di", "email": "di@example.com", "left": False},
            {"id": "f", "code": "5", "name": "Flo", "email": "flo@example.com", "left": True},
        ],
        [
            {"id": n, "reference": key, "email": email, "active": True}
            for n, key, email in [
                (1, "a29", "ada@example.com"),
                (2, "2", "ben@example.com"),
                (3, "c3", "cy@example.com"),
                (4, "d4", "di@example.com"),
                (5, "f5", "flo@example.com"),
                (6, "g6", "gil@example.com"),
            ]
        ],
    )
    absent = {
        each["target_id"]: (each["action"] is not None, each["reasons"][0]["code"])
        for each in outcomes(oneway).values()
        if each["outcome"] == "absent"
    }
    assert absent == {
        "1": (False, "near_key"),  # and their email as well
        "3": (False, "in_conflict"),
        "4": (False, "in_conflict"),
        "5": (True, "absent"),  # the source says that Flo has left
        "6": (True, "absent"),
    }


MANIFEST = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
base_url: https://api.example.com
resources:
  users:
    id: id
    list: {path: /users}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    record:
      type: object
      required: [id, reference, email, bank]
      properties:
        id: {type: string, readOnly: true}
        reference: {type: string}
        email: {type: string}
        bank: {type: object, required: [no], properties: {no: {type: string}}}
"""


def test_nothing_is_created_without_what_the_target_requires(files, oneway: Run) -> None:
    files(
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  email: email\n"
        "  bank.no: account\n",
        [
            {"id": "1", "code": "A", "email": "a@example.com", "account": "00000001"},
            {"id": "2", "code": "B", "email": " ", "account": "00000002"},
            {"id": "3", "code": "C", "email": "c@example.com"},
        ],
        [],
    )
    Path("connectors").mkdir()
    Path("connectors/acme.yaml").write_text(MANIFEST)
    mapping = Path("m.yaml").read_text()
    Path("m.yaml").write_text(
        mapping.replace(
            "{connector: file, resource: users.json}", "{connector: acme, resource: users}"
        )
    )
    plan = oneway("plan", "m.yaml", "--target", "users.json", "--format", "json")
    found = {each["key"]: each for each in plan.data["outcomes"]}
    assert {key: each["outcome"] for key, each in found.items()} == {
        "A": "create",
        "B": "ineligible",
        "C": "ineligible",
    }
    assert [each["code"] for each in found["B"]["reasons"]] == ["required:email"]
    assert [each["code"] for each in found["C"]["reasons"]] == ["required:bank.no"]


def test_a_manager_who_is_created_in_the_same_run_needs_no_second_one(files, oneway: Run) -> None:
    files(
        "references:\n"
        "  people: {from: target, resource: users.json, key: name, value: id}\n"
        "fields:\n"
        "  reference: {from: code, write: on_create}\n"
        "  name: name\n"
        "  managerId: {from: boss, lookup: people}\n",
        [
            {"id": "1", "code": "1", "name": "Ann", "boss": "Bob"},
            {"id": "2", "code": "2", "name": "Bob", "boss": "Ann"},
            {"id": "3", "code": "3", "name": "Cy", "boss": "Dee"},
            {"id": "4", "code": "4", "name": "Dee", "boss": None},
            {"id": "5", "code": "5", "name": "Eve", "boss": "Ann"},
            {"id": "6", "code": "6", "name": "Flo", "boss": "Nobody"},
        ],
        [
            {"id": 7, "reference": "4", "name": "Dorothy"},
            {"id": 8, "reference": "5", "name": "Eve", "managerId": 7},
        ],
    )
    text = oneway("plan", "m.yaml").flat
    assert "waits until the record that it refers to is created" in text
    assert 'managerId 7 -> of "Ann" in people, once created' in text
    plan = oneway("plan", "m.yaml", "--format", "json").data
    assert [(each["value"], each["found"]) for each in plan["misses"]] == [("Nobody", 0)]
    assert oneway("sync", "m.yaml").code == 0
    found = users()
    ids = {key: each["id"] for key, each in found.items()}
    assert {key: each.get("managerId") for key, each in found.items()} == {
        "1": ids["2"],
        "2": ids["1"],
        "3": 7,
        "4": None,
        "5": ids["1"],
        "6": None,
    }
    assert oneway("plan", "m.yaml", "--exit-code").code == 0


SCOPE = (
    "only:\n"
    "  - {id: contractors, when: \"type != 'Contractor'\", otherwise: Contractors are not for us}\n"
    "out_of_scope: %s\n"
    "eligible: [{id: email, when: email, otherwise: No email}]\n"
    "fields:\n"
    "  reference: {from: code, write: on_create}\n"
    "  email: email\n"
    "joiners: {unless_taken: [email]}\n"
    "leavers: {when: left, set: {active: {value: false}}, left: active == `false`}\n"
    "absent: deactivate\n"
    "guards: {leavers: {share: 100%%, floor: 9}}\n"
)


def someone(number: int, type: object, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "code": f"A{number}",
        "email": f"a{number}@example.com",
        "type": type,
        "left": False,
    } | changed


@pytest.mark.parametrize("scope", ["ignore", "leave"])
def test_whom_the_sync_is_not_for_is_not_among_what_is_wrong(
    files, oneway: Run, scope: str
) -> None:
    unsaid = someone(6, None)
    del unsaid["type"]
    files(
        SCOPE % scope,
        [
            someone(1, "Employee"),
            someone(2, "Contractor", email=""),
            someone(3, "Contractor", email="new@example.com"),
            someone(4, "Contractor", code="A1"),
            someone(5, "Contractor", left=True),
            unsaid,
            someone(7, "Contractor", email="a9@example.com"),
            someone(8, "Contractor"),
        ],
        [
            {"id": n, "reference": f"A{n}", "email": f"a{n}@example.com", "active": n != 8}
            for n in (1, 3, 5, 6, 8, 9, 10)
        ],
    )
    plan = oneway("plan", "m.yaml", "--format", "json").data
    found = {each["source_id"]: each for each in plan["outcomes"] if each["source_id"]}
    left = "leave" if scope == "leave" else "ignored"
    assert {key: each["outcome"] for key, each in found.items()} == {
        "1": "unchanged",
        "2": "ignored",
        "3": left,
        "4": "ignored",
        "5": left,
        "6": "error",  # it is not said whether the sync is for them
        "7": "ignored",
        "8": "unchanged" if scope == "leave" else "ignored",
    }
    codes = {key: [r["code"] for r in each["reasons"]] for key, each in found.items()}
    assert all(codes[key] == ["only:contractors"] for key in "2345")
    unmatched = ["leaver_unmatched"] if scope == "leave" else []  # record 9 has their email
    assert codes["7"] == ["only:contractors", *unmatched]
    assert codes["6"] == ["unsaid"]
    absent = {
        e["target_id"]: e["action"] is not None for e in plan["outcomes"] if not e["source_id"]
    }
    # Record 9 has the email of somebody who may be the same person, and then is left alone too.
    assert absent == {"9": scope == "leave", "10": True}
    text = oneway("plan", "m.yaml")
    assert "left alone" in text.out
    assert "Contractors are not for us" in text.out
    oneway("sync", "m.yaml")
    assert users()["A3"] == {
        "id": 3,
        "reference": "A3",
        "email": "a3@example.com",
        "active": scope != "leave",
    }
    assert oneway("plan", "m.yaml", "--exit-code").code == 0


def test_leaving_for_being_out_of_scope_needs_leavers(files, oneway: Run) -> None:
    files(
        "only: [{id: us, when: us, otherwise: Not ours}]\n"
        "out_of_scope: leave\n"
        "fields: {reference: {from: code, write: on_create}}\n",
        [],
        [],
    )
    assert "`out_of_scope: leave` needs `leavers.set`" in oneway("validate", "m.yaml").flat


LEAVING = """\
oneway: 1
name: careless
source: {connector: file, resource: people.csv, options: {types: "left=date:dd/MM/yyyy"}}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: reference}
label: name
eligible: [{id: note, when: note || code, otherwise: No note}]
fields:
  reference: {from: code, write: on_create}
  name: name
leavers:
  when: status == 'Former'
  set: {active: {value: false}, leaveDate: left}
  left: active == `false`
"""
ODD_ROWS = {
    "001,Ann,Former,31/01/2026,#N/A": True,
    "002,Bo\u00c3\u00a9,Former,31/01/2026,x": True,
    "003,=VLOOKUP(A2;B:C;2),Former,31/01/2026,x": True,
    "004,Di,#N/A,31/01/2026,x": False,
    "005,Ed,Former,soon,x": False,
    "#REF!,Flo,Former,31/01/2026,x": False,
    "007,Gil,Former,31/01/2026,x,more": False,
    "008,Hal,Former,31/01/2026": False,
}


def test_a_leaver_leaves_whose_row_has_a_cell_that_nothing_of_the_leave_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oneway: Run
) -> None:
    """Each is an error of its row; who does not leave is named with those who can get in."""
    monkeypatch.chdir(tmp_path)
    Path("m.yaml").write_text(LEAVING, "utf-8")
    lines = ["id,code,name,status,left,note"]
    lines += [f"{n},{row}" for n, row in enumerate(ODD_ROWS, 1)]
    lines += [f"{n},{n:03},Kim,Current,,x" for n in range(9, 31)]
    Path("people.csv").write_text("\n".join(lines), "utf-8")
    held = [{"id": f"u{n}", "reference": f"{n:03}", "name": "Kim"} for n in range(1, 31)]
    held = [{**each, "active": True, "leaveDate": None} for each in held]
    Path("users.json").write_text(json.dumps(held), "utf-8")
    found = oneway("sync", "m.yaml", "--allow", "leavers=9", "--format", "json")
    assert found.code == 5
    left = {key: not each["active"] for key, each in users().items()}
    assert list(left.values()) == [*ODD_ROWS.values(), *[False] * 22]
    assert {each["name"] for each in users().values()} == {"Kim"}
    assert users()["001"]["leaveDate"] == "2026-01-31"
    again = oneway("plan", "m.yaml", "--format", "json")
    assert again.data["counts"].get("leave", 0) == 0


CUT = """\
oneway: 1
name: cut
source: {connector: file, resource: people.csv, options: {id: code}RECORD}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
leavers:
  when: status == 'Former'
  set: {active: {value: false}}
  left: active == `false`
"""


@pytest.mark.parametrize(
    ("last", "declared", "ended", "active"),
    [
        ("For", False, 5, True),
        ("For", True, 5, True),
        ("Former", False, 5, True),
        ("Former", True, 0, False),
        ("Former\n", False, 0, False),
        ('"Former"', False, 0, False),
    ],
)
def test_who_may_have_left_in_the_last_cell_of_a_file_without_a_line_end_is_listed(
    files, oneway: Run, last: str, declared: bool, ended: int, active: bool
) -> None:
    """The words of a record schema say that it is whole, as a second record with it would."""
    users = [{"id": n, "reference": f"{n}", "active": True} for n in (1, 2)]
    files("fields: {}\n", [], users)
    words = "{status: {type: string, enum: [Current, Former]}, code: {type: string}}"
    record = f", record: {{type: object, properties: {words}}}" if declared else ""
    Path("m.yaml").write_text(CUT.replace("RECORD", record), "utf-8")
    Path("people.csv").write_text(f"code,status\n1,Current\n2,{last}", "utf-8")
    done = oneway("sync", "m.yaml")
    assert done.code == ended, done.out
    assert json.loads(Path("users.json").read_text("utf-8"))[1]["active"] == active


MAKING = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
base_url: https://api.example.com
resources:
  people:
    id: id
    list:
      path: /people
      records: "data[].{id: id, code: code, gone: contains(roles || `[]`, 'gone')}"
    record: {type: object, properties: {id: {}, code: {}, gone: {type: boolean}}}
"""
MADE = """\
oneway: 1
name: m
source: {connector: acme, resource: people}
target: {connector: file, resource: users.json}
match: [{source: code, target: reference}]
fields: {reference: {from: code, write: on_create}}
leavers: {when: gone, set: {active: {value: false}}, left: active == `false`}
"""


def test_who_perhaps_left_leads_to_the_expression_of_the_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oneway: Run
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("connectors").mkdir()
    Path("connectors/acme.yaml").write_text(MAKING)
    Path("m.yaml").write_text(MADE)
    Path("people.json").write_text(
        '[{"id": "1", "code": "A"}, {"id": "2", "code": "B", "gone": false}]'
    )
    Path("users.json").write_text('[{"id": "7", "reference": "A", "active": true}]')
    said = oneway("plan", "m.yaml", "--source", "people.json").out
    where = "gone is not given (made by resources.people.list.records in connectors/acme.yaml)"
    assert where in " ".join(said.split())
    assert "connectors/acme.yaml:11:" in oneway("validate", "connectors/acme.yaml").out
