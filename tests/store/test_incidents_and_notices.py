"""Incidents and notices, in a file and in a server: the same, and each by one of many."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import update

from listener import listening, status
from notified import after, connection, ended, hook, refused
from oneway.connections.connection import Occasion
from oneway.history.journal import Journal
from oneway.history.journal.incidents import (
    open_incident,
    open_incidents,
    take_notice,
    undelivered,
    waiting,
)
from oneway.history.journal.tables import incident
from oneway.notices.delivery import deliver
from oneway.notices.instants import instant_text
from oneway.notices.queueing import after_run, weekly
from oneway.planning.endings import Ending


def test_an_incident_from_its_beginning_to_its_end(journal: Journal) -> None:
    with listening() as server:
        customer = connection(hook(server.url))
        deliver([customer], journal, after(-7))
        after_run(customer, refused(journal, "R102", after(0)), journal, after(0))
        after_run(customer, refused(journal, "R102", after(1)), journal, after(1))
        ends = {"a": (Ending.HELD, ""), "b": (Ending.DONE, "")}
        after_run(customer, ended(journal, after(2), ends, guards=("leavers",)), journal, after(2))
        assert [each.about for each in open_incidents(journal, "acme")] == [("leavers",)]
        told = [each.draft.kind for each in waiting(journal)]
        assert told == [Occasion.FAILURE, Occasion.RECOVERY, Occasion.GUARD]
        assert deliver([customer], journal, after(2)).sent == len(told) + 1  # and the week
        assert len(server.heard) == len(told) + 1
    assert undelivered(journal) == ()


def test_an_incident_that_an_older_version_opened_is_about_the_same(journal: Journal) -> None:
    id = open_incident(journal, "acme", Occasion.GUARD, ("old",), instant_text(after(0)))
    written = {"about": "leavers keys_gone.source.code"}
    journal.change(update(incident).where(incident.c.id == id).values(**written))
    (found,) = open_incidents(journal, "acme")
    assert found.about == ("leavers", "keys_gone.source.code")


def test_what_does_not_arrive_is_kept_with_why(journal: Journal) -> None:
    with listening(status(503)) as server:
        customer = connection(hook(server.url))
        after_run(customer, refused(journal, "R102", after(0)), journal, after(0))
        deliver([customer], journal, after(0))
    (notice,) = undelivered(journal)
    assert (notice.tries, notice.given_up) == (1, False)
    assert "503" in notice.error


def test_of_many_who_come_at_once_one_has_it(where: Path | str) -> None:
    customer = connection(hook())
    with Journal.open(where) as journal:
        weekly([customer], journal, after(-7))
        after_run(customer, refused(journal, "R102", after(0)), journal, after(0))

    def one(_: int) -> bool:
        with Journal.open(where) as mine:
            weekly([customer], mine, after(1))
            first, *_ = (each for each in undelivered(mine) if each.draft.kind.value == "failure")
            return take_notice(mine, first, instant_text(after(2))) if not first.tries else False

    with ThreadPoolExecutor(4) as many:
        assert sum(many.map(one, range(4))) == 1
    with Journal.open(where) as journal:
        kinds = [each.draft.kind for each in undelivered(journal)]
    assert kinds.count(Occasion.WEEKLY) == 1
