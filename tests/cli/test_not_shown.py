"""What a target record does not show may still be there: it is neither replaced nor called gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import Ended, World

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


ACTIVE = "        active: {type: boolean, absent: null}\n"
INACTIVE = """\
leavers: {when: status == 'Former', set: {active: {value: false}}, left: active == `false`}
rehires: {reactivate: {active: true}}
"""


def without_false(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a system shows that leaves out all that is empty, false included."""
    return {key: value for key, value in record.items() if value or key != "active"}


def night(world: World, status: str) -> Ended:
    """Run a night on which the first person has a status."""
    plain = {"name": "x", "status": "Current"}
    people = [{"id": f"s{n}", "code": f"{n:03}"} | plain for n in range(1, 5)]
    world.write("people.json", [people[0] | {"status": status}, *people[1:]])
    return world.run("sync", "m.yaml")


@pytest.mark.parametrize("lag", [0, 900])
def test_who_is_back_regains_access_although_false_is_not_shown(
    bare: World, directory: Directory, lag: int
) -> None:
    """The leave is in doubt, as nothing shows it, and so is what an open account would show."""
    bare.write("connectors/directory.yaml", showing(ACTIVE).replace("lag: 0", f"lag: {lag}"))
    bare.write("m.yaml", MAPPING + INACTIVE)
    for each in directory.people.values():
        each["active"] = True
    directory.shown = without_false
    assert night(bare, "Former").code == (5 if lag == 0 else 0)
    assert directory.people["1"]["active"] is False
    assert night(bare, "Current").code == 0
    assert directory.people["1"]["active"] is True
    assert (night(bare, "Current").code, len(directory.sent("PATCH"))) == (0, 2)


@pytest.mark.parametrize("listed", [False, True])
def test_a_leave_that_neither_a_request_nor_the_list_shows_is_not_done(
    bare: World, directory: Directory, listed: bool
) -> None:
    """Such as over a system that takes a field, ignores it and never shows it."""
    bare.write("connectors/directory.yaml", showing(ACTIVE))
    bare.write("m.yaml", MAPPING + INACTIVE)
    directory.shown = lambda each: {k: v for k, v in each.items() if k != "active"}
    if listed:  # a request shows less than the list does
        directory.shown_by_id = directory.shown
        directory.shown = lambda each: each
    ended = night(bare, "Former")
    said = "1 unknown" in ended.flat and "does not show active" in ended.flat
    assert (ended.code, said) == ((0, False) if listed else (5, True)), ended.out


def test_a_leave_that_clears_a_field_is_done_where_nulls_are_left_out(
    bare: World, directory: Directory
) -> None:
    bare.write("connectors/directory.yaml", showing('        badge: {type: [string, "null"]}\n'))
    manifest = (bare.folder / "connectors/directory.yaml").read_text()
    bare.write(
        "connectors/directory.yaml", manifest.replace("    lag: 0", "    lag: 0\n    absent: null")
    )
    leave = "set: {badge: {value: null, on_blank: clear}}, left: is_blank(badge)"
    bare.write("m.yaml", f"{MAPPING}leavers: {{when: status == 'Former', {leave}}}\n")
    for each in directory.people.values():
        each["badge"] = "7"
    directory.shown = lambda each: {k: v for k, v in each.items() if v is not None}
    assert (night(bare, "Former").code, directory.people["1"]["badge"]) == (0, None)
