"""Who is answered by /healthz, and what the answer tells of the server."""

import http.client
import json

import pytest

from oneway.core.diagnostics import Refused
from oneway.scheduling.health_state import HealthState
from oneway.scheduling.http_server import Address, address, listening, token_of


def asked(host: str | None) -> http.client.HTTPResponse:
    """Return the answer to a request that names a host."""
    with listening(Address("127.0.0.1", 0), HealthState(), None) as at:
        connection = http.client.HTTPConnection(at.host, at.port, timeout=30)
        connection.putrequest("GET", "/healthz", skip_host=True)
        if host is not None:
            connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


@pytest.mark.parametrize("host", [None, "127.0.0.1:9108", "localhost", "[::1]:9108", "[::1]"])
def test_this_machine_s_own_names_are_answered(host: str | None) -> None:
    assert asked(host).status in (200, 503)


@pytest.mark.parametrize("host", ["attacker.example.com", "127.0.0.1.example.com:9108", "10.0.0.1"])
def test_another_name_that_leads_here_is_not_answered(host: str) -> None:
    assert asked(host).status == 421


def test_no_version_is_told() -> None:
    assert asked(None).getheader("Server") == "oneway"


TOKEN = "0123456789abcdef0123456789abcdef"


def told(path: str, authorization: str = "") -> tuple[int, bytes]:
    """Return what a server with a token answers."""
    with listening(Address("127.0.0.1", 0), HealthState(), lambda: b"of acme\n", TOKEN) as at:
        connection = http.client.HTTPConnection(at.host, at.port, timeout=30)
        headers = {"Host": "metrics.example.com"}
        headers |= {"Authorization": authorization} if authorization else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found


def test_with_a_token_another_machine_is_told_and_nobody_without_it() -> None:
    assert told("/metrics", f"Bearer {TOKEN}") == (200, b"of acme\n")
    for wrong in ("", "Bearer", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \xe9"):
        status, body = told("/metrics", wrong)
        assert status == 401
        assert b"acme" not in body


def test_without_the_token_no_more_is_told_than_whether_all_is_well() -> None:
    status, body = told("/healthz")
    assert status in (200, 503)
    assert set(json.loads(body)) == {"well"}


@pytest.mark.parametrize("where", ["0.0.0.0:9108", "[::]:9108", "10.1.2.3:9108"])
def test_elsewhere_is_listened_only_with_a_token(where: str) -> None:
    with pytest.raises(Refused, match="not an address of this machine alone"):
        address(where)
    assert address(where, token=TOKEN).port == 9108


@pytest.mark.parametrize("token", ["", "short", "with a space in the midst of it", "é" * 40])
def test_a_token_that_could_be_guessed_is_refused(token: str) -> None:
    with pytest.raises(Refused, match="guessed"):
        token_of(token, "token.txt")
    assert token_of(f"{TOKEN}\n", "token.txt") == TOKEN
