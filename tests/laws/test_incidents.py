"""Incidents: whatever runs show in whatever order, each is told of once, and ends once."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notified import MONDAY, connection, died, ended, hook, refused
from oneway.connections.connection import Connection, Occasion, Webhook
from oneway.connections.default_notify import DefaultNotify
from oneway.history.journal import Journal
from oneway.history.journal.incidents import (
    Incident,
    Notice,
    endings,
    last_notified,
    open_incidents,
    undelivered,
    waiting,
)
from oneway.notices import causes
from oneway.notices.causes import RunProblems
from oneway.notices.channels import channels
from oneway.notices.delivery import deliver
from oneway.notices.folders import FolderTrouble, update_incidents
from oneway.notices.incidents import REMINDER, IncidentChanges, changes, goes_on
from oneway.notices.instants import instant_text
from oneway.notices.queueing import after_run
from oneway.notices.remedies_of_codes import STILL_IN
from oneway.notices.undelivered import Undelivered
from oneway.planning.endings import Ending

KINDS = (Occasion.FAILURE, Occasion.GUARD)
CODES = ("R101", "R102", "W101", "W105", STILL_IN)
# Guards are named after columns, which may have any heading.
GUARDS = ("leavers", "keys_gone.source.Account Number", "clears", 'values_gone.source.["a" b]')


def counted(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, int]]:
    return st.sets(st.sampled_from(names), max_size=2).map(lambda found: dict.fromkeys(found, 1))


to_the_end = st.builds(
    RunProblems, counted(CODES), counted(GUARDS), whole=st.just(True), wrote=st.booleans()
)
stopped = st.builds(
    RunProblems,
    counted(CODES).filter(bool),
    st.just({}),
    whole=st.just(False),
    wrote=st.just(False),
)
nights = st.lists(
    st.tuples(st.one_of(to_the_end, stopped), st.sampled_from([0.5, 1, 1, 1, 3, 8])),
    max_size=12,
)


@dataclass
class Life:
    """A connection in memory: what is open, and all that was ever told."""

    now: datetime = MONDAY
    open: list[Incident] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)
    story: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def night(self, shown: RunProblems, days: float) -> IncidentChanges:
        self.now += timedelta(days=days)
        at = instant_text(self.now)
        found = changes(shown, self.open, self.told, self.now)
        self.open = [each for each in self.open if each not in found.closed]
        for each in found.closed:
            self.story[each.id].append("closed")
        for new in found.opened:
            each = Incident(next(self.ids), "acme", new.kind, at, None, new.about)
            self.open.append(each)
            self.story[each.id].append("opened")
            self.told[each.id] = at
        for each in found.reminded:
            self.story[each.id].append("reminded")
            self.told[each.id] = at
        return found


def lived(given: list[tuple[RunProblems, float]]) -> Life:
    life = Life()
    for shown, days in given:
        life.night(shown, days)
    return life


@given(nights)
def test_no_incident_ends_while_a_run_shows_its_problem(
    given: list[tuple[RunProblems, float]],
) -> None:
    life = Life()
    for shown, days in given:
        for each in life.night(shown, days).closed:
            assert not shown.of(each.kind).keys() & {*each.about}


@given(nights)
def test_every_incident_opens_once_and_ends_at_most_once_and_after_that_is_silent(
    given: list[tuple[RunProblems, float]],
) -> None:
    for story in lived(given).story.values():
        assert story[0] == "opened"
        assert story.count("opened") == 1
        assert story.count("closed") <= 1
        assert "closed" not in story[:-1]


@given(nights)
def test_what_is_wrong_is_always_covered_and_by_one_incident_only(
    given: list[tuple[RunProblems, float]],
) -> None:
    life = Life()
    for shown, days in given:
        life.night(shown, days)
        for kind in KINDS:
            about = [name for each in life.open if each.kind is kind for name in each.about]
            assert len(about) == len(set(about))
            # A guard's notice names those who can still get in.
            later = {STILL_IN} if shown.holding else set()
            assert set(shown.of(kind)) - later <= set(about)


@given(nights)
def test_an_incident_ends_only_by_a_run_that_got_to_its_end_without_it(
    given: list[tuple[RunProblems, float]],
) -> None:
    life = Life()
    for shown, days in given:
        for each in life.night(shown, days).closed:
            assert shown.whole
            assert not set(each.about) & set(shown.of(each.kind))


@given(nights)
def test_a_run_without_trouble_leaves_nothing_open(given: list[tuple[RunProblems, float]]) -> None:
    life = lived(given)
    life.night(RunProblems({}, {}, whole=True, wrote=True), 1)
    assert life.open == []


@given(nights, st.one_of(to_the_end, stopped))
def test_the_same_the_next_night_tells_nothing(
    given: list[tuple[RunProblems, float]], shown: RunProblems
) -> None:
    life = lived(given)
    life.night(shown, 0)
    open = list(life.open)
    again = life.night(shown, 1)
    assert not again.opened
    assert not again.closed
    # What was last told of a week ago may be due today: but not what was told last night.
    assert all(life.story[each.id].count("reminded") for each in again.reminded)
    assert life.open == open


@given(nights, st.integers(1, 40))
def test_what_goes_on_every_night_is_told_of_again_each_week(
    given: list[tuple[RunProblems, float]], days: int
) -> None:
    life = lived(given)
    life.night(RunProblems({}, {}, whole=True, wrote=True), 1)
    for _ in range(days):
        life.night(RunProblems({"R102": 0}, {}, whole=False, wrote=False), 1)
    (incident,) = life.open
    assert life.story[incident.id].count("reminded") == (days - 1) // REMINDER.days


def test_a_failure_of_writing_is_not_over_while_everything_is_held_back() -> None:
    life = lived([(RunProblems({"W103": 1}, {}, whole=True, wrote=True), 1)])
    life.night(RunProblems({}, {"source_shrink": 3}, whole=True, wrote=False), 1)
    assert [each.about for each in life.open] == [("W103",), ("source_shrink",)]
    life.night(RunProblems({}, {}, whole=True, wrote=True), 1)
    assert life.open == []


def test_a_mistake_in_the_rules_would_be_found() -> None:
    """A model that opens an incident every night breaks the law that nothing is covered twice."""
    life = Life()
    for _ in range(2):
        life.open = [replace(each, about=()) for each in life.open]  # forgets what it is about
        life.night(RunProblems({"R102": 0}, {}, whole=False, wrote=False), 1)
    with pytest.raises(AssertionError):
        assert sum(story.count("opened") for story in life.story.values()) == 1


# Through the store: what the channels are told.

a_step = st.one_of(
    st.tuples(st.just("refused"), st.sampled_from(CODES[:2])),
    st.tuples(st.just("failed"), st.sampled_from(CODES[2:])),
    st.tuples(st.just("held"), st.sampled_from(GUARDS)),
    st.tuples(st.just("done"), st.just("")),
    st.tuples(st.just("died"), st.just("")),
)
steps = st.lists(a_step, max_size=7)
names = (f"c{number}" for number in count(1))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    folder: Path = tmp_path_factory.mktemp("state")
    folder.chmod(0o700)
    with Journal.open(folder / "journal.db") as journal:
        yield journal


def night(store: Journal, step: tuple[str, str], now: datetime, name: str) -> int:
    what, about = step
    match what:
        case "refused":
            return refused(store, about, now, name)
        case "failed":
            return ended(store, now, {"a": (Ending.NOT_SENT, about)}, name=name)
        case "held":
            ends = {"a": (Ending.HELD, ""), "b": (Ending.DONE, "")}
            return ended(store, now, ends, guards=(about,), name=name)
        case "died":
            return died(store, now, name)
        case _:
            return ended(store, now, {"a": (Ending.DONE, "")}, name=name)


@settings(max_examples=settings().max_examples // 2)  # each step is durable
@example(  # one run ends two incidents
    [("refused", "R101"), ("refused", "R102"), ("failed", "W101")],
    {Occasion.FAILURE, Occasion.RECOVERY},
    False,
)
@example(  # of two kinds, and a channel asked for one of them
    [("held", "leavers"), ("refused", "R102"), ("done", "")],
    {Occasion.GUARD, Occasion.RECOVERY},
    False,
)
@given(steps, st.sets(st.sampled_from(list(Occasion))), st.booleans())
def test_each_channel_is_told_of_a_beginning_then_of_its_end(
    store: Journal, steps: list[tuple[str, str]], on: set[Occasion], twice: bool
) -> None:
    some = hook("https://hooks.example.com/some", frozenset(on))
    customer = connection(hook(), some, name=next(names))
    (all_of_it, part_of_it) = channels(customer)
    for number, step in enumerate(steps):
        now = MONDAY + timedelta(days=number)
        run = night(store, step, now, customer.name)
        for _ in range(1 + twice):  # whoever comes twice changes nothing
            after_run(customer, run, store, now)
    told = [each for each in waiting(store) if each.draft.connection == customer.name]
    still = {each.id for each in open_incidents(store, customer.name)}
    whole = [each for each in told if each.draft.channel == all_of_it]
    part = [each for each in told if each.draft.channel == part_of_it]
    assert_alternating(whole, still)
    assert {each.draft.kind for each in part} <= on
    wanted = on if Occasion.RECOVERY in on else set()
    over = [
        each for notice in whole for each in over_by(notice) if Occasion(each["kind"]) in wanted
    ]
    assert [each for notice in part for each in over_by(notice)] == over
    if not steps or steps[-1][0] == "done":
        assert not still
    if steps and steps[-1][0] != "done":
        assert still


FOLDER_TROUBLES = tuple(
    FolderTrouble(code, f"connections/{file}.yaml") for code in ("C130", "C136") for file in "ab"
)


@settings(max_examples=settings().max_examples // 2)  # each step is durable
@example([{FOLDER_TROUBLES[0]}, set(FOLDER_TROUBLES), set()])  # one look ends two incidents
@given(st.lists(st.sets(st.sampled_from(FOLDER_TROUBLES)), max_size=6))
def test_a_folder_is_told_of_a_beginning_then_of_its_end(
    store: Journal, looks: list[set[FolderTrouble]]
) -> None:
    file = f"{next(names)}/notify.yaml"
    for number, found in enumerate(looks):
        now = MONDAY + timedelta(days=number)
        update_incidents(DefaultNotify(file, (hook(),)), found, store, now)
    told = [each for each in waiting(store) if each.draft.connection == file]
    assert_alternating(told, {each.id for each in open_incidents(store, file)})


# Receivers that are down for days.


def day(store: Journal, customer: Connection, now: datetime, up: set[str]) -> set[str]:
    """Deliver all day to the URLs that are up; return those that something arrived at."""
    arrived: set[str] = set()

    def sent(to: Webhook, *_: object) -> None:
        if to.url not in up:
            raise Undelivered("N102", "a webhook", "503")
        arrived.add(to.url)

    with patch("oneway.notices.delivery.send", sent):
        for hours in range(0, 24, 6):
            deliver([customer], store, now + timedelta(hours=hours))
    return arrived


@settings(max_examples=settings().max_examples // 2)  # each step is durable
@example(  # given up at the one that does not answer, and not at the other one
    [(("held", "leavers"), 4, [True, False]), (("held", "leavers"), 1, [True, True])],
    {Occasion.GUARD},
)
@given(
    st.lists(
        st.tuples(a_step, st.integers(1, 4), st.lists(st.booleans(), min_size=2, max_size=2)),
        max_size=4,
    ),
    st.sets(st.sampled_from(list(Occasion))),
)
def test_a_receiver_that_answers_has_been_told_of_all_that_goes_on(
    store: Journal, spells: list[tuple[tuple[str, str], int, list[bool]]], on: set[Occasion]
) -> None:
    """However long it was down; and what was given up and is over is not told of for ever."""
    hooks = (hook(), hook("https://hooks.example.com/some", frozenset(on)))
    customer = connection(*hooks, name=next(names))
    days = [(step, answers) for step, length, answers in spells for _ in range(length)]
    for number, (step, answers) in enumerate(days):
        now = MONDAY + timedelta(days=number)
        run = night(store, step, now, customer.name)
        after_run(customer, run, store, now)
        up = {to.url for to, answering in zip(hooks, answers, strict=True) if answering}
        arrived = day(store, customer, now, up)
        open = open_incidents(store, customer.name)
        told = last_notified(store, customer.name, "9999")
        tonight = {each.id for each in open if goes_on(shown_by(store, run), each)}
        for name, to in channels(customer).items():
            left = [e for e in undelivered(store, [customer.name]) if e.draft.channel == name]
            given_up = {each.draft.incident for each in left if each.given_up}
            if to.url in up:
                wanted = {each.id for each in open if each.kind in to.on} & tonight
                assert all(name in told.get(id, {}) for id in wanted)
                assert not wanted & {each.draft.incident for each in left}
            if to.url in arrived:
                assert given_up <= {each.id for each in open}


def shown_by(store: Journal, run: int) -> RunProblems:
    found = store.run(run)
    assert found is not None
    return causes.run_problems(
        found, endings(store, run), store.failures(found.start.connection).values()
    )


def over_by(notice: Notice) -> list[dict[str, Any]]:
    """Return the incidents that a notice says are over: a recovery names all that a run ended."""
    if notice.draft.kind is not Occasion.RECOVERY:
        return []
    ended: list[dict[str, Any]] = json.loads(notice.draft.body)["data"]["ended"]
    return ended


def assert_alternating(told: list[Notice], still: set[int]) -> None:
    stories: dict[int, list[str]] = defaultdict(list)
    for each in told:
        data = json.loads(each.draft.body)["data"]
        assert each.draft.incident == data["incident"]
        if each.draft.kind is Occasion.RECOVERY:
            over = list(dict.fromkeys(ended["incident"] for ended in over_by(each)))
            assert over[0] == data["incident"]
            for id in over:
                stories[id].append("over")
        else:
            stories[data["incident"]].append("again" if data.get("reminder") else "begins")
    for id, story in stories.items():
        firsts = [each for each in story if each != "again"]
        assert firsts == (["begins"] if id in still else ["begins", "over"])
        assert story[0] == "begins"
    assert set(stories) >= still
