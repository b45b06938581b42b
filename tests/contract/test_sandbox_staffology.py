"""The Staffology sandbox over real HTTP: paging, keys, errors, and the vendor's own shapes."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway_connectors.sandbox import EMPLOYER, EMPTY_EMPLOYER, Sandbox, start
from oneway_connectors.sandbox.people import population
from patience import PATIENCE

TODAY = date(2026, 4, 1)
EMPLOYEES = f"/employers/{EMPLOYER}/employees"
NOBODY = "00000000-0000-4000-8000-000000000000"
VENDOR = Path(__file__).resolve().parents[3] / "shared" / "facts" / "staffology-openapi.json"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start("staffology", TODAY) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    auth = ("anybody", sandbox.keys["full"])
    with httpx.Client(base_url=sandbox.url, auth=auth, trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture(autouse=True)
def _fresh(client: httpx.Client) -> None:
    client.post("/_sandbox/reset")


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()]


@settings(max_examples=15, deadline=None)
@given(st.one_of(st.integers(1, 250), st.sampled_from([199, 200, 201, 2**31 - 1])))
def test_pages_cover_everyone_once_and_in_order(client: httpx.Client, size: int) -> None:
    read: list[str] = []
    for number in range(202):
        page = ids(client.get(EMPLOYEES, params={"pageNum": number, "pageSize": size}))
        read += page
        if len(page) < size:
            break
    assert read == ids(client.get(EMPLOYEES))
    assert len(set(read)) == 200


def test_a_page_beyond_the_last_is_empty(client: httpx.Client) -> None:
    assert ids(client.get(EMPLOYEES, params={"pageNum": 2, "pageSize": 100})) == []


def test_a_size_alone_is_the_first_page_and_a_number_alone_a_page_of_100(
    client: httpx.Client,
) -> None:
    everyone = ids(client.get(EMPLOYEES))
    assert ids(client.get(EMPLOYEES, params={"pageSize": 7})) == everyone[:7]
    assert ids(client.get(EMPLOYEES, params={"pageNum": 1})) == everyone[100:]


def test_statuses_divide_the_list_whatever_form_they_have(client: httpx.Client) -> None:
    parts = [
        ids(client.get(EMPLOYEES, params={"status": status}))
        for status in ("Current", "Former", "Upcoming")
    ]
    divided = {id for part in parts for id in part}
    assert sum(map(len, parts)) == len(divided)
    assert divided < set(ids(client.get(EMPLOYEES)))
    assert len(ids(client.get(EMPLOYEES))) - len(divided) == 2  # two have no status
    assert len(parts[2]) == 3


def test_a_list_gives_items_and_their_urls_lead_to_the_employees(client: httpx.Client) -> None:
    item = client.get(EMPLOYEES, params={"pageSize": 1}).json()[0]
    assert set(item) == {"id", "name", "metadata", "url"}
    assert item["url"] == f"{EMPLOYEES}/{item['id']}"
    employee = client.get(item["url"]).json()
    assert employee["id"] == item["id"]
    assert "bankDetails" in employee


def test_leavers_are_those_with_a_leaving_date_even_a_future_one(client: httpx.Client) -> None:
    people = population(TODAY)
    leavers = set(ids(client.get(f"{EMPLOYEES}/leavers")))
    for kind in ("leaver_past", "leaver_future", "leaver_noted"):
        assert set(people.kinds[kind]) <= leavers
    assert not leavers & set(people.kinds["leaver_undated"])


def test_an_employee_is_found_by_payroll_code_exactly(client: httpx.Client) -> None:
    search = f"{EMPLOYEES}/search/payrollcode"
    found = client.get(search, params={"code": "00001"}).json()
    assert client.get(found["url"]).json()["employmentDetails"]["payrollCode"] == "00001"
    assert client.get(search, params={"code": "1"}).status_code == 404
    assert client.get(search).status_code == 400


def test_departments_are_listed_as_items_and_read_by_code(client: httpx.Client) -> None:
    listed = client.get(f"/employers/{EMPLOYER}/departments").json()
    codes = [item["metadata"]["code"] for item in listed]
    assert {"ADM", "RND", "WHS", "0080"} <= set(codes)
    for item in listed:
        assert client.get(item["url"]).json()["title"] == item["name"]
    by_code = f"/employers/{EMPLOYER}/departments/Department"
    assert client.get(by_code, params={"code": "adm"}).status_code == 404


def test_account_and_employers_are_read(client: httpx.Client) -> None:
    assert client.get("/account").json()["emailAddress"].endswith("@example.com")
    assert set(ids(client.get("/employers"))) == {EMPLOYER, EMPTY_EMPLOYER}
    assert client.get(f"/employers/{EMPLOYER}").json()["employeeCount"] == 200
    assert ids(client.get(f"/employers/{EMPTY_EMPLOYER}/employees")) == []


@pytest.mark.parametrize(
    "path",
    [
        f"/employers/{NOBODY}",
        f"/employers/{NOBODY}/employees",
        f"/employers/{NOBODY}/departments",
        f"{EMPLOYEES}/{NOBODY}",
        f"{EMPLOYEES}/not-a-uuid",
        "/nothing/here",
        "/employers/%00",
        "/employers/%ff%fe",
    ],
)
def test_what_there_is_not_is_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["errors"] == []


@pytest.mark.parametrize(
    "query",
    [
        "pageNum=-1",
        "pageNum=x",
        "pageNum=",
        "pageNum=" + "9" * 5000,
        "pageSize=0",
        "pageSize=1.5",
        "pageNum=١",
        "pageNum=0&pageNum=1",
        "status=current",
        "status=",
    ],
)
def test_bad_parameters_are_400_and_named(client: httpx.Client, query: str) -> None:
    answer = client.get(f"{EMPLOYEES}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "header",
    [None, "Basic", "Basic !!!", "Basic eDp3cm9uZw==", "Bearer x", "Basic /////w==", "ApiKey x"],
)
def test_without_the_key_everything_is_401(sandbox: Sandbox, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for path in (
        "/account",
        "/employers",
        EMPLOYEES,
        f"{EMPLOYEES}/{NOBODY}",
        f"{EMPLOYEES}?pageNum=x",
    ):
        answer = httpx.get(sandbox.url + path, headers=headers, trust_env=False, timeout=PATIENCE)
        assert answer.status_code == 401


def test_the_payroll_cannot_be_written(client: httpx.Client) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.request(method, EMPLOYEES).status_code == 405


def test_a_test_can_edit_add_and_remove_employees_and_reset(client: httpx.Client) -> None:
    control = "/_sandbox/employees"
    id = ids(client.get(EMPLOYEES))[0]
    patch = {"personalDetails": {"lastName": "Neu\udce4", "email": None}, "bankDetails": None}
    sent = json.dumps(patch).encode()
    client.post(f"{control}/{id}", content=sent, headers={"Content-Type": "application/json"})
    edited = client.get(f"{EMPLOYEES}/{id}").json()
    assert edited["personalDetails"]["lastName"] == "Neu\udce4"
    assert "email" not in edited["personalDetails"]
    assert "bankDetails" not in edited
    assert edited["personalDetails"]["firstName"]
    added = client.post(control, json={"personalDetails": 7, "status": ["odd"]}).json()["id"]
    assert added in ids(client.get(EMPLOYEES))
    client.delete(f"{control}/{id}")
    assert client.get(f"{EMPLOYEES}/{id}").status_code == 404
    client.post("/_sandbox/reset")
    assert len(ids(client.get(EMPLOYEES))) == 200


def test_requests_are_counted_but_not_those_of_the_test(client: httpx.Client) -> None:
    client.get(EMPLOYEES)
    client.get(f"{EMPLOYEES}/{NOBODY}")
    client.get("/_sandbox/state")
    log = client.get("/_sandbox/requests").json()
    assert log["counts"] == {"GET 200": 1, "GET 404": 1}
    assert [entry["path"] for entry in log["log"]] == [EMPLOYEES, f"{EMPLOYEES}/{NOBODY}"]


# The vendor's own document.


@pytest.fixture(scope="module")
def vendor() -> dict[str, Any]:
    if not VENDOR.exists():
        pytest.skip("the vendor's OpenAPI document is not at hand (../shared/facts)")
    document: dict[str, Any] = json.loads(VENDOR.read_text(encoding="utf-8"))
    return document


def validator(vendor: dict[str, Any], name: str) -> Any:
    from openapi_schema_validator import OAS30ReadValidator, oas30_format_checker
    from referencing import Registry
    from referencing.jsonschema import DRAFT4

    registry: Registry[Any] = Registry().with_resource("urn:vendor", DRAFT4.create_resource(vendor))
    schema = {"$ref": f"urn:vendor#/components/schemas/{name}"}
    return OAS30ReadValidator(schema, registry=registry, format_checker=oas30_format_checker)


def test_every_employee_has_the_vendors_shape(vendor: dict[str, Any]) -> None:
    check = validator(vendor, "Contract.EmployeeResponse")
    for employee in population(TODAY, quirks=False).employees:
        assert [error.message for error in check.iter_errors(employee)] == []


@pytest.mark.parametrize(
    "bend",
    [
        {"bogus": 1},
        {"status": 1},
        {"id": "x"},
        {"employmentDetails": {"payrollCode": ""}},
        {"personalDetails": {"firstName": "no date of birth"}},
    ],
)
def test_the_check_refuses_what_the_vendor_does_not_send(
    vendor: dict[str, Any], bend: dict[str, Any]
) -> None:
    employee = population(TODAY, quirks=False).employees[0] | bend
    assert list(validator(vendor, "Contract.EmployeeResponse").iter_errors(employee))


@pytest.mark.parametrize(
    ("path", "name", "many"),
    [
        ("/account", "User", False),
        ("/employers", "Item", True),
        (f"/employers/{EMPLOYER}", "Contract.EmployerResponse", False),
        (EMPLOYEES, "Item", True),
        (f"{EMPLOYEES}/leavers", "Item", True),
        (f"/employers/{EMPLOYER}/departments", "Item", True),
        (f"/employers/{EMPLOYER}/departments/Department?code=FIN", "Department", False),
    ],
)
def test_every_other_answer_has_the_vendors_shape(
    vendor: dict[str, Any], client: httpx.Client, path: str, name: str, many: bool
) -> None:
    check = validator(vendor, name)
    body = client.get(path).json()
    for value in body if many else [body]:
        assert [error.message for error in check.iter_errors(value)] == []
