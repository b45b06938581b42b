"""Words, dates and keys that an export loses within lists overnight: the run is held."""

import json
from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: lists
source:
  connector: file
  resource: people.json
  absent: null
  options: {id: code}
target: {connector: file, resource: staff.json}
match:
  - {source: code, target: reference}
fields:
  reference: {from: code, write: on_create}
  name: name
leavers:
  when: "%s"
  set: {active: {value: false}}
  left: active == `false`
"""
LEFT, STAYING = 6, 9


def person(number: int, job: dict[str, Any]) -> dict[str, Any]:
    first = {"status": "Former", "end": "2020-01-31", "main": False, "start": 1}
    jobs = [{**first, "status": "Moved"}, {"main": True, "start": 2, **job}]
    return {"code": str(number), "name": f"P{number}", "jobs": jobs, "past": jobs[1:]}


def people() -> list[dict[str, Any]]:
    left = [person(n, {"status": "Former", "end": "2026-01-31"}) for n in range(LEFT)]
    staying = [person(LEFT + n, {"status": "Current", "end": None}) for n in range(STAYING)]
    return left + staying


def next_night(what: str) -> list[dict[str, Any]]:
    """Return the export of the next night; of keys, one person has the old ones: see R170."""
    found: list[dict[str, Any]] = changed(people(), what)
    return [*people()[:1], *found[1:]] if what == "keys" else found


def changed(value: Any, what: str) -> Any:
    if isinstance(value, list):
        return [changed(each, what) for each in value]
    if not isinstance(value, dict):
        return "Leaver" if (what, value) == ("words", "Former") else value
    if what == "keys":
        names = {"status": "state", "end": "endDate"}
        return {names.get(key, key): changed(each, what) for key, each in value.items()}
    blank = ("status", "end") if what == "blank" else ()
    return {key: None if key in blank else changed(each, what) for key, each in value.items()}


def begun(world: World, when: str) -> None:
    """Sync for the first time; those who have left have left in the target, too."""
    world.write("w.yaml", MAPPING % when)
    users = [
        {"id": each["code"], "reference": each["code"], "name": each["name"], "active": n >= LEFT}
        for n, each in enumerate(people())
    ]
    world.write("staff.json", json.dumps(users))
    assert night(world, 1, people()) == (0, "")


def night(world: World, day: int, found: list[dict[str, Any]]) -> tuple[int, str]:
    """Run one night; return its exit code, and what was printed of values that are gone."""
    world.write("people.json", json.dumps(found))
    ended = world.run("sync", "w.yaml", "--as-of", f"2026-06-{day:02}")
    return ended.code, " ".join(each for each in ended.out.split() if "values_gone.source" in each)


WORDS = [
    "jobs[-1].status == 'Former'",
    "jobs[?status == 'Former']",
    "jobs[?main && status == 'Former']",
    "jobs[?main].status | [0] == 'Former'",
    "contains(jobs[].status, 'Former')",
    "contains(map(&status, jobs), 'Former')",
    "sort_by(jobs, &start)[-1].status == 'Former'",
    "max_by(jobs, &start).status == 'Former'",
    "only(past).status == 'Former'",
    "contains(join(', ', past[].status), 'Former')",
    "(past[] | [0]).status == 'Former'",
    "jobs[?main == `true`].status | [0] == 'Former'",
    "is_present(jobs[?main] | [?status == 'Former'])",
    "coalesce(sort_by(jobs, &start)[-1], `{}`).status == 'Former'",
]
DATES = [
    "is_past(jobs[-1].end)",
    "is_past(sort_by(jobs, &start)[-1].end)",
    "past[?is_past(end)]",
    "is_past(jobs[?main].end | [0])",
]


@pytest.mark.parametrize("when", WORDS)
@pytest.mark.parametrize("what", ["words", "blank", "keys"])
def test_a_word_that_is_gone_from_lists_holds_the_run(world: World, when: str, what: str) -> None:
    begun(world, when)
    for day in (2, 3):
        code, said = night(world, day, next_night(what))
        assert code == 4
        assert ("::Former" in said) is (what == "words"), said
        assert "[].status" in said
    assert night(world, 4, people()) == (0, "")


@pytest.mark.parametrize("when", DATES)
@pytest.mark.parametrize("what", ["blank", "keys"])
def test_dates_that_are_gone_from_lists_hold_the_run(world: World, when: str, what: str) -> None:
    begun(world, when)
    code, said = night(world, 2, next_night(what))
    assert (code, "[].end=" in said) == (4, True), said


@pytest.mark.parametrize("when", [*WORDS, *DATES])
def test_lists_that_change_as_they_do_hold_nothing(world: World, when: str) -> None:
    """Two more have left, one is new, and one has another job beside."""
    begun(world, when)
    found = people()
    for each in found[LEFT : LEFT + 2]:
        each["jobs"][-1] |= {"status": "Former", "end": "2026-05-31"}
    found[-1]["jobs"].append({"status": "Current", "end": None, "main": False, "start": 1.5})
    code, said = night(world, 2, [*found, person(99, {"status": "Current", "end": None})])
    assert (code, said) == (0, "")


def test_lists_that_are_all_empty_are_told_once(world: World) -> None:
    begun(world, "jobs[-1].status == 'Former'")
    code, said = night(world, 2, [{**each, "jobs": []} for each in people()])
    assert code == 4
    assert "values_gone.source.jobs:" in said
    assert "[]" not in said


def test_a_word_within_lists_that_no_record_has_is_told_beside_one_that_is_near(
    world: World,
) -> None:
    begun(world, "jobs[-1].status == 'Former'")
    world.write("w.yaml", MAPPING % "jobs[-1].status == 'Formr'")
    said = " ".join(world.run("plan", "w.yaml", "--as-of", "2026-06-02").err.split())
    assert "no record of the source has 'Formr' in 'jobs[].status' (leavers.when)" in said
    assert "did you mean 'Former'?" in said
    assert "R176" in said


@pytest.mark.parametrize("when", [*WORDS, *DATES])
def test_keys_that_are_gone_from_all_items_stop_the_run(world: World, when: str) -> None:
    begun(world, when)
    world.write("people.json", json.dumps(changed(people(), "keys")))
    ended = world.run("sync", "w.yaml", "--as-of", "2026-06-02")
    said = " ".join(ended.err.split())
    assert (ended.code, "no record of the source has the key '" in said) == (1, True)
    assert "did you mean '" in said


MISSPELT = {
    "jobs[-1].stauts == 'Former'": ("jobs[].stauts", "did you mean 'jobs[].status'?"),
    "jobs[?stauts == 'Former']": ("jobs[].stauts", "did you mean 'jobs[].status'?"),
    "is_past(jobs[-1].leaving)": (
        "jobs[].leaving",
        "its items have these keys: end, main, start, status;",
    ),
    "contains(wrap[].jobs[].stauts, 'Former')": (
        "wrap[].jobs[].stauts",
        "did you mean 'wrap[].jobs[].status'?",
    ),
    "jobs[?of.stauts == 'Former']": ("jobs[].of.stauts", "its items have these keys"),
}


@pytest.mark.parametrize("when", MISSPELT)
def test_a_key_within_lists_that_no_item_has_stops_the_run(world: World, when: str) -> None:
    """Nobody would leave, as an absent key means null here."""
    world.write("w.yaml", MAPPING % when)
    found = [{**each, "wrap": [{"jobs": each["jobs"]}]} for each in people()]
    world.write("people.json", json.dumps(found))
    world.write("staff.json", "[]")
    ended = world.run("sync", "w.yaml", "--as-of", "2026-06-01")
    said = " ".join(ended.err.split())
    key, help = MISSPELT[when]
    assert ended.code == 1, said
    assert f"no record of the source has the key '{key}' (leavers.when)" in said
    assert help in said
    assert "R170" in said


def test_items_without_any_key_are_said_to_have_none(world: World) -> None:
    world.write("w.yaml", MAPPING % "jobs[-1].left")
    world.write("people.json", json.dumps([{**each, "jobs": [{}]} for each in people()]))
    world.write("staff.json", "[]")
    said = " ".join(world.run("sync", "w.yaml", "--as-of", "2026-06-01").err.split())
    assert "the key 'jobs[].left' (leavers.when)" in said
    assert "its items have no keys; if the system leaves out null values, declare" in said


def test_a_key_that_is_declared_within_lists_may_be_absent_from_all(world: World) -> None:
    """As it is where nobody has left, and the system leaves out what is null."""
    items = "{type: array, items: {properties: {gone: {}}}}"
    declared = f"{{additionalProperties: true, properties: {{jobs: {items}}}}}"
    mapping = MAPPING % "jobs[?gone]"
    world.write("w.yaml", mapping.replace("absent: null", f"absent: null\n  record: {declared}"))
    world.write("people.json", json.dumps(people()))
    world.write("staff.json", "[]")
    assert world.run("sync", "w.yaml", "--as-of", "2026-06-01").code == 0


def test_lists_that_have_no_items_yet_say_nothing_of_their_keys(world: World) -> None:
    world.write("w.yaml", MAPPING % "jobs[?gone]")
    world.write("people.json", json.dumps([{**each, "jobs": []} for each in people()]))
    world.write("staff.json", "[]")
    assert world.run("sync", "w.yaml", "--as-of", "2026-06-01").code == 0
