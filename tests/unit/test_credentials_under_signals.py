"""A signal at any moment leaves a connection with its credentials, or without both."""

import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import pytest

from oneway.connections.connection import Connection, Side
from oneway.connections.folder import connection_at
from oneway.connections.secrets.refs import SecretKind, SecretRef
from oneway.core.access import Secret
from oneway.runs.commit_connection import commit_new, commit_renewed, in_order
from oneway.runs.prepare.request import RunRequest

FILE = Path("connections/acme.yaml")
SECRETS = Path("connections/secrets")
OURS = ("commit_connection.py", "secrets/store.py", "files.py", "file_writer.py")
TYPED = {("source", "api_key"): Secret("a-source"), ("target", "api_key"): Secret("a-target")}


class Signals:
    """Sends signals to this process before lines of the code that keeps credentials."""

    def __init__(self, *moments: int) -> None:
        self.moments = moments
        self.lines = 0

    def __enter__(self) -> None:
        sys.settrace(self.trace)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.endswith(OURS):
            return None
        if event == "line" and frame.f_code.co_name not in ("in_order", "ended"):
            self.lines += 1
            if self.lines in self.moments:
                signal.raise_signal(signal.SIGINT)
        return self.trace


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = sys.gettrace()
    with TemporaryDirectory() as name:
        monkeypatch.chdir(name)
        FILE.parent.mkdir()
        yield
        monkeypatch.undo()
    sys.settrace(before)


def request(connection: Connection) -> RunRequest:
    return RunRequest("m.yaml", None, lambda *_: None, connection=connection, typed=TYPED)  # type: ignore[arg-type]


def made(signals: Signals) -> None:
    asked = request(Connection("acme", str(FILE), "m.yaml", source=Side(), target=Side()))
    with suppress(KeyboardInterrupt), in_order(), signals:
        commit_new(asked, SecretKind.FILE)


def renewed(signals: Signals) -> None:
    """Keep elsewhere what we kept in other files: these are to be forgotten."""
    made(Signals())
    former = connection_at(str(FILE))
    ref = SecretRef(SecretKind.ENV, "ONEWAY_X")
    moved = replace(former, source=replace(former.source, credentials={"api_key": ref}))
    with suppress(KeyboardInterrupt), in_order(), signals:
        commit_renewed(replace(request(moved), typed={}), former, SecretKind.FILE)


def kept() -> set[str]:
    """Return the names of all files of credentials, also of those that were being written."""
    return {each.name for each in SECRETS.iterdir()} - {".gitignore"} if SECRETS.exists() else set()


def referred() -> set[str]:
    if not FILE.exists():
        return set()
    refs = [ref for _, ref in connection_at(str(FILE)).references]
    return {Path(each.name).name for each in refs if each.kind is SecretKind.FILE}


@pytest.mark.parametrize("act", [made, renewed])
def test_no_credential_is_left_that_no_file_refers_to_whenever_signals_come(act: Any) -> None:
    whole = Signals()
    act(whole)
    assert whole.lines > 20
    for first in range(1, whole.lines + 2):
        for then in (0, 1 + first % 9):  # a second one, so many lines later
            FILE.unlink(missing_ok=True)
            for each in kept():
                (SECRETS / each).unlink()
            act(Signals(first, first + then))
            assert kept() == referred(), (first, then)
            assert [each.name for each in FILE.parent.iterdir() if each.suffix == ".tmp"] == []
