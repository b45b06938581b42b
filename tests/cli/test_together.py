"""Half a bank account is written by no command, and each says what lacks."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: bank
source: {connector: file, resource: staff.json}
target: {connector: file, resource: users.json}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
  accountNumber: {from: account, sensitive: true}
  sortCode: {from: sort, sensitive: true}
leavers: {when: left, set: {active: {value: false}}, left: "active == `false`"}
"""
TOGETHER = "together: [[accountNumber, sortCode]]\n"
OLD = {"accountNumber": "00000001", "sortCode": "000001", "active": True}


@pytest.fixture
def halved(bare: World) -> World:
    """Ann has a new name and a new sort code, and the source lacks her account number."""
    bare.write("m.yaml", MAPPING + TOGETHER)
    ann = {
        "id": "1",
        "code": "001",
        "name": "Ann Elm",
        "sort": "000002",
        "account": "",
        "left": False,
    }
    bare.write("staff.json", [ann])
    bare.write("users.json", [{"id": "u1", "code": "001", "name": "Ann Oak", **OLD}])
    return bare


def test_the_rest_is_written_and_the_plan_says_what_lacks(halved: World) -> None:
    ended = halved.run("plan", "m.yaml", "--out", "plan.json")
    assert ended.code == 0
    assert "sortCode is left alone, as accountNumber has no value (together)" in ended.flat
    assert "00000" not in ended.out
    approve = halved.read("plan.json")["fingerprint"]
    applied = halved.run("apply", "plan.json", "--approve", approve)
    assert applied.code == 0, applied.out
    (user,) = halved.read("users.json")
    assert user == {"id": "u1", "code": "001", "name": "Ann Elm", **OLD}


def test_explain_says_why_the_field_is_left_alone(halved: World) -> None:
    ended = halved.run("explain", "m.yaml", "001")
    assert "sortCode is left alone, as accountNumber has no value (together)" in ended.flat


def test_a_group_that_becomes_whole_before_apply_is_planned_anew(halved: World) -> None:
    halved.run("plan", "m.yaml", "--out", "plan.json")
    (ann,) = halved.read("staff.json")
    halved.write("staff.json", [ann | {"account": "00000002"}])
    approve = halved.read("plan.json")["fingerprint"]
    assert halved.run("apply", "plan.json", "--approve", approve).code == 5
    assert halved.read("users.json")[0]["sortCode"] == OLD["sortCode"]
    assert halved.run("sync", "m.yaml").code == 0
    assert halved.read("users.json")[0]["sortCode"] == "000002"


def test_validation_warns_of_a_bank_account_in_parts(halved: World) -> None:
    halved.write("m.yaml", MAPPING)
    ended = halved.run("validate", "m.yaml")
    assert "add `together: [[accountNumber, sortCode]]` to the mapping" in ended.flat
    assert "M234" in ended.out + ended.err


def test_an_unknown_field_of_a_group_is_named_with_its_place(halved: World) -> None:
    halved.write("m.yaml", MAPPING + TOGETHER.replace("sortCode", "sortcode"))
    ended = halved.run("validate", "m.yaml")
    assert (ended.code, "m.yaml:13:" in ended.err + ended.out) == (1, True)
    assert "did you mean 'sortCode'?" in ended.flat


def test_the_laws_are_proved_with_a_group(halved: World) -> None:
    assert "no law is broken" in halved.run("prove", "m.yaml", "--situations", "2000").flat
