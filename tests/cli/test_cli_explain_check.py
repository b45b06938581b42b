"""`oneway explain`, `check`, `functions` and `schema`."""

import pytest
from cli_world import MAPPING, World, person, user

from oneway.cli.entry import COMMANDS
from oneway.cli.exits import MEANINGS
from oneway.documents.schema_check import schema_names
from oneway.mapping.functions import LIBRARY


@pytest.mark.parametrize("key", ["P002", "p002", "s2", "2", "Person 2", "P002@EXAMPLE.com"])
def test_a_person_is_found_by_whatever_names_them(world: World, key: str) -> None:
    ended = world.run("explain", "m.yaml", key)
    assert ended.code == 0
    assert "Old Name" in ended.out
    assert "m.yaml:20" in ended.flat or "line 20" in ended.flat
    assert not (world.folder / ".oneway").exists()


@pytest.mark.parametrize("key", ["É002", "E\u0301002", "é002", "Zoé Núñez", "NU\u0301N\u0303EZ"])
def test_a_person_is_found_by_accents_in_either_form(world: World, key: str) -> None:
    for code in ("É002", "E\u0301002"):
        world.write("people.json", [person(2, code=code, name="Zoe\u0301 Nu\u0301n\u0303ez")])
        ended = world.run("explain", "m.yaml", key)
        assert ended.code == 0, ended.err


def test_why_nothing_happens(world: World) -> None:
    assert "Email is missing" in world.run("explain", "m.yaml", "P004").out
    (data,) = world.run("explain", "m.yaml", "P003", "--format", "json").data
    assert data["outcome"] == "unchanged"


def test_somebody_left_alone_gets_a_short_answer_and_all_of_it_on_demand(world: World) -> None:
    short = world.run("explain", "m.yaml", "P004").out
    assert "left alone; --all shows them" in short
    assert "write: overwrite" not in short
    assert "write: overwrite" in world.run("explain", "m.yaml", "P004", "--all").out


def test_a_key_that_nobody_answers_to(world: World) -> None:
    ended = world.run("explain", "m.yaml", "P0O2")
    assert (ended.code, "[U107]" in ended.err, "P002" in ended.err) == (1, True, True)


def test_several_who_answer_to_one_key(world: World) -> None:
    world.write("people.json", [person(i, name="Ann Example") for i in range(1, 4)])
    assert world.run("explain", "m.yaml", "Ann Example").out.count("read from the source") == 3
    people = [person(i, name="Ann \x1b[31m Example") for i in range(1, 9)]
    world.write("people.json", people)
    ended = world.run("explain", "m.yaml", "Ann \x1b[31m Example")
    assert "8 records answer to this" in ended.out
    assert "source id s5" in ended.out
    assert "\x1b" not in ended.out


def test_check_names_what_an_integrator_must_mend(world: World) -> None:
    people = [person(1, team="NONE"), person(2, team="NONE"), person(3), person(4, code="P003")]
    world.write("people.json", people)
    ended = world.run("check", "m.yaml")
    assert ended.code == 0
    assert "NONE: 0 rows, 2 records" in ended.out
    assert "records s3, s4 have one value" in ended.out
    assert "values, each held by one record" not in world.run("check", "m.yaml", "--brief").out
    world.write("people.json", [])
    assert world.run("check", "m.yaml").code == 1


def test_check_says_what_cannot_be_read(world: World) -> None:
    (world.folder / "people.json").unlink()
    ended = world.run("check", "m.yaml", "--format", "json")
    assert ended.code == 1
    assert ended.data[-1]["state"] == "failed"
    assert "[R150]" in ended.data[-1]["lines"][0]


def test_functions_lists_all_and_shows_one(world: World) -> None:
    ended = world.run("functions")
    assert all(each.signature in ended.out for each in LIBRARY)
    assert "starts_with" in ended.err
    assert "Examples" in world.run("functions", "pad_left").out
    assert len(world.run("functions", "--format", "json").data) == len(LIBRARY)
    assert "did you mean 'pad_left'?" in world.run("functions", "padleft").err
    assert "JMESPath's own" in world.run("functions", "length").err


def test_schema_lists_and_prints(world: World) -> None:
    listed = [line.split()[0] for line in world.run("schema").out.splitlines()]
    assert tuple(listed) == schema_names()
    for name in listed:
        assert world.run("schema", name).data["$schema"].endswith("2020-12/schema")
    ended = world.run("schema", "maping")
    assert (ended.code, "did you mean 'mapping'?" in ended.err) == (1, True)


def test_every_command_has_help_with_an_example(world: World) -> None:
    listed = world.run("--help").flat
    for each in COMMANDS:
        ended = world.run(each.name, "--help")
        assert (ended.code, "Example:" in ended.out) == (0, True)
        assert each.about in ended.flat
        assert f"{each.name} {each.about}" in listed
    assert all(f"{code.value} {meaning}" in listed for code, meaning in MEANINGS.items())


def test_without_a_command_there_is_help_in_lines_and_a_wrong_one_is_named(world: World) -> None:
    alone = world.run()
    assert "\nCommands:\n" in alone.out + alone.err
    wrong = world.run("--", "Zo\xeb")
    assert (wrong.code, "No such command 'Zo\xeb'" in wrong.err) == (2, True)


def test_a_part_of_a_name_finds_the_one_who_has_it_or_lists_all_who_do(world: World) -> None:
    names = ("Ann Example", "Ann Other", "Bo Anniston")
    world.write("people.json", [person(n, name=name) for n, name in enumerate(names, 1)])
    one = world.run("explain", "m.yaml", "OTHER")
    assert one.code == 0
    assert one.out.startswith("P002 Ann Other")
    several = world.run("explain", "m.yaml", "ann")
    assert (several.code, several.out.count("\n")) == (0, 3)
    assert "2 records answer to this" in several.out
    assert "source id s1" in several.out
    assert "Anniston" not in several.out
    assert world.run("explain", "m.yaml", "nobody").code == 1


def test_a_person_whom_the_sync_is_not_for_is_asked_nothing_else(world: World) -> None:
    text = (world.folder / "m.yaml").read_text()
    only = "only:\n  - {id: others, when: code != 'P004', otherwise: Others are left alone}\n"
    world.write("m.yaml", text + only)
    ended = world.run("explain", "m.yaml", "P004")
    assert "- others: does not hold: Others are left alone" in ended.out
    assert "not asked: the sync is not for this person" in ended.out
    assert ": holds" not in ended.out
    assert "Fields" not in ended.out
    assert "+ others: holds" in world.run("explain", "m.yaml", "P002").out


def test_a_correction_for_somebody_who_has_left_is_called_no_leave(world: World) -> None:
    """It said "will leave" below "update", of somebody who had left long ago."""
    world.write("m.yaml", MAPPING.replace("{leaveDate: today()}", "{leaveDate: lastDay}"))
    world.write("people.json", [person(1, left=True, lastDay="2026-01-05"), person(2)])
    world.write("users.json", [user(1, leaveDate="2026-01-01"), user(2)])
    ended = world.run("explain", "m.yaml", "P001")
    assert "Person 1: update will have the leave corrected, with 1 field written" in ended.flat
    assert "will leave" not in ended.flat
