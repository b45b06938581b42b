"""Silence, in a small size; and that the search would notice."""

import base64
import logging
import shutil
import smtplib
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.cli import entry
from oneway.core import log_filter
from oneway.core.seal import Seal
from oneway.notices import bodies, email, http_post
from oneway.notices.undelivered import Undelivered
from oneway_connectors.rest import responses

from .canaries import Canary, Search, bank
from .case import ALLOW, BANK, Case
from .cases import CRASHES, bad_writes, mistake, small_cases
from .connecting import FILED, PIPED, new
from .forms import FORMS
from .nights import serving
from .office import kept, lines, make_due, write_connection
from .servers import API_KEY, CLIENT_ID
from .world import World, silent_world


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with silent_world(tmp_path_factory.mktemp("silence")) as found:
        yield found


@pytest.fixture
def world(everything: World) -> World:
    everything.hits.clear()
    everything.fresh()
    return everything


@pytest.mark.slow
@pytest.mark.parametrize("case", tuple(small_cases()), ids=lambda case: case.name)
def test_not_one_canary_is_found(world: World, case: Case) -> None:
    runs, searched = world.runs, world.search.bytes
    case.act(world)
    assert [(hit.canary.what, hit.form, hit.where) for hit in world.hits] == []
    assert world.runs > runs
    assert world.search.bytes > searched + 10_000


# Deliberate leaks, each of which must be found


def _found(world: World) -> set[str]:
    return {hit.canary.what for hit in world.hits}


def test_a_message_that_is_not_cleaned_is_found(world: World) -> None:
    with patch.object(responses, "hide", lambda text, hidden: text):
        bad_writes("header", "rejects").act(world)
    assert {"accountName", "API key"} <= _found(world)
    assert any("journal" in hit.where for hit in world.hits)


def test_a_traceback_with_its_message_is_found(world: World) -> None:
    def leaking(error: BaseException) -> str:
        return "".join(traceback.format_exception(error))

    with patch.object(entry, "places", leaking):
        mistake("header", "sending", CRASHES["sending"]).act(world)
    assert _found(world)


def test_a_value_that_is_not_sealed_is_found(world: World) -> None:
    def leaking(self: Seal, record: str, field: str, value: Any) -> str:
        return f"{value}".encode().hex()

    with patch.object(Seal, "digest", leaking):
        plan = ("plan", world.mapping("header"), *BANK, "--out", "leaking.json")
        assert world.run(*plan) in (0, 4)
        # The journal keeps the plan of what nobody knows the end of.
        world.servers.expenses.be("fails", "POST PATCH")
        world.run("sync", world.mapping("header"), *BANK, *ALLOW, "--debug")
        world.search_files()
    assert {"accountName", "sortCode", "accountNumber"} <= _found(world)
    assert {"leaking.json", "journal, as text"} <= {hit.where for hit in world.hits}


def test_a_library_that_logs_is_found(world: World) -> None:
    with ExitStack() as stack:
        for name in log_filter._TALKERS:
            stack.enter_context(patch.object(logging.getLogger(name), "filters", []))
        bad_writes("header", "rejects").act(world)
    assert "API key" in _found(world)


def test_a_key_that_a_system_quotes_while_connecting_is_found(world: World) -> None:
    given = new(world, "header", "--no-sync", *PIPED, *FILED)
    world.servers.expenses.forms = count()  # as it is: what is cut anyhow would hide other forms
    with patch.object(responses, "hide", lambda text, hidden: text):
        assert world.run(*given, stdin=lines("header", "target")) == 1
    assert _found(world) == {"wrong key"}


def test_a_credential_in_another_file_or_an_open_one_is_found(world: World) -> None:
    assert world.run(*new(world, "header", "--no-sync", *PIPED, *FILED), stdin=lines("header")) == 0
    world.search_files()
    assert _found(world) == {"basic password", "API key"}  # nobody said yet that they may
    world.hits.clear()
    world.keeps(kept("header"))
    world.search_files()
    assert world.hits == []
    source, target = map(Path, kept("header"))
    shutil.copy(target, source)
    world.search_files()
    assert {(hit.canary.what, hit.where) for hit in world.hits} == {("API key", source.name)}
    target.chmod(0o640)
    with pytest.raises(AssertionError, match="others may read"):
        world.keeps({str(target): ("API key", API_KEY)})


def test_what_a_webhook_answers_is_found_in_the_store_and_in_the_log(world: World) -> None:
    def leaking(answer: httpx.Response, host: str, *_: object) -> None:
        raise Undelivered("N102", host, f"no: {answer.headers['x-echo']} {answer.url}")

    write_connection(world, "acme", "header")
    make_due("acme")
    world.servers.payroll.be("fails")
    with patch.object(http_post, "_judge", leaking):
        world.run("run-due")
    world.search_files()
    assert {"webhook key", "webhook address"} <= _found(world)
    assert {"journal, as text", "output of run-due"} <= {hit.where for hit in world.hits}


def test_what_a_mail_server_answers_is_found(world: World) -> None:
    def leaking(server: str, error: smtplib.SMTPException, deadline: object) -> Undelivered:
        return Undelivered("N107", server, f"no: {error}")

    write_connection(world, "acme", "header")
    world.told.be(mail="refuses the login")
    with patch.object(email, "_refused", leaking):
        assert world.run("notify", "test", "acme") == 1
    assert _found(world) == {"mail password"}


def test_a_notice_that_says_too_much_is_found_wherever_it_comes(world: World) -> None:
    def leaking(*_: object) -> dict[str, object]:
        said: dict[str, object] = {"state": "", "why": "", "started": "2026-11-24T04:00:00Z"}
        return said | {"id": bank(1)["accountName"], "counts": {}}

    write_connection(world, "acme", "header")
    world.servers.payroll.be("fails")
    with patch.object(bodies, "_run", leaking):
        world.run("sync", "acme")
    world.search_files()
    assert _found(world) == {"accountName"}
    assert {"body of a webhook", "mail, as it is read", "journal, as text"} <= {
        hit.where for hit in world.hits
    }


@pytest.mark.slow
def test_what_a_scheduler_logs_and_answers_is_searched(world: World) -> None:
    name = CLIENT_ID.lower()  # a connection that is called by what nobody may know
    serving("json", "fails", name, told=False).act(world)
    assert _found(world) == {"client id"}
    assert {"output of serve", "answer of /metrics"} <= {hit.where for hit in world.hits}


def test_a_file_and_its_name_are_searched(world: World) -> None:
    canary = world.search.canaries[0]
    (world.folder / ".oneway").mkdir(mode=0o700, exist_ok=True)
    (world.folder / ".oneway" / "left.tmp").write_text(canary.text)
    world.search_files()
    assert {hit.where for hit in world.hits} == {"left.tmp"}


# The search itself


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("text", ["000091", "00007391", "Zoë Canary & Söhne", "Kx7canary/+9Qz="])
def test_every_form_is_found(text: str, form: str) -> None:
    search = Search([Canary("it", text)])
    data = f'{{"said": "<{FORMS[form](text)}>"}}'.encode()
    assert list(search.hits(data, "there")), data
    assert not list(search.hits(b'{"said": "<all is well>", "at": 12000}', "there"))


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_base64_is_found_wherever_it_begins(before: bytes, after: bytes) -> None:
    search = Search([Canary("it", "Kx7canary-9Qz")])
    data = base64.b64encode(before + b"Kx7canary-9Qz" + after)
    assert list(search.hits(data, "there"))
    assert list(search.hits(quote(data).encode(), "there")) or b"%" in quote(data).encode()


@pytest.mark.parametrize("text", [b"a000091b", b"9000091", b"0.000091", b"in 0.00091s", b"0000911"])
def test_digits_inside_of_others_are_no_canary(text: bytes) -> None:
    assert not list(Search([Canary("it", "000091")]).hits(text, "there"))
