"""A few of the points of each proof, and that each would notice a run without its fence."""

from collections.abc import Iterator

import pytest

from crash.matrix import Undisturbed
from crash.people import six

from .machines import Fleet, fleet
from .taken_at_every_write import MOMENTS, Taking, took


@pytest.fixture(scope="module")
def machines() -> Iterator[Fleet]:
    with fleet(six) as found:
        yield found


@pytest.fixture(scope="module")
def reference(machines: Fleet) -> Undisturbed:
    return machines.undisturbed()


@pytest.mark.parametrize("moment", sorted(MOMENTS))
def test_a_run_that_lost_its_lease_writes_nothing_more(
    machines: Fleet, reference: Undisturbed, moment: str
) -> None:
    found = took(machines, Taking(2, moment), reference)
    assert found.reached
    assert found.problems == ()


def test_without_the_fence_it_is_noticed(machines: Fleet, reference: Undisturbed) -> None:
    taking = Taking(2, "after it is journalled")
    assert took(machines, taking, reference, fenced=False).problems
