"""The people as they really are, payroll's list of them, and a directory that shows less.

The town keeps what the engine must not see: who each directory record belongs to. A write is
looked at as it arrives, so that what must never happen is found when it does.
"""

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from oneway.core.connector_errors import NotSent, Rejected, Unknown
from oneway.core.progress import Progress, silent
from oneway.core.records import Record, Snapshot

LAG = timedelta(minutes=15)
FAULTS = ("lost", "answer lost", "accepted", "accepted", "not sent", "existing", "rejected")

Json = dict[str, Any]


class Violation(AssertionError):
    """Something that must never happen has happened."""


@dataclass
class Person:
    """One human being. `here` says whether payroll speaks of them at all."""

    number: int
    source_id: str
    code: str
    mail: str
    version: int = 1
    employed: bool = True
    here: bool = True

    @property
    def name(self) -> str:
        """A name that nobody else ever has."""
        return f"P{self.number} v{self.version}"

    @property
    def record(self) -> Json:
        """What payroll says of them."""
        return {
            "id": self.source_id,
            "code": self.code,
            "name": self.name,
            "mail": self.mail,
            "status": "E" if self.employed else "L",
            "person": self.number,
        }


@dataclass
class Town:
    """Everything outside of the engine, and the clock."""

    dice: Random
    now: datetime
    people: list[Person] = field(default_factory=list)
    users: dict[str, Json] = field(default_factory=dict)
    shows_from: dict[str, datetime] = field(default_factory=dict)
    to_come: list[tuple[datetime, Json]] = field(default_factory=list)
    honours_tokens: bool = False
    by_token: dict[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    """The directory records that tonight's lists lack."""
    unread: frozenset[str] = frozenset()
    """The source ids that tonight's first reading of payroll lacks."""
    whole: bool = True
    """Whether the directory's list is read to its end."""
    faults: float = 0.0
    matched: frozenset[str] = frozenset()
    """The source ids that the last plan found a record for."""
    pairs: dict[tuple[str, str], int] = field(default_factory=dict)
    """Whoever first had an id together with a code."""
    counts: Counter[str] = field(default_factory=Counter)
    made: int = 0

    def somebody(self) -> Person | None:
        """Return anybody of whom payroll speaks."""
        here = [each for each in self.people if each.here]
        return self.dice.choice(here) if here else None

    def is_known(self, person: Person) -> bool:
        """Return whether the directory has somebody as they are, under the id that they have."""
        user = next((u for u in self.users.values() if u.get("person") == person.number), None)
        return user is None or (
            (user["fullName"], user["email"]) == (person.name, person.mail)
            and person.source_id in self.matched
        )

    def tell_apart(self) -> None:
        """Give a new code to whoever has come to another's id and code, both.

        Nothing but a name would tell them apart; that is for a guard of its own.
        """
        for each in self.people:
            owner = self.pairs.setdefault((each.source_id, each.code), each.number)
            if owner != each.number:
                self.made += 1
                each.code = f"N{self.made}"
                self.pairs[each.source_id, each.code] = each.number

    def person(self, number: Any) -> Person | None:
        """Return a person by number."""
        return next((each for each in self.people if each.number == number), None)

    def pass_time(self, time: timedelta) -> None:
        """Let the clock go on, and what was accepted happen."""
        self.now += time
        due = [each for each in self.to_come if each[0] <= self.now]
        self.to_come = [each for each in self.to_come if each[0] > self.now]
        for when, values in due:
            self.add(values, when, at_once=True)

    def add(self, values: Mapping[str, Any], when: datetime, *, at_once: bool = False) -> str:
        """Create a directory record, which may not be seen for a while, but by the lag's end."""
        owner = values.get("person")
        for id, user in self.users.items():
            if user.get("person") == owner:
                raise Violation(f"person {owner} has record {id}, and is created again")
        self.made += 1
        id = f"t{self.made}"
        self.users[id] = {"id": id, "active": True, **copy.deepcopy(dict(values))}
        late = 0 if at_once else self.dice.choice([0, 0, 0.5, 0.99])
        self.shows_from[id] = when + LAG * late
        self.counts["created"] += 1
        return id

    def seen(self) -> dict[str, Json]:
        """Return the directory records that can be seen by now."""
        return {id: user for id, user in self.users.items() if self.shows_from[id] <= self.now}


@dataclass
class Payroll:
    """Reads payroll; its first reading may lack people, as a list that is paged does."""

    town: Town
    readings: int = 0

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return everybody, or nearly."""
        self.readings += 1
        lacking = self.town.unread if self.readings == 1 else frozenset()
        here = (each for each in self.town.people if each.here and each.source_id not in lacking)
        return Snapshot(tuple(Record(each.source_id, each.record) for each in here))

    def get(self, id: str) -> Record | None:
        """Return one record, whatever the lists lack."""
        found = (each for each in self.town.people if each.here and each.source_id == id)
        return next((Record(id, each.record) for each in found), None)

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        """Return everybody."""
        return self.read().records


@dataclass
class DirectorySystem:
    """Reads and writes the directory."""

    town: Town
    batch: int = 1

    def read(self, progress: Progress = silent) -> Snapshot:
        """Return what the list shows."""
        shown = (u for id, u in self.town.seen().items() if id not in self.town.hidden)
        records = tuple(Record(each["id"], copy.deepcopy(each)) for each in shown)
        return Snapshot(records, self.town.whole)

    def get(self, id: str) -> Record | None:
        """Return one record, also one that the list lacks."""
        user = self.town.seen().get(id)
        return None if user is None else Record(id, copy.deepcopy(user))

    def find(self, path: str, value: object) -> tuple[Record, ...]:
        """Return everybody that can be seen: a search goes past what a list leaves out."""
        users = self.town.seen().values()
        return tuple(Record(each["id"], copy.deepcopy(each)) for each in users)

    def create(self, values: Mapping[str, Any], token: str) -> str:
        """Create a record, or not; the answer may be lost, or be no answer."""
        town = self.town
        if town.honours_tokens and token in town.by_token:
            return town.by_token[token]
        match self._fault():
            case "accepted":
                # What will happen is as good as done: whoever sends it again doubles it.
                town.to_come.append((town.now + LAG * town.dice.random(), dict(values)))
                raise Unknown("W113", "accepted", accepted=True)
            case "existing" if town.users:
                return town.dice.choice(sorted(town.users))
            case "answer lost":
                town.by_token[token] = town.add(values, town.now)
                raise Unknown("W102", "the answer is lost")
        town.by_token[token] = town.add(values, town.now)
        return town.by_token[token]

    def update(self, id: str, values: Mapping[str, Any], token: str) -> None:
        """Write some fields of a record; whose it is must not change."""
        town, lost = self.town, self._fault() == "answer lost"
        user = town.users[id]
        owner = town.person(user.get("person"))
        name = values.get("fullName")
        if name is not None and (owner is None or not name.startswith(f"P{owner.number} ")):
            raise Violation(f"record {id} of person {user.get('person')} is written as {name}")
        mail = values.get("email")
        if mail is not None and owner is not None and mail != owner.mail:
            raise Violation(f"record {id} of person {owner.number} gets the address {mail}")
        ref = values.get("ref")
        if ref is not None and any(u["ref"] == ref for i, u in town.seen().items() if i != id):
            raise Violation(f"record {id} gets the code {ref}, which another record has")
        if values.get("active") is False and owner is not None and owner.here and owner.employed:
            raise Violation(f"person {owner.number} is in payroll, and record {id} is deactivated")
        user.update(copy.deepcopy(dict(values)))
        town.counts["left" if values.get("active") is False else "updated"] += 1
        if lost:
            raise Unknown("W102", "the answer is lost")

    leave = reactivate = update

    def flush(self) -> None:
        """Return at once."""

    def _fault(self) -> str:
        if self.town.dice.random() >= self.town.faults:
            return ""
        fault = self.town.dice.choice(FAULTS)
        self.town.counts[f"fault: {fault}"] += 1
        match fault:
            case "lost":
                raise Unknown("W102", "lost")
            case "not sent":
                raise NotSent("W101", "not sent")
            case "rejected":
                raise Rejected("W105", "refused")
        return fault
