"""Which words are probably one word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.similar_words import alike, is_part, is_slip, parts, slips

WORDS = st.text("abcdefgh 12-", max_size=10)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("Contractor", "CONTRACTOR "),
        ("Part-time", "part time"),
        ("departmnt", "department"),
        ("actve", "active"),
        ("fristName", "firstName"),
        ("Employee No", "Employee No."),
        ("false", "False"),
    ],
)
def test_a_slip_is_seen_both_ways(word: str, other: str) -> None:
    assert is_slip(word, other)
    assert is_slip(other, word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("Grade 1", "Grade 2"),
        ("address1", "address2"),
        ("M", "F"),
        ("Yes", "Yet"),
        ("Male", "Female"),
        ("Full-time", "Part-time"),
        ("active", "inactive"),
        ("Former", "Current"),
        ("employed", "unemployed"),
    ],
)
def test_other_words_are_no_slips(word: str, other: str) -> None:
    assert not is_slip(word, other)
    assert not is_slip(other, word)


@given(WORDS, WORDS)
def test_slips_have_no_direction(word: str, other: str) -> None:
    assert is_slip(word, word)
    assert is_slip(word, other) == is_slip(other, word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("Agency", "Agency worker"),
        ("agency", "Temp (AGENCY)"),
        ("Contract", "Contractor"),
        ("HR", "HR & Payroll"),
        ("Grade 1", "Grade 1, probation"),
    ],
)
def test_a_word_with_more_said_is_seen_both_ways(word: str, other: str) -> None:
    assert is_part(word, other)
    assert is_part(other, word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("Left", "Not left"),
        ("employee", "Non-employee"),
        ("Sales", "Sales 2"),
        ("Male", "Female"),
        ("active", "inactive"),
        ("M", "M F"),
        ("Man", "Manager"),
        ("", "Agency"),
        ("-", "Agency"),
    ],
)
def test_another_word_says_no_more(word: str, other: str) -> None:
    assert not is_part(word, other)
    assert not is_part(other, word)


@given(WORDS, WORDS)
def test_saying_more_is_seen_from_both_words(word: str, other: str) -> None:
    assert is_part(word, other) == is_part(other, word)
    assert (other in parts(word, [other])) == is_part(word, other)


def test_what_may_stand_for_a_heading() -> None:
    known = ["Title", "Dept", "Mobile", "Leaving Date", "Contract Type"]
    assert alike("Department", known)[0] == "Dept"
    assert alike("Date of Leaving", known) == ["Leaving Date"]
    assert alike("Employment Type", known) == ["Contract Type"]
    assert slips("Departmant", ["Department", "Departments", "Mobile"])[0] == "Department"
