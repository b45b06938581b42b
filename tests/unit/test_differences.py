"""Two values that differ never look alike, however long they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.render.differences import apart, list_change, of_parts
from oneway.render.layout import MOST, columns
from oneway.render.sanitize import shown

LONG = "12 Long Street With A Very Long Name Indeed, Some District, Some Town, "
HOME = {"type": "home", "street": "12 Long Street With A Very Long Name"}
WORK = {"type": "work", "street": "1 Office Row"}


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("short", "other", ("short", "other")),
        (LONG + "AB1", LONG + "ZZ9", ("...ct, Some Town, AB1", "...ct, Some Town, ZZ9")),
        (LONG, LONG + "ZZ9", ("...ct, Some Town, ", "...ct, Some Town, ZZ9")),
        ("A" + LONG, "B" + LONG, (f"A{LONG[:56]}...", f"B{LONG[:56]}...")),
        ("x" * 57, "x" * 57 + "y" * 9, ("...xxxxxxxxxxxxxxx", "...xxxxxxxxxxxxxxxyyyyyyyyy")),
    ],
)
def test_long_texts_show_where_they_differ(one: str, other: str, said: tuple[str, str]) -> None:
    assert apart(one, other) == said


@given(st.text("ab\u4e2d", max_size=200), st.text("ab\u4e2d", max_size=200), st.text("cd"))
def test_texts_that_differ_are_shown_differently(same: str, one: str, other: str) -> None:
    found = apart(same + one, same + other)
    assert (found[0] == found[1]) == (one == other)
    assert max(map(columns, found)) <= MOST


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": 1}, {"a": 2}, ""),
        ("a", "b", ""),
        ({"all": [HOME, WORK]}, {"all": [HOME]}, f'"all": loses {shown(WORK)}; keeps 1 item'),
        ({"h": HOME, "w": WORK}, {"h": HOME}, f'"w": {shown(WORK)} -> absent'),
        ({"h": HOME, "w": None}, {"h": HOME}, '"w": nothing -> absent'),
        ({"h": HOME, "x": 1}, {"h": HOME, "x": 2, "y": 3}, '"x": 1 -> 2; "y": absent -> 3'),
        (
            {"in": {"h": LONG + "1", "k": LONG, "z": LONG}},
            {"in": {"h": LONG + "2", "k": LONG, "z": LONG}},
            f'"in": "h": "{LONG}1" -> "{LONG}2"',
        ),
        ([HOME, WORK], [HOME], f"loses {shown(WORK)}; keeps 1 item"),
    ],
)
def test_what_an_object_loses_is_named(before: Any, after: Any, said: str) -> None:
    assert of_parts(before, after) == said


def test_items_of_a_list_that_begin_alike_are_told_apart() -> None:
    found = list_change([{"a": "x" * 400 + "1"}], [{"a": "x" * 400 + "2"}])
    assert found == f'loses ...{"x" * 15}1"}}; gains ...{"x" * 15}2"}}'
