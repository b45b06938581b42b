"""Schedules: nothing twice and nothing missed, whatever the line, the zone and the clock do.

The model walks minute by minute and knows nothing of how the next one is found.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim
from hypothesis import assume, given
from hypothesis import strategies as st

from oneway.connections.connection import Schedule
from oneway.connections.schedule import last_due, next_due

MINUTE = timedelta(minutes=1)
CHANGES = (
    ("Europe/London", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 11, 1, 6, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
    ("America/Havana", datetime(2026, 11, 1, 5, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 6, 1, tzinfo=UTC)),
    ("UTC", datetime(2026, 2, 28, tzinfo=UTC)),
)
"""Zones, and the instants (UTC) at which their clocks change, where they do."""

near_changes = st.sampled_from(CHANGES).flatmap(
    lambda each: st.tuples(
        st.just(each[0]),
        st.integers(-40 * 3600, 40 * 3600).map(
            lambda seconds: each[1] + timedelta(seconds=seconds)
        ),
    )
)
part = st.sampled_from(("0", "30", "15,45", "*/20", "*", "7", "0-5", "59"))
hour = st.sampled_from(("0", "1", "2", "1,2", "*", "*/2", "3", "0-4", "4", "23"))
day = st.sampled_from(("* * *", "* * 0", "25-31 * *", "1 * 1", "* 3,10 *", "29 3 *"))
crons = st.builds(lambda m, h, d: f"{m} {h} {d}", part, hour, day)
spreads = st.sampled_from((0, 1, 59, 600, 7200)).map(lambda s: timedelta(seconds=s))
names = st.text("abcxyz019-", min_size=1, max_size=12)
schedules = st.builds(
    lambda cron, spread, place: (Schedule(cron, place[0], spread), place[1]),
    crons,
    spreads,
    near_changes,
)


def matches(cron: str, local: datetime) -> bool:
    line = CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
    return (
        local.minute in line.minutes
        and local.hour in line.hours
        and local.month in line.months
        and line.match_day(local.date())
    )


def expected(cron: str, zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the nominal instants from one to another, both with it, a minute at a time."""
    fixed = not any(each.startswith("*") for each in cron.split()[:2])
    minute = begin
    while minute <= end:
        local = minute.astimezone(zone)
        before = (minute - MINUTE).astimezone(zone).replace(tzinfo=None) + MINUTE
        skipped = []
        while fixed and before < local.replace(tzinfo=None):
            skipped.append(before)
            before += MINUTE
        # `*` goes by the time that passes: by what clocks show, each time they show it.
        comes = matches(cron, local.replace(tzinfo=None)) and not (fixed and local.fold)
        if comes or any(matches(cron, each) for each in skipped):
            yield minute
        minute += MINUTE


@given(schedules, names, st.integers(1, 40))
def test_every_due_comes_once_and_in_order(
    drawn: tuple[Schedule, datetime], name: str, hours: int
) -> None:
    schedule, begin = drawn
    begin = begin.replace(second=0)
    end = begin + timedelta(hours=hours)
    share = offset_of(schedule, name)
    found = []
    due = next_due(schedule, name, begin + share - MINUTE)
    while due is not None and due.nominal <= end:
        found.append(due.nominal)
        due = next_due(schedule, name, due.at)
    assert found == list(expected(schedule.cron, ZoneInfo(schedule.zone), begin, end))


@given(schedules, names)
def test_the_last_due_and_the_next_one_have_none_between_them(
    drawn: tuple[Schedule, datetime], name: str
) -> None:
    schedule, now = drawn
    last, following = last_due(schedule, name, now), next_due(schedule, name, now)
    assert following is not None
    assert last is not None
    assert last.at <= now < following.at
    assert next_due(schedule, name, last.at) == following
    assert last_due(schedule, name, following.at) == following
    assert last_due(schedule, name, following.at - timedelta(seconds=1)) == last


@given(schedules, names, st.integers(0, 200_000), st.integers(0, 999_999))
def test_later_is_never_earlier(
    drawn: tuple[Schedule, datetime], name: str, seconds: int, micro: int
) -> None:
    schedule, now = drawn
    now = now.replace(microsecond=micro)
    first = next_due(schedule, name, now)
    second = next_due(schedule, name, now + timedelta(seconds=seconds))
    assert first is not None
    assert second is not None
    assert first.at > now
    assert second >= first


@given(schedules, names)
def test_the_spread_is_the_names_own_and_less_than_what_is_written(
    drawn: tuple[Schedule, datetime], name: str
) -> None:
    schedule, now = drawn
    due = next_due(schedule, name, now)
    later = next_due(schedule, name, now + timedelta(days=3))
    assert due is not None
    assert later is not None
    assert due.at - due.nominal == later.at - later.nominal
    assert timedelta() <= due.at - due.nominal < max(schedule.spread, timedelta(seconds=1))


@given(schedules, names)
def test_a_line_is_read_as_cronsim_reads_it(drawn: tuple[Schedule, datetime], name: str) -> None:
    schedule, now = drawn
    assume("Lord_Howe" not in schedule.zone)  # there cronsim is half an hour off
    plain = Schedule(schedule.cron, schedule.zone, timedelta())
    found = next_due(plain, name, now)
    theirs = iter(CronSim(schedule.cron, now.astimezone(ZoneInfo(schedule.zone))))
    assert found is not None
    # It may go back within an hour that comes twice.
    assert found.nominal == next(t for t in (each.astimezone(UTC) for each in theirs) if t > now)


def offset_of(schedule: Schedule, name: str) -> timedelta:
    due = next_due(schedule, name, datetime(2026, 1, 1, tzinfo=UTC))
    assert due is not None
    return due.at - due.nominal
