"""The store's tests run over a file and over a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oneway.history.journal import Journal
from postgres import Server, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def where(request: pytest.FixtureRequest) -> Path | str:
    """Where a new store is made when it is first opened."""
    if request.param == "SQLite":
        return request.getfixturevalue("path")  # type: ignore[no-any-return]
    server: Server = request.getfixturevalue("server")
    return server.database()


@pytest.fixture
def journal(where: Path | str) -> Iterator[Journal]:
    with Journal.open(where) as opened:
        yield opened
