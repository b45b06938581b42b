"""A server that answers carelessly never gets the wrong person written to."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

import oneway_connectors.rest as rest
from oneway.cli.clock import now
from oneway_connectors.rest.system import Rest
from oneway_connectors.sandbox import Sandbox

from .server import ENTERPRISE, Tenant
from .sloppy import Sloppy
from .two_systems import TwoSystems, person

ALL_BUT_PAGES = ("", "no filter", "first only", "no Resources", "no filter, no Resources")
HELD = (1, 2, 3, 4)
LAG = timedelta(minutes=16)
"""Longer than a SCIM target may take to show a new user, by its manifest."""
Wired = Callable[..., TwoSystems]


@pytest.fixture
def wired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Wired:
    """The command over a transport; payroll is a file."""
    monkeypatch.chdir(tmp_path)
    url = "http://127.0.0.1:9"
    nobody = Sandbox("", url, {"full": "none"}, "none", url, None, None)  # type: ignore[arg-type]
    connect = rest.connect

    def over(transport: httpx.BaseTransport) -> TwoSystems:
        def connected(description: Any, access: Any, *_: Any, **__: Any) -> Rest:
            return connect(description, access, transport, lambda seconds: None)

        monkeypatch.setattr(rest, "connect", connected)
        found = TwoSystems(nobody, Tenant(url), capsys)
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        return found

    return over


def held(number: int) -> dict[str, Any]:
    """Return the user that stands for somebody."""
    email = f"person{number}@example.com"
    return {
        "id": f"s{number}",
        "externalId": f"P{number}",
        "userName": email,
        "active": True,
        "name": {"givenName": "First", "familyName": f"Last {number}"},
        "emails": [{"value": email, "type": "work", "primary": True}],
        ENTERPRISE: {"employeeNumber": f"P{number}", "department": "OPS"},
    }


def sloppy(wrong: str, *numbers: int) -> Sloppy:
    strangers = {"s0": {"id": "s0", "userName": "admin@example.com", "active": True}}
    return Sloppy(
        strangers | {f"s{n}": held(n) for n in numbers},
        frozenset(each for each in wrong.split(", ") if each),
    )


def let_pass(time: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the clock of the commands that apply forward."""
    for command in ("resume", "sync"):
        monkeypatch.setattr(f"oneway.cli.{command}.now", lambda: now() + time)


def some_change() -> list[dict[str, Any]]:
    """Return payroll in which one is renamed, one leaves and one joins."""
    leaver = person(3)
    leaver["status"] = "Former"
    return [person(1), person(2, lastName="New"), leaver, person(4), person(5)]


@pytest.mark.parametrize("wrong", ALL_BUT_PAGES)
def test_each_write_reaches_whom_it_is_for(wired: Wired, wrong: str) -> None:
    server = sloppy(wrong, *HELD)
    before = deepcopy(server.users)
    two = wired(server)
    two.source(some_change())
    assert two.run("sync").code == 0
    assert sorted(server.writes) == [("PATCH", "s2"), ("PATCH", "s3"), ("POST", "s6")]
    before["s2"]["name"]["familyName"] = "New"
    before["s3"]["active"] = False
    created = server.users.pop("s6")
    assert server.users == before
    assert (created["userName"], created["active"]) == ("person5@example.com", True)
    server.users["s6"] = created
    assert two.run("plan", "--exit-code").code == 0


@pytest.mark.parametrize("wrong", ["", "no filter", "no Resources"])
@pytest.mark.parametrize("acted", [True, False])
def test_a_create_in_doubt_is_looked_up_and_nobody_else_is_taken_for_it(
    wired: Wired, monkeypatch: pytest.MonkeyPatch, wrong: str, acted: bool
) -> None:
    server = sloppy(wrong, *HELD)
    before = deepcopy(server.users)
    two = wired(Doubtful(server, acted=acted))
    two.source([*map(person, HELD), person(5)])
    assert two.run("sync").code == 5
    if not acted:
        early = two.run("resume")
        assert (early.code, server.writes) == (5, [])
        assert "the target may not show it before" in early.flat
        let_pass(LAG, monkeypatch)
    assert two.run("resume").code == 0
    if not acted:
        assert two.run("sync").code == 0
    created = server.users.pop("s6")
    assert created["externalId"] == "P5"
    assert server.users == before
    assert server.writes == [("POST", "s6")]


def test_a_list_that_ignores_pages_is_not_taken_for_all_there_is(wired: Wired) -> None:
    server = sloppy("no pages", *range(1, 102))  # of which a page holds a hundred
    two = wired(server)
    two.source([person(101), person(900)])
    assert "R162" in two.run("sync").err
    assert server.writes == []


def test_a_list_that_ignores_pages_is_all_there_is_where_its_total_came(wired: Wired) -> None:
    server = sloppy("no pages", 1, 2)
    two = wired(server)
    two.source([person(1), person(9)])
    two.run("sync")
    assert [write for write in server.writes if write[0] == "POST"] == [("POST", "s4")]


def test_a_server_that_drops_the_external_id_is_not_filled_with_doubles(wired: Wired) -> None:
    server = sloppy("no external id")
    two = wired(server)
    two.source([person(1)])
    two.run("sync")
    assert two.run("sync").code in (0, 5)
    assert [id for verb, id in server.writes if verb == "POST"] == ["s2"]
    assert two.outcomes() == {"P1": "conflict"}


@pytest.mark.parametrize("body", [{}, {"Resources": None}, {"schemas": []}, []])
def test_an_answer_without_count_and_list_is_no_empty_target(wired: Wired, body: Any) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=body)

    two = wired(httpx.MockTransport(answer))
    two.source([person(1)])
    ended = two.run("sync")
    assert ended.code == 1
    assert "[R107]" in ended.err
    assert {request.method for request in asked} == {"GET"}


class Doubtful(httpx.BaseTransport):
    """Breaks off the first create: after it was carried out, or before."""

    def __init__(self, server: Sloppy, *, acted: bool) -> None:
        self._server = server
        self._acted = acted
        self._broken = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or self._broken:
            return self._server.handle_request(request)
        self._broken = True
        if self._acted:
            self._server.handle_request(request)
        raise httpx.ReadError("connection reset", request=request)


# Who is whom, over SCIM: nine people, to each of whom something else happens in one night


def coded(number: int, code: str, **details: str) -> dict[str, Any]:
    """Return a person under another payroll code."""
    found = person(number, **details)
    found["employmentDetails"]["payrollCode"] = code
    return found


ODD_NIGHT = {
    "e1": (coded(1, "N1"), "conflict rekeyed"),
    "e2": (coded(2, "N2", email="oak@example.com"), "conflict rekeyed"),
    "n3": (
        {**person(3, firstName="Some", lastName="One", email="elm@example.com"), "id": "n3"},
        "conflict reused",
    ),
    "e4": (coded(4, "P5"), "conflict rekeyed"),
    "e5": (coded(5, "P4"), "conflict rekeyed"),
    "r6": ({**coded(6, "N6", email="ash@example.com"), "id": "r6"}, "conflict reissued"),
    "e7": (person(7), "error gone"),
    "e8": ({**coded(8, "N8"), "status": "Former"}, "conflict rekeyed"),
    "e9": (person(9), "unchanged"),
}
WHO_IS_WHOM = {"rekeyed", "reused", "reissued", "gone", "claimed", "taken", "adopted"}


def test_what_befalls_nine_people_in_one_night_doubles_and_mixes_up_nobody(wired: Wired) -> None:
    server = sloppy("")
    two = wired(server)
    two.source(list(map(person, range(1, 10))))
    assert two.run("sync").code == 0
    (deleted,) = (id for id, each in server.users.items() if each.get("externalId") == "P7")
    del server.users[deleted]
    before, created = deepcopy(server.users), len(server.writes)
    two.source([record for record, _ in ODD_NIGHT.values()])
    for _ in range(2):
        found = {
            each["source_id"]: " ".join(
                [each["outcome"], *sorted({r["code"] for r in each["reasons"]} & WHO_IS_WHOM)]
            )
            for each in two.plan()
        }
        assert found == {id: wanted for id, (_, wanted) in ODD_NIGHT.items()}
        two.run("sync")
        assert server.users == before
        assert len(server.writes) == created
