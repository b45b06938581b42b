"""Some hundred nights, and proof that each would have noticed an engine that is broken."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any
from unittest.mock import patch

import pytest

from nights import life
from nights.life import NIGHTS, live
from nights.town import Violation
from oneway.applying.preconditions import Happened
from oneway.applying.unknown_writes import Inquiry, WriteOutcome
from oneway.planning import planner, reconcile
from oneway.planning.links import NO_LINKS
from oneway.planning.match import Match
from oneway.runs import planned_inputs as planning
from oneway.runs.evidence.missing_records import MissingRecords

LIVES = (0, 1, 3, 5, 17, 22)
"""The seeds that are lived every day: they notice each broken engine."""
BROKEN_IN = 60
"""Lives in which a broken engine must be noticed."""


@pytest.mark.slow
def test_nobody_is_doubled_mixed_up_or_sent_away() -> None:
    total = Counter[str]()
    for seed in LIVES:
        total.update(live(seed))
    assert total["nights"] == len(LIVES) * NIGHTS
    # What is shown is worth what really happened.
    for what in ("crashes", "restored", "hidden records", "unread people", "created", "left"):
        assert total[what] > len(LIVES), f"{what}: {total[what]}"
    for what in ("accepted", "answer lost", "existing", "lost"):
        assert total[f"fault: {what}"], what
    for what in ("rekeyed", "claimed", "reused", "adopted", "gone", "second_look", "unlisted"):
        assert total[f"reason: {what}"], what


def test_a_life_can_be_lived_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "NIGHTS", 8)
    told: list[list[str]] = [[], []]
    for story in told:
        live(3, story.append)
    assert told[0] == told[1]


def without_links(*args: Any, **more: Any) -> Any:
    """Plan as if nothing had ever been remembered."""
    program, rows = args
    forgotten = replace(NO_LINKS, pending=rows.evidence.pending)
    return PLAN_ROWS(program, replace(rows, evidence=forgotten), **more)


def undone(*_: object) -> WriteOutcome:
    """Say that what is not known to have happened has not."""
    return WriteOutcome(Happened.NO)


def at_once(prepared: Any, each: Any) -> Any:
    """Say that a system shows everything at once."""
    return replace(RESOURCE_OF(prepared, each), lag=0.0)


INPUTS = import_module("oneway.runs.prepare.prepared")
PLAN_ROWS = planner.plan_rows
RESOURCE_OF = INPUTS.resource_of
BROKEN: dict[str, Callable[[], Any]] = {
    "links are forgotten": lambda: patch.object(planning, "plan_rows", without_links),
    "what a list lacks is not looked up": lambda: patch.object(
        MissingRecords, "linked", lambda _, found, __: found
    ),
    "the source is not asked again": lambda: patch.object(
        MissingRecords, "absent", lambda *_: None
    ),
    "what is not seen has not happened": lambda: patch.object(Inquiry, "of", undone),
    "the target's lag is taken for nothing": lambda: patch.object(INPUTS, "resource_of", at_once),
    "a gone record is created again at once": lambda: patch.object(
        reconcile._Reconciler, "_missing", lambda *_: Match()
    ),
}


NOTICED_BY = {
    "a gone record is created again at once": 5,
    "links are forgotten": 0,
    "the source is not asked again": 22,
    "the target's lag is taken for nothing": 3,
    "what a list lacks is not looked up": 1,
    "what is not seen has not happened": 17,
}
"""The seed that is lived first: the one that noticed when this was written."""


def test_the_lives_of_every_day_notice_each_broken_engine() -> None:
    assert set(NOTICED_BY) == set(BROKEN)
    assert set(NOTICED_BY.values()) <= {*LIVES}


@pytest.mark.parametrize("what", sorted(BROKEN))
def test_a_broken_engine_is_noticed(what: str) -> None:
    first = NOTICED_BY[what]
    with BROKEN[what](), pytest.raises(Violation) as caught:
        list(map(live, [*range(first, BROKEN_IN), *range(first)]))
    print(f"{what}: {caught.value}")
