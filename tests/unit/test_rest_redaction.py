"""What a system gives back is cut out of its messages, in whatever form."""

import json
import logging
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_world import KEY, opened, reply

from oneway.core.connector_errors import ReadError, Rejected, Unknown
from oneway_connectors.rest.redaction import hide
from oneway_connectors.rest.responses import clean
from silence.forms import FORMS

VALUES = ["k3y-Zq7Hx91LmPw4", "Zoë O'Brien & Söhne", "00004271", "000091", 'José/"Ágnès" Łuk']


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_is_cut_out_in_every_form(value: str, form: str) -> None:
    shown = FORMS[form](value)
    cut = clean(f"refused: [{shown}] is bad", [value])
    assert cut.startswith("refused: [")
    assert cut.endswith("] is bad")
    inner = cut.removeprefix("refused: [").removesuffix("] is bad")
    # Of a pair the user is left, and letters of base64 that belong half to what stands around.
    assert sum(c.isalnum() for c in inner) <= (11 if "base64" in form else 0), cut


@pytest.mark.parametrize("value", ["00-00-91", "00 00 91", "000091"])
@pytest.mark.parametrize("echo", ["00-00-91", "00 00 91", "000091", "00.00.91", "0000 91"])
def test_digits_are_cut_out_whatever_stands_between_them(value: str, echo: str) -> None:
    assert hide(f"sort code {echo}!", [value]) == "sort code …!"


@pytest.mark.parametrize("length", range(8, 16))
def test_a_long_value_is_cut_out_where_it_was_shortened(length: int) -> None:
    value = "Zq7Hx91LmPw4Tr8V"
    assert hide(f"'{value[:length]}...' is bad", [value]) == "'…...' is bad"
    assert hide(f"'...{value[-length:]}' is bad", [value]) == "'...…' is bad"


def test_short_words_are_looked_for_as_they_are() -> None:
    assert hide("Ann is no engine: a n n", ["Ann"]) == "… is no engine: a n n"
    assert hide("a b c", ["a", "b "]) == "a b c"
    assert hide("!?!? is bad", ["!?!?"]) == "… is bad"


@given(st.text(), st.lists(st.text(), max_size=4))
def test_nothing_that_is_hidden_is_left(text: str, hidden: list[str]) -> None:
    cut = hide(text + "".join(hidden), hidden)
    for each in hidden:
        if len(each.strip()) >= 3:
            assert each.strip() not in cut.replace("…", "\0")


@given(st.text())
def test_what_nobody_hides_stays(text: str) -> None:
    assert hide(text, []) == text.replace("\0", "…") or "\0" in text


@given(st.text(alphabet="abcdefg0123 éß%&;\\u\n", max_size=30))
def test_any_text_can_be_looked_for_and_in(text: str) -> None:
    assert hide(text, [text[:9], "%", "&amp;", "\\u00"]) is not None


# What was asked for, and tokens


def test_a_search_is_cut_out_of_what_the_system_says() -> None:
    echo = {"message": "no such email: ann.canary%40example.com"}
    connector, _ = opened(reply(echo, 422))
    with pytest.raises(ReadError) as caught:
        connector.reader("people").find("email", "ann.canary@example.com")
    assert "no such email" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_token_that_was_replaced_is_still_cut_out() -> None:
    from test_rest_auth import EXCHANGE, signing, token

    echo = {"message": "tok-canary-first was replaced by tok-canary-second"}
    connector, _ = opened(
        token("tok-canary-first"),
        reply(echo, 401),
        token("tok-canary-second"),
        reply(echo, 401),
        manifest=signing(EXCHANGE),
    )
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert "was replaced by" in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("kind", [httpx.LocalProtocolError, httpx.RemoteProtocolError])
def test_what_broke_the_rules_of_http_is_not_quoted(kind: type[Exception]) -> None:
    errors = [kind(f"Illegal header value b'ApiKey {KEY} '") for _ in range(4)]
    connector, _ = opened(*errors)
    with pytest.raises(ReadError) as caught:
        connector.reader("people").read()
    assert KEY not in str(caught.value)
    assert "rules of HTTP" in str(caught.value)


def test_a_rejection_quotes_nothing_that_was_sent() -> None:
    value = "Zoë Canary-Quill"
    echo = {"message": f"no: {json.dumps(value)} {quote(value)} {value.upper()}"}
    connector, _ = opened(reply(echo, 422))
    with pytest.raises(Rejected) as caught:
        connector.writer("people").create({"name": value}, "t")
    assert "canary" not in str(caught.value).lower()
    connector, _ = opened(reply(echo, 500))
    with pytest.raises(Unknown) as unknown:
        connector.writer("people").create({"name": value}, "t")
    assert "canary" not in str(unknown.value).lower()


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "httpcore.connection"])
def test_no_library_logs_requests_whatever_the_level(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger=name):
        logging.getLogger(name).info("HTTP Request: GET /users?email=canary")
        logging.getLogger(name).debug("receive_response_headers canary")
        logging.getLogger(name).warning("worth knowing")
    assert [record.message for record in caplog.records] == ["worth knowing"]
