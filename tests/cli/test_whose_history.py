"""A history is not mixed with another folder's, and not left behind in another store."""

import shutil

import pytest
from cli_world import World
from test_another_name import ANN, BOB, CAT, CONNECTION, LISTED, MAPPING, connect, listed, users

from postgres import Server


@pytest.fixture
def folder(bare: World) -> World:
    bare.write("m.yaml", MAPPING)
    return bare


THEIRS = [each | {"id": f"k{each['id']}", "code": f"K{each['code']}"} for each in (ANN, BOB, CAT)]


NAMESAKES_OF_NUMBERS = [
    each | {"name": name}
    for each, name in zip((ANN, BOB, CAT), ("Uma Under", "Val Vane", "Wes West"), strict=True)
]


@pytest.mark.parametrize("theirs", [THEIRS, NAMESAKES_OF_NUMBERS])
@pytest.mark.parametrize("call", ["m.yaml", "acme"])
def test_another_folder_s_history_in_one_database_is_refused(
    server: Server,
    folder: World,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    theirs: list[dict[str, str]],
) -> None:
    """Customers' folders on two machines give one name; their keys and people are others.

    They may have the same numbers.
    """
    monkeypatch.setenv("ONEWAY_STORE", server.database())
    connect(folder, "acme")
    listed(folder, call)
    ours = folder.folder / ".oneway"
    ours.rename(folder.folder / ".ours")
    folder.write("people.json", theirs)
    held = [
        each | {"reference": row["code"], "name": row["name"]}
        for each, row in zip(users(), theirs, strict=True)
    ]
    folder.write("users.json", held)
    for command in ("plan", "sync", "sync"):
        ended = folder.run(command, call)
        assert (ended.code, "[F127]" in ended.err) == (1, True), ended
    assert folder.run("sync", call, "--allow", "seal_key=9").code != 1
    shutil.rmtree(ours)


def test_another_folder_does_not_end_whom_this_one_lists(
    server: Server, folder: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEWAY_STORE", server.database())
    listed(folder, "m.yaml")
    ours = folder.folder / ".oneway"
    ours.rename(folder.folder / ".ours")
    folder.write("people.json", THEIRS)
    # Under another name of the mapping, the paths alone do not make the history theirs.
    folder.write("m.yaml", MAPPING.replace("name: people", "name: staff"))
    folder.write("users.json", [each | {"reference": f"K{each['reference']}"} for each in users()])
    ended = folder.run("sync", "m.yaml")
    assert (ended.code, "history" in ended.flat) == (0, False), ended
    shutil.rmtree(ours)
    (folder.folder / ".ours").rename(ours)
    folder.write("m.yaml", MAPPING)
    folder.write("people.json", [ANN, CAT])
    folder.write("users.json", users())
    ended = folder.run("sync", "m.yaml")
    assert (ended.code, LISTED in ended.flat) == (5, True), ended


def test_a_lost_key_is_no_other_folder(folder: World) -> None:
    listed(folder, "m.yaml")
    (folder.folder / ".oneway/seal.key").unlink()
    ended = folder.run("sync", "m.yaml")
    assert (ended.code, LISTED in ended.flat) == (5, True), ended


@pytest.mark.parametrize("call", ["m.yaml", "acme"])
def test_a_history_beside_an_empty_database_is_moved(
    server: Server, folder: World, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    connect(folder, "acme")
    listed(folder, call)
    monkeypatch.setenv("ONEWAY_STORE", server.database())
    for command in ("plan", "sync", "sync"):
        ended = folder.run(command, call)
        assert (ended.code, "[F128]" in ended.err) == (1, True), ended
    moved = folder.run("runs", "move")
    assert (moved.code, "Moved 3 runs" in moved.out) == (0, True), moved
    for _ in range(2):
        ended = folder.run("sync", call)
        assert (ended.code, LISTED in ended.flat) == (5, True), ended
    assert "[F129]" in folder.run("runs", "move").err
    monkeypatch.delenv("ONEWAY_STORE")
    assert "[F129]" in folder.run("runs", "move").err
    for _ in range(2):  # a schedule without the variable
        assert "[F128]" in folder.run("sync", call).err


def test_a_first_run_over_a_database_is_not_refused(
    server: Server, folder: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beside it has the history of another connection."""
    listed(folder, "m.yaml")
    monkeypatch.setenv("ONEWAY_STORE", server.database())
    folder.write("others.json", users())
    folder.write("others.yaml", MAPPING.replace("users.json", "others.json"))
    text = CONNECTION.replace("../m", "../others")
    for _ in range(2):
        assert folder.run("sync", connect(folder, "others", text)).code == 0


def test_forget_names_the_file_that_was_moved(
    server: Server, folder: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write("users.json", users())
    folder.write("people.json", [ANN, BOB, CAT])
    assert folder.run("sync", "m.yaml").code == 0
    assert "other machines" not in folder.run("forget", "001").flat
    monkeypatch.setenv("ONEWAY_STORE", server.database())
    assert folder.run("runs", "move").code == 0
    assert folder.run("sync", "m.yaml").code == 0
    told = folder.run("forget", "001").flat
    assert "`settled` in the state folders of other machines" in told
    assert "journal.db.moved in the state folder" in told
    (folder.folder / ".oneway/journal.db.moved").unlink()
    assert "journal.db.moved" not in folder.run("forget", "002").flat


def test_another_database_or_none_is_refused(
    server: Server, folder: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The URL was edited, or a schedule lacks the variable; the state folder had no file."""
    first = server.database()
    monkeypatch.setenv("ONEWAY_STORE", first)
    listed(folder, "m.yaml")
    monkeypatch.setenv("ONEWAY_STORE", server.database())
    for command in ("plan", "sync", "sync"):
        ended = folder.run(command, "m.yaml")
        assert (ended.code, "[F128]" in ended.err) == (1, True), ended
    monkeypatch.delenv("ONEWAY_STORE")
    for _ in range(2):
        assert "[F128]" in folder.run("sync", "m.yaml").err
    monkeypatch.setenv("ONEWAY_STORE", first.replace("127.0.0.1", "localhost"))
    ended = folder.run("sync", "m.yaml")
    assert (ended.code, LISTED in ended.flat) == (5, True), ended
