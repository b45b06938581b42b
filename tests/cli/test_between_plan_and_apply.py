"""What changes between plan and apply is refused by name, or is without effect on what is done."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest
from cli_world import World, person, user

from oneway.cli.entry import run
from oneway.planning.plan_file import load, load_proven, save
from oneway.runs.proof import public_key, refuse_unproven, trust
from oneway.state.folder import StateFolder

Change = Callable[[World], object]
Edit = Callable[[dict[str, Any]], dict[str, Any] | None]

OFFLINE = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
settings: {region: north}
"""


def plan_text(old: str, new: str) -> Change:
    def change(world: World) -> None:
        path = world.folder / "plan.json"
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))

    return change


def mapping_text(old: str, new: str) -> Change:
    def change(world: World) -> None:
        text = (world.folder / "m.yaml").read_text()
        assert old in text, old
        world.write("m.yaml", text.replace(old, new, 1))

    return change


def connection_text(old: str, new: str) -> Change:
    def change(world: World) -> None:
        path = world.folder / "connections/acme.yaml"
        assert old in path.read_text(), old
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def teams(*rows: object) -> Change:
    return lambda world: world.write("teams.json", list(rows))


def other_key(world: World) -> None:
    (world.folder / ".oneway" / "seal.key").write_bytes(b"x" * 32)


OPS, LAB = {"id": 7, "code": "OPS"}, {"id": 8, "code": "LAB"}
CHANGES: dict[str, tuple[Change, str]] = {
    # The plan file
    **{f"plan: {old} becomes {new}": (plan_text(old, new), "P104") for old, new in {
        '"Person 2"': '"Person 9"', '"verb":"update"': '"verb":"leave"',
        '"s1"': '"s9"', '"P001"': '"P009"',
        '"region":"north"': '"region":"south"', '"days":30': '"days":31',
        '"managed": 2': '"managed": 3',
        '"complete":true': '"complete":false', '"records":4': '"records":5',
        '"engine": "': '"engine": "9',
        '"manifest":"': '"manifest":"0', '"origin":""': '"origin":"https://x.example.com"',
        '"allowed": []': '"allowed": [{"by":"x","ceiling":9,"guard":"leavers"}]',
        '"digest":"': '"digest":"0', '"as_of": "2': '"as_of": "1', '"misses": []': '"misses": [{}]',
    }.items()},
    "plan: another fingerprint": (plan_text('"fingerprint": "', '"fingerprint": "0'), "P104"),
    "plan: another proof": (plan_text('"mac":"', '"mac":"0'), "P113"),
    "plan: an earlier day": (plan_text('"made":"2', '"made":"1'), "P113"),
    "plan: a signature": (plan_text('"signature":""', '"signature":"00"'), ""),
    "plan: a key twice": (plan_text('"managed": 2', '"managed": 2,"managed": 2'), "P101"),
    "plan: torn": (plan_text('"misses": []', ""), "P101"),
    "plan: another format": (plan_text('"oneway_plan": ', '"oneway_plan": 9'), "P103"),
    "plan: no plan": (lambda world: world.write("plan.json", "[]"), "P102"),
    # The mapping
    **{f"mapping: {new}": (mapping_text(old, new), "P110") for old, new in {
        "name: name": "name: code", "from: code": "from: email", "region: {": "region2: {",
        "compare: ignore_case": "compare: exact", "when: left": "when: code",
        "create: true": "create: false",
        "write: on_create": "write: overwrite", "label: name": "label: code",
        "unless_taken: [email]": "unless_taken: []",
        "value: id}": "value: code}", "today()": "'2020-01-01'", "default: 30": "default: 31",
        "title: People become users": "title: Others", "\nmatch:": "\n# a comment\nmatch:",
    }.items()},
    # The connection
    "connection: another mapping": (connection_text("../m.yaml", "../other.yaml"), "P111"),
    "connection: another name": (connection_text("name: acme", "name: acne"), "P111"),
    "connection: another setting": (connection_text("north", "south"), ""),
    "connection: gone": (
        lambda world: (world.folder / "connections/acme.yaml").unlink(), "F120"),
    "connection: broken": (connection_text("settings:", "setings:"), "S102"),
    "connection: a comment": (connection_text("settings:", "# why\nsettings:"), ""),
    "mapping: gone": (lambda world: (world.folder / "m.yaml").unlink(), "F120"),
    "mapping: empty": (lambda world: world.write("m.yaml", ""), "P110"),
    "plan: something at its end": (plan_text('"settings": ', '"x": 1, "settings": '), "P104"),
    "state: gone": (lambda world: rmtree(world.folder / ".oneway"), "P113"),
    "settings: a default": (mapping_text("default: north", "default: south"), "P110"),
    # The references
    "references: a row more": (teams(OPS, LAB, {"id": 9, "code": "NEW"}), ""),
    "references: a row less": (teams(OPS), ""),
    "references: another value": (teams({"id": 70, "code": "OPS"}, LAB), "W160"),
    "references: another value of nobody's": (teams(OPS, {"id": 80, "code": "LAB"}), ""),
    "references: another order": (teams(LAB, OPS), ""),
    "references: gone": (lambda world: (world.folder / "teams.json").unlink(), "R15"),
    # The state
    "state: another key": (other_key, "P113"),
    "state: a key that is damaged": (
        lambda world: (world.folder / ".oneway/seal.key").write_bytes(b"x"), "F104"),
    "state: a key that others read": (
        lambda world: (world.folder / ".oneway/seal.key").chmod(0o644), "F103"),
    "state: a folder that others write": (
        lambda world: (world.folder / ".oneway").chmod(0o777), "F102"),
    "inputs: the source is gone": (
        lambda world: (world.folder / "people.json").unlink(), "cannot be read"),
    "inputs: the source is torn": (lambda world: world.write("people.json", "[{"), "R153"),
}  # fmt: skip


@pytest.fixture
def planned(world: World) -> World:
    """A plan of a connection that creates one person and updates another."""
    world.write("people.json", [person(1), person(2), person(3), person(4, email="")])
    world.write("users.json", [user(2, name="Old Name"), user(3)])
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", OFFLINE)
    world.write("other.yaml", (world.folder / "m.yaml").read_text())
    ended = world.run("plan", "acme", "--out", "plan.json")
    assert ended.code == 0, ended.err
    return world


@pytest.mark.parametrize("rows", [[{"id": 7, "code": "OPZ"}, LAB], [OPS, {**OPS, "id": 9}, LAB]])
def test_only_who_would_get_another_value_waits_for_a_changed_table(
    planned: World, rows: list[dict[str, Any]]
) -> None:
    fingerprint = planned.read("plan.json")["fingerprint"]
    teams(*rows)(planned)
    ended = planned.run("apply", "plan.json", "--approve", fingerprint)
    assert (ended.code, "changed in the source since the plan: team" in ended.flat) == (5, True)
    names = [each["name"] for each in planned.read("users.json")]
    assert names == ["Person 2", "Person 3"]


def test_there_are_sixty_of_them() -> None:
    assert len(CHANGES) >= 60


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_refused_by_name_or_without_effect(planned: World, name: str) -> None:
    change, code = CHANGES[name]
    fingerprint = planned.read("plan.json")["fingerprint"]
    before = planned.read("users.json")
    change(planned)
    ended = planned.run("apply", "plan.json", "--approve", fingerprint)
    said = ended.out + ended.err
    if not code:
        assert ended.code == 0, said
        assert {each["name"] for each in planned.read("users.json")} == {
            f"Person {number}" for number in (1, 2, 3)
        }
        return
    assert ended.code != 0, said
    assert code in said.replace("\n", " ") or ended.code == 5, said
    assert planned.read("users.json") == before


@dataclass(frozen=True)
class Sixty:
    """A planned world, and its folder as it was then."""

    world: World
    kept: Path


@pytest.fixture
def sixty(world: World, tmp_path_factory: pytest.TempPathFactory) -> Sixty:
    """A plan that updates sixty people, in a folder that can be put back."""
    world.write("people.json", [person(n) for n in range(1, 61)])
    world.write("users.json", [user(n, name="Old Name") for n in range(1, 61)])
    allow = ("--allow", "updates=60", "--allow", "field_changes=60")
    ended = world.run("plan", "m.yaml", "--out", "plan.json", *allow)
    assert ended.code in (0, 4), ended.err
    kept = tmp_path_factory.mktemp("kept")
    copytree(world.folder, kept, dirs_exist_ok=True)
    return Sixty(world, kept)


def applied_over(sixty: Sixty, edit: Edit, edited: Collection[int]) -> None:
    """Edit the source at some of sixty, apply, and see that those and no others are stale."""
    world = sixty.world
    rmtree(world.folder / ".oneway")
    copytree(sixty.kept, world.folder, dirs_exist_ok=True)
    people = {n: person(n) for n in range(1, 61)}
    now = [edit(each) if n in edited else each for n, each in people.items()]
    world.write("people.json", [each for each in now if each is not None])
    data = world.run("apply", "plan.json", "--format", "json").data
    stale = {each["source_id"] for each in data["results"] if each["ending"] == "stale"}
    assert stale == {people[n]["id"] for n in edited}
    assert all(each["ending"] in ("stale", "done") for each in data["results"])
    users = {each["id"]: each["name"] for each in world.read("users.json")}
    assert users == {n: "Old Name" if n in edited else f"Person {n}" for n in people}


EDITS: dict[str, Edit] = {
    "another name": lambda each: {**each, "name": "Edited Since"},
    "gone": lambda each: None,
    "left": lambda each: {**each, "left": True},
    "no email": lambda each: {**each, "email": ""},
    "another code": lambda each: {**each, "code": f"X{each['code']}"},
    "cannot be evaluated": lambda each: {**each, "email": {"a": 1}},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", EDITS)
def test_each_record_that_the_source_changes_is_stale_and_the_others_go_on(
    sixty: Sixty, name: str
) -> None:
    """One by one with EVERY_RECORD=1; else every second one, and then all others."""
    odd = set(range(1, 61, 2))
    for edited in ({30}, odd, {*range(1, 61)} - odd) if name == "another name" else (odd,):
        applied_over(sixty, EDITS[name], edited)
    for number in range(1, 61) if os.environ.get("EVERY_RECORD") else ():
        applied_over(sixty, EDITS[name], {number})


def test_a_plan_is_too_old_after_a_week(planned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=8)
    monkeypatch.setattr("oneway.cli.apply.now", lambda: later)
    ended = planned.run("apply", "plan.json")
    assert "[P115]" in ended.err
    assert "8 days ago, and may be 7 days old" in ended.flat
    assert planned.run("apply", "plan.json", "--max-age", "30").code == 0


def test_a_plan_is_not_applied_without_approval(
    planned: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = planned.read("users.json")
    assert "[P106]" in planned.run("apply", "plan.json", "--approve", "").err
    monkeypatch.setattr("oneway.cli.apply.is_terminal", lambda: False)
    assert run(["apply", "plan.json"]) == 1
    assert "[P116]" in capsys.readouterr().err
    assert planned.read("users.json") == before


def test_another_machine_s_plans_are_applied_once_its_key_is_trusted(
    planned: World, tmp_path: Path
) -> None:
    here, there = StateFolder(tmp_path / "here"), StateFolder(planned.folder / ".oneway")
    key = public_key(there)
    assert planned.run("plan", "acme", "--out", "plan.json").code == 0
    plan, proof = load_proven((planned.folder / "plan.json").read_bytes(), "plan.json")
    with pytest.raises(Exception, match="P113"):
        refuse_unproven(plan, proof, here, "plan.json")
    trust(here, key)
    refuse_unproven(plan, proof, here, "plan.json")
    save(plan, planned.folder / "bare.json")
    bare = load((planned.folder / "bare.json").read_bytes(), "bare.json")
    with pytest.raises(Exception, match="P113"):
        refuse_unproven(bare, None, here, "bare.json")
