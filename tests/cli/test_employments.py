"""A source with a record for each employment: one of them stands for the person."""

from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: rows
source:
  connector: file
  resource: s.json
  one_per: {person: code, current: status == 'Current', latest_by: leaveDate}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
leavers:
  when: status == 'Former'
  set: {leaveDate: leaveDate || today()}
  left: is_past(leaveDate)
rehires: reactivate
guards: {leavers: {share: 1, floor: 9}, reactivations: {share: 1, floor: 9}}
"""


def job(id: str, code: Any, name: str, end: Any = None, **more: Any) -> dict[str, Any]:
    status = "Former" if end else "Current"
    return {"id": id, "code": code, "name": name, "status": status, "leaveDate": end} | more


def user(id: str, code: str, name: str, end: str | None = None) -> dict[str, Any]:
    return {"id": id, "reference": code, "name": name, "leaveDate": end}


@pytest.fixture
def world(bare: World) -> World:
    bare.write("m.yaml", MAPPING)
    return bare


def outcomes(world: World, *args: str) -> dict[str, tuple[str, list[str]]]:
    """Return the outcome of each source record of a plan, with the codes of its reasons."""
    plan = world.run("plan", "m.yaml", "--format", "json", *args).data
    return {
        each["source_id"]: (each["outcome"], [reason["code"] for reason in each["reasons"]])
        for each in plan["outcomes"]
        if each["source_id"] is not None
    }


def test_the_current_employment_counts_or_else_the_latest(world: World) -> None:
    world.write("s.json", [
        job("c1", "100", "Ada Quill", "2024-05-31"), job("c2", "100", "Ada Married"),
        job("c4", "300", "Cy Old", "2023-05-31"), job("c5", "300", "Cy Old", "2026-05-31"),
        job("c6", "400", "Dee New", "2023-05-31"), job("c7", "400", "Dee New"),
    ])  # fmt: skip
    world.write("t.json", [user("1", "100", "Ada Quill"), user("3", "300", "Cy Old")])
    ended = world.run("sync", "m.yaml", "--verbose")
    assert ended.code == 0
    assert "another record of this person counts: the current one (2): 100, 400" in ended.flat
    assert "another record of this person counts: the latest one, as none is current" in ended.flat
    left, came, new = world.read("t.json")[1], world.read("t.json")[0], world.read("t.json")[2]
    assert (came["name"], came["leaveDate"]) == ("Ada Married", None)
    assert left["leaveDate"] == "2026-05-31"
    assert (new["reference"], new["name"]) == ("400", "Dee New")
    assert "No changes to make" in world.run("plan", "m.yaml").out
    told = world.run("explain", "m.yaml", "100").flat
    assert told.index("read from the source: record c2") < told.index("record c1")
    assert "another record of this person counts: the current one (c2 is 100)" in told
    assert "target record 1 has this value: matched" in told
    assert "not tried: another record of this person counts" in told
    assert "conflict" not in told


@pytest.mark.parametrize("label", ["", "label: name\n"])
def test_over_the_nights_one_person_is_one_user_whichever_employment_counts(
    world: World, label: str
) -> None:
    world.write("m.yaml", MAPPING + label)
    world.write("t.json", [])
    nights: list[tuple[list[dict[str, Any]], str | None]] = [
        ([job("c1", "100", "Ada")], None),
        ([job("c1", "100", "Ada", "2024-05-31")], "2024-05-31"),
        ([job("c1", "100", "Ada", "2024-05-31"), job("c2", "100", "Ada M")], None),
        ([job("c1", "100", "Ada", "2024-05-31"), job("c2", "100", "Ada M", "2025-01-31")],
         "2025-01-31"),
        ([job("c2", "100", "Ada M", "2025-01-31"), job("c3", "100", "Ada N")], None),
    ]  # fmt: skip
    for records, end in nights:
        world.write("s.json", records)
        ended = world.run("sync", "m.yaml")
        assert ended.code == 0, ended.out
        assert [each["leaveDate"] for each in world.read("t.json")] == [end]
        assert "No changes to make" in world.run("plan", "m.yaml").out


BY_PERSON = MAPPING.replace("person: code", "person: ni")


@pytest.mark.parametrize(
    ("old", "new", "key", "listed"),
    [
        ("2026-05-31", "2026-08-31", "901", True),
        ("2026-05-31", None, "901", True),
        ("2026-05-31", None, "0901", True),
        (None, None, "901", False),
    ],
    ids=["both left", "the person stays", "another form of the key", "no account is theirs"],
)
@pytest.mark.parametrize("absent", ["report", "deactivate"])
def test_the_account_of_a_record_that_does_not_count_is_not_forgotten(
    world: World, old: str | None, new: str | None, key: str, *, listed: bool, absent: str
) -> None:
    world.write("m.yaml", BY_PERSON + f"absent: {absent}\n")
    records = [job("a", "901", "Ada Quill", old, ni="z"), job("b", "902", "Ada May", new, ni="z")]
    world.write("s.json", records if listed else [records[1]])
    world.write("t.json", [user("1", key, "Ada Quill"), user("2", "902", "Ada May")])
    ended = world.run("sync", "m.yaml")
    other, own = world.read("t.json")
    assert own["leaveDate"] == new
    if not listed:
        assert "no source record matches" in ended.flat, ended.out
        assert (other["leaveDate"] is not None) == (absent == "deactivate")
        return
    assert "no source record matches" not in ended.flat
    assert "its match key, and another record of the same person counts: b" in ended.flat
    off = absent == "deactivate" and new is not None
    assert (other["leaveDate"] is not None) == off
    assert ended.code == (0 if off else 5)
    assert ("by source record a, the person has left" in ended.flat) or off
    assert ("by b, which counts, they stay: is this account still" in ended.flat) == (new is None)


@pytest.mark.parametrize(
    "users",
    [
        [user("1", "901", "Ada", "2026-05-31"), user("2", "902", "Ada")],
        [user("1", "902", "Ada")],
    ],
    ids=["its access has ended", "it has the key of the record that counts"],
)
def test_the_account_of_an_ended_employment_is_listed_until_somebody_decides(
    world: World, users: list[dict[str, Any]]
) -> None:
    """Also of who stays, night after night: nothing says that it is not needed."""
    world.write("m.yaml", BY_PERSON)
    world.write("s.json", [job("a", "901", "Ada", "2026-05-31", ni="z"),
                           job("b", "902", "Ada", ni="z")])  # fmt: skip
    world.write("t.json", [user("1", "901", "Ada")])
    for _ in range(2):
        ended = world.run("sync", "m.yaml")
        assert (ended.code, "is this account still needed?" in ended.flat) == (5, True)
    world.write("t.json", users)
    ended = world.run("sync", "m.yaml")
    assert (ended.code, "can still get in" in ended.out) == (0, False), ended.out


@pytest.mark.parametrize(("new", "listed"), [("2026-08-31", True), (None, False)])
def test_the_account_of_such_a_record_is_known_by_more_than_keys(
    world: World, new: str | None, *, listed: bool
) -> None:
    """As of any leaver; of somebody who stays, by the record that counts."""
    world.write("m.yaml", BY_PERSON.replace("  name: name\n", "  name: name\n  email: email\n"))
    old = job("a", "777", "Ada Quill", "2026-05-31", ni="z", email="quill@example.com")
    now = job("b", "902", "Ada May", new, ni="z", email="may@example.com")
    world.write("s.json", [old, now])
    other = user("1", "778", "Somebody") | {"email": "quill@example.com"}
    world.write("t.json", [other, user("2", "902", "Ada May") | {"email": "may@example.com"}])
    ended = world.run("sync", "m.yaml")
    assert ended.code == (5 if listed else 0), ended.out
    assert ("by source record a, the person has left" in ended.flat) is listed


def test_a_link_says_that_the_account_is_the_person_s_whichever_record_has_its_key(
    world: World,
) -> None:
    world.write("m.yaml", BY_PERSON)
    world.write("s.json", [job("a", "901", "Ada", ni="z")])
    world.write("t.json", [user("1", "901", "Ada")])
    assert world.run("sync", "m.yaml").code == 0
    ended_job = job("a", "901", "Ada", "2026-05-31", ni="z")
    world.write("s.json", [ended_job, job("b", "902", "Ada", ni="z")])
    ended = world.run("sync", "m.yaml")
    assert "rekeyed" in world.run("plan", "m.yaml", "--format", "json").out
    assert "can still get in" not in ended.out


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([job("a", "1", "A"), job("b", "1", "B")], "2 source records of one person are current"),
        ([job("a", "1", "A", "2024-05-31"), job("b", "1", "B", "2024-05-31T10:00:00")],
         "2 source records of one person are the latest, with the same day: a, b"),
    ],
)  # fmt: skip
def test_a_tie_is_a_conflict_that_names_both(
    world: World, records: list[dict[str, Any]], said: str
) -> None:
    world.write("s.json", [*records, job("c", "1", "C", "2020-05-31")])
    world.write("t.json", [user("1", "1", "Old")])
    found = outcomes(world)
    left = all(each["status"] == "Former" for each in records)
    assert found["a"] == found["b"] == ("conflict", ["one_per", *["remembered"] * left])
    assert found["c"] == ("ignored", ["another_record"])
    ended = world.run("sync", "m.yaml")
    assert said in ended.flat
    assert world.read("t.json") == [user("1", "1", "Old")]
    assert ("can still get in" in ended.out) == left


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"leaveDate": None, "status": "Former"}, "it is blank"),
        ({"leaveDate": "2024-02-30"}, "it is not a date"),
        ({"leaveDate": 20240531}, "it is not a date"),
        ({"leaveDate": "<absent>"}, "leaveDate is not given"),
        ({"status": "<absent>"}, "status is not given"),
    ],
)
def test_what_is_not_known_is_an_error_for_that_person_alone(
    world: World, changed: dict[str, Any], said: str
) -> None:
    odd = {**job("b", "1", "B", "2024-05-31"), **changed}
    odd = {key: value for key, value in odd.items() if value != "<absent>"}
    others = [job("x", "2", "X", "2023-05-31"), job("y", "2", "Y", "2023-06-30")]
    world.write("s.json", [job("a", "1", "A", "2022-05-31"), odd, *others])
    world.write("t.json", [user("1", "1", "Old"), user("2", "2", "X")])
    ended = world.run("sync", "m.yaml")
    found = outcomes(world)
    assert found["a"][0] == found["b"][0] == "error"
    assert "which of 2 records of this person counts is not known; of source record b" in ended.flat
    assert said in ended.flat
    kept, gone = world.read("t.json")
    assert kept == user("1", "1", "Old")
    assert gone["leaveDate"] == "2023-06-30"


def test_a_record_that_does_not_say_whose_it_is_keeps_nobody_from_staying(world: World) -> None:
    nobody = {key: value for key, value in job("n", "", "N").items() if key != "code"}
    records = [job("a", "1", "A", "2022-05-31"), job("x", "2", "X"), nobody]
    world.write("s.json", records)
    world.write("t.json", [user("1", "1", "A"), user("2", "2", "Old")])
    ended = world.run("sync", "m.yaml")
    assert "source record n may be theirs" in ended.flat
    assert "can still get in" in ended.out
    assert [each["leaveDate"] for each in world.read("t.json")] == [None, None]
    assert world.read("t.json")[1]["name"] == "X"


def test_one_record_by_itself_needs_no_date(world: World) -> None:
    world.write("s.json", [job("a", "1", "A", status="Former"), job("b", "", "B")])
    world.write("t.json", [user("1", "1", "A")])
    assert outcomes(world)["a"][0] == "leave"


def test_a_plan_is_stale_for_whom_another_record_counts_by_now(world: World) -> None:
    former = job("a", "1", "A", "2024-05-31")
    world.write("s.json", [former])
    world.write("t.json", [user("1", "1", "A")])
    assert world.run("plan", "m.yaml", "--out", "p.json").code in (0, 2)
    world.write("s.json", [former, job("b", "1", "A")])
    ended = world.run("apply", "p.json")
    assert world.read("t.json") == [user("1", "1", "A")], ended.out
    assert "source record b now counts for this person" in ended.flat


@pytest.mark.parametrize(
    ("one_per", "code"),
    [
        ("{person: code}", "S"),
        ("{person: code, latest_by: leaveDate, first: x}", "S102"),
        ("{person: 'code ||', latest_by: leaveDate}", "M103"),
        ("{person: code, latest_by: lastDay(x)}", "M103"),
    ],
)
def test_mistakes_have_their_place(world: World, one_per: str, code: str) -> None:
    was = "{person: code, current: status == 'Current', latest_by: leaveDate}"
    world.write("m.yaml", MAPPING.replace(was, one_per))
    ended = world.run("validate", "m.yaml")
    assert ended.code == 1
    assert f"[{code}" in ended.out
    assert "m.yaml:6:" in ended.out


def test_a_key_that_no_record_has_stops_the_run(world: World) -> None:
    world.write("s.json", [job("a", "1", "A"), job("b", "1", "B")])
    world.write("t.json", [user("1", "1", "A")])
    world.write("m.yaml", MAPPING.replace("latest_by: leaveDate", "latest_by: lastDay"))
    ended = world.run("sync", "m.yaml")
    assert "no record of the source has the key 'lastDay' (source.one_per)" in ended.flat
    assert world.read("t.json") == [user("1", "1", "A")]


def test_a_run_is_replayed_with_the_record_that_counted(world: World) -> None:
    people = [job(f"p{n}", f"9{n}", f"P {n}") for n in range(45)]
    history = [job("c1", "100", "Ada", "2024-05-31"), job("c2", "100", "Ada M")]
    world.write("s.json", [*history, *people])
    world.write("t.json", [user("1", "100", "Ada")])
    assert world.run("sync", "m.yaml").code == 0
    assert len(world.read("t.json")) == 46
    ended = world.run("replay", "latest")
    assert (ended.code, "Ada" in ended.out) == (0, False), ended.out
    assert world.run("check", "m.yaml").code == 0
