"""`oneway test` on the command line: cases from real records, and what an edit must cover."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_world import Ended, World, person, user

ROOT = Path(__file__).resolve().parents[2]

TEST = """\
oneway_test: 1
mapping: m.yaml
as_of: 2026-11-24
references: {teams: [{id: 7, code: OPS}]}
record: {id: s1, code: P001, name: Ada Quill, email: ada@example.com, team: OPS, left: false,
         phone: null}
target: {id: 1, reference: P001, name: Ada Quill, email: ada@example.com, team: 7,
         leaveDate: null}
cases:
  - name: Somebody new is created
    expect: {outcome: create}
"""


@pytest.fixture
def tested(world: World) -> World:
    """The world with a mapping test of one case, committed."""
    world.write("m.test.yaml", TEST)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "before"]):
        who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *command], cwd=world.folder, check=True)
    return world


def people(world: World) -> None:
    """Put somebody real into both systems, whose name has changed."""
    world.write("people.json", [person(41, name="Morwenna Quist", email="M.Quist@acme.test")])
    changed = {"name": "Morwenna Old", "email": "m.quist@acme.test", "team": 8}
    world.write("users.json", [user(41, **changed), user(42, reference=None)])


@pytest.mark.parametrize("key", ["P041", "s41", "Morwenna Quist", "m.quist@acme.test"])
def test_a_case_is_made_of_a_record_and_passes_where_it_is_put(tested: World, key: str) -> None:
    people(tested)
    ended = tested.run("test", "m.yaml", "--record", key)
    assert (ended.code, "the case is" in ended.err) == (0, False), ended.err
    for real in ("Morwenna", "Quist", "acme", "P041", "s41", "OPS"):
        assert real.lower() not in ended.out.lower()
    tested.write("m.test.yaml", TEST + ended.out)
    again = tested.run("test", "m.yaml", "--format", "json")
    (found,) = again.data
    assert (again.code, found["passed"]) == (0, 2), again.out
    assert found["cases"][1]["name"] == "Recorded: update (name, team)"


def test_without_a_test_beside_the_mapping_a_whole_one_is_printed(world: World) -> None:
    people(world)
    ended = world.run("test", "m.yaml", "--record", "P041", "--set", "with_phone=true")
    world.write("m.test.yaml", ended.out)
    assert world.run("test", "m.yaml").code == 0, ended.out
    assert "with_phone" in ended.out


def test_a_case_that_is_planned_otherwise_than_its_record_does_not_end_as_done(
    world: World,
) -> None:
    world.write("p.json", [{"id": "PAY7"}, {"id": "Q7"}])
    world.write("u.json", [{"id": "1", "no": "PAY7", "kind": "paid"}])
    mapping = {
        "oneway": 1,
        "name": "apart",
        "source": {"connector": "file", "resource": "p.json", "options": {"id": "id"}},
        "target": {"connector": "file", "resource": "u.json"},
        "match": [{"source": "id", "target": "no"}],
        "fields": {
            "no": {"from": "id", "write": "on_create"},
            "kind": "iif(starts_with(id, 'PA'), 'paid', 'unpaid')",
        },
    }
    world.write("apart.yaml", mapping)
    ended = world.run("test", "apart.yaml", "--record", "PAY7")
    assert "is not planned quite like the record (unchanged)" in " ".join(ended.err.split())
    assert ended.code == 6
    assert world.run("test", "apart.yaml", "--record", "Q7").code == 0


def test_rows_that_share_an_id_keep_no_case_of_somebody_else_from_being_recorded(
    world: World,
) -> None:
    """It ended with T105, "give each its own"."""
    world.write("people.json", [person(n) for n in range(1, 5)])
    world.write("users.json", [user(1), user(2), user(3) | {"id": 2}])
    ended = world.run("test", "m.yaml", "--record", "P004")
    assert ended.code == 6, ended.err  # the case is a create, as the shared id is left out
    world.write("m.test.yaml", ended.out)
    assert world.run("test", "m.yaml").code == 0


def test_a_key_that_names_nobody_or_several_is_refused(tested: World) -> None:
    twins = [person(1, name="Ann Oak"), person(2, name="Ann Oak", code="P001")]
    tested.write("people.json", twins)
    ended = tested.run("test", "m.yaml", "--record", "Ann Oak")
    assert (ended.code, "name one by its id: s1, s2" in ended.err) == (1, True), ended.err
    ended = tested.run("test", "m.yaml", "--record", "P00")
    assert "did you mean: " in ended.flat
    ended = tested.run("test", "m.yaml", "--source", "people.json")
    assert (ended.code, "--record" in ended.err) == (2, True)


def edited(world: World, old: str, new: str, name: str = "m.yaml") -> None:
    path = world.folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


NEW = ("test", "m.yaml", "--cover-new", "100%", "--against", "HEAD")


def test_nothing_is_asked_of_what_was_there_before(tested: World) -> None:
    assert tested.run("test", "m.yaml", "--cover", "90").code == 6
    edited(tested, "fields:\n", "# a remark\n\nfields:\n")
    ended = tested.run(*NEW)
    assert (ended.code, "0 new or changed decisions" in ended.out) == (0, True), ended.out


@pytest.mark.parametrize(
    ("old", "new", "line", "missing"),
    [
        ("  name: name\n", "  name: name || nick\n", "name || nick", "no value"),
        ("eligible:\n", "eligible:\n  - {id: x, when: code, otherwise: No}\n", "id: x", "fails"),
        ("  when: left\n", "  when: left && code\n", "left && code", "yes"),
        ("lookup: teams}", "lookup: teams, on_miss: clear}", "on_miss", "not in the table"),
        ("code, value: id}", "code, value: number}", "lookup: teams", "no value"),
        ("  name: name\n", "  name: name\n  nick: nick\n", "nick: nick", "written"),
    ],
)
def test_what_an_edit_adds_or_changes_must_be_seen(
    tested: World, old: str, new: str, line: str, missing: str
) -> None:
    edited(tested, old, new)
    ended = tested.run(*NEW)
    assert ended.code == 6, ended.out
    lines = (tested.folder / "m.yaml").read_text().splitlines()
    (number,) = [number for number, text in enumerate(lines, 1) if line in text]
    assert f"m.yaml:{number}:" in ended.out
    assert missing in ended.flat
    assert tested.run(*NEW, "--format", "github").out.startswith("::error file=m.yaml")
    (data,) = tested.run(*NEW, "--format", "json").data
    assert data["coverage_of_new"]["percent"] < 100


def test_a_mapping_that_was_not_there_is_new_and_a_revision_that_is_not_there_is_refused(
    tested: World,
) -> None:
    tested.write("n.yaml", (tested.folder / "m.yaml").read_text())
    tested.write("n.test.yaml", TEST.replace("m.yaml", "n.yaml"))
    new = ("test", "n.yaml", "--against", "HEAD", "--format", "json", "--cover-new")
    ended = tested.run(*new, "10%")
    assert ended.code == 0
    assert ended.data[0]["coverage_of_new"] == ended.data[0]["coverage"]
    assert tested.run(*new, "100").code == 6
    assert "[U122]" in tested.run("test", "n.yaml", "--cover-new", "1", "--against", "no").err
    assert tested.run("test", "n.yaml", "--cover-new", "1").code == 2
    assert tested.run(*new, "101%").code == 2


HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
EDITED = ["mappings/m.yaml", "mappings/m.test.yaml", "docs/x.yaml", "a.py"]


def hooked(world: World, hook: dict[str, Any]) -> Ended:
    """Run a hook as pre-commit does: its entry, with the names of the files that it is for."""
    files, left_out = re.compile(hook["files"]), re.compile(hook["exclude"])
    given = [each for each in EDITED if files.search(each) and not left_out.search(each)]
    program, *command = shlex.split(hook["entry"])
    assert (program, hook["language"], hook["require_serial"]) == ("oneway", "python", True)
    return world.run(*command, *given)


def test_the_hooks_of_pre_commit_check_and_test_what_was_edited(tested: World) -> None:
    (tested.folder / "mappings").mkdir()
    for name in ("m.yaml", "m.test.yaml", "people.json", "users.json", "teams.json"):
        (tested.folder / name).rename(tested.folder / "mappings" / name)
    ends = {hook["id"]: hooked(tested, hook) for hook in HOOKS}
    assert {name: each.code for name, each in ends.items()} == {
        "oneway-validate": 0,
        "oneway-test": 0,
    }, ends
    assert "1 file checked" in ends["oneway-validate"].out
    assert ends["oneway-test"].out == "mappings/m.test.yaml: 1 passed, 0 failed\n"
    edited(tested, "when: email,", "when: '!email',", "mappings/m.yaml")
    ends = {hook["id"]: hooked(tested, hook) for hook in HOOKS}
    assert (ends["oneway-validate"].code, ends["oneway-test"].code) == (0, 6), ends
    edited(tested, "  name: name\n", "  name: nme(\n", "mappings/m.yaml")
    ends = {hook["id"]: hooked(tested, hook) for hook in HOOKS}
    assert (ends["oneway-validate"].code, ends["oneway-test"].code) == (1, 1), ends


def test_two_versions_are_decided_for_all_records_and_without_a_solver_within_a_bound(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (world.folder / "m.yaml").read_text()
    for name, new in (
        ("same", text.replace("when: email,", "when: '!(!email)',")),
        ("open", text.replace("  name: name\n", "  name: '[name][0]'\n")),
        ("other", text.replace("  name: name\n", "  name: name || 'none'\n")),
    ):
        world.write(f"{name}.yaml", new)
    ended = world.run("same", "m.yaml", "same.yaml")
    assert (ended.code, ended.out, ended.err) == (0, "the same for every record\n", "")
    ended = world.run("same", "m.yaml", "open.yaml", "--situations", "20", "--format", "json")
    assert (ended.code, ended.data["same"], ended.data["decided"]) == (7, None, False)
    assert "[name][0]" in ended.data["undecided"][0]
    ended = world.run("same", "m.yaml", "other.yaml")
    assert ended.code == 6
    assert "not the same" in ended.out
    monkeypatch.setattr("oneway.cli.same.find_spec", lambda name: None)
    ended = world.run("same", "m.yaml", "same.yaml", "--situations", "20")
    assert ended.code == 7
    assert "cannot decide: no solver is installed" in ended.flat
    assert "pip install 'oneway[solver]'" in ended.err
    quoted = text.replace("name: name", "name: 'name'")
    world.write("commented.yaml", f"# a comment\n{quoted}")
    ended = world.run("same", "m.yaml", "commented.yaml")
    assert (ended.code, ended.out, ended.err) == (0, "the same for every record\n", "")
