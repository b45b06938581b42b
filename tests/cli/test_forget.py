"""`oneway forget`: one person leaves the store, and nobody else does."""

import gzip
import re
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from cli_world import MAPPING, World, person, user

from oneway.history.journal import Journal
from oneway.history.journal.links import links
from postgres import Server


def kept(world: World) -> bytes:
    """Return all that the state folder holds, unpacked."""
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


def test_a_plan_of_which_all_was_done_stays_done(world: World) -> None:
    world.run("plan", "m.yaml", "--out", "plan.json")
    assert world.run("apply", "plan.json").code == 0
    assert world.run("forget", "P001").code == 0
    again = world.run("apply", "plan.json")
    assert (again.code, "nothing left to do" in again.out) == (0, True), again.err


def test_nobody_s_colleagues_name_the_person_any_more(world: World) -> None:
    """The target calls a manager otherwise than the source does, and has no key of theirs."""
    table = "{from: target, resource: users.json, key: email, value: id, label: name}"
    mapping = MAPPING.replace("match:", f"  people: {table}\nmatch:")
    world.write(
        "m.yaml", mapping.replace("  phone:", "  boss: {from: boss, lookup: people}\n  phone:")
    )
    mail = "boss@example.com"
    world.write("people.json", [person(1, email=mail), person(2, boss=mail)])
    world.write("users.json", [user(1, name="Maiden Name", email=mail), user(2)])
    world.run("sync", "m.yaml")
    assert "1 (boss@example.com Maiden Name)" in world.run("runs", "show", "latest").flat
    assert world.run("forget", "P001").code == 0
    assert b"Maiden Name" not in kept(world)
    assert b'"P002"' in kept(world)


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


# What is left of a person, wherever it is looked for


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(
    request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], bytes]:
    """Return what reads all that a store holds, and all files of the state folder."""
    if request.param == "SQLite":
        return lambda: in_files(world.folder / ".oneway")
    server: Server = request.getfixturevalue("server")
    url = server.database()
    monkeypatch.setenv("ONEWAY_STORE", url)
    return lambda: in_files(world.folder / ".oneway") + in_tables(url)


def in_files(folder: Path) -> bytes:
    """Return the bytes of all files, and what was packed within them, also in pages set free."""
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert files
    return b"\n".join(unpacked(each.read_bytes()) for each in files)


def in_tables(url: str) -> bytes:
    with psycopg.connect(url) as connection:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        tables = [name for (name,) in connection.execute(query).fetchall()]
        assert "link" in tables
        rows = [row for name in tables for row in connection.execute(f'SELECT * FROM "{name}"')]
    values = (value for row in rows for value in row)
    return b"\n".join(
        unpacked(each if isinstance(each, bytes) else str(each).encode()) for each in values
    )


def unpacked(data: bytes) -> bytes:
    """Return bytes with all that is gzipped anywhere in them, as far as it goes."""
    found = [data]
    for place in re.finditer(b"\x1f\x8b\x08", data):
        reader = zlib.decompressobj(wbits=31)
        with suppress(zlib.error):
            found.append(unpacked(reader.decompress(data[place.start() :])))
    return b"\n".join(found)


def found_in(data: bytes, *texts: bytes) -> int:
    """Return how many of some texts stand in bytes."""
    return sum(each in data for each in texts)


WHOSE = (b"P001", b'"Person 1"', b'"s1"', b"p001@example.com", b"oak@example.com")


def first(world: World, **changed: object) -> None:
    """Change the first person of payroll."""
    found, *others = world.read("people.json")
    world.write("people.json", [{**found, **changed}, *others])


def test_nothing_of_a_person_is_left_in_any_file_or_table(
    world: World, store: Callable[[], bytes]
) -> None:
    world.run("sync", "m.yaml")
    world.write("m.yaml", MAPPING + "guards: {leavers: {share: 0%, floor: 0}}\n")
    first(world, left=True)
    # Held, so that they can still get in.
    assert world.run("sync", "m.yaml", "--allow", "reused:P001").code == 4
    first(world, left=False, email="oak@example.com")
    world.run("sync", "m.yaml")
    world.write("people.json", [*world.read("people.json")[1:], person(5, email="oak@example.com")])
    world.run("sync", "m.yaml")  # another person's reason names them
    world.write("people.json", world.read("people.json")[:-1])
    world.write("users.json", [each for each in world.read("users.json") if each["id"] != 1])
    before = store()
    assert found_in(before, b"P001", b'"Person 1"', b"oak@example.com", b"reused:P001") == 4
    ended = world.run("forget", "s1", "--format", "json")
    assert ended.code == 0
    left = store()
    assert [each for each in WHOSE if each in left] == []
    assert found_in(left, b"P002", b"Person 3") == 2
    assert world.run("status").code == 0
    assert world.run("runs").code == 0
    for run in ("1", "2", "3", "4"):
        assert world.run("runs", "show", run).code == 0


def test_several_people_are_forgotten_one_after_the_other(world: World) -> None:
    world.run("sync", "m.yaml")
    for whom in ("s1", "s2", "s3"):
        assert world.run("forget", whom).code == 0
    assert [each for each in (b"P001", b"P002", b"P003") if each in kept(world)] == []


def test_who_is_known_by_an_old_key_or_by_an_entry_alone_is_forgotten(world: World) -> None:
    world.run("sync", "m.yaml")
    first(world, code="P077")
    world.run("sync", "m.yaml")
    with closing(sqlite3.connect(world.folder / ".oneway" / "journal.db")) as store, store:
        store.execute("UPDATE snapshot SET data = x'00' WHERE run = 1 AND name = 'plan'")
        store.execute("DELETE FROM snapshot WHERE run = 2")
        store.execute("DELETE FROM link")
    ended = world.run("forget", "s1")
    assert ended.code == 0
    assert (
        "the plan of run 1, which cannot be read: `oneway runs prune --older-than 8d` takes it"
        in ended.flat
    )
    assert b"s1" not in in_files(world.folder / ".oneway")


def test_what_is_not_known_to_have_happened_is_settled_first(world: World) -> None:
    world.run("sync", "m.yaml")
    with closing(sqlite3.connect(world.folder / ".oneway" / "journal.db")) as store, store:
        store.execute("UPDATE entry SET ending = 'unknown' WHERE source_id = 's1'")
    ended = world.run("forget", "s1")
    assert (ended.code, "F150" in ended.err) == (1, True)
    assert b'"s1"' in kept(world)


def test_another_source_record_of_the_same_target_record_is_named(world: World) -> None:
    world.run("sync", "m.yaml")
    first(world, id="r1")
    world.run("sync", "m.yaml")
    ended = world.run("forget", "r1")
    assert "which had the same target record: if it is the same person" in ended.flat
    assert "`oneway forget s1` as well" in ended.flat
    assert world.run("forget", "s1").code == 0
    assert b'Person 1"' not in in_files(world.folder / ".oneway")


def test_a_key_that_is_kept_as_a_digest_is_not_called_unknown(world: World) -> None:
    fields = "reference: {from: code, write: on_create, sensitive: true}"
    world.write("m.yaml", MAPPING.replace("reference: {from: code, write: on_create}", fields))
    world.run("sync", "m.yaml")
    ended = world.run("forget", "P001")
    assert ended.code == 1
    said = " ".join(ended.err.split())
    assert "of a match value that is sensitive only a digest is kept: give an id" in said
    assert world.run("forget", "s1").code == 0
    assert b'"s1"' not in in_files(world.folder / ".oneway")


# Who can still get in


def held(world: World) -> None:
    """Let a guard hold the leave of person 1, whose row then drops out of the export."""
    world.write("m.yaml", MAPPING + "guards: {leavers: {share: 0%, floor: 0}}\n")
    assert world.run("sync", "m.yaml").code == 0
    first(world, left=True)
    assert world.run("sync", "m.yaml").code == 4


def test_who_can_still_get_in_is_not_forgotten_unless_somebody_insists(world: World) -> None:
    held(world)
    world.write("people.json", world.read("people.json")[1:])
    for _ in range(2):
        assert world.run("sync", "m.yaml").code == 5
        ended = world.run("forget", "P001")
        assert ended.code == 1
        assert "can still get in (target record 4) [F151]" in " ".join(ended.err.split())
    assert b"P001" in kept(world)
    ended = world.run("forget", "P001", "--force", "--format", "json")
    (gone,) = ended.data["forgotten"]
    assert (ended.code, gone["still_in"], gone["records"]) == (0, True, ["4"])
    assert [each for each in WHOSE if each in in_files(world.folder / ".oneway")] == []
    assert "(a person who was forgotten): it is not known any more" in world.run("status").out


def test_whose_access_a_run_has_ended_is_forgotten_without_more(world: World) -> None:
    held(world)
    assert world.run("forget", "P001").code == 1
    assert world.run("sync", "m.yaml", "--allow", "leavers=1").code == 0
    ended = world.run("forget", "P001")
    assert (ended.code, "can still get in" in ended.out) == (0, False)


def test_somebody_else_is_forgotten_as_ever(world: World) -> None:
    held(world)
    assert world.run("forget", "P002").code == 0
    assert world.run("forget", "P001").code == 1


def test_a_code_of_several_connections_is_forgotten_in_the_one_that_is_named(world: World) -> None:
    """The code may be another person's with another employer."""
    world.run("sync", "m.yaml")
    others = [person(1, name="Ira Inn"), person(5)]
    world.write("others.json", others)
    world.write("others-users.json", [])
    text = MAPPING.replace("people.json", "others.json").replace("users.json", "others-users.json")
    world.write("n.yaml", text.replace("name: people-to-users", "name: others"))
    assert world.run("sync", "n.yaml").code == 0
    refused = world.run("forget", "P001")
    assert refused.code == 1
    assert "[U107]" in refused.err
    assert "several connections know somebody as 'P001'" in refused.flat
    assert "Ira Inn" in refused.flat
    assert "Person 1" in refused.flat
    with Journal.open(world.folder / ".oneway/journal.db") as journal:
        ours = next(each for each in journal.connections() if each.startswith("others "))
        before = {name: len(links(journal, name)) for name in journal.connections()}
        assert world.run("forget", "P001", "--connection", ours).code == 0
        after = {name: len(links(journal, name)) for name in journal.connections()}
    assert after == before | {ours: before[ours] - 1}
