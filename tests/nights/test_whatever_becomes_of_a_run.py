"""What a run has seen is remembered whatever becomes of it: held, cut short or refused.

One person goes on changing meanwhile. The model says what is known of them: what the directory
holds, and the id under which payroll last had somebody who agreed with it. Who keeps any of it is
never given a second record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nights.life import MEMORY
from nights.night import MAPPING, Night
from nights.town import LAG, Person, Town, Violation
from oneway.history import links as learned
from oneway.history.journal import Journal
from oneway.planning import planner
from oneway.planning.reissued import Reissued
from oneway.runs import run_log, sync
from simulation.crash import Crash, Steps, journal_steps

WHAT = ("id", "code", "mail", "name")
GOOD, HELD, DIED, REFUSED = "good", "held", "died", "refused"
"""What becomes of a run: a guard holds all of it, it dies once it has begun, a list is cut."""

Edits = frozenset[str]
Days = list[tuple[Edits, str]]


class OnePerson:
    """One person over some nights, among others who stay as they are."""

    def __init__(self, folder: Path, rekey: str) -> None:
        self.town = Town(Random(0), datetime(2026, 6, 15, 4, tzinfo=UTC))
        for number in range(1, 7):
            mail = f"p{number}@example.com"
            self.town.people.append(Person(number, f"s{number}", f"C{number}", mail))
        self.me, *self.others = self.town.people
        rules = MAPPING | {"rekey": rekey}
        self.night = Night(self.town, folder, rules, by_id=True, tell=lambda _: None)
        self.steps = Steps()
        self.known_id = self.me.source_id
        self.run(GOOD)

    def change(self, edits: Edits) -> None:
        """Change somebody, unless nothing would be left of all that is known of them."""
        before = (self.me.source_id, self.me.code, self.me.mail, self.me.version)
        self.town.made += 1
        made = self.town.made
        self.me.source_id = f"r{made}" if "id" in edits else before[0]
        self.me.code = f"N{made}" if "code" in edits else before[1]
        self.me.mail = f"p1.{made}@example.com" if "mail" in edits else before[2]
        self.me.version += "name" in edits
        if self.me.source_id != self.known_id and not any(self.agreeing()):
            self.me.source_id, self.me.code, self.me.mail, self.me.version = before

    def agreeing(self) -> tuple[bool, bool, bool]:
        """Return whether the directory has the code, the address and the name."""
        (user,) = (each for each in self.town.users.values() if each["person"] == 1)
        mine = (self.me.code, self.me.mail, self.me.name)
        held = (user["ref"], user["email"], user["fullName"])
        return (mine[0] == held[0], mine[1] == held[1], mine[2] == held[2])

    def run(self, what: str) -> None:
        """Let a night pass, and a run with it."""
        if self.town.users and all(self.agreeing()):
            self.known_id = self.me.source_id
        for each in self.others:
            each.here = what != HELD
        # Something to write: a run begins with its first step.
        self.others[0].version += what == DIED
        self.town.whole = what != REFUSED
        self.steps.arm(2 if what == DIED else None, from_writing=True)
        try:
            refused = self.night.run() is None
            assert refused == (what == REFUSED)
        except Crash:
            assert what == DIED
        finally:
            self.steps.arm(None)
        self.town.pass_time(timedelta(days=1) + LAG)


def live(days: Days, rekey: str = "report") -> None:
    """Live through some days; raise `Violation`."""
    with TemporaryDirectory(dir=MEMORY) as folder:
        one = OnePerson(Path(folder) / "state", rekey)
        with journal_steps(one.steps):
            for edits, what in days:
                one.change(edits)
                one.run(what)
        assert [each["person"] for each in one.town.users.values()].count(1) == 1


DAYS = st.lists(
    st.tuples(
        st.frozensets(st.sampled_from(WHAT), max_size=3),
        st.sampled_from([GOOD, HELD, DIED, REFUSED]),
    ),
    min_size=1,
    max_size=5,
)


@given(DAYS, st.sampled_from(["report", "write"]))
@settings(deadline=None, max_examples=8)
def test_law_20_whoever_keeps_anything_that_is_known_is_never_doubled(
    days: Days, rekey: str
) -> None:
    live(days, rekey)


def _no_links(*_: Any) -> list[Any]:
    return []


def _of_good_runs(plan: Any, verdict: Any, *more: Any) -> list[Any]:
    return [] if verdict.shrank else learned.matched(plan, verdict, *more)


@contextmanager
def _learning_at_the_end() -> Iterator[None]:
    begin, finish, seen = Journal.begin, Journal.finish, dict[int, Any]()

    def begins(self: Journal, start: Any, plan: str, kept: Any, planned: int, *found: Any) -> int:
        id = begin(self, start, plan, kept, planned)
        seen[id] = (start.connection, *found)
        return id

    def finishes(self: Journal, id: int, *values: Any, **more: Any) -> None:
        finish(self, id, *values, **more)
        if id in seen and len(values) > 2:  # not where an interrupted run is settled
            sync.learn(self, *seen.pop(id))

    with patch.object(Journal, "begin", begins), patch.object(Journal, "finish", finishes):
        yield


@contextmanager
def _making_new_people() -> Iterator[None]:
    reissued = patch.object(Reissued, "conflicts", lambda *_: {})
    with reissued, patch.object(planner, "perhaps_there", lambda *_: {}):
        yield


NEW_ID, ALL_ELSE = frozenset({"id"}), frozenset({"code", "mail", "name"})
BROKEN: dict[str, tuple[Callable[[], Any], Days]] = {
    "a run that is held teaches nothing": (
        lambda: patch.object(run_log, "matched", _of_good_runs),
        [(NEW_ID, HELD), (ALL_ELSE, GOOD)],
    ),
    "a run that dies teaches nothing": (
        _learning_at_the_end,
        [(NEW_ID, DIED), (ALL_ELSE, GOOD)],
    ),
    "a run that is refused teaches nothing": (
        lambda: patch.object(sync, "beyond_doubt", _no_links),
        [(NEW_ID, REFUSED), (ALL_ELSE, GOOD)],
    ),
    "a new id and a new key make a new person": (
        _making_new_people,
        [(frozenset({"id", "code", "mail"}), GOOD)],
    ),
}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_an_engine_that_forgets_is_noticed(what: str) -> None:
    broken, days = BROKEN[what]
    live(days)
    with broken(), pytest.raises(Violation, match="is created again"):
        live(days)
