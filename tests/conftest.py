"""Hypothesis profiles, which say how many examples each run generates, and the order of tests.

`default` is `make test`: its examples are fixed, so that a red run is red again when it is
repeated, and it ends at the first example that fails. HYPOTHESIS_PROFILE chooses another one:
`shrunk` looks for the smallest such example, which can take minutes (and draws worlds in another
way: `draws.py`); `random` draws new ones each time, `long` draws many, and both shrink; `mutants`
draws more fixed ones.
"""

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import providers

from folders import write_to_memory
from signals import let_children_hear

let_children_hear()
write_to_memory()

_SLOW_TO_DRAW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

_GARBAGE = 20_000
"""Objects before a search for garbage. With Python's 700, it took 3 % of the time of the laws."""

settings.register_profile(
    "default",
    max_examples=60,
    deadline=None,
    suppress_health_check=_SLOW_TO_DRAW,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
)
settings.register_profile("shrunk", parent=settings.get_profile("default"), phases=tuple(Phase))
settings.register_profile(
    "random", parent=settings.get_profile("shrunk"), max_examples=200, derandomize=False
)
settings.register_profile("long", parent=settings.get_profile("random"), max_examples=800)
settings.register_profile("mutants", parent=settings.get_profile("default"), max_examples=150)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

if settings().derandomize:
    # Hypothesis also draws constants that it finds in those of our modules that are loaded by then.
    # What an example is would depend on the tests that ran before it, in the same worker.
    providers._get_local_constants = providers.Constants  # no setting says so


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Search none of the modules and tests for garbage, now or later: they stay until the end.

    Between tests, search as seldom as a command does (`oneway.cli.entry`), in every process.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(_GARBAGE)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the files with slow tests first: a worker that is done takes the last of another's."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
