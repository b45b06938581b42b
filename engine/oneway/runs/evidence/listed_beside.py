"""Finds the leavers that other histories of the same source and target have listed.

A history is found by its name: that of the connection, or one made of the mapping's name and its
files. If the name changes, another history begins or goes on, which would know nothing of the
leavers listed under the first name. So a run takes over the lists that runs of other names have
made of its systems since its own last run.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oneway.core.dataclass import dataclass
from oneway.core.instants import day
from oneway.core.phrases import count
from oneway.planning.access import StillIn
from oneway.planning.listed_before import Records
from oneway.planning.plan import Reason
from oneway.runs.past.predecessor import HISTORY, is_by_another_key
from oneway.runs.prepare.whereabouts import inputs_of, is_same_file, systems_text
from oneway.runs.session import RunSession

if TYPE_CHECKING:
    from oneway.history.journal import Run
    from oneway.history.journal.remit import Remit

_LOOK_BACK = 50
"""How many runs to look back for one that knows who can still get in."""


@dataclass(frozen=True, slots=True)
class ListedBeside:
    """The leavers that another history has listed; `records` are beyond those of the list."""

    name: str
    run: "Run"
    listed: tuple[StillIn, ...]
    records: Records

    def remark(self, zone: str) -> Reason:
        """Return the remark of a plan that takes over the list."""
        who = f"{count(len(self.listed), 'leaver')} who could still get in"
        text = f"'{self.name}' has the same source and target, and its last run, on "
        text += f"{day(self.run.start.started, zone)}, listed {who}: they stay listed here"
        return Reason(HISTORY, text, warning=True)


def listed_beside(session: RunSession, since: int) -> Iterator[ListedBeside]:
    """Yield what other histories of the run's systems have listed after the run `since`."""
    from oneway.history.journal.disconnected import disconnected_runs  # loads the store
    from oneway.history.journal.remit import ends_access, remits_since
    from oneway.history.last_good import last_still_in, remembered_records

    journal = session.past
    if journal is None or not ends_access(session.prepared.compiled.code.policy):
        return
    for name, remit in remits_since(journal, since).items():
        known = remit.systems in ("", session.place[0]) and remit.ends_access
        if not known or name in (session.name, session.past_name):
            continue
        runs = journal.runs(name, limit=_LOOK_BACK)
        listed, records = last_still_in(runs), remembered_records(journal, runs)
        if not (listed or records) or runs[0].id in disconnected_runs(journal):
            continue
        if _is_ours(session, name, remit, runs):
            yield ListedBeside(name, runs[0], listed, records)


def _is_ours(session: RunSession, name: str, remit: "Remit", runs: "tuple[Run, ...]") -> bool:
    """Return whether a history is of the same people as this run.

    It is not if another mapping still makes it, or another connection, such as that of another
    country, unless most people of that one are this run's as well. Two histories with links, and
    none in common, are of different people.
    """
    from oneway.history.journal.links import links

    journal, request = session.journal, session.prepared.request
    text = next(filter(None, (journal.plan_of(each.id) for each in runs)), "")
    plan: Mapping[str, Any] = json.loads(text) if text else {}
    if not plan or is_by_another_key(journal, name, session.names):
        return False
    home = session.prepared.home
    if not remit.systems:  # an older version ran it
        ours, theirs = session.prepared.plan_inputs, inputs_of(plan)
        if systems_text(theirs, home) != systems_text(ours, home):
            return False
    if _is_another(plan["mapping"]["file"], request.mapping, home):
        return False
    pairs, own_pairs = links(journal, name).pairs, {*links(journal, session.past_name).pairs}
    if pairs and own_pairs and own_pairs.isdisjoint(pairs):
        return False
    connection, own = plan.get("connection") or {"file": ""}, request.connection
    if not _is_another(connection["file"], own.file if own is not None else "", home):
        return True
    if own is None and remit.account == session.place[1]:  # by hand, beside a connection
        return True
    return 2 * sum(each in own_pairs for each in pairs) > len(pairs)


def _is_another(file: str, ours: str, home: Path | None) -> bool:
    """Return whether a file of a stored plan still exists and is not ours."""
    if not file:
        return False
    there = [each for folder in (home, Path()) if folder and (each := folder / file).exists()]
    return bool(there) and not any(is_same_file(each, ours) for each in there)
