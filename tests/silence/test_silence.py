"""Silence, in a small size; and that the search would notice."""

import base64
import logging
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.cli import entry
from oneway.plan import Seal
from oneway_connectors.rest import answers, quiet

from .canaries import Canary, Search
from .cases import ALLOW, BANK, CRASHES, Case, bad_writes, mistake, small_cases
from .forms import FORMS
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
    with patch.object(answers, "hide", lambda text, hidden: text):
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
        for name in quiet._TALKERS:
            stack.enter_context(patch.object(logging.getLogger(name), "filters", []))
        bad_writes("header", "rejects").act(world)
    assert "API key" in _found(world)


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


@pytest.mark.parametrize("text", [b"a000091b", b"9000091", b"0.000091", b"0000911"])
def test_digits_inside_of_others_are_no_canary(text: bytes) -> None:
    assert not list(Search([Canary("it", "000091")]).hits(text, "there"))
