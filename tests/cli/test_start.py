"""Starting from nothing: `init`, `connectors`, `eval`, and what an empty folder is told."""

import json
from pathlib import Path

import pytest
from cli_world import World, person, user

from oneway.cli.entry import run


def test_init_copies_what_validates_and_leaves_alone_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["validate"]) == 1
    assert "`oneway init`" in capsys.readouterr().out
    assert run(["plan", "mappings/staffology-to-expensein.yaml"]) == 1
    assert "`oneway init`" in capsys.readouterr().err
    assert run(["init"]) == 0
    assert run(["validate"]) == 0
    mapping = Path("mappings/staffology-to-expensein.yaml")
    mapping.write_text("# mine\n")
    assert run(["init", "staffology-to-expensein"]) == 0
    assert mapping.read_text() == "# mine\n"
    assert "is there already" in capsys.readouterr().out
    assert run(["init", "staffology"]) == 1
    assert "did you mean" in capsys.readouterr().err


def test_connectors_are_listed_shown_and_copied(world: World) -> None:
    assert "expensein   ExpenseIn: users, departments" in world.run("connectors").out
    shown = world.run("connectors", "file").out
    assert "delimiter" in shown
    assert "One of: paths, flat." in " ".join(shown.split())
    shown = world.run("connectors", "expensein").out
    assert "ONEWAY_EXPENSEIN_API_KEY" in shown
    assert "email, at most 254 characters, required, unique" in shown
    data = world.run("connectors", "staffology", "--format", "json").data
    assert data[0]["resources"][0]["name"] == "employees"
    assert world.run("connectors", "expensein", "--copy", "mine").code == 0
    assert world.run("validate", "connectors/mine.yaml").code == 0
    assert "$schema" not in (world.folder / "connectors/mine.yaml").read_text()
    assert "ONEWAY_MINE_API_KEY" in world.run("connectors", "mine").out
    for name in ("mine", "expensein", "../up", ""):
        assert world.run("connectors", "expensein", "--copy", name).code == 1
    assert world.run("connectors", "--copy", "mine").code == 2
    assert "did you mean 'expensein'?" in world.run("connectors", "expensin").err


def test_an_expression_is_shown_step_by_step(world: World) -> None:
    ended = world.run("eval", "upper(trim(name))", "--value", '{"name": " ann "}')
    assert ended.out.splitlines() == [
        "name", '    = " ann "', "trim(name)", '    = "ann"', "upper(trim(name))", '    = "ANN"',
    ]  # fmt: skip
    record = '{"name": "Ann", "jobs": [], "team": null}'
    for expression, said in {
        "Name": "the record has no key 'Name'; did you mean 'name'?",
        "upper(nmae)": "a key that it reads is not in the record",
        "name.first": "name is not an object, so it has no keys",
        "jobs.title": "jobs is a list: for each item, write jobs[].title",
        "team.code": "team is null",
    }.items():
        assert f"= nothing   ({said})" in world.run("eval", expression, "--value", record).out
    failed = world.run("eval", "parse_date(d, 'dd/MM/yyyy')", "--value", '{"d": "1.1.26"}')
    assert (failed.code, "finds no date" in failed.out) == (1, True)
    wrong = world.run("eval", "a and b")
    assert (wrong.code, "'and' is written &&" in wrong.err) == (1, True)
    assert world.run("eval", "a", "--value", "{").code == 1
    assert world.run("eval", "a", "--record", "1").code == 2


def test_a_record_is_read_as_the_mapping_reads_it(world: World) -> None:
    world.write("people.json", [person(1), person(2, phone="020 0000 0001")])
    world.write("users.json", [user(2)])
    by_id = world.run("eval", "name", "--mapping", "m.yaml", "--record", "s1", "--format", "json")
    assert by_id.data[-1]["value"] == "Person 1"
    by_key = world.run(
        "eval", "email", "--mapping", "m.yaml", "--record", "P002", "--side", "target"
    )
    assert '"p002@example.com"' in by_key.out
    assert world.run("eval", "name", "--mapping", "m.yaml", "--record", "P9").code == 1


def test_what_is_sensitive_is_not_shown(world: World) -> None:
    world.write("people.json", [person(1, phone="020 0000 0001")])
    for expression in ("phone", "@", "@ | phone", "concat(name, phone)"):
        ended = world.run("eval", expression, "--mapping", "m.yaml", "--record", "P001")
        assert "020 0000" not in ended.out, expression
        assert "***" in ended.out
        again = world.run(
            "eval", expression, "--mapping", "m.yaml", "--record", "P001", "--format", "json"
        )
        assert "020 0000" not in json.dumps(again.data)


def test_a_named_expression_is_shown_as_what_it_means(world: World) -> None:
    world.write("people.json", [person(1, phone="020 0000 0001")])
    mapping = world.folder / "m.yaml"
    mapping.write_text(mapping.read_text() + "let: {number: phone, shout: upper(name)}\n")
    asked = ("--mapping", "m.yaml", "--record", "P001")
    assert '"PERSON 1 Ltd"' in world.run("eval", "concat(let('shout'), ' Ltd')", *asked).out
    assert "020 0000" not in world.run("eval", "let('number')", *asked).out
    assert "did you mean 'number'?" in world.run("eval", "let('numbr')", *asked).err
    assert "of a mapping" in world.run("eval", "let('number')").out
