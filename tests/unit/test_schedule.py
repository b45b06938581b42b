"""When a connection is due, by example: what is decided where clocks change, and the spread."""

from datetime import UTC, datetime, timedelta

import pytest

from oneway.connections.connection import Schedule
from oneway.connections.schedule import Due, last_due, next_due

AT_ONCE = timedelta()
LONDON = "Europe/London"
HALVES = ["25 00:00", "25 00:30", "25 01:00", "25 01:30"]
"""Local times from 01:00 to 01:30 BST, and again in GMT."""


def instants(cron: str, zone: str, begin: str, end: str) -> list[str]:
    """Return all nominal instants between two, as short texts in UTC."""
    schedule = Schedule(cron, zone, AT_ONCE)
    found = []
    due = next_due(schedule, "acme", at(begin) - timedelta(seconds=1))
    while due is not None and due.nominal <= at(end):
        found.append(f"{due.nominal:%d %H:%M}")
        due = next_due(schedule, "acme", due.at)
    return found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "begin", "end", "expected"),
    [
        # 01:30 comes twice on 2026-10-25: at 00:30 and at 01:30 UTC.
        ("30 1 * * *", "2026-10-24", "2026-10-26T23:00", ["24 00:30", "25 00:30", "26 01:30"]),
        # 01:30 does not come on 2026-03-29: the clock goes from 00:59 to 02:00, at 01:00 UTC.
        ("30 1 * * *", "2026-03-28", "2026-03-30T23:00", ["28 01:30", "29 01:00", "30 00:30"]),
        # Several times in the hour that is left out: once, not once for each.
        ("0,20,40 1 * * *", "2026-03-29", "2026-03-29T23:00", ["29 01:00"]),
        # And not once more where the end of the gap is a time of its own.
        ("0 1,2 * * *", "2026-03-29", "2026-03-29T23:00", ["29 01:00"]),
        # By intervals it goes by the time that passes.
        ("*/30 * * * *", "2026-10-25", "2026-10-25T01:30", HALVES),
        ("*/30 1 * * *", "2026-10-25", "2026-10-25T23:00", HALVES),
        ("*/30 1 * * *", "2026-03-29", "2026-03-29T23:00", []),
    ],
)  # fmt: skip
def test_clock_changes_in_london(cron: str, begin: str, end: str, expected: list[str]) -> None:
    assert instants(cron, LONDON, begin, end) == expected


def test_half_an_hour_more_or_less() -> None:
    # Lord Howe: at 02:00 the clock goes back to 01:30, which is 15:00 UTC.
    found = instants("30 * * * *", "Australia/Lord_Howe", "2026-04-04T13:00", "2026-04-04T17:00")
    assert found == ["04 13:30", "04 14:30", "04 15:00", "04 16:00", "04 17:00"]


def test_the_default_is_four_in_the_morning_in_utc() -> None:
    due = next_due(Schedule(spread=AT_ONCE), "acme", at("2026-11-22T04:00"))
    assert due == Due(at("2026-11-23T04:00"), at("2026-11-23T04:00"))


def test_a_due_that_is_now_is_due() -> None:
    schedule = Schedule(spread=AT_ONCE)
    due = last_due(schedule, "acme", at("2026-11-23T04:00"))
    assert due is not None
    assert due.nominal == at("2026-11-23T04:00")
    assert last_due(schedule, "acme", at("2026-11-23T03:59:59")) != due


def test_the_spread_is_a_names_own_and_is_known_to_everybody() -> None:
    due = next_due(Schedule(), "acme", at("2026-11-23T01:00"))
    # sha256("acme"), its first eight bytes as a number, modulo 600 seconds.
    assert due == Due(at("2026-11-23T04:00"), at("2026-11-23T04:01:12"))


def test_a_thousand_names_are_spread_evenly() -> None:
    schedule = Schedule()
    minutes = [0] * 10
    for number in range(1000):
        due = next_due(schedule, f"customer-{number}", at("2026-11-23T01:00"))
        assert due is not None
        minutes[(due.at - due.nominal) // timedelta(minutes=1)] += 1
    assert min(minutes) > 60


def test_a_line_that_never_fires_has_no_due() -> None:
    schedule = Schedule("0 4 31 2,4 *", LONDON)
    assert next_due(schedule, "acme", at("2026-11-23")) is None
    assert last_due(schedule, "acme", at("2026-11-23")) is None


def test_a_rare_line_is_found() -> None:
    schedule = Schedule("0 0 29 2 *", "UTC", AT_ONCE)
    last = last_due(schedule, "acme", at("2026-11-23"))
    following = next_due(schedule, "acme", at("2026-11-23"))
    assert (last, following) == (
        Due(at("2024-02-29"), at("2024-02-29")),
        Due(at("2028-02-29"), at("2028-02-29")),
    )
