"""PgBouncer in transaction mode, which gives every transaction another session."""

import os
import shutil
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from crash.people import six
from crash.world import PLAN, SYNC
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal
from oneway.history.journal.lease import leased
from oneway.state.lock import Holder
from postgres import Server, running

from .machines import fleet
from .pooler import pooled

ANN = Holder("this-machine", 17, "2026-03-31T04:00:00Z")
NEEDED = pytest.mark.skipif(shutil.which("pgbouncer") is None, reason="pgbouncer is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@NEEDED
def test_one_run_holds_a_lease_through_a_pooler(server: Server) -> None:
    with pooled(server, server.database()) as url, leased(url, "acme", ANN) as first:
        for _ in range(5):
            with pytest.raises(Refused, match="F115"), leased(url, "acme", ANN):
                raise AssertionError
        with Journal.open(url) as journal:
            assert first.renewed(journal)


@NEEDED
def test_a_whole_run_keeps_its_journal_behind_a_pooler(server: Server) -> None:
    with (
        fleet(six, server) as machines,
        pooled(server, machines.store) as url,
        patch.dict(os.environ, {"ONEWAY_STORE": url}),
    ):
        machines.fresh()
        ended = machines.world.run(*SYNC, "--state", "a")
        assert ended.code == 0, ended.out
        assert machines.world.run(*PLAN, "--state", "b").code == 0
        with Journal.open(url) as journal:
            assert [len(journal.entries(each.id)) for each in journal.runs()] == [5]
