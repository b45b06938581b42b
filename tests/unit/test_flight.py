"""Writes in flight, by real threads: at once, journalled before, and ended before a stop."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from threading import Barrier, Event, Lock, current_thread
from typing import Any

import pytest
from test_apply import person, user, world

from memory import MemoryReader, MemorySystems, Recording, approval, steps, systems_of
from oneway.applying.apply import concurrency
from oneway.applying.live_target import BATCH
from oneway.applying.watch import Stopped
from oneway.core.abilities import MOST_IN_FLIGHT, in_flight
from oneway.core.diagnostics import Refused, refusal
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot
from oneway.planning.endings import Ending
from patience import PATIENCE
from worlds import World, planned


def people(count: int) -> World:
    """Return a world in which so many people are to have another name."""
    codes = [f"C{number}" for number in range(count)]
    return world([person(c) for c in codes], [user(c, fullName="old") for c in codes])


def allowing(changed: World, size: int) -> MemorySystems:
    """Return the systems of a world, which allow so many requests at once."""
    systems = systems_of(changed)
    for each in (systems.source, systems.target, systems.writer):
        each.concurrency = size
    return systems


@dataclass
class Together:
    """A writer each of whose writes waits until so many are there at once; the first is alone."""

    writer: Any
    size: int
    log: Recording
    meets: bool = True
    batch: int = 1
    lock: Lock = field(default_factory=Lock)
    journalled: list[bool] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.concurrency = self.size
        self.there = Barrier(self.size)

    def update(self, id: str, values: Mapping[str, Any], token: str) -> None:
        if self.meets and self.journalled:
            self.there.wait(PATIENCE)
        with self.lock:
            self.threads.add(current_thread().name)
            steps = Counter(step for step, _ in self.log.steps)
            self.journalled.append(steps["intended"] > len(self.journalled))
            self.writer.update(id, values, token)

    def flush(self) -> None:
        with self.lock:
            self.writer.flush()


def test_as_many_are_in_flight_as_both_systems_allow() -> None:
    changed, log = people(13), Recording()
    systems = allowing(changed, 4)
    systems.writer = Together(systems.writer, 4, log)
    plan = planned(changed)
    found = list(steps(changed, plan, approval(plan), systems, log))
    assert [each.ending for each in found] == [Ending.DONE] * 13
    assert [each.action.id for each in found] == [each.id for each in plan.actions]
    assert len(systems.writer.threads) == 4
    assert all(systems.writer.journalled), "a request left before its entry was written"


def test_each_system_declares_how_many_and_none_is_one() -> None:
    changed = people(1)
    for given, most in (((), 1), ((8, 3), 3), ((99, 64), MOST_IN_FLIGHT), ((0, 5), 1)):
        systems = systems_of(changed)
        for each, number in zip((systems.target, systems.writer), given, strict=False):
            each.concurrency = number
        assert in_flight(systems.target, systems.writer) == most
    systems = allowing(changed, 8)
    assert concurrency(systems.of(changed)) == 8
    systems.source.concurrency = 2
    assert concurrency(systems.of(changed)) == 2
    systems.source.by_id = False  # one list is read of it, once
    assert concurrency(systems.of(changed)) == 8
    assert concurrency(replace(systems.of(changed), at_most=3)) == 3  # a connection says less
    systems.writer.batch = 2
    assert concurrency(systems.of(changed)) == 1


@dataclass
class Counted(MemoryReader):
    """A target that notes by which requests it was asked."""

    asked: list[str] = field(default_factory=list)
    by_id: bool = True
    concurrency: int = 8

    def read(self, progress: Progress = silent) -> Snapshot:
        self.asked.append("list")
        return super().read(progress)

    def get(self, id: str) -> Record | None:
        self.asked.append(f"get {id}")
        return super().get(id)


@pytest.mark.parametrize("size", [1, 8])
def test_the_look_before_each_write_is_one_get(size: int) -> None:
    changed = people(30)
    systems = allowing(changed, size)
    systems.target = Counted(systems.target.records, concurrency=size)
    systems.writer.reader = systems.target
    plan = planned(changed)
    found = list(steps(changed, plan, approval(plan), systems, Recording()))
    assert [each.ending for each in found] == [Ending.DONE] * 30
    # Another one for an update that the target answers without showing the record.
    once = {f"get {each.target_id}": 1 for each in plan.actions}
    asked = Counter(systems.target.asked)
    assert (asked.keys(), asked.total()) == (once.keys(), len(once) + 1)


@pytest.mark.parametrize("size", [1, 8])
def test_without_a_get_one_list_serves_the_looks_of_a_batch(size: int) -> None:
    changed = people(2 * BATCH + 20)
    systems = allowing(changed, size)
    systems.target = Counted(systems.target.records, by_id=False, concurrency=size)
    systems.writer.reader = systems.target
    plan = planned(changed)
    found = list(steps(changed, plan, approval(plan), systems, Recording()))
    assert [each.ending for each in found] == [Ending.DONE] * (2 * BATCH + 20)
    assert systems.target.asked == ["list"] * 3


def test_what_is_in_flight_ends_before_it_stops_and_nothing_begins() -> None:
    changed, log, asked = people(30), Recording(), Event()
    systems = allowing(changed, 4)
    systems.writer = Together(systems.writer, 4, log, meets=False)
    update = systems.writer.update

    def stopping(*given: Any) -> None:
        update(*given)
        asked.set()

    systems.writer.update = stopping
    plan, found = planned(changed), []
    with pytest.raises(Stopped):
        found += steps(changed, plan, approval(plan), systems, log, asked.is_set)
    begun = {id for step, id in log.steps if step == "intended"}
    ended = {id for step, id in log.steps if step == "done"}
    assert begun == ended
    assert 1 <= len(ended) < 30


@dataclass
class Full(Recording):
    """A log whose disk is full from its third block on."""

    blocks: int = 0

    def at_once(self) -> AbstractContextManager[None]:
        return self._block()

    @contextmanager
    def _block(self) -> Iterator[None]:
        self.blocks += 1
        if self.blocks > 2:
            raise refusal("F112", "journal.db", "the disk is full")
        yield


def test_where_the_journal_cannot_be_written_what_is_in_flight_ends_and_no_more_is_sent() -> None:
    changed, log = people(30), Full()
    systems = allowing(changed, 4)
    systems.writer = Together(systems.writer, 4, log, meets=False)
    plan = planned(changed)
    with pytest.raises(Refused, match="F112"):
        list(steps(changed, plan, approval(plan), systems, log))
    begun = sum(step == "intended" for step, _ in log.steps)
    assert len(systems.writer.journalled) == begun < 30


@dataclass
class Counting(Recording):
    """A log that counts its blocks, each of which waits for a disk once."""

    blocks: int = 0

    def at_once(self) -> AbstractContextManager[None]:
        self.blocks += 1
        return super().at_once()


def test_what_leaves_together_is_journalled_together() -> None:
    changed, log = people(65), Counting()
    systems = allowing(changed, 8)
    systems.writer = Together(systems.writer, 8, log)
    plan = planned(changed)
    assert len(list(steps(changed, plan, approval(plan), systems, log))) == 65
    assert log.blocks < 130, "each action waits for the disk twice, as if it were alone"


def test_what_a_connector_raises_by_mistake_is_raised_once_the_others_have_ended() -> None:
    changed, log = people(20), Recording()
    systems = allowing(changed, 4)
    systems.writer = Together(systems.writer, 4, log, meets=False)
    update = systems.writer.update

    def broken(id: str, *given: Any) -> None:
        if id == "t3":
            raise AssertionError("a mistake")
        update(id, *given)

    systems.writer.update = broken
    plan, found = planned(changed), []
    with pytest.raises(AssertionError, match="a mistake"):
        found += steps(changed, plan, approval(plan), systems, log)
    begun = Counter(step for step, _ in log.steps)
    assert begun["intended"] == begun["done"] + 1
