"""Values that are gone for many people at once, from the command line: the run is held."""

from typing import Any

import pytest
from cli_world import World

from commands import Ended

MAPPING = """
oneway: 1
name: gone
source: {connector: file, resource: s.json, absent: null}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: reference}
label: name
fields:
  reference: {from: code, write: on_create}
  name: name
leavers:
  when: job.end && is_past(job.end)
  set: {leaveDate: job.end}
  left: is_past(leaveDate)
rehires: reactivate
guards:
  leavers: {share: 1%, floor: 3}
  reactivations: {share: 1%, floor: 9}
  clears: {share: 1%, floor: 9}
"""
ENDED = "2024-05-31"


def people(leavers: int, of: int = 20) -> list[dict[str, Any]]:
    """Return so many people, the first of whom have left."""
    return [
        {"id": f"s{n}", "code": f"E{n}", "name": f"Ann {n}", "job": {"end": ENDED}}
        if n <= leavers
        else {"id": f"s{n}", "code": f"E{n}", "name": f"Ann {n}", "job": {"end": None}}
        for n in range(1, of + 1)
    ]


def users(left: int, of: int = 20) -> list[dict[str, Any]]:
    return [
        {"id": str(n), "reference": f"E{n}", "name": f"Ann {n}", "leaveDate": ENDED}
        if n <= left
        else {"id": str(n), "reference": f"E{n}", "name": f"Ann {n}", "leaveDate": None}
        for n in range(1, of + 1)
    ]


def night(world: World, day: int, source: object, *options: str, command: str = "sync") -> Ended:
    world.write("s.json", source)
    return world.run(command, "m.yaml", "--as-of", f"2026-06-{day:02}", *options)


def begun(world: World, source: object, target: object) -> Ended:
    """Sync two files for the first time."""
    world.write("m.yaml", MAPPING)
    world.write("t.json", target)
    return night(world, 1, source)


def blanked(found: list[dict[str, Any]], job: object = None) -> list[dict[str, Any]]:
    """Return people whose jobs say nothing of their end any more."""
    return [{**each, "job": job} for each in found]


def flat(ended: Ended) -> str:
    """Return what was printed, without the ends of lines."""
    return " ".join(ended.out.split())


@pytest.mark.parametrize("job", [None, {"end": " "}])
def test_who_could_get_in_stays_in_the_list_until_a_person_says_otherwise(
    world: World, job: object
) -> None:
    """One has left by the target, four could get in, and one never was a user."""
    found = people(6)
    first = begun(world, found, users(1)[:5] + users(1)[6:])
    assert first.code == 4  # four leavers at once
    for day in (2, 3):
        held = night(world, day, blanked(found, job))
        assert held.code == 4
        assert "values_gone.source.job.end: file s.json: by the last good run, 6" in flat(held)
        assert "and can still get in (4)" in held.out
        assert "may concern: E2 Ann 2, E3 Ann 3" in flat(held)
        assert [each["leaveDate"] for each in world.read("t.json")] == [ENDED, *[None] * 18]
    told = world.run("explain", "m.yaml", "E3")
    assert "many values of 'job.end' (source) are gone" in flat(told)
    released = night(world, 4, blanked(found, job), "--allow", "values_gone.source.job.end=6")
    assert "still get in" not in released.out
    assert (night(world, 5, blanked(found, job)).code, released.code) == (0, 0)


def test_it_is_said_wherever_a_guard_is(world: World) -> None:
    found = people(4)
    begun(world, found, users(0))
    plan = night(world, 2, blanked(found), "--format", "json", command="plan")
    (breach,) = plan.data["verdict"]["breaches"]
    assert (plan.code, breach["guard"]) == (4, "values_gone.source.job.end")
    assert (breach["found"], breach["of"], breach["floor"]) == (4, 4, 2)
    assert breach["concerned"][:1] == [["E1", "Ann 1"]]
    marked = night(world, 2, blanked(found), "--format", "markdown", command="plan").out
    assert "may concern: E1 Ann 1" in marked
    assert night(world, 2, blanked(found), "--out", "plan.json", command="plan").code == 4
    approval = world.read("plan.json")["fingerprint"]
    assert world.run("apply", "plan.json", "--approve", approval).code == 4
    shown = flat(world.run("runs", "show", "2"))
    assert "values_gone.source.job.end" in shown
    assert "may concern: E1 Ann 1" in shown
    status = flat(world.run("status"))
    assert "values_gone.source.job.end" in status
    assert "and can still get in (4)" in status
    page = world.run("report", "2").out
    assert "The source says nothing under" in page
    assert "may concern: E1 Ann 1" in page
    wrong = night(world, 3, found, "--allow", "values_gone.source.job.ended=4", command="plan")
    assert (wrong.code, "did you mean 'source.job.end'?" in wrong.err) == (1, True)


@pytest.mark.parametrize(("leavers", "code"), [(2, 0), (3, 4)])
def test_few_leave_dates_are_watched_as_well(world: World, leavers: int, code: int) -> None:
    """Two people may come back in one night, of however few."""
    found = people(leavers, of=40)
    assert begun(world, found, users(leavers, of=40)).code == 0
    assert night(world, 2, blanked(found)).code == code


def test_leavers_whom_an_export_lists_no_more_have_lost_nothing(world: World) -> None:
    found = people(8)
    assert begun(world, found[4:], users(8)).code == 0
    # Four are listed no more, and four others join.
    joined = [
        {**each, "id": f"s{n}", "code": f"E{n}", "name": f"Joy {n}"}
        for n, each in enumerate(people(0, of=4), 30)
    ]
    ended = night(world, 2, [*found[8:], *joined])
    assert (ended.code, "values_gone" in ended.out) == (0, False)


def test_what_the_sync_has_cleared_itself_is_not_gone(world: World) -> None:
    """Five come back, one or two a night in the source, and all at once in the target."""
    found = people(5)
    world.write("m.yaml", MAPPING)
    assert begun(world, found, users(5)).code == 0
    back = night(world, 2, people(0), "--allow", "values_gone=5")
    assert (back.code, back.out.count("~ reactivate")) == (0, 5)
    after = night(world, 3, people(0))
    assert (after.code, "No changes" in after.out) == (0, True)


@pytest.mark.parametrize("field", ["leaveDate", "reference"])
def test_values_that_are_gone_from_the_target_hold_the_run(world: World, field: str) -> None:
    assert begun(world, people(5), users(5)).code == 0
    world.write("t.json", [{**each, field: None} for each in users(5)])
    held = night(world, 2, people(0) if field == "leaveDate" else people(5))
    assert held.code == 4
    assert f"values_gone.target.{field}" in held.out
    assert [each["leaveDate"] for each in world.read("t.json")][5:] == [None] * 15
    assert len(world.read("t.json")) == 20


def test_keys_that_are_gone_keep_people_in_the_list_as_well(world: World) -> None:
    """A key that the export leaves out where it says nothing goes with its value."""
    found = people(12, of=30)
    assert begun(world, found, users(0, of=30)).code == 4  # twelve leavers at once
    without = [{key: each[key] for key in ("id", "code", "name")} for each in found[:-1]]
    held = night(world, 2, [*without, found[-1]])
    assert held.code == 4
    assert "keys_gone.source.job.end" in flat(held)
    assert "values_gone" not in flat(held)
    assert "can still get in (12)" in flat(held)


def test_who_was_in_the_list_stays_there_though_the_source_drops_their_record(
    world: World,
) -> None:
    """Held back by a guard, and then left out of the export: their accounts are still there."""
    assert begun(world, people(0), users(0)).code == 0
    assert night(world, 2, people(5)).code == 4
    rest = people(5)[5:]
    for day in (3, 4):
        ended = night(world, day, rest, "--allow", "source_shrink=9", "--allow", "target_shrink=9")
        assert ended.code == 5, ended.out
        assert "Have perhaps left, and can still get in (5)" in flat(ended)
        assert "the source no longer has their record" in flat(ended)
    assert "can still get in (5)" in " ".join(world.run("status").out.split())
    world.write("t.json", users(5))
    assert night(world, 5, rest, "--allow", "target_shrink=9").code == 0


def test_a_record_that_no_key_found_stays_in_the_list_as_well(world: World) -> None:
    """Without a link: by a leaver's name alone, or as a second record. Until it says they left."""
    held, found = users(0), people(5)
    held[0]["reference"] = "misspelt"  # s1 has no record of their own
    held.append({"id": "99", "reference": None, "name": "Ann 2", "leaveDate": None})
    world.write("t.json", held)
    world.write("m.yaml", MAPPING.replace("floor: 3", "floor: 9"))
    assert "can still get in (2)" in flat(night(world, 1, found))
    for day in (2, 3):
        ended = night(world, day, found[2:], *GONE)
        assert "Have perhaps left, and can still get in (2)" in flat(ended), ended.out
        assert ended.code == 5
    back = night(world, 4, [{**found[0], "code": "misspelt"}, *found[2:]], *GONE)
    assert "can still get in (1)" in flat(back), back.out  # their key is right now: they leave
    now = world.read("t.json")
    assert [each["leaveDate"] for each in now if each["id"] in ("1", "99")] == [ENDED, None]
    world.write("t.json", [{**each, "leaveDate": ENDED} for each in now])
    last = night(world, 5, found[2:5], "--allow", "source_shrink=19", *GONE)
    assert "can still get in" not in flat(last)


GONE = ("--allow", "target_shrink=9")


def test_a_record_that_comes_back_decides_again(world: World) -> None:
    assert begun(world, people(0), users(0)).code == 0
    assert night(world, 2, people(5)).code == 4
    allowed = ("--allow", "source_shrink=9", "--allow", "target_shrink=9")
    assert night(world, 3, people(5)[5:], *allowed).code == 5
    assert night(world, 4, people(0)).code == 0
    assert night(world, 5, people(5)).code == 4
