"""Refused records wait at growing intervals; changes that do not stick are noticed."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import made

from oneway.core.seal import Seal
from oneway.history.backoff import EVERYBODYS, WAITS, PastFailure, refusals
from oneway.history.digests import digests_of
from oneway.history.flapping import RUNS, RepeatedWrite, find_flapping, sticks
from oneway.planning.plan import Plan, Verb

SEAL = Seal(b"k" * 32)
MAPPING = """\
oneway: 1
name: m
source: {connector: payroll, resource: people}
target: {connector: expenses, resource: users}
match:
  - {source: code, target: ref}
fields:
  ref: {from: code, write: on_create}
  name: name
  account: {from: account, sensitive: true}
joiners: {create: true}
"""
FIRST = date(2026, 11, 1)


def plan_on(day: date, name: str = "Ann", account: str = "0000-1", held: str = "Old") -> Plan:
    """Return the plan of one update and one create, on a day."""
    people = [
        {"id": "s1", "code": "P1", "name": name, "account": account},
        {"id": "s2", "code": "P2", "name": "Bo", "account": "0000-2"},
    ]
    users = [{"id": "t1", "ref": "P1", "name": held, "account": None}]
    plan = made(MAPPING, people, users).plan
    return Plan(**{**_fields(plan), "as_of": f"{day}T04:00:00Z"})


def _fields(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in Plan.__dataclass_fields__}


def update(plan: Plan):
    return next(each for each in plan.actions if each.target_id == "t1")


def failure(plan: Plan, times: int, code: str = "W105") -> PastFailure:
    digest = digests_of(update(plan), SEAL).values
    return PastFailure(update(plan).id, digest, code, "no", f"{FIRST}T04:00:00Z", plan.as_of, times)


def known(plan: Plan, found: PastFailure, **options: bool):
    return refusals(plan, {found.action_id: found}, SEAL, **options)[found.action_id]


def nights_sent(until: int) -> list[int]:
    """Return the nights (from 1) in which one refused update is sent, refused each time."""
    last, nights = None, []
    for night in range(1, until + 1):
        plan = plan_on(FIRST + timedelta(days=night - 1))
        if last is None or known(plan, last).next_try is None:
            last = failure(plan, 1 if last is None else last.times + 1)
            nights.append(night)
    return nights


def test_the_same_values_are_sent_at_growing_intervals() -> None:
    assert nights_sent(30) == [1, 2, 4, 8, 15, 22, 29]


@given(st.integers(1, 50), st.integers(0, 60))
def test_they_wait_for_the_day_and_not_for_the_hour(times: int, days: int) -> None:
    then = plan_on(FIRST)
    found = known(plan_on(FIRST + timedelta(days=days)), failure(then, times))
    wait = WAITS[min(times, len(WAITS)) - 1]
    due = FIRST + timedelta(days=wait)
    assert found.next_try == (None if days >= wait else due)
    assert found.same_values


@given(st.sampled_from(["name", "account", "held"]))
def test_other_values_are_sent_at_once(field: str) -> None:
    before = failure(plan_on(FIRST), 3)
    found = known(plan_on(FIRST, **{field: "0000-9"}), before)
    # What the target held before is not what was refused.
    assert found.same_values is (field == "held")
    assert (found.next_try is None) is (field != "held")


def test_somebody_may_not_want_to_wait() -> None:
    plan = plan_on(FIRST)
    assert known(plan, failure(plan, 1)).next_try == FIRST + timedelta(days=1)
    assert known(plan, failure(plan, 1), retry_now=True).next_try is None


@pytest.mark.parametrize("code", sorted(EVERYBODYS))
def test_what_is_not_the_records_fault_does_not_wait(code: str) -> None:
    plan = plan_on(FIRST)
    assert known(plan, failure(plan, 5, code)).next_try is None


def test_the_days_are_those_of_the_connections_zone() -> None:
    first = replace(
        failure(plan_on(FIRST), 1),
        first="2026-11-01T17:00:00Z",
        last="2026-11-01T17:00:00Z",
        zone="Australia/Sydney",
    )
    plan = plan_on(FIRST)
    assert known(plan, first).text.startswith("refused once on 2026-11-02")
    tonight = Plan(**{**_fields(plan), "as_of": "2026-11-02T12:59:00Z"})  # 23:59 in Sydney
    assert known(tonight, first).next_try == date(2026, 11, 3)
    tomorrow = Plan(**{**_fields(plan), "as_of": "2026-11-02T13:00:00Z"})
    assert known(tomorrow, first).next_try is None


def test_a_refusal_in_the_future_delays_nothing() -> None:
    later = failure(plan_on(FIRST + timedelta(days=400)), 5)
    assert known(plan_on(FIRST), later).next_try is None


def test_what_is_no_longer_planned_is_not_spoken_of() -> None:
    before = failure(plan_on(FIRST), 1)
    assert refusals(plan_on(FIRST, held="Ann", account=""), {before.action_id: before}, SEAL) == {}


def test_it_says_since_when_and_until_when() -> None:
    plan = plan_on(FIRST)
    assert known(plan, failure(plan, 2)).text == (
        "refused 2 times since 2026-11-01 with the same values; next try 2026-11-03: no [W105]"
    )
    other = known(plan_on(FIRST, name="Zoe"), failure(plan, 1)).text
    assert other == "refused once on 2026-11-01 with other values; sent again now: no [W105]"


def written(plan: Plan, times: int) -> dict[tuple[str, str], RepeatedWrite]:
    action = update(plan)
    digests = digests_of(action, SEAL).fields
    return {(action.id, field): RepeatedWrite(digest, times) for field, digest in digests.items()}


@given(st.integers(1, 9))
def test_the_third_time_in_a_row_does_not_stick(times: int) -> None:
    plan = plan_on(FIRST)
    found = find_flapping(plan_on(FIRST + timedelta(days=1)), written(plan, times), SEAL)
    fields = [each.change.field for each in found]
    assert fields == (["name", "account"] if times + 1 >= RUNS else [])
    assert all(each.times == times for each in found)


@pytest.mark.parametrize("verb", Verb)
def test_access_and_records_are_told_of_a_run_sooner(verb: Verb) -> None:
    sooner = verb.takes_access or verb is Verb.CREATE
    assert [sticks(verb, runs) for runs in (1, 2, 3, 4)] == [True, not sooner, False, False]


@pytest.mark.parametrize("field", ["name", "held"])
def test_another_before_or_after_is_another_change(field: str) -> None:
    plan = plan_on(FIRST, **{field: "Other"})
    found = find_flapping(plan, written(plan_on(FIRST), 5), SEAL)
    assert [each.change.field for each in found] == ["account"]


def test_a_record_that_is_to_be_created_a_second_time_does_not_stick() -> None:
    plan = plan_on(FIRST)
    create = next(each for each in plan.actions if each.target_id is None)
    ((name, digest),) = digests_of(create, SEAL).fields.items()
    assert find_flapping(plan, {}, SEAL) == ()
    (found,) = find_flapping(plan, {(create.id, name): RepeatedWrite(digest, 1)}, SEAL)
    assert (found.action, found.change, found.times) == (create, None, 1)


def test_digests_differ_by_key_and_show_no_value() -> None:
    action = update(plan_on(FIRST))
    one, other = digests_of(action, SEAL), digests_of(action, Seal(b"x" * 32))
    assert one.values != other.values
    assert one.fields["name"] != other.fields["name"]
    assert "Ann" not in repr(one)
