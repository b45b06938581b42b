"""Nobody gets in by a create of unknown end who was gone before the target showed it.

Its person may leave meanwhile, slide out of scope or out of the source. Whatever the source then
says, each run names them and does not end with 0, until their account has left or does not come.
"""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_pending_creates import ANN, ANSWERS, IDA, LATE, Run

from directory import Directory, Json, connected

MAPPING = """\
oneway: 1
name: people
label: name
source: {connector: file, resource: people.json, options: {id: number}}
target: {connector: directory, resource: people}
only: [{id: here, when: here, otherwise: works elsewhere}]
match:
  - {source: code, target: code}
fields:
  code: {from: code, write: on_create}
  name: name
  mail: {from: mail, compare: ignore_case}
  left: {value: false, write: on_create}
leavers: {when: gone, set: {left: {value: true}}, left: left}
joiners: {unless_taken: [mail]}
guards: {leavers: {share: 100%, floor: 9}, source: {shrink: 100%}, target: {shrink: 100%}}
"""
HERE: Json = {"here": True, "gone": False}
STEPS = st.lists(st.sampled_from(["leave", "slide", "vanish", "come", "stay", "sync"]), max_size=7)


@given(st.sampled_from(sorted(ANSWERS)), STEPS)
@example("accepted", ["leave", "sync", "vanish", "sync", "come", "sync"])
@example("accepted", ["leave", "sync", "slide", "sync", "come", "sync"])
@example("accepted", ["leave", "vanish", "come", "sync", "sync"])
@example("accepted", ["vanish", "sync", "come", "sync"])
@example("accepted", ["vanish", "sync", "stay", "sync", "come"])
@example("failed", ["vanish", "come", "sync", "sync"])
@example("confirmed", ["leave", "sync", "vanish", "sync", "come", "sync"])
@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
def test_who_left_before_it_came_is_followed(
    oneway: Run, monkeypatch: pytest.MonkeyPatch, answer: str, steps: list[str]
) -> None:
    with TemporaryDirectory() as name, monkeypatch.context() as patch:
        folder = Path(name)
        with connected(Directory(), folder, patch, LATE) as directory:
            directory.keep({**ANN, "left": False})
            directory.create = ANSWERS[answer]
            (folder / "m.yaml").write_text(MAPPING)
            ida: Json | None = IDA | HERE
            _say(folder, ida)
            oneway("sync", "m.yaml")
            (account,) = [each for each in directory.people.values() if each["name"] != "Ann Oak"]
            known = shown = found = seen = False
            for step in [*steps, "sync"]:
                if step == "come":
                    shown = True
                    directory.hidden.clear()
                    directory.forbidden.clear()
                elif step == "sync":
                    ended = oneway("sync", "m.yaml")
                    unknown = answer != "confirmed" and not (shown and found)
                    if ida is None:
                        expected = known or (unknown and not seen)
                    else:
                        expected = ida["gone"] and (ida["here"] or known or (not shown and unknown))
                    found = shown
                    employed = ida is not None and not ida["gone"]
                    seen = seen or (shown and employed and ida["here"])
                    known = "can still get in" in ended.out
                    if account["left"] is False and expected:
                        assert ended.code == 5, (directory.people, ended.out)
                        assert known
                        assert re.search("\\b(009|9)\\b", ended.out), ended.out
                    elif employed and shown and ida["here"]:
                        assert ended.code == 0, ended.out
                else:
                    ida = _changed(ida, step)
                    _say(folder, ida)


@pytest.mark.parametrize("steps", [["leave", "vanish"], ["leave"], ["vanish"], ["slide"], []])
def test_who_left_again_before_their_return_was_made_is_followed(
    oneway: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: list[str]
) -> None:
    with connected(Directory(), tmp_path, monkeypatch, LATE) as directory:
        directory.keep({**ANN, "left": False})
        account = directory.people[directory.keep({**IDA, "left": True})]
        (tmp_path / "m.yaml").write_text(MAPPING + "rehires: {reactivate: {left: false}}\n")
        ida: Json | None = IDA | HERE
        _say(tmp_path, ida)
        directory.later = []
        assert oneway("sync", "m.yaml").code == 5
        for step in steps:
            ida = _changed(ida, step)
            _say(tmp_path, ida)
            ended = oneway("sync", "m.yaml")
            assert (ended.code, "can still get in (1)" in ended.flat) == (5, True), ended.out
        for id, change in directory.later:
            directory.people[id].update(change)
        assert account["left"] is False
        if not steps:
            _say(tmp_path, None)
            ida = None
        directory.later = None
        ended = oneway("sync", "m.yaml")
        listed = "can still get in (1)" in ended.flat
        assert listed == (ida is None), ended.out
        assert ended.code == (5 if listed else 0)
        assert account["left"] is ("leave" in steps and ida is not None)


def _changed(ida: Json | None, step: str) -> Json | None:
    if step == "vanish":
        return None
    now = ida or IDA | HERE | {"gone": True}
    change = {"leave": {"gone": True}, "slide": {"here": False}, "stay": HERE}
    return now | change[step]


def _say(folder: Path, ida: Json | None) -> None:
    people = [ANN | HERE, *([ida] if ida is not None else [])]
    (folder / "people.json").write_text(json.dumps(people))
