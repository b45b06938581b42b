"""No text that comes from outside breaks a run, paints a terminal or leaves its place."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import oneway.render.harmless as harmless
from oneway.render.plans import as_markdown
from oneway_connectors.file import csv_text

from .cases import Case, all_cases
from .servers import Seen
from .strings import CATEGORIES, OURS, few
from .world import World, hostile_world

CASES = {case.name: case for case in all_cases()}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=memory) as folder, hostile_world(Path(folder)) as found:
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
    row_of = csv_text.row_of

    def guarded(cells: list[str]) -> bytes:
        return row_of([f"'{each}" if each.startswith("=") else each for each in cells])

    monkeypatch.setattr("oneway_connectors.file.csv_rows.row_of", guarded)
    found = found_by(world, "files: json to csv", ("=1+1",))
    assert "arrived" in found
