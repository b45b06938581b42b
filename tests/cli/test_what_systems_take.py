"""What a system takes over real HTTP: a filter with an apostrophe in it, and how it clears."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import World

from directory import MANIFEST, Directory, connected

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.json, options: {id: code}}
target: {connector: directory, resource: people}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  mail: mail
  name: {from: name, on_blank: clear}
joiners: {unless_taken: [mail]}
guards: {clears: {share: 1, floor: 9}, field_changes: {share: 1, floor: 9}}
"""
FIND = "    find: {mail: {$filter: \"mail eq '{value}'\"}}\n"


@pytest.fixture
def world(
    bare: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, Directory]]:
    bare.write("m.yaml", MAPPING)
    with connected(Directory(ignores_null=True), tmp_path, monkeypatch) as directory:
        yield bare, directory


def test_somebody_with_an_apostrophe_is_created_where_the_filter_quotes_them(
    world: tuple[World, Directory],
) -> None:
    work, directory = world
    work.write("people.json", [{"code": "1", "mail": "sean.o'neill@example.com", "name": "S"}])
    manifest = MANIFEST.replace("    create:", f"{FIND}    create:")
    work.write("connectors/directory.yaml", manifest)
    assert "could not be checked" in work.run("sync", "m.yaml").flat
    assert not directory.people
    work.write("connectors/directory.yaml", manifest.replace("'{value}'", "{value_odata}"))
    assert work.run("sync", "m.yaml").code == 0
    assert [each["mail"] for each in directory.people.values()] == ["sean.o'neill@example.com"]
    assert "No changes to make" in work.run("sync", "m.yaml").out


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("    id: id\n", "    id: id\n    clear: ''\n"),
        ("name: {type: string}", "name: {type: string, clear: ''}"),
    ],
)
def test_a_value_is_cleared_by_what_the_system_takes_for_that(
    world: tuple[World, Directory], was: str, now: str
) -> None:
    work, directory = world
    directory.people["1"] = {"id": "1", "code": "1", "mail": "a@example.com", "name": "Ann"}
    work.write("people.json", [{"code": "1", "mail": "a@example.com", "name": ""}])
    work.write("connectors/directory.yaml", MANIFEST)
    ended = work.run("sync", "m.yaml")
    assert directory.people["1"]["name"] == "Ann", "it ignores null"
    assert ended.code == 5, "it answers that it is done"
    assert "shows the record as it was [W116]" in ended.flat
    assert was in MANIFEST
    work.write("connectors/directory.yaml", MANIFEST.replace(was, now))
    assert work.run("sync", "m.yaml").code == 0
    assert directory.people["1"]["name"] == ""
    assert "No changes to make" in work.run("plan", "m.yaml").out
    del directory.people["1"]["name"]
    assert "No changes to make" in work.run("plan", "m.yaml").out
