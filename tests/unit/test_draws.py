"""What is drawn by a seed is what Hypothesis might have drawn, and is shown if a law fails."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from draws import (
    BOOLEANS,
    Draw,
    Draws,
    choice,
    composite,
    just,
    lists,
    often,
    one_of,
    permutations,
    sets,
    together,
)


@composite
def _pair(draw: Draw, most: int) -> tuple[int, list[int]]:
    first = draw(choice(range(most)))
    return first, draw(lists(choice(range(first + 1)), most=2))


DRAWN: dict[str, tuple[Draws[Any], set[str]]] = {
    "choice": (choice("ab"), {"'a'", "'b'"}),
    "often": (often("a", "b"), {"'a'", "'b'"}),
    "booleans": (BOOLEANS, {"False", "True"}),
    "just": (just(1), {"1"}),
    "one of": (one_of(just(1), just("x")), {"1", "'x'"}),
    "together": (together({"k": choice("ab")}), {"{'k': 'a'}", "{'k': 'b'}"}),
    "permutations": (permutations([1, 2]), {"[1, 2]", "[2, 1]"}),
    "lists": (lists(choice("ab"), fewest=1, most=2), {"['a']", "['b']", "['a', 'a']",
              "['a', 'b']", "['b', 'a']", "['b', 'b']"}),
    "different": (lists(choice("ab"), fewest=2, different=str), {"['a', 'b']", "['b', 'a']"}),
    "sets": (sets(choice([1, 2])), {"set()", "{1}", "{2}", "{1, 2}"}),
    "map": (choice("ab").map(str.upper), {"'A'", "'B'"}),
    "filter": (choice("abc").filter("c".__ne__), {"'a'", "'b'"}),
    "composite": (_pair(2), {"(0, [])", "(0, [0])", "(0, [0, 0])", "(1, [])", "(1, [0])",
                  "(1, [1])", "(1, [0, 0])", "(1, [0, 1])", "(1, [1, 0])", "(1, [1, 1])"}),
}  # fmt: skip


@pytest.mark.parametrize("what", DRAWN)
def test_both_ways_draw_all_of_the_same(what: str) -> None:
    draws, possible = DRAWN[what]
    by_hypothesis: set[str] = set()

    @settings(settings.get_profile("default"), max_examples=300)
    @given(draws.by_hypothesis())
    def gather(value: object) -> None:
        by_hypothesis.add(repr(value))

    gather()
    assert {repr(draws.by_seed(Random(seed))) for seed in range(300)} == possible
    assert by_hypothesis == possible


def test_nothing_that_fits_is_an_error_and_no_silence() -> None:
    with pytest.raises(StopIteration):
        choice("ab").filter("c".__eq__).by_seed(Random(1))


def test_what_breaks_a_law_is_shown_as_it_was_drawn_and_again_the_next_time() -> None:
    broken = []
    drawn = _pair(9).strategy

    @settings(settings.get_profile("default"))
    @given(drawn)
    def law(pair: tuple[int, list[int]]) -> None:
        if pair[0] == 7:
            broken.append(pair)
        assert pair[0] != 7

    with pytest.raises(AssertionError) as caught:
        law()
    assert f"pair={broken[0]!r}" in "\n".join(caught.value.__notes__)
    with pytest.raises(AssertionError):
        law()
    assert broken == [broken[0]] * len(broken)


def test_what_is_to_be_shrunk_is_drawn_by_hypothesis() -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("draws.settings", lambda: settings.get_profile("shrunk"))
        smallest = choice([3, 2, 1]).filter(lambda n: n != 3).strategy

    @settings(settings.get_profile("shrunk"))
    @given(smallest)
    def law(number: int) -> None:
        assert number == 0

    with pytest.raises(AssertionError) as caught:
        law()
    assert "number=2" in "\n".join(caught.value.__notes__)
