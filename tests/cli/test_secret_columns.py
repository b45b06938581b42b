"""What one field marks as sensitive is hidden wherever its column is read, mapped or not."""

import pytest
from cli_world import World

IBAN, WORD = "GB00TEST00000000000000", "open-sesame"
MAPPING = """\
oneway: 1
name: people-to-users
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
label: LABEL
match:
  - {source: code, target: reference}
fields:
  reference: code
  iban: {from: IBAN, sensitive: true}
  note: "join(' ', ['pays to', IBAN])"
"""


@pytest.fixture
def paid(world: World) -> World:
    world.write("m.yaml", MAPPING.replace("LABEL", "code"))
    world.write("people.json", [{"id": "1", "code": "P1", "IBAN": IBAN, "Portal Password": WORD}])
    world.write("users.json", [])
    return world


def test_another_field_that_reads_the_column_is_hidden_too(paid: World) -> None:
    ended = paid.run("plan", "m.yaml", "--out", "plan.json", "--verbose")
    assert ended.code == 0, ended.err
    assert IBAN not in (ended.out + ended.err)
    assert IBAN not in (paid.folder / "plan.json").read_text()
    assert "note" in ended.out


def test_no_label_may_read_it(paid: World) -> None:
    paid.write("m.yaml", MAPPING.replace("LABEL", "join(' ', [code, IBAN])"))
    ended = paid.run("validate", "m.yaml")
    assert (ended.code, "[M122]" in (ended.out + ended.err)) == (1, True), ended.all


@pytest.mark.parametrize("expression", ["IBAN", '"Portal Password"', "@", "values(@)"])
def test_eval_shows_no_secret_of_a_record(paid: World, expression: str) -> None:
    ended = paid.run("eval", expression, "--mapping", "m.yaml", "--record", "P1")
    assert ended.code == 0, ended.err
    assert IBAN not in (ended.out + ended.err)
    assert WORD not in (ended.out + ended.err)
