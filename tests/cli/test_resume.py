"""What an interrupted run leaves behind: gone on with by `resume`, settled by the next `sync`.

The run dies in this process, at the flush of the target's file: before the file is replaced
nothing has happened, after it everything has, and the journal knows of neither.
"""

import gzip
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cli_world import Ended, World, person, user

from oneway.applying import flight
from oneway.cli.entry import run
from oneway.core.seal import canonical
from oneway.history.journal import Journal
from oneway.planning.endings import Ending
from oneway.state.lock import locked
from oneway_connectors.file.writer import FileWriter

MADE = {
    "id": 4,
    "reference": "P001",
    "name": "Person 1",
    "email": "P001@example.com",
    "team": 7,
    # Nobody who was just created has left, and the new record says so.
    "leaveDate": None,
}
BEFORE = [user(2, name="Old Name"), user(3)]
AFTER = [user(2), user(3), MADE]
COMMANDS = pytest.mark.parametrize("command", [("resume",), ("sync", "m.yaml")])


class Crash(BaseException):
    """The process dies."""


def crashed(world: World, monkeypatch: pytest.MonkeyPatch, *, happened: bool) -> None:
    """Let a sync die at its flush: after the writes have happened, or before."""
    flush = FileWriter.flush

    def dies(writer: FileWriter) -> None:
        if happened:
            flush(writer)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            run(["sync", "m.yaml"])
    assert world.read("users.json") == (AFTER if happened else BEFORE)
    assert endings(world) == [None, None]


@contextmanager
def journal(world: World) -> Iterator[Journal]:
    with Journal.open(world.folder / ".oneway" / "journal.db") as found:
        yield found


def endings(world: World) -> list[Ending | None]:
    """Return how the actions of the first run ended, the create's first."""
    with journal(world) as found:
        first = found.runs()[-1]
        entries = sorted(found.entries(first.id), key=lambda each: each.verb.value)
        return [None if each.end is None else each.end.ending for each in entries]


def quiet(world: World) -> None:
    """See that nothing is left: no run, no change."""
    assert world.run("resume").out == "Nothing to resume: every run has ended.\n"
    assert world.run("plan", "m.yaml", "--exit-code").code == 0


@COMMANDS
@pytest.mark.parametrize("happened", [True, False])
def test_what_was_in_flight_is_done_once(
    world: World, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], happened: bool
) -> None:
    crashed(world, monkeypatch, happened=happened)
    ended = world.run(*command)
    assert ended.code == 0, ended.out + ended.err
    assert world.read("users.json") == AFTER
    if command[0] == "resume":
        assert "2 of 2 actions begun, 2 in flight" in ended.flat
        assert "Applied: 2 done." in ended.out
        assert endings(world) == [Ending.DONE] * 2
    else:
        assert "What an earlier run had sent, without a known end, was looked up" in ended.flat
        # What had not happened is planned again, and done by the same command.
        assert endings(world) == [Ending.DONE if happened else Ending.NOT_SENT] * 2
        assert ("Applied: 2 done." in ended.out) is not happened
    quiet(world)


def somebody_created_it(users: list[Any]) -> None:
    users.append(MADE)


def somebody_took_the_email(users: list[Any]) -> None:
    users.append(user(9, email="p001@example.com"))


def somebody_updated_it(users: list[Any]) -> None:
    users[0]["name"] = "Person 2"


def somebody_wrote_something_else(users: list[Any]) -> None:
    users[0]["name"] = "Hand Made"


def somebody_removed_it(users: list[Any]) -> None:
    del users[0]


@COMMANDS
@pytest.mark.parametrize(
    ("edit", "create", "update"),
    [
        (somebody_created_it, Ending.DONE, None),
        (somebody_took_the_email, Ending.STALE, None),
        (somebody_updated_it, None, Ending.DONE),
        (somebody_wrote_something_else, None, Ending.STALE),
        (somebody_removed_it, None, Ending.STALE),
    ],
)
def test_what_is_found_in_the_target_decides(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    edit: Callable[[list[Any]], None],
    create: Ending | None,
    update: Ending | None,
) -> None:
    crashed(world, monkeypatch, happened=False)
    users = [dict(each) for each in BEFORE]
    edit(users)
    world.write("users.json", users)
    world.run(*command)
    usual = Ending.DONE if command[0] == "resume" else Ending.NOT_SENT
    assert endings(world) == [create or usual, update or usual]
    now = world.read("users.json")
    if command[0] == "resume":
        # Whoever changed it in the meantime keeps it until somebody plans again.
        assert [each for each in users if each not in now] == (
            [] if update in (Ending.STALE, Ending.DONE) else [users[0]]
        )
    emails = [each["email"].lower() for each in now]
    assert len(emails) == len(set(emails))
    world.run("sync", "m.yaml")
    quiet(world)


def test_a_stale_one_is_reported_and_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed(world, monkeypatch, happened=False)
    world.write("users.json", [*BEFORE, user(9, email="p001@example.com")])
    ended = world.run("resume")
    assert ended.code == 5
    assert "1 done, 1 stale" in ended.out
    assert "now belong to target record 9" in ended.flat


def test_resume_goes_on_with_what_was_not_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([False, True])
    intended = Journal.intended

    def dies(journal: Journal, *args: Any, **options: Any) -> None:
        if next(calls):
            raise Crash
        intended(journal, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "intended", dies)
        patch.setattr(flight, "_TOGETHER", 1)
        with pytest.raises(Crash):
            run(["sync", "m.yaml"])
    ended = world.run("resume")
    assert (ended.code, "1 of 2 actions begun, 1 in flight" in ended.flat) == (0, True)
    assert world.read("users.json") == AFTER
    quiet(world)


def test_nothing_to_resume(world: World) -> None:
    assert world.run("resume").out == "Nothing to resume: every run has ended.\n"
    assert world.run("sync", "m.yaml").code == 0
    quiet(world)


@pytest.mark.parametrize("command", [("resume",), ("sync", "m.yaml"), ("apply", "plan.json")])
def test_one_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    world.run("plan", "m.yaml", "--out", "plan.json")
    crashed(world, monkeypatch, happened=False)
    with journal(world) as found:
        (left,) = found.unfinished()
    folder = world.folder / ".oneway" / "locks"
    with locked(folder, left.start.connection, since="2026-11-22T03:00:00Z") as holder:
        ended = world.run(*command)
        assert (ended.code, "[F115]" in ended.err) == (1, True)
        assert str(holder) in ended.flat
    assert world.read("users.json") == BEFORE
    assert world.run("resume").code == 0


def test_a_run_that_somebody_else_ends_meanwhile_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oneway.runs.resume import exclusive_run

    crashed(world, monkeypatch, happened=False)

    def after_a_sync(*args: Any) -> Any:
        assert run(["sync", "m.yaml"]) == 0
        return exclusive_run(*args)

    with monkeypatch.context() as patch:
        patch.setattr("oneway.runs.saved.exclusive_run", after_a_sync)
        ended = world.run("resume")
    assert (ended.code, "has ended meanwhile" in ended.err) == (0, True)
    assert world.read("users.json") == AFTER
    assert endings(world) == [Ending.NOT_SENT] * 2
    quiet(world)


def test_another_mapping_by_now_is_refused_and_a_sync_settles(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed(world, monkeypatch, happened=True)
    text = (world.folder / "m.yaml").read_text(encoding="utf-8")
    world.write("m.yaml", text + "# edited\n")
    ended = world.run("resume")
    assert (ended.code, "[P110]" in ended.err) == (1, True)
    assert endings(world) == [None, None]
    assert world.run("sync", "m.yaml").code == 0
    assert endings(world) == [Ending.DONE] * 2
    assert world.read("users.json") == AFTER
    quiet(world)


def store_as_format_2(world: World) -> None:
    """Store the first run's plan as an earlier version did, with an object for each outcome."""
    connection = sqlite3.connect(world.folder / ".oneway" / "journal.db")
    with connection:
        ((data,),) = connection.execute("SELECT data FROM snapshot WHERE name = 'plan'")
        plan = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        plan = {key: plan[key] for key in plan if key not in ("fingerprint", "proof")}
        names = ("key", "source_id", "label", "target_id", "only_by_key")
        rest = {"actions": [], "has_access": False, "kind": "unchanged", "reasons": []}
        plan["outcomes"] = [
            rest | dict(zip(names, each, strict=True)) if isinstance(each, list) else each
            for each in plan["outcomes"]
        ]
        plan["oneway_plan"] = 2
        plan["fingerprint"] = hashlib.sha256(canonical(plan).encode()).hexdigest()
        text = canonical(plan).encode()
        connection.execute("UPDATE snapshot SET data = ? WHERE name = 'plan'", (text,))
        connection.execute("UPDATE run SET fingerprint = ?", (plan["fingerprint"],))
    connection.close()


@pytest.mark.parametrize("happened", [True, False])
def test_a_run_of_an_earlier_version_is_settled_by_a_sync(
    world: World, monkeypatch: pytest.MonkeyPatch, happened: bool
) -> None:
    crashed(world, monkeypatch, happened=happened)
    store_as_format_2(world)
    ended = world.run("resume")
    assert (ended.code, "[P109]" in ended.err, "run `oneway sync`" in ended.err) == (1, True, True)
    assert world.run("sync", "m.yaml").code == 0
    assert endings(world) == [Ending.DONE if happened else Ending.NOT_SENT] * 2
    assert world.read("users.json") == AFTER
    quiet(world)


@pytest.mark.parametrize("text", ["", "{}", "{"])
def test_a_plan_that_cannot_be_read_again_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    crashed(world, monkeypatch, happened=False)
    connection = sqlite3.connect(world.folder / ".oneway" / "journal.db")
    with connection:
        connection.execute("UPDATE snapshot SET data = ? WHERE name = 'plan'", (text.encode(),))
    connection.close()
    for command in (("resume",), ("sync", "m.yaml")):
        ended = world.run(*command)
        assert (ended.code, "[F114]" in ended.err) == (1, True)
    assert world.read("users.json") == BEFORE


def test_an_action_that_its_plan_does_not_have_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed(world, monkeypatch, happened=False)
    connection = sqlite3.connect(world.folder / ".oneway" / "journal.db")
    with connection:
        connection.execute("UPDATE entry SET action = 'another' WHERE verb = 'create'")
    connection.close()
    for command in (("resume",), ("sync", "m.yaml")):
        ended = world.run(*command)
        assert (ended.code, "[F114]" in ended.err) == (1, True)
        assert "has actions that its plan does not have" in ended.flat
    assert world.read("users.json") == BEFORE


def test_a_sealed_value_is_looked_up_by_its_digest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write("people.json", [person(3, phone="0000-CANARY")])
    flush = FileWriter.flush

    def dies(writer: FileWriter) -> None:
        flush(writer)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(FileWriter, "flush", dies)
        with pytest.raises(Crash):
            run(["sync", "m.yaml", "--set", "with_phone=true"])
    ended = world.run("resume")
    assert ended.code == 0
    assert "Applied: 1 done." in ended.out
    assert world.read("users.json")[1]["phone"] == "0000-CANARY"
    for file in (world.folder / ".oneway").rglob("*"):
        assert file.is_dir() or b"CANARY" not in file.read_bytes()


def test_an_apply_settles_first_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.run("plan", "m.yaml", "--out", "plan.json")
    crashed(world, monkeypatch, happened=True)
    ended: Ended = world.run("apply", "plan.json")
    assert "without a known end, was looked up" in ended.flat
    assert (ended.code, "2 done before, by run 1." in ended.flat) == (0, True)
    assert world.read("users.json") == AFTER
    quiet(world)


def test_a_night_without_changes_is_a_good_run(world: World) -> None:
    world.run("sync", "m.yaml")
    world.run("sync", "m.yaml")
    with journal(world) as found:
        last, first = found.runs()
        assert (last.counts, first.counts) == ({}, {"done": 2})
        assert last.ended is not None
        assert found.last_sizes(last.start.connection)[0] == 4
        # The history holds the plan of every run, also of one that had nothing to do.
        for run in (first, last):
            assert f'"{run.start.fingerprint}"' in found.plan_of(run.id)


@COMMANDS
def test_who_vanished_before_their_create_was_looked_up_is_listed(
    world: World, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    crashed(world, monkeypatch, happened=True)
    people = world.read("people.json")
    world.write("people.json", [each for each in people if each["code"] != "P001"])
    for each in (command, ("sync", "m.yaml")):
        ended = world.run(*each)
        assert ended.code == 5
        assert "can still get in (1)" in ended.flat
        assert "P001 Person 1 (record 4)" in ended.flat
    world.write("people.json", people)
    assert world.run("sync", "m.yaml").code == 0


@COMMANDS
def test_whose_record_is_closed_by_then_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """A journal of that night was restored, and they have left since."""
    crashed(world, monkeypatch, happened=True)
    people = world.read("people.json")
    world.write("people.json", [each for each in people if each["code"] != "P001"])
    users = [
        {**each, "leaveDate": "2020-01-01"} if each["id"] == 4 else each
        for each in world.read("users.json")
    ]
    world.write("users.json", users)
    for each in (command, ("sync", "m.yaml")):
        ended = world.run(*each)
        assert "can still get in" not in ended.flat, ended.out
        assert ended.code == 0, ended.out


def test_what_was_in_flight_may_need_the_lookup_tables(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A written record that counts as left by now is compared with its source row."""
    crashed(world, monkeypatch, happened=True)
    users = world.read("users.json")
    world.write("users.json", [{**users[0], "leaveDate": "2020-01-01"}, *users[1:]])
    ended = world.run("sync", "m.yaml")
    assert ended.code == 4, ended.out + ended.err
    assert "(W117)" in ended.flat
