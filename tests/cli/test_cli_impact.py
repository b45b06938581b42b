"""`oneway impact`: an edit, over files and against git, as a person or a build reads it."""

import json
import subprocess
from pathlib import Path

import pytest
from cli_world import World

EDIT = ("  team: {from: team, lookup: teams}", "  team: {from: other, lookup: teams}")


@pytest.fixture
def edited(world: World) -> World:
    """The world's mapping with an edit, and the version before as old.yaml and in git."""
    mapping = world.folder / "m.yaml"
    world.write("old.yaml", mapping.read_text())
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "before"]):
        who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *command], cwd=world.folder, check=True)
    text = mapping.read_text()
    assert EDIT[0] in text
    mapping.write_text(text.replace(*EDIT))
    return world


def people(world: World) -> Path:
    """Give everybody another team by the name that the edited mapping reads."""
    path = world.folder / "people.json"
    found = json.loads(path.read_text())
    path.write_text(json.dumps([each | {"other": "LAB"} for each in found]))
    return path


@pytest.mark.parametrize(
    "old", [("--old", "old.yaml"), ("--against", "HEAD"), ("--old", "git:HEAD:m.yaml")]
)
def test_the_people_whom_an_edit_changes_are_named(edited: World, old: tuple[str, str]) -> None:
    people(edited)
    ended = edited.run("impact", "m.yaml", *old, "--format", "json")
    found = ended.data
    assert found["people"]
    for person in found["people"]:
        assert {field["field"] for field in person["fields"]} == {"team"}
    assert found["fields"] == {"team": len(found["people"])}
    said = edited.run("impact", "m.yaml", *old)
    assert "written otherwise: team of" in said.flat


def test_nothing_changes_where_nothing_was_edited(edited: World) -> None:
    ended = edited.run("impact", "old.yaml", "--old", "old.yaml")
    assert (ended.code, ended.out.startswith("Nothing changes for any of")) == (0, True)


def test_a_limit_fails_the_build(edited: World) -> None:
    mapping = edited.folder / "m.yaml"
    mapping.write_text(mapping.read_text().replace("  when: left", "  when: '!left'"))
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml", "--max-leavers", "0")
    assert ended.code == 6
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "leave")
    assert ended.code == 6
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml", "--max-leavers", "999")
    assert ended.code == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((), "U121"),
        (("--old", "old.yaml", "--against", "HEAD"), "U121"),
        (("--against", "x"), "U122"),
        (("--against", "--output=gone"), "U122"),
        (("--old", "gone.yaml"), "F120"),
    ],
)
def test_a_version_that_cannot_be_had_is_an_error(
    edited: World, given: tuple[str, ...], code: str
) -> None:
    ended = edited.run("impact", "m.yaml", *given)
    assert ended.code == 1
    assert code in ended.err
    assert not (edited.folder / "gone").exists()


def test_a_version_in_a_folder_that_is_there_no_more(edited: World) -> None:
    was = edited.folder / "was"
    was.mkdir()
    (edited.folder / "old.yaml").rename(was / "m.yaml")
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["add", "-A"], ["commit", "-qm", "moved"]):
        subprocess.run(["git", *who, *command], cwd=edited.folder, check=True)
    (was / "m.yaml").unlink()
    was.rmdir()
    people(edited)
    ended = edited.run("impact", "m.yaml", "--old", "git:HEAD:was/m.yaml")
    assert "written otherwise: team of" in ended.flat


def test_without_git_a_version_in_git_is_an_error(
    edited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(edited.folder))
    ended = edited.run("impact", "m.yaml", "--against", "HEAD")
    assert ended.code == 1
    assert "git is not installed [U122]" in ended.err
    assert "name a file with --old" in ended.err


def test_a_guard_that_lets_more_through_is_told_by_impact_and_same(edited: World) -> None:
    """Though nothing changes today: a guard that is switched off shows on a bad night only."""
    mapping, old = edited.folder / "m.yaml", (edited.folder / "old.yaml").read_text()
    assert "guards:" not in old
    mapping.write_text(old + "guards: {values: {gone: 100%}}\n")
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml")
    assert "let more through: values_gone (50%, now 100%, m.yaml:" in ended.flat
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml", "--format", "json")
    assert ended.data["looser"] == [{"name": "values_gone", "was": "50%", "now": "100%"}]
    ended = edited.run("same", "old.yaml", "m.yaml", "--situations", "10")
    assert (ended.code, "let more through: values_gone (50%, now 100%)" in ended.flat) == (6, True)
    ended = edited.run("same", "m.yaml", "old.yaml", "--situations", "10")
    assert (ended.code == 6, "let more through" in ended.flat) == (False, False)


LOOSE = "guards: {leavers: {share: 40%, floor: 2}}\nrekey: write\n# a comment\n"


def test_what_is_edited_and_affects_nobody_tonight_is_named(edited: World) -> None:
    edited.write("m.yaml", LOOSE + (edited.folder / "old.yaml").read_text())
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml")
    assert ended.code == 0
    assert (
        "Guards that let more through: leavers (share 10%, now share 40%, m.yaml:1:10). Edited, "
        "and nobody is treated differently tonight: rekey (from report to write, m.yaml:2:1)."
        in ended.flat
    )
    found = edited.run("impact", "m.yaml", "--old", "old.yaml", "--format", "json").data["edited"]
    guard = {"name": "guards.leavers", "place": "m.yaml:1:10", "was": "10%", "now": "40%"}
    rekey = {"name": "rekey", "place": "m.yaml:2:1", "was": "report", "now": "write"}
    assert found == [guard, rekey]


def test_an_edit_without_meaning_is_not_named(edited: World) -> None:
    text = (edited.folder / "old.yaml").read_text()
    edited.write("m.yaml", f"# a comment\nrekey: report\n{text}")
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "guards")
    assert (ended.code, "Edited" in ended.out) == (0, False)


@pytest.mark.parametrize(("old", "new", "code"), [("old", "m", 6), ("m", "old", 0)])
def test_a_looser_guard_fails_the_build(edited: World, old: str, new: str, code: int) -> None:
    edited.write("m.yaml", LOOSE + (edited.folder / "old.yaml").read_text())
    given = ("impact", f"{new}.yaml", "--old", f"{old}.yaml", "--fail-on", "guards")
    assert edited.run(*given).code == code


def test_guards_that_cannot_be_compared_fail_the_build(edited: World) -> None:
    edited.write("m.yaml", (edited.folder / "old.yaml").read_text())
    edited.write("old.yaml", "oneway: 1\n")
    ended = edited.run("impact", "m.yaml", "--old", "old.yaml", "--fail-on", "guards")
    assert ended.code == 6
    assert "What is edited cannot be said" in ended.flat
    assert edited.run("impact", "m.yaml", "--old", "old.yaml").code == 0


TIGHT = "guards: {leavers: {share: 5%, floor: 1}}\n"


def test_an_edit_that_makes_a_guard_stricter_is_the_same_and_looser_is_said_once(
    edited: World,
) -> None:
    text = (edited.folder / "old.yaml").read_text()
    edited.write("m.yaml", TIGHT + text)
    ended = edited.run("same", "old.yaml", "m.yaml", "--situations", "10")
    assert (ended.code, "cannot decide" in ended.out) == (0, False), ended.out
    ended = edited.run("same", "m.yaml", "old.yaml", "--situations", "10")
    assert (ended.code, "guards that let more through: leavers" in ended.out) == (6, True)
    ended = edited.run("impact", "old.yaml", "--old", "m.yaml")
    assert ended.flat.count("leavers (") == 2  # its share, and its floor
    assert "guards.leavers" not in ended.out


def test_a_stricter_guard_does_not_hide_another_edit(edited: World) -> None:
    text = (edited.folder / "old.yaml").read_text()
    edited.write("m.yaml", TIGHT + text.replace("  name: name\n", "  name: upper(name)\n"))
    assert edited.run("same", "old.yaml", "m.yaml").code == 6
    alike = text.replace("when: email,", "when: '!(!email)',")
    assert alike != text
    edited.write("m.yaml", TIGHT + alike)
    assert edited.run("same", "old.yaml", "m.yaml").code == 0
