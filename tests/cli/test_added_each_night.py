"""Items that the target holds in another form: added once, or named as not sticking."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import World

from directory import MAPPING, Directory, connected, showing, someone


class Renaming(Directory):
    """A directory that writes groups in capitals, and adds a name to those that are objects."""

    def keeps(self) -> None:
        for each in self.people.values():
            each["groups"] = [
                {**item, "name": "x"} if isinstance(item, dict) else item.upper()
                for item in each["groups"]
            ]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Renaming]:
    found = Renaming({"1": someone(1, groups=[])})
    with connected(found, tmp_path, monkeypatch):
        yield found


def written(world: World, directory: Renaming, item: object, field: str, nights: int) -> str:
    """Return what the last of some nights says."""
    world.write("connectors/directory.yaml", showing("        groups: {type: array}\n"))
    world.write("m.yaml", f"{MAPPING}  groups: {{from: teams, {field}}}\n")
    world.write("people.json", [{"id": "s1", "code": "001", "name": "x", "teams": [item]}])
    for _night in range(nights):
        ended = world.run("sync", "m.yaml")
        directory.keeps()
    return ended.flat


FIELDS = [
    ("hr", "merge: add, compare: ignore_case"),
    ("hr", "merge: {own: [hr]}, compare: ignore_case"),
    ({"id": 1}, "merge: add, compare: {by: id}"),
]


@pytest.mark.parametrize(("item", "field"), FIELDS)
def test_an_item_is_added_once(bare: World, directory: Renaming, item: object, field: str) -> None:
    assert "nothing to do" in written(bare, directory, item, field, 2)
    assert len(directory.people["1"]["groups"]) == 1


@pytest.mark.parametrize(("item", "field"), [("hr", "merge: add"), ({"id": 1}, "merge: add")])
def test_an_item_that_is_missing_again_each_night_is_named(
    bare: World, directory: Renaming, item: object, field: str
) -> None:
    assert "Not sticking (1)" in written(bare, directory, item, field, 3)
