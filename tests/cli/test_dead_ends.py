"""What goes wrong says what to do next: no reader, and no program, is left without it."""

import re
from pathlib import Path
from typing import Any

import pytest
from cli_world import MAPPING, World, person

from oneway.notices.remedies import REMEDIES

ROOT = Path(__file__).resolve().parents[2]

# Programs


@pytest.mark.parametrize(
    "command",
    [
        ("plan", "broken.yaml", "--format", "json"),
        ("sync", "broken.yaml", "--format=json"),
        ("explain", "broken.yaml", "P001", "--format", "json"),
        ("plan", "m.yaml", "--source", "none.json", "--format", "json"),
        ("status", "nowhere", "--format", "json"),
        ("runs", "show", "7", "--format", "json"),
    ],
)
def test_an_error_is_json_where_json_was_asked_for(world: World, command: tuple[str, ...]) -> None:
    world.write("broken.yaml", MAPPING.replace("match:", "mtch:"))
    ended = world.run(*command)
    assert ended.code == 1
    (first, *_) = ended.data["problems"]
    assert first["code"] in ended.err
    assert first["severity"] == "error"
    assert first["help"]


def test_what_was_printed_before_an_error_stays_one_document(world: World) -> None:
    world.run("sync", "m.yaml")
    assert world.run("status", "--format", "json").data["fleet"]["connections"] == 1
    assert world.run("plan", "none.yaml", "--format", "text").out == ""


# Names of runs


def test_a_run_is_found_by_its_mapping(world: World) -> None:
    world.run("sync", "m.yaml", "-q")
    (name,) = {each["connection"] for each in world.run("runs", "--format", "json").data["runs"]}
    assert re.fullmatch("people-to-users [0-9a-f]{8}", name)
    page = world.run("report", "1").out
    for named in ("m.yaml", "people-to-users", name):
        assert world.run("report", named).out == page, named
        assert world.run("runs", "show", named).code == 0
        assert len(world.run("runs", named, "--format", "json").data["runs"]) == 1
    for unknown in ("people-to", "people.json", "people-to-user"):
        assert "[F130]" in world.run("runs", "show", unknown).err


def test_of_a_mapping_that_ran_with_several_systems_the_last_run_is_meant(world: World) -> None:
    world.write("others.json", [person(1)])
    world.run("sync", "m.yaml", "-q")
    world.run("sync", "m.yaml", "--source", "others.json", "-q")
    assert "Run 2 of people-to-users" in world.run("runs", "show", "m.yaml").out
    world.run("sync", "m.yaml", "-q")
    assert "Run 3 of people-to-users" in world.run("runs", "show", "people-to-users").out


# An empty folder


@pytest.mark.parametrize("command", ["serve", "run-due", "test", "validate"])
def test_an_empty_folder_says_how_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oneway: Any, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = oneway(command)
    assert (ended.code, "[F120]" in ended.flat, "folder" in ended.flat) == (1, True, True)
    begins = "oneway connect" if command in ("serve", "run-due") else "oneway new mapping.yaml"
    assert begins in ended.flat
    assert all(len(line) <= 80 for line in (ended.out + ended.err).splitlines())


# Approval


def test_a_code_that_approves_nothing_is_quoted_and_is_no_run(world: World) -> None:
    world.run("plan", "m.yaml", "--out", "plan.json", "-q")
    ended = world.run("apply", "plan.json", "--approve", "wrng c0de")
    assert (ended.code, "'wrng c0de' does not approve this plan" in ended.flat) == (1, True)
    assert "[P106]" in ended.err
    assert world.run("runs").out == "No run.\n"
    assert "refused" not in world.run("status").out


def test_a_plan_that_was_applied_before_says_who_can_still_get_in(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("set: {leaveDate: today()}", "set: {leaveDate: since}"))
    world.write("people.json", [person(1, since=""), person(2, since="", left=True)])
    world.run("plan", "m.yaml", "--out", "plan.json", "-q")
    fingerprint = world.read("plan.json")["fingerprint"]
    first = world.run("apply", "plan.json", "--approve", fingerprint)
    again = world.run("apply", "plan.json", "--approve", fingerprint)
    assert "nothing left to do" in again.out
    assert (first.code, again.code) == (5, 5)
    assert "can still get in (1)" in again.out
    assert "P002 Person 2" in again.out


def test_what_was_forgotten_is_told_beside_what_was_done(world: World) -> None:
    world.run("sync", "m.yaml", "-q")
    assert "forgotten" not in world.run("runs", "show", "1").out
    gone = world.run("forget", "P001").flat
    assert "1 entry of the journal, 1 snapshot; taken out of 1 plan" in gone
    shown = world.run("runs", "show", "1").out
    assert "actions   2 done" in shown
    assert "forgotten 1 action, by `oneway forget`" in shown


def test_a_file_that_was_cut_off_is_to_be_exported_again_and_not_waited_for(world: World) -> None:
    world.write("people.csv", "id,code,name,email\n1,P001,Ann,ann@example.com\n")
    mapping = MAPPING.replace("resource: people.json", "resource: people.csv")
    mapping = mapping.replace("people.csv}", "people.csv, options: {footer: Total}}")
    mapping = mapping.replace("  team: {from: team, lookup: teams}\n", "").replace(
        "  phone: {from: phone, when: setting('with_phone'), sensitive: true}\n", ""
    )
    world.write("m.yaml", mapping.replace("  when: left\n", "  when: code == 'x'\n"))
    assert "[R161]" in world.run("sync", "m.yaml").err
    world.run("report", "latest", "--out", "page.html")
    page = (world.folder / "page.html").read_text(encoding="utf-8")
    for said in (world.run("status").flat, world.run("runs", "show", "latest").flat, page):
        assert "Export the file again in full" in said
        assert "operators of" not in said
        assert "Nothing at first" not in said


def test_a_file_is_named_once_in_a_message(world: World) -> None:
    ended = world.run("plan", "m.yaml", "--source", "none.json")
    assert ended.err.count("none.json") == 1


@pytest.mark.parametrize(
    ("word", "meant"), [("history", "runs"), ("run", "sync"), ("paln", "plan")]
)
def test_a_word_that_is_no_command_leads_to_the_one_that_is_meant(
    oneway: Any, word: str, meant: str
) -> None:
    assert f"Did you mean '{meant}'?" in oneway(word).flat


# Numbers


def test_a_list_of_which_nothing_is_shown_has_no_more(world: World) -> None:
    for limit, said in (("0", "2 in all; --verbose"), ("1", "and 1 more; --verbose")):
        world.write("people.json", [person(n) for n in (1, 2, 3, 4)])
        assert said in world.run("plan", "m.yaml", "--limit", limit).out
        world.write("new.yaml", MAPPING.replace("{create: true", "{create: false"))
        told = world.run("impact", "new.yaml", "--old", "m.yaml", "--limit", limit).out
        assert said in told


# What validate looks at


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("resource: teams.json", "resource: tems.json", "did you mean 'teams.json'?"),
        ("resource: teams.json", "resource: wards.csv", "it is looked for as wards.csv"),
        ("key: code", "key: cod", "did you mean 'code'?"),
        ("value: id", "value: nr", "no record of reference 'teams' has the key 'nr'"),
        ("resource: users.json", "resource: none.csv", "it is looked for as none.csv"),
    ],
)
def test_the_files_of_references_are_looked_at_as_those_of_both_sides(
    world: World, was: str, now: str, said: str
) -> None:
    world.write("m.yaml", MAPPING.replace(was, now))
    ended = world.run("validate", "m.yaml")
    assert (ended.code, said in ended.flat) == (0, True)
    assert "m.yaml:" in ended.out.split("[R1")[0]


def test_a_mapping_far_from_its_files_is_checked_without_them(world: World) -> None:
    for each in ("people.json", "users.json", "teams.json"):
        (world.folder / each).unlink()
    assert "[R150]" not in world.run("validate", "m.yaml").out


def test_a_manifest_names_a_kind_and_the_connector_of_its_file(world: World) -> None:
    page = (ROOT / "connectors" / "README.md").read_text(encoding="utf-8")
    manifest = page[page.index("oneway_connector: 1") :].partition("```")[0]
    (world.folder / "connectors").mkdir()
    world.write("connectors/acme.yaml", manifest)
    assert "no mistakes" in world.run("validate", "connectors/").out
    wrong = manifest.replace("kind: rest", "kind: rset").replace("name: acme\n", "name: acmee\n")
    world.write("connectors/acme.yaml", wrong)
    ended = world.run("validate", "connectors/")
    assert ended.code == 1
    assert "'rset' [C114]" in ended.flat
    assert "did you mean 'rest'?" in ended.flat
    assert "as 'acme', and its name is 'acmee' [C156]" in ended.flat
    assert "ONEWAY_ACMEE_" in ended.flat


def test_a_folder_for_reports_that_is_not_there_is_named(world: World) -> None:
    (world.folder / "connections").mkdir()
    text = "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\nnotify:\n"
    world.write("connections/acme.yaml", text + "  - folder: {path: ../pages}\n")
    ended = world.run("validate", "connections/")
    assert (ended.code, "[N112]" in ended.out, "make it (pages)" in ended.flat) == (0, True, True)
    told = world.run("notify", "test", "acme")
    assert "check the folder pages" in told.flat
    (world.folder / "pages").mkdir()
    assert "[N112]" not in world.run("validate", "connections/").out


# What --fix corrects


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("eligible:", "eligable:"),
        ("leavers:", "leavrs:"),
        ("write: on_create", "write: on_creat"),
        ("when: email,", "when: trmi(email),"),
        ("lookup: teams", "lookup: taems"),
        ("compare: ignore_case", "compare: ignorecase"),
    ],
)
def test_a_slip_is_corrected_where_one_known_word_is_meant(
    world: World, was: str, now: str
) -> None:
    whole = MAPPING.replace("when: email,", "when: trim(email),")
    was = was.replace("when: email", "when: trim(email)")
    assert was in whole
    path = world.write("m.yaml", whole.replace(was, now))
    ended = world.run("validate", "m.yaml", "--fix")
    assert (ended.code, path.read_text(encoding="utf-8")) == (0, whole), ended.out
    assert ended.out.count(": corrected: ") == 1
    assert re.search(r"corrected: .*\n       now \w", ended.out)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("write: on_create", "write: sometimes"),
        ("[email]", "[mail_of]"),
        ("lookup: teams", "lookup: tea"),
        ("label: name", "fields: {}\nlabel: name"),
    ],
)
def test_what_may_mean_several_things_is_left(world: World, was: str, now: str) -> None:
    path = world.write("m.yaml", MAPPING.replace(was, now))
    assert world.run("validate", "m.yaml", "--fix").code == 1
    assert path.read_text(encoding="utf-8") == MAPPING.replace(was, now)


def test_a_switch_in_place_of_an_expression_is_told_how_to_be_written(world: World) -> None:
    world.write("m.yaml", MAPPING.replace("when: email,", "when: true,"))
    assert "write '`true`'" in world.run("validate", "m.yaml").flat
    world.write("m.yaml", MAPPING.replace("when: email,", "when: '`true`',"))
    assert world.run("validate", "m.yaml").code == 0


# Remedies, followed to the letter


BY_WORD = MAPPING.replace("when: left", "when: status == 'Former'").replace(
    "  name: name\n", "  name: {from: name, on_blank: clear}\n"
)
LIMITED = """\
lint: [{code: M227, severity: off, because: known}]
guards: {creates: {share: 10%, floor: 2}}
"""
FALSE_NIGHTS = {
    "leavers": [person(n, status="Former") for n in range(1, 6)],
    "creates": [person(n, status="Current") for n in range(20, 40)],
    "clears": [person(n, status="Current", name="") for n in range(1, 6)],
}


@pytest.mark.parametrize("guard", FALSE_NIGHTS)
def test_who_corrects_the_source_after_a_guard_is_let_out(world: World, guard: str) -> None:
    """The night after, at most one more guard asks about the correction, and once."""
    wrong = FALSE_NIGHTS[guard]
    world.write("m.yaml", f"{BY_WORD}{LIMITED}")
    right = [person(n, status="Current") for n in range(1, 13)]

    def night(day: int, people: list[Any], *more: str) -> tuple[int, list[str]]:
        world.write("people.json", people)
        ended = world.run("sync", "m.yaml", "--as-of", f"2026-06-{day:02}T04:00:00Z", *more)
        fired = re.findall(r"--allow (\S+=\d+)", " ".join(ended.out.split()))
        assert ended.code != 1, ended.err
        return ended.code, list(dict.fromkeys(fired))

    assert night(1, right, "--allow", "creates=99") == (0, [])
    assert night(2, right) == (0, [])
    others = {each["id"] for each in wrong}
    code, fired = night(3, [*(each for each in right if each["id"] not in others), *wrong])
    assert (code, [each.partition("=")[0] for each in fired]) == (4, [guard])
    code, fired = night(4, right)
    remedy = REMEDIES[guard].steps_for("acme", "the system")
    if code == 4:
        (also,) = {each.partition("=")[0].partition(".")[0] for each in fired}
        assert any(f"`{also}`" in step for step in remedy)
        assert night(5, right, *(word for each in fired for word in ("--allow", each)))[0] == 0
    assert night(6, right) == (0, [])
