"""People with several employers and one account: whichever connection runs, in whatever order."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.connections.folder import connection_at
from oneway.planning.plan import Kind
from oneway.runs.prepare.connection_request import request_for
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync
from oneway.state.folder import StateFolder

MAPPING = """\
oneway: 1
name: NAME
label: name
source: {connector: file, resource: NAME.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: code}
  - {source: email, target: email}
fields:
  code: {from: code, write: on_create}
  email: {from: email, write: on_create}
  name: name
  office: office
joiners: {}
leavers:
  when: status == 'Former'
  set: {leftOn: last}
  left: is_past(leftOn)
rehires: REHIRES
"""
CONNECTION = """\
oneway_connection: 1
name: NAME
mapping: ../NAME.yaml
schedule: never
"""
NAMES = ("acme", "beta", "gala")
PHONES = "phones"
"""The connection of a phone list: it knows no leavers, and nobody is ever deleted from it."""
FIRST = datetime(2026, 6, 1, 4, tzinfo=UTC)
FEW = 6
"""People whom only one employer has, and who stay."""
STATUS = st.sampled_from(["Current", "Current", "Former", "Former", "nowhere"])
NIGHT = st.lists(st.sampled_from(NAMES), max_size=4)
"""Which connections run, in which order; between the runs, a second passes."""
LIFE = st.lists(st.one_of(NIGHT, st.tuples(st.sampled_from(NAMES), STATUS)), min_size=2, max_size=9)

TWO_JOBS = (
    ("acme", "Current"),
    ("beta", "Current"),
    ["acme", "beta"],
    ("beta", "Former"),
    ["acme", "beta"],
    ["beta", "acme"],
    ("acme", "Former"),
)
BACK_FOR_A_NIGHT = (*TWO_JOBS[:-1], ("beta", "Current"), ["acme", "beta"], TWO_JOBS[-1])


class Group:
    """Employers that share a target; Cyd works for some of them, the others for one each."""

    def __init__(self, folder: Path, *, one_code: bool, rehires: str) -> None:
        self.folder, self.now, self.one_code = folder, FIRST, one_code
        self.status = dict.fromkeys(NAMES, "nowhere")
        self.last = dict.fromkeys(NAMES, "")
        self.seen = dict.fromkeys(NAMES, "nowhere")
        (folder / "connections").mkdir()
        for name in (*NAMES, PHONES):
            text = MAPPING if name != PHONES else MAPPING[: MAPPING.index("joiners:")]
            text = text if name != PHONES else text.replace("office: office", "phone: phone")
            text = text.replace("NAME", name).replace("REHIRES", rehires)
            (folder / f"{name}.yaml").write_text(text)
            text = CONNECTION.replace("NAME", name)
            (folder / f"connections/{name}.yaml").write_text(text)
        others = [self.other(name, k) for name in NAMES for k in range(FEW)]
        self.write([each | {"id": str(n), "leftOn": None} for n, each in enumerate(others, 1)])

    def person(self, code: str, name: str, office: str) -> dict[str, Any]:
        email = f"{name.replace(' ', '.').lower()}@example.com"
        return {"id": code, "code": code, "email": email, "name": name, "office": office}

    def other(self, employer: str, number: int) -> dict[str, Any]:
        return self.person(f"{employer[0]}{number}", f"P{number} {employer}", employer)

    def write(self, users: Sequence[dict[str, Any]]) -> None:
        (self.folder / "t.json").write_text(json.dumps(users))

    @property
    def cyd(self) -> dict[str, Any] | None:
        users = json.loads((self.folder / "t.json").read_text())
        return next((each for each in users if each["name"] == "Cyd Carver"), None)

    @property
    def gets_in(self) -> bool:
        return self.cyd is not None and not self.cyd.get("leftOn")

    def become(self, name: str, status: str) -> None:
        """Let one employer say something else of Cyd; who has left did so the day before."""
        self.status[name] = status
        self.last[name] = str((self.now - timedelta(days=1)).date())

    def run(self, name: str) -> tuple[bool, set[Kind], int]:
        """Run one connection; return whether it wrote anything, what of Cyd, and who is listed."""
        people = [self.other(name, k) | {"status": "Current", "last": None} for k in range(FEW)]
        if name == PHONES:
            people = [self.person("C1", "Cyd Carver", "") | {"phone": "555"}]
        elif self.status[name] != "nowhere":
            code = "C1" if self.one_code else f"C-{name}"
            me = self.person(code, "Cyd Carver", name)
            last = self.last[name] if self.status[name] == "Former" else None
            people.append(me | {"status": self.status[name], "last": last})
        (self.folder / f"{name}.json").write_text(json.dumps(people))
        self.now += timedelta(seconds=1)
        connection = connection_at(str(self.folder / f"connections/{name}.yaml"))
        request = request_for(connection, self.now, folders=())
        operator = Operator("eve", StateFolder(self.folder / "state"), lambda: self.now)
        with RunSession(prepare_run(request), operator) as session, open_sync(session) as ready:
            plan = ready.plan
            for _ in ready.apply():
                pass
            ended = ready.run()
        if name in self.status:
            self.seen[name] = self.status[name]
        kinds = {each.kind for each in plan.notable if each.label == "Cyd Carver"}
        return bool(plan.actions), kinds, len(ended.still_in)

    def night(self, names: Sequence[str]) -> list[tuple[bool, set[Kind], int]]:
        found = []
        for name in (*names, *([PHONES] if self.cyd is not None else [])):
            open_before = self.gets_in
            found.append(self.run(name))
            if open_before and not self.gets_in:
                assert "Current" not in self.seen.values(), f"{name} locks out: {self.seen}"
        self.now = (self.now + timedelta(days=1)).replace(hour=4, minute=0, second=0)
        return found


@example(TWO_JOBS, True, "report", NAMES)
@example([*TWO_JOBS[:3], ("acme", "Former")], True, "report", NAMES)
@example(TWO_JOBS, True, "reactivate", NAMES)
@example(TWO_JOBS, False, "report", NAMES[::-1])
@example(BACK_FOR_A_NIGHT, True, "report", NAMES)
@given(LIFE, st.booleans(), st.sampled_from(["report", "reactivate"]), st.permutations(NAMES))
@settings(max_examples=settings().max_examples // 10)  # each is some twenty runs
def test_access_ends_once_nobody_employs_the_person_and_then_nothing_is_written(
    life: Sequence[Any], one_code: bool, rehires: str, order: Sequence[str]
) -> None:
    with TemporaryDirectory() as folder:
        group = Group(Path(folder), one_code=one_code, rehires=rehires)
        for each in life:
            if isinstance(each, tuple):
                group.become(*each)
            else:
                group.night(each)
        for _ in range(3):
            group.night(order)
        before, said = group.cyd, {*group.status.values()}
        for names in (order, [*reversed(order)]):
            for wrote, kinds, listed in group.night(names):
                assert not wrote
                assert not listed
                assert not kinds & {Kind.CONFLICT, Kind.ERROR}
                assert Kind.REHIRE not in kinds or rehires == "report"
        assert group.cyd == before
        assert before is None or before.get("phone") == "555"
        if "Current" in said:
            assert group.gets_in or rehires == "report"
            if group.gets_in and before is not None:
                assert group.status[before["office"]] == "Current"
        elif "Former" in said:
            assert not group.gets_in
