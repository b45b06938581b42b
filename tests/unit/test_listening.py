"""Who is answered by /healthz, and what the answer tells of the server."""

import http.client

import pytest

from oneway.scheduling.health_state import HealthState
from oneway.scheduling.listening import Address, listening


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
