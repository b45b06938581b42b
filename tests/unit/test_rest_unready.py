"""Successes that do not show what was asked for: not ready yet, in parts, or a refusal in words."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import MANIFEST, altered, opened, page, reply

from oneway.core.connector import Finding, JobState
from oneway.core.connector_errors import ReadError, Unknown
from oneway.core.records import Record
from oneway_connectors.rest.system import Rest

SHOWING = {200, 201, 203, 206}
others = st.sampled_from(sorted({*range(200, 300)} - {*SHOWING, 204}))
PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
AT_ONCE = altered(PAGED, "{type: none}")
GET = '    get: {path: "/people/{id}"}\n'
DETAIL = altered(GET, '    detail: [{path: "/people/{id}/job", into: job}]\n' + GET)
ENVELOPED = (
    altered(
        "create: {method: POST, path: /people}",
        "create: {method: POST, path: /people, record: user}",
    )
).replace(
    'update: {method: PATCH, path: "/people/{id}"',
    'update: {method: PATCH, path: "/people/{id}", record: user',
)
PROBE = MANIFEST.replace("resources:\n", "probe: [{label: signs in, path: /me}]\nresources:\n")
FOLLOWED = altered(
    "create: {method: POST, path: /people}",
    'create: {method: POST, path: /people, job: {path: "/jobs/{id}", id: job, status: state, '
    "done: [ok], failed: [failed], record: person}}",
)


def always(status: int, body: object, *before: object, manifest: str = MANIFEST) -> Rest:
    """Return a connector whose system answers so, again and again, after some other answers."""
    return opened(*before, *(reply(body, status) for _ in range(4)), manifest=manifest)[0]


@given(others, st.integers(0, 2), st.sampled_from([{"data": []}, {"data": None}, {}]))
def test_no_other_success_is_a_page_of_a_list_or_its_end(
    status: int, before: int, body: dict[str, Any]
) -> None:
    pages = [page(2 * n, 2 * n + 1) for n in range(before)]
    with pytest.raises(ReadError) as caught:
        always(status, body, *pages).reader("people").read()
    assert caught.value.code == ("R105" if status == 202 else "R107")
    assert f"status {status}" in caught.value.summary


@given(others)
def test_no_other_success_answers_a_search_or_a_request_for_a_record(status: int) -> None:
    missing = "errors: {missing_when: error == 'none', "
    manifest = altered("errors: {", missing)
    for body in ({"data": []}, {"id": 7}, {"error": "none"}):
        with pytest.raises(ReadError, match=f"status {status}"):
            always(status, body, manifest=manifest).reader("people").find("email", "a@example.com")
        with pytest.raises(ReadError, match=f"status {status}"):
            always(status, body, manifest=manifest).reader("people").get("7")


@given(others)
def test_no_other_success_is_a_detail_or_signs_in(status: int) -> None:
    connector = always(
        status, {"end": None}, page(7), manifest=DETAIL.replace(PAGED, "{type: none}")
    )
    (found,) = connector.reader("people").read().records
    assert found.problem.startswith("its 'job' cannot be read: ")
    assert f"status {status}" in found.problem
    probe = always(status, {}, manifest=PROBE).probe()[0]
    assert probe.finding is Finding.FAILED


def test_a_list_that_is_being_prepared_is_requested_again() -> None:
    connector, world = opened(reply({}, 202, retry_after="20"), page(1), manifest=AT_ONCE)
    assert [each.id for each in connector.reader("people").read().records] == ["1"]
    assert world.slept == [20]


@pytest.mark.parametrize("status", sorted(SHOWING - {206}))
def test_a_list_may_be_answered_201_or_by_a_proxy_203(status: int) -> None:
    connector, _ = opened(page(1, status=status), reply({"id": 1}, status), manifest=AT_ONCE)
    assert connector.reader("people").read().problems == ()
    assert connector.reader("people").get("1") == Record("1", {"id": 1})


@pytest.mark.parametrize("body", [{"state": "ok", "person": 7}, {}, b""])
def test_a_job_that_is_answered_202_still_runs_and_is_asked_once(body: object) -> None:
    connector, world = opened(reply({"job": 5}, 202), reply(body, 202), manifest=FOLLOWED)
    with pytest.raises(Unknown):
        connector.writer("people").create({"email": "a@example.com"}, "t")
    assert len(world.asked) == 2
    connector, _ = opened(reply({"state": "failed"}, 202), manifest=FOLLOWED)
    assert connector.writer("people").job_end("5").state is JobState.FAILED


@pytest.mark.parametrize(
    "beside",
    [
        {"status": "pending"}, {"status": "Processing"}, {"state": "in_progress"},
        {"jobStatus": "RUNNING"}, {"meta": {"status": "still preparing"}}, {"ready": False},
        {"processing": True}, {"isReady": "false"}, {"result": {"state": "queued"}},
        {"status": "building"}, {"status": {"success": None, "pending": True}},
        {"status": {"success": True, "state": "running"}}, {"status": {"ok": True, "ready": False}},
        {"state": {"result": "ok", "processing": True}},
        {"status": {"success": True, "status": "pending"}},
    ],
)  # fmt: skip
def test_a_body_that_says_that_it_is_being_prepared_is_incomplete(beside: dict[str, Any]) -> None:
    connector, _ = opened(reply({"data": [], **beside}), manifest=AT_ONCE)
    found = connector.reader("people").read()
    assert not found.complete
    assert "says that it is not ready" in found.problems[0]


@pytest.mark.parametrize(
    "beside",
    [
        {"status": "ready"}, {"status": "done"}, {"state": "CA"}, {"status": "active"},
        {"pending": []}, {"pending": 3}, {"processing": False}, {"processing": None},
        {"ready": True}, {"processingTime": 7}, {"stats": {"status": "pending"}},
        {"building": True}, {"building": "yes"}, {"status": {"success": True, "pending": True}},
    ],
)  # fmt: skip
def test_other_words_of_a_state_are_no_alarm(beside: dict[str, Any]) -> None:
    connector, _ = opened(reply({"data": [], **beside}), manifest=AT_ONCE)
    assert connector.reader("people").read().complete


def test_a_record_has_a_state_of_its_own() -> None:
    own = {"id": 7, "status": "pending"}
    connector, _ = opened(reply(own))
    assert connector.reader("people").get("7") == Record("7", own)
    manifest = altered('get: {path: "/people/{id}"}', 'get: {path: "/people/{id}", record: user}')
    invited = {"id": 7, "email": "a@example.com"}
    connector, _ = opened(reply({"user": invited, "status": "pending"}), manifest=manifest)
    assert connector.reader("people").get("7") == Record("7", invited)
    for bare in ({"id": 7}, {"id": 7, "email": None}, None):
        connector, _ = opened(reply({"user": bare, "status": "pending"}), manifest=manifest)
        with pytest.raises(ReadError, match="not ready"):
            connector.reader("people").get("7")


@pytest.mark.parametrize(
    "state", [{"status": "pending"}, {"state": "processing"}, {"ready": False}]
)
def test_a_write_that_shows_the_record_is_done_whatever_else_is_pending(
    state: dict[str, Any],
) -> None:
    """An invitation was sent, or an export is being prepared."""
    shown = {"id": 7, "email": "a@example.com"}
    connector, _ = opened(
        reply({"user": shown, **state}, 201), reply({"user": shown, **state}), manifest=ENVELOPED
    )
    writer = connector.writer("people")
    assert writer.create({"email": "a@example.com"}, "t") == "7"
    assert writer.update("7", {"email": "a@example.com"}, "t") == Record("7", shown)
    for status in (200, 201):
        bare = [reply({"user": {"id": 7}, **state}, status) for _ in range(2)]
        connector, _ = opened(*bare, manifest=ENVELOPED)
        with pytest.raises(Unknown):
            connector.writer("people").create({"email": "a@example.com"}, "t")
        with pytest.raises(Unknown):
            connector.writer("people").update("7", {"email": "a@example.com"}, "t")


REFUSALS: list[dict[str, Any]] = [
    {"success": 0}, {"ok": "0"}, {"status": False}, {"result": "NG"}, {"Ack": "Failure"},
    {"retcode": -1}, {"status": "KO"}, {"status": "NOK"}, {"status": "denied"},
    {"status": "unavailable"}, {"status": "aborted"}, {"code": "TOKEN_EXPIRED"},
    {"code": "INTERNAL_ERROR"}, {"code": "invalid_token"}, {"warnings": ["shard 3 unavailable"]},
    {"message": "Your session has expired, please sign in"}, {"message": "Forbidden"},
    {"msg": "invalid token"}, {"title": "Unauthorized"}, {"reason": "backend unavailable"},
    {"detail": "Authentication credentials were not provided."}, {"message": "Access denied"},
    {"maintenance": True}, {"loading": True}, {"hiddenCount": 2}, {"cursorInvalid": True},
    {"hidden": 3}, {"_shards": {"total": 1, "successful": 0}},
    {"_shards": {"total": 5, "successful": 3, "failed": 0}}, {"status": "errors"},
    {"_shards": {"total": 5, "successful": 4, "failed": 1}}, {"status": "request timeout"},
    {"status": "incomplete"}, {"message": "Error 401: Unauthorized"}, {"status": "false"},
    {"message": "Invalid or expired token"}, {"detail": "Service temporarily unavailable"},
    {"error_message": None, "message": "401 Unauthorized"}, {"message": "Access denied."},
    {"title": "Service Unavailable"}, {"error_title": "Forbidden"},
    {"message": "The user directory is unavailable"}, {"notice": "Unauthorized: missing scope"},
]  # fmt: skip
REFUSALS_BESIDE_NOTHING: list[dict[str, Any]] = [
    {"login_required": True}, {"retry_after": 10}, {"meta": {"retryAfter": "10"}},
    {"detail": "Access denied for user 'sync'"},
    {"message": "Access is forbidden for this key"},
    {"message": "This client is unauthorized to list people"},
]  # fmt: skip
NO_REFUSALS: list[dict[str, Any]] = [
    {"success": 1}, {"status": 0}, {"code": 0}, {"code": "NO_ERROR"}, {"code": "4711"},
    {"hidden": True}, {"meta": {"hidden": True}}, {"status": "completed_without_error"},
    {"status": "zero_errors"}, {"status": "Done, no errors"},
    {"status": "finished without any errors."},
    {"_shards": {"total": 3, "successful": 3, "skipped": 0, "failed": 0}},
    {"_shards": {"total": 0, "successful": 0}},
    {"code": "SALES"}, {"status": "OK"}, {"Ack": "Success"}, {"retry_after": 0},
    {"retry_after": None}, {"message": "No session has expired"}, {"title": "All users"},
    {"message": "Access will be denied from May"}, {"hiddenCount": 0}, {"maintenance": False},
    {"maintenance": "2026-12-01"}, {"loading": None}, {"status": "expires soon"},
    {"title": "Invalid token report"}, {"title": "Employees with incomplete data"},
    {"title": "Access denied events"}, {"reportTitle": "Quota exceeded"},
    {"title": "Users whose requests timed out"}, {"status": "unexpired"}, {"result": "0 errors"},
    {"auth_required": True}, {"code": "NO"}, {"code": "NG"}, {"code": "NOK"}, {"status": "no"},
    *(
        {"message": each}
        for each in (
            "Confidential. Unauthorized use of this API is forbidden.",
            "Unauthorized access is logged", "Access to unauthorized persons is prohibited",
            "Scheduled maintenance: service unavailable on Sunday 02:00 to 04:00",
            "Scheduled maintenance, Sunday: service unavailable.",
            "This endpoint will be unavailable from March", "Authentication is not required",
            "Forbidden characters were removed from names", "Access denied: 0",
            "The previous session expired and was renewed", "Invalid token: none",
            "Old tokens expired on 2026-01-01", "MFA: authentication required from 2027",
        )
    ),
]  # fmt: skip
NOTICES: list[dict[str, Any]] = [
    {"retryAfter": 60}, {"meta": {"poll": {"retry_after": 60}}}, {"login_required": True},
    {"info": "Employee list for access denied report"},
    *(
        {"message": each}
        for each in (
            "Salary data is unavailable on the Basic plan", "Photos are unavailable",
            "Field salary is forbidden for this key", "3 sessions expired",
            "Multi-factor authentication is required for admins",
            "Two-factor authentication required for all users",
            "Invitation sent; the token expired invitations were removed",
            "Users whose login expired are included",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("beside", REFUSALS)
@pytest.mark.parametrize("rows", [[], [{"id": 1}]])
def test_a_refusal_beside_a_page_makes_the_list_incomplete(
    beside: dict[str, Any], rows: list[Any]
) -> None:
    connector, _ = opened(reply({"data": rows, **beside}), manifest=AT_ONCE)
    assert not connector.reader("people").read().complete


@pytest.mark.parametrize("beside", REFUSALS_BESIDE_NOTHING)
def test_a_word_that_may_refuse_counts_beside_an_empty_page(beside: dict[str, Any]) -> None:
    connector, _ = opened(reply({"data": [], **beside}), manifest=AT_ONCE)
    assert not connector.reader("people").read().complete
    connector, _ = opened(page(1, 2), reply({"data": [], **beside}))
    assert not connector.reader("people").read().complete
    connector, _ = opened(reply({"data": [{"id": 1}], **beside}), manifest=AT_ONCE)
    assert connector.reader("people").read().problems == ()


@pytest.mark.parametrize("beside", NO_REFUSALS)
@pytest.mark.parametrize("rows", [[], [{"id": 1}]])
def test_a_word_that_is_no_refusal_is_no_alarm(beside: dict[str, Any], rows: list[Any]) -> None:
    connector, _ = opened(reply({"data": rows, **beside}), manifest=AT_ONCE)
    assert connector.reader("people").read().problems == ()


@pytest.mark.parametrize("beside", [*NO_REFUSALS, *NOTICES, *REFUSALS_BESIDE_NOTHING])
def test_what_stands_beside_records_too_explains_no_empty_page(beside: dict[str, Any]) -> None:
    full, empty = ({"data": rows, **beside} for rows in ([{"id": 1}, {"id": 2}], []))
    connector, _ = opened(reply(full), reply(empty), reply(empty))
    reader = connector.reader("people")
    assert reader.read().problems == ()
    assert reader.find("email", "a@example.com") == ()


def nothing(request: httpx.Request) -> httpx.Response:
    """Answer as a gateway does that knows no such path."""
    return reply({"message": "no Route matched with those values"}, 404)


def gone(*answers: object, manifest: str = AT_ONCE) -> tuple[Record | None, int]:
    """Return what a request for record 9 finds after a list of 1 to 4, and its requests."""
    connector, world = opened(page(1, 2, 3, 4), *answers, manifest=manifest)
    reader = connector.reader("people")
    assert reader.read().complete
    return reader.get("9"), len(world.asked) - 1


def test_a_404_counts_if_the_same_request_shows_a_listed_record() -> None:
    assert gone(nothing, reply({"id": 1})) == (None, 2)
    assert gone(nothing, nothing, reply({"id": 2})) == (None, 3)
    with pytest.raises(
        ReadError, match="no request finds record 1, which the list shows"
    ) as caught:
        gone(*[nothing] * 4)
    assert (caught.value.code, "path of `get`" in caught.value.help) == ("R107", True)
    with pytest.raises(ReadError, match="which the list shows"):
        gone(nothing, *(reply({"id": 7}) for _ in range(3)))


def test_one_record_that_was_shown_is_enough_for_all_later_requests() -> None:
    connector, world = opened(page(1, 2), reply({"id": 2}), reply({}, 404), manifest=AT_ONCE)
    reader = connector.reader("people")
    reader.read()
    assert reader.get("2") is not None
    assert (reader.get("1"), len(world.asked)) == (None, 3)


def test_a_404_of_the_page_that_a_request_is_led_to_says_nothing_of_the_record() -> None:
    led = reply(None, 302, location="/v1/login")
    with pytest.raises(ReadError):
        opened(led, reply({"error": "not found"}, 404))[0].reader("people").get("7")
    slash = reply(None, 301, location="/v1/people/7/")
    assert opened(slash, reply({}, 404))[0].reader("people").get("7") is None
