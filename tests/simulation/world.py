"""One set-up of everything, and the runs that people start: sync, plan, apply, resume.

The runs are put together as the commands put them together; only the connectors' transport,
the clock and the operator's name are ours.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from unittest.mock import patch

from oneway.applying.result import Result
from oneway.connections import discovery
from oneway.core.connector import Connector
from oneway.history.journal import Journal
from oneway.history.memory import Memory
from oneway.mapping.spec import GuardKind
from oneway.planning.breach import Verdict
from oneway.planning.plan import Plan
from oneway.planning.plan_file import dump, fingerprint, load
from oneway.planning.plan_inputs import Allowance
from oneway.runs.evidence.remembered import recall
from oneway.runs.plan import plan_run
from oneway.runs.prepare import preparation
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import Input, PreparedRun, description_of
from oneway.runs.prepare.request import RunRequest
from oneway.runs.reopen import reopen_plan
from oneway.runs.resume import (
    Interrupted,
    find_interrupted,
)
from oneway.runs.saved import open_apply, open_resume
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import check_inputs, open_sync
from oneway.runs.systems import OpenSystems, access_of
from oneway.state.folder import StateFolder
from oneway_connectors.rest import connect

from .crash import Steps
from .people import People, populate
from .servers import EMPLOYER, EXPENSES, PAYROLL, Servers, Traits, traits_of
from .wire import Wire

ROOT = Path(__file__).resolve().parents[2]
MAPPING = ROOT / "mappings" / "staffology-to-expensein.yaml"
MANIFESTS = ROOT / "connectors" / "oneway_connectors"
START = datetime(2026, 6, 15, 4, tzinfo=UTC)
WHO = "simulation"
EVERYTHING = tuple(Allowance(kind.value, 1_000_000, WHO) for kind in GuardKind)
"""Ceilings that let everything pass."""
SETTINGS = {
    "employer": EMPLOYER,
    "api_key": "simulated-key",
    "staffology": f"https://{PAYROLL}",
    "expensein": f"https://{EXPENSES}/1.0",
}


@cache
def manifests(in_flight: int) -> "tempfile.TemporaryDirectory[str]":
    """Write both manifests down, once a process, with small pages and nothing in threads.

    Threads would take the dice in another order at each run of a seed. So each manifest says how
    many writes may be in flight, and these go by the dice too (`side_by_side`).
    """
    folder = tempfile.TemporaryDirectory(prefix="simulation-")
    small = {"size: 200": "size: 5", "size: 100": "size: 4", "concurrency: 8": "concurrency: 1"}
    small["\nkind: rest\n"] = f"\nkind: rest\nconcurrency: {in_flight}\n"
    for name in ("staffology", "expensein"):
        text = (MANIFESTS / name / "manifest.yaml").read_text(encoding="utf-8")
        for old, new in small.items():
            text = text.replace(old, new)
        path = Path(folder.name, name, "manifest.yaml")
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
    return folder


def lookup(connector: str, name: str) -> str | None:
    """Return an option or credential."""
    return SETTINGS[connector] if name == "base_url" else SETTINGS.get(name)


class Wired(OpenSystems):
    """The systems of a run, reached over a simulated wire."""

    wire: Wire

    def connector(self, each: Input) -> Connector:
        key = (each.connector, each.options)
        if key not in self._open:
            description = description_of(self.prepared, each)
            access = access_of(self.prepared, each)
            wire = self.wire
            self._open[key] = connect(description, access, wire, wire.sleep, wire.clock)
        return self._open[key]


@lru_cache
def _compiling_once(_in_flight: int) -> Callable[..., object]:
    return lru_cache(preparation.compile_data)


def quick_compiling(in_flight: int = 1) -> AbstractContextManager[object]:
    """Compile each text once: it is most of a short run's time.

    What is compiled holds the manifests that were found, which differ by the writes in flight.
    """
    return patch.object(preparation, "compile_data", _compiling_once(in_flight))


def small_manifests(in_flight: int = 1) -> AbstractContextManager[object]:
    """Let the manifests with small pages be those that come with Oneway."""
    usual = discovery._packaged

    def small(name: str) -> Path:
        path = Path(manifests(in_flight).name, name, "manifest.yaml")
        return path if path.is_file() else usual(name)

    return patch.object(discovery, "_packaged", small)


class World:
    """Both systems, the wire, the clock and the state folder; `folder` is for its state."""

    def __init__(self, rng: Random, folder: Path, traits: Traits | None = None) -> None:
        self.rng = rng
        self.steps = Steps()
        self.people: People = populate(rng, START.date())
        self.servers = Servers(self.people, traits or traits_of(rng))
        self.wire = Wire(self.servers, self.steps, rng, START)
        self.state_folder = folder / "state"
        self.results: list[Result] = []
        self.judged: tuple[Plan, Verdict, Memory] | None = None
        """What a run said of its plan before it applied it."""

    @property
    def operator(self) -> Operator:
        """Who runs it all."""
        return Operator(WHO, StateFolder(self.state_folder), lambda: self.wire.now)

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.wire.seconds += timedelta(days=days).total_seconds()
        self.people.today = self.wire.now.date()

    def request(self, allowed: tuple[Allowance, ...] = ()) -> RunRequest:
        """Return what is asked of a run now."""
        return RunRequest(
            str(MAPPING),
            self.wire.now.replace(microsecond=0),
            lookup,
            settings={"include_bank_details": "true"},
            allowed=allowed,
        )

    def sync(self, allowed: tuple[Allowance, ...] = ()) -> tuple[Plan, Verdict]:
        """Do what `oneway sync` does; raise `Refused` as it would."""
        prepared, operator = prepare_run(self.request(allowed)), self.operator
        with self._session(prepared, operator) as session, ExitStack() as stack:
            with self._planning():
                ready = stack.enter_context(open_sync(session))
            self.judged = (ready.plan, ready.verdict, ready.memory)
            self._take(ready.apply())
        return ready.plan, ready.verdict

    def plan(self) -> str:
        """Do what `oneway plan -o` does: return the plan's file."""
        prepared, operator = prepare_run(self.request()), self.operator
        with self._session(prepared, operator) as session, session.systems:
            with self._planning():
                plan, found = plan_run(session, remembered=recall(session))
            check_inputs(session, found, plan)
            return dump(plan)

    def apply(self, text: str) -> Plan:
        """Do what `oneway apply` does with a plan's file."""
        plan = load(text.encode(), "plan.json")
        prepared, operator = reopen_plan(plan, self.request()), self.operator
        with self._session(prepared, operator) as session, ExitStack() as stack:
            with self._planning():
                ready = stack.enter_context(open_apply(session, plan, fingerprint(plan)))
            self._take(ready.apply())
        return plan

    def resume(self) -> int:
        """Do what `oneway resume` does; return how many runs were gone on with."""
        operator = self.operator
        left = interrupted_in(operator)
        for each in left:
            prepared = reopen_plan(each.plan, self.request())
            with self._session(prepared, operator) as session, ExitStack() as stack:
                with self._planning():
                    ready = stack.enter_context(open_resume(session, each))
                assert ready is not None, "nobody else ends it"
                self._take(ready.apply())
        return len(left)

    @contextmanager
    def _planning(self) -> Iterator[None]:
        self.wire.planning = True
        try:
            yield
        finally:
            self.wire.planning = False

    def _session(self, prepared: PreparedRun, operator: Operator) -> RunSession:
        systems = Wired(prepared)
        systems.wire = self.wire
        return RunSession(prepared, operator, systems)

    def _take(self, results: Iterator[Result]) -> None:
        self.results = []
        for result in results:
            self.results.append(result)


def interrupted_in(operator: Operator) -> tuple[Interrupted, ...]:
    """Return the runs that did not end."""
    if not operator.state.has_journal:
        return ()
    with Journal.open(operator.state.journal) as journal:
        return find_interrupted(journal)
