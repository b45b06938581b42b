"""What was run: listed, shown, derived again, forgotten; and how connections stand."""

import gzip
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cli_world import MAPPING, World, person, user

from oneway.mapping.expressions import gap_interpreter

CONNECTION = """\
oneway_connection: 1
name: {name}
mapping: ../m.yaml
schedule: {{cron: "0 4 * * *", time_zone: Europe/London, spread: 0m}}
"""


HEAD = "run started ({}) connection why state new chg left fail held"


@pytest.fixture
def acme(world: World) -> World:
    """The world, with a connection to it."""
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", CONNECTION.format(name="acme"))
    return world


def stored(world: World) -> sqlite3.Connection:
    return sqlite3.connect(world.folder / ".oneway" / "journal.db")


def many_leavers(world: World) -> None:
    """Let everybody leave, which guards hold back."""
    world.write("users.json", [user(n) for n in range(1, 9)])
    world.write("people.json", [person(n, left=True) for n in range(1, 9)])


# Listing


def test_nothing_has_run_yet(world: World) -> None:
    assert world.run("runs").out == "No run.\n"
    assert world.run("runs", "--format", "json").data == {"runs": []}
    for command in (
        ("runs", "show", "latest"),
        ("runs", "prune", "--older-than", "90d"),
        ("report", "latest", "--out", "report.html"),
        ("replay", "latest"),
    ):
        assert not world.folder.joinpath(".oneway").exists()  # looking makes none
        ended = world.run(*command)
        assert ended.code == 1
        assert "nothing has run yet [F130]" in ended.flat


def test_runs_are_listed_newest_first_with_what_each_did(acme: World) -> None:
    acme.run("sync", "acme")
    acme.run("sync", "acme")
    ended = acme.run("runs")
    assert ended.code == 0
    head, second, first = ended.out.splitlines()
    assert " ".join(head.split()) in (HEAD.format("GMT"), HEAD.format("BST"))
    assert first.split()[3:] == ["acme", "by", "hand", "done", "1", "1", "-", "-", "-"]
    assert second.split()[3:] == ["acme", "by", "hand", "done", "-", "-", "-", "-", "-"]
    assert all(len(line) <= 80 for line in ended.out.splitlines())


def test_runs_are_chosen_by_connection_and_state(acme: World) -> None:
    acme.run("sync", "m.yaml")
    acme.run("sync", "acme")
    many_leavers(acme)
    assert acme.run("sync", "acme").code == 4
    acme.write("people.json", [])
    assert acme.run("sync", "acme").code == 1
    found = acme.run("runs", "acme", "--format", "json").data["runs"]
    assert [each["state"] for each in found] == ["refused", "held", "done"]
    assert [each["held"] for each in found] == [0, 8, 0]
    assert found[0]["problems"][0]["code"] == "R160"
    assert found[1]["breaches"][0]["allow"] == "--allow leavers=8"
    assert len(acme.run("runs", "--format", "json").data["runs"]) == 4
    one = acme.run("runs", "acme", "--state-of", "held", "--format", "json").data["runs"]
    assert [each["state"] for each in one] == ["held"]
    few = acme.run("runs", "--limit", "2", "--format", "json").data["runs"]
    assert [each["run"] for each in few] == [4, 3]
    ended = acme.run("runs", "amce")
    assert ended.code == 1
    assert "[F130] did you mean 'acme'?" in ended.flat


# One run


def test_a_run_is_shown_with_who_was_what_and_why(acme: World) -> None:
    acme.run("sync", "acme")
    ended = acme.run("runs", "show", "1")
    assert ended.code == 0
    for said in (
        "Run 1 of acme: done",
        "by hand, ",
        "m.yaml (",
        "source file people.json: 4 records",
        "oneway replay 1",
        "Planned: 1 to create, 1 to update; 1 unchanged.",
        '~ P002 Person 2 (record 2) name: "Old Name" -> "Person 2"',
        "+ P001 Person 1",
        "does not sync: ineligible (1) Email is missing (1 record) P004 Person 4",
    ):
        assert said in ended.flat
    assert "P003" not in ended.out
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert acme.run("runs", "show", "latest").out == acme.run("runs", "show", "acme").out


def test_people_are_chosen_by_outcome_and_by_name(acme: World) -> None:
    acme.run("sync", "acme")

    def keys(*options: str) -> list[str]:
        data = acme.run("runs", "show", "1", *options, "--format", "json").data
        return [each["key"] for each in data["people"]]

    assert keys() == ["P001", "P002", "P003", "P004"]
    assert keys("--outcome", "unchanged") == ["P003"]
    assert keys("--outcome", "done") == ["P001", "P002"]
    assert keys("--outcome", "create", "--outcome", "ineligible") == ["P001", "P004"]
    assert keys("--person", "son 2") == ["P002"]
    assert keys("--person", "p00", "--outcome", "update") == ["P002"]
    assert "unchanged (1)" in acme.run("runs", "show", "1", "--person", "p003").flat
    assert "No person matches." in acme.run("runs", "show", "1", "--person", "nobody").flat
    ended = acme.run("runs", "show", "1", "--outcome", "created")
    assert ended.code == 2


def test_what_a_guard_held_back_is_shown_with_what_lets_it_through(acme: World) -> None:
    many_leavers(acme)
    acme.run("sync", "acme")
    ended = acme.run("runs", "show", "latest")
    assert "a guard held something back" in ended.flat
    assert (
        "For payroll: 1. The source says that these people have left, or are to leave. Confirm"
        in ended.flat
    )
    once = "Only if it is right, to let exactly these pass, once"
    assert f"{once}: `oneway sync acme --allow leavers=8`" in ended.flat
    assert "! held back by leavers" in ended.flat
    first = acme.run("runs", "show", "latest", "--format", "json").data["people"][0]
    assert (first["ending"], first["held_by"]) == ("held", ["leavers"])


def test_a_refused_run_says_what_stopped_it(acme: World) -> None:
    acme.write("people.json", [])
    acme.run("sync", "acme")
    ended = acme.run("runs", "show", "acme")
    assert ended.code == 0
    assert "refused: an error stopped it" in ended.flat
    assert "the source has no records; nothing will be written [R160]" in ended.flat
    ended = acme.run("replay", "acme")
    assert ended.code == 1
    assert "an error stopped this run before it had a plan [F130]" in ended.flat


# Deriving again


def test_a_plan_is_derived_again_without_any_system(acme: World) -> None:
    acme.run("sync", "acme")
    for name in ("people.json", "users.json", "teams.json", "connections/acme.yaml"):
        (acme.folder / name).unlink()
    ended = acme.run("replay", "acme")
    assert ended.code == 0
    assert "derived again, byte for byte." in ended.flat
    data = acme.run("replay", "1", "--format", "json").data
    assert (data["same"], data["differences"]) == (True, [])
    assert data["derived"] == data["fingerprint"]


def test_a_changed_mapping_is_told_and_can_be_tried_on_the_old_inputs(acme: World) -> None:
    acme.run("sync", "acme")
    acme.write("m.yaml", MAPPING.replace("when: email, ", "when: name, "))
    ended = acme.run("replay", "1")
    assert ended.code == 0
    assert "m.yaml was changed since" in ended.flat
    ended = acme.run("replay", "1", "--mapping", "m.yaml")
    assert ended.code == 3
    assert 'source record s4 (Person 4) outcome: "ineligible" -> "create"' in ended.flat
    acme.write("m.yaml", MAPPING.replace("name: name\n", "name: nickname\n"))
    ended = acme.run("replay", "1", "--mapping", "m.yaml")
    assert ended.code == 1
    assert "nothing was stored for name: nickname [F134]" in ended.flat
    (acme.folder / "m.yaml").unlink()
    assert "is not there any more" in acme.run("replay", "1").flat


def test_what_was_sensitive_then_is_not_shown_by_a_mapping_that_would_show_it(acme: World) -> None:
    acme.write(
        "m.yaml", MAPPING.replace("{from: phone, when: setting('with_phone'), ", "{from: phone, ")
    )
    acme.write("users.json", [user(1, phone="07700 900001")])
    acme.run("sync", "acme")
    shown = "phone: {value: unknown}\n"
    acme.write("m.yaml", re.sub(r"phone: \{from.*\n", shown, MAPPING))
    ended = acme.run("replay", "1", "--mapping", "m.yaml")
    assert ended.code == 1
    assert "nothing was stored for the target's phone [F134]" in ended.flat
    assert "07700" not in ended.flat


def test_a_mapping_that_says_the_same_in_other_words_makes_the_same_plan(acme: World) -> None:
    acme.run("sync", "acme")
    acme.write("m.yaml", "# reviewed\n" + MAPPING)
    ended = acme.run("replay", "1", "--mapping", "m.yaml")
    assert ended.code == 0
    assert "derived again in all it says" in ended.flat


def test_a_function_that_says_something_else_today_is_found(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme.write("m.yaml", MAPPING.replace("name: name\n", "name: upper(name)\n"))
    acme.run("sync", "acme")
    real = gap_interpreter.invoke

    def other(function, arguments, context):
        found = real(function, arguments, context)
        return found.lower() if function.name == "upper" and found else found

    monkeypatch.setattr(gap_interpreter, "invoke", other)
    ended = acme.run("replay", "1")
    assert ended.code == 3
    assert 'name after: "PERSON 2" -> "person 2"' in ended.flat


def test_what_was_touched_in_the_store_is_refused(acme: World) -> None:
    acme.run("sync", "acme")
    with closing(stored(acme)) as store, store:
        query = "SELECT data FROM snapshot WHERE name = 'inputs'"
        ((data,),) = store.execute(query).fetchall()
        lines = gzip.decompress(gzip.decompress(data)).replace(b"Person 1", b"Person X")
        packed = gzip.compress(gzip.compress(lines))
        store.execute("UPDATE snapshot SET data = ? WHERE name = 'inputs'", (packed,))
    ended = acme.run("replay", "1")
    assert ended.code == 1
    assert "the snapshot of this run was damaged or changed [F131]" in ended.flat


def test_a_mapping_that_was_touched_in_the_store_is_refused(acme: World) -> None:
    acme.run("sync", "acme")
    with closing(stored(acme)) as store, store:
        query = "SELECT data FROM snapshot WHERE name = 'mapping'"
        ((data,),) = store.execute(query).fetchall()
        packed = gzip.compress(b"# reviewed\n" + gzip.decompress(data))
        store.execute("UPDATE snapshot SET data = ? WHERE name = 'mapping'", (packed,))
    ended = acme.run("replay", "1")
    assert ended.code == 1
    assert "the mapping that was stored with this run has been changed [F131]" in ended.flat


def test_rules_over_sensitive_fields_and_others_keep_their_places(acme: World) -> None:
    rules = "eligible:\n  - {id: phone, when: phone, otherwise: Phone is missing}\n"
    acme.write("m.yaml", MAPPING.replace("eligible:\n", rules))
    people = [person(1, phone="1"), person(2, email="", phone="2"), person(3)]
    acme.write("people.json", people)
    acme.run("sync", "acme")
    ended = acme.run("replay", "1")
    assert (ended.code, "derived again, byte for byte." in ended.flat) == (0, True)
    # Only the second rule is evaluated again, and what it says today is told of it.
    acme.write(
        "m.yaml", MAPPING.replace("eligible:\n", rules).replace("when: email,", "when: code,")
    )
    ended = acme.run("replay", "1", "--mapping", "m.yaml")
    assert "source record s2 (Person 2) outcome" in ended.flat


def test_a_saved_plan_that_was_applied_cannot_be_derived_again(acme: World) -> None:
    acme.run("plan", "acme", "--out", "plan.json")
    acme.run("apply", "plan.json")
    ended = acme.run("replay", "latest")
    assert ended.code == 1
    assert "the inputs of its plan were not stored [F130]" in ended.flat
    assert "kept the plan" in acme.run("runs", "show", "latest").flat


def test_a_run_that_is_too_large_says_that_nothing_is_kept(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oneway.runs.compare.capture.inputs_of.__kwdefaults__", {"limit": 10})
    monkeypatch.setattr("oneway.runs.compare.capture.snapshots_of.__kwdefaults__", {"limit": 10})
    acme.run("sync", "acme")
    said = "it would take more than 10 bytes, compressed"
    assert f"the inputs of its plan were not stored: {said} [F130]" in acme.run("replay", "1").flat
    assert f"kept the plan, and not its inputs: {said}" in acme.run("runs", "show", "1").flat


SECRET = "07700900123"


def test_nothing_sensitive_is_in_the_store_packed_or_not(acme: World) -> None:
    people = [person(n, phone=f"{SECRET}{n}") for n in range(1, 5)]
    acme.write("people.json", people)
    held = [user(1, phone=f"{SECRET}1"), user(2, phone=f"{SECRET}9"), user(3)]
    acme.write("users.json", held)
    assert "2 to update" in acme.run("sync", "acme", "--set", "with_phone=true").flat
    for said in (("replay", "1"), ("replay", "1", "--format", "json"), ("runs", "show", "1")):
        ended = acme.run(*said)
        assert ended.code == 0
        assert SECRET not in ended.flat
    for path in (acme.folder / ".oneway").iterdir():
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()
    with closing(stored(acme)) as store:
        kept = [data for (data,) in store.execute("SELECT data FROM snapshot")]
        texts = [
            repr(row) for name in ("run", "entry") for row in store.execute(f"SELECT * FROM {name}")
        ]
    unpacked = [gzip.decompress(data) for data in kept]
    unpacked += [gzip.decompress(data) for data in unpacked if data[:2] == b"\x1f\x8b"]
    assert any(b"Person 1" in data for data in unpacked)  # so what was looked at is the inputs
    assert all(SECRET.encode() not in data for data in unpacked)
    assert not any(SECRET in text for text in texts)


# Forgetting


def aged(world: World, *runs: int) -> None:
    with closing(stored(world)) as store, store:
        marks = ", ".join("?" * len(runs))
        sql = f"UPDATE run SET ended = '2020-01-01T00:00:00Z' WHERE id IN ({marks})"
        store.execute(sql, runs)


def test_old_runs_are_forgotten_and_the_last_one_stays(acme: World) -> None:
    for _ in range(3):
        acme.run("sync", "acme")
    aged(acme, 1, 2, 3)
    ended = acme.run("runs", "prune", "--older-than", "90d", "--dry-run")
    assert (ended.out, ended.err) == ("2 runs would be forgotten.\n", "")
    assert acme.run("runs", "prune", "--older-than", "90d").out == "2 runs were forgotten.\n"
    left = acme.run("runs", "--format", "json").data["runs"]
    assert [each["run"] for each in left] == [3]
    assert acme.run("replay", "3").code == 0
    assert acme.run("replay", "1").code == 1


def test_guards_still_see_the_last_week(acme: World) -> None:
    ended = acme.run("runs", "prune", "--older-than", "7d")
    assert ended.code == 2
    assert "at least 8d: guards look back a week" in ended.flat
    assert acme.run("runs", "prune", "--older-than", "soon").code == 2


def test_each_run_forgets_the_old_ones_of_its_connection(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("acme", "acme", "m.yaml"):
        acme.run("sync", name)
    aged(acme, 1, 2, 3)
    acme.run("sync", "acme")
    left = acme.run("runs", "--format", "json").data["runs"]
    assert [each["run"] for each in left] == [4, 3]
    monkeypatch.setenv("ONEWAY_KEEP_DAYS", "7")
    ended = acme.run("sync", "acme")
    assert ended.code == 1
    assert "'7' is not a valid number of days [U115]" in ended.flat
    monkeypatch.setenv("ONEWAY_KEEP_DAYS", "8")
    assert acme.run("sync", "acme").code == 0


# Status


def test_status_tells_of_every_connection(acme: World) -> None:
    acme.write("connections/broken.yaml", CONNECTION.format(name="No Name"))
    acme.write("connections/fresh.yaml", CONNECTION.format(name="fresh"))
    acme.run("sync", "acme")
    acme.run("sync", "m.yaml")
    ended = acme.run("status")
    assert ended.code == 0
    assert "done 20" in ended.flat
    assert re.search(
        r"1 record does not sync: 1 ineligible since \S+: Email is missing", ended.flat
    )
    assert "connections/broken.yaml:2:7: error: 'No Name'" in ended.flat
    assert "fresh has not run yet; next 20" in " ".join(ended.flat.split())
    assert "people-to-users" in ended.flat
    assert "m.yaml, by hand" in ended.flat
    assert "P004" not in ended.flat
    assert "P004 Person 4" in acme.run("status", "--verbose").flat
    data = acme.run("status", "--format", "json").data["connections"]
    # The worst first: a broken file, then people who do not sync.
    assert [each["name"] for each in data][:2] == ["connections/broken.yaml", "acme"]
    data = acme.run("status", "--connection", "acme", "--format", "json").data["connections"]
    assert data[0]["needs"] == ["unsynced", "untold"]
    assert data[0]["last"]["state"] == "done"
    assert data[0]["next"].endswith("04:00:00Z") or data[0]["next"].endswith("03:00:00Z")
    assert data[0]["unsynced"] == [
        {
            "kind": "ineligible",
            "number": 1,
            "people": ["P004 Person 4"],
            "reason": "Email is missing",
            "since": data[0]["stories"][0]["since"],
        }
    ]
    assert data[0]["stories"][0]["key"] == "P004"
    assert acme.run("status", "--exit-code").code == 1


def test_status_says_what_is_held_back_and_since_when(acme: World) -> None:
    acme.run("sync", "acme")
    many_leavers(acme)
    acme.run("sync", "acme")
    with closing(stored(acme)) as store, store:
        store.execute("UPDATE run SET as_of = '2026-11-01T04:00:00Z' WHERE id = 2")
    acme.run("sync", "acme")
    ended = acme.run("status")
    assert "8 actions are held back since 2026-11-01 04:00 GMT: leavers: 8 now" in ended.flat
    assert "`oneway sync acme --allow leavers=8`" in ended.flat
    assert "last done 20" in ended.flat
    assert acme.run("status", "--exit-code").code == 4


def test_status_without_anything(world: World) -> None:
    ended = world.run("status")
    assert (ended.code, ended.out) == (0, "No connection, and nothing has run yet.\n")
    assert world.run("status", "--exit-code").code == 1  # a monitor may look into a wrong folder
    assert world.run("status", "nowhere").code == 1
    assert not world.folder.joinpath(".oneway").exists()


def test_status_says_what_stopped_the_last_run(acme: World) -> None:
    acme.write("people.json", [])
    acme.run("sync", "acme")
    ended = acme.run("status")
    assert "stopped by an error 20" in ended.flat
    assert "never done in full yet" in ended.flat
    said = "! file people.json: the source has no records; nothing will be written [R160]"
    assert f"{said} For payroll: 1. See whether the file has its people" in ended.flat
    assert acme.run("status", "--exit-code").code == 1


def test_every_page_fits_80_columns(acme: World) -> None:
    acme.write("connections/long.yaml", CONNECTION.format(name="a-" + "very-" * 11 + "lon"))
    many_leavers(acme)
    acme.run("sync", "a-" + "very-" * 11 + "lon")
    acme.run("sync", "acme")
    for command in (("runs",), ("runs", "show", "1"), ("replay", "1"), ("status", "--verbose")):
        lines = acme.run(*command).out.splitlines()
        assert [line for line in lines if len(line) > 80] == []


def test_data_is_json(acme: World) -> None:
    acme.run("sync", "acme")
    for command in (("runs",), ("runs", "show", "1"), ("replay", "1"), ("status",)):
        assert acme.run(*command, "--format", "json").data


def test_a_group_shows_its_help(world: World) -> None:
    ended = world.run("runs", "--help")
    assert ended.code == 0
    assert "prune" in ended.out
    assert Path(".oneway").exists() is False
