"""A list that is read for a check: no write of the run changes it meanwhile."""

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import pytest

from oneway.applying.live_target import LiveTarget, Turns
from oneway.core.connector_errors import ReadError
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot, Value
from patience import PATIENCE

ALL = Snapshot((Record("1", {}),), True)
MOVED = Snapshot((), False, ("the list's total was 2, and 1 on a later page",))


class Listed:
    """A target whose list comes as it is told to, and that shows no single record."""

    by_id = False

    def __init__(self, *answers: Snapshot, within: Callable[[], None] = lambda: None) -> None:
        self.answers, self.within, self.reads = list(answers), within, 0

    def read(self, progress: Progress = silent) -> Snapshot:
        self.reads += 1
        self.within()
        return self.answers.pop(0)

    def get(self, id: str) -> Record | None:
        raise AssertionError(id)

    def find(self, path: str, value: Value) -> tuple[Record, ...]:
        raise AssertionError(path)


def waits(turns: Turns) -> bool:
    return bool(turns._changed._waiters)  # type: ignore[attr-defined]


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + PATIENCE
    while not true():
        assert monotonic() < end


def test_no_write_leaves_while_a_list_is_read() -> None:
    sent = Event()

    def write() -> None:
        with target.turns.writing():
            sent.set()

    writer = Thread(target=write)

    def within() -> None:
        writer.start()
        until(lambda: sent.is_set() or waits(target.turns))
        assert not sent.is_set()

    target = LiveTarget(Listed(ALL, within=within))
    target.begin_look(renew=True)
    assert target.record("1") is not None
    writer.join(PATIENCE)
    assert sent.is_set()


def test_a_list_waits_for_the_writes_under_way() -> None:
    system = Listed(ALL)
    target = LiveTarget(system)
    reader = Thread(target=target.record, args=("1",))
    with target.turns.writing():
        reader.start()
        until(lambda: system.reads > 0 or waits(target.turns))
        assert system.reads == 0
    reader.join(PATIENCE)
    assert system.reads == 1


def test_a_thread_does_not_wait_for_itself() -> None:
    turns = Turns()
    with turns.writing(), turns.reading(), turns.writing():
        pass
    with turns.reading(), turns.writing():
        pass


def test_a_list_that_moved_is_read_once_more() -> None:
    """A system may count the record of a leave among the others for a moment."""
    system = Listed(MOVED, ALL)
    assert LiveTarget(system).record("1") is not None
    with pytest.raises(ReadError, match="not read to the end"):
        LiveTarget(Listed(MOVED, MOVED)).record("1")
