"""What a target record does not show may still be there: it is neither replaced nor called gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import World

from directory import MAPPING, Directory, connected, showing, someone

FIELDS = """\
        groups: {type: array, items: {type: string}ABSENT}
        phone: {type: [string, "null"]ABSENT}
"""
LEAVERS = "leavers: {when: status == 'Former', set: {left: {value: true}, SET}, left: LEFT}\n"
GROUPS = "groups: {value: [], merge: {own: [hr, it]}}"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    people = {str(n): someone(n, groups=["manual", "hr"], phone="123") for n in range(1, 5)}
    found = Directory(people, unlisted={id: {"groups", "phone"} for id in people})
    with connected(found, tmp_path, monkeypatch) as served:
        yield served


def nightly(world: World, more: str, *, absent: str = "", **first: Any) -> None:
    """Write the manifest, the mapping, and a source of which the first person differs."""
    world.write("connectors/directory.yaml", showing(FIELDS.replace("ABSENT", absent)))
    world.write("m.yaml", MAPPING + more)
    plain = {"name": "x", "status": "Current", "teams": ["it"]}
    people = [{"id": f"s{n}", "code": f"{n:03}"} | plain for n in range(1, 5)]
    world.write("people.json", [people[0] | first, *people[1:]])


@pytest.mark.parametrize(
    "field",
    [
        "groups: {from: teams, merge: add}",
        "groups: {from: teams, merge: {own: [hr, it]}}",
        "phone: {value: '999', write: if_empty}",
    ],
)
def test_what_is_not_shown_is_left_alone_and_told(
    bare: World, directory: Directory, field: str
) -> None:
    nightly(bare, f"  {field}\n", name="y")
    ended = bare.run("sync", "m.yaml")
    assert ended.code == 0, ended.flat
    path = field.partition(":")[0]
    assert f"{path} is left alone" in ended.flat
    assert "manifest (4): 001 y, 002 x, 003 x, 004 x" in ended.flat
    assert "`absent: null`" in ended.flat
    assert {str(each["groups"]) for each in directory.people.values()} == {"['manual', 'hr']"}
    assert {each["phone"] for each in directory.people.values()} == {"123"}
    assert directory.people["1"]["name"] == "y", "the other fields are written"
    said = bare.run("explain", "m.yaml", "002")
    assert "the target record does not show it" in said.flat


def test_a_system_that_leaves_out_what_is_empty_says_so(bare: World, directory: Directory) -> None:
    for each in directory.people.values():
        del each["groups"]
    nightly(bare, "  groups: {from: teams, merge: add}\n", absent=", absent: null")
    ended = bare.run("sync", "m.yaml")
    assert (ended.code, "left alone" in ended.flat) == (0, False)
    assert {str(each["groups"]) for each in directory.people.values()} == {"['it']"}


def test_a_leaver_of_whom_the_target_hides_what_is_removed_is_listed(
    bare: World, directory: Directory
) -> None:
    leavers = LEAVERS.replace("SET", GROUPS).replace("LEFT", "left == `true`")
    nightly(bare, leavers, status="Former")
    ended = bare.run("sync", "m.yaml")
    assert (ended.code, directory.people["1"]["left"]) == (5, True), ended.flat
    assert "can still get in (1)" in ended.flat
    assert "groups is left alone" in ended.flat
    ended = bare.run("sync", "m.yaml")
    assert (ended.code, "can still get in" in ended.flat) == (0, False), "`left` covers them"
    assert "groups is left alone" in ended.flat
    assert "hr" in directory.people["1"]["groups"]


def test_what_is_not_shown_does_not_prove_that_somebody_has_left(
    bare: World, directory: Directory
) -> None:
    leavers = LEAVERS.replace("SET", "groups: {value: [], on_blank: clear}")
    nightly(bare, leavers.replace("LEFT", "is_blank(groups)"), status="Former")
    directory.unlisted = {"1": {"groups"}}
    for _night in range(2):
        ended = bare.run("sync", "m.yaml")
        assert ended.code == 5, ended.flat
        assert "can still get in (1)" in ended.flat
        assert "groups is left alone" in ended.flat


def test_an_absent_record_of_which_the_target_hides_what_is_removed_is_listed(
    bare: World, directory: Directory
) -> None:
    leavers = LEAVERS.replace("SET", GROUPS).replace("LEFT", "left == `true`")
    nightly(bare, f"{leavers}absent: deactivate\n")
    bare.write("people.json", bare.read("people.json")[1:])
    ended = bare.run("sync", "m.yaml")
    assert (ended.code, directory.people["1"]["left"]) == (5, True), ended.flat
    assert "groups is left alone" in ended.flat
