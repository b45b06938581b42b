"""Signing in: every kind, tokens that run out, and credentials that never show."""

import base64
import json
import traceback
from urllib.parse import parse_qs, parse_qsl, quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import KEY, altered, described, opened, page, reply

from oneway.core.connector_errors import ConnectorError, NotSent, ReadError
from oneway.core.diagnostics import Refused

PAGED = "{type: page, param: page, start: 1, size_param: size, size: 2}"
HEADER = 'auth: {type: header, header: X-Key, value: "{api_key}"}'


def signing(auth: str) -> str:
    return altered(HEADER, f"auth: {auth}")


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ('{type: basic, user: "{api_key}", password: x}', "authorization", f"{KEY}:x"),
        ('{type: basic, user: oneway, password: "{api_key}"}', "authorization", f"oneway:{KEY}"),
        ('{type: header, value: "ApiKey {api_key}"}', "authorization", f"ApiKey {KEY}"),
        ('{type: header, header: X-K, value: "{api_key}"}', "x-k", KEY),
        ('{type: bearer, token: "{api_key}"}', "authorization", f"Bearer {KEY}"),
    ],
)
def test_fixed_kinds(auth: str, header: str, value: str) -> None:
    connector, world = opened(page(), manifest=signing(auth))
    connector.reader("people").read()
    sent = world.asked[0].headers[header]
    if sent.startswith("Basic "):
        sent = base64.b64decode(sent.removeprefix("Basic ")).decode()
    assert sent == value


def test_static_headers_go_with_every_request() -> None:
    manifest = altered("retry:", 'headers: {X-Tenant: "{tenant}"}\nretry:')
    connector, world = opened(page(), manifest=manifest)
    connector.reader("people").read()
    assert world.asked[0].headers["x-tenant"] == "t1"


EXCHANGE = (
    '{type: token_exchange, path: /auth, body: {secret: "{api_key}"},'
    " token: data.token, expires_in: data.life}"
)


def token(name: str, life: object = 100) -> httpx.Response:
    return reply({"data": {"token": name, "life": life}})


def authorizations(requests: list[httpx.Request]) -> list[str]:
    return [request.headers.get("authorization", "-") for request in requests]


def test_a_token_is_fetched_once_and_again_when_it_runs_out() -> None:
    connector, world = opened(
        token("one"), page("a", "b"), page(), token("two"), page(), manifest=signing(EXCHANGE)
    )
    reader = connector.reader("people")
    reader.read()
    world.now += 95  # within a tenth of its life's end
    reader.read()
    assert authorizations(world.asked) == ["-", "Bearer one", "Bearer one", "-", "Bearer two"]
    assert json.loads(world.asked[0].content) == {"secret": KEY}


def test_a_token_that_is_refused_is_renewed_once() -> None:
    connector, world = opened(
        token("one"), reply({}, 401), token("two"), page(), manifest=signing(EXCHANGE)
    )
    connector.reader("people").read()
    assert authorizations(world.asked)[-1] == "Bearer two"
    connector, world = opened(
        token("one"), reply({}, 401), token("two"), reply({}, 401), manifest=signing(EXCHANGE)
    )
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert caught.value.code == "R102"
    assert len(world.asked) == 4


def test_a_write_is_repeated_after_the_token_was_renewed() -> None:
    connector, world = opened(
        token("one"),
        reply({}, 401),
        token("two"),
        reply({"id": 1}, 201),
        manifest=signing(EXCHANGE),
    )
    assert connector.writer("people").create({"email": "a@example.com"}, "t") == "1"
    assert world.methods == ["POST"] * 4


@pytest.mark.parametrize(
    "answer",
    [reply({}, 401), reply(b"<html>"), reply({"data": {"token": 1}}), httpx.ReadTimeout("late")],
)
def test_no_token_means_that_nothing_was_sent(answer: object) -> None:
    answers = [answer, *(httpx.ReadTimeout("late") for _ in range(3))]
    connector, world = opened(*answers, manifest=signing(EXCHANGE))
    with pytest.raises(NotSent) as caught:
        connector.writer("people").create({"email": "a@example.com"}, "t")
    assert caught.value.code == "W103"
    assert all(request.url.path == "/v1/auth" for request in world.asked)


@pytest.mark.parametrize("life", [None, "soon", -5, 1e400, "3600"])
def test_an_odd_life_does_no_harm(life: object) -> None:
    answer = b'{"data": {"token": "t", "life": ' + json.dumps(life).encode() + b"}}"
    if life == 1e400:
        answer = b'{"data": {"token": "t", "life": 99999999999999999999}}'
    connector, _ = opened(reply(answer), page(), manifest=signing(EXCHANGE))
    assert connector.reader("people").read().complete


@pytest.mark.parametrize("where", ["body", "basic"])
def test_oauth2_client_credentials(where: str) -> None:
    auth = (
        "{type: oauth2_client_credentials, url: 'https://login.example.com/token',"
        f" client_id: me, client_secret: '{{api_key}}', scope: 'a b', client_auth: {where}}}"
    )
    connector, world = opened(
        reply({"access_token": "tok", "expires_in": 60}), page(), manifest=signing(auth)
    )
    connector.reader("people").read()
    form = parse_qs(world.asked[0].content.decode())
    assert str(world.asked[0].url) == "https://login.example.com/token"
    assert form["grant_type"] == ["client_credentials"]
    assert form["scope"] == ["a b"]
    assert ("client_secret" in form) == (where == "body")
    assert ("authorization" in world.asked[0].headers) == (where == "basic")
    assert world.asked[1].headers["authorization"] == "Bearer tok"


@pytest.mark.parametrize("key", ["a\r\nX-Evil: 1", "ключ", "  ", "a\x00b"])
def test_a_credential_that_cannot_stand_in_a_header_is_refused_unseen(key: str) -> None:
    with pytest.raises(Refused) as caught:
        opened(key=key)
    assert key.strip() not in str(caught.value) or not key.strip()


def test_no_error_shows_a_credential_even_where_the_system_echoes_it() -> None:
    echo = {"message": f"bad key {KEY.upper()} in Authorization: ApiKey {KEY}"}
    for auth in ('{type: header, value: "ApiKey {api_key}"}', EXCHANGE):
        script = [token("tok-canary-9", 50)] if auth == EXCHANGE else []
        echo["message"] += " tok-canary-9"
        connector, _ = opened(*script, reply(echo, 400), manifest=signing(auth))
        with pytest.raises(ConnectorError) as caught:
            connector.reader("people").read()
        shown = "".join(traceback.format_exception(caught.value)) + repr(connector)
        assert KEY.lower() not in shown.lower()
        assert "tok-canary-9" not in shown or auth != EXCHANGE
        assert "bad key" in shown


IN_QUERY = '{type: query, params: {key: "{api_key}", app: oneway}}'
ODD_KEY = "canary key&x=1#?/+é"


@given(st.text("aB1 &=#?/+%é\\'\"", min_size=1).filter(str.strip), st.text("&=%+ é", max_size=5))
def test_a_key_in_the_query_arrives_as_it_is_and_changes_nothing_else(key: str, sent: str) -> None:
    connector, world = opened(page(), manifest=signing(IN_QUERY), key=key)
    connector.reader("people").find("email", sent)
    assert world.asked[0].url.path == "/v1/people"
    asked = parse_qs(world.asked[0].url.query.decode(), keep_blank_values=True)
    assert asked == {"email": [sent], "page": ["1"], "size": ["2"], "key": [key], "app": ["oneway"]}


def test_a_key_goes_with_writes_redirects_and_links_once_each() -> None:
    manifest = altered(PAGED, "{type: next_link, next: meta.next}", signing(IN_QUERY))
    link = {"data": [{"id": 1}], "meta": {"next": f"https://api.example.com/v1/p?key={KEY}&at=b"}}
    moved = reply({}, 302, location="/v1/elsewhere?page=1")
    script = [reply({"id": 5}, 201), moved, reply(link), page()]
    connector, world = opened(*script, manifest=manifest)
    connector.writer("people").create({"email": "a@example.com"}, "t")
    assert connector.reader("people").read().complete
    assert [dict(parse_qsl(each.url.query.decode())) for each in world.asked] == [
        {"key": KEY, "app": "oneway"},
        {"key": KEY, "app": "oneway"},
        {"page": "1", "key": KEY, "app": "oneway"},
        {"at": "b", "key": KEY, "app": "oneway"},
    ]
    assert [len(each.url.query.split(b"&key=")) for each in world.asked[2:]] == [2, 2]
    assert KEY.encode() not in b"".join(world.asked[0].headers.raw[0])


@pytest.mark.parametrize("answer", [
    reply({"message": f"no {quote(ODD_KEY)} {ODD_KEY}"}, 422), reply({}, 500), reply(b"<html>"),
    reply({}, 307, location=f"https://evil.example.net/?key={quote(ODD_KEY)}"),
    reply({}, 302, location="/v1/people"), httpx.ConnectError("refused"), httpx.ReadTimeout("late"),
    httpx.LocalProtocolError(f"Illegal target /?key={ODD_KEY}"),
])  # fmt: skip
def test_a_key_in_the_query_is_in_no_error(answer: object) -> None:
    def each(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, httpx.Response)
        body = b"".join(answer.stream.__iter__())  # type: ignore[union-attr]
        return reply(body, answer.status_code, location=answer.headers.get("location", ""))

    connector, _ = opened(*[each] * 9, manifest=signing(IN_QUERY), key=ODD_KEY)
    for act in (
        lambda: connector.reader("people").read(),
        lambda: connector.writer("people").create({"email": "a@example.com"}, "t"),
    ):
        with pytest.raises(ConnectorError) as caught:
            act()
        shown = "".join(traceback.format_exception(caught.value)) + repr(connector)
        assert "canary" not in shown


def test_a_refresh_token_is_exchanged_for_access_tokens() -> None:
    auth = (
        "{type: oauth2_client_credentials, path: /token, client_id: me, client_secret: x,"
        ' params: {grant_type: refresh_token, refresh_token: "{api_key}"}}'
    )
    tokens = [reply({"access_token": text, "expires_in": 60}) for text in ("one", "two")]
    script = [tokens[0], reply({}, 401), tokens[1], page()]
    connector, world = opened(*script, manifest=signing(auth))
    connector.reader("people").read()
    for asked in (world.asked[0], world.asked[2]):
        form = parse_qs(asked.content.decode())
        assert (form["grant_type"], form["refresh_token"]) == (["refresh_token"], [KEY])
    assert authorizations(world.asked)[-1] == "Bearer two"


def test_a_key_in_the_query_needs_its_parameter() -> None:
    with pytest.raises(Refused):
        described(signing("{type: query}"))
    with pytest.raises(Refused) as caught:
        described(signing('{type: query, value: x, params: {key: "{api_key}"}}'))
    assert [each.code for each in caught.value.diagnostics] == ["C109"]
    with pytest.raises(Refused):
        described(signing('{type: query, params: {key: "{api_ky}"}}'))
