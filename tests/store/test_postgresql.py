"""A store in PostgreSQL: what a server's death, a lost lock and a wrong URL lead to."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from kept import START, action, started

from oneway.core.diagnostics import Refused
from oneway.history.journal import End, Journal, postgresql
from oneway.history.journal.lease import leased
from oneway.history.journal.packed import packed
from oneway.planning.endings import Ending
from oneway.state.lock import Holder
from patience import PATIENCE
from postgres import Server, copied, running

ANN = Holder("this-machine", 17, "2026-03-31T04:00:00Z")
HOLDS = """
import sys, time
from oneway.history.journal.lease import leased
from oneway.state.lock import Holder
with leased(sys.argv[1], "acme", Holder("elsewhere", 4711, "2026-03-31T03:59:00Z")):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def url(server: Server) -> str:
    return server.database()


def test_a_killed_server_loses_nothing_that_was_acknowledged() -> None:
    """What is journalled is there after kill -9; meanwhile nothing is called journalled."""
    with running() as server:
        url = server.database()
        with Journal.open(url) as journal:
            run = journal.begin(START, packed((b"plan",)))
            journal.intended(run, action("a"), "token")
            server.kill()
            for call in (
                lambda: journal.sent(run, "a"),
                lambda: journal.runs(),
                lambda: journal.begin(START),
            ):
                with pytest.raises(Refused, match="F118"):
                    call()
            with pytest.raises(Refused, match="F118"):
                Journal.open(url)
            server.start()
            (entry,) = journal.unsettled()  # the open journal finds its way back
            assert (entry.action_id, entry.sent) == ("a", False)
            journal.sent(run, "a")
            journal.ended(run, action("a"), End(Ending.DONE))
            assert journal.unsettled() == ()
            assert journal.plan_of(run) == "plan"


def test_killed_again_and_again_while_a_process_writes() -> None:
    with running() as server:
        url = server.database()
        for lines in (1, 2, 3, 7):
            with started(url, "100000") as process:
                assert process.stdout is not None
                said = [process.stdout.readline().split() for _ in range(lines)]
                server.kill()
                said += [line.split() for line in process.stdout]
                assert process.wait(PATIENCE) != 0
            server.start()
            with Journal.open(url) as journal:
                run = journal.runs(limit=1)[0]
                held = {entry.action_id: entry for entry in journal.entries(run.id)}
                assert len([e for e in held.values() if e.end is None]) <= 1
            for step, _, number in (line for line in said if len(line) == 3):
                entry = held[number]
                assert entry.sent or step == "intended"
                assert entry.end == End(Ending.DONE, "t") or step != "ended"


def test_a_lock_ends_with_the_process_that_held_it(url: str) -> None:
    command = [sys.executable, "-c", HOLDS, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Refused, match="process 4711 on elsewhere"), leased(url, "acme", ANN):
            raise AssertionError
        process.kill()
        process.wait(PATIENCE)
    with leased(url, "acme", ANN):
        pass


def test_a_lease_that_could_not_be_given_back_lasts_until_it_ends() -> None:
    with running() as server:
        url = server.database()
        with leased(url, "acme", ANN):
            server.kill()
        server.start()
        with pytest.raises(Refused, match="F115"), leased(url, "acme", ANN):
            raise AssertionError
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE lease SET until = 0")
        with leased(url, "acme", ANN):
            pass


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("", "F119"),
        ("nonsense", "F119"),
        ("mysql://user:S3CRET@host/db", "F119"),
        ("postgresql://user:S3CRET@127.0.0.1:1/db?password=S3CRET", "F118"),
        ("postgresql://user:S3CRET@host:port/db", "F119"),
    ],
)
def test_a_store_that_is_none_is_refused_without_its_password(where: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        Journal.open(where)
    (found,) = caught.value.diagnostics
    assert (found.code, bool(found.help)) == (code, True)
    assert "S3CRET" not in f"{caught.value} {found}"


def test_a_database_of_another_program_is_left_alone(server: Server) -> None:
    url = server.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('abc')")
    with pytest.raises(Refused, match="F118"):
        Journal.open(url)


def test_what_is_shown_of_a_url_has_no_password() -> None:
    url = postgresql.url_of("postgresql://ann:S3CRET@db.example.com/oneway?sslmode=require")
    assert postgresql.shown(url) == "postgresql://ann:***@db.example.com/oneway"


def test_the_package_stands_in_where_the_machine_has_no_postgresql(tmp_path: Path) -> None:
    for program in ("initdb", "postgres"):
        path = copied(tmp_path / program) / "bin" / program
        said = subprocess.run([path, "--version"], check=True, capture_output=True, text=True)
        assert said.stdout.startswith(f"{program} (PostgreSQL)")
