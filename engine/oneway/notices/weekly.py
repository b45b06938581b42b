"""The weekly summary: what ran, what was done, how many people do not sync, and why."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from oneway.connections.connection import Connection, Occasion
from oneway.history.journal import Journal, Run
from oneway.history.journal.discrepancies import stored_discrepancies
from oneway.history.journal.flapping import reverted_by
from oneway.history.journal.incidents import done_since, endings, open_incidents
from oneway.notices.bodies import TYPES, Data, body_of, breaches_of, incidents_as_data
from oneway.notices.causes import holding
from oneway.notices.instants import instant_text, zone_of
from oneway.planning.plan import Kind

_WEEK = timedelta(days=7)
_MOST_RUNS = 1000
"""How many runs of a week are counted at most: one every ten minutes."""

_NOT_SYNCING = {
    Kind.INELIGIBLE.value,
    Kind.CONFLICT.value,
    Kind.ERROR.value,
    Kind.REHIRE.value,
}
_INPUTS = '"inputs": '


def summary(
    connection: Connection, store: Journal, now: datetime, before: datetime | None = None
) -> str:
    """Return the notice of a connection's last seven days, as JSON text.

    It covers more than seven days if the last summary was due earlier, at `before`.
    """
    since = instant_text(min(now - _WEEK, before or now))
    runs = store.runs(connection.name, limit=_MOST_RUNS)
    last = next((each for each in runs if each.state.is_whole), None)
    done = done_since(store, connection.name, since)
    unsure = sum(each.may_have_left for each in last.still_in) if last else 0
    data = {
        "connection": connection.name,
        "still_in": len(last.still_in) if last else 0,
        **({"may_have_left": unsure} if unsure else {}),
        "still_in_by": _still_in_by(store, last) if last else {},
        "not_sticking": len(reverted_by(store, connection.name, last.id)) if last else 0,
        "from": since,
        "until": instant_text(now),
        "zone": zone_of(connection, next(iter(runs), None)),
        "runs": _states([each for each in runs if each.start.started >= since]),
        "done": {
            verb.value: count
            for verb, count in sorted(done.items(), key=lambda each: each[0].value)
        },
        "not_syncing": not_syncing(store.plan_of(last.id)) if last else [],
        "held": _held(store, last) if last else [],
        "open": incidents_as_data(open_incidents(store, connection.name)),
        "last_run": last.id if last else None,
        **({"latest_run": runs[0].id} if runs else {}),
        "command": "oneway status",
    }
    return body_of(TYPES[Occasion.WEEKLY], data, now)


def not_syncing(plan: str) -> list[Data]:
    """Return how many records of a plan do not sync, by outcome and reason, most first.

    A reason is a rule's id or a word of the program, never the sentence, which may name a
    person. `plan` is a plan file's text, read a line at a time because it may be large.
    """
    found: Counter[tuple[str, str]] = Counter()
    for line in plan.splitlines():
        outcome = _outcome(line)
        if outcome.get("kind") in _NOT_SYNCING and not outcome["actions"]:
            reasons = outcome["reasons"]
            if outcome["kind"] == Kind.REHIRE.value:
                reasons = [{**each, "warning": False} for each in reasons[:1]]
            codes = {each["code"] for each in reasons if not each["warning"]}
            found.update((outcome["kind"], code) for code in codes or {""})
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return [{"outcome": o, "reason": r, "records": count} for (o, r), count in ordered]


def systems_of(plan: str) -> Mapping[str, str]:
    """Return the system and resource of each side of a plan, and of its lookup tables.

    For example "expensein users"; never a file's path. `plan` is a plan file's text.
    """
    for line in plan.splitlines():
        if line.startswith(_INPUTS):
            try:
                found = json.loads(line.removeprefix(_INPUTS).removesuffix(","))
            except ValueError:
                return {}
            return {
                side: "a file" if each["file"] else f"{each['connector']} {each['resource']}"
                for side in sorted(found, key=lambda side: side not in ("source", "target"))
                if isinstance(each := found[side], dict)
            }
    return {}


def _held(store: Journal, last: Run) -> list[Data]:
    breaches = last.start.breaches
    return breaches_of(breaches, holding(breaches, endings(store, last.id))) if breaches else []


def _still_in_by(store: Journal, last: Run) -> Data:
    """Count the people who can still get in, by the last event about them."""
    ended = {
        each.source_id: each.ending.value for each in stored_discrepancies(store, last.id) or ()
    }
    counts = Counter(ended.get(each.source_id, "other") for each in last.still_in)
    return dict(sorted(counts.items()))


def _outcome(line: str) -> Mapping[str, Any]:
    """Return the outcome on a line of a plan file, or {} for any other line."""
    if not line.startswith('{"actions":'):
        return {}
    try:
        found = json.loads(line.removesuffix(","))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and "reasons" in found else {}


def _states(runs: list[Run]) -> Data:
    return dict(sorted(Counter(each.state.value for each in runs).items()))
