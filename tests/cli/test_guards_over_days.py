"""Guards with a memory: nightly runs over files, one night after the other.

`pytest -s tests/cli/test_guards_over_days.py` prints what each night asked for and did.
"""

import getpass
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from cli_world import Ended, World, person, user

from oneway.history.journal import Journal

FIRST = date(2025, 11, 1)
NOW = pytest.mark.parametrize("command", ["plan", "sync"])


@dataclass
class Company:
    """People and users of the same number, and what the nights did to them."""

    world: World
    people: dict[int, dict[str, Any]]
    table: list[str] = field(default_factory=list)

    def night(self, number: int, *args: str, command: str = "sync") -> Ended:
        """Run a command as of a night, counted from 1."""
        self.world.write("people.json", list(self.people.values()))
        before = self.gone()
        as_of = f"{FIRST + timedelta(days=number - 1)}T04:00:00Z"
        ended = self.world.run(command, "m.yaml", "--as-of", as_of, *args)
        fired = [line.strip(" !") for line in ended.out.splitlines() if "at most" in line]
        now = self.gone()
        self.table.append(
            f"{as_of[:10]} {command:5} {ended.code:4}  {now - before:4}  {now:3}  {fired}"
        )
        return ended

    def leave(self, *numbers: int) -> None:
        for number in numbers:
            self.people[number]["left"] = True

    def gone(self) -> int:
        return sum(bool(each.get("leaveDate")) for each in self.users())

    def users(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.world.read("users.json")
        return found

    def told(self) -> None:
        """Print the nights so far."""
        print("\nnight      what  exit  left  all  guards")
        print("\n".join(self.table))


def company(world: World, size: int) -> Company:
    world.write("users.json", [user(number) for number in range(1, size + 1)])
    return Company(world, {number: person(number) for number in range(1, size + 1)})


def blocked(ended: Ended, *said: str) -> None:
    """See that guards held something back and said all that a person needs."""
    assert ended.code == 4, ended.out
    for words in said:
        assert words in ended.flat, (words, ended.flat)


@NOW
def test_40_users_of_whom_12_leave_by_mistake(world: World, command: str) -> None:
    acme = company(world, 40)
    acme.leave(*range(1, 13))
    acme.people[40]["name"] = "New Name"
    ended = acme.night(1, command=command)
    blocked(
        ended,
        "leavers: 12 now, at most 4 may pass (the larger of 2 and 10 % of 40 matched)",
        "limit: guards.leavers in m.yaml",
        "to let these pass, in this plan only: --allow leavers=12",
    )
    assert acme.gone() == 0
    # The rest goes on.
    assert (acme.users()[39]["name"] == "New Name") is (command == "sync")
    acme.told()


@NOW
@pytest.mark.parametrize("how", ["empty", "one is left", "all have left"])
def test_all_vanish(world: World, command: str, how: str) -> None:
    acme = company(world, 40)
    text = (world.folder / "m.yaml").read_text(encoding="utf-8")
    world.write("m.yaml", text + "absent: deactivate\n")
    assert acme.night(1).code == 0
    before = acme.users()
    if how == "all have left":
        acme.leave(*acme.people)
        blocked(acme.night(2, command=command), "leavers: 40 now, at most 4 may pass")
    else:
        acme.people = {} if how == "empty" else {1: acme.people[1]}
        ended = acme.night(2, command=command)
        if how == "empty":
            assert (ended.code, "[R160]" in ended.err) == (1, True)
        else:
            blocked(
                ended,
                "leavers: 39 now, at most 2 may pass",
                "source_shrink: file people.json: 40 records at the last good run, 1 now",
            )
    assert acme.users() == before
    acme.told()


def test_one_leaver_among_8(world: World) -> None:
    acme = company(world, 8)
    acme.leave(3)
    assert acme.night(1).code == 0
    assert acme.gone() == 1
    acme.told()


def test_a_slow_bleed_of_2_a_day_is_caught_within_the_week(world: World) -> None:
    acme = company(world, 40)
    caught = None
    for night in range(1, 8):
        acme.leave(2 * night - 1, 2 * night)
        ended = acme.night(night)
        if ended.code == 4 and caught is None:
            caught = night
            blocked(
                ended,
                "leavers: 2 now and 4 in the last 7 days, at most 4 may pass",
                "--allow leavers=6",
            )
    acme.told()
    assert caught == 3
    assert acme.gone() == 4


def test_two_a_week_pass_for_ever(world: World) -> None:
    acme = company(world, 40)
    for week in range(8):
        acme.leave(2 * week + 1, 2 * week + 2)
        assert acme.night(8 * week + 1).code == 0
    acme.told()
    assert acme.gone() == 16


def test_what_was_held_back_is_not_counted_as_done(world: World) -> None:
    acme = company(world, 40)
    acme.leave(*range(1, 13))
    blocked(acme.night(1), "leavers: 12 now, at most 4 may pass")
    for number in range(3, 13):
        acme.people[number]["left"] = False
    assert acme.night(2).code == 0
    assert acme.gone() == 2
    acme.told()


@NOW
def test_a_department_changing_on_92_percent_of_users(world: World, command: str) -> None:
    acme = company(world, 100)
    for number in range(1, 93):
        acme.people[number]["team"] = "LAB"
    acme.people[100]["name"] = "New Name"
    ended = acme.night(1, command=command)
    blocked(
        ended,
        "field_changes.team: 92 now, at most 50 may pass",
        "limit: guards.field_changes in m.yaml",
        "--allow field_changes.team=92",
    )
    assert {each["team"] for each in acme.users()} == {7}
    assert (acme.users()[99]["name"] == "New Name") is (command == "sync")
    acme.told()


@NOW
def test_a_source_that_shrank_by_more_than_a_fifth_blocks_everything(
    world: World, command: str
) -> None:
    acme = company(world, 40)
    assert acme.night(1).code == 0
    everybody = dict(acme.people)
    acme.people = {number: everybody[number] for number in range(1, 32)}
    acme.people[1]["name"] = "New Name"
    for night in (2, 3, 4):
        # A night that was blocked is no measure for the next one.
        blocked(
            acme.night(night, command=command),
            "40 records at the last good run, 31 now; at most 8 may be missing (20 % of 40)",
            "limit: guards.source.shrink in m.yaml",
            "--allow source_shrink=9",
        )
    assert acme.users()[0]["name"] == "Person 1"
    acme.people[32] = everybody[32]
    assert acme.night(5).code == 0
    assert acme.users()[0]["name"] == "New Name"
    acme.told()


def test_a_source_may_lose_a_fifth_of_the_last_size_each_night(world: World) -> None:
    acme = company(world, 40)
    assert acme.night(1).code == 0
    for night, size in enumerate((32, 26, 21), 2):
        acme.people = {number: acme.people[number] for number in range(1, size + 1)}
        # Nothing is to do in these nights: their size is kept all the same.
        assert acme.night(night).code == 0
    acme.told()


def test_a_ceiling_is_raised_for_one_plan_and_by_whom_is_kept(world: World) -> None:
    acme = company(world, 40)
    acme.leave(*range(1, 13))
    blocked(acme.night(1, "--allow", "leavers=11"), "at most 11 may pass", "--allow leavers=12")
    me = getpass.getuser()
    plan = acme.night(1, "--allow", "leavers=12", "--out", "plan.json", command="plan")
    assert (plan.code, f"leavers up to 12, by {me}" in plan.flat) == (0, True)
    assert world.read("plan.json")["allowed"] == [{"guard": "leavers", "ceiling": 12, "by": me}]
    assert world.run("apply", "plan.json").code == 0
    assert acme.gone() == 12
    with Journal.open(world.folder / ".oneway" / "journal.db") as journal:
        kept = [[(a.guard, a.ceiling, a.by) for a in run.start.allowed] for run in journal.runs()]
    assert kept == [[("leavers", 12, me)], [("leavers", 11, me)]]
    acme.leave(13)
    blocked(acme.night(2), "leavers: 1 now and 12 in the last 7 days, at most 4 may pass")
    acme.told()


def test_the_window_is_that_of_the_plans_and_not_of_the_clock(world: World) -> None:
    """Runs as of days to come: on the eighth day after, what was done counts no more."""
    acme = company(world, 40)
    acme.leave(1, 2, 3, 4)
    assert acme.night(1).code == 0
    acme.leave(5)
    for night in (2, 8):
        blocked(acme.night(night, command="plan"), "leavers: 1 now and 4 in the last 7 days")
    assert acme.night(9).code == 0
    assert acme.gone() == 5
    acme.told()


SPOILT = {
    "encoding": lambda text: text.replace("Person", "Pérson").encode("cp1252"),
    "dates": lambda text: text.replace("31/01/2020", "01/31/2020").encode(),
    "years": lambda text: text.replace("31/01/2020", "31/01/20").encode(),
    "dashes": lambda text: text.replace(",,", ",-,").encode(),
    "cells": lambda text: text.replace("OPS", "#N/A").encode(),
}
"""What spoils the rows of an export."""


@pytest.mark.parametrize("kind", SPOILT)
def test_rows_that_cannot_be_read_are_the_one_cause_that_is_named(world: World, kind: str) -> None:
    text = (world.folder / "m.yaml").read_text(encoding="utf-8")
    options = "options: {types: 'left=date:dd/MM/yyyy, born=date:dd/MM/yyyy'}"
    text = text.replace("  name: name\n", "  name: {from: name, when: is_present(born)}\n")
    world.write("m.yaml", text.replace("people.json}", f"people.csv, {options}}}"))
    rows = [f"s{n},P{n:03},Person {n},p{n:03}@example.com,OPS,,31/01/2020," for n in range(20)]
    whole = "\n".join(["id,code,name,email,team,left,born,phone", *rows, ""])
    world.write("people.csv", whole)
    world.write("users.json", [user(n) | {"reference": f"P{n:03}"} for n in range(1, 20)])
    assert world.run("sync", "m.yaml").code == 0
    (world.folder / "people.csv").write_bytes(SPOILT[kind](whole))
    ended = world.run("plan", "m.yaml")
    assert "source_shrink: " in ended.out
    assert "Guards that fired (1)" in ended.out
    assert "20 that cannot be read" in " ".join(ended.out.split())
    assert world.run("sync", "m.yaml").code != 0
    world.write("people.csv", whole)  # the next good run is compared with the last good one
    assert world.run("sync", "m.yaml").code == 0


def test_an_old_plan_is_told_from_a_list_that_shrank(world: World) -> None:
    acme = company(world, 8)
    acme.people[8]["name"] = "New Name"
    assert acme.night(1, "--out", "plan.json", command="plan").code == 0
    acme.people |= {number: person(number) for number in range(9, 41)}
    assert acme.night(2).code == 0
    ended = world.run("apply", "plan.json", "--approve", world.read("plan.json")["fingerprint"])
    assert ended.code == 4, ended.out + ended.err
    assert "target_shrink: " in ended.flat
    assert "this plan was made before the last run, and counts what was there then: plan again" in (
        ended.flat
    )
    assert "to let it through" not in ended.flat
