"""Nobody is back because what said that they have left is gone from the source."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.planning.plan import Kind, Outcome
from oneway.runs.prepare.preparation import prepare_run
from oneway.runs.prepare.request import RunRequest
from oneway.runs.session import Operator, RunSession
from oneway.runs.sync import open_sync
from oneway.state.folder import StateFolder

MAPPING = """\
oneway: 1
name: returns
label: name
source: {connector: file, resource: s.json%s}
target: {connector: file, resource: t.json}
match: [{source: code, target: code}]
fields:
  code: {from: code, write: on_create}
  name: name
leavers: {when: %s, set: {active: {value: false}}, left: active == `false`}
rehires: {reactivate: {active: true}}
guards: {leavers: {share: 1, floor: 9}, reactivations: {share: 1, floor: 9}, values: {gone: 1}}
"""
NULLS = (
    ", absent: null, record: {type: object, additionalProperties: true, "
    "properties: {day: {type: [string, 'null'], format: date}}}"
)
FIRST = datetime(2026, 6, 15, 4, tzinfo=UTC)
Rows = list[dict[str, Any]]


class Office:
    """Files of people and of their accounts, and the nights between them."""

    def __init__(self, folder: Path, when: str, more: str = "") -> None:
        self.folder, self.now = folder, FIRST
        (folder / "m.yaml").write_text(MAPPING % (more, when))

    def night(self, people: Rows) -> dict[str, Outcome]:
        """Run a night; return the outcomes by the names of people."""
        (self.folder / "s.json").write_text(json.dumps(people))
        if not (self.folder / "t.json").exists():
            keys = ("id", "code", "name")
            rows = [{key: each[key] for key in keys} | {"active": True} for each in people]
            (self.folder / "t.json").write_text(json.dumps(rows))
        self.now += timedelta(days=1)
        request = RunRequest(str(self.folder / "m.yaml"), self.now, lambda *_: None)
        operator = Operator("eve", StateFolder(self.folder / "state"), lambda: self.now)
        with RunSession(prepare_run(request), operator) as session, open_sync(session) as ready:
            list(ready.apply())
            return {each.label: each for each in ready.plan.outcomes}

    @property
    def active(self) -> list[bool]:
        return [each["active"] for each in json.loads((self.folder / "t.json").read_text())]


@contextmanager
def office(when: str, more: str = "") -> Iterator[Office]:
    with TemporaryDirectory() as folder:
        yield Office(Path(folder), when, more)


def people(*said: dict[str, Any]) -> Rows:
    return [{"id": f"s{n}", "code": f"C{n}", "name": f"P{n}"} | each for n, each in enumerate(said)]


WORDS = st.sampled_from(["Current", "On leave", "Retired", "", None])


@settings(max_examples=12)
@example(["Current", "Current", "On leave"], ["Current", "Retired", "Retired"])
@example(["Current", "Current", "Current"], ["", None])
@given(st.lists(WORDS, min_size=3, max_size=6), st.lists(WORDS, min_size=1, max_size=3))
def test_a_word_brings_somebody_back_if_somebody_who_stays_has_it(
    stay: list[str | None], back: list[str | None]
) -> None:
    blank = sum(not each for each in stay)
    answers = {each for each in stay if each} | ({"", None} if 2 * blank >= len(stay) else set())
    former = ["Former"] * len(back)
    with office("status == 'Former'") as acme:
        acme.night(people(*({"status": each} for each in (*former, *stay))))
        assert acme.active == [False] * len(back) + [True] * len(stay)
        for _ in range(2):
            found = acme.night(people(*({"status": each} for each in (*back, *stay))))
            came = [each in answers for each in back]
            assert acme.active == came + [True] * len(stay)
            for number, is_back in enumerate(came):
                assert (found[f"P{number}"].kind is Kind.ERROR) == (not is_back)


@settings(max_examples=12)
@example(["Current"] * 3, ["Current", "Current", "Retired"], ["Retired", "Retired"])
@example(["Current", "Current", "On leave"], ["Retired"] * 3, ["Retired", "On leave"])
@given(
    st.lists(WORDS.filter(bool), min_size=3, max_size=3),
    st.lists(WORDS.filter(bool), min_size=3, max_size=3),
    st.lists(WORDS.filter(bool), min_size=1, max_size=2),
)
def test_a_word_that_others_get_on_the_same_night_brings_nobody_back(
    before: list[str], stay: list[str], back: list[str]
) -> None:
    """It may be a new word for leavers; but not if most others have it."""
    familiar = {each for each in stay if each in before or stay.count(each) > 1}
    former = ["Former"] * len(back)
    with office("status == 'Former'") as acme:
        acme.night(people(*({"status": each} for each in (*former, *before))))
        for _ in range(2):
            acme.night(people(*({"status": each} for each in (*back, *stay))))
            assert acme.active == [each in familiar for each in back] + [True] * len(stay)


DAYS = st.sampled_from(["absent", "null", "2020-01-31", "2030-01-31"])


@settings(max_examples=12)
@example(["absent", "absent"], 2)
@example(["absent", "null"], 1)
@given(st.lists(DAYS, min_size=2, max_size=5), st.integers(1, 2))
def test_a_key_that_no_record_has_any_more_brings_nobody_back(stay: list[str], back: int) -> None:
    """A record that says null, or a day to come of anybody, shows that the key is still there."""

    def said(day: str) -> dict[str, Any]:
        return {} if day == "absent" else {"day": None if day == "null" else day}

    gone = [day == "2020-01-31" for day in stay]
    with office("is_past(day)", NULLS) as acme:
        acme.night(people(*[said("2021-01-31")] * back, *map(said, stay)))
        is_back = any(each != "absent" for each in stay)
        for _ in range(2):
            acme.night(people(*[{}] * back, *map(said, stay)))
            assert acme.active == [is_back] * back + [not each for each in gone]


@pytest.mark.parametrize("day", [{"day": None}, {"day": "2030-01-31"}])
def test_a_record_that_still_has_the_key_says_itself_who_is_back(day: dict[str, Any]) -> None:
    with office("is_past(day)", NULLS) as acme:
        acme.night(people({"day": "2021-01-31"}, {}, {}))
        acme.night(people(day, {}, {}))
        assert acme.active == [True, True, True]


NEW = "  active: {value: true, write: on_create}\n"
HALF = {
    "  name: name\n": f"  name: name\n{NEW}",
    "active: {value: false}": "active: {value: false}, note: {value: out}, ended: day",
}
LEFT = ["ended && active == `false`", "is_past(ended)", "ended && !active"]


@pytest.mark.parametrize("rehires", ["report", "reactivate", "{reactivate: {active: true}}"])
@pytest.mark.parametrize("left", LEFT)
def test_half_a_leave_locks_nobody_out(tmp_path: Path, left: str, rehires: str) -> None:
    """`left` never held, as no day was known; the person is back, until somebody decides."""
    office = Office(tmp_path, "status == 'Former'")
    path = tmp_path / "m.yaml"
    text = path.read_text().replace("left: active == `false`", f'left: "{left}"')
    for old, new in {**HALF, "{reactivate: {active: true}}": rehires}.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    rows = [{"id": f"s{n}", "code": n, "name": f"P {n}", "status": "E", "day": ""} for n in "1234"]
    users = [{**row, "active": True, "ended": None, "note": None} for row in rows]
    kept = [
        {key: each[key] for key in ("id", "code", "name", "active", "ended", "note")}
        for each in users
    ]
    (tmp_path / "t.json").write_text(json.dumps(kept))
    office.night(rows)
    office.night([{**rows[0], "status": "Former"}, *rows[1:]])
    assert office.active[0] is False
    for _ in range(2):
        found = office.night(rows)["P 1"]
        assert (found.kind is Kind.REHIRE) == (rehires == "report" or found.actions != ())
        if rehires != "report":
            break
        assert [each.code for each in found.reasons] == ["rehire"]
        assert "still has active of a leave of 2026-06-17" in found.reasons[0].text
    if rehires == "report":
        users = json.loads((tmp_path / "t.json").read_text())
        users[0]["active"] = True  # somebody has decided
        (tmp_path / "t.json").write_text(json.dumps(users))
    assert office.active[0] is not False
    assert office.night(rows)["P 1"].kind is Kind.UNCHANGED
