"""Short histories of a few people who were listed, and a model of who must stay listed.

A record that was listed stays so until a run sees what ends it: the record says that its person
has left, somebody employed has it, or each of those whose it may be stays. While the target shows
it to be gone it may be off the list, and is on it again as soon as it is there again.

Whoever the source has said to have left is listed if their row is gone and their record gives
access, whether or not anything had to be written when it said so.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from oneway.core.connector_errors import Rejected
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot
from oneway.history.journal import Journal
from oneway.planning.access import StillIn
from oneway.planning.plan import Plan
from oneway.runs.systems import OpenSystems
from oneway.state.folder import StateFolder

from .night import MAPPING, Night
from .town import Town

Json = dict[str, Any]


@dataclass
class Lists:
    """What both systems show tonight, and which leaves the target refuses."""

    people: Sequence[Record] = ()
    users: dict[str, Json] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    refusing: bool = False

    def shown(self) -> dict[str, Json]:
        """Return the target records that can be seen."""
        return {id: user for id, user in self.users.items() if id not in self.hidden}


@dataclass
class Source:
    """Reads the people."""

    lists: Lists

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return everybody."""
        return Snapshot(tuple(self.lists.people))

    def get(self, id: str) -> Record | None:
        """Return one record."""
        return next((each for each in self.lists.people if each.id == id), None)

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        """Return everybody."""
        return tuple(self.lists.people)


@dataclass
class Target:
    """Reads and writes the users; each is hidden from lists and from requests alike."""

    lists: Lists
    batch: int = 1

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return who is shown."""
        return Snapshot(self.find("", ""))

    def get(self, id: str) -> Record | None:
        """Return one record."""
        return next((each for each in self.find("", "") if each.id == id), None)

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        """Return who is shown."""
        shown = self.lists.shown().items()
        return tuple(Record(id, {"id": id, **copy.deepcopy(user)}) for id, user in shown)

    def create(self, values: Mapping[str, Any], token: str) -> str:
        """Refuse: nobody new comes."""
        raise Rejected("W105", "nobody new")

    def update(self, id: str, values: Mapping[str, Any], token: str) -> None:
        """Write some fields of a record."""
        self.lists.users[id].update(values)

    reactivate = update

    def leave(self, id: str, values: Mapping[str, Any], token: str) -> None:
        """End somebody's access, unless leaves are refused tonight."""
        if self.lists.refusing:
            raise Rejected("W105", "not now")
        self.update(id, values, token)

    def flush(self) -> None:
        """Return at once."""


class InLists(OpenSystems):
    """The systems of a run."""

    def __init__(self, prepared: Any, lists: Lists) -> None:
        super().__init__(prepared)
        self.lists = lists

    def reader(self, each: Any) -> Any:
        """Return the reader of either system."""
        return Source(self.lists) if each.resource == "people" else Target(self.lists)

    def writer(self, each: Any) -> Any:
        """Return the writer of the target."""
        return Target(self.lists)


@dataclass(frozen=True)
class ListedNight(Night):
    """One connection over such lists."""

    lists: Lists = field(default_factory=Lists)

    def systems_of(self, prepared: Any) -> Any:
        """Return the systems of a run."""
        return InLists(prepared, self.lists)


class Story:
    """One connection over some nights, and the model of whom it must list."""

    def __init__(
        self, folder: Path, rules: Json, users: Mapping[str, Json], *, by_id: bool
    ) -> None:
        town = Town(Random(0), datetime(2026, 6, 15, 4, tzinfo=UTC))
        mapping = MAPPING | {"fields": FIELDS} | rules | ({"gone": "report"} if by_id else {})
        self.lists = Lists(users={**others()[1], **{id: {**each} for id, each in users.items()}})
        self.night = ListedNight(town, folder, mapping, by_id, lambda _: None, lists=self.lists)
        self.owners: dict[str, set[str]] = {}
        """Whose each record may be that was listed, and that nothing has ended yet."""
        self.left: dict[str, set[str]] = {}
        """Whose record each is that had left by the source, until somebody employed has it."""
        self.asked: set[str] = set()
        """Those of them who were in the last list, or whose records were."""

    def live(self, night: Json) -> Sequence[StillIn]:
        """Let a night pass; return who is listed, and fail if somebody is not who must be.

        `people` are the rows of the source, `users` what somebody edits in the target before,
        `hidden` what it does not show, `refusing` whether it refuses leaves. `moves` are records
        that have other ids from then on, `new` are new ones.
        """
        lists = self.lists
        self._move(night.get("moves", {}))
        lists.people = [*map(record_of, night.get("people", ())), *others()[0]]
        lists.users |= {id: {**each} for id, each in night.get("new", {}).items()}
        for id, active in night.get("active", {}).items():
            if id in lists.users:
                lists.users[id]["active"] = active
        for id, edits in night.get("users", {}).items():
            lists.users[id].update(edits)
        lists.hidden = frozenset(night.get("hidden", ()))
        lists.refusing = night.get("refusing", False)
        shown = copy.deepcopy(lists.shown())
        plan, listed = self._run()
        self._note_ended(plan, shown)
        named = {id for each in listed for id in (each.target_id, *each.candidates)}
        still = {
            id for id in self.owners.keys() & shown.keys() if lists.users[id]["active"] is not False
        }
        assert still | self._open_again(plan, shown) <= named, "somebody was forgotten"
        again = {each.target_id for each in listed if BEFORE in each.why}
        assert again <= self.owners.keys(), "what ended it was not seen"
        self._note_listed(listed)
        self._note_left(plan)
        return listed

    def _move(self, moves: Mapping[str, str]) -> None:
        """Give records other ids; what is known of them goes with them."""
        moves = {id: to for id, to in moves.items() if id in self.lists.users}
        if {*moves.values()} & (self.lists.users.keys() - moves.keys()):
            return  # some id is another record's
        for each in (self.lists.users, self.owners, self.left):
            moved = {moves.get(id, id): known for id, known in each.items()}
            each.clear()
            each.update(moved)  # type: ignore[arg-type]

    def _run(self) -> tuple[Plan, Sequence[StillIn]]:
        plan = self.night.run()
        assert plan is not None
        with Journal.open(StateFolder(self.night.folder).journal) as journal:
            (run,) = journal.runs(limit=1)
        self.night.town.pass_time(timedelta(days=1))
        return plan, run.still_in

    def _note_ended(self, plan: Plan, shown: Mapping[str, Json]) -> None:
        """Take note of what the run has seen to end.

        Of somebody who was a possible owner, only a clear answer counts, if they were in the list.
        """
        said = {each.id: each.data.get("status") for each in self.lists.people}
        known = set[str]().union(*self.owners.values())
        clear = {id for id, status in said.items() if status == "E" and id in self.asked}
        staying = {id for id, status in said.items() if status == "E"} - known | clear
        used = {each.target_id for each in plan.outcomes if each.source_id in staying}
        for id, whose in [*self.owners.items()]:
            out = id in shown and shown[id]["active"] is False
            stay = id in shown and bool(whose) and whose <= staying
            if out or id in used or stay:
                del self.owners[id]

    def _open_again(self, plan: Plan, shown: Mapping[str, Json]) -> set[str]:
        """Return the records of leavers that give access, where nobody's row says anything."""
        rows = {each.id for each in self.lists.people}
        taken = {each.target_id for each in plan.outcomes if each.source_id is not None}
        return {
            id
            for id, whose in self.left.items()
            if id in shown and id not in taken and whose.isdisjoint(rows)
            if self.lists.users[id]["active"] is not False
        }

    def _note_left(self, plan: Plan) -> None:
        said = {each.id: each.data.get("status") for each in self.lists.people}
        for each in plan.outcomes:
            if each.target_id is None or each.source_id is None:
                continue
            if said[each.source_id] == "L":
                self.left.setdefault(each.target_id, set()).add(each.source_id)
            elif said[each.source_id] == "E":
                self.left.pop(each.target_id, None)

    def _note_listed(self, listed: Sequence[StillIn]) -> None:
        now = set[str]()
        for each in listed:
            own = each.source_id
            if own is None and each.target_id is not None:
                self.owners.setdefault(each.target_id, set()).update(each.candidates)
                now.add(each.target_id)
            for id in filter(None, (each.target_id, *each.candidates)) if own else ():
                self.owners.setdefault(id, set()).add(str(own))
                now.add(id)
        persons = {each.source_id for each in listed if each.source_id}
        self.asked = persons.union(*(self.owners[id] for id in now))


BEFORE = "was in this list before"
FIELDS = {path: each for path, each in MAPPING["fields"].items() if path != "person"}


def others() -> tuple[list[Record], dict[str, Json]]:
    """Return four people who stay, and their users."""
    rows = [
        {"id": f"o{n}", "code": f"D{n}", "name": f"Bo {n}", "mail": f"b{n}@example.com"}
        for n in range(4)
    ]
    users = {
        f"u{n}": {"ref": each["code"], "fullName": each["name"], "email": each["mail"]}
        for n, each in enumerate(rows)
    }
    people = [Record(each["id"], {**each, "status": "E"}) for each in rows]
    return people, {id: {**each, "active": True} for id, each in users.items()}


def record_of(row: Json) -> Record:
    """Return a record; one with a `problem` cannot be read as a whole."""
    data = {key: value for key, value in row.items() if key != "problem"}
    return Record(row["id"], data, problem=row.get("problem", ""))
