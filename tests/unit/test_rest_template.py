"""Templates: no value can change what surrounds it."""

from contextlib import nullcontext
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rest_world import opened, reply

from oneway.core.connector_errors import ReadError, Rejected
from oneway_connectors.rest.template import Unusable, fill_body, fill_header, fill_path, fill_query

HOSTILE = [
    "../admin", "..", ".", "", "a/b", "a?b=c", "a#b", "a%2fb", "a\r\nX-Evil: 1", "a\x00b", "a b",
    "//evil.example", "http://evil.example", "{tenant}", "{api_key}", "\\..\\", ";a=b", "@", ":",
    "\ud800", "é", "💥", "%", "%zz", "..%2f", "\u202e",
]  # fmt: skip


@given(st.text() | st.sampled_from(HOSTILE))
@example("..")
def test_a_value_in_a_path_is_one_segment_or_refused(value: str) -> None:
    try:
        path = fill_path("/people/{id}/bank", {"id": value})
    except Unusable:
        assert value in {"", ".", ".."} or any("\ud800" <= c <= "\udfff" for c in value)
        return
    start, people, segment, end = path.split("/")
    assert (start, people, end) == ("", "people", "bank")
    assert unquote(segment) == value
    assert not set(segment) & set("/?#\\ \r\n\t\x00@:;")


@given(st.text() | st.sampled_from(HOSTILE))
def test_a_value_in_a_query_is_one_parameter(value: str) -> None:
    assert fill_query({"q": "x{id}", "n": [1, True]}, {"id": value}) == [
        ("q", "x" + value),
        ("n", "1"),
        ("n", "true"),
    ]


@given(st.text() | st.text(alphabet=st.characters(max_codepoint=126, min_codepoint=32)))
def test_a_header_takes_printable_ascii_and_nothing_else(value: str) -> None:
    usable = all(" " <= c <= "~" or c == "\t" for c in value)
    with nullcontext() if usable else pytest.raises(Unusable):
        assert fill_header("ApiKey {key}", {"key": value}) == "ApiKey " + value


@given(st.text(st.sampled_from("{}a ")), st.text(st.sampled_from("{}a ")))
def test_a_brace_that_is_written_twice_is_a_brace(text: str, value: str) -> None:
    """In every template, and beside a value, whose own braces mean nothing."""
    template = text.replace("{", "{{").replace("}", "}}") + "{id}"
    values = {"id": value or "x"}
    wanted = text + values["id"]
    assert fill_query({"q": template}, values) == [("q", wanted)]
    assert fill_header(template, values) == wanted
    assert fill_body({"q": [template]}, values, {}) == {"q": [wanted]}
    path = fill_path(template.replace(" ", "-"), values)
    assert unquote(path) == text.replace(" ", "-") + values["id"]
    assert not set(path) & set("{} ")


@given(st.dictionaries(st.text(), st.text() | st.none() | st.integers()))
def test_written_values_are_never_templates(values: dict[str, str]) -> None:
    body = fill_body({"who": "{tenant}", "user": ["{values}"]}, {"tenant": "t"}, values)
    assert body == {"who": "t", "user": [values]}


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_id_reaches_the_system_as_one_segment_or_not_at_all(value: str) -> None:
    connector, world = opened(*(reply({"id": value}) for _ in range(2)))
    try:
        connector.reader("people").get(value)
        connector.writer("people").update(value, {"email": value}, "t")
    except (ReadError, Rejected):
        assert not world.asked
        return
    for request in world.asked:
        assert request.url.host == "api.example.com"
        path = request.url.raw_path.decode()
        assert path.startswith("/v1/people/")
        assert "?" not in path
        assert unquote(path.removeprefix("/v1/people/")) == value
        assert "X-Evil" not in request.headers


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_to_find_stays_in_its_parameter(value: str) -> None:
    connector, world = opened(reply({"data": []}))
    try:
        connector.reader("people").find("email", value)
    except ReadError:
        assert value == "\ud800"
        assert not world.asked
        return
    (request,) = world.asked
    assert dict(request.url.params) == {"email": value, "page": "1", "size": "2"}
