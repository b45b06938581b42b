"""A small size of the bombs; the full size is `python -m bombs`."""

import pytest

from . import kinds
from .__main__ import burst
from .bomb import MAPPING, Bomb, set_off

SMALL = [
    "(a+)+$",
    "a line of items that are none",
    "a record nested 400 deep",
    "a million steps",
    "a cell far away",
    "a deep record",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_bomb_ends_as_its_record_s_or_its_file_s_error(name: str) -> None:
    (bomb,) = (each for each in kinds.NAMED if each.name == name)
    assert burst(bomb).wrong == ""


def test_a_bomb_that_goes_off_would_be_seen() -> None:
    words = Bomb("no bomb", {"m.yaml": MAPPING.replace("NAME", "name")}, (("validate", "m.yaml"),))
    assert (
        "does not say" in set_off(Bomb("", words.files, words.commands, "what it never says")).wrong
    )


def test_there_are_a_hundred_of_them_and_a_hundred_more() -> None:
    assert len({each.name for each in kinds.NAMED}) == len(kinds.NAMED) >= 80
    assert len({str(kinds.generated(seed).files) for seed in range(100)}) == 100
