"""The page of a run, uploaded to a URL that the connection names."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from listener import listening, status
from notified import EVERYTHING, MONDAY, after, connection, ended, hook
from oneway.connections.connection import Upload, UploadMethod
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.history.journal import Journal
from oneway.history.journal.incidents import undelivered
from oneway.notices.bodies import sample_body
from oneway.notices.channels import channel_name
from oneway.notices.delivery import deliver, send
from oneway.notices.queueing import after_run
from oneway.notices.undelivered import Undelivered
from oneway.planning.endings import Ending

TOKEN = "CANARY-token"
PAGE = "<!doctype html><title>Run</title>Zoë"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    monkeypatch.setenv("ONEWAY_REPORTS_TOKEN", TOKEN)
    return Journal.open(tmp_path / "journal.db")


def upload(url: str, method: UploadMethod = UploadMethod.PUT, header: str = "") -> Upload:
    where = f"{url}/{{connection}}-{{run}}.html"
    token = SecretRef(SecretKind.ENV, "ONEWAY_REPORTS_TOKEN")
    return Upload(where, method, token, header, EVERYTHING)


def failed(store: Journal, to: Upload) -> None:
    run = ended(store, MONDAY, {"a": (Ending.REJECTED, "W105")})
    after_run(connection(to), run, store, MONDAY)


def test_a_page_is_put_where_the_url_says_with_its_token(store: Journal) -> None:
    with listening(status(201)) as server:
        to = upload(server.url)
        failed(store, to)
        assert deliver([connection(to)], store, MONDAY, pages=lambda _: PAGE).sent == 1
    (heard,) = server.heard
    assert (heard.method, heard.path) == ("PUT", "/hook/acme-1.html")
    assert heard.body.decode() == PAGE
    assert heard.headers["content-type"] == "text/html; charset=utf-8"
    assert heard.headers["authorization"] == f"Bearer {TOKEN}"


def test_a_form_holds_the_page_as_a_file(store: Journal) -> None:
    with listening(status(200)) as server:
        to = upload(server.url, UploadMethod.FORM, "X-Api-Key")
        failed(store, to)
        assert deliver([connection(to)], store, MONDAY, pages=lambda _: PAGE).sent == 1
    (heard,) = server.heard
    assert heard.method == "POST"
    assert heard.headers["x-api-key"] == TOKEN
    assert "authorization" not in heard.headers
    head = f"Content-Type: {heard.headers['content-type']}\r\n\r\n".encode()
    (part,) = message_from_bytes(head + heard.body).get_payload()
    assert part.get_param("name", header="content-disposition") == "file"
    assert part.get_filename() == "acme-1.html"
    assert part.get_payload(decode=True).decode() == PAGE


def test_a_page_that_was_not_taken_is_sent_again_later(store: Journal) -> None:
    with listening(status(503, Retry_After="600"), status(204)) as server:
        to = upload(server.url)
        failed(store, to)
        (wrong,) = deliver([connection(to)], store, MONDAY, pages=lambda _: PAGE).troubles
        assert (wrong.code, TOKEN in str(wrong)) == ("N114", False)
        soon = MONDAY + timedelta(minutes=5)
        assert deliver([connection(to)], store, soon, pages=lambda _: PAGE).sent == 0
        assert deliver([connection(to)], store, after(0.1), pages=lambda _: PAGE).sent == 1
        first, second = server.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_token_never_follows_a_redirect(store: Journal) -> None:
    with listening() as other, listening(status(307, Location=other.url)) as server:
        with pytest.raises(Undelivered, match="N114"):
            send(upload(server.url), sample_body(connection(), MONDAY), MONDAY)
        assert other.heard == []
    to = replace(upload("http://files.example.com"), url="http://files.example.com/x")
    with pytest.raises(Undelivered, match="N113"):  # not https: the token is not even read
        send(to, sample_body(connection(), MONDAY), MONDAY)


def test_a_server_that_does_not_answer_is_named_without_its_url(store: Journal) -> None:
    with listening() as server:
        url = server.url
    failed(store, upload(url))
    (wrong,) = deliver([connection(upload(url))], store, MONDAY, pages=lambda _: PAGE).troubles
    assert wrong.code == "N113"
    assert "hook" not in str(wrong)
    assert "hook/" not in channel_name(upload(url))


def test_a_test_sends_a_page_of_its_own_and_what_has_no_page_sends_none(store: Journal) -> None:
    with listening() as server:
        send(upload(server.url), sample_body(connection(), MONDAY), MONDAY)
        assert server.heard[0].path == "/hook/acme-test.html"
        failed(store, upload(server.url))
        (notice,) = undelivered(store)
        send(upload(server.url), notice.draft.body, MONDAY, pages=lambda _: None)
        assert len(server.heard) == 1
    assert channel_name(hook()) != channel_name(upload("https://hooks.example.com"))
