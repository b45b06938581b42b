"""The rate limit: never more in any window, none while the system asks to wait."""

import threading

from hypothesis import given
from hypothesis import strategies as st
from rest_world import World, altered, opened, page

from oneway_connectors.rest.rate import Limiter


@given(
    st.integers(1, 5),
    st.sampled_from([0.5, 1.0, 60.0]),
    st.lists(st.floats(0, 2), min_size=1, max_size=40),
)
def test_no_window_holds_more_than_the_limit(
    requests: int, seconds: float, pauses: list[float]
) -> None:
    world = World([])
    limiter = Limiter((requests, seconds), world.clock, world.sleep)
    starts = []
    for pause in pauses:
        world.now += pause
        limiter.wait()
        starts.append(world.now)
    for first, later in zip(starts, starts[requests:], strict=False):
        assert later - first >= seconds - 1e-9


def test_no_limit_never_waits() -> None:
    world = World([])
    limiter = Limiter(None, world.clock, world.sleep)
    for _ in range(100):
        limiter.wait()
    assert world.slept == []


def test_a_wait_that_a_system_asks_for_holds_for_all() -> None:
    world = World([])
    limiter = Limiter(None, world.clock, world.sleep)
    limiter.hold(5)
    limiter.hold(2)
    limiter.wait()
    assert world.slept == [5]


def test_the_limit_holds_over_threads() -> None:
    lock, starts = threading.Lock(), []

    def sleep(seconds: float) -> None:
        with lock:
            starts.append(seconds)

    limiter = Limiter((2, 10.0), lambda: 0.0, sleep)
    threads = [threading.Thread(target=limiter.wait) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(starts) == [10, 10, 20, 20, 30, 30]


def test_the_manifests_limit_is_kept() -> None:
    manifest = altered("retry:", "rate_limit: {requests: 1, seconds: 10}\nretry:")
    connector, world = opened(page("a", "b"), page("c"), page(), manifest=manifest)
    connector.reader("people").read()
    assert sum(world.slept) == 20
