"""The benchmark's sandbox of many customers: each its own people, all of them one limit."""

import asyncio
from datetime import date
from pathlib import Path
from runpy import run_path
from typing import Any

import httpx
import pytest

from oneway_connectors.sandbox import EMPLOYER
from oneway_connectors.sandbox.expensein import KEY, READ_ONLY_KEY
from oneway_connectors.sandbox.staffology import KEY as PAYROLL_KEY

Crowd = run_path(str(Path(__file__).parents[2] / "benchmarks" / "crowd.py"))["Crowd"]
TODAY = date(2026, 4, 1)
WRITES = {"Authorization": f"ApiKey {KEY}"}


class Asking:
    """Asks a crowd, in process."""

    def __init__(self, system: str, customers: int = 3, rate_limit: int = 1000) -> None:
        self.crowd = Crowd(system, TODAY, customers=customers, rate_limit=rate_limit)

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.crowd)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1"
            ) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def users(self, customer: int) -> Any:
        return self("GET", f"/of/{customer}/1.0/users", headers=WRITES).json()

    def counts(self) -> Any:
        return self("GET", "/_sandbox/requests").json()


def test_each_customer_has_people_of_its_own_and_the_same_each_time() -> None:
    first, again = Asking("expensein"), Asking("expensein")
    assert first.users(1) != first.users(2)
    assert first.users(2) == again.users(2)


def test_payroll_and_expenses_know_the_same_people() -> None:
    payroll, expenses = Asking("staffology"), Asking("expensein")
    items = payroll("GET", f"/of/3/employers/{EMPLOYER}/employees", auth=("x", PAYROLL_KEY)).json()
    references = {user["reference"] for user in expenses.users(3)}
    codes = {item["metadata"]["payrollCode"] for item in items}
    assert len(codes) == 13
    assert len(codes & references) == 10  # two joiners and one without a first name are no users


def test_a_write_is_one_customers_and_is_counted_as_such() -> None:
    asking = Asking("expensein")
    before = asking.users(1), asking.users(2)
    body = {"firstName": "A", "lastName": "B", "email": "a.b@example.com"}
    made = asking("POST", "/of/2/1.0/users", headers=WRITES, json=body)
    refused = asking("POST", "/of/2/1.0/users", headers=WRITES, json=body)
    assert (made.status_code, refused.status_code) == (201, 409)
    assert asking.users(1) == before[0]
    assert len(asking.users(2)) == len(before[1]) + 1
    counts = asking.counts()
    assert counts["created"] == {"2": 1}
    assert counts["counts"] == {"GET 200": 4, "POST 201": 1, "POST 409": 1}
    asking("DELETE", "/_sandbox/requests")
    assert asking.counts()["total"] == 0


def test_the_limit_is_over_all_customers() -> None:
    asking = Asking("expensein", rate_limit=2)
    statuses = [
        asking("GET", f"/of/{customer}/1.0/users", headers=WRITES).status_code
        for customer in (1, 2, 3)
    ]
    assert statuses == [200, 200, 429]
    assert asking.counts()["most_in_a_second"] == 2
    assert asking.counts()["counts"] == {"GET 200": 2, "GET 429": 1}


@pytest.mark.parametrize(
    "path", ["/of/0/1.0/users", "/of/4/1.0/users", "/of/x/", "/of", "/", "/of/²/"]
)
def test_who_is_no_customer_is_not_found(path: str) -> None:
    assert Asking("expensein")("GET", path, headers=WRITES).status_code == 404


def test_keys_are_checked_as_ever() -> None:
    asking = Asking("expensein")
    read_only = {"Authorization": f"ApiKey {READ_ONLY_KEY}"}
    assert asking("GET", "/of/1/1.0/users").status_code == 401
    assert asking("POST", "/of/1/1.0/users", headers=read_only, json={}).status_code == 403
