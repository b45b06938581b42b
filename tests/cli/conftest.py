"""Fixtures of the command line: a way in, and a working folder."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cli_world import MAPPING, TEAMS, World, person, user

from commands import Ended, ended
from listener import Listener, listening
from oneway_connectors.rest import client
from patience import impatient
from postgres import Server, running


@pytest.fixture(autouse=True)
def hardly_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let connectors in this process try again at once."""
    monkeypatch.setattr(client, "Outside", impatient)


@pytest.fixture
def oneway(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """A command, run in this process."""
    return partial(ended, capsys)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oneway: Callable[..., Ended]) -> World:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return World(tmp_path, oneway)


@pytest.fixture
def world(bare: World) -> World:
    """One to create, one to update, one that is as it should be, one who does not sync."""
    bare.write("m.yaml", MAPPING)
    bare.write("teams.json", TEAMS)
    people = [person(1), person(2), person(3), person(4, email="")]
    bare.write("people.json", people)
    bare.write("users.json", [user(2, name="Old Name"), user(3)])
    return bare


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    with running() as found:
        yield found


@pytest.fixture
def hook() -> Iterator[Listener]:
    """A webhook that takes everything."""
    with listening() as found:
        yield found
