"""Days of leaving that can hardly be meant are told, and who keeps access by one is listed."""

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: odd
source:
  connector: file
  resource: people.csv
  options: {id: code}
target: {connector: file, resource: staff.json}
match:
  - {source: code, target: reference}
label: name
fields:
  reference: {from: code, write: on_create}
  name: name
leavers:
  when: "%s"
  set: %s
  left: %s
%s
"""
DATED = (
    "{leaveDate: leave || today()}",
    "is_past(leaveDate)",
    "  scheduled: is_future(leaveDate)",
)
SWITCHED = ("{active: {value: false}}", "active == `false`", "")
FORMER = "status == 'Former'"


def night(
    world: World, when: str, how: tuple[str, str, str], leave: str, status: str = "Former"
) -> tuple[int, str, str]:
    """Run a night of one person; return its exit code, what it says, and then the status."""
    world.write("w.yaml", MAPPING % (when, *how))
    world.write("people.csv", f"code,name,status,leave,born\n1,Ann,{status},{leave},1951-05-31\n")
    if not (world.folder / "staff.json").exists():
        user = {"id": "1", "reference": "1", "name": "Ann", "active": True, "leaveDate": None}
        world.write("staff.json", [user])
    ended = world.run("sync", "w.yaml", "--as-of", "2026-06-01")
    out, status = (" ".join(each.out.split()) for each in (ended, world.run("status")))
    return ended.code, out, status


@pytest.mark.parametrize("leave", ["2206-11-01", "9999-12-31", "2062-06-01", "2036-07-01"])
def test_who_has_left_and_leaves_in_years_is_listed_until_that_is_corrected(
    world: World, leave: str
) -> None:
    for _ in range(2):
        code, out, status = night(world, FORMER, DATED, leave)
        assert code == 5
        for said in (out, status):
            assert "Have left, and can still get in (1) 1 Ann: has left, and their access" in said
            assert "ends more than 10 years from now: keeps access until then" in said
            assert f'(status: "Former"; leaveDate: "{leave}")' in said
    code, out, status = night(world, FORMER, DATED, "2026-05-01")
    assert (code, "can still get in" in out + status) == (0, False)


@pytest.mark.parametrize(
    ("when", "leave"),
    [
        (FORMER, "2027-06-01"),
        (FORMER, "2036-05-01"),
        (FORMER, ""),
        (FORMER, "1999-12-31"),
        ("leave", "2027-06-01"),
        ("leave", "2066-06-01"),  # they retire
        ("is_past(leave)", "2026-05-31"),
        ("is_past(leave)", "1979-05-31"),
        ("years_between(born, today()) >= `67`", ""),
        (f"{FORMER} || is_past(leave)", "0001-01-01"),
        (FORMER, "0001-01-01"),
    ],
)
@pytest.mark.parametrize("how", [DATED, SWITCHED])
def test_ordinary_days_are_not_told(
    world: World, when: str, leave: str, how: tuple[str, str, str]
) -> None:
    code, out, status = night(world, when, how, leave)
    assert (code, "years" in out + status) == (0, False), out


@pytest.mark.parametrize("leave", ["0001-01-01", "1601-01-01", "1900-01-01", "1970-01-01"])
@pytest.mark.parametrize("how", [DATED, SWITCHED])
def test_nobody_leaves_by_a_day_long_ago_before_somebody_says_that_it_is_one(
    world: World, leave: str, how: tuple[str, str, str]
) -> None:
    for _ in range(2):
        code, out, status = night(world, "is_past(leave)", how, leave, "Current")
        assert (code, "nothing to do" in out) == (5, True), out
        assert "Have left, and can still get in (1) 1 Ann: by its dates, they left more" in out
        assert "they left more than 50 years ago: such a day often means" in out
        assert "can still get in" in status
    assert world.read("staff.json")[0]["active"]
    code, out, _ = night(world, "is_past(leave)", how, "2026-05-01", "Current")
    assert (code, "1 was marked as a leaver" in out, "years" in out) == (0, True, False), out


def test_a_day_that_the_mapping_names_is_none(world: World) -> None:
    when = "leave != '0001-01-01' && is_past(leave)"
    assert "0 to leave" not in night(world, when, SWITCHED, "0001-01-01")[1]
    assert world.read("staff.json")[0]["active"]


def test_whoever_leaves_by_that_day_is_told_if_nobody_retires_so_late(world: World) -> None:
    code, out, _ = night(world, "leave", DATED, "2206-12-31")
    assert (code, "can still get in" in out) == (0, False)
    assert "their access ends more than 50 years from now" in out


def test_a_day_by_which_nobody_leaves_says_that_there_is_no_end(world: World) -> None:
    assert "years from now" not in night(world, "leave", DATED, "9999-12-31")[1]


def test_a_sensitive_day_is_not_shown(world: World) -> None:
    how = ("{leaveDate: {from: leave || today(), sensitive: true}}", *DATED[1:])
    _, out, _ = night(world, FORMER, how, "2206-11-01")
    assert "leaveDate: ***)" in out
    assert "2206" not in out
