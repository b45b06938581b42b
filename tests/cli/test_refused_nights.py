"""Whom a refused night has seen leave is not forgotten once the source has no record of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import Ended, World

from directory import MANIFEST, MAPPING, Directory, connected
from directory import someone as user

LEAVERS = "leavers: {when: status == 'Former', set: {left: {value: true}}, left: left}\n"
ADA, BO = "e3", "e4"


def someone(number: int, **changed: Any) -> dict[str, Any]:
    found = {"id": f"e{number}", "code": f"{number:03}", "name": f"P {number}"}
    return found | {"status": "Current"} | changed


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    people = {str(n): user(n, name=f"P {n}") for n in range(1, 9)}
    once = MANIFEST + "retry: {attempts: 1}\n"
    with connected(Directory(people), tmp_path, monkeypatch, once) as found:
        yield found


@pytest.fixture
def nightly(directory: Directory, bare: World) -> World:
    """Eight people who are linked by a first night; the second, 003 has left, is refused."""
    bare.write("m.yaml", f"{MAPPING}joiners: {{}}\n{LEAVERS}")
    bare.write("people.json", [someone(n) for n in range(1, 9)])
    assert bare.run("sync", "m.yaml").code == 0
    return bare


def night(world: World, *without: str, former: tuple[str, ...] = ()) -> Ended:
    people = [
        each | ({"status": "Former"} if each["id"] in former else {})
        for each in map(someone, range(1, 9))
        if each["id"] not in without
    ]
    world.write("people.json", people)
    return world.run("sync", "m.yaml", "--format", "json")


def refused(world: World, directory: Directory, *, former: tuple[str, ...]) -> None:
    directory.down = True
    ended = night(world, former=former)
    assert ended.code == 1, ended.flat
    directory.down = False


def listed(ended: Ended) -> list[str]:
    return [each["target_id"] for each in ended.data["still_in"]]


def test_who_was_seen_to_leave_and_has_vanished_is_listed(
    nightly: World, directory: Directory
) -> None:
    refused(nightly, directory, former=(ADA,))
    ended = night(nightly, ADA)
    assert (ended.code, listed(ended)) == (5, ["3"])
    assert "had left when a run was refused" in ended.data["still_in"][0]["why"]
    assert "3" in nightly.run("status", "--format", "json").out
    assert listed(night(nightly, ADA)) == ["3"]  # and each night, until that is done by hand
    directory.people["3"]["left"] = True
    ended = night(nightly, ADA)
    assert (ended.code, listed(ended)) == (0, [])


def test_nights_that_are_refused_again_forget_nobody(nightly: World, directory: Directory) -> None:
    refused(nightly, directory, former=(ADA,))
    refused(nightly, directory, former=(BO,))
    assert listed(night(nightly, ADA, BO)) == ["3", "4"]


def test_a_night_refused_for_what_it_read_remembers_as_well(
    nightly: World, directory: Directory
) -> None:
    for each in directory.people.values():
        each["was"] = each.pop("left")  # what says who has left has another name
    ended = night(nightly, former=(ADA,))
    assert (ended.code, "R170" in ended.flat) == (1, True)
    for each in directory.people.values():
        each["left"] = each.pop("was")
    assert listed(night(nightly, ADA)) == ["3"]


def test_who_is_listed_stays_so_while_a_list_is_too_short(
    nightly: World, directory: Directory
) -> None:
    refused(nightly, directory, former=(ADA,))
    assert listed(night(nightly, ADA)) == ["3"]
    directory.hidden = set(directory.people) - {"8"}
    ended = night(nightly, ADA)
    assert listed(ended) == ["3"]  # found by its id
    kept, directory.people = directory.people, {"8": directory.people["8"]}
    assert night(nightly, ADA).code == 4  # guards hold it
    assert '"target_id": "3"' in nightly.run("status", "--format", "json").out
    directory.people, directory.hidden = kept, set()
    assert listed(night(nightly, ADA)) == ["3"]


def test_who_is_there_and_stays_is_not_listed(nightly: World, directory: Directory) -> None:
    refused(nightly, directory, former=(ADA,))
    ended = night(nightly)
    assert (ended.code, listed(ended)) == (0, [])
    ended = night(nightly, ADA)  # it was a mistake, and a later night said so
    assert (ended.code, listed(ended)) == (0, [])


def test_who_vanishes_and_was_not_seen_to_leave_is_not_listed(
    nightly: World, directory: Directory
) -> None:
    refused(nightly, directory, former=(ADA,))
    ended = night(nightly, BO)
    assert (ended.code, listed(ended)) == (0, [])


def test_who_has_left_by_what_the_target_says_is_not_listed(
    nightly: World, directory: Directory
) -> None:
    assert night(nightly, former=(ADA,)).code == 0
    refused(nightly, directory, former=(ADA,))
    ended = night(nightly, ADA)
    assert (ended.code, listed(ended)) == (0, [])


def test_forget_takes_them_out(nightly: World, directory: Directory) -> None:
    refused(nightly, directory, former=(ADA, BO))
    assert nightly.run("forget", "003").code == 1  # they may still get in
    assert nightly.run("forget", "003", "--force").code == 0
    assert listed(night(nightly, ADA, BO)) == ["4"]
