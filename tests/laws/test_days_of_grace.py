"""A leave whose day is made from that of the run begins once, and its day stays."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.planning.plan import Kind, Verb
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync
from oneway.state.folder import StateFolder

MAPPING = """\
oneway: 1
name: grace
label: name
let: {grace: "add_days(today(), `7`)"}
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  name: name
leavers:
  when: status == 'Former'
  set: {leaveDate: "%s"}
  left: is_past(leaveDate)
  scheduled: is_future(leaveDate)
rehires: %s
"""
EXPRESSIONS = (
    "leave || today()",
    "leave || add_days(today(), `14`)",
    "leave || let('grace')",
    "leave || end_of_month(today())",
    "leave || end_of_month(add_days(today(), `20`))",
)
Rows = list[dict[str, Any]]


class Office:
    """Files of people and of their accounts, and the nights between them."""

    def __init__(self, folder: Path, expression: str, rehires: str, first: date) -> None:
        self.folder, self.day = folder, first
        (folder / "m.yaml").write_text(MAPPING % (expression, rehires))
        self.people = [{"id": f"s{n}", "code": f"C{n}", "name": f"P{n}"} for n in range(4)]
        rows = [{**each, "leaveDate": None} for each in self.people]
        self.people = [{**each, "status": "Current", "leave": None} for each in self.people]
        (folder / "t.json").write_text(json.dumps(rows))

    def night(self, days: int, **said: Any) -> tuple[list[Verb], list[Kind]]:
        """Run a night some days later; return what was done, and each person's outcome."""
        self.day += timedelta(days=days)
        self.people[0] |= said
        (self.folder / "s.json").write_text(json.dumps(self.people))
        now = datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)
        request = RunRequest(str(self.folder / "m.yaml"), now, lambda *_: None)
        operator = Operator("eve", StateFolder(self.folder / "state"), lambda: now)
        with RunSession(prepare_run(request), operator) as session, open_sync(session) as ready:
            list(ready.apply())
            plan = ready.plan
            self.still_in = [each.label for each in plan.outcomes if each.has_access]
            return [a.verb for a in plan.actions], [each.kind for each in plan.outcomes]

    def forget_leave(self) -> None:
        """Let the target lose what was written, as one that answers and does nothing."""
        path = self.folder / "t.json"
        rows = json.loads(path.read_text())
        path.write_text(json.dumps([{**each, "leaveDate": None} for each in rows]))

    @property
    def leave(self) -> str | None:
        rows: Rows = json.loads((self.folder / "t.json").read_text())
        assert all(each["leaveDate"] is None for each in rows[1:])
        found: str | None = rows[0]["leaveDate"]
        return found


@settings(max_examples=settings().max_examples // 10)  # each is a dozen nights
@example(EXPRESSIONS[1], "report", date(2026, 11, 25), [1] * 16)
@example(EXPRESSIONS[3], "reactivate", date(2026, 11, 25), [5, 1, 20, 20])
@given(
    st.sampled_from(EXPRESSIONS),
    st.sampled_from(["report", "reactivate", "ignore"]),
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.lists(st.sampled_from([0, 1, 2, 9, 31]), min_size=3, max_size=8),
)
def test_a_leave_begins_once_and_its_day_stays(
    expression: str, rehires: str, first: date, nights: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), expression, rehires, first)
        assert acme.night(0)[0] == []
        for _ in range(2):
            acme.forget_leave()
            assert acme.night(1, status="Former")[0] == [Verb.LEAVE]
            assert acme.still_in == ["P0"]
        day = acme.leave
        for days in nights:
            assert acme.night(days) == ([], [Kind.UNCHANGED] * 4)
            assert (acme.leave, acme.still_in) == (day, [])


@pytest.mark.parametrize("expression", [each.removeprefix("leave || ") for each in EXPRESSIONS])
def test_who_is_absent_is_deactivated_once(expression: str) -> None:
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), expression, "report", date(2026, 11, 25))
        path = Path(folder) / "m.yaml"
        path.write_text(path.read_text() + "absent: deactivate\n")
        acme.night(0)
        del acme.people[0]
        assert acme.night(1)[0] == [Verb.DEACTIVATE]
        day = acme.leave
        to_come = max(1, (date.fromisoformat(day or "") - acme.day).days)
        for days in (1, to_come - 1, 1, 1, 31):
            assert acme.night(days) == ([], [Kind.UNCHANGED] * 3 + [Kind.ABSENT])
            assert (acme.leave, acme.still_in) == (day, [])


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_day_that_the_source_states_is_written(expression: str) -> None:
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), expression, "report", date(2026, 11, 25))
        acme.night(0, status="Former")
        for stated in ("2027-01-15", "2026-11-28", "2026-12-30"):
            acme.night(0, leave=stated)
            assert acme.leave == stated


def test_a_day_far_ahead_that_somebody_wrote_does_not_stay() -> None:
    """The source says that they have left: a day beyond those of grace would let them in."""
    with TemporaryDirectory() as folder:
        acme = Office(Path(folder), EXPRESSIONS[1], "report", date(2026, 11, 1))
        acme.night(0, status="Former")
        path = Path(folder) / "t.json"
        path.write_text(path.read_text().replace("2026-11-15", "2030-01-01"))
        assert acme.night(1)[0] == [Verb.LEAVE]
        assert acme.leave == "2026-11-16"
