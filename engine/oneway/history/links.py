"""Finds the links that a run establishes: from confirmed creates, and from agreed matches.

Matches are stored when a run begins, however it ends: people's keys keep changing while runs are
held, interrupted or refused. If such a run is in doubt, only matches that more than the key
supports are stored.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from oneway.history.name_digests import NameDigests
from oneway.planning.breach import Verdict
from oneway.planning.links import Link, Origin
from oneway.planning.plan import Kind, Outcome, Plan, Quiet
from oneway.planning.shared_records import SHARED

if TYPE_CHECKING:
    from oneway.history.journal.journal import Journal


def learn_created(
    journal: "Journal",
    connection: str,
    created: Iterable[tuple[Outcome, str]],
    now: str,
    names: NameDigests,
) -> None:
    """Store the links of confirmed creates; `created` pairs each outcome with its record's id."""
    from oneway.history.journal.links import learn  # loads SQLAlchemy, so only when needed

    pairs = list(created)
    found = [_link(outcome, target_id, Origin.CREATED, now, names) for outcome, target_id in pairs]
    labels = {outcome.source_id or "": outcome.label for outcome, _ in pairs}
    learn(journal, connection, found, names.in_full(lambda: labels))


def labels_of(plan: Plan) -> Mapping[str, str]:
    """Return the labels of a plan's source records, by source id."""
    return {each.source_id: each.label for each in plan.singly() if each.source_id is not None}


def matched(plan: Plan, verdict: Verdict, now: str, names: NameDigests) -> list[Link]:
    """Return the links of a plan's uncontested matches, with short names (`NameDigests`)."""
    return [
        _link(each, target_id, Origin.MATCHED, now, names)
        for each, target_id in _agreed(plan)
        if not (each.only_by_key and _is_in_doubt(each, verdict))
    ]


def beyond_doubt(plan: Plan, now: str, names: NameDigests) -> list[Link]:
    """Return the links of a plan that is not applied: matches that more than the key supports."""
    return [
        _link(each, target_id, Origin.MATCHED, now, names)
        for each, target_id in _agreed(plan)
        if not each.only_by_key
    ]


def _agreed(plan: Plan) -> Iterator[tuple[Outcome | Quiet, str]]:
    for each in plan.singly():
        if isinstance(each, Quiet):
            yield each, each.target_id
            continue
        if each.source_id is None or each.target_id is None:
            continue
        if each.kind in _DOUBTFUL and not any(why.code == SHARED for why in each.reasons):
            continue
        if not each.actions and each.kind is Kind.REHIRE:
            continue  # somebody must first decide whether this is one person
        yield each, each.target_id


def _is_in_doubt(outcome: Outcome | Quiet, verdict: Verdict) -> bool:
    """Return whether guards distrust the lists, or the values to be written to the record."""
    actions = outcome.actions if isinstance(outcome, Outcome) else ()
    return verdict.shrank or any(action.id in verdict.blocked for action in actions)


def _link(
    outcome: Outcome | Quiet, target_id: str, origin: Origin, now: str, names: NameDigests
) -> Link:
    id = outcome.source_id
    assert id is not None
    short = names.short(id, outcome.label)
    if isinstance(outcome, Quiet):
        return Link(id, target_id, outcome.key, now, now, origin, "", short)
    key = "" if outcome.key_digest else outcome.key
    return Link(id, target_id, key, now, now, origin, outcome.key_digest, short)


_DOUBTFUL = frozenset({Kind.ERROR, Kind.CONFLICT, Kind.ABSENT, Kind.IGNORED})
