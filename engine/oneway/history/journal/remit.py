"""Stores what a connection's mapping does to its target records.

Other connections with the same target read this. A connection that never ends access is no reason
to let anybody in, and a field is left to another connection only if that one writes it. The last
run's record replaces earlier ones.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from oneway.core.dataclass import dataclass
from oneway.history.journal.journal import Journal
from oneway.history.journal.packed import unpacked
from oneway.history.journal.tables import run, snapshot
from oneway.mapping.policy import Policy
from oneway.mapping.spec import Absent, Write

_NAME = "remit"
"""The name of this data among that stored with a run."""


@dataclass(frozen=True, slots=True)
class Remit:
    """What a mapping does to a target record that it has matched.

    `fields` are the paths that it writes, `keys` those of its match keys, and `rules` the ids of
    its `eligible` rules. `ends_access` says whether it knows leavers, or deactivates absent people.
    `systems` is a keyed digest of the source and target, and `account` one of the places of their
    credentials; both are blank if an older version stored it.
    """

    fields: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    ends_access: bool = False
    systems: str = ""
    account: str = ""

    @classmethod
    def of(cls, policy: Policy, systems: str = "", account: str = "") -> "Remit":
        """Return the remit of a mapping, by its policy, over these systems."""
        again = (Write.OVERWRITE, Write.IF_EMPTY)
        written = {each.path for each in policy.fields if each.write in again}
        return cls(
            frozenset(written.union(each.path for each in policy.leaving)),
            frozenset(filter(None, policy.match_paths)),
            frozenset(each.id for each in policy.rules),
            ends_access(policy),
            systems,
            account,
        )

    def of_ours(self, policy: Policy) -> frozenset[str]:
        """Return the fields of our mapping that the other one writes as well.

        With `on_create`, we write a field of a matched record only if its person has a new key.
        Fields that are only written together are left together.
        """
        theirs = {
            each.path
            for each in (*policy.fields, *policy.leaving)
            if each.path in self.fields
            or (each.path in self.keys and each.write is Write.ON_CREATE)
        }
        groups = ({policy.fields[i].path for i in each} for each in policy.together)
        return frozenset(theirs.union(*(each for each in groups if theirs & each)))


def ends_access(policy: Policy) -> bool:
    """Return whether a mapping ever ends access."""
    return policy.has_leavers or policy.absent is Absent.DEACTIVATE


def store_remit(journal: Journal, connection: str, id: int, remit: Remit) -> None:
    """Store it with a run, and delete those stored with earlier runs."""
    names = {each: sorted(getattr(remit, each)) for each in ("fields", "keys", "rules")}
    others = {each: getattr(remit, each) for each in ("ends_access", "systems", "account")}
    data = {**names, **others}
    ours = select(run.c.id).where(run.c.connection == connection)
    which = (snapshot.c.name == _NAME) & snapshot.c.run.in_(ours)
    with journal.at_once():
        journal.change(delete(snapshot).where(which), at_least=0)
        journal.store_data(id, _NAME, json.dumps(data).encode())


def stored_remit(journal: Journal, connection: str) -> Remit | None:
    """Return the remit of a connection's last run; None if an older version ran it."""
    query = select(run.c.id).join(snapshot, snapshot.c.run == run.c.id)
    query = query.where((run.c.connection == connection) & (snapshot.c.name == _NAME))
    found = journal.rows(query.order_by(run.c.id.desc()).limit(1))
    if not found:
        return None
    return _remit(json.loads(journal.stored_data(found[0].id, _NAME)[_NAME]))


def remits_since(journal: Journal, id: int) -> Mapping[str, Remit]:
    """Return the remits of the connections that have stored one since a run, by their names."""
    query = select(run.c.connection, snapshot.c.data).join(run)
    query = query.where((snapshot.c.name == _NAME) & (run.c.id > id)).order_by(run.c.id)
    rows = journal.rows(query)
    return {
        each.connection: _remit(json.loads(unpacked(each.data, journal.place))) for each in rows
    }


def _remit(data: Mapping[str, Any]) -> Remit:
    fields, keys, rules = (frozenset(data[each]) for each in ("fields", "keys", "rules"))
    place = data.get("systems", ""), data.get("account", "")
    return Remit(fields, keys, rules, data["ends_access"], *place)
