"""Siblings of situations that people report, each over every variant: one outcome each.

The table (`siblings.yaml`) says what happens by day and what a careful person wants of the last
night. The town fails a night in which anybody is created again, written onto another's record or
sent away while payroll has them.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from nights.night import MAPPING, Night
from nights.town import FAULTS, LAG, Person, Town, Violation
from oneway.history.journal import Journal
from oneway.history.journal.links import learn
from oneway.planning.links import Link
from oneway.planning.plan import Plan
from oneway.state.folder import StateFolder
from postgres import Server, running
from simulation.crash import Crash, Steps, journal_steps

Json = dict[str, Any]
SITUATIONS = yaml.safe_load(Path(__file__).with_name("siblings.yaml").read_text(encoding="utf-8"))
MAIL_FIRST = [
    {"source": "mail", "target": "email", "compare": "ignore_case"},
    {"source": "code", "target": "ref"},
]
CODE_FIRST = [*reversed(MAIL_FIRST)]
SECRET = {
    "ref": {"from": "code", "write": "on_create", "sensitive": True},
    "person": MAPPING["fields"]["person"],
    "fullName": "name",
    "email": {"from": "mail", "compare": "ignore_case", "sensitive": True},
}


@dataclass(frozen=True)
class Variant:
    """What differs beside the situation: the mapping, the store, and a night in between."""

    rules: Json = field(default_factory=dict)
    shared: bool = False
    between: str = ""
    by_id: bool = True


VARIANTS = {
    "plain": Variant(),
    "PostgreSQL": Variant(shared=True),
    "another key first": Variant({"match": MAIL_FIRST}),
    "a second key": Variant({"match": CODE_FIRST}),
    "keys that are sensitive": Variant({"fields": SECRET}),
    "held in between": Variant(between="held"),
    "dies in between": Variant(between="died"),
    "refused in between": Variant(between="refused"),
    "without a get": Variant(by_id=False),
}


EVERY = bool(os.environ.get("EVERY_SIBLING"))
"""Whether each situation is lived in each variant, and not in one of them each."""


class Dice(Random):
    """Dice whose faults are chosen, and that let nothing be late."""

    fault = ""
    late = 0.0

    def choice(self, seq: Any) -> Any:
        """Return the fault that is due, and else the first of what there is to choose from."""
        if seq is FAULTS:
            return self.fault
        return self.late if self.late in seq else seq[0]

    def random(self) -> float:
        """Return the least that there is: a fault that is due comes."""
        return 0.0


class Stores:
    """The stores of one connection: the one in use, a backup, and empty ones."""

    def __init__(self, folder: Path, server: Server | None) -> None:
        self.server = server
        self.folder = folder
        self.made = 0
        self.backup: tuple[Path, str | None] | None = None

    def empty(self) -> tuple[Path, str | None]:
        """Return a folder and a database that hold nothing."""
        self.made += 1
        return self.folder / f"state{self.made}", self.server.database() if self.server else None

    def copied(self, folder: Path, store: str | None) -> tuple[Path, str | None]:
        """Return copies of a folder and of a database."""
        self.made += 1
        copy = self.folder / f"state{self.made}"
        shutil.copytree(folder, copy)
        if self.server is None or store is None:
            return copy, None
        return copy, self.server.copy(store)


class Story:
    """One situation over one variant."""

    def __init__(self, stores: Stores, situation: Json, variant: Variant) -> None:
        self.dice = Dice(0)
        self.town = Town(self.dice, datetime(2026, 6, 15, 4, tzinfo=UTC))
        for number in range(1, 7):
            mail = f"p{number}@example.com"
            self.town.people.append(Person(number, f"s{number}", f"C{number}", mail))
        for number in situation.get("joins", ()):
            self.town.people[number - 1].here = False
        rules = MAPPING | situation.get("rules", {}) | variant.rules
        if not variant.by_id:
            rules.pop("gone", None)
        folder, store = stores.empty()
        self.stores = stores
        self.night = Night(self.town, folder, rules, variant.by_id, lambda _: None, store)
        self.variant = variant
        self.situation = situation
        self.steps = Steps()
        self.plan: Plan | None = None

    def lived(self) -> None:
        """Live through all nights; raise `Violation`."""
        with journal_steps(self.steps):
            for number, day in enumerate(self.situation["days"]):
                if number == len(self.situation["days"]) - 1 and self.variant.between:
                    self._between()
                self._day(day)

    def _day(self, day: Json) -> None:
        town = self.town
        if "store" in day:
            self._replace_store(day["store"])
        for number, edits in day.get("people", {}).items():
            for name, value in edits.items():
                setattr(town.people[number - 1], name, value)
        users = {user["person"]: id for id, user in town.users.items()}
        for number, values in day.get("users", {}).items():
            if values is None:
                del town.users[users[number]], town.shows_from[users[number]]
            else:
                town.users[users[number]].update(values)
        town.hidden = frozenset(users[each] for each in day.get("hides", ()) if each in users)
        town.unread = frozenset(town.people[each - 1].source_id for each in day.get("lacks", ()))
        self.dice.fault, town.faults = day.get("fault", ""), float("fault" in day)
        self.dice.late = day.get("late", 0.0)
        self.plan = self.night.run()
        self.dice.fault, town.faults = "", 0.0
        if day.get("keeps"):
            self.stores.backup = self.stores.copied(self.night.folder, self.night.store)
        town.pass_time(timedelta(minutes=day.get("minutes", 24 * 60)))

    def _replace_store(self, by: str | Json) -> None:
        """Put the backup in the store's place, or nothing, or a store with other links."""
        with Journal.open(StateFolder(self.night.folder, self.night.store).journal) as used:
            (name,) = used.connections()
        if by == "backup":
            assert self.stores.backup is not None
            folder, store = self.stores.copied(*self.stores.backup)
        else:
            folder, store = self.stores.empty()
        self.night = replace(self.night, folder=folder, store=store)
        if isinstance(by, dict):
            since = "2026-06-01T04:00:00Z"
            found = [Link(s, t, "", since, since) for s, t in by.items()]
            with Journal.open(StateFolder(folder, store).journal) as opened:
                learn(opened, name, found)

    def _between(self) -> None:
        """Let a night pass of which nothing is known at its end."""
        others = [each for each in self.town.people[3:] if each.here]
        for each in others:
            each.here = self.variant.between != "held"
        self.town.people[5].version += self.variant.between == "died"
        self.town.whole = self.variant.between != "refused"
        self.steps.arm(2 if self.variant.between == "died" else None, from_writing=True)
        try:
            self.night.run()
        except Crash:
            pass
        finally:
            self.steps.arm(None)
        for each in others:
            each.here = True
        self.town.whole = True
        self.town.pass_time(timedelta(days=1) + LAG)

    def has_one_of_each_code(self) -> bool:
        """Return whether no two records have one code: the next night would not know whose."""
        codes = [each["ref"] for each in self.town.users.values() if each["ref"] is not None]
        return len(codes) == len(set(codes))

    def said(self) -> dict[int, str]:
        """Return what the last plan says of the people that the situation is about."""
        if self.plan is None:
            return dict.fromkeys(self.situation["ends"], "refused")
        by_id = {each.source_id: each for each in self.plan.outcomes if each.source_id}
        said = {}
        for number in self.situation["ends"]:
            found = by_id.get(self.town.people[number - 1].source_id)
            codes = (
                sorted(each.code for each in found.reasons if each.code in ABOUT) if found else ()
            )
            said[number] = " ".join([found.kind.value, *codes]) if found else ""
        return said

    def accounts(self) -> dict[int, int]:
        """Return how many accounts there are of each person of the situation."""
        held = [each["person"] for each in self.town.users.values()]
        return {number: held.count(number) for number in self.situation["accounts"]}


ABOUT = {
    *("rekeyed", "claimed", "reused", "adopted", "gone", "unlisted", "unproven", "reissued"),
    *("duplicate", "ambiguous", "taken", "leaver_unmatched", "second_look", "pending"),
}


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as found:
        yield found


@pytest.fixture(scope="module")
def server(stack: ExitStack) -> Server:
    return stack.enter_context(running())


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_each_sibling_ends_as_a_careful_person_wants(
    variant: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    wrong: dict[str, Json] = {}
    first, step = (0, 1) if EVERY else (sorted(VARIANTS).index(variant), len(VARIANTS))
    for number, situation in enumerate(SITUATIONS[first::step]):
        how = VARIANTS[variant]
        server = request.getfixturevalue("server") if how.shared else None
        story = Story(Stores(tmp_path / f"{number}", server), situation, how)
        if variant in situation.get("not", ()):
            continue
        try:
            story.lived()
        except Violation as violation:
            wrong[situation["name"]] = {"never": str(violation)}
            continue
        wanted = situation["ends"] | situation.get("where", {}).get(variant, {})
        assert story.has_one_of_each_code(), situation["name"]
        found = (story.said(), story.accounts())
        if found != (wanted, situation["accounts"]):
            wrong[situation["name"]] = {"wanted": wanted, "found": found}
    assert wrong == {}, yaml.safe_dump(wrong)
