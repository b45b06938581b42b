"""Blank, holds, paths, and when two values are the same."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.compare import Compare, CompareItems, comparable, identity, is_other_text, same
from oneway.core.parsing import parse_day
from oneway.core.paths import at, path_of, with_value
from oneway.core.records import MISSING, holds, is_blank

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([1.0, 0.5, "", " ", "A"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
)
PATHS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple)
DATA = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        " \t\n",
        [],
        {},
        "\u00a0",
        "\u200b",
        " \u200e",
        "\u200f",
        "\ufeff",
        "\u00ad",
        "\u2060\u00a0",
        "\u3164",
    ],
)
def test_blank(value: object) -> None:
    assert is_blank(value)
    assert not holds(value)


@pytest.mark.parametrize(
    "value", [0, False, "0", [None], {"a": None}, 0.0, "\u200bÉ", "é", "\u200ea"]
)
def test_not_blank(value: object) -> None:
    assert not is_blank(value)


def test_false_does_not_hold_and_zero_does() -> None:
    assert not holds(False)
    assert holds(0)


def test_a_path_through_what_is_no_object_is_missing() -> None:
    assert at({"a": {"b": 1}}, path_of("a.b")) == 1
    assert at({"a": {"b": None}}, path_of("a.b")) is None
    assert at({"a": "text"}, path_of("a.b")) is MISSING
    assert at({}, path_of("a")) is MISSING


@given(DATA, PATHS, VALUES)
def test_what_is_put_at_a_path_is_there_and_nothing_else_moved(data, path, value) -> None:
    changed = with_value(data, path, value)
    assert at(changed, path) == value
    assert {k: v for k, v in changed.items() if k != path[0]} == {
        k: v for k, v in data.items() if k != path[0]
    }


@pytest.mark.parametrize(
    ("left", "right", "compare", "expected"),
    [
        (42, "42", Compare.EXACT, False),
        (True, 1, Compare.EXACT, False),
        (1, 1.0, Compare.EXACT, True),
        (None, "", Compare.EXACT, True),
        (MISSING, [], Compare.EXACT, True),
        ("A", "a", Compare.EXACT, False),
        ("A", "a", Compare.IGNORE_CASE, True),
        ("STRASSE", "straße", Compare.IGNORE_CASE, True),
        (" a", "a", Compare.IGNORE_CASE, False),
        (" a ", "a", Compare.TRIMMED, True),
        ("0123", "123", Compare.TRIMMED, False),
        ("2026-01-31", "2026-01-31T23:59:00Z", Compare.DATE, True),
        ("2026-01-31", "2026-02-01T00:00:00Z", Compare.DATE, False),
        ("soon", "soon", Compare.DATE, True),
        ("1.50", 1.5, Compare.NUMBER, True),
        ("9007199254740993", 9007199254740992, Compare.NUMBER, False),
        ("1e3", 1000, Compare.NUMBER, True),
        ("NaN", "nan", Compare.NUMBER, False),
        (["a", "b"], ["b", "a"], Compare.UNORDERED, True),
        (["a", "a"], ["a"], Compare.UNORDERED, False),
        (["a", "b"], ["b", "a"], Compare.EXACT, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, Compare.EXACT, True),
        ([True], [1], Compare.UNORDERED, False),
    ],
)
def test_same(left, right, compare: Compare, expected: bool) -> None:
    assert same(left, right, compare) is expected
    assert same(right, left, compare) is expected


TEXTS = ["", " ", "\t", "A", "a", "é", "e\u0301", "K", "\u212a", "1", 1, None]


def test_what_is_other_text_is_not_the_same_and_not_blank() -> None:
    for left, right in product(TEXTS, TEXTS):
        if is_other_text(left, right):
            assert not same(left, right)
            assert not any(map(is_blank, (left, right)))


def test_plain_texts_that_differ_are_other_text() -> None:
    assert is_other_text("A", "a")
    assert not is_other_text("A", "A")


@given(VALUES, VALUES, st.sampled_from([*Compare, CompareItems(("a",)), CompareItems(("a", "b"))]))
def test_comparison_is_an_equivalence_that_exactness_refines(left, right, compare) -> None:
    assert same(left, left, compare)
    assert same(left, right, compare) == same(right, left, compare)
    assert hash(comparable(left, compare)) == hash(comparable(left, compare))
    if identity(left) == identity(right):
        assert same(left, right, compare)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31", "2026-03-31"),
        (" 2026-03-31 ", "2026-03-31"),
        ("2026-03-31T23:30:00-11:00", "2026-03-31"),
        ("2026-02-30", None),
        ("20260331", None),
        ("31/03/2026", None),
        (20260331, None),
        ("", None),
    ],
)
def test_the_day_of_a_text_is_the_day_that_is_written(text: object, day: str | None) -> None:
    found = parse_day(text)
    assert (found.isoformat() if found else None) == day
