"""No text that comes from outside breaks a run, paints a terminal or leaves its place."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

import oneway.render.sanitize as harmless
from oneway.connections import provenance
from oneway.notices import bodies, email, texts
from oneway.notices.remedy import Remedy
from oneway.render.plans import as_markdown
from oneway.render.report import document
from oneway_connectors.file import csv_text

from .cases import Case, all_cases
from .servers import Seen
from .strings import CATEGORIES, OURS, few
from .world import World, hostile_world

CASES = {case.name: case for case in all_cases()}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder, hostile_world(Path(folder)) as found:
        yield found


def test_there_are_enough_strings_and_each_stands_once() -> None:
    assert len(OURS) == len(set(OURS)) >= 500
    assert all(set(few(1)) & set(each) for each in CATEGORIES.values())


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_odd_strings_do_no_harm(world: World, case: Case) -> None:
    strings = few(1)
    assert case.tried(world, strings) == []


def found_by(world: World, name: str, strings: tuple[str, ...]) -> str:
    return "\n".join(CASES[name].tried(world, strings))


def test_a_renderer_that_escapes_nothing_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harmless, "_is_hidden", lambda character: False)
    found = found_by(world, "files: jsonl to json", ("\x1b[31mred", "\u202etxt.exe"))
    assert r"stdout holds '\x1b'" in found
    assert r"'\u202e'" in found


def test_markdown_that_is_not_escaped_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(as_markdown, "code", str)
    found = found_by(world, "files: jsonl to json", ("<img src=x onerror=alert(1)>", "<b>", "x"))
    assert "Markdown makes" in found


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (Seen("GET", b"/1.0/users/../departments", b"", (), b""), "names no record"),
        (Seen("GET", b"/1.0/users/9", b"", (), b""), "names no record"),
        (Seen("GET", b"/1.0/other", b"", (), b""), "no path of ours"),
        (Seen("GET", b"/1.0/users", b"email=x&page=1&email=y", (), b""), "asks"),
        (Seen("GET", b"/1.0/users", b"email=x&admin=1", (), b""), "asks"),
        (Seen("GET", b"/1.0/users", b"", ((b"x-injected", b"yes"),), b""), "headers"),
        (Seen("PATCH", b"/1.0/users/1", b"", (), b'{"policyId": 1}'), "other fields"),
    ],
)
def test_a_request_that_nobody_meant_is_found(seen: Seen, why: str) -> None:
    assert why in " ".join(seen.wrong(frozenset({"1"})))


def test_a_request_that_is_meant_is_not(world: World) -> None:
    assert not list(Seen("GET", b"/1.0/users", b"email=x&page=1", (), b"").wrong(frozenset()))
    assert not list(Seen("GET", b"/1.0/users/a%2Fb", b"", (), b"").wrong(frozenset({"a/b"})))


def test_a_connector_that_guards_formulas_by_changing_them_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_of = csv_text.Dialect.row_of

    def guarded(dialect: csv_text.Dialect, cells: list[str], *like: bytes) -> bytes:
        return row_of(dialect, [f"'{e}" if e.startswith("=") else e for e in cells], *like)

    monkeypatch.setattr(csv_text.Dialect, "row_of", guarded)
    found = found_by(world, "files: json to csv", ("=1+1",))
    assert "arrived" in found


def test_a_credential_that_is_quoted_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "_open_lines", lambda document: set(range(1000)))
    found = found_by(world, "connection: credentials in the open", ("x",))
    assert "a credential, or an address that is one, is shown" in found


def test_a_page_that_escapes_nothing_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "Environment", partial(_unescaping, document.Environment))
    document._template.cache_clear()
    found = found_by(world, "history: people", ("<b>x</b>", "<img src=x onerror=alert(1)>"))
    document._template.cache_clear()
    assert "there is <b>" in found
    assert "<img> has onerror" in found


def _unescaping(made: Callable[..., object], **options: object) -> object:
    return made(**{**options, "autoescape": False})


def test_a_page_that_shows_names_otherwise_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oneway.render.report.phrases.harmless", str.upper)
    found = found_by(world, "history: people", ("Ann Lee", "Bea\u202e"))
    assert "somebody is not on the page" in found


def titled(monkeypatch: pytest.MonkeyPatch, title: Callable[[], str]) -> None:
    """Let every trouble in a notice be called something else."""
    right = bodies.remedy_of

    def titled_otherwise(*about: str, narrower: bool = False) -> Remedy:
        return replace(right(*about, narrower=narrower), title=title())

    monkeypatch.setattr(bodies, "remedy_of", titled_otherwise)


def test_a_notice_that_names_somebody_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    titled(monkeypatch, lambda: "Hastings x")
    assert "somebody is named" in found_by(world, "notices: of odd nights", ("x",))


def test_a_notice_of_which_a_name_decides_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count()
    titled(monkeypatch, lambda: f"{next(numbers)}")
    assert "told of otherwise" in found_by(world, "notices: of odd nights", ("x",))


def test_a_mail_that_shows_an_escape_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "_plain", str)
    found = found_by(world, "notices: of odd names", ("\x1b[31mred",))
    assert "Subject holds" in found
    assert "a mail holds" in found


def test_a_header_that_is_injected_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = email.message_of

    def more(*given: object) -> object:
        message = made(*given)  # type: ignore[arg-type]
        message["Bcc"] = "bob@example.com"
        return message

    monkeypatch.setattr("hostile.in_notices.message_of", more)
    assert "a mail has the headers" in found_by(world, "notices: of odd names", ("x",))
