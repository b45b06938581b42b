"""Finds the earlier history of an edited mapping, for runs without a connection.

The name of such a run comes from the mapping's name and from what is read and written. Editing one
of them would silently begin a new history: guards would compare with nothing, and leavers who can
still get in would be off the list. The same goes for a history that an earlier version named by the
paths as given.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.core.phrases import count
from oneway.history.name_digests import NameDigests
from oneway.planning.plan import Reason
from oneway.planning.plan_inputs import PlanInput
from oneway.runs.prepare.prepared import PreparedRun
from oneway.runs.prepare.whereabouts import (
    file_of,
    inputs_of,
    is_same_file,
    options_of,
    with_digest,
)

if TYPE_CHECKING:
    from oneway.history.journal import Journal, Run

HISTORY = "history"
"""The code of the remark."""
_LOOK_BACK = 50
"""Runs of which one has a plan: refused ones have none."""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The last history of a mapping file under another name.

    `continues`: source and target are the same, so that its links, sizes and counts hold.
    """

    name: str
    run: "Run"
    continues: bool
    was: tuple[str, ...]
    """What has changed since, with its old value: "file people.csv", "the name people"."""

    def remark(self, listed: int, zone: str) -> Reason | None:
        """Return the remark of a plan about it; `listed` were leavers who could still get in."""
        if not self.was:
            return None
        last = f"the last run of this mapping, on {day(self.run.start.started, zone)}, had "
        last += " and ".join(self.was)
        if self.continues:
            return Reason(HISTORY, f"{last}: this one goes on with its history")
        role = "target" if any(each.endswith(_AS_TARGET) for each in self.was) else "source"
        text = f"{last}: no run has had this {role}, so the guards compare with no earlier run"
        if listed:
            text += f"; {count(listed, 'leaver')} could still get in after it"
        return Reason(HISTORY, text, warning=True)


def predecessor_of(
    journal: "Journal", prepared: PreparedRun, names: NameDigests
) -> Predecessor | None:
    """Return the history that a run continues; None if it has its own, or a connection.

    One with names by another seal.key is of another folder, whose files may have the same paths.
    """
    name = prepared.connection_name
    if prepared.request.connection is not None or journal.runs(name, limit=1):
        return None
    others = (each for each in journal.connections() if " " in each)  # those without a connection
    newest = [run for each in others for run in journal.runs(each, limit=1)]
    for last in sorted(newest, key=lambda run: run.id, reverse=True):
        found = _if_same(journal, last.start.connection, prepared)
        if found is not None and not is_by_another_key(journal, found.name, names):
            return None if journal.is_locked(found.name) else found
    return None


def is_by_another_key(journal: "Journal", name: str, names: NameDigests) -> bool:
    """Return whether runs of a history digested names with another seal.key than ours."""
    from oneway.history.journal.links import some_names  # loads the store

    return any(map(names.is_by_another_key, some_names(journal, name)))


def _if_same(journal: "Journal", name: str, prepared: PreparedRun) -> Predecessor | None:
    """Return a history if it is that of the mapping's file, over the same systems."""
    runs = journal.runs(name, limit=_LOOK_BACK)
    text = next((text for run in runs if (text := journal.plan_of(run.id))), "")
    plan: dict[str, Any] = json.loads(text) if text else {}
    if not plan or plan.get("connection"):
        return None
    inputs = inputs_of(plan)
    folder = _folder_of(name, plan.get("mapping", {}), inputs, prepared)
    if folder is None:
        return None
    was, continues = list[str](), True
    edited = plan["mapping"].get("digest") != prepared.spec.digest
    for role in ("source", "target"):
        then, now = inputs.get(role), prepared.plan_inputs[role]
        if then is None:
            return None
        if _is_same(then, folder, now):
            continue
        if not (file_of(then) and file_of(now)) and _is_given(then, now, prepared, edited=edited):
            return None
        was.append(f"{earlier_words(then, now)} as {role}")
        continues &= role == "source" and bool(file_of(then) and file_of(now))
    file = plan["mapping"]["file"]
    if _has_moved(folder / file, prepared.request.mapping):
        was.append(f"the path {file}")
    if runs[0].start.mapping != prepared.spec.name:
        was.append(f"the name {runs[0].start.mapping}")
    return Predecessor(name, runs[0], continues, tuple(was))


def _folder_of(
    name: str, mapping: Mapping[str, Any], inputs: Mapping[str, PlanInput], prepared: PreparedRun
) -> Path | None:
    """Return the folder from which a plan's paths lead to this run's mapping; None if none does.

    Plans do not keep the folder that they were made in. It is nearly always the state folder's.
    Otherwise the paths count from here, if they give the name of the history, which another
    folder's do not. A mapping may have moved to another folder since.
    """
    file, home, ours = mapping.get("file", ""), prepared.home or Path(), prepared.request.mapping
    if not file:
        return None
    if (home / file).exists():
        return home if is_same_file(home / file, ours) else None
    told = mapping.get("name", "")
    names = [with_digest(told, inputs, each) for each in (home, None)]
    if is_same_file(Path(file), ours):
        return Path() if name in names else None
    moved = _has_moved(Path(file), ours) and told == prepared.spec.name
    return Path() if moved and name == names[0] else None


def _is_given(then: PlanInput, now: PlanInput, prepared: PreparedRun, *, edited: bool) -> bool:
    """Return whether a system differs because of the command line or the environment.

    It is then another account, such as a sandbox, and the mapping was not edited.
    """
    request = prepared.request
    if request.source or request.target or request.options:
        return True
    return not edited and then.manifest == now.manifest


def _is_same(then: PlanInput, folder: Path, now: PlanInput) -> bool:
    """Return whether an input is the same file or system."""
    old, new = file_of(then), file_of(now)
    if old and new:
        return is_same_file(folder / old, new) or _has_moved(folder / old, new)
    return not old and not new and _system(then) == _system(now)


def _has_moved(one: Path, other: str | Path) -> bool:
    """Return whether a file that is gone has the name of another, in another folder."""
    return one.name == Path(other).name and not one.exists()


def _system(each: PlanInput) -> tuple[object, ...]:
    return each.connector, each.resource, each.file, options_of(each)


def earlier_words(then: PlanInput, now: PlanInput) -> str:
    """Return in words what an input was, with the options that differed."""
    if file_of(then) or (then.connector, then.resource) != (now.connector, now.resource):
        return then.text
    new = options_of(now)
    old = [f"{name} {value}" for name, value in options_of(then).items() if new.get(name) != value]
    return f"{then.text} with {' and '.join(old) or 'fewer options'}"


_AS_TARGET = " as target"
