"""What a lock and a history belong to is what is read and written, under any name or path."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_world import World
from shared_users import CONNECTION, Shared, sharing
from test_cli_process import environment

from commands import Ended
from oneway.history.journal import Journal
from oneway.planning.plan_inputs import PlanInput
from oneway.runs.prepare import whereabouts
from oneway.runs.prepare.whereabouts import real_place, with_digest
from patience import PATIENCE

PEOPLE = ("1,a1,Ann Abel,ann@example.com", "2,a2,Bob Bell,bob@example.com")
KEEPS = "guards: {leavers: {share: 0%, floor: 0}}\n"


@pytest.fixture
def shared(bare: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shared]:
    with sharing(bare) as found:
        monkeypatch.setenv("ONEWAY_ACME_ORIGIN", found.url)
        monkeypatch.setenv("ONEWAY_ACME_KEY", "k")
        found.people("people.csv", *PEOPLE)
        yield found


@contextmanager
def under_way(shared: Shared, *call: str, cwd: Path | None = None) -> Iterator[None]:
    """Let a process sync that has its locks, and reads the target until the block ends."""
    shared.open.clear()
    shared.asked.clear()
    command = [sys.executable, "-m", "oneway", "sync", *call]
    where = cwd or shared.folder
    with subprocess.Popen(command, cwd=where, env=environment(), stdout=subprocess.PIPE) as running:
        assert shared.asked.wait(PATIENCE)
        try:
            yield
        finally:
            shared.open.set()
            running.communicate(timeout=PATIENCE)
    assert running.returncode == 0


def test_one_mapping_holds_one_lock_however_it_is_called(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = shared.folder / "sub"
    below.mkdir()
    (below / "connectors").symlink_to(shared.folder / "connectors")
    with under_way(shared, "m.yaml"):
        assert "[F115]" in shared.world.run("sync", str(shared.folder / "m.yaml")).err
        monkeypatch.chdir(below)
        assert "[F115]" in shared.world.run("sync", "../m.yaml", "--state", "../.oneway").err
    assert sorted(shared.writes) == ["POST a1", "POST a2"]


def test_a_connection_and_its_mapping_by_hand_hold_one_lock(shared: Shared) -> None:
    (shared.folder / "connections").mkdir()
    text = CONNECTION.replace("../NAME.yaml", "../m.yaml")
    for name in ("hq", "copy"):
        shared.world.write(f"connections/{name}.yaml", text.replace("NAME", name))
    with under_way(shared, "m.yaml"):
        assert "[F115]" in shared.world.run("sync", "hq").err
    with under_way(shared, "hq"):
        assert "[F115]" in shared.world.run("sync", "copy").err
    assert sorted(shared.writes) == ["POST a1", "POST a2"]


def test_other_people_or_another_key_are_another_lock(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two employers may write one account at once, and two accounts may have one address."""
    shared.people("other.csv", "9,b9,Jo Jay,jo@example.com")
    shared.connect("other")
    shared.world.write("connections/people.yaml", CONNECTION.replace("NAME", "people"))
    shared.world.write("people.yaml", (shared.folder / "m.yaml").read_text())
    key = "target: {credentials: {key: {env: ONEWAY_ANOTHER_KEY}}}\n"
    text = CONNECTION.replace("../NAME", "../m").replace("NAME", "keyed")
    shared.world.write("connections/keyed.yaml", text + key)
    monkeypatch.setenv("ONEWAY_ANOTHER_KEY", "k2")
    with under_way(shared, "m.yaml"):
        assert shared.world.run("sync", "other").code == 0
        assert shared.world.run("sync", "keyed").code == 0


def test_a_link_of_the_disk_to_a_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "people.csv").touch()
    (tmp_path / "latest.csv").symlink_to("people.csv")
    real, linked = (
        PlanInput("file", str(tmp_path / each), {}) for each in ("people.csv", "latest.csv")
    )
    assert real_place(real) == real_place(linked)
    assert with_digest("m", {"source": real}, tmp_path) != with_digest(
        "m", {"source": linked}, tmp_path
    )


GONE = (PEOPLE, (f"{PEOPLE[0]},Former", PEOPLE[1]), PEOPLE[1:])
"""The nights after which somebody is listed whose row is gone."""


@pytest.fixture
def own(shared: Shared) -> Path:
    """A mapping in a folder of its own."""
    folder = shared.folder / "own"
    folder.mkdir()
    for name in ("m.yaml", "people.csv", "connectors"):
        (shared.folder / name).rename(folder / name)
    (shared.folder / "connectors").symlink_to(folder / "connectors")
    with (folder / "m.yaml").open("a") as text:
        text.write(KEEPS)
    return folder


def night(
    shared: Shared, people: tuple[str, ...], *call: str, at: Path, file: str = "own/people.csv"
) -> Ended:
    shared.people(file, *people)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(at)
        return shared.world.run("sync", *call)


def test_a_mapping_has_one_history_however_its_path_is_written(shared: Shared, own: Path) -> None:
    assert [night(shared, each, "m.yaml", at=own).code for each in GONE] == [0, 4, 5]
    state = ("--state", str(own / ".oneway"))
    for call, at in (
        (("own/m.yaml", *state), shared.folder),
        ((str(own / "m.yaml"), *state), shared.folder),
        (("../own/m.yaml",), own),
    ):
        ended = night(shared, PEOPLE[1:], *call, at=at)
        assert ended.code == 5
        assert "a1 Ann Abel (record" in ended.flat
        assert "of this mapping" not in ended.flat
    with Journal.open(own / ".oneway/journal.db") as journal:
        assert len(journal.connections()) == 1


@pytest.mark.parametrize("called", ["own/m.yaml", "ABSOLUTE"])
def test_a_history_under_a_path_as_called_is_gone_on_with(
    shared: Shared, own: Path, called: str
) -> None:
    """Earlier versions named histories by the paths as they were called."""
    called = called.replace("ABSOLUTE", str(own / "m.yaml"))
    call = (called, "--state", "own/.oneway")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whereabouts, "_text", lambda each, _: each.text)
        codes = [night(shared, each, *call, at=shared.folder).code for each in GONE]
    assert codes == [0, 4, 5]
    for again in (call, (str(own / "m.yaml"), "--state", str(own / ".oneway"))):
        ended = night(shared, PEOPLE[1:], *again, at=shared.folder)
        assert ended.code == 5
        assert "a1 Ann Abel (record" in ended.flat
    with Journal.open(own / ".oneway/journal.db") as journal:
        assert len(journal.connections()) == 1


def test_the_same_paths_in_another_folder_are_another_history(shared: Shared, own: Path) -> None:
    """Two customers' folders over one store, each called from within."""
    other, state = shared.folder / "other", ("--state", "../.oneway")
    other.mkdir()
    (other / "connectors").symlink_to(own / "connectors")
    (other / "m.yaml").write_text((own / "m.yaml").read_text())
    assert [night(shared, each, "m.yaml", *state, at=own).code for each in GONE] == [0, 4, 5]
    theirs = ("7,c7,Jo Jay,jo@example.com",)
    for _ in range(2):
        ended = night(shared, theirs, "m.yaml", *state, at=other, file="other/people.csv")
        assert ended.code == 0
        assert "Ann Abel (record" not in ended.flat
    assert night(shared, PEOPLE[1:], "m.yaml", *state, at=own).code == 5


def test_who_was_listed_stays_listed_when_the_target_has_another_address(
    shared: Shared, own: Path
) -> None:
    text = (own / "m.yaml").read_text()

    def moved(to: str) -> None:
        options = f'resource: users, options: {{base_url: "{to}"}}'
        (own / "m.yaml").write_text(text.replace("resource: users", options))

    moved(shared.url)
    assert [night(shared, each, "m.yaml", at=own).code for each in GONE] == [0, 4, 5]
    moved(f"{shared.url.upper().replace('HTTP', 'http')}/")
    same = night(shared, PEOPLE[1:], "m.yaml", at=own)
    assert (same.code, "history" in same.out) == (5, False)
    there = shared.url.replace("127.0.0.1", "localhost")
    moved(there)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEWAY_ACME_ORIGIN", there)
        ended = night(shared, PEOPLE[1:], "m.yaml", at=own)
    assert ended.code == 5
    assert f"acme users with base_url {shared.url} as target" in ended.flat
    assert "guards compare with no earlier run; 1 leaver could still get in after it" in ended.flat
    assert "a1 Ann Abel (record" in ended.flat


def test_a_sandbox_of_the_environment_is_no_edit(shared: Shared, own: Path) -> None:
    """The mapping is the same, so the sandbox begins without a word, and live goes on."""
    assert [night(shared, each, "m.yaml", at=own).code for each in GONE] == [0, 4, 5]
    there = shared.url.replace("127.0.0.1", "localhost")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ONEWAY_ACME_ORIGIN", there)
        patch.setenv("ONEWAY_ACME_BASE_URL", there)
        ended = night(shared, PEOPLE[1:], "m.yaml", at=own)
    assert ended.code == 0
    assert "the last run of this mapping" not in ended.flat.lower()
    assert night(shared, PEOPLE[1:], "m.yaml", at=own).code == 5


def test_with_the_state_elsewhere_a_release_in_another_folder_goes_on_with_its_history(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = shared.folder / "volume"
    for release in ("one", "two"):
        folder = shared.folder / release
        folder.mkdir()
        for name in ("m.yaml", "people.csv", "connectors"):
            (folder / name).symlink_to(shared.folder / name)
        monkeypatch.chdir(folder)
        assert shared.world.run("sync", "m.yaml", "--state", str(state)).code == 0
    with Journal.open(state / "journal.db") as journal:
        assert len(journal.connections()) == 1
