"""Nobody is locked out by a last day that the source no longer states, without being named."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.planning.plan import Kind
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync
from oneway.state.folder import StateFolder

FIRST = date(2026, 11, 25)
MAPPING = """\
oneway: 1
name: notice
label: name
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  name: name
leavers:
  when: %s
  set: %s
  left: %s
rehires: %s
"""
WHEN = ("status == 'Former'", "status == 'Former' || leave && is_past(leave)")
SETS = (
    "{leaveDate: leave || today()}",
    "{leaveDate: leave}",
    "{active: {value: false, when: 'leave && is_past(leave)'}, leaveDate: leave}",
)
LEFT = (
    "is_past(leaveDate)",
    "leaveDate && is_past(leaveDate)",
    "active == `false` || is_past(leaveDate) || is_past(contractEnd)",
    "iif(active, is_past(leaveDate) || is_past(contractEnd), `true`)",
    "is_past(add_days(leaveDate, `3`))",
)


class Office:
    """Files of people and of their accounts, and the nights between them."""

    def __init__(self, folder: Path, *says: str) -> None:
        self.folder, self.day = folder, FIRST
        (folder / "m.yaml").write_text(MAPPING % says)
        people = [{"id": f"s{n}", "code": f"C{n}", "name": f"P{n}"} for n in range(4)]
        ends = {"active": True, "leaveDate": None, "contractEnd": "2027-05-31"}
        (folder / "t.json").write_text(json.dumps([{**each, **ends} for each in people]))
        self.people = [{**each, "status": "Current", "leave": None} for each in people]

    def night(self, status: str, leave: date | None) -> dict[str, Kind]:
        """Run the next night; return everybody's outcome."""
        self.day += timedelta(days=1)
        self.people[0] |= {"status": status, "leave": leave and leave.isoformat()}
        (self.folder / "s.json").write_text(json.dumps(self.people))
        now = datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)
        request = RunRequest(str(self.folder / "m.yaml"), now, lambda *_: None)
        operator = Operator("eve", StateFolder(self.folder / "state"), lambda: now)
        with RunSession(prepare_run(request), operator) as session, open_sync(session) as ready:
            list(ready.apply())
            return {each.label: each.kind for each in ready.plan.outcomes}

    @property
    def leave(self) -> date | None:
        """The last day that the target holds of the first person."""
        said = json.loads((self.folder / "t.json").read_text())[0]["leaveDate"]
        return date.fromisoformat(said) if said else None


@settings(max_examples=25)
@example(WHEN[0], SETS[0], LEFT[0], "report", [(30, True), (37, True), (30, False)])
@example(WHEN[0], SETS[0], LEFT[2], "reactivate", [(2, True), (2, False), (2, False)])
@given(
    st.sampled_from(WHEN),
    st.sampled_from(SETS),
    st.sampled_from(LEFT),
    st.sampled_from(["report", "reactivate"]),
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=5),
)
def test_who_stays_is_named_while_their_record_holds_a_day_to_come(
    when: str, sets: str, left: str, rehires: str, nights: list[tuple[int, bool]]
) -> None:
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), when, sets, left, rehires)
        for days, notice in nights:
            day = FIRST + timedelta(days=days)
            held = acme.leave
            found = acme.night(*(("Former", day) if notice else ("Current", None)))
            assert set(found.values()) - {found["P0"]} <= {Kind.UNCHANGED}
            if notice:
                continue
            assert found["P0"] is (Kind.UNCHANGED if held is None else Kind.REHIRE)
            if rehires == "reactivate":
                assert acme.leave is None


@pytest.mark.parametrize("day", ["2026-12-31", "9999-12-31", "2099-12-31"])
def test_a_day_that_the_source_states_too_is_no_withdrawn_notice(day: str) -> None:
    """Somebody wrote it by hand, before the source calls its person a leaver."""
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), WHEN[1], SETS[1], LEFT[0], "report")
        path = Path(folder) / "t.json"
        rows = json.loads(path.read_text())
        path.write_text(json.dumps([{**each, "leaveDate": day} for each in rows]))
        for person in acme.people:
            person["leave"] = day
        found = acme.night("Current", date.fromisoformat(day))
        assert set(found.values()) == {Kind.UNCHANGED}


@pytest.mark.parametrize("day", ["9999-12-31", "2099-12-31"])
def test_a_day_that_stands_for_none_is_no_notice(day: str) -> None:
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), WHEN[0], SETS[1], LEFT[0], "report")
        path = Path(folder) / "t.json"
        rows = json.loads(path.read_text())
        path.write_text(json.dumps([{**each, "leaveDate": day} for each in rows]))
        assert set(acme.night("Current", None).values()) == {Kind.UNCHANGED}
