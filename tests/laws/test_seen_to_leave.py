"""Whom the source last said to have left does not keep access unnoticed, whatever nights were."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.core.diagnostics import Refused
from oneway.history.journal import Run
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator
from oneway.runs.sync import run_sync
from oneway.state.folder import StateFolder

MAPPING = """\
oneway: 1
name: nights
label: name
source: {connector: file, resource: s.json}
target: {connector: file, resource: t.json}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
joiners: {}
leavers: {when: status == 'Former', set: {gone: {value: true}}, left: gone}
"""
MANY = 12
FIRST = datetime(2026, 6, 15, 4, tzinfo=UTC)

PERSON = st.sampled_from(["Current", "Former", "Former", "vanished", "vanished"])
NIGHT = st.sampled_from(["good", "good", "refused", "held", "no source", "no status", "no name"])
"""Whether all is read, the target cannot be, it holds too little, the source cannot be read, or it
lacks a column: the one that says who has left, or one that says nothing of it.
"""


class Office:
    """Files of people and of their accounts; one person changes, the others stay."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = FIRST
        (folder / "m.yaml").write_text(MAPPING)
        self.accounts = [
            {"id": f"t{n}", "code": f"C{n}", "name": f"P {n}", "gone": False} for n in range(MANY)
        ]

    def night(self, status: str, kind: str) -> Run | None:
        """Run a night; return what came of it, or None where it was refused."""
        people = [
            {"id": f"s{n}", "code": f"C{n}", "name": f"P {n}", "status": "Current"}
            for n in range(MANY)
        ]
        me = [] if status == "vanished" else [people[0] | {"status": status}]
        lacking = kind.removeprefix("no ")
        shown = [{k: v for k, v in e.items() if k != lacking} for e in (*me, *people[1:])]
        short = self.accounts[-1:] if kind == "held" else self.accounts
        self.write("s.json", "[" if kind == "no source" else json.dumps(shown))
        self.write("t.json", "[" if kind == "refused" else json.dumps(short))
        self.now += timedelta(days=1)
        request = RunRequest(str(self.folder / "m.yaml"), self.now, lambda *_: None)
        operator = Operator("eve", StateFolder(self.folder / "state"), lambda: self.now)
        ended = None
        with suppress(Refused):
            ended = run_sync(prepare_run(request), operator)
        if kind == "good":
            assert ended is not None
            self.accounts = json.loads((self.folder / "t.json").read_text())
        return ended

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    @property
    def lets_in(self) -> bool:
        return not self.accounts[0]["gone"]


@example([("Current", "no status"), ("Current", "no name")], "Current")
@example([("Former", "no name"), ("Former", "no status"), ("vanished", "no name")], "vanished")
@example([("Former", "refused"), ("Current", "no name"), ("vanished", "no name")], "vanished")
@example([("Former", "refused"), ("vanished", "held")], "vanished")
@example([("Former", "held")], "vanished")
@example([("Former", "held"), ("vanished", "held"), ("vanished", "no source")], "vanished")
@example([("Former", "refused"), ("vanished", "good"), ("vanished", "held")], "vanished")
@given(st.lists(st.tuples(PERSON, NIGHT), min_size=1, max_size=5), PERSON)
@settings(max_examples=settings().max_examples // 4)  # each is up to seven nights
def test_who_last_was_seen_to_have_left_is_out_or_listed(
    nights: list[tuple[str, str]], last: str
) -> None:
    with TemporaryDirectory() as folder:
        office = Office(Path(folder))
        office.night("Current", "good")  # they are linked
        seen, ever = "Current", False
        for status, kind in [*nights, (last, "good")]:
            ended = office.night(status, kind)
            if status != "vanished" and kind not in ("no source", "no status"):
                seen, ever = status, ever or status == "Former"
            if ended is not None:
                named = {each.target_id for each in ended.still_in}
                assert named <= ({"t0"} if ever and status != "Current" else set())
        assert ended is not None
        listed = [each.target_id for each in ended.still_in]
        if seen == "Former":
            assert not office.lets_in or listed == ["t0"]
        if not ever or last == "Current" or not office.lets_in:
            assert listed == []
