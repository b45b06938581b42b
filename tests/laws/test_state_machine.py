"""Edits on both sides, faults, crashes, plans, runs and days in any order end converged.

The engine's runs over two systems in memory; the target keeps unique fields and may hold
writes back until a flush, as files do. What is drawn, Hypothesis can make smaller.
"""

import copy
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from memory import MemoryReader, MemoryWriter
from model import predict
from oneway.core.connector_errors import NotSent, ReadError, Rejected, Unknown
from oneway.core.diagnostics import Refused, Severity
from oneway.core.progress import silent
from oneway.core.records import Record, Snapshot
from oneway.history.journal import Journal
from oneway.mapping.spec import GuardKind
from oneway.planning.plan import Plan
from oneway.planning.plan_file import dump, fingerprint, load
from oneway.planning.plan_inputs import Allowance
from oneway.runs.apply import apply_plan
from oneway.runs.approval import Approval
from oneway.runs.as_of import plan_after_last_run
from oneway.runs.completeness import input_problems
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.plan import plan_run
from oneway.runs.planned_again import limited_by_new_plan
from oneway.runs.prepare.prepared import Input, PreparedRun
from oneway.runs.prepare.request import RunRequest, parse_instant
from oneway.runs.reopen import program_for
from oneway.runs.resume import (
    Interrupted,
    exclusive_run,
    find_interrupted,
    recover_in_flight,
    resume_run,
)
from oneway.runs.session import Operator, RunSession
from oneway.runs.systems import OpenSystems
from oneway.state.folder import StateFolder
from simulation.crash import Crash, Steps, journal_steps
from simulation.oracle import UNTOUCHED, entries
from strategies import ABSENT, SOURCE_PEOPLE, TARGET_PEOPLE, source_slips, target_slips
from worlds import AS_OF, FILE, World, catalogue, compiled

UNIQUE = frozenset({"ref", "email"})
ROUNDS = 20
SAID = {"status": "E"}
"""What a record says that shows a key again, where it is not null."""
EVERYTHING = tuple(Allowance(kind.value, 1_000, "test") for kind in GuardKind)
DEPARTMENTS = Snapshot(
    (Record("d1", {"code": "D1", "value": "1"}), Record("d2", {"code": "D2", "value": "2"}))
)
MAPPING: dict[str, Any] = {
    "oneway": 1,
    "name": "generated",
    "settings": {"on": {"type": "boolean", "default": True, "description": "A switch."}},
    "source": {"connector": "payroll", "resource": "people"},
    "target": {"connector": "expenses", "resource": "users"},
    "references": {
        "departments": {
            "from": "target",
            "resource": "departments",
            "key": "code",
            "value": "value",
        }
    },
    "match": [{"source": "code", "target": "ref", "compare": "exact"}],
    "eligible": [{"id": "r0", "when": "mail", "otherwise": "not fit"}],
    "fields": {
        "ref": {"from": "code", "write": "on_create"},
        "email": {"from": "mail", "compare": "ignore_case"},
        "fullName": "name",
        "nick": {"from": "nick", "on_blank": "clear"},
        "dept": {"from": "dept", "lookup": "departments"},
        "bank.no": {"from": "bank.no", "sensitive": True},
    },
    "joiners": {"create": True, "unless_taken": ["email", "ref"]},
    "leavers": {
        "when": "status == 'L'",
        "set": {"leaveDate": "leave || today()"},
        "left": "is_past(leaveDate)",
        "scheduled": "is_future(leaveDate)",
    },
    "rehires": "report",
    "absent": "report",
}
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"rehires": "reactivate"},
    {
        "absent": "deactivate",
        "rehires": "reactivate",
        "leavers": {
            "when": "status == 'L'",
            "set": {"state": {"value": "off"}},
            "left": "state == 'off'",
        },
    },
)

Troubles = dict[str, dict[int, str]]
"""What goes wrong at the how manieth call of a kind."""

WRITE_FAULTS = ("not sent", "rejected", "lost", "answer lost", "answer lost")
TROUBLES: st.SearchStrategy[Troubles] = st.fixed_dictionaries(
    {
        "read": st.dictionaries(st.integers(0, 25), st.just("unread"), max_size=1),
        "write": st.dictionaries(st.integers(0, 4), st.sampled_from(WRITE_FAULTS), max_size=3),
        "flush": st.dictionaries(
            st.integers(0, 4), st.sampled_from(["lost", "answer lost"]), max_size=1
        ),
    }
)
DYING = st.none() | st.integers(4, 50)
DATES = ("2026-01-31", "2026-06-15", "2026-06-20")


@dataclass
class Outside:
    """What goes wrong in one run, told by counting the calls of each kind."""

    steps: Steps
    troubles: Troubles
    calls: Counter[str] = field(default_factory=Counter)

    def fault(self, kind: str) -> str:
        self.steps.step(f"{kind}, before")
        self.calls[kind] += 1
        return self.troubles.get(kind, {}).get(self.calls[kind] - 1, "")


@dataclass
class Faulty:
    """A reader and a writer of the systems in memory, to which things happen."""

    outside: Outside
    reader: MemoryReader
    writer: MemoryWriter | None = None

    @property
    def batch(self) -> int:
        assert self.writer is not None
        return self.writer.batch

    def read(self, *more: Any) -> Snapshot:
        return self._asked(lambda: self.reader.read())

    def get(self, id: str) -> Record | None:
        return self._asked(lambda: self.reader.get(id))

    def find(self, path: str, value: Any) -> tuple[Record, ...]:
        return self._asked(lambda: self.reader.find(path, value))

    def create(self, values: Mapping[str, Any], token: str) -> str:
        writer = self.writer
        assert writer is not None
        return self._sent(lambda: writer.create(values, token))

    def update(self, id: str, values: Mapping[str, Any], token: str) -> None:
        writer = self.writer
        assert writer is not None
        self._sent(lambda: writer.update(id, values, token))

    leave = reactivate = update

    def flush(self) -> None:
        assert self.writer is not None
        fault = self.outside.fault("flush")
        if fault == "lost":
            self.writer.pending.clear()
            raise Unknown("W102", "lost")
        self.writer.flush()
        self.outside.steps.step("flush, after")
        if fault == "answer lost":
            raise Unknown("W102", "the answer is lost")

    def _asked(self, act: Callable[[], Any]) -> Any:
        if self.outside.fault("read") == "unread":
            raise ReadError("R101", "cannot be reached")
        return act()

    def _sent(self, act: Callable[[], Any]) -> Any:
        match self.outside.fault("write"):
            case "not sent":
                raise NotSent("W101", "not sent")
            case "rejected":
                raise Rejected("W105", "refused")
            case "lost":
                raise Unknown("W102", "lost")
            case "answer lost":
                act()
                raise Unknown("W102", "the answer is lost")
        done = act()
        self.outside.steps.step("write, after")
        return done


class InMemory(OpenSystems):
    """The systems of a run: these, and no connector."""

    source: Faulty
    target: Faulty
    departments: MemoryReader

    def reader(self, each: Input) -> Any:
        readers = {"people": self.source, "users": self.target, "departments": self.departments}
        return readers[each.resource]

    def writer(self, each: Input) -> Any:
        assert each.resource == "users", "the source is never written"
        return self.target


class Nights(RuleBasedStateMachine):
    """Everything that can happen to one connection."""

    @initialize(
        variant=st.sampled_from(VARIANTS),
        batch=st.sampled_from([1, 1, 3, 50]),
        unique=st.sampled_from([UNIQUE, frozenset()]),
        joiners=st.integers(0, 2),
    )
    def begin(
        self, variant: dict[str, Any], batch: int, unique: frozenset[str], joiners: int
    ) -> None:
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.state = Path(folder) / "state"
        self.steps = Steps()
        self.stack.enter_context(journal_steps(self.steps))
        self.mapping = MAPPING | variant
        self.batch = batch
        self.unique = unique
        self.day = 0
        self.made = 0
        self.banks = 0
        self.ids = 0
        self.source = MemoryReader({})
        self.target = MemoryReader({})
        self.by_us: dict[str, str] = {}
        self.touched: set[str] = set()
        self.saved = ""
        for n, person in enumerate(SOURCE_PEOPLE):
            self._add(copy.deepcopy(person))
            if n >= joiners:
                user = copy.deepcopy(TARGET_PEOPLE[n])
                self.target.records[f"t{n}"] = user | {"id": f"t{n}", "state": "on"}

    def _add(self, person: dict[str, Any]) -> str:
        self.ids += 1
        id = f"s{self.ids}"
        self.source.records[id] = person | {"id": id, "bank": self._bank()}
        return id

    def _bank(self) -> dict[str, str]:
        self.banks += 1
        return {"no": f"bank-{self.banks:04d}-canary"}

    # What people do

    @rule(slip=source_slips(DATES).strategy, n=st.integers(0, 9))
    def edit_the_source(self, slip: tuple[str, Any], n: int) -> None:
        ids = sorted(self.source.records)
        if ids and slip[0] != "bank":
            _slip(self.source.records[ids[n % len(ids)]], slip)

    @rule(n=st.integers(0, 9))
    def move(self, n: int) -> None:
        ids = sorted(self.source.records)
        if ids:
            self.source.records[ids[n % len(ids)]]["bank"] = self._bank()

    @rule(person=st.sampled_from(SOURCE_PEOPLE), code=st.sampled_from(["A1", "B1", "B2", "B3"]))
    def join(self, person: dict[str, Any], code: str) -> None:
        self._add(copy.deepcopy(person) | {"code": code, "mail": f"{code}@example.com".lower()})

    @rule(n=st.integers(0, 9), leave=st.sampled_from([*DATES, None]))
    def leave(self, n: int, leave: str | None) -> None:
        ids = sorted(self.source.records)
        if ids:
            self.source.records[ids[n % len(ids)]] |= {"status": "L", "leave": leave}

    @rule(n=st.integers(0, 9))
    def rehire(self, n: int) -> None:
        ids = sorted(self.source.records)
        if ids:
            self.source.records[ids[n % len(ids)]] |= {"status": "E", "leave": None}

    @rule(n=st.integers(0, 9))
    def remove_from_the_source(self, n: int) -> None:
        ids = sorted(self.source.records)
        if len(ids) > 2:
            del self.source.records[ids[n % len(ids)]]

    @rule(slip=target_slips(DATES).strategy, n=st.integers(0, 9))
    def edit_the_target(self, slip: tuple[str, Any], n: int) -> None:
        ids = sorted(self.target.records)
        if ids:
            self.touched.add(ids[n % len(ids)])
            _slip(self.target.records[ids[n % len(ids)]], slip)

    @rule(mail=st.sampled_from(["b1@example.com", "x@example.com", "new@example.com"]))
    def make_a_user_by_hand(self, mail: str) -> None:
        if not any(user.get("email") == mail for user in self.target.records.values()):
            self.ids += 1
            self.target.records[f"h{self.ids}"] = {"id": f"h{self.ids}", "email": mail}

    @rule(n=st.integers(0, 9))
    def remove_a_user_by_hand(self, n: int) -> None:
        ids = sorted(self.target.records)
        if len(ids) > 1:
            del self.target.records[ids[n % len(ids)]]

    @rule(days=st.integers(1, 8))
    def days_pass(self, days: int) -> None:
        self.day += days

    # What runs do

    @rule(faults=TROUBLES, dies=DYING, allowed=st.booleans())
    def sync(self, faults: Troubles, dies: int | None, allowed: bool) -> None:
        self._run(lambda systems: self._sync(systems, EVERYTHING if allowed else ()), faults, dies)

    @rule()
    def plan(self) -> None:
        self._run(self._plan, {}, None)

    @rule(faults=TROUBLES, dies=DYING)
    def apply(self, faults: Troubles, dies: int | None) -> None:
        if self.saved:
            self._run(self._apply, faults, dies)

    @rule(faults=TROUBLES, dies=DYING)
    def resume(self, faults: Troubles, dies: int | None) -> None:
        self._run(self._resume, faults, dies)

    def _run(self, act: Callable[[InMemory], Any], faults: Troubles, dies: int | None) -> Any:
        """Return what a run returns; None where it is refused or dies."""
        self.steps.arm(dies)
        self.refused: set[str] = set()
        before = copy.deepcopy(self.source.records)
        systems = self._systems(Outside(self.steps, faults))
        try:
            result = act(systems)
            event("a run ended")
            return result
        except Crash:
            event(f"a run died: {self.steps.last.partition(',')[0]}")
        except Refused as refused:
            event(f"a run was refused: {refused.diagnostics[0].code}")
            errors = (each for each in refused.diagnostics if each.severity is Severity.ERROR)
            self.refused = {each.code for each in errors}
        finally:
            self.steps.arm(None)
            writer = systems.target.writer
            assert writer is not None
            self.made = writer.made
            made = zip(writer.calls, writer.tokens, strict=True)
            for token, id in ((token, id) for (verb, id, _), token in made if verb == "create"):
                if id in self.target.records:  # and did not wait for a flush in vain
                    self.by_us[id] = token
            assert self.source.records == before, "the source was written"
        return None

    def _systems(self, outside: Outside) -> InMemory:
        systems = InMemory(self._prepared(()))
        systems.source = Faulty(outside, self.source)
        writer = MemoryWriter(self.target, self.unique, self.batch, made=self.made)
        systems.target = Faulty(outside, self.target, writer)
        systems.departments = MemoryReader({r.id: dict(r.data) for r in DEPARTMENTS.records})
        return systems

    def _prepared(self, allowed: tuple[Allowance, ...]) -> PreparedRun:
        as_of = AS_OF + timedelta(days=self.day)
        request = RunRequest(FILE, as_of, lambda *_: None, allowed=allowed)
        return PreparedRun(
            request, compiled(self._world()), catalogue(True, self.unique), {"on": True}
        )

    def _prepared_for(self, plan: Plan) -> PreparedRun:
        prepared = self._prepared(plan.allowed)
        return replace(prepared, request=replace(prepared.request, as_of=parse_instant(plan.as_of)))

    @property
    def _operator(self) -> Operator:
        return Operator("test", StateFolder(self.state), lambda: AS_OF + timedelta(days=self.day))

    def _sync(self, systems: InMemory, allowed: tuple[Allowance, ...]) -> Plan:
        prepared, operator = self._prepared(allowed), self._operator
        systems.prepared = prepared
        with RunSession(prepared, operator, systems) as session, exclusive_run(session):
            plan_after_last_run(session)
            recover_in_flight(session)
            plan, found = plan_run(session)
            _refuse_sick(input_problems(prepared, found, plan))
            verdict = judge_plan(session, plan)
            waiting = load_memory(session, plan).postponed
            approval = Approval(fingerprint(plan), verdict, waiting)
            list(apply_plan(session, plan, approval, found.program))
        return plan

    def _plan(self, systems: InMemory) -> None:
        with RunSession(systems.prepared, self._operator, systems) as session:
            plan, found = plan_run(session)
        _refuse_sick(input_problems(systems.prepared, found, plan))
        self.saved = dump(plan)

    def _apply(self, systems: InMemory) -> None:
        plan, operator = load(self.saved.encode(), "plan.json"), self._operator
        prepared = systems.prepared = self._prepared_for(plan)
        with RunSession(prepared, operator, systems) as session, exclusive_run(session):
            recover_in_flight(session)
            verdict = judge_plan(session, plan)
            waiting = load_memory(session, plan).postponed
            approval = Approval(fingerprint(plan), verdict, waiting)
            approval = limited_by_new_plan(session, plan, approval, silent)
            program = program_for(session)
            list(apply_plan(session, plan, approval, program))

    def _interrupted(self, operator: Operator) -> tuple[Interrupted, ...]:
        with Journal.open(operator.state.journal) as journal:
            return find_interrupted(journal)

    def _resume(self, systems: InMemory) -> None:
        operator = self._operator
        for left in self._interrupted(operator):
            prepared = systems.prepared = self._prepared_for(left.plan)
            with RunSession(prepared, operator, systems) as session, exclusive_run(session):
                verdict = judge_plan(session, left.plan, resuming=left.run.id)
                waiting = load_memory(session, left.plan).postponed
                approval = Approval(left.run.start.fingerprint, verdict, waiting)
                approval = limited_by_new_plan(session, left.plan, approval, silent)
                program = program_for(session)
                list(resume_run(session, left, approval, program))

    def _world(self) -> World:
        return World(
            self.mapping,
            self.source.read(),
            self.target.read(),
            DEPARTMENTS,
            self.unique,
            typed=True,
            as_of=AS_OF + timedelta(days=self.day),
        )

    # What holds

    @invariant()
    def nobody_is_there_twice(self) -> None:
        refs = Counter(self.target.records[id].get("ref") for id in self._ours())
        assert all(count == 1 for ref, count in refs.items() if ref), refs

    @invariant()
    def who_was_created_is_not_called_anything_else(self) -> None:
        endings: dict[str, set[str | None]] = {self.by_us[id]: set() for id in self._ours()}
        for entry in entries(self.state):
            if entry.token in endings:  # the same plan, applied again, has the same tokens
                endings[entry.token].add(entry.ending)
        assert not [token for token, found in endings.items() if found <= UNTOUCHED]

    def _ours(self) -> set[str]:
        """Return whom we created, and nobody changed by hand."""
        return (self.by_us.keys() - self.touched) & self.target.records.keys()

    @invariant()
    def no_bank_account_is_stored(self) -> None:
        for path in self.state.rglob("*"):
            assert not path.is_file() or b"-canary" not in path.read_bytes(), path

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        with self.stack:
            self._comes_to_rest()

    def _comes_to_rest(self) -> None:
        """Nothing goes wrong any more: within some days nothing may be left to do."""
        self._run(self._resume, {}, None)
        for _ in range(ROUNDS):
            self.day += 1
            unsaid = list(self._unsaid())
            plan = self._run(lambda systems: self._sync(systems, EVERYTHING), {}, None)
            if unsaid:
                assert (plan, self.refused) == (None, {"R170"}), unsaid
                for record, key in unsaid:
                    record[key] = SAID.get(key)
                continue
            assert plan is not None, f"refused, though nothing is wrong: {self.refused}"
            with RunSession(self._prepared(()), self._operator) as session:
                waiting = load_memory(session, plan).postponed
            if all(action.id in waiting for action in plan.actions):
                break
        else:
            raise AssertionError(f"after {ROUNDS} days there is still something to do: {plan}")
        kinds = {o.source_id: o.kind.value for o in plan.outcomes if o.source_id is not None}
        assert kinds == predict(self._world()).kinds

    def _unsaid(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield each key that decides about people and that no record has, with a record."""
        by_date = "leaveDate" in self.mapping["leavers"]["set"]
        source, target = self.source.records, self.target.records
        for records, keys in (
            (source, ("code", "status", "leave") if by_date else ("code", "status")),
            (target, ("ref", "leaveDate" if by_date else "state")),
        ):
            for key in keys:
                if records and all(key not in each for each in records.values()):
                    yield next(iter(records.values())), key


def _slip(record: dict[str, Any], slip: tuple[str, Any]) -> None:
    name, value = slip
    if value == ABSENT:
        record.pop(name, None)
    else:
        record[name] = value


def _refuse_sick(found: tuple[Any, ...]) -> None:
    if any(each.severity is Severity.ERROR for each in found):
        raise Refused(found)


TestNights = Nights.TestCase
TestNights.settings = settings(
    max_examples=settings().max_examples // 2,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
