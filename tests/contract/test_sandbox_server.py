"""The server of the sandboxes: this machine alone, a clean start and a clean stop."""

import socket
from datetime import date

import httpx
import pytest

from oneway_connectors.sandbox import build, running, start
from oneway_connectors.sandbox.middleware import RateLimit
from patience import PATIENCE

TODAY = date(2026, 4, 1)


@pytest.mark.parametrize(
    "host", ["rebound.example.com", "rebound.example.com:80", "", "127.0.0.1.evil"]
)
def test_a_request_under_another_name_is_refused_even_at_the_controls(host: str) -> None:
    with running(build("expensein", TODAY)) as url:
        for path in ("/1.0/users", "/_sandbox/state", "/openapi.json"):
            answer = httpx.get(
                url + path, headers={"Host": host}, trust_env=False, timeout=PATIENCE
            )
            assert answer.status_code == 421
        local = httpx.get(
            url + "/_sandbox/state",
            headers={"Host": "localhost:1"},
            trust_env=False,
            timeout=PATIENCE,
        )
        assert local.status_code == 200


@pytest.mark.parametrize("system", ["staffology", "expensein"])
def test_a_stopped_sandbox_no_longer_listens(system: str) -> None:
    with start(system, TODAY) as sandbox:
        assert (
            httpx.get(sandbox.url + "/openapi.json", trust_env=False, timeout=PATIENCE).status_code
            == 200
        )
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url + "/openapi.json", trust_env=False, timeout=PATIENCE)


def test_a_port_that_is_taken_is_an_os_error() -> None:
    with start("expensein", TODAY) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            start("expensein", TODAY, port=port)


def test_a_given_port_is_used() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with start("staffology", TODAY, port=port) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}"


def test_an_unknown_system_is_refused() -> None:
    with pytest.raises(ValueError, match="staffology and expensein"):
        start("sage", TODAY)


def test_a_rate_limit_holds_in_every_second() -> None:
    now = 0.0
    limit = RateLimit(3, clock=lambda: now)
    taken: list[float] = []
    for step in range(100):
        now = step * 0.13
        if limit.take():
            taken.append(now)
    assert all(sum(t <= u < t + 1 for u in taken) <= 3 for t in taken)
    assert len(taken) >= 36


@pytest.mark.parametrize("system", ["staffology", "expensein"])
def test_the_document_of_a_sandbox_names_every_path_but_the_controls(system: str) -> None:
    app = build(system, TODAY)
    routed = {route.path for route in app.routes} - {"/openapi.json"}
    with running(app) as url:
        described = set(
            httpx.get(url + "/openapi.json", trust_env=False, timeout=PATIENCE).json()["paths"]
        )
    assert described == {path for path in routed if not path.startswith("/_sandbox/")}
