"""The rate limit of one process: never more in any window, none while the system asks to wait."""

import threading

from hypothesis import given, settings
from hypothesis import strategies as st
from rest_world import World, altered, opened, page

from oneway_connectors.rest.rate import Limit, Limiter, OwnPace


def limiter(limit: Limit | None, world: "World | SharedTime") -> Limiter:
    return Limiter(OwnPace(limit), world.clock, world.sleep)


@given(
    st.integers(1, 5),
    st.sampled_from([0.5, 1.0, 60.0]),
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=1, max_size=40),
)
def test_no_window_holds_more_than_the_limit(
    requests: int, seconds: float, times: list[tuple[float, float]]
) -> None:
    world = World([])
    limited = limiter((requests, seconds), world)
    seen = []
    for pause, travel in times:
        world.now += pause
        with limited.turn():
            # The system counts it at some moment before the answer is here.
            seen.append(world.now + travel / 2)
            world.now += travel
    for first, later in zip(seen, seen[requests:], strict=False):
        assert later - first >= seconds - 1e-9


def test_no_limit_never_waits() -> None:
    world = World([])
    limited = limiter(None, world)
    for _ in range(100):
        with limited.turn():
            pass
    assert world.slept == []


def test_a_wait_that_a_system_asks_for_holds_for_all() -> None:
    world = World([])
    limited = limiter(None, world)
    limited.hold(5)
    limited.hold(2)
    with limited.turn():
        pass
    assert world.slept == [5]


def test_a_request_that_fails_counts() -> None:
    world = World([])
    limited = limiter((1, 10.0), world)
    for _ in range(2):
        try:
            with limited.turn():
                raise OSError
        except OSError:
            pass
    assert sum(world.slept) >= 10


class SharedTime:
    """A clock for threads: while all of them sleep, it moves to when the first one wakes."""

    def __init__(self, threads: int) -> None:
        self.now = 0.0
        self._awake = threads
        self._wakes: list[float] = []
        self._moved = threading.Condition()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._moved:
            until = self.now + seconds
            self._wakes.append(until)
            self._leave()
            self._moved.wait_for(lambda: self.now >= until)

    def end(self) -> None:
        """One thread has done its work."""
        with self._moved:
            self._leave()

    def _leave(self) -> None:
        self._awake -= 1
        if not self._awake and self._wakes:
            self.now = min(self._wakes)
            self._awake = sum(until <= self.now for until in self._wakes)
            self._wakes = [until for until in self._wakes if until > self.now]
            self._moved.notify_all()


def starts_of(threads: int, each: int, limit: tuple[int, float], pause: float = 0) -> list[float]:
    """Return when the requests of so many threads began; the first one is asked to wait."""
    time = SharedTime(threads)
    limited = limiter(limit, time)
    starts, lock = list[float](), threading.Lock()

    def work(first: bool) -> None:
        for number in range(each):
            with limited.turn(), lock:
                starts.append(time.clock())
            if first and not number and pause:
                limited.hold(pause)
        time.end()

    workers = [threading.Thread(target=work, args=(not n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sorted(starts)


@given(st.integers(2, 8), st.integers(1, 6), st.integers(1, 5))
@settings(max_examples=25)
def test_no_window_of_any_number_of_threads_holds_more_than_the_limit(
    threads: int, each: int, requests: int
) -> None:
    starts = starts_of(threads, each, (requests, 10.0))
    assert len(starts) == threads * each
    for first, later in zip(starts, starts[requests:], strict=False):
        assert later - first >= 10.0


def test_threads_that_wait_already_wait_longer_where_a_system_asks_for_it() -> None:
    starts = starts_of(8, 2, (2, 10.0), pause=95.0)
    began = [start for start in starts if start > 0]
    assert len(began) >= 14
    assert min(began) >= 95.0
    for first, later in zip(began, began[2:], strict=False):
        assert later - first >= 10.0


def test_the_manifests_limit_is_kept() -> None:
    manifest = altered("retry:", "rate_limit: {requests: 1, seconds: 10}\nretry:")
    connector, world = opened(page("a", "b"), page("c"), page(), manifest=manifest)
    connector.reader("people").read()
    assert 20 <= sum(world.slept) < 20.1
