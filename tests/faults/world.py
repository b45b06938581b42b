"""A night over both systems: settle, read, plan, guard, apply, as `oneway sync` does it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

from oneway.applying.result import Result
from oneway.core.access import Access
from oneway.core.connector import Connector
from oneway.core.description import Description
from oneway.core.diagnostics import Refused, Severity
from oneway.core.progress import silent
from oneway.planning.plan import Kind
from oneway.planning.plan_file import fingerprint
from oneway.runs.apply import apply_plan
from oneway.runs.approval import Approval
from oneway.runs.completeness import input_problems
from oneway.runs.judge import judge_plan, load_memory
from oneway.runs.plan import plan_run
from oneway.runs.planned_again import limited_by_new_plan
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.prepared import Input, PreparedRun, description_of
from oneway.runs.prepare.request import RunRequest, instant_text
from oneway.runs.reopen import program_for
from oneway.runs.resume import exclusive_run, find_interrupted, recover_in_flight, resume_run
from oneway.runs.session import Operator, RunSession
from oneway.runs.systems import OpenSystems, access_of
from oneway.state.folder import StateFolder
from side_by_side import scripted

from .systems import KEY, SOURCE, TARGET
from .wire import START

MAPPING = """
oneway: 1
name: faults
title: People become users
source: {connector: hr, resource: people}
target: {connector: desk, resource: users}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  name: name
  email: {from: email, compare: ignore_case}
  team: team
joiners: {create: true, unless_taken: [email, code]}
leavers:
  when: status == 'left'
  set: {leaveDate: leftOn}
  left: is_past(leaveDate)
guards:
  leavers: {share: 100%, floor: 100}
  field_changes: {share: 100%, floor: 100}
"""

COMING_BACK = """\
  reactivations: {share: 100%, floor: 100}
  clears: {share: 100%, floor: 100}
rehires: reactivate
"""
"""Of a mapping by which people come back."""

COMMON = """
concurrency: IN_FLIGHT
retry: {attempts: 3, max_wait: 60}
timeouts: {connect: CONNECT, read: READ, total: TOTAL}
limits: {pages: 12, response_bytes: 100000}
errors: {message: message}
"""

HR = """
oneway_connector: 1
name: hr
title: HR
kind: rest
options: {base_url: {description: Where., default: "https://hr.example.com"}}
secrets: {key: {description: The key.}}
base_url: "{base_url}"
auth: {type: header, header: X-Key, value: "{key}"}
resources:
  people:
    id: id
    list: {path: /people, pagination: {type: page, param: page, start: 1}}
    detail: [{path: "/people/{id}", into: replace, concurrency: 1}]
    record:
      type: object
      properties:
        id: {type: string, readOnly: true}
        code: {type: string}
        name: {type: string}
        email: {type: string}
        team: {type: string}
        status: {type: string}
        leftOn: {type: [string, "null"], format: date}
"""

DESK = """
oneway_connector: 1
name: desk
title: Desk
kind: rest
options: {base_url: {description: Where., default: "https://desk.example.com"}}
secrets: {key: {description: The key.}}
base_url: "{base_url}"
auth: {type: token_exchange, path: /token, body: {key: "{key}"}}
resources:
  users:
    id: id
    list: {path: /users, pagination: {type: page, param: page, start: 1}}
    get: {path: "/users/{id}"}
    find: {email: {email: "{value}"}, code: {code: "{value}"}}
    create: {method: POST, path: /users}
    update: {method: PATCH, path: "/users/{id}"}
    leave: {method: PUT, path: "/users/{id}"}
    reactivate: {method: POST, path: "/users/{id}/return"}
    record:
      type: object
      properties:
        id: {type: integer, readOnly: true, unique: true}
        code: {type: [string, "null"]}
        name: {type: [string, "null"]}
        email: {type: string, unique_ignores_case: true}
        team: {type: [string, "null"]}
        leaveDate: {type: [string, "null"], format: date}
        note: {type: [string, "null"]}
"""

SECONDS = {"CONNECT": "10", "READ": "30", "TOTAL": "120"}
"""Of a clock that moves by itself."""


class Network(Protocol):
    """What stands between a run and the systems, and the clock there."""

    def connect(self, description: Description, access: Access) -> Connector:
        """Return a connector over it."""

    def now(self) -> datetime:
        """Return the instant."""


@dataclass(frozen=True)
class Night:
    """How a night ended: `refused` before anything was written, or so many results."""

    refused: tuple[str, ...]
    results: tuple[Result, ...]
    unread: int = 0
    """So many records could not be read, and have no action."""

    @property
    def exit(self) -> int:
        """What `oneway sync` ends with."""
        if self.refused:
            return 1
        return 0 if all(each.ending.value == "done" for each in self.results) else 5


class Wired(OpenSystems):
    """The systems of a run, over a given wire."""

    def __init__(self, prepared: PreparedRun, wire: Network) -> None:
        super().__init__(prepared)
        self._wire = wire
        self._made: dict[Input, Connector] = {}

    def __exit__(self, *args: object) -> None:
        for connector in self._made.values():
            connector.close()

    def connector(self, each: Input) -> Connector:
        """Return an input's connector over the wire."""
        key = replace(each, resource="")
        if key not in self._made:
            access = access_of(self.prepared, each)
            description = description_of(self.prepared, each)
            self._made[key] = self._wire.connect(description, access)
        return self._made[key]


class World:
    """A mapping, manifests, and a state folder; its plans are from an earlier run if `saved`."""

    def __init__(self, folder: Path, prepared: PreparedRun, *, saved: bool = False) -> None:
        self.folder = folder
        self.prepared = prepared
        self.saved = saved

    def night(self, wire: Network, *, days: int = 0) -> Night:
        """Run a sync so many days later, or do what `oneway apply` does with a `saved` plan."""
        prepared, operator = self._begin(wire, days)
        try:
            with scripted(Random(1)), _session(prepared, operator, wire) as session:
                began = instant_text(session.now())
                recover_in_flight(session)
                plan, found = plan_run(session)
                sick = [
                    d for d in input_problems(prepared, found, plan) if d.severity is Severity.ERROR
                ]
                if sick:
                    raise Refused(sick)
                verdict = judge_plan(session, plan)
                memory = load_memory(session, plan, retry_now=False)
                approval = Approval(fingerprint(plan), verdict, memory.postponed, began=began)
                if self.saved:
                    approval = limited_by_new_plan(session, plan, approval, silent)
                steps = apply_plan(session, plan, approval, found.program)
                unread = sum(each.kind is Kind.ERROR for each in plan.outcomes)
                return Night((), tuple(steps), unread)
        except Refused as refused:
            return Night(tuple(each.code for each in refused.diagnostics), ())

    def resume(self, wire: Network, *, days: int = 0) -> None:
        """Go on with what was left, as `oneway resume` does."""
        prepared, operator = self._begin(wire, days)
        with RunSession(prepared, operator) as session:
            interrupted = find_interrupted(session.past)
        for left in interrupted:
            with scripted(Random(1)), _session(prepared, operator, wire) as session:
                program = program_for(session)
                verdict = judge_plan(session, left.plan, resuming=left.run.id)
                approval = Approval(left.run.start.fingerprint, verdict)
                list(resume_run(session, left, approval, program))

    def actions(self, wire: Network, *, days: int = 0) -> int:
        """Return how many actions a plan has now."""
        prepared, operator = self._begin(wire, days)
        with Wired(prepared, wire) as systems, RunSession(prepared, operator, systems) as session:
            plan, _ = plan_run(session)
        return len(plan.actions)

    def files(self) -> bytes:
        """Return all that the state folder holds."""
        return b"".join(p.read_bytes() for p in sorted(self.folder.rglob("*")) if p.is_file())

    def _begin(self, wire: Network, days: int) -> tuple[PreparedRun, Operator]:
        def now() -> datetime:
            return wire.now() + timedelta(days=days)

        request = replace(self.prepared.request, as_of=START + timedelta(days=days))
        return replace(self.prepared, request=request), Operator(
            "test", StateFolder(self.folder), now
        )


@contextmanager
def _session(prepared: PreparedRun, operator: Operator, wire: Network) -> Iterator[RunSession]:
    """Give the session of a run over the wire, which holds its lock."""
    with (
        RunSession(prepared, operator, Wired(prepared, wire)) as session,
        exclusive_run(session),
        session.systems,
    ):
        yield session


@contextmanager
def prepared_mapping(
    urls: dict[str, str] | None = None,
    seconds: dict[str, str] = SECONDS,
    *,
    more: str = "",
    in_flight: int = 1,
    hr: str = HR,
    desk: str = DESK,
) -> Iterator[PreparedRun]:
    """Give the mapping compiled, with some more lines, over systems at these addresses.

    Both systems allow so many writes in flight, in an order that is the same at each night.
    """
    urls = urls or {"hr": f"https://{SOURCE}", "desk": f"https://{TARGET}"}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        common = COMMON
        for word, value in {**seconds, "IN_FLIGHT": str(in_flight)}.items():
            common = common.replace(word, value)
        (folder / "hr.yaml").write_text(hr.replace("resources:", common + "resources:"))
        (folder / "desk.yaml").write_text(desk.replace("resources:", common + "resources:"))
        (folder / "faults.yaml").write_text(MAPPING + more)
        request = RunRequest(
            str(folder / "faults.yaml"),
            START,
            lambda _, option: KEY if option == "key" else None,
            options={f"{system}.base_url": url for system, url in urls.items()},
            folders=(folder,),
        )
        yield prepare_run(request)


@contextmanager
def made(prepared: PreparedRun, *, saved: bool = False) -> Iterator[World]:
    """Give a world with a state folder of its own, in memory where there is such a place."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield World(Path(name) / "state", prepared, saved=saved)
