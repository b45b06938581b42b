"""Some lives, and proof that they would have noticed an engine that is broken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from oneway.applying import claim_holders, result
from oneway.applying.preconditions import Happened, LiveState
from oneway.applying.unknown_writes import Inquiry, WriteOutcome
from oneway.mapping.interpreter import Interpreted
from oneway.planning.endings import Ending
from oneway.runs import run_log, sync
from oneway.runs.evidence.remembered import NOTHING_REMEMBERED
from oneway.runs.run_log import RunLog
from oneway_connectors.rest import client
from oneway_connectors.rest.errors import NoAnswer

from .life import Tally, live
from .oracle import Violation
from .wire import KINDS

SEEDS = 300
"""The seeds in which a broken engine must be noticed."""
CHUNK = 10
CHUNKS = (5, 30, 70, 120, 131, 160, 240)
"""The first seeds of the chunks that are lived every day: they notice each broken engine."""
SEVERAL = 70
"""The chunk whose lives have eight writes in flight."""


@pytest.mark.slow
@pytest.mark.parametrize("first", CHUNKS)
def test_whatever_goes_wrong_nothing_is_doubled_and_nothing_is_lost(first: int) -> None:
    total = Tally()
    for seed in range(first, first + CHUNK):
        total.add(live(seed, in_flight=8 if first == SEVERAL else 1))
    print("\n".join(total.lines()))
    # What is shown is worth what really happened.
    assert total.crashes > CHUNK / 5
    assert total.settled > CHUNK / 10
    assert total.endings[Ending.DONE.value] > CHUNK * 2
    assert len(total.faults) > len(KINDS) * 2 / 3, total.faults
    assert total.unsaid > CHUNK / 5
    assert total.named > CHUNK / 10


def test_a_seed_can_be_replayed() -> None:
    told: list[list[str]] = [[], []]
    for story in told:
        live(7, story.append)
    assert told[0] == told[1]


def blind_repeat(*_: object) -> WriteOutcome:
    """Say that what is not known to have happened has not."""
    return WriteOutcome(Happened.NO)


@contextmanager
def journal_after_sending() -> Iterator[None]:
    """Write down that an action is intended once it has ended."""
    intended, ended = RunLog.intended, RunLog.ended
    late: dict[str, str] = {}

    def after(log: RunLog, results: Any) -> None:
        for each in results:
            if each.action.id in late:
                intended(log, each.action, late.pop(each.action.id))
        ended(log, results)

    def before(log: RunLog, action: Any, token: str) -> None:
        late[action.id] = token

    with patch.object(RunLog, "intended", before), patch.object(RunLog, "ended", after):
        yield


MAY_REPEAT = client._may_repeat
BROKEN: dict[str, Callable[[], Any]] = {
    "an unknown create is repeated blindly": lambda: patch.object(Inquiry, "of", blind_repeat),
    "what is sent is journalled afterwards": journal_after_sending,
    "the first record of a look-up is taken": lambda: patch.object(
        claim_holders, "_claims", lambda *_: True
    ),
    "a create is sent again where no answer came": lambda: patch.object(
        client,
        "_may_repeat",
        lambda call, came: isinstance(came, NoAnswer) or MAY_REPEAT(call, came),
    ),
    "what is unknown is called rejected": lambda: patch.object(
        result, "_ENDINGS", dict.fromkeys(result._ENDINGS, Ending.REJECTED)
    ),
    "what is not said is no": lambda: patch.object(Interpreted, "_demand_said", lambda *_: None),
    "nobody who can still get in is named": lambda: patch.object(
        run_log, "still_in", lambda *_, **__: ()
    ),
    "no run remembers another": lambda: patch.object(sync, "recall", lambda _: NOTHING_REMEMBERED),
    "nothing stale is noticed before a create": lambda: patch.object(
        LiveState, "_refuse_holders", lambda *_: None
    ),
}


NOTICED_BY = {
    "a create is sent again where no answer came": 124,
    "an unknown create is repeated blindly": 31,
    "no run remembers another": 164,
    "nobody who can still get in is named": 136,
    "nothing stale is noticed before a create": 139,
    "the first record of a look-up is taken": 5,
    "what is not said is no": 248,
    "what is sent is journalled afterwards": 5,
    "what is unknown is called rejected": 5,
}
"""The seed that is lived first: the one that noticed when this was written."""


def test_the_lives_of_every_day_notice_each_broken_engine() -> None:
    lived = {seed for first in CHUNKS if first != SEVERAL for seed in range(first, first + CHUNK)}
    assert set(NOTICED_BY) == set(BROKEN)
    assert set(NOTICED_BY.values()) <= lived


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_a_broken_engine_is_noticed(what: str) -> None:
    first = NOTICED_BY[what]
    with BROKEN[what](), pytest.raises(Violation) as caught:
        list(map(live, [*range(first, SEEDS), *range(first)]))
    print(f"{what}: {caught.value}")


@pytest.mark.parametrize("seed", [3, 8])
def test_all_who_tell_of_a_person_tell_the_same(seed: int) -> None:
    assert live(seed, stories=True).told


def test_a_story_that_begins_anew_each_night_would_be_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("oneway.runs.past.discrepancies.discrepancies_before", lambda *_, **__: ())
    with pytest.raises(Violation, match=r"differ|since"):
        live(0, stories=True)
