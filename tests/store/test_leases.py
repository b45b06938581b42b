"""Leases: one holder at a time, a fence that rises, and nothing written down by who lost it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from kept import START, action
from sqlalchemy import select, update

from oneway.core.diagnostics import Refused
from oneway.core.request_gate import LEAVES_WITHIN
from oneway.history.journal import End, Journal, Store, fence
from oneway.history.journal.fence import Terms, store_time
from oneway.history.journal.lease import Lease, is_leased, leased, wait_for_quiet
from oneway.history.journal.packed import packed
from oneway.history.journal.tables import entry, lease
from oneway.planning.endings import Ending
from oneway.state.lock import Holder
from postgres import Server

OURS = replace(START, connection="acme")
ANN = Holder("this-machine", 17, "2026-03-31T04:00:00Z")
BEN = Holder("that-machine", 4711, "2026-03-31T04:05:00Z")


@pytest.fixture
def url(server: Server) -> str:
    return server.database()


def change(where: Path | str, **values: object) -> None:
    """Change the row of a lease, as if time had passed or somebody had meddled."""
    with Store.open(where) as store:
        store.change(update(lease).values(**values))


def end(where: Path | str) -> None:
    """Let a lease end by itself."""
    change(where, until=store_time() - 1)


@contextmanager
def journalling(where: Path | str, holder: Holder = ANN) -> Iterator[tuple[Journal, Lease]]:
    """Give a journal of a run that holds the lease of `acme`."""
    with leased(where, "acme", holder) as held, Journal.open(where) as journal:
        journal.lease = held
        yield journal, held


def test_one_run_holds_the_lease_of_a_connection(url: str) -> None:
    with leased(url, "acme", ANN):
        with pytest.raises(Refused, match="F115") as caught, leased(url, "acme", BEN):
            raise AssertionError
        assert "process 17 on this-machine since" in str(caught.value)
        with leased(url, "another", BEN):
            pass
    with leased(url, "acme", BEN):
        pass


def test_each_taking_raises_the_fence(where: Path | str) -> None:
    numbers = []
    for _ in range(3):
        with leased(where, "acme", ANN) as held:
            numbers.append(held.fence.number)
    assert numbers == [1, 2, 3]


def test_a_lease_shows_while_it_lasts_and_not_after(url: str) -> None:
    with Store.open(url) as store:
        assert not is_leased(store, "acme")
        with leased(url, "acme", ANN):
            assert is_leased(store, "acme")
            end(url)
            assert not is_leased(store, "acme")


def test_a_lease_that_has_ended_is_taken_over(url: str) -> None:
    with leased(url, "acme", ANN) as first:
        end(url)
        with leased(url, "acme", BEN) as second, Store.open(url) as store:
            assert second.fence.number == first.fence.number + 1
            assert not first.renewed(store)
            assert second.renewed(store)
        # Giving back what is another's by now changes nothing.
        with leased(url, "acme", BEN) as third, Store.open(url) as store:
            first.end()
            assert third.renewed(store)


def test_a_lease_that_ended_and_was_not_taken_is_renewed(url: str) -> None:
    with journalling(url) as (journal, held):
        run = journal.begin(OURS)
        journal.intended(run, action("a"), "token")
        end(url)
        journal.sent(run, "a")
        assert held.may_leave("a")
        with pytest.raises(Refused, match="F115"), leased(url, "acme", BEN):
            raise AssertionError


CALLS = {
    "begin": lambda journal, _: journal.begin(OURS, packed((b"plan",)), {"more": b"kept"}),
    "intended": lambda journal, run: journal.intended(run, action("b"), "token"),
    "sent": lambda journal, run: journal.sent(run, "a"),
    "sent again": lambda journal, run: journal.sent_again(run, "a", "2026-03-31T04:06:00Z"),
    "ended": lambda journal, run: journal.ended(run, action("a"), End(Ending.DONE)),
    "finish": lambda journal, run: journal.finish(run, {}, "2026-03-31T04:06:00Z"),
}


@pytest.mark.parametrize("call", sorted(CALLS))
def test_nothing_is_written_down_of_a_run_that_lost_its_lease(where: Path | str, call: str) -> None:
    with journalling(where) as (journal, held):
        run = journal.begin(OURS)
        journal.intended(run, action("a"), "token")
        if isinstance(where, str):
            end(where)
        with leased(where, "acme", BEN):
            before = (journal.entries(run), journal.runs())
            with pytest.raises(Refused, match="F125") as caught:
                CALLS[call](journal, run)
            assert "process 4711 on that-machine" in str(caught.value)
            assert held.lost
            assert (journal.entries(run), journal.runs()) == before


@pytest.mark.parametrize("call", sorted(CALLS))
def test_with_the_lease_each_of_them_is_written_down(where: Path | str, call: str) -> None:
    with journalling(where) as (journal, _):
        run = journal.begin(OURS)
        journal.intended(run, action("a"), "token")
        before = (journal.entries(run), journal.runs())
        CALLS[call](journal, run)
        assert (journal.entries(run), journal.runs()) != before


def test_a_mistake_of_the_program_stays_one(where: Path | str) -> None:
    with journalling(where) as (journal, _):
        run = journal.begin(OURS)
        with pytest.raises(LookupError):
            journal.sent(run, "never intended")


def test_a_backup_that_gives_a_number_twice_lets_only_one_write(url: str) -> None:
    with journalling(url) as (journal, held):
        run = journal.begin(OURS)
        change(url, fence=held.fence.number - 1, until=store_time() - 1)
        with leased(url, "acme", BEN) as other:
            assert other.fence.number == held.fence.number
            with pytest.raises(Refused, match="F125"):
                journal.intended(run, action("a"), "token")


def test_a_lease_that_was_removed_is_lost(where: Path | str) -> None:
    with journalling(where) as (journal, held):
        run = journal.begin(OURS)
        with Store.open(where) as store:
            store.change(lease.delete())
        with pytest.raises(Refused, match="not in the store any more"):
            journal.intended(run, action("a"), "token")
        assert held.lost


def test_who_takes_over_waits_for_what_may_still_leave(url: str) -> None:
    with journalling(url) as (journal, _), Store.open(url) as store:
        run = journal.begin(OURS)
        journal.intended(run, action("a"), "token")
        journal.sent(run, "a")
        assert not wait_for_quiet(store, "acme", lambda: True)
        assert wait_for_quiet(store, "another", lambda: True)
        store.change(update(entry).values(by_when=store_time() + 0.2))
        assert wait_for_quiet(store, "acme", lambda: False)
        assert store.rows(select(entry.c.by_when - store_time()))[0][0] <= 0


def test_what_has_ended_or_was_given_back_leaves_nothing_to_wait_for(url: str) -> None:
    with journalling(url) as (journal, _), Store.open(url) as store:
        run = journal.begin(OURS)
        for id in ("a", "b"):
            journal.intended(run, action(id), "token")
            journal.sent(run, id)
        journal.ended(run, action("a"), End(Ending.UNKNOWN))
        assert not wait_for_quiet(store, "acme", lambda: True)
        journal.ended(run, action("b"), End(Ending.DONE))
        assert wait_for_quiet(store, "acme", lambda: True)
        journal.sent_again(run, "a", "")
        assert not wait_for_quiet(store, "acme", lambda: True)
    with Store.open(url) as store:
        assert wait_for_quiet(store, "acme", lambda: True)


def test_what_was_journalled_too_long_ago_does_not_leave(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence, "TERMS", Terms(window=LEAVES_WITHIN))
    with journalling(url) as (journal, held):
        run = journal.begin(OURS)
        journal.intended(run, action("a"), "token")
        assert not held.may_leave("a")
        journal.sent(run, "a")
        assert not held.may_leave("a")


def test_what_is_journalled_later_lets_nothing_else_leave_longer(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with journalling(url) as (journal, held):
        run = journal.begin(OURS)
        for name in "ab":
            journal.intended(run, action(name), "token")
        with monkeypatch.context() as patched:
            patched.setattr(fence, "TERMS", Terms(window=LEAVES_WITHIN))
            journal.sent(run, "a")
        journal.sent(run, "b")
        assert (held.may_leave("a"), held.may_leave("b")) == (False, True)
        journal.ended(run, action("b"), End(Ending.DONE, "1"))
        assert not held.may_leave("b")


def test_a_lease_is_renewed_beside_the_run_while_it_gets_on(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence, "TERMS", Terms(length=60.0, renewed=0.02))
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(url))
        held = stack.enter_context(leased(url, "acme", ANN))
        first = store.rows(select(lease.c.until))[0][0]
        for _ in range(2_000):
            if store.rows(select(lease.c.until))[0][0] > first:
                break
        else:
            raise AssertionError("it was not renewed")
        change(url, fence=99)
        for _ in range(2_000):
            if held.lost:
                break
            store.rows(select(lease.c.until))
        assert held.lost


def test_the_lease_of_a_process_that_hangs_is_renewed_no_more(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fence, "TERMS", Terms(renewed=0.01, silence=-1.0))
    with leased(url, "acme", ANN), Store.open(url) as store:
        first = store.rows(select(lease.c.until))[0][0]
        for _ in range(100):
            assert store.rows(select(lease.c.until))[0][0] == first
