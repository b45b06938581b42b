"""What happens by day, and one run of the engine by night."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oneway.core.description import Capability
from oneway.core.diagnostics import Refused
from oneway.core.records import Snapshot
from oneway.planning.links import REUSED
from oneway.planning.plan import Plan
from oneway.planning.plan_inputs import Allowance
from oneway.runs.prepare.prepared import Input, PreparedRun
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync
from oneway.runs.systems import OpenSystems
from oneway.state.folder import StateFolder
from worlds import FILE, World, catalogue, compiled

from .town import DirectorySystem, Payroll, Person, Town

EVERYTHING = tuple(
    Allowance(guard, 1_000, "test")
    for guard in ("creates", "updates", "leavers", "clears", "field_changes", "source_shrink")
)
MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "nights",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "person": {"from": "person", "write": "on_create"},
        "fullName": "name",
        "email": {"from": "mail", "compare": "ignore_case"},
    },
    "joiners": {"unless_taken": ["email"]},
    "label": "name",
    "leavers": {
        "when": "status == 'L'",
        "set": {"active": {"value": False}},
        "left": "active == `false`",
    },
    "rehires": {"reactivate": {"active": True}},
    "absent": "deactivate",
}


# By day


def join(town: Town) -> None:
    """Somebody new, perhaps with a code or an id that somebody had who has gone."""
    number = len(town.people) + 1
    gone = [each for each in town.people if not each.here or not each.employed]
    taken = {each.code for each in town.people if each.here and each.employed}
    ids = {each.source_id for each in town.people if each.here}
    code, id = f"C{number}", f"s{number}"
    if gone and town.dice.random() < 0.5:
        before = town.dice.choice(gone)
        if before.code not in taken:
            code = before.code
            if before.here:
                before.code = f"X{number}"
        elif town.dice.random() < 0.5 and before.source_id not in ids:
            # Not both: of who has another's id and code nothing but the name tells them apart.
            id = before.source_id
    town.people.append(Person(number, id, code, f"p{number}@example.com"))


def change(town: Town) -> None:
    """Somebody gets another name or address, or another code, or both in one night.

    The name or the address stays as the directory knows it: of somebody who has neither, and
    whose id payroll has given away, nobody could say who it is.
    """
    person = town.somebody()
    if person is None:
        return
    known = town.is_known(person)
    what = {town.dice.choice(["name", "mail", "code"])}
    if town.dice.random() < 0.4:
        what.add("code")
    town.made += 1
    if not known:
        what &= {"code"}
    if "name" in what:
        person.version += 1
    if "mail" in what:
        person.mail = f"p{person.number}.{town.made}@example.com"
    if "code" in what:
        person.code = f"N{town.made}"


def leave(town: Town) -> None:
    """Somebody leaves, comes back, or is in payroll no more."""
    person = town.somebody()
    if person is not None:
        match town.dice.choice(["leave", "leave", "return", "vanish", "vanish"]):
            case "leave":
                person.employed = False
            case "return":
                person.employed = True
            case "vanish":
                person.here = False


def swap(town: Town) -> None:
    """Two people swap their codes, or their ids."""
    one, other = town.somebody(), town.somebody()
    if one is None or other is None:
        return
    if town.dice.random() < 0.5:
        one.code, other.code = other.code, one.code
    elif town.is_known(one) and town.is_known(other):
        one.source_id, other.source_id = other.source_id, one.source_id


def reissue(town: Town) -> None:
    """Payroll gives somebody, or everybody, a new id."""
    person = town.somebody()
    everybody = town.dice.random() < 0.1
    for each in [each for each in town.people if each.here] if everybody else [person]:
        if each is not None and town.is_known(each):
            town.made += 1
            each.source_id = f"r{town.made}"


def meddle(town: Town) -> None:
    """Somebody deletes a directory record, or empties its code."""
    if not town.users:
        return
    id = town.dice.choice(sorted(town.users))
    if town.dice.random() < 0.5:
        del town.users[id], town.shows_from[id]
    else:
        town.users[id]["ref"] = None


def correct(town: Town) -> None:
    """A careful person puts the directory's codes right, where somebody else may be taken."""
    for user in town.users.values():
        owner = town.person(user.get("person"))
        if owner is not None and owner.here:
            user["ref"] = owner.code
        elif owner is not None and not owner.here:
            user["ref"] = None


EDITS: tuple[Callable[[Town], None], ...] = (
    *(
        join,
        join,
        join,
        change,
        change,
        change,
        leave,
        leave,
        swap,
        reissue,
        meddle,
        correct,
        correct,
    ),
)


# By night


class InTown(OpenSystems):
    """The systems of a run: the town's."""

    source: Payroll
    target: DirectorySystem

    def reader(self, each: Input) -> Any:
        """Return the reader of either system."""
        return self.source if each.resource == "people" else self.target

    def writer(self, each: Input) -> Any:
        """Return the writer of the directory."""
        assert each.resource == "users", "the source is never written"
        return self.target


@dataclass(frozen=True)
class Night:
    """One connection over one town; `by_id` says whether single records can be asked for.

    `store` is the URL of a database, where the journal is not in the folder.
    """

    town: Town
    folder: Path
    mapping: dict[str, Any]
    by_id: bool
    tell: Callable[[str], None]
    store: str | None = None

    def run(self, *, let_through: bool = False) -> Plan | None:
        """Run the engine once; return the plan, or None where the run was refused.

        With `let_through` a person lets every key decide that somebody has.
        """
        codes = [each.code for each in self.town.people if each.here] if let_through else []
        with suppress(Refused):
            return self._sync(tuple(Allowance(f"{REUSED}{code}", 1, "test") for code in codes))
        self.town.counts["refused"] += 1
        self.tell("refused")
        return None

    def _sync(self, allowed: tuple[Allowance, ...]) -> Plan:
        town, prepared = self.town, self._prepared((*EVERYTHING, *allowed))
        operator = Operator("test", StateFolder(self.folder, self.store), lambda: town.now)
        systems = self.systems_of(prepared)
        with (
            RunSession(prepared, operator, systems) as session,
            open_sync(session, retry_now=True) as ready,
        ):
            plan = ready.plan
            self._show(plan)
            town.matched = frozenset(o.source_id or "" for o in plan.outcomes if o.target_id)
            for each in ready.apply():
                town.counts[f"action: {each.ending.value}"] += 1
                said = f"{each.action.verb.value} {each.action.source_id} {each.target_id}"
                self.tell(f"    {said}: {each.ending.value} {each.reason}")
        for outcome in plan.outcomes:
            for reason in outcome.reasons:
                town.counts[f"reason: {reason.code}"] += 1
        return plan

    def systems_of(self, prepared: PreparedRun) -> OpenSystems:
        """Return the systems of a run."""
        systems = InTown(prepared)
        systems.source, systems.target = Payroll(self.town), DirectorySystem(self.town)
        return systems

    def _show(self, plan: Plan) -> None:
        self.tell(f"  run at {self.town.now:%d %H:%M}, hidden {sorted(self.town.hidden)}")
        for each in plan.outcomes:
            codes = " ".join(reason.code for reason in each.reasons)
            said = f"{each.source_id} {each.key} {each.label}: {each.kind.value}"
            self.tell(f"    {said} {each.target_id} {codes}")

    def _prepared(self, allowed: tuple[Allowance, ...]) -> PreparedRun:
        nothing = Snapshot(())
        world = World(self.mapping, nothing, nothing, nothing, as_of=self.town.now)
        request = RunRequest(FILE, self.town.now, lambda *_: None, allowed=allowed)
        systems = catalogue(False, frozenset())
        if not self.by_id:
            systems = {name: _without_get(each) for name, each in systems.items()}
        return PreparedRun(request, compiled(world), systems, {"on": True})


def _without_get(description: Any) -> Any:
    from dataclasses import replace

    return replace(
        description,
        resources={
            name: replace(each, capabilities=each.capabilities - {Capability.GET})
            for name, each in description.resources.items()
        },
    )
