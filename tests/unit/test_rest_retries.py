"""What is tried again, how long is waited, and what is said where it is in doubt."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import altered, opened, page, reply

from oneway.core.connector_errors import Blame, NotSent, ReadError, Rejected, Unknown, WriteError
from oneway.history.backoff import EVERYBODYS
from oneway_connectors.rest.asked_wait import reset_of, retry_after
from oneway_connectors.rest.errors import ABOUT_REQUESTS
from oneway_connectors.rest.retry_budget import RetryBudget
from oneway_connectors.rest.writer import RestWriter

NEVER_SENT = [httpx.ConnectError("refused"), httpx.ConnectTimeout("late"), httpx.PoolTimeout("x")]
PERHAPS_SENT = [
    httpx.ReadTimeout("late"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("gone"),
    httpx.WriteError("pipe"),
    httpx.WriteTimeout("late"),
]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 522, 527, 530])
def test_reading_is_tried_again(status: int) -> None:
    connector, world = opened(reply({}, status), reply({}, status), page("a"), page())
    assert connector.reader("people").read().complete
    assert len(world.slept) == 2


@pytest.mark.parametrize("error", NEVER_SENT + PERHAPS_SENT)
def test_reading_is_tried_again_after_a_network_error(error: Exception) -> None:
    connector, world = opened(error, page("a"), page())
    assert connector.reader("people").read().complete
    assert len(world.slept) == 1


@pytest.mark.parametrize("error", NEVER_SENT + PERHAPS_SENT)
def test_attempts_are_bounded(error: Exception) -> None:
    connector, world = opened(*[error] * 9)
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert caught.value.code == "R101"
    assert len(world.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 501, 505, 511])
def test_what_will_not_heal_is_not_tried_again(status: int) -> None:
    connector, world = opened(reply({}, status))
    with pytest.raises(ReadError):
        connector.reader("people").read()
    assert len(world.asked) == 1


LATER = "errors: {later_when: \"error.errors[?reason == 'rateLimitExceeded']\", "
TOO_MUCH = {"error": {"errors": [{"reason": "rateLimitExceeded"}]}}
NOT_ALLOWED = {"error": {"errors": [{"reason": "forbidden"}]}}


@pytest.mark.parametrize("status", [200, 400, 403])
def test_what_the_manifest_calls_later_is_tried_again(status: int) -> None:
    manifest = altered("errors: {", LATER)
    connector, world = opened(reply(TOO_MUCH, status), page("a"), page(), manifest=manifest)
    assert connector.reader("people").read().complete
    assert len(world.slept) == 1
    connector, world = opened(reply(TOO_MUCH, status), reply({"id": 7}), manifest=manifest)
    connector.writer("people").update("7", {"name": "Ada"}, "t")
    assert len(world.slept) == 1


def test_what_stays_later_is_the_systems_and_was_not_sent() -> None:
    manifest = altered("errors: {", LATER)
    connector, _ = opened(*(reply(TOO_MUCH, 403) for _ in range(8)), manifest=manifest)
    with pytest.raises(NotSent, match=r"it came with 403; errors\.later_when") as caught:
        connector.writer("people").update("7", {"name": "Ada"}, "t")
    assert (caught.value.code, caught.value.blame) == ("W106", Blame.SYSTEM)
    with pytest.raises(ReadError) as unread:
        connector.reader("people").read()
    assert unread.value.code == "R105"


def test_another_refusal_of_that_status_is_not_later() -> None:
    connector, world = opened(reply(NOT_ALLOWED, 403), manifest=altered("errors: {", LATER))
    with pytest.raises(Rejected):
        connector.writer("people").update("7", {"name": "Ada"}, "t")
    assert len(world.asked) == 1


DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
LIMITED = [
    (429, {"x_ratelimit_reset": "30"}, 30),
    (429, {"ratelimit_reset": "0"}, 0),
    (429, {"x_rate_limit_reset": "1772366430", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 30),
    (429, {"x_ratelimit_reset": "1772366430500", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 30.5),
    (429, {"x_ratelimit_reset": "5.5"}, 5.5),
    (429, {"x_ratelimit_reset": "1772366330", "date": "Sun, 01 Mar 2026 12:00:00 GMT"}, 0),
    (429, {"x_ratelimit_reset": "30", "retry_after": "7"}, 7),
    (403, {"retry_after": "2"}, 2),
    (403, {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "9"}, 9),
    (429, {"x_ratelimit_reset_after": "1.5", "x_ratelimit_reset": "1772366430"}, 1.5),
    (429, {"x_ms_retry_after_ms": "2500"}, 2.5),
    (429, {"retry_after_ms": "1500", "retry_after": "2"}, 1.5),
    (429, {"x_ratelimit_reset": "2026-03-01T12:00:30Z", "date": DATE}, 30),
    (429, {"x_ratelimit_reset": "2026-03-01T13:00:30+01:00", "date": DATE}, 30),
    (429, {"x_ratelimit_reset": "2026-03-01T12:00:30", "date": DATE}, 30),
    (429, {"ratelimit": '"default";r=0;t=14'}, 14),
    (429, {"ratelimit": '"burst";r=0;t=4, "day";r=0;t=9, "hour";r=7;t=50'}, 9),
    (429, {"ratelimit": "limit=100, remaining=0, reset=14"}, 14),
    (403, {"ratelimit": '"default";r=0;pk=:YWJj:;t=14'}, 14),
]


@pytest.mark.parametrize(("status", "headers", "seconds"), LIMITED)
def test_a_rate_limit_is_waited_for_however_it_is_said(
    status: int, headers: dict[str, str], seconds: float
) -> None:
    connector, world = opened(reply({}, status, **headers), page("a"), page())
    assert connector.reader("people").read().complete
    assert world.slept == ([seconds] if seconds else world.slept)


@pytest.mark.parametrize(
    "headers", [{"x_ratelimit_remaining": "0", "x_ratelimit_reset": "3600"}, {"retry_after": "90"}]
)
def test_a_403_by_a_rate_limit_was_not_sent(headers: dict[str, str]) -> None:
    connector, _ = opened(*[lambda _: reply({}, 403, **headers)] * 4)
    with pytest.raises(NotSent, match="it came with 403") as caught:
        update(connector.writer("people"))
    assert (caught.value.code, caught.value.blame) == ("W106", Blame.SYSTEM)
    with pytest.raises(ReadError) as unread:
        connector.reader("people").read()
    assert unread.value.code == "R105"


def test_a_refusal_that_is_about_no_record_is_sent_again_by_the_next_run() -> None:
    for status in ABOUT_REQUESTS:
        connector, _ = opened(reply({}, status))
        with pytest.raises(Rejected) as caught:
            update(connector.writer("people"))
        assert caught.value.code in EVERYBODYS, status


def test_a_status_that_the_manifest_calls_a_refusal_is_about_the_record() -> None:
    manifest = altered("fields: errors}", "fields: errors, rejected: [405]}")
    connector, _ = opened(reply({}, 405), manifest=manifest)
    with pytest.raises(Rejected) as caught:
        update(connector.writer("people"))
    assert caught.value.code == "W105"


def test_a_403_that_speaks_of_no_limit_is_not_tried_again() -> None:
    connector, world = opened(reply({}, 403, x_ratelimit_remaining="12", x_ratelimit_reset="9"))
    with pytest.raises(ReadError):
        connector.reader("people").read()
    assert len(world.asked) == 1


def test_waits_grow_and_are_random() -> None:
    connector, world = opened(*[httpx.ConnectError("x")] * 4)
    with pytest.raises(ReadError):
        connector.reader("people").read()
    assert all(0 <= wait <= 0.5 * 2 ** (i + 1) for i, wait in enumerate(world.slept))


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0"}, 0),
        ({"retry_after": "5.5"}, 5.5),
        (
            {
                "retry_after": format_datetime(NOON + timedelta(seconds=9), usegmt=True),
                "date": format_datetime(NOON, usegmt=True),
            },
            9,
        ),
        (
            {
                "retry_after": format_datetime(NOON - timedelta(days=9), usegmt=True),
                "date": format_datetime(NOON, usegmt=True),
            },
            0,
        ),
    ],
)
def test_both_forms_of_retry_after_are_obeyed(headers: dict[str, str], seconds: float) -> None:
    connector, world = opened(reply({}, 429, **headers), page())
    connector.reader("people").read()
    # With 0 seconds, as if nothing had been asked: not at once.
    assert sum(world.slept) == pytest.approx(seconds) if seconds else 0 < sum(world.slept) <= 1


def test_a_wait_over_the_cap_ends_the_request() -> None:
    connector, world = opened(reply({"message": "nightly works"}, 503, retry_after="3600"))
    with pytest.raises(ReadError, match="nightly works"):
        connector.reader("people").read()
    assert world.slept == []


@pytest.mark.parametrize("headers", [{"retry_after": "90"}, {"x_ratelimit_reset": "90"}])
def test_a_wait_over_the_cap_is_told_with_what_allows_it(headers: dict[str, str]) -> None:
    connector, _ = opened(reply({"message": "slow down"}, 429, **headers))
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    said = "slow down (it asks to wait 90 seconds, more than retry.max_wait, 60)"
    assert said in caught.value.summary
    connector, _ = opened(reply({"message": "slow down"}, 429, **headers))
    with pytest.raises(NotSent) as failed:
        connector.writer("people").create({"email": "a@example.com"}, "t")
    assert said in failed.value.summary
    manifest = altered("max_wait: 60", "max_wait: 90")
    connector, world = opened(reply({}, 429, **headers), page(), manifest=manifest)
    assert connector.reader("people").read().complete
    assert world.slept == [90]


@pytest.mark.parametrize("reset", ["0", "0.0", "1772366330"])
def test_a_limit_that_is_reset_by_now_is_not_asked_again_at_once(reset: str) -> None:
    date = "Sun, 01 Mar 2026 12:00:00 GMT"
    busy = [reply({}, 429, x_ratelimit_reset=reset, date=date) for _ in range(3)]
    connector, world = opened(*busy, page())
    connector.reader("people").read()
    assert all(0 < wait <= 0.5 * 2 ** (i + 1) for i, wait in enumerate(world.slept))


@pytest.mark.parametrize("asked", [{"retry_after": "0"}, {"retry_after_ms": "1"}])
def test_a_wait_of_less_than_a_second_spends_no_tries_at_once(asked: dict[str, str]) -> None:
    connector, world = opened(*[reply({}, 429, **asked) for _ in range(3)], page())
    random.seed(7)  # a wait may be any part of the longest one, and by chance next to nothing
    connector.reader("people").read()
    longest = [0.5 * 2 ** (attempt + 1) for attempt in range(3)]
    assert all(0.01 < wait <= most for wait, most in zip(world.slept, longest, strict=True))


@given(st.text(alphabet=st.sampled_from('"dr=0t;, 159:-TZ.+x\xe9'), max_size=40))
def test_an_odd_reset_is_none_or_a_wait(text: str) -> None:
    for name in (b"ratelimit", b"x-ratelimit-reset", b"retry-after-ms"):
        headers = httpx.Headers([(name, text.encode("latin-1"))])
        for wait in (reset_of(headers), retry_after(headers)):
            assert wait is None or wait >= 0


@given(st.text(alphabet=st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40))
def test_an_odd_retry_after_is_none_or_a_wait(text: str) -> None:
    wait = retry_after(httpx.Headers([(b"retry-after", text.encode("latin-1"))]))
    assert wait is None or wait >= 0


# Writes

Send = Callable[[RestWriter], object]


def create(writer: RestWriter) -> object:
    return writer.create({"email": "a@example.com"}, "t")


def update(writer: RestWriter) -> object:
    return writer.update("7", {"email": "a@example.com"}, "t")


@pytest.mark.parametrize("error", PERHAPS_SENT)
def test_a_create_that_was_perhaps_sent_is_unknown_and_never_repeated(error: Exception) -> None:
    connector, world = opened(error)
    with pytest.raises(Unknown) as caught:
        create(connector.writer("people"))
    assert caught.value.code == "W102"
    assert len(world.asked) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 301, 302, 303, 599])
def test_a_create_that_a_server_failed_at_is_unknown_and_never_repeated(status: int) -> None:
    connector, world = opened(reply({}, status, location="/v1/people/1", retry_after="1"))
    with pytest.raises(Unknown) as caught:
        create(connector.writer("people"))
    assert caught.value.code == "W107"
    assert len(world.asked) == 1


@pytest.mark.parametrize("first", [*PERHAPS_SENT, 408, 500, 502, 503, 504])
def test_a_leave_by_delete_that_was_perhaps_sent_is_looked_at_and_never_repeated(
    first: object,
) -> None:
    leave = '    leave: {method: DELETE, path: "/people/{id}", writes: [active]}\n    record:'
    first = reply({}, first) if isinstance(first, int) else first
    connector, world = opened(first, reply({"id": 7}), manifest=altered("    record:", leave))
    with pytest.raises(Unknown):
        connector.writer("people").leave("7", {"active": False}, "t")
    assert world.methods == ["DELETE", "GET"]


@pytest.mark.parametrize("first", [*NEVER_SENT, 429, 425])
def test_a_create_that_did_not_happen_is_tried_again(first: object) -> None:
    first = reply({}, first, retry_after="3") if isinstance(first, int) else first
    connector, world = opened(first, reply({"id": 5}, 201))
    assert create(connector.writer("people")) == "5"
    assert len(world.asked) == 2


@pytest.mark.parametrize(("first", "code"), [(httpx.ConnectError("x"), "W101"), (429, "W106")])
def test_a_create_that_never_gets_through_is_not_sent(first: object, code: str) -> None:
    steps = [reply({}, first) if isinstance(first, int) else first for _ in range(4)]
    connector, _ = opened(*steps)
    with pytest.raises(NotSent) as caught:
        create(connector.writer("people"))
    assert caught.value.code == code


@pytest.mark.parametrize("first", [*PERHAPS_SENT, 502, 503, 504])
def test_an_update_is_repeated_because_it_sets_fields_to_values(first: object) -> None:
    first = reply({}, first) if isinstance(first, int) else first
    connector, world = opened(first, reply({"id": 7}))
    update(connector.writer("people"))
    assert len(world.asked) == 2
    assert world.asked[0].content == world.asked[1].content


@pytest.mark.parametrize("send", [create, update])
@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Rejected, "W105"), (404, Rejected, "W105"), (409, Rejected, "W105"),
        (422, Rejected, "W105"), (401, Rejected, "W103"), (403, Rejected, "W104"),
        (307, Rejected, "W109"), (308, Rejected, "W109"), (302, Unknown, "W107"),
        (500, Unknown, "W107"), (423, Rejected, "W105"), (424, Rejected, "W105"),
        *((status, Rejected, "W109") for status in ABOUT_REQUESTS),
    ],
)  # fmt: skip
def test_what_an_answer_to_a_write_is(
    send: Send, status: int, kind: type[WriteError], code: str
) -> None:
    connector, world = opened(reply({}, status, location="https://evil.example/"))
    with pytest.raises(kind) as caught:
        send(connector.writer("people"))
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert len(world.asked) == 1


def test_the_manifest_may_say_which_statuses_are_rejections() -> None:
    manifest = altered("fields: errors}", "fields: errors, rejected: [422, 500]}")
    for status, kind in ((500, Rejected), (422, Rejected), (409, Unknown)):
        connector, _ = opened(reply({}, status), manifest=manifest)
        with pytest.raises(kind):
            create(connector.writer("people"))


@pytest.mark.parametrize("then", [409, 429, 401, httpx.ConnectError("x")])
def test_after_a_try_in_doubt_whatever_follows_is_in_doubt(then: object) -> None:
    following = [reply({}, then) if isinstance(then, int) else then for _ in range(3)]
    connector, _ = opened(httpx.ReadTimeout("late"), *following)
    with pytest.raises(Unknown):
        update(connector.writer("people"))


# The budget of a run


@pytest.mark.parametrize(
    ("budget", "retries"),
    [("{floor: 2, share: 0%}", 2), ("{floor: 0, share: 0%}", 0), ("{floor: 1, share: 100%}", 3)],
)
def test_all_requests_share_one_budget_of_further_tries(budget: str, retries: int) -> None:
    manifest = altered("max_wait: 60}", f"max_wait: 60, budget: {budget}}}")
    connector, world = opened(*[lambda _: reply({}, 503)] * 20, manifest=manifest)
    for _ in range(3):
        with pytest.raises(ReadError) as caught:
            connector.reader("people").read()
    assert len(world.asked) == 3 + retries
    assert "budget" in caught.value.summary


def test_a_write_within_a_spent_budget_is_sent_once_and_says_why() -> None:
    manifest = altered("max_wait: 60}", "max_wait: 60, budget: {floor: 0, share: 0}}")
    for step, kind in ((httpx.ConnectError("x"), NotSent), (reply({}, 429), NotSent)):
        connector, world = opened(step, manifest=manifest)
        with pytest.raises(kind, match="budget of tries is spent"):
            create(connector.writer("people"))
        assert len(world.asked) == 1


def test_what_a_system_asks_of_one_request_the_next_one_does_as_well() -> None:
    manifest = altered("max_wait: 60}", "max_wait: 60, budget: {floor: 0, share: 0}}")
    connector, world = opened(reply({}, 429, retry_after="7"), page(), manifest=manifest)
    with pytest.raises(ReadError):
        connector.reader("people").read()
    assert world.slept == []  # it had no try left for which it could wait
    assert connector.reader("people").read().complete
    assert sum(world.slept) == pytest.approx(7)


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5), st.sampled_from([0.0, 0.2, 1.0]))
def test_a_budget_is_never_overspent(steps: list[bool], floor: int, share: float) -> None:
    budget, requests, spent = RetryBudget(share, floor), 0, 0
    for is_request in steps:
        if is_request:
            budget.count()
            requests += 1
        else:
            spent += budget.spend()
        assert spent <= max(floor, share * requests + 1)
    assert budget.spend() or spent >= max(floor, share * requests)


# What an error speaks against


@pytest.mark.parametrize(
    ("step", "blame"),
    [
        (401, Blame.ACCESS), (403, Blame.SYSTEM), (429, Blame.SYSTEM), (503, Blame.SYSTEM),
        (302, Blame.SYSTEM), (500, Blame.RECORD), (422, Blame.RECORD), (200, Blame.RECORD),
        (httpx.ConnectError("x"), Blame.SYSTEM), (httpx.ReadTimeout("x"), Blame.SYSTEM),
    ],
)  # fmt: skip
def test_what_an_error_speaks_against(step: object, blame: Blame) -> None:
    answer = (lambda _: reply({}, step)) if isinstance(step, int) else step
    connector, _ = opened(*[answer] * 4)
    with pytest.raises(WriteError) as caught:
        create(connector.writer("people"))
    assert caught.value.blame is blame
