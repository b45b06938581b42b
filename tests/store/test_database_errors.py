"""What is said when the store's database fails: by the server's code, never by its message."""

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from oneway.core.diagnostics import Refused
from oneway.history.journal.errors import refusing

USUAL = "check that the server runs and lets us in"


@pytest.mark.parametrize(
    ("state", "why", "remedy"),
    [
        ("53100", "the server's disk is full", "free space on the database server"),
        ("25006", "the database is read-only", "server that takes writes"),
        ("57P01", "the server ended our connection", "the server's log"),
        ("57P02", "the server ended our connection", "the server's log"),
        ("53300", "the server has no free connection", "raise its limit"),
        ("42P01", "tables are missing", USUAL),
        ("28P01", "SQLSTATE 28P01", USUAL),
    ],
)
def test_each_failure_of_a_database_has_its_own_words(state: str, why: str, remedy: str) -> None:
    failed = psycopg.errors.lookup(state)("row (S3CRET) was here")
    with pytest.raises(Refused) as caught, refusing("db"):
        raise OperationalError("INSERT", {}, failed)
    (found,) = caught.value.diagnostics
    assert found.code == "F118"
    assert why in found.summary
    assert f"SQLSTATE {state}" in found.summary
    assert remedy in (found.help or "")
    assert (USUAL in (found.help or "")) == (remedy == USUAL)
    assert "nothing more was sent" in (found.help or "")
    assert "S3CRET" not in f"{caught.value} {found}"


def test_a_server_that_does_not_answer_is_to_be_checked() -> None:
    with pytest.raises(Refused) as caught, refusing("db"):
        raise OperationalError("SELECT", {}, psycopg.OperationalError("refused"))
    (found,) = caught.value.diagnostics
    assert "no connection" in found.summary
    assert USUAL in (found.help or "")
