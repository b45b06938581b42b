"""What is said of answers that cannot be used: what came, and what to do about just that."""

from typing import Any

import httpx
import pytest
from rest_world import altered, opened, reply

from oneway.core.connector_errors import ReadError, Rejected
from oneway_connectors.rest.origin import elsewhere

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"


def refused(answer: httpx.Response, manifest: str = "") -> ReadError:
    connector, _ = opened(answer, **({"manifest": manifest} if manifest else {}))
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    return caught.value


@pytest.mark.parametrize(
    ("id", "known"), [(1201.0, "1201"), (7, "7"), ("a", "a"), (-3.0, "-3"), (2.0**53, f"{2**53}")]
)
def test_a_whole_number_is_an_id_however_it_is_written(id: Any, known: str) -> None:
    connector, _ = opened(reply({"data": [{"id": id}]}), reply({"data": []}))
    assert [each.id for each in connector.reader("people").read().records] == [known]


@pytest.mark.parametrize(
    ("id", "said"),
    [(1201.5, "(1201.5)"), (1e300, "exactly"), (True, "true or false"), ([1], "a list"),
     ({"a": 1}, "an object"), (None, "no id"), ("", "no id")],
)  # fmt: skip
def test_what_is_no_id_is_said_as_what_it_is(id: Any, said: str) -> None:
    connector, _ = opened(reply({"data": [{"id": id}]}), reply({"data": []}))
    (record,) = connector.reader("people").read().records
    assert said in record.problem


def test_another_encoding_is_named_and_the_base_url_is_not_blamed() -> None:
    headers = {"content-type": "application/json; charset=ISO-8859-1"}
    body = '{"data": [{"id": 1, "name": "Zoë"}]}'.encode("latin-1")
    error = refused(httpx.Response(200, content=body, headers=headers))
    assert "charset=iso-8859-1" in error.summary
    assert "UTF-8" in error.help
    assert "base URL" not in error.help
    assert "is not UTF-8" in refused(httpx.Response(200, content=body)).summary


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    error = refused(httpx.Response(200, content=b'{"data": ['))
    assert "ends too early" in error.summary
    assert error.help.startswith("Run again")


def test_what_an_answer_without_its_list_says_is_shown() -> None:
    error = refused(reply({"ok": False, "message": "slow down"}))
    assert error.summary.endswith("it has no list at 'data', and says: slow down")
    assert "errors.refused_when" in error.help
    assert "and says" not in refused(reply({"rows": []})).summary


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://api.example.com/v1/people?p=2", "http on the same host, where the base URL has"),
        ("https://api.example.com:8443/v1/people", "port 8443 of the same host"),
        ("https://elsewhere.example/v1/people", "another host"),
        ("ftp://api.example.com/people", "another host"),
    ],
)
def test_where_a_link_leads_is_said_and_no_other_host_is_named(link: str, said: str) -> None:
    manifest = altered(PAGED, "{type: next_link, next: links.next}")
    error = refused(reply({"data": [{"id": 1}], "links": {"next": link}}), manifest)
    assert said in error.summary
    assert "elsewhere.example" not in error.summary
    assert "proxy" in error.help


def test_ports_that_a_scheme_has_anyway_are_no_difference() -> None:
    base = httpx.URL("https://api.example.com:8443/v1")
    assert elsewhere(httpx.URL("https://api.example.com/v1"), base).startswith("port 443 of")


SAYS = "errors: {"


def test_a_reason_in_a_header_is_shown_where_the_manifest_names_it() -> None:
    told = httpx.Response(
        400, headers={"X-Acme-Error-Message": "Field name: ask a manager (sent: Ann Oak)"}
    )
    for manifest, said in (
        ("", "its header X-Acme-Error-Message may say why"),
        (altered(SAYS, "errors: {header: X-Acme-Error-Message, "), "Field name: ask a manager"),
    ):
        connector, _ = opened(told, **({"manifest": manifest} if manifest else {}))
        with pytest.raises(Rejected) as caught:
            connector.writer("people").update("7", {"name": "Ann Oak"}, "token")
        assert said in caught.value.summary
        assert "Ann Oak" not in caught.value.summary
