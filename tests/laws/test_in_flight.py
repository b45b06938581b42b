"""With any number of writes in flight, a plan ends as it does one write at a time.

Whatever fails, and in whatever order answers come. Where one at a time would give a system up,
those before that end the same, and those after it either are not tried, or end as they would
have if nobody had given up: they were in flight already.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from memory import MemorySystems, MemoryWriter, Recording, approval, merged, steps, systems_of
from oneway.applying import flight
from oneway.applying.circuit_breaker import CircuitBreaker
from oneway.applying.gates import GIVEN_UP
from oneway.applying.order import ordered
from oneway.applying.result import Result, token_of
from oneway.core.connector_errors import Blame, NotSent, Rejected, Unknown, WriteError
from oneway.core.records import Record, Snapshot
from oneway.planning.access import MORE_CHANGED
from oneway.planning.endings import Ending
from oneway.planning.plan import Action, Plan, Verb
from oneway.planning.plan_file import fingerprint
from side_by_side import Scripted, scripted
from strategies import worlds
from worlds import NEW_USER, SEAL, World, planned

FAULTS = st.sampled_from(
    [
        None,
        None,
        (Rejected("W105", "too long"), False),
        (NotSent("W101", "no connection", blame=Blame.SYSTEM), False),
        (NotSent("W101", "no connection", blame=Blame.SYSTEM), False),
        (Unknown("W102", "no answer", blame=Blame.SYSTEM), False),
        (Unknown("W102", "no answer", blame=Blame.SYSTEM), True),
        (Unknown("W107", "answers 500"), True),
        (Rejected("W103", "the key was revoked", blame=Blame.ACCESS), False),
    ]
)
"""What befalls a write, and whether it happens all the same."""


BY_HAND = {"name": "by hand", "fullName": "by hand"}


@dataclass
class Case:
    """A plan, what befalls its writes by action, and what people did since it was made."""

    world: World
    plan: Plan
    faults: Mapping[str, tuple[WriteError, bool]]
    held: frozenset[str]
    edited: frozenset[str]


@dataclass
class Befallen(MemoryWriter):
    """A writer whose ids, and faults, hang on the action alone; it notes who was written when."""

    faults: Mapping[str, tuple[WriteError, bool]] = field(default_factory=dict)
    """By token."""
    concurrency: int = 1
    order: list[str] = field(default_factory=list)

    def create(self, values: Mapping[str, Any], token: str) -> str:
        id = f"n{token[:8]}"
        self._write("create", id, {**NEW_USER, "id": id}, values, token)
        return id

    def _write(self, verb: str, id: str, old: Any, values: Mapping[str, Any], token: str) -> None:
        self.order.append(token)
        error, happens = self.faults.get(token, (None, True))
        if happens:
            super()._write(verb, id, old, values, token)
        if error is not None:
            raise error


MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "crowd",
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "match": [{"source": "code", "target": "ref"}],
    "fields": {"ref": {"from": "code", "write": "on_create"}, "fullName": "name", "email": "mail"},
    "joiners": {"unless_taken": ["email"]},
    "leavers": {"when": "status == 'L'", "set": {"state": {"value": "off"}}},
}


@st.composite
def crowds(draw: st.DrawFn, of: str = "jmmlet") -> World:
    """Draw more people than are in flight: joiners, leavers, and emails that change hands."""
    kinds = draw(st.lists(st.sampled_from(of), min_size=6, max_size=16))
    people, users = [], []
    for number, kind in enumerate(kinds):
        code, mail = f"C{number:02}", f"p{number}@example.com"
        if kind != "j":
            old = {"ref": code, "fullName": "old", "email": mail, "state": "on"}
            users.append(Record(f"t{number}", old))
        if kind in "et":  # gives its own email up, to somebody who takes it where there is one
            mail = (
                f"p{number - 1}@example.com"
                if kinds[number - 1] == "e" and number
                else "new" + mail
            )
        name = "old" if kind == "l" and draw(st.booleans()) else f"N{code}"
        data = {"code": code, "name": name, "mail": mail, "status": "L" if kind == "l" else "A"}
        people.append(Record(f"s{number}", data))
    return World(
        MAPPING,
        Snapshot(tuple(people)),
        Snapshot(tuple(users)),
        Snapshot(()),
        frozenset({"email"}),
        leaves_out_nulls=True,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a plan of any world, or of many people, and a night in which anything goes wrong."""
    world = draw(worlds() | crowds())
    plan = planned(world)
    ids = sorted(each.id for each in plan.actions)
    faults = {id: fault for id in ids if (fault := draw(FAULTS)) is not None}
    few = draw(st.booleans())  # or hardly any run would get beyond its first writes
    kept = {id: each for id, each in faults.items() if not few or each[0].blame is Blame.RECORD}
    targets = sorted(record.id for record in world.target.records)
    some = st.frozensets(st.sampled_from(ids), max_size=2) if ids else st.just(frozenset())
    edited = (
        st.frozensets(st.sampled_from(targets), max_size=2) if targets else st.just(frozenset())
    )
    return Case(world, plan, kept, draw(some), draw(edited))


def ended(
    case: Case, size: int, dice: Random | None = None, *, batch: int = 1
) -> tuple[list[Result], MemorySystems]:
    """Apply a case's plan and return how its actions ended.

    With so many in flight, or with a target where up to `batch` writes wait for a flush.
    """
    systems = systems_of(case.world)
    tokens = {each.id: token_of(each, fingerprint(case.plan), SEAL) for each in case.plan.actions}
    faults = {tokens[id]: fault for id, fault in case.faults.items()}
    systems.writer = Befallen(
        systems.target, case.world.unique, batch, faults=faults, concurrency=size
    )
    systems.target.concurrency = systems.source.concurrency = size
    for id in case.edited:
        systems.target.records[id] = merged(systems.target.records[id], BY_HAND)
    with nullcontext() if dice is None else scripted(dice):
        approved = approval(case.plan, held=case.held)
        found = list(steps(case.world, case.plan, approved, systems, Recording()))
    return found, systems


@contextmanager
def without_a_breaker() -> Iterator[None]:
    with patch.object(CircuitBreaker, "met", lambda *_: None):
        yield


def told(results: list[Result]) -> dict[str, tuple[object, ...]]:
    return {
        each.action.id: (each.ending, each.target_id, each.code, each.reason, each.guards)
        for each in results
    }


def wrong(case: Case, size: int, dice: Random, *, batch: int = 1) -> str:
    """Return in what a case ends otherwise than one at a time, or nothing."""
    alone, before = ended(case, 1)
    beside, after = ended(case, size if batch == 1 else 1, dice, batch=batch)
    if [each.action.id for each in beside] != [each.action.id for each in alone]:
        return "it is told in another order"
    given_up = any(each.code == GIVEN_UP for each in alone)
    if not given_up:
        if told(beside) != told(alone):
            return f"{told(beside)} and not {told(alone)}"
        if after.target.records != before.target.records:
            return "the target holds something else"
        return ""
    with without_a_breaker():
        untiring = told(ended(case, 1)[0])
    found, wanted = told(beside), told(alone)
    others = [id for id in found if found[id] != wanted[id]]
    if any(wanted[id][2] != GIVEN_UP and wanted[id][3] == "" for id in others):
        return "what was tried before the system was given up ends otherwise"
    if any(found[id] != untiring[id] for id in others):
        return "what was in flight ends as neither way would have it"
    return "" if len(others) <= 2 * size else "much more is tried than was in flight"


@given(cases(), st.sampled_from([2, 3, 4, 8, 32]), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_in_flight_a_plan_ends_as_one_at_a_time(case: Case, size: int, dice: Random) -> None:
    assert wrong(case, size, dice) == ""


@given(cases(), st.sampled_from([1, 2, 3, 100]), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_where_writes_wait_for_a_flush_a_plan_ends_as_one_at_a_time(
    case: Case, together: int, dice: Random
) -> None:
    with patch.object(flight, "_TOGETHER", together):
        assert wrong(case, together, dice, batch=50) == ""


@given(cases(), st.sampled_from([2, 4, 32]), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_who_must_go_first_goes_first(case: Case, size: int, dice: Random) -> None:
    _, systems = ended(case, size, dice)
    print_of = fingerprint(case.plan)
    when = {token: place for place, token in enumerate(systems.writer.order)}
    place = {each.id: when.get(token_of(each, print_of, SEAL)) for each in case.plan.actions}
    last: dict[tuple[str, str], int] = {}
    for action in ordered(case.plan.actions):
        own = place[action.id]
        if own is None:
            continue
        for id in action.depends_on:
            assert place[id] is not None
            assert place[id] < own
        for record in _records(action):
            assert last.get(record, -1) < own
            last[record] = own


@given(cases(), st.sampled_from([4, 32]), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_system_that_is_down_meets_no_more_than_what_was_in_flight(
    case: Case, size: int, dice: Random
) -> None:
    down = (NotSent("W101", "no connection", blame=Blame.SYSTEM), False)
    case = replace(case, faults={each.id: down for each in case.plan.actions})
    alone, beside = ended(case, 1)[1], ended(case, size, dice)[1]
    assert len(beside.writer.order) <= len(alone.writer.order) + size + -(-size // 4)
    with patch.object(flight, "_TOGETHER", 2):
        waiting = ended(case, 1, batch=50)[1]
    assert len(waiting.writer.order) <= len(alone.writer.order) + 2


@dataclass
class SwitchingOff(Befallen):
    """A writer whose updates switch people off, after so many that do not, and show it."""

    good: int = 0
    hit: list[str] = field(default_factory=list)
    pools: list[Scripted] = field(default_factory=list)

    def update(self, id: str, values: Mapping[str, Any], token: str) -> Record:
        super().update(id, values, token)
        self.good -= 1
        if self.good < 0 and self.reader.records[id]["state"] == "on":
            self.hit.append(id)
            self.reader.records[id] = {**self.reader.records[id], "state": "off"}
        for pool in self.pools:
            pool.meanwhile()
        return Record(id, {**self.reader.records[id]})


def switched_off(
    world: World, good: int, size: int, dice: Random
) -> tuple[list[str], list[Result]]:
    """Apply a plan whose updates, after some good ones, switch people off; return these people."""
    plan = planned(world)
    systems = systems_of(world)
    writer = systems.writer = SwitchingOff(
        systems.target, world.unique, concurrency=size, good=good
    )
    systems.target.concurrency = systems.source.concurrency = size
    with scripted(dice) as writer.pools:
        return writer.hit, list(steps(world, plan, approval(plan), systems, Recording()))


@given(
    crowds("jmmmml"), st.integers(0, 3), st.sampled_from([1, 2, 3, 8]),
    st.randoms(use_true_random=False),
)  # fmt: skip
@settings(deadline=None)
def test_an_update_that_switches_somebody_off_is_the_last(
    world: World, good: int, size: int, dice: Random
) -> None:
    """The very first one hits one person; a later one, those whose update was under way."""
    hit, found = switched_off(world, good, size, dice)
    assert len(hit) <= (size if good else 1)
    updates = [each for each in found if each.action.verb is Verb.UPDATE]
    codes = {each.code for each in updates if each.ending is not Ending.DONE}
    assert codes <= {MORE_CHANGED, ""}
    waits = {each.action.id for each in updates if each.ending is not Ending.DONE}
    for each in found:
        others = each.action.verb in (Verb.LEAVE, Verb.CREATE)
        assert not others or waits & {*each.action.depends_on} or each.ending is Ending.DONE


def test_where_many_switch_people_off_those_that_wait_for_a_worker_are_not_sent() -> None:
    old = {"fullName": "old", "state": "on"}
    users = [
        Record(f"t{n}", {**old, "ref": f"C{n}", "email": f"p{n}@example.com"}) for n in range(9)
    ]
    people = [
        Record(f"s{n}", {"code": f"C{n}", "name": "N", "mail": f"p{n}@example.com", "status": "A"})
        for n in range(9)
    ]
    parts = (Snapshot(tuple(people)), Snapshot(tuple(users)), Snapshot(()), frozenset({"email"}))
    crowd = World(MAPPING, *parts, leaves_out_nulls=True)
    assert max(len(switched_off(crowd, 1, 3, Random(seed))[0]) for seed in range(60)) == 3


def _records(action: Action) -> list[tuple[str, str]]:
    records = (("source", action.source_id), ("target", action.target_id))
    return [(side, id) for side, id in records if id is not None]


def test_the_law_would_notice_an_order_that_is_not_kept() -> None:
    given_up = Record("t0", {"ref": "C0", "fullName": "N", "email": "a@example.com"})
    taken = {"code": "C1", "name": "N", "mail": "a@example.com", "status": "A"}
    people = (Record("s1", taken), Record("s0", {**taken, "code": "C0", "mail": "b@example.com"}))
    parts = (Snapshot(people), Snapshot((given_up,)), Snapshot(()), frozenset({"email"}))
    chain = World(MAPPING, *parts, leaves_out_nulls=True)
    case = Case(chain, planned(chain), {}, frozenset(), frozenset())
    assert not any(wrong(case, 4, Random(seed)) for seed in range(20))
    with patch("oneway.applying.order._needs", lambda actions: ((set(), set()) for _ in actions)):
        assert any(wrong(case, 4, Random(seed)) for seed in range(20))
