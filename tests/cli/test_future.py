"""A clock that was ahead: what it left behind is told each night, and put right for one
connection alone."""

import json
import shutil
from pathlib import Path

import pytest
from night import Night


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night whose clock was ahead when both connections ran."""
    found = Night(tmp_path_factory.mktemp("ahead"))
    found.set_clock("2026-11-23T12:00:00")
    for name in ("acme", "beta"):
        found.add(name)
    found.run("run-due")
    found.set_clock("2027-01-10T05:00:00")
    assert found.run("run-due").ends() == 0
    return found


@pytest.fixture
def night(ahead: Night, tmp_path: Path) -> Night:
    found = Night(shutil.copytree(ahead.folder, tmp_path / "night"))
    found.set_clock("2026-11-24T05:00:00")
    return found


def test_what_a_clock_that_was_ahead_has_stopped_is_told_each_night(night: Night) -> None:
    for day in ("2026-11-24", "2026-11-25"):
        night.set_clock(f"{day}T05:00:00")
        ended = night.run("run-due")
        assert ended.ends() == 1
        assert "ran: 2 refused" in ended.said
        for name in ("acme", "beta"):
            assert f"{name}: connections/{name}.yaml" in ended.said
            assert f"oneway runs forget-future {name}" in ended.said
        assert "nothing was due" in night.run("run-due").said  # once a night
    told = json.loads(night.run("status", "--format", "json").out)["connections"]
    assert {each["future"][:10] for each in told} == {"2027-01-10"}
    assert {each["last"]["state"] for each in told} == {"refused"}
    assert night.run("status", "--exit-code").ends() == 1
    assert "oneway runs forget-future acme" in night.run("status").out


def test_one_connection_alone_is_put_right(night: Night) -> None:
    before = night.run("runs", "show", "beta", "--format", "json").out
    ended = night.run("runs", "forget-future", "acme", "--yes", "--format", "json")
    assert ended.ends() == 0
    said = json.loads(ended.out)
    assert (said["connection"], said["dues"], len(said["runs"])) == ("acme", 1, 1)
    again = night.run("runs", "forget-future", "acme", "--yes")
    assert (again.ends(), again.out) == (0, "Nothing is recorded in the future.\n")
    assert night.run("runs", "show", "beta", "--format", "json").out == before
    night.set_clock("2026-11-25T05:00:00")
    ended = night.run("run-due")
    assert ended.ends() == 1  # for beta
    assert "acme: done" in ended.said
    assert "ran: 1 done, 1 refused" in ended.said
    # What the run did then is kept, and counts as done when it was put right.
    runs = json.loads(night.run("runs", "acme", "--format", "json").out)["runs"]
    assert [each["state"] for each in runs] == ["done", "done"]
    assert runs[1]["started"].startswith("2026-11-24T05:")
    assert runs[1]["created"] == 3


def test_a_mapping_alone_is_put_right_by_its_name_or_its_file(night: Night) -> None:
    """Its runs are filed with digits behind its name: that names the systems that ran last."""
    night.set_clock("2027-01-10T05:00:00")
    assert night.run("sync", "acme-mapping.yaml").ends() == 0
    night.set_clock("2026-11-24T05:00:00")
    assert "F117" in night.run("sync", "acme-mapping.yaml").said
    told = json.loads(night.run("runs", "--format", "json").out)["runs"]
    (name,) = {each["connection"] for each in told} - {"acme", "beta"}
    for text, runs in ((name.partition(" ")[0], 1), ("acme-mapping.yaml", 0)):
        ended = night.run("runs", "forget-future", text, "--yes", "--format", "json")
        said = json.loads(ended.out)
        assert (said["connection"], len(said["runs"])) == (name, runs)
    assert night.run("sync", "acme-mapping.yaml").ends() == 0


def test_a_run_of_a_clock_that_is_ahead_forgets_nothing_real(night: Night) -> None:
    """Guards count the week before, once the clock is right again."""
    night.set_clock("2026-11-24T05:00:00")
    night.run("runs", "forget-future", "acme", "--yes")
    for day in ("01", "02", "06"):
        night.set_clock(f"2027-12-{day}T05:00:00")
        assert night.run("sync", "acme").ends() == 0
    night.set_clock("2026-11-25T05:00:00")
    assert night.run("runs", "forget-future", "acme", "--yes").ends() == 0
    runs = json.loads(night.run("runs", "acme", "--format", "json").out)["runs"]
    assert len(runs) >= 4
    assert runs[-1]["created"] == 3


def test_nothing_is_changed_where_nobody_says_yes(night: Night) -> None:
    assert night.run("runs", "forget-future", "acme").ends() != 0
    told = json.loads(night.run("status", "--format", "json").out)["connections"]
    assert all(each["future"] for each in told)
    assert "F130" in night.run("runs", "forget-future", "nobody", "--yes").said
