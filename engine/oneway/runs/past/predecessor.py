"""Finds the history that an edited mapping goes on with, in runs without a connection.

The name of such a run comes from the mapping's name and from what is read and written. An edit of
one of them would begin a history in silence: guards would compare with nothing, and leavers who can
still get in would be off the list.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneway.connections.discovery import FILES
from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.core.phrases import count
from oneway.planning.plan import PlanInput, Reason
from oneway.runs.prepare.prepared import PreparedRun

if TYPE_CHECKING:
    from oneway.history.journal import Journal, Run

HISTORY = "history"
"""The code of the remark."""
_LOOK_BACK = 50
"""Runs of which one has a plan: refused ones have none."""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The last history of a mapping file under another name.

    `continues`: the target is the same, so that its links, sizes and counts hold.
    """

    name: str
    run: "Run"
    continues: bool
    was: tuple[str, ...]
    """What has changed since, with its old value: "file people.csv", "the name people"."""

    def remark(self, listed: int, zone: str) -> Reason:
        """Return what a plan says of it; `listed` were leavers who could still get in."""
        last = f"the last run of this mapping, on {day(self.run.start.started, zone)}, had "
        last += " and ".join(self.was)
        if self.continues:
            return Reason(HISTORY, f"{last}: this one goes on with its history")
        text = f"{last}: no run has had this target, so the guards compare with no earlier run"
        if listed:
            text += f"; {count(listed, 'leaver')} could still get in after it"
        return Reason(HISTORY, text, warning=True)


def predecessor_of(journal: "Journal", prepared: PreparedRun) -> Predecessor | None:
    """Return the history that a run goes on with; None if it has its own, or a connection."""
    name = prepared.connection_name
    if prepared.request.connection is not None or journal.runs(name, limit=1):
        return None
    others = (each for each in journal.connections() if " " in each)  # those without a connection
    newest = [run for each in others for run in journal.runs(each, limit=1)]
    for last in sorted(newest, key=lambda run: run.id, reverse=True):
        found = _if_same(journal, last.start.connection, prepared)
        if found is not None:
            return None if journal.is_locked(found.name) else found
    return None


def _if_same(journal: "Journal", name: str, prepared: PreparedRun) -> Predecessor | None:
    """Return a history if it is that of the mapping's file, over the same systems."""
    runs = journal.runs(name, limit=_LOOK_BACK)
    text = next((text for run in runs if (text := journal.plan_of(run.id))), "")
    plan: dict[str, Any] = json.loads(text) if text else {}
    file = plan.get("mapping", {}).get("file", "")
    if not file or plan.get("connection") or not _is_same_file(file, prepared.request.mapping):
        return None
    inputs: Mapping[str, Mapping[str, Any]] = plan.get("inputs", {})
    was = []
    for role, now in prepared.plan_inputs.items():
        if role not in ("source", "target"):
            continue
        then = inputs.get(role, {})
        if not _is_same_system(then, now):
            return None
        if then["resource"] != now.resource:
            was.append(f"{then['connector']} {then['resource']} as {role}")
    continues = not any(each.endswith(" as target") for each in was)
    if runs[0].start.mapping != prepared.spec.name:
        was.append(f"the name {runs[0].start.mapping}")
    return Predecessor(name, runs[0], continues, tuple(was)) if was else None


def _is_same_file(one: str, other: str) -> bool:
    return one == other or Path(one).resolve() == Path(other).resolve()


def _is_same_system(then: Mapping[str, Any], now: PlanInput) -> bool:
    """Return whether an input is the same but for the path of a file."""
    if then.get("connector") != now.connector:
        return False
    if now.connector == FILES:
        return True
    return then.get("resource") == now.resource and then.get("options") == dict(now.options)
