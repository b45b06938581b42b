"""`oneway forget`: one person leaves the store, and nobody else does."""

from cli_world import World


def kept(world: World) -> bytes:
    """Return all that the state folder holds, unpacked."""
    import gzip
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(world.folder / ".oneway" / "journal.db")) as store:
        found = b""
        for (table,) in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            for row in store.execute(f"SELECT * FROM {table}"):
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
                    found += (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data) + b"\n"
    return found


def test_a_person_is_erased_from_links_entries_plans_and_inputs(world: World) -> None:
    world.run("sync", "m.yaml")
    world.run("sync", "m.yaml")
    assert b"Person 1" in kept(world)
    ended = world.run("forget", "P001", "--format", "json")
    assert ended.code == 0
    (found,) = ended.data["forgotten"]
    assert (found["links"], found["plans"], found["snapshots"]) == (1, 2, 2)
    assert found["entries"] == 1
    left = kept(world)
    for text in (b"P001", b"Person 1", b'"s1"'):
        assert text not in left, text
    assert b"P002" in left
    assert b"Person 3" in left


def test_what_cannot_be_reached_is_said(world: World) -> None:
    world.run("sync", "m.yaml")
    ended = world.run("forget", "Person 2")
    assert "Forgotten in people-to-users" in ended.flat
    assert "Not within reach:" in ended.flat
    assert "backups of the store" in ended.flat
    assert world.run("runs", "show", "1").code == 0
    assert world.run("replay", "1").code != 0
    assert world.run("sync", "m.yaml").code == 0


def test_nobody_is_forgotten_under_a_name_that_nobody_has(world: World) -> None:
    assert world.run("forget", "P001").code == 1
    world.run("sync", "m.yaml")
    ended = world.run("forget", "P00")
    assert ended.code == 1
    assert "no record is kept of" in ended.flat


def test_several_people_of_one_name_are_told_apart_by_id(world: World) -> None:
    people = world.read("people.json")
    people[1]["name"] = "Person 1"
    world.write("people.json", people)
    world.run("sync", "m.yaml")
    assert "several people answer to" in world.run("forget", "Person 1").flat
    assert world.run("forget", "s2").code == 0
