"""What other connections of a store write into a target record while a run goes on."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from kept import START, action

from oneway.history.journal import Journal
from oneway.history.journal.others_writes import fields_written
from oneway.history.journal.packed import packed
from oneway.planning.plan import Plan, Verb
from oneway.planning.plan_inputs import PlanInput

BEGAN = datetime(2026, 3, 31, 4, 0, tzinfo=UTC)
TARGET = {"connector": "acme", "resource": "users", "origin": "https://x", "options": {"a": "b"}}
OURS = cast(
    Plan,
    SimpleNamespace(inputs={"target": PlanInput("acme", "users", {"a": "b"}, None, "https://x")}),
)


@pytest.mark.parametrize(
    ("connection", "target", "sent_at", "record", "found"),
    [
        ("e2", TARGET, "2026-03-31T04:00:05Z", "t1", {"active"}),
        ("e2", TARGET, "2026-03-31T03:59:05Z", "t1", {"active"}),  # it was on its way
        ("e2", TARGET, "2026-03-31T03:40:00Z", "t1", set()),
        ("e2", TARGET, "2026-03-31T04:00:05Z", "t2", set()),
        ("e1", TARGET, "2026-03-31T04:00:05Z", "t1", set()),
        ("e2", TARGET | {"origin": "https://y"}, "2026-03-31T04:00:05Z", "t1", set()),
        ("e2", TARGET | {"options": {}}, "2026-03-31T04:00:05Z", "t1", set()),
    ],
)
def test_only_what_is_sent_to_the_same_record_meanwhile_counts(
    journal: Journal, connection: str, target: Any, sent_at: str, record: str, found: set[str]
) -> None:
    leave = action("a", Verb.LEAVE, record)
    acts = [{"id": "a", "changes": [{"field": "active"}]}, {"id": "b", "changes": [{"field": "x"}]}]
    plan = {"inputs": {"target": target}, "outcomes": [["quiet"], {"actions": acts}]}
    data = packed((json.dumps(plan).encode(),))
    run = journal.begin(replace(START, connection=connection), data)
    journal.intended(run, leave, "token")
    assert fields_written(journal, OURS, "e1", BEGAN, "t1") == frozenset()
    journal.sent(run, "a", sent_at)
    assert fields_written(journal, OURS, "e1", BEGAN, "t1") == found
