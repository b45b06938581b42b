"""Times as people are told them: in a zone, and never one text for two moments."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.instants import day, instant_text, moment, moment_in_words, wall_clock

ZONES = (
    *("Europe/London", "Europe/Amsterdam", "Australia/Lord_Howe", "America/St_Johns"),
    *("Asia/Tehran", "Africa/Casablanca", "Pacific/Chatham", "America/Sao_Paulo", "UTC"),
)
CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))
"""When the clocks of Europe change."""
INSTANTS = st.one_of(
    st.integers(0, 15 * 365 * 24 * 60).map(
        lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.builds(
        lambda at, minutes: at + timedelta(minutes=minutes),
        st.sampled_from(CHANGES),
        st.integers(-180, 180),
    ),
)


@given(INSTANTS, st.integers(-180, 180).filter(bool), st.sampled_from(ZONES))
def test_no_two_minutes_are_told_as_one(at: datetime, minutes: int, zone: str) -> None:
    one, other = instant_text(at), instant_text(at + timedelta(minutes=minutes))
    assert moment(one, zone) != moment(other, zone)
    assert moment_in_words(at, zone) != moment_in_words(at + timedelta(minutes=minutes), zone)


@given(INSTANTS, st.sampled_from(ZONES))
def test_the_parts_are_those_of_the_whole(at: datetime, zone: str) -> None:
    text = instant_text(at)
    clock, name = wall_clock(text, zone)
    assert moment(text, zone) == f"{clock} {name}"
    assert clock.startswith(day(text, zone))
    assert name


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    told = [moment(f"2026-10-25T0{hour}:30:00Z", "Europe/London") for hour in range(3)]
    assert told == ["2026-10-25 01:30 BST", "2026-10-25 01:30 GMT", "2026-10-25 02:30 GMT"]
    assert all(one != other for one, other in pairwise(told))


@pytest.mark.parametrize(
    ("text", "zone", "told", "of_day"),
    [
        ("2026-11-22T23:30:00Z", "Australia/Sydney", "2026-11-23 10:30 AEDT", "2026-11-23"),
        ("2026-11-22T04:00:00Z", "Asia/Kolkata", "2026-11-22 09:30 IST", "2026-11-22"),
        ("2026-11-22T04:00:00Z", "Asia/Dubai", "2026-11-22 08:00 UTC+04", "2026-11-22"),
        ("2026-11-22T04:00:00Z", "", "2026-11-22 04:00 UTC", "2026-11-22"),
        ("2026-11-22T04:00:00Z", "Nowhere/Land", "2026-11-22 04:00 UTC", "2026-11-22"),
        ("2026-11-22", "America/New_York", "2026-11-22", "2026-11-22"),
        ("9999-12-31T23:59:59Z", "Asia/Tokyo", "9999-12-31 23:59 UTC", "9999-12-31"),
        ("soon, Tuesday", "Europe/London", "soon, Tuesday", "soon, Tuesday"),
        ("", "Europe/London", "", ""),
    ],
)
def test_days_and_other_texts(text: str, zone: str, told: str, of_day: str) -> None:
    assert moment(text, zone) == told
    assert day(text, zone) == of_day
