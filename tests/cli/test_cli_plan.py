"""`oneway plan`, `apply` and `sync` over files: what is printed, written, and ended with."""

import json
import re
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
from cli_world import World, person, user
from jsonschema import Draft202012Validator

from oneway.cli.entry import run
from oneway.planning.plan_file import dump, load


def planned(world: World, *args: object) -> Path:
    """Save a plan and return its file."""
    ended = world.run("plan", "m.yaml", "--out", "plan.json", *args)
    assert ended.code == 0, ended.err
    return world.folder / "plan.json"


def without_proof(path: Path) -> str:
    """Return a plan file's text but for when, and by whom, it was saved."""
    return dump(load(path.read_bytes(), str(path)))


def crowd(world: World, number: int, leaving: int) -> None:
    """Fill both files with people, of whom the last so many leave."""
    people = [person(i, left=i > number - leaving) for i in range(1, number + 1)]
    world.write("people.json", people)
    world.write("users.json", [user(i) for i in range(1, number + 1)])


def test_a_plan_says_what_why_and_where(world: World) -> None:
    before = world.read("users.json")
    ended = world.run("plan", "m.yaml", "--as-of", "2026-11-22")
    assert ended.code == 0
    assert "create P001 Person 1" in ended.out
    assert '"Old Name" -> "Person 2"' in ended.out
    assert "Email is missing" in ended.out
    assert "2026-11-22T00:00:00Z" in ended.out
    assert "Fingerprint: " in ended.out
    assert world.read("users.json") == before


@pytest.mark.parametrize(("people", "code"), [([person(3)], 0), ([person(3), person(1)], 3)])
def test_exit_code_tells_whether_changes_are_pending(
    world: World, people: list[Any], code: int
) -> None:
    world.write("people.json", people)
    assert world.run("plan", "m.yaml").code == 0
    assert world.run("plan", "m.yaml", "--exit-code").code == code


def test_a_saved_plan_fits_the_schema_that_is_published(world: World) -> None:
    schema = json.loads(world.run("schema", "plan").out)
    plan = json.loads(planned(world).read_bytes())
    assert plan["proof"]["mac"]
    Draft202012Validator(schema).validate(plan)


def test_json_and_markdown(world: World) -> None:
    data = world.run("plan", "m.yaml", "--format", "json").data
    assert data["mapping"]["name"] == "people-to-users"
    assert "### Plan for" in world.run("plan", "m.yaml", "--format", "markdown").out


def test_equal_inputs_give_equal_files(world: World) -> None:
    one = without_proof(planned(world, "--as-of", "2026-11-22"))
    world.write("people.json", list(reversed(world.read("people.json"))))
    assert without_proof(planned(world, "--as-of", "2026-11-22T01:00:00+01:00")) == one


def test_apply_does_what_was_planned_and_the_second_plan_is_empty(world: World) -> None:
    path = planned(world)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ended = world.run("apply", "plan.json")
    assert (ended.code, "Applied: 2 done." in ended.out) == (0, True)
    assert world.read("users.json") == [
        user(2, name="Person 2"),
        user(3),
        user(1, id=4, email="P001@example.com"),
    ]
    assert world.run("plan", "m.yaml", "--exit-code").code == 0


def test_a_plan_that_was_applied_is_not_applied_again(world: World) -> None:
    """It says in which run, ends with 0, and leaves nothing in the history."""
    planned(world)
    assert world.run("apply", "plan.json").code == 0
    runs = world.run("runs", "--format", "json").data
    again = world.run("apply", "plan.json")
    assert (again.code, again.err.count("!")) == (0, 0)
    assert re.fullmatch(
        r"applied in run 1 on \d{4}-\d\d-\d\d \d\d:\d\d UTC; nothing left to do\n", again.out
    )
    data = world.run("apply", "plan.json", "--format", "json").data
    assert (data["applied_in"], data["results"]) == (1, [])
    assert world.run("runs", "--format", "json").data == runs
    wrong = world.run("apply", "plan.json", "--approve", "0" * 12)
    assert (wrong.code, "[P106]" in wrong.err) == (1, True)


def test_a_plan_that_was_applied_in_part_is_planned_again(world: World) -> None:
    users = world.read("users.json")
    planned(world)
    world.write("users.json", [{**each, "name": "Somebody else"} for each in users])
    assert world.run("apply", "plan.json").code == 5
    again = world.run("apply", "plan.json")
    assert (again.code, "[P117]" in again.err) == (1, True)
    assert "applied in run 1 on " in again.err
    assert "1 of its 2 changes not done" in again.err
    assert len(world.run("runs", "--format", "json").data["runs"]) == 1


def test_a_plan_that_was_applied_needs_no_approval(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever is asked to approve it would look for what is still to do."""
    planned(world)
    monkeypatch.setattr("oneway.cli.apply.is_terminal", lambda: False)
    assert run(["apply", "plan.json"]) == 1
    assert "[P116]" in capsys.readouterr().err
    assert world.run("apply", "plan.json").code == 0
    assert run(["apply", "plan.json"]) == 0
    assert "applied in run 1 on " in capsys.readouterr().out


def test_a_plan_that_was_applied_in_part_says_so_before_it_is_approved(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    users = world.read("users.json")
    planned(world)
    world.write("users.json", [{**each, "name": "Somebody else"} for each in users])
    assert world.run("apply", "plan.json").code == 5
    monkeypatch.setattr("oneway.cli.apply.is_terminal", lambda: False)
    assert run(["apply", "plan.json"]) == 1
    assert "[P117]" in capsys.readouterr().err


def test_a_plan_whose_changes_were_undone_is_applied_again(world: World) -> None:
    """A restored backup lets people in again: then "nothing left to do" would be untrue.

    Who was created is gone, as a new plan would say: a person decides.
    """
    users = world.read("users.json")
    planned(world)
    assert world.run("apply", "plan.json").code == 0
    changed = {each["id"]: each for each in world.read("users.json")}
    world.write("users.json", users)
    ended = world.run("apply", "plan.json")
    assert "nothing left to do" not in ended.out
    assert "Applied: 1 done, 1 stale." in ended.out
    assert "was not found by its id either" in ended.flat
    assert world.read("users.json") == [changed[each["id"]] for each in users]


def test_the_plan_says_what_to_type_next(world: World) -> None:
    ended = world.run("plan", "m.yaml", "--out", "my plan.json")
    (line,) = [each for each in ended.err.splitlines() if "oneway apply" in each]
    fingerprint = world.read("my plan.json")["fingerprint"]
    assert line.endswith(f"oneway apply 'my plan.json' --approve {fingerprint[:12]}")
    assert world.run("apply", "my plan.json", "--approve", fingerprint[:12]).code == 0


def test_another_fingerprint_approves_nothing(world: World) -> None:
    planned(world)
    before = world.read("users.json")
    for wrong in ("0" * 12, "f" * 64, world.read("plan.json")["fingerprint"][:11]):
        ended = world.run("apply", "plan.json", "--approve", wrong)
        assert (ended.code, "[P106]" in ended.err) == (1, True)
    assert world.read("users.json") == before


def edited(data: dict[str, Any]) -> str:
    data["managed"] += 1
    return json.dumps(data)


def newer(data: dict[str, Any]) -> str:
    return json.dumps(data | {"oneway_plan": 99})


def torn(data: dict[str, Any]) -> str:
    return json.dumps(data)[:-20]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(edited, "P104"), (newer, "P103"), (torn, "P101"), (lambda _: "[]", "P102")],
)
def test_a_spoiled_plan_file_is_refused(world: World, spoil: Any, code: str) -> None:
    planned(world)
    world.write("plan.json", spoil(world.read("plan.json")))
    before = world.read("users.json")
    for command in ("apply", "validate"):
        ended = world.run(command, "plan.json")
        assert (ended.code, f"[{code}]" in ended.err + ended.out) == (1, True)
    assert world.read("users.json") == before


def test_a_plan_made_for_another_mapping_is_refused(world: World) -> None:
    planned(world)
    text = (world.folder / "m.yaml").read_text()
    world.write("m.yaml", text.replace("name: name", "name: code"))
    ended = world.run("apply", "plan.json")
    assert (ended.code, "[P110]" in ended.err) == (1, True)
    (world.folder / "m.yaml").unlink()
    assert "[F120]" in world.run("apply", "plan.json").err


def test_sync_plans_and_applies_and_says_who_does_not_sync(world: World) -> None:
    ended = world.run("sync", "m.yaml")
    assert ended.code == 0
    assert "Email is missing" in ended.out
    assert "Applied: 2 done." in ended.out
    data = world.run("sync", "m.yaml", "--format", "json").data
    assert data["results"] == []
    assert data["plan"]["fingerprint"]


def test_a_guard_holds_back_and_a_person_may_allow_it_once(world: World) -> None:
    crowd(world, 10, leaving=4)
    ended = world.run("plan", "m.yaml", "--out", "plan.json")
    assert (ended.code, "--allow leavers=4" in ended.out) == (4, True)
    more = "oneway plan m.yaml --allow leavers=4 --out plan.json"
    assert ended.err.endswith(f"to let through what the guards hold back:\n  {more}\n")
    assert "all of it is held back by guards: there is nothing to apply" in ended.err
    applied = world.run("apply", "plan.json")
    assert (applied.code, "held back by a guard" in applied.out) == (4, True)
    assert "--allow leavers=4" in applied.err
    assert world.read("users.json") == [user(i) for i in range(1, 11)]
    allowed = world.run("plan", "m.yaml", "--allow", "leavers=4", "--out", "plan.json")
    assert (allowed.code, allowed.err.count("saved; apply it")) == (0, 1)
    assert world.read("plan.json")["allowed"][0]["by"]
    assert world.run("apply", "plan.json").code == 0
    assert sum(each["leaveDate"] is not None for each in world.read("users.json")) == 4


def test_a_plan_ends_with_the_whole_command_that_lets_through_what_is_held(world: World) -> None:
    """Beside what the apply of this plan leaves out; its options are those of this one."""
    crowd(world, 10, leaving=4)
    people = world.read("people.json")
    world.write("other people.json", [*people, person(11), person(12)])
    given = ["--source", "other people.json", "--set", "region=far away", "--as-of", "2026-06-15",
             "--allow", "creates=9", "--allow", "leavers=3"]  # fmt: skip
    ended = world.run("plan", "m.yaml", *given, "--out", "p.json")
    assert ended.code == 4
    assert (
        "apply it, without the 4 leaves that guards hold back, with: oneway apply p.json"
        in ended.flat
    )
    (last,) = re.findall(r"what the guards hold back:\s+oneway (.*)\n$", ended.err)
    assert shlex.split(last) == [
        *("plan", "m.yaml", "--source", "other people.json", "--as-of"),
        *("2026-06-15T00:00:00+00:00", "--set", "region=far away"),
        *("--allow", "creates=9", "--allow", "leavers=4", "--out", "p.json"),
    ]
    allowed = world.run(*shlex.split(last))
    assert (allowed.code, "guards hold" in allowed.err) == (0, False)


def test_a_guard_goes_before_failed_records_and_pending_changes(world: World) -> None:
    crowd(world, 10, leaving=4)
    people = world.read("people.json")
    people[0]["name"] = "New Name"
    world.write("people.json", people)
    assert world.run("plan", "m.yaml", "--exit-code", "--out", "plan.json").code == 4
    users = world.read("users.json")
    users[0]["name"] = "Changed meanwhile"
    world.write("users.json", users)
    ended = world.run("apply", "plan.json", "--format", "json")
    assert ended.code == 4
    assert ended.data["counts"] | {"stale": 1, "held": 4} == ended.data["counts"]


def test_a_stale_record_is_left_alone_and_the_field_named(world: World) -> None:
    planned(world)
    world.write("users.json", [user(2, name="Somebody else's edit"), user(3)])
    ended = world.run("apply", "plan.json")
    assert (ended.code, "changed in the target since the plan: name" in ended.out) == (5, True)
    assert world.read("users.json")[0]["name"] == "Somebody else's edit"
    assert len(world.read("users.json")) == 3


def test_sensitive_values_are_nowhere_and_are_written_all_the_same(world: World) -> None:
    world.write("people.json", [person(3, phone="0000-CANARY")])
    path = planned(world, "--set", "with_phone=true")
    ended = world.run("plan", "m.yaml", "--set", "with_phone=true")
    assert "***" in ended.out
    applied = world.run("apply", "plan.json")
    assert applied.code == 0
    assert world.read("users.json")[1]["phone"] == "0000-CANARY"
    for text in (path.read_text(), ended.out, ended.err, applied.out, applied.err):
        assert "CANARY" not in text
    for file in (world.folder / ".oneway").rglob("*"):
        assert file.is_dir() or b"CANARY" not in file.read_bytes()


def test_a_sensitive_value_that_changed_since_the_plan_is_stale(world: World) -> None:
    world.write("people.json", [person(3, phone="0000-1")])
    planned(world, "--set", "with_phone=true")
    world.write("people.json", [person(3, phone="0000-2")])
    ended = world.run("apply", "plan.json")
    assert (ended.code, "changed in the source since the plan: phone" in ended.flat) == (5, True)
    assert "phone" not in world.read("users.json")[1]


def test_files_stand_in_for_systems_and_apply_finds_them_again(world: World) -> None:
    world.write("other-people.jsonl", json.dumps(person(9)) + "\n")
    world.write("other-users.json", [])
    world.write("other-teams.csv", "id,code\n70,OPS\n")
    planned(
        world,
        *("--source", "other-people.jsonl", "--target", "other-users.json"),
        *("--reference", "teams=other-teams.csv"),
    )
    assert world.run("apply", "plan.json").code == 0
    (made,) = world.read("other-users.json")
    assert (made["reference"], made["team"]) == ("P009", "70")
    assert len(world.read("users.json")) == 2


def test_values_are_read_as_they_are(world: World) -> None:
    odd = [
        person(1, name=42),
        person(2, name="x" * 10_000),
        person(3, name="a\x1b[31m\n\x00b"),
        person(5, email="   "),
        person(6, code=["P006"]),
    ]
    text = json.dumps([*odd, person(7)]).replace("Person 7", "\\ud800 7")
    world.write("people.json", text)
    data = world.run("plan", "m.yaml", "--format", "json").data
    counts = data["counts"]
    assert sum(counts.values()) - counts["absent"] == 6
    assert counts | {"create": 1, "update": 2, "ineligible": 1, "error": 2} == counts
    text_plan = world.run("plan", "m.yaml").out
    assert "\x1b" not in text_plan
    assert "\x00" not in text_plan


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[]", "R160"),
        ("<html>sign in</html>", "R153"),
        (None, "R150"),
    ],
)
def test_a_source_of_no_use_stops_everything(world: World, content: str | None, code: str) -> None:
    (world.folder / "people.json").unlink()
    if content is not None:
        world.write("people.json", content)
    for command in ("plan", "sync"):
        ended = world.run(command, "m.yaml")
        assert (ended.code, ended.out, f"[{code}]" in ended.err) == (1, "", True)
    assert world.read("users.json") == [user(2, name="Old Name"), user(3)]


def test_records_that_share_an_id_stop_only_themselves(world: World) -> None:
    """Who shares an id is in error and not gone; who is there twice, alike, is there once."""
    plain = world.run("plan", "m.yaml", "--format", "json").data["outcomes"]
    other, alike = person(2) | {"firstName": "Other"}, person(3)
    for source in ("people.json", "people.jsonl"):
        people = [person(1), person(2), person(3), other, alike]
        lines = [json.dumps(each) for each in people]
        text = "\n".join(lines) if source.endswith("l") else f"[{', '.join(lines)}]"
        world.write(source, text)
        found = world.run("plan", "m.yaml", "--format", "json", "--source", source).data["outcomes"]
        kinds = {each["source_id"]: each["outcome"] for each in found}
        shared = {id: kind for id, kind in kinds.items() if kind == "error"}
        assert len(shared) == 2
        rest = {each["source_id"]: each["outcome"] for each in plain}
        for id in ("1", "3"):
            assert kinds.get(id) == rest.get(id)
        text_plan = world.run("plan", "m.yaml", "--source", source).out
        said = " ".join(text_plan.split())
        assert "have the same 'id' and differ in 'firstName'" in said
        assert "are the same record" in said


def test_a_truncated_read_stops_everything(world: World) -> None:
    lines = "".join(json.dumps(each) + "\n" for each in (person(1), person(2)))
    world.write("cut.jsonl", lines[:-20])
    ended = world.run("sync", "m.yaml", "--source", "cut.jsonl")
    assert (ended.code, "[R161]" in ended.err) == (1, True)
    users = "".join(json.dumps(each) + "\n" for each in world.read("users.json"))
    world.write("cut-users.jsonl", users[:-20])
    ended = world.run("sync", "m.yaml", "--target", "cut-users.jsonl", "--out", "no")
    assert ended.code == 2
    ended = world.run("plan", "m.yaml", "--target", "cut-users.jsonl", "--out", "plan.json")
    assert (ended.code, "[R162]" in ended.err) == (1, True)
    assert not (world.folder / "plan.json").exists()
    assert (world.folder / "cut-users.jsonl").read_text() == users[:-20]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--set", "with_fone=true"], "did you mean 'with_phone'?"),
        (["--set", "with_phone=yes"], "write true or false"),
        (["--set", "days=many"], "whole number"),
        (["--set", "factor=nan"], "a number"),
        (["--reference", "team=teams.json"], "did you mean 'teams'?"),
        (["--option", "flie.id=code"], "did you mean 'file'?"),
        (["--option", "file.idd=code"], "did you mean 'id'?"),
        (["--allow", "field_changes.nam=3"], "did you mean 'name'?"),
    ],
)
def test_what_the_command_asks_for_is_checked(world: World, args: list[str], said: str) -> None:
    ended = world.run("plan", "m.yaml", *args)
    assert (ended.code, said in ended.err) == (1, True), ended.err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["plan"], "Missing argument 'MAPPING'"),
        (["plan", "m.yaml", "--set", "x"], "NAME=VALUE"),
        (["plan", "m.yaml", "--set", "days=1", "--set", "days=2"], "given twice"),
        (["plan", "m.yaml", "--as-of", "yesterday"], "2026-11-22"),
        (["plan", "m.yaml", "--as-of", "2026-11-22T04:00:00"], "offset"),
        (["plan", "m.yaml", "--as-of", "0001-01-01T00:00:00+14:00"], "offset"),
        (["plan", "m.yaml", "--allow", "leaver=3"], "did you mean 'leavers'?"),
        (["plan", "m.yaml", "--allow", "leavers=many"], "KIND=N"),
        (["plan", "m.yaml", "--allow", "leavers=-1"], "KIND=N"),
        (["plna"], "Did you mean 'plan'?"),
        (["sandbox", "sap"], "staffology"),
    ],
)
def test_usage(world: World, args: list[str], said: str) -> None:
    ended = world.run(*args)
    assert (ended.code, said in ended.err) == (2, True), ended.err


def test_settings_have_their_types(world: World) -> None:
    args = ("--set", "days=7", "--set", "factor=2", "--set", "region=true")
    planned(world, *args)
    assert world.read("plan.json")["settings"] == {
        "with_phone": False,
        "days": 7,
        "factor": 2.0,
        "region": "true",
    }


def test_a_folder_that_others_may_write_to_is_no_state_folder(world: World) -> None:
    (world.folder / "shared").mkdir(mode=0o777)
    (world.folder / "shared").chmod(0o777)
    ended = world.run("plan", "m.yaml", "--state", "shared")
    assert (ended.code, "[F102]" in ended.err) == (1, True)


def test_who_is_left_out_and_has_a_record_is_told_from_those_who_have_none(world: World) -> None:
    text = (world.folder / "m.yaml").read_text(encoding="utf-8")
    world.write("m.yaml", text.replace("when: email,", "when: team == 'OPS',"))
    world.write("people.json", [person(n, team="LAB" if n > 2 else "OPS") for n in range(1, 6)])
    world.write("users.json", [user(n) for n in range(1, 4)])
    found = world.run("plan", "m.yaml").flat
    assert "Email is missing (3, of whom 1 has a record in the target)" in found
    assert "P003 Person 3 (record 3)" in found
    assert "P004 Person 4," in found
    assert "of whom 1 has a record" in world.run("plan", "m.yaml", "--format", "markdown").flat


def test_who_is_in_the_target_alone_is_named_and_found_by_that_name(world: World) -> None:
    alone = user(9, name="Quentin Arkwright", reference="X9")
    world.write("users.json", [user(1), alone])
    world.write("people.json", [person(1)])
    assert "no source record matches: X9 Quentin Arkwright" in world.run("plan", "m.yaml").flat
    for name in ("Arkwright", "quentin arkwright", "X9"):
        ended = world.run("explain", "m.yaml", name)
        assert (ended.code, "Quentin Arkwright" in ended.flat) == (0, True)
    text = (world.folder / "m.yaml").read_text(encoding="utf-8")
    world.write("m.yaml", text.replace("  name: name", "  name: {from: name, sensitive: true}"))
    assert "Arkwright" not in world.run("plan", "m.yaml", "--verbose").flat
