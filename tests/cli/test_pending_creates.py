"""Nobody is created twice while a target does not yet show what it was sent.

A create may be accepted without a word on its end, fail after it was made, or be confirmed before
any list shows it. Whatever is then planned, saved, applied or corrected, a person is sent once, and
nobody else is given what was sent for them.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commands import Ended
from directory import MANIFEST, Directory, Json, connected

MAPPING = """\
oneway: 1
name: people
label: name
source: {connector: file, resource: people.json, options: {id: number}}
target: {connector: directory, resource: people}
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
  mail: {from: mail, compare: ignore_case, SECRET}
joiners: {unless_taken: [mail]}
"""
LATE = MANIFEST.replace("lag: 0", "lag: 900")
ANN: Json = {"number": 1, "code": "001", "name": "Ann Oak", "mail": "ann@example.com"}
IDA: Json = {"number": 9, "code": "009", "name": "Ida Nut", "mail": "ida@example.com"}


def accepted(directory: Directory, data: Json) -> tuple[int, Any]:
    """Accept a create; it is made, and no list shows it yet."""
    made(directory, data)
    return 202, {}


def failed(directory: Directory, data: Json) -> tuple[int, Any]:
    """Fail after the record was made."""
    made(directory, data)
    return 504, {}


def confirmed(directory: Directory, data: Json) -> tuple[int, Any]:
    """Confirm a create that no list shows yet."""
    return 201, {"id": made(directory, data)}


def made(directory: Directory, data: Json) -> str:
    id = directory.keep(data)
    directory.hidden.add(id)
    directory.forbidden.add(id)  # nor can it be requested yet
    return id


ANSWERS = {each.__name__: each for each in (accepted, failed, confirmed)}
Run = Callable[..., Ended]


@contextmanager
def world(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, *, secret: bool
) -> Iterator[Directory]:
    """Serve a directory with one user, and write two people, of whom one is new."""
    with connected(Directory(), folder, monkeypatch, LATE) as directory:
        directory.keep({key: value for key, value in ANN.items() if key != "number"})
        directory.create = ANSWERS[answer]
        text = MAPPING.replace(", SECRET", ", sensitive: true" if secret else "")
        (folder / "m.yaml").write_text(text)
        say(folder, IDA)
        yield directory


def say(folder: Path, ida: Json, ann: Json = ANN) -> None:
    (folder / "people.json").write_text(json.dumps([ann, ida]))


def saved(run: Run) -> str:
    """Save a plan, and return the beginning of its fingerprint."""
    found = re.search("^Fingerprint: ([0-9a-f]{12})", run("plan", "m.yaml", "--out", "p").out, re.M)
    assert found
    return found[1]


STEPS = st.lists(
    st.sampled_from(["sync", "plan", "apply", "number", "code", "mail", "ann"]), max_size=6
)


@given(st.sampled_from(sorted(ANSWERS)), st.booleans(), STEPS)
@example("accepted", False, ["plan", "sync", "apply"])
@example("confirmed", False, ["plan", "sync", "apply"])
@example("confirmed", False, ["plan", "apply", "apply"])
@example("failed", True, ["sync", "number", "code", "sync"])
@example("confirmed", True, ["sync", "number", "code", "sync"])
@example("confirmed", False, ["sync", "number", "mail", "sync"])
@example("accepted", False, ["number", "plan", "number", "sync", "apply"])
@example("accepted", False, ["sync", "number", "code", "mail", "sync"])
@example("confirmed", True, ["sync", "number", "code", "mail", "sync"])
@example("accepted", False, ["sync", "ann", "sync", "mail", "sync"])
@example("confirmed", True, ["sync", "mail", "ann", "plan", "apply"])
@example("failed", False, ["ann", "plan", "mail", "sync", "ann", "apply"])
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_a_person_is_sent_once(
    oneway: Run, monkeypatch: pytest.MonkeyPatch, answer: str, secret: bool, steps: list[str]
) -> None:
    with TemporaryDirectory() as name, monkeypatch.context() as patch:
        folder = Path(name)
        with world(folder, patch, answer, secret=secret) as directory:
            ida, ann, plan = IDA, ANN, ""
            for at, step in enumerate([*steps, "sync"]):
                if step == "sync":
                    oneway("sync", "m.yaml")
                elif step == "plan":
                    plan = saved(oneway)
                elif step == "apply" and plan:
                    oneway("apply", "p", "--approve", plan)
                elif step in IDA:
                    new = {"number": 10 + at, "code": f"01{at}", "mail": f"i{at}@example.com"}
                    ida = ida | {step: new[step]}
                    say(folder, ida, ann)
                elif step == "ann":
                    sent = [e["mail"] for e in directory.people.values() if e["name"] != "Ann Oak"]
                    ann = ANN | {"mail": (sent or [IDA["mail"]])[0]}
                    say(folder, ida, ann)
            people = directory.people.values()
            codes = Counter(each["code"] for each in people)
            mails = Counter(each["mail"] for each in people)
            names = Counter(each["name"] for each in people)
            for counted in (codes, mails, names):
                assert max(counted.values()) == 1, (directory.people, directory.asked)


@pytest.mark.parametrize("answer", ["accepted", "failed"])
def test_a_person_waits_for_a_create_of_which_the_plan_is_gone(
    oneway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    with world(tmp_path, monkeypatch, answer, secret=False) as directory:
        oneway("sync", "m.yaml")
        with closing(sqlite3.connect(tmp_path / ".oneway" / "journal.db")) as store, store:
            assert store.execute("delete from snapshot").rowcount
        assert "it is not sent again until" in oneway("plan", "m.yaml").flat
        assert oneway("sync", "m.yaml").code == 1
        assert [each["name"] for each in directory.people.values()] == ["Ann Oak", "Ida Nut"]


def test_an_update_waits_for_a_create_that_has_claimed_its_value(
    oneway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, monkeypatch, "accepted", secret=False) as directory:
        oneway("sync", "m.yaml")
        mails = {"mail": "nut@example.com"}, {"mail": IDA["mail"], "name": "Ann Elm"}
        say(tmp_path, IDA | mails[0], ANN | mails[1])
        ended = oneway("sync", "m.yaml")
        assert ended.code == 5
        assert "in conflict (1) its mail is that of source record 9: a create" in ended.flat
        assert directory.people["1"]["name"] == "Ann Oak"
        directory.hidden.clear()
        directory.forbidden.clear()
        assert oneway("sync", "m.yaml").code == 0
        found = [(each["name"], each["mail"]) for each in directory.people.values()]
        assert found == [("Ann Elm", "ida@example.com"), ("Ida Nut", "nut@example.com")]


def test_nobody_else_is_created_with_the_value_of_a_create_on_its_way(
    oneway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, monkeypatch, "accepted", secret=False) as directory:
        oneway("sync", "m.yaml")
        other = IDA | {"number": 10, "code": "010", "name": "Eve Yew"}
        (tmp_path / "people.json").write_text(json.dumps([ANN, IDA, other]))
        assert "its mail is that of source record 9: a create" in oneway("sync", "m.yaml").flat
        assert [each["code"] for each in directory.people.values()] == ["001", "009"]


def test_a_namesake_is_created_beside_a_create_on_its_way(
    oneway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path, monkeypatch, "confirmed", secret=False) as directory:
        oneway("sync", "m.yaml")
        namesake = IDA | {"number": 10, "code": "010", "mail": "nut@example.com"}
        (tmp_path / "people.json").write_text(json.dumps([ANN, IDA, namesake]))
        oneway("sync", "m.yaml")
        codes = [each["code"] for each in directory.people.values()]
        assert codes == ["001", "009", "010"]
