"""Writing: what is sent, what comes back, and what a refusal may say."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import MANIFEST, altered, opened, reply

from oneway.core.connector import JobEnd, JobState, Writer
from oneway.core.connector_errors import NotSent, ReadError, Rejected, Unknown, WriteError
from oneway.core.records import Value
from oneway_connectors.rest.responses import clean


def test_a_create_sends_the_values_and_returns_the_id() -> None:
    connector, world = opened(reply({"id": 42}, 201))
    values = {"email": "zoë@example.com", "bank": {"sortCode": "000001"}}
    assert connector.writer("people").create(values, "tok") == "42"
    assert json.loads(world.asked[0].content) == values
    assert world.asked[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "answer",
    [
        {"status": "queued", "id": "j1"},
        {"id": "j1", "state": "processing", "href": "/jobs/j1"},
        {"id": "j1", "pending": True},
        {"id": "j1", "job": {"status": "In progress"}},
        {"id": "j1", "ready": False, "type": "job"},
    ],
)
def test_a_create_that_only_a_job_confirms_is_not_known(answer: dict[str, Value]) -> None:
    connector, _ = opened(reply(answer))
    with pytest.raises(Unknown, match="it is pending") as found:
        connector.writer("people").create({"email": "zoe@example.com"}, "tok")
    assert (found.value.code, found.value.accepted, found.value.record) == ("W108", True, "")


@pytest.mark.parametrize(
    "answer",
    [
        {"id": 42, "status": "active"},
        {"id": 42, "status": "invited", "href": "/people/42"},
        {"id": 42, "email": "zoe@example.com", "status": "pending"},
        {"id": 42, "status": "pending", "person": {"email": "zoe@example.com"}},
        {"id": 42, "Email": "ZOE@EXAMPLE.COM", "inviteStatus": "queued", "pending": True},
        {"id": 42, "pending": False},
        {"id": 42, "state": "CA"},
    ],
)
def test_a_new_record_may_say_that_something_of_it_is_pending(answer: dict[str, Value]) -> None:
    connector, _ = opened(reply(answer, 201))
    assert connector.writer("people").create({"email": "zoe@example.com"}, "tok") == "42"


def test_an_update_sends_the_given_fields_and_null_clears() -> None:
    connector, world = opened(reply(b"", 204))
    connector.writer("people").update("7", {"email": None}, "tok")
    assert (world.methods, world.urls) == (["PATCH"], ["/people/7"])
    assert json.loads(world.asked[0].content) == {"email": None}


def test_leaving_is_an_update_unless_it_has_a_request_of_its_own() -> None:
    connector, world = opened(reply({}), reply({}))
    connector.writer("people").leave("7", {"leaveDate": "2026-01-31"}, "t")
    assert world.methods == ["PATCH"]
    manifest = altered(
        "    record:", '    leave: {method: PUT, path: "/people/{id}/left"}\n    record:'
    )
    connector, world = opened(reply({}), manifest=manifest)
    connector.writer("people").leave("7", {"leaveDate": "2026-01-31"}, "t")
    assert world.urls == ["/people/7/left"]


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        ({"id": 7, "leaveDate": None}, {"id": 7, "leaveDate": None}),
        ({"id": "7"}, {"id": "7"}),
        (b"", None),
        (b" ", None),
        ({}, None),
        (b"null", None),
    ],
)
def test_the_answer_to_a_leave_is_the_record_only_if_it_has_its_id(
    answer: object, shown: dict[str, Value] | None
) -> None:
    connector, _ = opened(reply(answer))
    found = connector.writer("people").leave("7", {"leaveDate": "2026-01-31"}, "t")
    assert (None if found is None else found.data) == shown


NO_RECORD = [
    {"id": 8, "leaveDate": "2026-01-31"},
    {"ok": True},
    {"user": {"id": 7, "leaveDate": "2026-01-31"}},
    [{"id": 7}],
    [],
    False,
    "done",
    7,
]


@pytest.mark.parametrize("answer", NO_RECORD)
@pytest.mark.parametrize("act", ["leave", "reactivate"])
def test_an_answer_without_the_record_does_not_confirm_a_change_of_access(
    act: str, answer: Value
) -> None:
    connector, world = opened(reply(answer))
    with pytest.raises(Unknown) as caught:
        getattr(connector.writer("people"), act)("7", {"leaveDate": "2026-01-31"}, "t")
    assert (caught.value.code, caught.value.accepted) == ("W108", True)
    assert len(world.asked) == 1


@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize(
    ("place", "id"),
    [
        ("https://api.example.com/v1/people/12", "12"),
        ("/v1/people/a%20b", "a b"),
        ("https://other.example.com/v1/people/12", ""),
        ("http://api.example.com/v1/people/12", ""),
        ("/v1/people/", ""),
        ("/v1/people", ""),
        ("/v1/teams/12", ""),
        ("/v1/people/12/jobs", ""),
        ("/v1/people/..%2f12", ""),
        ("/v1/people/%ff", ""),
        ("", ""),
    ],
)
def test_a_create_that_shows_nothing_says_the_id_by_its_location(
    place: str, id: str, status: int
) -> None:
    writer = opened(reply(b"", status, location=place))[0].writer("people")
    if id:
        assert writer.create({"name": "Ada"}, "t") == id
        return
    with pytest.raises(Unknown) as caught:
        writer.create({"name": "Ada"}, "t")
    assert caught.value.code == "W108"


@pytest.mark.parametrize("place", ["12.json", "12?x=1", "12/", "12.JSON#it", "12.xml?a=/b"])
@pytest.mark.parametrize("shown", ["12", "13", None])
def test_an_address_with_more_than_the_id_counts_if_a_request_shows_the_record(
    place: str, shown: str | None
) -> None:
    """A format asked for, or a query, is no part of an id; and an id may look like both."""

    def get(request: httpx.Request) -> httpx.Response:
        asked = request.url.path.rsplit("/", 1)[-1]
        known = asked in {shown, f"{shown}.json", f"{shown}.xml"}
        return reply({"id": shown}) if known else reply({}, 404)

    created = reply(b"", 201, location=f"/v1/people/{place}")
    writer = opened(created, get, get)[0].writer("people")
    if shown == "12":
        assert writer.create({"name": "Ada"}, "t") == "12"
        return
    with pytest.raises(Unknown):
        writer.create({"name": "Ada"}, "t")


@pytest.mark.parametrize("answer", NO_RECORD)
def test_an_answer_without_the_record_confirms_an_update_only_if_it_says_so(answer: Value) -> None:
    connector, _ = opened(reply(answer))
    if answer == {"ok": True}:
        assert connector.writer("people").update("7", {"name": "Ada"}, "t") is None
        return
    with pytest.raises(Unknown) as caught:
        connector.writer("people").update("7", {"name": "Ada"}, "t")
    assert (caught.value.code, caught.value.accepted) == ("W108", True)


FAILED: list[Value] = [
    {"Success": False, "Errors": ["bad"]}, {"success": "false"}, {"OK": False}, {"isError": True},
    {"Status": "error"}, {"status": "Error"}, {"status": "failed"}, {"status": 400},
    {"data": {"success": False}}, {"d": [{"status": "ERROR", "httpCode": 500}]},
    [{"id": "1", "success": False}], {"response": {"ok": False}}, {"code": 500, "msg": "bad"},
    {"errcode": 60011}, {"errorMessages": ["bad"]}, {"Fault": {"Error": [{"Message": "bad"}]}},
    {"status": {"error": True}, "data": []}, {"success": True, "error_code": "E1"},
]  # fmt: skip


@pytest.mark.parametrize("answer", FAILED)
def test_an_update_is_not_done_where_its_answer_says_that_it_failed(answer: Value) -> None:
    connector, _ = opened(reply(answer))
    with pytest.raises(Unknown) as caught:
        connector.writer("people").update("7", {"name": "Ada"}, "t")
    assert (caught.value.code, caught.value.accepted) == ("W108", True)


@pytest.mark.parametrize("beside", [{"error": "taken"}, {"Success": False}, {"errors": ["taken"]}])
@pytest.mark.parametrize("record", ["", "user"])
def test_a_record_beside_an_error_does_not_confirm_its_write(
    beside: dict[str, Value], record: str
) -> None:
    manifest = MANIFEST
    answer: Value = {"id": 7, **beside}
    if record:
        answer = {record: {"id": 7}, **beside}
        for way in ("method: PATCH", "method: POST"):
            manifest = altered(f"{{{way}", f"{{record: {record}, {way}", manifest)
    connector, _ = opened(reply(answer), reply(answer), manifest=manifest)
    writer = connector.writer("people")
    with pytest.raises(Unknown, match="says that it failed"):
        writer.update("7", {"name": "Ada"}, "t")
    with pytest.raises(Unknown, match="says that it failed") as caught:
        writer.create({"name": "Ada"}, "t")
    assert caught.value.record == "7"


@pytest.mark.parametrize(
    "answer",
    [
        {"id": 7, "status": "failed", "code": 450, "result": "error"},  # words of the record's own
        {"id": 7, "errors": [], "error": None, "success": True},
        {"id": 7, "problem": "text that was sent"},
        {"OK": True},
        {"Status": "Success", "error": 0},
        {"isError": False, "success": "true"},
    ],
)
def test_an_update_is_done_where_its_answer_says_so_or_shows_it(answer: Value) -> None:
    connector, _ = opened(reply(answer))
    connector.writer("people").update("7", {"name": "Ada", "problem": "text that was sent"}, "t")


@pytest.mark.parametrize("act", ["create", "update", "leave"])
def test_a_refusal_with_200_is_told_in_its_own_words(act: str) -> None:
    connector, _ = opened(
        reply({"error": "not allowed to Ada Bird"}),
        manifest=altered("message: message", "message: error"),
    )
    with pytest.raises(Unknown, match="not allowed") as caught:
        written(connector.writer("people"), act)
    assert "not allowed" in caught.value.summary


def test_a_manifest_that_names_the_record_is_shown_it_by_each_update() -> None:
    manifest = altered("errors: {", "errors: {refused_when: errors, ").replace(
        'update: {method: PATCH, path: "/people/{id}"',
        'update: {record: data.user, method: PATCH, path: "/people/{id}"',
    )
    connector, _ = opened(reply({"data": {"user": None, "userErrors": [1]}}), manifest=manifest)
    with pytest.raises(Unknown, match="does not show the record"):
        connector.writer("people").update("7", {"name": "Ada"}, "t")


BESIDE_THE_RECORD: list[tuple[dict[str, object], bool]] = [
    ({"userErrors": [{"message": "is taken"}]}, True),
    ({"customerUserErrors": [{"code": "TAKEN", "message": "is taken"}]}, True),
    ({"mediaUserErrors": ["is too large"]}, True),
    ({"problems": [{"detail": "is taken"}]}, True),
    ({"code": "CONFLICT"}, True),
    ({"code": "EMAIL_ALREADY_TAKEN"}, True),
    ({"result": "already_exists"}, True),
    ({"__typename": "UserTaken"}, True),
    ({"__typename": "ConflictError"}, True),
    ({"__typename": "UserNotFound"}, True),
    ({"userErrors": []}, False),
    ({"userErrors": None, "customerUserErrors": []}, False),
    ({"problems": [], "userErrorsCount": 0}, False),
    ({"code": "OK"}, False),
    ({"code": "NO"}, False),
    ({"code": "200"}, False),
    ({"result": "conflict-free"}, False),
    ({"__typename": "UpdateUserPayload"}, False),
    ({"__typename": "User"}, False),
    ({"__typename": "UserErrorReport"}, False),
    ({"__typename": "LeaveTaken"}, False),
    ({"clientMutationId": None, "userId": "7"}, False),
]


@pytest.mark.parametrize(("beside", "wrong"), BESIDE_THE_RECORD)
@pytest.mark.parametrize("act", ["create", "update", "leave"])
def test_what_stands_beside_the_record_refuses_it_or_not(
    act: str, beside: dict[str, object], wrong: bool
) -> None:
    manifest = altered(
        'update: {method: PATCH, path: "/people/{id}"',
        'update: {record: data.x.user, method: PATCH, path: "/people/{id}"',
    )
    manifest = altered("create: {", "create: {record: data.x.user, ", manifest)
    manifest = altered("errors: {", "errors: {refused_when: errors, ", manifest)
    answer = {"data": {"x": {"user": {"id": 7, "name": "Ada"}, **beside}}}
    connector, _ = opened(reply(answer), manifest=manifest)
    if not wrong:
        written(connector.writer("people"), act)
        return
    with pytest.raises(Unknown) as caught:
        written(connector.writer("people"), act)
    assert (caught.value.code, caught.value.accepted) == ("W108", True)


def test_a_manifest_says_where_the_answer_to_a_write_has_the_record() -> None:
    user = {"id": 7, "leaveDate": "2026-01-31"}
    manifest = altered(
        'update: {method: PATCH, path: "/people/{id}"',
        'update: {method: PATCH, path: "/people/{id}", record: "user"',
    )
    connector, _ = opened(reply({"user": user}), reply(user), manifest=manifest)
    writer = connector.writer("people")
    found = writer.leave("7", {"leaveDate": "2026-01-31"}, "t")
    assert found is not None
    assert found.data == user
    with pytest.raises(Unknown):
        writer.leave("7", {"leaveDate": "2026-01-31"}, "t")


def test_a_new_id_is_found_in_the_record_of_the_answer() -> None:
    manifest = altered(
        "create: {method: POST, path: /people}",
        "create: {method: POST, path: /people, record: user}",
    )
    connector, _ = opened(reply({"user": {"id": 9}}, 201), manifest=manifest)
    assert connector.writer("people").create({"name": "Ada"}, "t") == "9"


@pytest.mark.parametrize("status", [207, 226])
@pytest.mark.parametrize("body", [b"", {"id": 7}, {"results": [{"status": 403}]}])
@pytest.mark.parametrize("act", ["create", "update", "leave", "reactivate"])
def test_an_answer_in_parts_confirms_nothing(act: str, body: object, status: int) -> None:
    connector, _ = opened(reply(body, status))
    with pytest.raises(Unknown) as caught:
        written(connector.writer("people"), act)
    has_no_id = act == "create" and body != {"id": 7}
    assert (caught.value.code, caught.value.accepted) == ("W108", not has_no_id)


@pytest.mark.parametrize("act", ["update", "leave"])
def test_a_manifest_that_recognises_refusals_trusts_other_parts(act: str) -> None:
    refused = "errors: {refused_when: 'results[?status >= `400`]', "
    manifest = altered("errors: {", refused)
    good, bad = ({"results": [{"status": status}]} for status in (200, 403))
    connector, _ = opened(reply(good, 207), reply(bad, 207), manifest=manifest)
    if act == "update":
        written(connector.writer("people"), act)
    else:
        with pytest.raises(Unknown):  # it shows no record: it is looked up
            written(connector.writer("people"), act)
    with pytest.raises(Rejected):
        written(connector.writer("people"), act)


def written(writer: Writer, act: str) -> object:
    if act == "create":
        return writer.create({"name": "Ada"}, "t")
    return getattr(writer, act)("7", {"name": "Ada"}, "t")


JOB_OF_A_CHANGE = (
    'update: {method: PATCH, path: "/people/{id}"',
    'update: {method: PATCH, path: "/people/{id}", job: {path: "/jobs/{id}", id: job, '
    "status: state, done: [ok], failed: [failed]}",
)


@pytest.mark.parametrize("act", ["update", "leave", "reactivate"])
def test_the_job_of_a_change_is_asked_once(act: str) -> None:
    answers = [reply({"job": 5}, 202), reply({"state": "ok"})]
    connector, world = opened(*answers, manifest=altered(*JOB_OF_A_CHANGE))
    assert written(connector.writer("people"), act) is None
    assert world.urls == ["/people/7", "/jobs/5"]
    answers = [reply({"job": 5}, 202), reply({"state": "failed"})]
    connector, _ = opened(*answers, manifest=altered(*JOB_OF_A_CHANGE))
    with pytest.raises(Rejected) as refused:
        written(connector.writer("people"), act)
    assert refused.value.code == "W105"
    for second in ({"state": "running"}, {}, b"<html>", b""):
        answers = [reply({"job": 5}, 202), reply(second)]
        connector, _ = opened(*answers, manifest=altered(*JOB_OF_A_CHANGE))
        with pytest.raises(Unknown) as caught:
            written(connector.writer("people"), act)
        assert (caught.value.code, caught.value.accepted) == ("W113", True)


def test_a_body_may_wrap_the_values_and_answers_their_id() -> None:
    manifest = altered(
        "create: {method: POST, path: /people}",
        'create: {method: POST, path: /people, body: {data: {type: user, attributes: "{values}"}},'
        " id: data.id, headers: {content-type: application/vnd.api+json}}",
    )
    connector, world = opened(reply({"data": {"id": "x"}}, 201), manifest=manifest)
    assert connector.writer("people").create({"email": "{tenant}"}, "t") == "x"
    assert json.loads(world.asked[0].content) == {
        "data": {"type": "user", "attributes": {"email": "{tenant}"}}
    }
    assert world.asked[0].headers["content-type"] == "application/vnd.api+json"


def test_the_token_goes_with_each_try_where_the_manifest_names_a_header() -> None:
    manifest = altered("retry:", "idempotency_header: Idempotency-Key\nretry:")
    connector, world = opened(reply({}, 429), reply({"id": 1}, 201), manifest=manifest)
    connector.writer("people").create({"email": "a@example.com"}, "abc123")
    assert [r.headers["idempotency-key"] for r in world.asked] == ["abc123"] * 2


@pytest.mark.parametrize(
    "body", [b"", b"<html>Sign in</html>", b'{"id": ', b"{}", b"[]", b'{"id": null}', b'{"id": ""}']
)
def test_a_create_whose_answer_shows_no_id_is_unknown(body: bytes) -> None:
    connector, world = opened(reply(body, 201))
    with pytest.raises(Unknown) as caught:
        connector.writer("people").create({"email": "a@example.com"}, "t")
    assert caught.value.code == "W108"
    assert len(world.asked) == 1


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'{"id": '])
def test_an_update_answered_by_something_else_is_unknown(body: bytes) -> None:
    connector, _ = opened(reply(body, 200))
    with pytest.raises(Unknown):
        connector.writer("people").update("7", {"email": "a@example.com"}, "t")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_value_that_json_does_not_have_is_not_sent(value: float) -> None:
    connector, world = opened()
    with pytest.raises(NotSent) as caught:
        connector.writer("people").update("7", {"rate": value}, "t")
    assert caught.value.code == "W111"
    assert not world.asked


def test_what_cannot_be_written_says_so() -> None:
    manifest = altered("    create: {method: POST, path: /people}\n", "")
    connector, _ = opened(manifest=manifest)
    with pytest.raises(WriteError, match="cannot be created"):
        connector.writer("people").create({}, "t")
    manifest = altered('    update: {method: PATCH, path: "/people/{id}"}\n', "", manifest)
    with pytest.raises(WriteError) as caught:
        opened(manifest=manifest)[0].writer("people")
    assert caught.value.code == "W110"


def refusal(answer: object, values: dict[str, Value]) -> str:
    connector, _ = opened(reply(answer, 422))
    with pytest.raises(Rejected) as caught:
        connector.writer("people").create(values, "t")
    return caught.value.summary


def test_a_refusal_says_why_field_by_field() -> None:
    listed = {"message": "Invalid.", "errors": [{"field": "email", "message": "is not one"}]}
    assert refusal(listed, {}).endswith("answers 422: Invalid.; email: is not one")
    keyed = {"message": "Invalid.", "errors": {"Email": ["is not one", "is long"], "X": "y"}}
    assert refusal(keyed, {}).endswith("Invalid.; Email: is not one; Email: is long; X: y")


def test_a_refusal_shows_none_of_the_values_that_were_sent() -> None:
    values: dict[str, Value] = {
        "email": "Sian.Canary@example.com",
        "bank": {"accountNumber": "00001234", "sortCode": "000001", "names": ["Siân Canary"]},
        "pin": 987,
    }
    said = {
        "message": "sian.canary@EXAMPLE.com taken; 00-00-01 / 0000 1234 / Siân Canary; 987; 1234567"
    }
    shown = refusal(said, values)
    for canary in ("canary", "00-00-01", "0000 1234", "987", "1234567"):
        assert canary not in shown.lower()
    assert "taken" in shown


@pytest.mark.parametrize(
    "said",
    [
        {"message": 5},
        {"message": None, "errors": [1, {}, {"field": 2, "message": 3}]},
        [],
        "x",
        {"errors": {"a": {"b": "c"}}},
        b"<html>secret page</html>",
        b"\xff\xfe",
    ],
)
def test_an_odd_error_body_does_no_harm_and_is_not_shown(said: object) -> None:
    assert refusal(said, {}).endswith("answers 422")


def test_a_long_message_is_cut_and_control_characters_go() -> None:
    shown = refusal({"message": "\x1b[2J\u202eno\nno" + "x" * 5000}, {})
    assert len(shown) < 400
    assert shown.isprintable()


@given(st.text(max_size=400), st.lists(st.text(max_size=8), max_size=4))
def test_clean_text_is_one_short_printable_line_without_what_is_hidden(
    text: str, hidden: list[str]
) -> None:
    shown = clean(text, hidden)
    assert len(shown) <= 300
    assert "\n" not in shown
    assert "\x1b" not in shown
    for secret in (h.strip() for h in hidden):
        # What is left may only come together anew by white space that was taken out.
        assert len(secret) < 3 or secret not in shown or " " in secret or secret not in text


SAYS_SO = altered(
    "errors: {message: message, fields: errors}",
    "errors: {message: error, refused_when: ok == `false`, missing_when: error == 'not_found'}",
)
NO = {"ok": False, "error": "not_allowed"}
NOBODY = {"ok": False, "error": "not_found"}


@pytest.mark.parametrize("answer", [NO, NOBODY])
@pytest.mark.parametrize("write", ["create", "update", "leave"])
def test_a_success_that_the_manifest_calls_a_refusal_is_one(write: str, answer: object) -> None:
    connector, _ = opened(reply(answer), manifest=SAYS_SO)
    writer, values = connector.writer("people"), {"email": "a@example.com"}
    with pytest.raises(Rejected, match=f"answers 200, and refuses: {answer['error']}") as caught:
        writer.create(values, "t") if write == "create" else getattr(writer, write)(
            "7", values, "t"
        )
    assert caught.value.code == "W105"


def test_a_refusal_after_a_try_that_may_have_been_carried_out_is_unknown() -> None:
    manifest = altered("update: {method: PATCH", "update: {method: PUT", SAYS_SO)
    connector, _ = opened(reply(b"", 502), reply(NO), manifest=manifest)
    with pytest.raises(Unknown):
        connector.writer("people").update("7", {"email": "a@example.com"}, "t")


def test_an_answer_that_says_nothing_of_it_is_a_success() -> None:
    connector, _ = opened(reply({"ok": True}), reply(b"", 204), reply({"id": 3}), manifest=SAYS_SO)
    writer = connector.writer("people")
    writer.update("7", {"email": "a@example.com"}, "t")
    writer.update("7", {"email": "a@example.com"}, "t")
    assert writer.create({"email": "a@example.com"}, "t") == "3"


def test_a_list_that_is_a_refusal_is_not_an_empty_one() -> None:
    connector, _ = opened(reply(NO), manifest=SAYS_SO)
    with pytest.raises(ReadError, match="answers 200, and refuses: not_allowed") as caught:
        connector.reader("people").read()
    assert caught.value.code == "R110"


def test_one_record_that_is_refused_is_not_a_record_that_is_gone() -> None:
    connector, _ = opened(reply(NO), reply(NOBODY), manifest=SAYS_SO)
    reader = connector.reader("people")
    with pytest.raises(ReadError, match="not_allowed"):
        reader.get("7")
    assert reader.get("7") is None


def test_errors_beside_data_are_a_refusal_where_the_manifest_says_so() -> None:
    manifest = altered("fields: errors}", "fields: errors, refused_when: errors}")
    connector, _ = opened(
        reply({"errors": [{"field": "email", "message": "taken"}]}),
        reply({"errors": []}),
        manifest=manifest,
    )
    writer = connector.writer("people")
    with pytest.raises(Rejected, match="email: taken"):
        writer.update("7", {"email": "a@example.com"}, "t")
    writer.update("7", {"email": "a@example.com"}, "t")


# Accepted is not done

JOB = altered(
    "create: {method: POST, path: /people}",
    "create: {method: POST, path: /people, job: {path: '/jobs/{id}', id: job.id, status: state,"
    " done: [ok], failed: [no], record: result.id}}",
)


def accepted(body: object, *more: object, manifest: str = JOB) -> tuple[Unknown, list[str]]:
    connector, world = opened(reply(body, 202), *more, manifest=manifest)
    with pytest.raises(Unknown) as caught:
        connector.writer("people").create({"email": "a@example.com"}, "t")
    assert (caught.value.code, caught.value.accepted) == ("W113", True)
    return caught.value, world.urls


@pytest.mark.parametrize("body", [b"", b"soon", {}, {"job": "j1"}])
def test_a_create_that_is_only_accepted_is_unknown(body: object) -> None:
    error, _ = accepted(body, manifest=altered("retry:", "retry:"))
    assert (error.job, error.record) == ("", "")


def test_an_accepted_create_that_says_its_id_is_unknown_by_that_id() -> None:
    error, _ = accepted({"id": 7}, manifest=altered("retry:", "retry:"))
    assert error.record == "7"


@pytest.mark.parametrize("about", [{"state": "busy"}, {}, {"state": None}, b"<html>"])
def test_a_job_that_goes_on_is_asked_about_again(about: object) -> None:
    error, urls = accepted({"job": {"id": "j/1"}}, reply(about))
    assert error.job == "j/1"
    assert urls == ["/people", "/jobs/j%2F1"]


def test_a_job_that_is_done_at_once_has_created_the_record() -> None:
    done = reply({"state": "ok", "result": {"id": 9}})
    connector, _ = opened(reply({"job": {"id": 5}}, 202), done, manifest=JOB)
    assert connector.writer("people").create({"email": "a@example.com"}, "t") == "9"


def test_a_job_that_failed_at_once_has_created_nothing() -> None:
    connector, _ = opened(reply({"job": {"id": 5}}, 202), reply({"state": "no"}), manifest=JOB)
    with pytest.raises(Rejected):
        connector.writer("people").create({"email": "a@example.com"}, "t")


REFUSED = JobEnd(JobState.FAILED, said=": … is taken")


@pytest.mark.parametrize(
    ("about", "end"),
    [
        ({"state": "ok", "result": {"id": 9}}, JobEnd(JobState.DONE, "9")),
        ({"state": "ok"}, JobEnd(JobState.DONE)),
        ({"state": "no"}, JobEnd(JobState.FAILED)),
        ({"state": "no", "message": "a@example.com is taken"}, REFUSED),
        ({"state": "cancelled"}, JobEnd(JobState.RUNNING, said="cancelled")),
    ],
)
def test_a_job_is_asked_how_it_stands(about: object, end: JobEnd) -> None:
    connector, _ = opened(reply(about), manifest=JOB)
    sent = {"email": "a@example.com"}
    assert connector.writer("people").job_end("5", sent) == end


def test_a_job_says_why_it_failed_where_the_manifest_says() -> None:
    manifest = altered("failed: [no],", "failed: [no], message: why,", JOB)
    said = {"state": "no", "message": "not this", "why": "No licence is left."}
    connector, _ = opened(reply({"job": {"id": 5}}, 202), reply(said), manifest=manifest)
    with pytest.raises(Rejected, match="refused by its job: No licence is left"):
        connector.writer("people").create({"email": "a@example.com"}, "t")


def test_a_change_that_is_only_accepted_is_unknown_too() -> None:
    connector, _ = opened(reply(b"", 202))
    with pytest.raises(Unknown) as caught:
        connector.writer("people").update("7", {"email": None}, "tok")
    assert caught.value.accepted


def test_a_version_serves_one_write() -> None:
    manifest = altered('get: {path: "/people/{id}"}', 'get: {path: "/people/{id}", version: v}')
    way = 'update: {method: PATCH, path: "/people/{id}"'
    manifest = altered(way, f'{way}, headers: {{If-Match: "{{version}}"}}', manifest)
    connector, world = opened(reply({"id": 7, "v": 3}), reply({}), manifest=manifest)
    connector.reader("people").get("7")
    writer = connector.writer("people")
    writer.update("7", {"email": "a@example.com"}, "t")
    assert world.asked[1].headers["if-match"] == "3"
    for id in ("7", "8"):
        with pytest.raises(NotSent, match="without a version") as caught:
            writer.update(id, {"email": "b@example.com"}, "t")
        assert caught.value.code == "W119"
    assert len(world.asked) == 2
