"""Signing in: every kind, tokens that run out, and credentials that never show."""

import base64
import json
import traceback
from urllib.parse import parse_qs

import httpx
import pytest
from rest_world import KEY, altered, opened, page, reply

from oneway.core.connector import ConnectorError, NotSent, ReadError
from oneway.core.diagnostics import Refused

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
