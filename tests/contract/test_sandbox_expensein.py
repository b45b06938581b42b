"""The ExpenseIn sandbox over real HTTP: what it assumes of the API, rule by rule."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway_connectors.sandbox import Sandbox, start
from oneway_connectors.sandbox.people import population
from patience import PATIENCE

TODAY = date(2026, 4, 1)
USERS = "/1.0/users"
NEW = {"firstName": "Nye", "lastName": "Ap Gwilym", "email": "nye@example.com"}
JSON = {"Content-Type": "application/json"}
EVERYONE = len(population(TODAY).users)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
WRITABLE = ("firstName", "lastName", "email", "reference", "departmentId", "leaveDate")
fields = st.sampled_from((*WRITABLE, "bankDetails", "policyId", "id", "isLeaver", "nonsense"))
valid_fields = st.fixed_dictionaries(
    {},
    optional={
        "firstName": st.text(min_size=1, max_size=100).filter(str.strip),
        "lastName": st.text(min_size=1, max_size=100).filter(str.strip),
        "email": st.integers(0, 9**9).map("new.{}@example.org".format),
        "reference": st.none() | st.integers(0, 9**9).map("new-{}".format),
        "departmentId": st.sampled_from([None, 11, 12, 18]),
        "leaveDate": st.none() | st.dates().map(date.isoformat),
        "policyId": st.none() | st.integers(1, 99),
    },
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start("expensein", TODAY) as sandbox:
        yield sandbox


def opened(sandbox: Sandbox, key: str = "full") -> httpx.Client:
    headers = {"Authorization": f"ApiKey {sandbox.keys[key]}"}
    return httpx.Client(base_url=sandbox.url, headers=headers, trust_env=False, timeout=PATIENCE)


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with opened(sandbox) as client:
        yield client


@pytest.fixture(autouse=True)
def _fresh(client: httpx.Client) -> None:
    client.post("/_sandbox/reset")


def everyone(client: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(USERS, params={"includeLeavers": "true", **query})
    assert answer.status_code == 200, answer.text
    users: list[dict[str, Any]] = answer.json()
    return users


def problems(answer: httpx.Response, status: int = 400) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


# Reading


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 200))
def test_pages_cover_everyone_once_and_in_order(client: httpx.Client, size: int) -> None:
    read: list[int] = []
    for number in range(1, EVERYONE + 2):
        page = everyone(client, page=number, pageSize=size)
        read += [user["id"] for user in page]
        if len(page) < size:
            break
    assert read == [user["id"] for user in everyone(client)]
    assert len(set(read)) == EVERYONE


def test_without_paging_parameters_there_is_everyone(client: httpx.Client) -> None:
    assert client.post(USERS, json=NEW).status_code == 201
    for position in range(40):
        client.post(USERS, json=NEW | {"email": f"n{position}@example.com"})
    assert len(everyone(client)) == EVERYONE + 41 > 200


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "pageSize=0",
        "pageSize=201",
        "page=x",
        "page=" + "9" * 5000,
        "page=1&page=2",
    ],
)
def test_bad_paging_is_400_and_named(client: httpx.Client, query: str) -> None:
    assert list(problems(client.get(f"{USERS}?{query}"))) == [query.partition("=")[0]]


def test_leavers_are_hidden_unless_asked_for(client: httpx.Client) -> None:
    shown = client.get(USERS).json()
    assert not [user for user in shown if user["isLeaver"]]
    left = [user for user in everyone(client) if user["isLeaver"]]
    assert len(left) == EVERYONE - len(shown) > 0
    assert all(user["leaveDate"] <= TODAY.isoformat() for user in left)
    assert client.get(f"{USERS}/{left[0]['id']}").json() == left[0]
    assert len(client.get(USERS, params={"includeLeavers": "false"}).json()) == len(shown)
    assert client.get(USERS, params={"includeLeavers": "yes"}).status_code == 400


def test_a_scheduled_leaver_is_shown_until_the_day_comes(client: httpx.Client) -> None:
    id = client.get(USERS).json()[0]["id"]
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    changed = client.patch(f"{USERS}/{id}", json={"leaveDate": tomorrow}).json()
    assert (changed["isLeaver"], changed["status"]) == (False, "Leaving")
    client.post("/_sandbox/today", json={"today": tomorrow})
    assert id not in [user["id"] for user in client.get(USERS).json()]
    assert client.get(f"{USERS}/{id}").json()["status"] == "Left"


def test_filters_are_exact_and_see_leavers_only_when_asked(client: httpx.Client) -> None:
    for user in everyone(client)[:5]:
        assert everyone(client, email=user["email"]) == [user]
    assert everyone(client, email="NOBODY@example.com") == []
    left = next(user for user in everyone(client) if user["isLeaver"])
    assert client.get(USERS, params={"email": left["email"]}).json() == []
    code = next(user["reference"] for user in everyone(client) if user["reference"])
    assert [user["reference"] for user in everyone(client, reference=code)] == [code]
    assert everyone(client, reference=code + " ") == []


def test_departments_are_read(client: httpx.Client) -> None:
    departments = client.get("/1.0/departments").json()
    assert [d["reference"] for d in departments].count("WHS") == 2
    for department in departments:
        assert client.get(f"/1.0/departments/{department['id']}").json() == department


@pytest.mark.parametrize("id", ["0", "99999999", "-1", "x", "9" * 5000, "%00", "1.0", "%ed%a0%80"])
def test_what_there_is_not_is_404(client: httpx.Client, id: str) -> None:
    assert client.get(f"{USERS}/{id}").status_code == 404
    assert client.patch(f"{USERS}/{id}", json={}).status_code == 404
    assert client.get(f"/1.0/departments/{id}").status_code == 404


# Keys


@pytest.mark.parametrize(
    "header", [None, "ApiKey", "ApiKey wrong", "Bearer x", "Basic eDp5", "ApiKey é"]
)
def test_without_a_key_everything_is_401(sandbox: Sandbox, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    for method, path in [
        ("GET", USERS),
        ("POST", USERS),
        ("PATCH", f"{USERS}/1"),
        ("GET", "/1.0/departments"),
    ]:
        answer = httpx.request(
            method, sandbox.url + path, headers=headers, trust_env=False, timeout=PATIENCE
        )
        assert answer.status_code == 401


def test_a_read_only_key_reads_and_is_refused_writes(sandbox: Sandbox) -> None:
    with opened(sandbox, "read_only") as reader:
        assert len(everyone(reader)) == EVERYONE
        assert reader.post(USERS, json=NEW).status_code == 403
        assert reader.patch(f"{USERS}/1001", json={}).status_code == 403
        assert len(everyone(reader)) == EVERYONE


# Creating


def test_a_created_user_is_answered_with_what_the_server_sets(client: httpx.Client) -> None:
    answer = client.post(USERS, json=NEW)
    assert answer.status_code == 201
    user = answer.json()
    assert NEW.items() <= user.items()
    assert user["id"] not in [held["id"] for held in population(TODAY).users]
    assert (user["invited"], user["isLeaver"], user["status"]) == (False, False, "Active")
    assert user["createdAt"].startswith(TODAY.isoformat())
    assert (user["policyId"], user["approvalFlowId"], user["bankDetails"]) == (None, None, None)
    assert client.get(answer.headers["Location"]).json() == user


def test_a_new_user_needs_names_and_an_email(client: httpx.Client) -> None:
    assert set(problems(client.post(USERS, json={}))) == {"firstName", "lastName", "email"}
    blank = NEW | {"firstName": "  ", "lastName": None}
    assert set(problems(client.post(USERS, json=blank))) == {"firstName", "lastName"}


BAD_FIELDS = [
    ("firstName", 42),
    ("firstName", "x" * 101),
    ("firstName", "\u2003\n"),
    ("email", "no-at.example.com"),
    ("email", "a b@example.com"),
    ("email", "a@example"),
    ("email", "a@example.com\n"),
    ("email", "x" * 250 + "@example.com"),
    ("reference", 42),
    ("reference", "x" * 51),
    ("departmentId", 999),
    ("departmentId", "11"),
    ("departmentId", True),
    ("departmentId", 11.5),
    ("departmentId", 10**4000),
    ("leaveDate", "2026-02-30"),
    ("leaveDate", "20260331"),
    ("leaveDate", "2026-03-31T00:00:00Z"),
    ("leaveDate", 20260331),
    ("bankDetails", "00000001"),
    ("bankDetails", []),
    ("policyId", 0),
    ("policyId", "1"),
    ("id", 1),
    ("isLeaver", True),
    ("invited", True),
    ("FirstName", "Case"),
]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_bad_field_is_400_and_named_and_nothing_is_written(
    client: httpx.Client, field: str, value: object
) -> None:
    before = everyone(client)
    created = client.post(USERS, json=NEW | {field: value})
    changed = client.patch(f"{USERS}/{before[0]['id']}", json={field: value, "lastName": "Else"})
    assert list(problems(created)) == list(problems(changed)) == [field]
    assert everyone(client) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accountNumber", "0000001"),
        ("accountNumber", "٠٠٠٠٠٠٠١"),
        ("accountNumber", 1),
        ("sortCode", "00-00-01"),
        ("sortCode", "000001\n"),
        ("accountName", {}),
        ("iban", "x"),
    ],
)
def test_a_bad_bank_detail_is_named_by_its_path(
    client: httpx.Client, field: str, value: object
) -> None:
    body = NEW | {"bankDetails": {field: value}}
    assert list(problems(client.post(USERS, json=body))) == [f"bankDetails.{field}"]


def test_an_email_is_unique_whatever_its_case_and_even_among_leavers(client: httpx.Client) -> None:
    left = next(user for user in everyone(client) if user["isLeaver"])
    taken = NEW | {"email": left["email"].upper()}
    assert list(problems(client.post(USERS, json=taken), 409)) == ["email"]
    other = everyone(client)[0]
    assert other["id"] != left["id"]
    answer = client.patch(f"{USERS}/{other['id']}", json={"email": left["email"]})
    assert list(problems(answer, 409)) == ["email"]
    own = client.patch(f"{USERS}/{other['id']}", json={"email": other["email"].upper()})
    assert own.json()["email"] == other["email"].upper()


def test_a_reference_is_unique_exactly_and_blank_ones_are_free(client: httpx.Client) -> None:
    taken = next(
        user["reference"] for user in everyone(client) if "NW" in (user["reference"] or "")
    )
    assert list(problems(client.post(USERS, json=NEW | {"reference": taken}), 409)) == ["reference"]
    assert client.post(USERS, json=NEW | {"reference": taken.lower()}).status_code == 201
    for position, blank in enumerate((None, "", " ", "")):
        body = NEW | {"email": f"b{position}@example.com", "reference": blank}
        assert client.post(USERS, json=body).json()["reference"] == blank


def test_references_may_repeat_where_the_setting_is_off() -> None:
    with start("expensein", TODAY, unique_references=False) as sandbox, opened(sandbox) as client:
        taken = next(user["reference"] for user in everyone(client) if user["reference"])
        assert client.post(USERS, json=NEW | {"reference": taken}).status_code == 201
        assert len(everyone(client, reference=taken)) == 2


def test_racing_creates_of_one_email_make_one_user(client: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(USERS, json=NEW).status_code, range(16)))
    assert sorted(answers) == [201] + [409] * 15


# Changing


@settings(max_examples=40, deadline=None)
@given(valid_fields)
def test_a_patch_changes_the_given_fields_and_no_others(
    client: httpx.Client, patch: dict[str, Any]
) -> None:
    client.post("/_sandbox/reset")
    before = everyone(client)
    sent = json.dumps(patch).encode()
    answer = client.patch(f"{USERS}/{before[7]['id']}", content=sent, headers=JSON)
    assert answer.status_code == 200, answer.text
    computed = {"isLeaver", "status"}
    after = everyone(client)
    assert answer.json() == after[7]
    expected = before[7] | patch
    assert {k: v for k, v in after[7].items() if k not in computed} == {
        k: v for k, v in expected.items() if k not in computed
    }
    assert after[:7] + after[8:] == before[:7] + before[8:]


def test_bank_details_are_merged_and_null_clears(client: httpx.Client) -> None:
    user = f"{USERS}/{client.post(USERS, json=NEW).json()['id']}"

    def patch(bank: object) -> object:
        return client.patch(user, json={"bankDetails": bank}).json()["bankDetails"]

    nothing = {"accountName": None, "accountNumber": None, "sortCode": None}
    assert patch({"sortCode": "000001"}) == nothing | {"sortCode": "000001"}
    both = nothing | {"sortCode": "000001", "accountNumber": "00000001"}
    assert patch({"accountNumber": "00000001"}) == both
    assert patch({}) == both
    assert patch({"sortCode": None}) == nothing | {"accountNumber": "00000001"}
    assert patch({"accountNumber": None}) is None
    assert patch({"sortCode": "000002"}) == nothing | {"sortCode": "000002"}
    assert patch(None) is None


def test_required_fields_cannot_be_cleared(client: httpx.Client) -> None:
    user = f"{USERS}/{everyone(client)[0]['id']}"
    for field in ("firstName", "lastName", "email"):
        assert list(problems(client.patch(user, json={field: None}))) == [field]
    cleared = client.patch(user, json={"reference": None, "departmentId": None}).json()
    assert (cleared["reference"], cleared["departmentId"]) == (None, None)


def test_text_arrives_unchanged(client: httpx.Client) -> None:
    odd = [
        "Siân\u0000",
        "\u202eevil",
        "<b>&amp;",
        "=1+1",
        "🧑🏽‍💼",
        "e\u0301",
        "\ud800 alone",
        "a\u2028b",
        "\x1b[31m",
    ]
    for position, text in enumerate(odd):
        body = {
            "firstName": text,
            "lastName": text,
            "email": f"o{position}@example.com",
            "reference": text,
        }
        sent = json.dumps(body).encode()
        user = client.post(USERS, content=sent, headers=JSON).json()
        held = client.get(f"{USERS}/{user['id']}").json()
        assert body.items() <= held.items()


def test_a_whole_number_may_be_written_with_a_point(client: httpx.Client) -> None:
    body = b'{"departmentId": 11.0}'
    assert client.patch(f"{USERS}/1001", content=body, headers=JSON).json()["departmentId"] == 11


# Idempotency, rate limit, log


def test_a_repeated_idempotency_key_gives_the_first_answer(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "token-1"}
    first = client.post(USERS, json=NEW, headers=headers)
    client.patch(f"{USERS}/{first.json()['id']}", json={"lastName": "Changed"})
    again = client.post(USERS, json=dict(reversed(NEW.items())), headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(everyone(client)) == EVERYONE + 1
    other = client.post(USERS, json=NEW | {"lastName": "Other"}, headers=headers)
    assert other.status_code == 422


def test_a_refused_create_may_be_sent_again_with_its_key(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "token-2"}
    assert client.post(USERS, json=NEW | {"email": "bad"}, headers=headers).status_code == 400
    assert client.post(USERS, json=NEW, headers=headers).status_code == 201
    for bad in ("x" * 256, "", "a b", "é"):
        sent = {"Idempotency-Key": bad.encode()}
        assert client.post(USERS, json=NEW, headers=sent).status_code == 400


def test_requests_over_the_limit_are_429_with_retry_after() -> None:
    with start("expensein", TODAY, rate_limit=3) as sandbox, opened(sandbox) as client:
        answers = [client.get("/1.0/departments") for _ in range(12)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert limited
        assert {answer.headers["Retry-After"] for answer in limited} == {"1"}
        assert len(client.get("/_sandbox/requests").json()["log"]) == 12


def test_writes_are_counted(client: httpx.Client) -> None:
    id = client.post(USERS, json=NEW, headers={"Idempotency-Key": "t"}).json()["id"]
    client.patch(f"{USERS}/{id}", json={"lastName": "X"})
    client.post(USERS, json={})
    log = client.get("/_sandbox/requests").json()
    assert log["writes"] == {"created": 1, "updated": 1, "refused": 1}
    assert log["log"][0]["idempotencyKey"] == "t"
    client.delete("/_sandbox/requests")
    assert client.get("/_sandbox/requests").json()["total"] == 0


def test_a_test_can_put_anything_into_a_user(client: httpx.Client) -> None:
    id = everyone(client)[0]["id"]
    bent = {
        "email": 7,
        "bankDetails": "none",
        "leaveDate": ["x"],
        "reference": None,
        "extra": {"a": 1},
    }
    client.post(f"/_sandbox/users/{id}", json=bent)
    held = client.get(f"{USERS}/{id}").json()
    assert (held["email"], held["bankDetails"], held["extra"]) == (7, "none", {"a": 1})
    assert "reference" not in held
    mended = client.patch(f"{USERS}/{id}", json={"bankDetails": {"sortCode": "000001"}}).json()
    assert mended["bankDetails"]["sortCode"] == "000001"
    assert client.post(USERS, json=NEW).status_code == 201


# Whatever is sent


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(fields, json_values, max_size=4), st.booleans())
def test_no_object_ends_in_a_500(client: httpx.Client, body: dict[str, Any], valid: bool) -> None:
    sent = json.dumps(body | (NEW if valid else {})).encode()
    for method, path in (("POST", USERS), ("PATCH", f"{USERS}/1001")):
        assert client.request(method, path, content=sent, headers=JSON).status_code < 500


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"[]", JSON, 400),
        (b'"text"', JSON, 400),
        (b'{"firstName": NaN}', JSON, 400),
        (b'{"policyId": 1e999}', JSON, 400),
        (b'{"policyId": ' + b"9" * 5000 + b"}", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, JSON, 400),
        (b'{"firstName": "' + b"x" * 1_000_001 + b'"}', JSON, 413),
        (b"{}", {}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"firstName=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_body_that_is_not_understood_is_refused(
    client: httpx.Client, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = client.post(USERS, content=content, headers=headers)
    assert (answer.status_code, answer.json()["errors"]) == (status, [])
    assert client.patch(f"{USERS}/1001", content=content, headers=headers).status_code == status


def test_another_method_is_405_and_says_which_there_are(client: httpx.Client) -> None:
    answer = client.delete(USERS)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
