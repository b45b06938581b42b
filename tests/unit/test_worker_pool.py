"""The pool of an apply: so many threads and no more, what is urgent first, and a clean end."""

from threading import Barrier, Event, Semaphore, current_thread
from typing import Any

import pytest

from oneway.applying.worker_pool import PoolJob, ThreadPool, WorkerPool, pool_of
from patience import PATIENCE


def taken(pool: WorkerPool[Any], count: int) -> list[Any]:
    """Return what so many jobs returned, in the order in which they ended."""
    found: list[Any] = []
    while len(found) < count:
        found += [each.value for each in pool.finished()]
    return found


def test_one_at_a_time_is_done_by_the_caller_itself() -> None:
    pool: WorkerPool[Any] = pool_of(1)
    for name in "ab":
        pool.do(PoolJob(name, lambda name=name: (name, current_thread())))  # type: ignore[misc]
    assert taken(pool, 2) == [("a", current_thread()), ("b", current_thread())]


def test_so_many_jobs_are_done_at_once_and_no_more() -> None:
    pool: WorkerPool[Any] = pool_of(4)
    together, inside = Barrier(4), Semaphore(4)

    def act() -> str:
        assert inside.acquire(blocking=False), "a fifth job is done at once"
        together.wait(PATIENCE)  # only four that are there at once get by
        inside.release()
        return current_thread().name

    for number in range(12):
        pool.do(PoolJob(str(number), act))
    assert len(set(taken(pool, 12))) == 4
    pool.leave()


@pytest.mark.parametrize("size", [1, 2])
def test_what_is_urgent_goes_first_and_what_has_not_begun_can_be_dropped(size: int) -> None:
    pool: WorkerPool[Any] = pool_of(size)
    go, begun = Event(), Semaphore(0)

    def act() -> str:
        begun.release()
        go.wait(PATIENCE)
        return "first"

    busy = size if size > 1 else 0  # one at a time begins nothing before it is asked
    for number in range(busy):
        pool.do(PoolJob(f"busy {number}", act))
        assert begun.acquire(timeout=PATIENCE)
    for name in "abc":
        pool.do(PoolJob(name, lambda name=name: name, urgent=name == "c"))  # type: ignore[misc]
    assert pool.drop() == ["a", "b"]
    go.set()
    assert sorted(taken(pool, busy + 1)) == ["c", *["first"] * busy]
    pool.leave()


@pytest.mark.parametrize("size", [1, 3])
def test_what_a_job_raises_is_its_end(size: int) -> None:
    pool: WorkerPool[Any] = pool_of(size)
    pool.do(PoolJob("a", lambda: 1 // 0))
    (found,) = pool.finished()
    assert (found.key, found.value, type(found.error)) == ("a", None, ZeroDivisionError)
    pool.leave()


def test_a_pool_that_has_left_begins_nothing_more() -> None:
    pool: ThreadPool[Any] = ThreadPool(1)
    go, begun = Event(), Event()

    def act() -> None:
        begun.set()
        go.wait(PATIENCE)

    pool.do(PoolJob("a", act))
    assert begun.wait(PATIENCE)
    pool.do(PoolJob("b", lambda: pytest.fail("it was begun"), urgent=True))
    pool.leave()
    go.set()
    assert [each.key for each in pool.finished()] == ["a"]
