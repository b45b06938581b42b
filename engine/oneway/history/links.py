"""Learns links from a run: from confirmed creates, and from agreed matches."""

from collections.abc import Iterator

from oneway.history.journal.journal import Journal
from oneway.history.journal.links import LinkCounts, learn
from oneway.planning.guards import Verdict
from oneway.planning.links import Link, Origin
from oneway.planning.plan import Kind, Outcome, Plan


def learn_created(
    journal: Journal, connection: str, outcome: Outcome, target_id: str, now: str
) -> None:
    """Store the link of a confirmed create."""
    learn(journal, connection, [_link(outcome, target_id, Origin.CREATED, now)])


def learn_matched(
    journal: Journal, connection: str, plan: Plan, verdict: Verdict, now: str
) -> LinkCounts:
    """Store the links of a plan's uncontested matches."""
    return learn(journal, connection, list(_agreed(plan, verdict, now)))


def _agreed(plan: Plan, verdict: Verdict, now: str) -> Iterator[Link]:
    for each in plan.outcomes:
        if each.kind in _DOUBTFUL or each.source_id is None or each.target_id is None:
            continue
        if not each.actions and each.kind is Kind.REHIRE:
            continue  # a person decides first whether it is one person
        if any(action.id in verdict.blocked for action in each.actions):
            continue
        yield _link(each, each.target_id, Origin.MATCHED, now)


def _link(outcome: Outcome, target_id: str, origin: Origin, now: str) -> Link:
    assert outcome.source_id is not None
    key = "" if outcome.key_digest else outcome.key
    digest = outcome.key_digest
    return Link(outcome.source_id, target_id, key, now, now, origin, digest)


_DOUBTFUL = frozenset({Kind.ERROR, Kind.CONFLICT, Kind.ABSENT, Kind.IGNORED})
