"""`impact` and `same` compare a connection with what its file was, and the printed workflow too."""

import subprocess
from pathlib import Path

import pytest
from cli_world import MAPPING, World, person, user

ACME = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
settings: {region: north}
target: {options: {id: id}}
guards: {leavers: {share: 5%, floor: 1}}
"""
FOR_A_PERSON = ("--fail-on", "guards", "--fail-on", "systems", "--max-leavers", "0")


def committed(folder: Path, revision: str = "main") -> None:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["add", "-A"], ["commit", "-qm", "before"], ["tag", "-f", revision]):
        subprocess.run(["git", *who, *command], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def acme(world: World) -> World:
    """A repository with a connection, where the region decides who has left."""
    (world.folder / "connections").mkdir()
    mapping = MAPPING.replace("when: left", "when: left || team == setting('region')")
    assert mapping != MAPPING
    world.write("m.yaml", mapping)
    world.write("lax.yaml", mapping + "guards: {clears: {share: 90%, floor: 2}}\n")
    world.write("people.json", [person(each) for each in range(1, 9)])
    world.write("users.json", [user(each) for each in range(1, 9)])
    world.write("connections/acme.yaml", ACME)
    subprocess.run(["git", "init", "-q"], cwd=world.folder, check=True)
    committed(world.folder)
    return world


LEADS = "Another system or account: "
LOOSER = "Guards that let more through: leavers ("
EDITS = {
    "a stricter guard": (("5%, floor", "2%, floor"), 0, 0, "guards.leavers (from 5% to 2%"),
    "a looser guard": (
        ("5%, floor", "8%, floor"), 6, 6,
        f"{LOOSER}share 5%, now share 8%, connections/acme.yaml:6:10)",
    ),
    "no guard of its own": (
        (ACME[ACME.index("guards"):], ""), 6, 6,
        f"{LOOSER}share 5%, now share 10%, connections/acme.yaml:1:1)",
    ),
    "another limit, as the mapping's": (("floor: 1", "floor: 2"), 6, 6, f"{LOOSER}floor 1, now"),
    "another account": (
        ("{id: id}", "{id: reference}"), 6, 6,
        f"{LEADS}target.options.id (from id to reference, connections/acme.yaml:5:20)",
    ),
    "a laxer mapping": (
        ("../m.yaml", "../lax.yaml"), 6, 6, "let more through: clears (share 10%, now share 90%"
    ),
    "a setting by which all leave": (
        ("region: north", "region: OPS"), 6, 6, "8 from unchanged to leave (held back)"
    ),
    "a setting of which nothing depends": (
        ("region: north", "region: north, days: 3"), 0, 7, "settings.days (from 30 to 3, "
    ),
    "another schedule": (
        ("guards:", "schedule: never\nguards:"), 0, 0,
        "schedule (from 0 4 * * * UTC to never, connections/acme.yaml:6:1)",
    ),
    "another channel": (
        ("guards:", "notify: [{webhook: {url: 'https://example.com/secret-word'}}]\nguards:"),
        0, 0, "notify (connections/acme.yaml:6:1)",
    ),
    "a comment": (("name: acme\n", "name: acme   # payroll\n"), 0, 0, "Nothing changes for any"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_a_connection_is_judged_as_one_of_its_mapping(acme: World, edit: str) -> None:
    (old, new), code, same, said = EDITS[edit]
    assert old in ACME
    acme.write("connections/acme.yaml", ACME.replace(old, new))
    ended = acme.run("impact", "acme", "--against", "main", *FOR_A_PERSON)
    assert (ended.code, said in ended.flat) == (code, True), ended.out + ended.err
    assert "secret-word" not in ended.out
    if edit == "a comment":
        assert "Edited" not in ended.out
    ended = acme.run("same", "git:main", "acme", "--situations", "800")
    assert ended.code == same, ended.out + ended.err
    if "not the same" in ended.out:  # the case passes under the settings of the version before
        assert 'settings: {"with_phone": false, "days": 30, "region": "north"' in ended.flat
    ended = acme.run("impact", "connections", "--against", "main", *FOR_A_PERSON)
    assert (ended.code, "connections/acme.yaml\n" in ended.out) == (code, True)
    assert said in ended.flat


def test_the_mapping_is_compared_as_it_was_too(acme: World) -> None:
    """The connection's stricter guard stays in force, whatever the mapping's is."""
    acme.write("m.yaml", (acme.folder / "m.yaml").read_text().replace("name: name", "name: code"))
    ended = acme.run("impact", "acme", "--against", "main", *FOR_A_PERSON)
    assert (ended.code, "written otherwise: name of 8" in ended.flat) == (0, True), ended.out
    guards = "guards: {leavers: {share: 50%, floor: 9}}\n"
    acme.write("m.yaml", guards + (acme.folder / "m.yaml").read_text())
    ended = acme.run("impact", "acme", "--against", "main", *FOR_A_PERSON)
    assert (ended.code, "more through" in ended.out) == (0, False)
    assert acme.run("impact", "m.yaml", "--against", "main", *FOR_A_PERSON).code == 6


def test_an_older_file_of_a_connection_is_a_version_as_well(acme: World) -> None:
    acme.write("connections/old.yaml", ACME)
    acme.write("connections/acme.yaml", ACME.replace("5%, floor", "8%, floor"))
    for old in ("connections/old.yaml", "git:main:connections/acme.yaml"):
        ended = acme.run("impact", "acme", "--old", old, *FOR_A_PERSON)
        assert (ended.code, LOOSER in ended.flat) == (6, True)
        assert acme.run("same", old, "acme", "--situations", "20").code == 6


def test_a_connection_with_a_new_name_is_compared_with_what_it_was(acme: World) -> None:
    here = acme.folder / "connections"
    (here / "acme.yaml").unlink()
    acme.write("connections/acme-uk.yaml", ACME.replace("5%, floor", "8%, floor"))
    subprocess.run(["git", "add", "-A"], cwd=acme.folder, check=True)
    ended = acme.run("impact", "connections", "--against", "main", *FOR_A_PERSON)
    assert (ended.code, LOOSER in ended.flat) == (6, True), ended.out + ended.err
    assert LEADS not in ended.flat


def test_a_new_connection_is_compared_by_its_mapping_alone(acme: World) -> None:
    acme.write("connections/beta.yaml", ACME.replace("acme", "beta"))
    ended = acme.run("impact", "beta", "--against", "main", *FOR_A_PERSON)
    assert (ended.code, "Nothing changes for any of" in ended.out) == (0, True), ended.err


def test_a_connection_that_was_broken_cannot_be_compared(acme: World) -> None:
    acme.write("connections/acme.yaml", ACME.replace("5%", "five"))
    committed(acme.folder, "broken")
    acme.write("connections/acme.yaml", ACME)
    ended = acme.run("impact", "acme", "--against", "broken", *FOR_A_PERSON)
    assert (ended.code, "What is edited cannot be said" in ended.flat) == (6, True), ended.out
    ended = acme.run("same", "git:broken", "acme", "--situations", "20")
    assert (ended.code, "connections/acme.yaml:6:" in ended.err) == (1, True)


@pytest.mark.parametrize("side", ["{options: {api_key: a-pass-word}}", "{origin: a-pass-word}"])
def test_what_may_have_been_a_credential_is_not_shown(acme: World, side: str) -> None:
    acme.write("connections/acme.yaml", ACME.replace("{options: {id: id}}", side))
    committed(acme.folder, "broken")
    acme.write("connections/acme.yaml", ACME)
    for format in ("text", "json", "markdown"):
        given = ("--against", "broken", "--format", format)
        ended = acme.run("impact", "acme", *given, *FOR_A_PERSON)
        assert (ended.code, "a-pass-word" in ended.out + ended.err) == (6, False)
    ended = acme.run("same", "git:broken", "acme", "--situations", "20")
    assert (ended.code, "a-pass-word" in ended.out + ended.err) == (1, False)


def test_json_has_what_leads_elsewhere(acme: World) -> None:
    acme.write("connections/acme.yaml", ACME.replace("{id: id}", "{id: reference}"))
    wanted = {"name": "target.options.id", "place": "connections/acme.yaml:5:20",
              "was": "id", "now": "reference"}  # fmt: skip
    ended = acme.run("impact", "acme", "--against", "main", "--format", "json")
    assert ended.data["redirected"] == [wanted]
    ended = acme.run("same", "git:main", "acme", "--situations", "20", "--format", "json")
    assert ended.data["redirected"] == [wanted]
