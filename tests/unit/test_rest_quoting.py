"""Values within filters, queries and paths: in quotes that no value can leave."""

import json
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rest_world import altered, described, opened, reply

from oneway.core.diagnostics import Refused, Severity
from oneway_connectors.rest.template import fill, fill_body, fill_path

TEXTS = st.text(st.sampled_from("'\"\\ ax\n\t\r\b\f{}^%é\u2019") | st.characters(codec="utf-8"))


def odata(text: str) -> str:
    """Read a literal as OData does: it ends at the first quote that is not doubled."""
    assert text[0] == "'"
    value, at = "", 1
    while True:
        if text[at] == "'":
            if text[at + 1 : at + 2] != "'":
                break
            at += 1
        value, at = value + text[at], at + 1
    assert at == len(text) - 1, "the literal ended early"
    return value


def soql(text: str) -> str:
    """Read a literal as SOQL does: a backslash makes the next character a plain one."""
    assert text[0] == "'"
    value, at = "", 1
    while text[at] != "'":
        if text[at] == "\\":
            at += 1
            value += {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}.get(text[at], text[at])
        else:
            assert text[at] not in "\n\r"
            value += text[at]
        at += 1
    assert at == len(text) - 1, "the literal ended early"
    return value


READERS: dict[str, Callable[[str], object]] = {"json": json.loads, "odata": odata, "soql": soql}


@pytest.mark.parametrize("quoting", READERS)
@given(value=TEXTS)
@example(value="x' or 1 eq 1 or 'a")
@example(value="\\' or name = 'a")
def test_hostile_text_stays_one_value(quoting: str, value: str) -> None:
    read, name = READERS[quoting], f"{{id_{quoting}}}"
    literal = fill(f"mail eq {name} and on", {"id": value})
    assert literal.startswith("mail eq ")
    assert literal.endswith(" and on")
    assert read(literal.removeprefix("mail eq ").removesuffix(" and on")) == value
    assert fill_body({"where": f"x={name}"}, {"id": value}, {}) == {
        "where": "x=" + fill(name, {"id": value})
    }
    if value not in ("", ".", ".."):
        path = fill_path(f"/users({name})", {"id": value})
        assert not set(path) & set("'\"\\ ?#")
        assert read(unquote(path).removeprefix("/users(").removesuffix(")")) == value


@pytest.mark.parametrize("quoting", READERS)
@pytest.mark.parametrize(("value", "text"), [(42, "42"), (1.5, "1.5"), (True, "true")])
def test_numbers_and_truth_values_need_no_quotes(quoting: str, value: float, text: str) -> None:
    assert fill(f"{{value_{quoting}}}", {"value": value}) == text


def test_an_option_may_be_called_like_a_quoted_name() -> None:
    assert fill("{use_json}", {"use_json": "on"}) == "on"


def asking(query: str) -> str:
    return altered('find: {email: {email: "{value}"}}', f"find: {{email: {query}}}")


@pytest.mark.parametrize("word", ["odata", "soql"])
def test_who_is_asked_for_in_quotes_is_not_shown(word: str) -> None:
    said = {"message": "nobody is called sean.o'neill@example.com, I fear"}
    manifest = asking(f'{{filter: "email eq {{value_{word}}}"}}')
    rest, world = opened(reply(said, 400), manifest=manifest)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        rest.reader("people").find("email", "sean.o'neill@example.com")
    assert READERS[word](world.asked[0].url.params["filter"].removeprefix("email eq ")) == (
        "sean.o'neill@example.com"
    )
    assert "I fear" in str(caught.value)
    assert "neill" not in str(caught.value)


def warned(text: str) -> list[tuple[str, str]]:
    """Return the marked text and the remedy of each warning of a manifest."""
    found = described(text).warnings
    assert {(each.code, each.severity) for each in found} <= {("C155", Severity.WARNING)}
    lines = text.splitlines()
    return [(lines[d.span.line - 1][d.span.column - 1 : d.span.end - 1], d.help) for d in found]


@pytest.mark.parametrize(
    ("query", "marked", "remedy"),
    [
        ("{filter: \"email eq '{value}'\"}", "{value}", "{value_odata} without quotes"),
        ("{filter: \"startswith(email,'a {value}')\"}", "{value}", "{value_soql}"),
        ("{filter: 'email eq \"{value}\"'}", "{value}", "{value_json} without quotes"),
        ("{filter: \"email eq '{value_odata}'\"}", "{value_odata}", "leave out the quotes"),
        ("{filter: \"email eq {value_odata} or t eq '{tenant}'\"}", "{tenant}", "{tenant_odata}"),
        ('{sysparm_query: "email={value}"}', "{value}", "a parameter of its own"),
    ],
)  # fmt: skip
def test_a_value_between_quotes_is_warned_of(query: str, marked: str, remedy: str) -> None:
    [(text, help)] = warned(asking(query))
    assert text == marked
    assert remedy in help


@pytest.mark.parametrize(
    "query",
    [
        '{email: "{value}"}',
        '{filter: "email eq {value_odata}"}',
        "{filter: \"type eq 'user' and email eq {value_odata} and on eq 'x'\"}",
        '{filter: "it\'s {value}"}',
        '{q: "email:{value}", email: "{value}"}',
    ],
)
def test_a_value_that_cannot_leave_is_not_warned_of(query: str) -> None:
    assert not warned(asking(query))


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("update: {method: PATCH, path: \"/people/{id}\"}",
         "update: {method: PATCH, path: \"/people('{id}')\"}"),
        ("update: {method: PATCH, path: \"/people/{id}\"}",
         "update: {method: PATCH, path: /people, body: {where: \"id = '{id}'\", to: '{values}'}}"),
    ],
)  # fmt: skip
def test_ids_between_quotes_are_warned_of_in_paths_and_bodies(was: str, now: str) -> None:
    [(text, help)] = warned(altered(was, now))
    assert text == "{id}"
    assert "{id_odata}" in help


def test_headers_and_credentials_have_their_own_quotes() -> None:
    text = altered(
        'update: {method: PATCH, path: "/people/{id}"}',
        'update: {method: PATCH, path: "/people/{id}", headers: {If-Match: \'"{id}"\'}}',
    )
    assert not warned(text)


@pytest.mark.parametrize("name", ["value_sql", "values_json", "nobody_odata"])
def test_an_ending_or_a_name_that_is_not_known_is_a_mistake(name: str) -> None:
    with pytest.raises(Refused) as caught:
        described(asking(f'{{filter: "email eq {{{name}}}"}}'))
    assert [each.code for each in caught.value.diagnostics] == ["C103"]


def test_an_option_may_not_take_the_name_of_a_quoted_one() -> None:
    with pytest.raises(Refused) as caught:
        described(altered("options:\n", "options:\n  value_odata: {description: X., default: x}\n"))
    assert [each.code for each in caught.value.diagnostics] == ["C116"]
