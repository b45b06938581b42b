"""The contract, kept by the rest connector over a SCIM 2.0 server that nobody here wrote."""

from collections.abc import Iterator
from typing import Any

import pytest

from contract import READING, WRITING, Check, Subject, named
from oneway.connections.discovery import describe, open_connector
from oneway.core.access import Access, Secret
from oneway.core.connector import Connector, Finding
from oneway.core.connector_errors import Rejected
from scim.server import TOKEN, Server, Tenant, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def tenant(server: Server) -> Tenant:
    return server.tenant()


def opened(tenant: Tenant, token: str = TOKEN) -> Connector:
    access = Access({"base_url": tenant.url}, {"bearer_token": Secret(token)})
    return open_connector(describe("scim"), access)


def person(number: int) -> dict[str, Any]:
    return {
        "externalId": f"PAY-{number:04}",
        "userName": f"p{number}@example.com",
        "name": {"givenName": f"First {number}", "familyName": f"Last {number}"},
        "emails": [{"value": f"p{number}@example.com", "type": "work", "primary": True}],
        "enterprise": {"department": "Ops", "employeeNumber": f"{number:04}"},
    }


def subject(tenant: Tenant, size: int = 7) -> Subject:
    held = {}
    for number in range(1, size + 1):
        fields = {k: v for k, v in person(number).items() if k != "enterprise"}
        held[tenant.add(**fields, active=True)] = {
            "userName": fields["userName"],
            "externalId": fields["externalId"],
            "name.familyName": fields["name"]["familyName"],
        }
    return Subject(
        open=lambda: opened(tenant),
        resource="users",
        held=held,
        find="userName",
        fresh=lambda number: person(100 + number),
        text="name.familyName",
        still="userName",
        clearable="enterprise.department",
        leave={"active": False},
        own=("meta",),
    )


@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_scim(check: Check, tenant: Tenant) -> None:
    check(subject(tenant))


def test_a_list_is_read_over_several_pages(tenant: Tenant) -> None:
    subject(tenant, 120)
    connector = opened(tenant)
    snapshot = connector.reader("users").read()
    assert (len(snapshot.records), snapshot.complete) == (120, True)
    connector.close()


def test_a_user_is_found_by_either_name_that_filters_know(tenant: Tenant) -> None:
    (id,) = subject(tenant, 1).held
    reader = opened(tenant).reader("users")
    assert [r.id for r in reader.find("externalId", "PAY-0001")] == [id]
    assert [r.id for r in reader.find("userName", "P1@EXAMPLE.com")] == [id]
    assert reader.find("externalId", "pay-0001") == ()


def test_a_filter_cannot_be_widened(tenant: Tenant) -> None:
    subject(tenant, 2)
    reader = opened(tenant).reader("users")
    for value in ('x" or userName pr or userName eq "x', 'x\\" or userName pr', '" pr "', "\\"):
        assert reader.find("userName", value) == ()


def test_a_taken_user_name_is_refused_and_said_in_the_servers_words(tenant: Tenant) -> None:
    subject(tenant, 1)
    writer = opened(tenant).writer("users")
    with pytest.raises(Rejected, match="409: uniqueness") as caught:
        writer.create({**person(2), "userName": "P1@example.com"}, "t")
    assert "example.com" not in str(caught.value).split(tenant.url)[1]
    assert [user["userName"] for user in tenant.users()] == ["p1@example.com"]


def test_leaving_touches_nothing_else_and_can_be_undone(tenant: Tenant) -> None:
    (id,) = subject(tenant, 1).held
    before = tenant.users()[0]
    connector = opened(tenant)
    connector.writer("users").leave(id, {"active": False}, "t")
    left = tenant.users()[0]
    connector.writer("users").update(id, {"active": True}, "t")
    back = tenant.users()[0]
    assert left["active"] is False
    for user in (before, left, back):
        del user["meta"]  # its version and day
    assert {**left, "active": True} == before == back


def test_what_is_cleared_is_gone_and_the_extension_keeps_the_rest(tenant: Tenant) -> None:
    connector = opened(tenant)
    id = connector.writer("users").create(person(1), "t")
    change = {"externalId": None, "enterprise": {"department": None}, "name": {"givenName": None}}
    connector.writer("users").update(id, change, "t")
    (user,) = tenant.users()
    assert "externalId" not in user
    assert user["name"] == {"familyName": "Last 1"}
    assert user["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] == {
        "employeeNumber": "0001"
    }


def test_the_check_of_a_connection_reads_and_a_wrong_token_fails_it(tenant: Tenant) -> None:
    found = {probe.what: probe.finding for probe in opened(tenant).probe()}
    assert found == {
        "answers as SCIM 2.0": Finding.OK,
        "reads users": Finding.OK,
        "writes users": Finding.UNTESTED,
    }
    wrong = {probe.what: probe for probe in opened(tenant, "canary-token").probe()}
    assert wrong["reads users"].finding is Finding.FAILED
    assert "401" in wrong["reads users"].detail
    assert "canary" not in str(wrong)
