"""How to set up the integration: the page's three steps."""

from pathlib import Path

import pytest

from help_page.two_systems import MAPPING, TODAY, TwoSystems
from oneway_connectors.sandbox import expensein


def test_ensure_that_your_department_references_match_your_department_codes(
    systems: TwoSystems,
) -> None:
    """`oneway check` names each code of which that does not hold, and how many it concerns."""
    systems.expenses.departments.put({"id": 901, "name": "A", "reference": "TWICE"})
    systems.expenses.departments.put({"id": 902, "name": "B", "reference": "TWICE"})
    people = [systems.known() for _ in range(4)]
    codes = ["NOWHERE", "NOWHERE", "TWICE", people[3].employment["department"]["code"]]
    for person, code in zip(people, codes, strict=True):
        person.employment["department"]["code"] = code
    ended = systems.run("check", MAPPING, "--as-of", TODAY)
    assert ended.code == 0
    assert "NOWHERE: 0 rows, 2 records" in ended.flat
    assert "TWICE: 2 rows, 1 record" in ended.flat
    assert f"{codes[3]}:" not in ended.flat
    assert sum(systems.writes().values()) == 0


@pytest.mark.parametrize("system", ["STAFFOLOGY", "EXPENSEIN"])
def test_authorise_expensein_to_connect(
    systems: TwoSystems, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    """Without a key that is right nothing is read or written, and the key is shown nowhere."""
    systems.employee()
    monkeypatch.setenv(f"ONEWAY_{system}_API_KEY", "CANARY-5d1f")
    for command in ("check", "plan", "sync"):
        ended = systems.run(command, MAPPING)
        assert ended.code == 1
        assert "R102" in ended.flat
        assert "CANARY" not in ended.flat
    monkeypatch.delenv(f"ONEWAY_{system}_API_KEY")
    ended = systems.run("sync", MAPPING)
    assert (ended.code, f"ONEWAY_{system}_API_KEY" in ended.flat) == (1, True)
    assert systems.users() == []


def test_a_key_that_may_not_write_plans_and_writes_nothing(
    systems: TwoSystems, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = systems.employee()
    monkeypatch.setenv("ONEWAY_EXPENSEIN_API_KEY", expensein.READ_ONLY_KEY)
    assert systems.plan().outcome(person) == "create"
    ended = systems.run("sync", MAPPING, "--as-of", TODAY)
    assert (ended.code, "W104" in ended.flat) == (5, True), ended.flat
    assert systems.users() == []


def test_check_that_your_employees_are_syncing_as_expected(systems: TwoSystems) -> None:
    """The next plan is empty; whoever does not sync is named there, and `explain` says why."""
    person, missing = systems.employee(), systems.employee()
    missing.personal["email"] = ""
    systems.sync()
    said = systems.run("plan", MAPPING, "--as-of", TODAY).flat
    assert "No changes to make" in said
    assert "Email is missing" in said
    code = missing.employment["payrollCode"]
    assert code in said
    assert "Email is missing" in systems.run("explain", MAPPING, code, "--as-of", TODAY).flat
    fine = systems.run("explain", MAPPING, person.employment["payrollCode"], "--as-of", TODAY)
    assert "unchanged" in fine.flat


@pytest.mark.parametrize("command", [("check", MAPPING), ("explain", MAPPING, "nobody")])
def test_looking_keeps_to_the_limit_that_runs_share(
    systems: TwoSystems, tmp_path: Path, command: tuple[str, ...]
) -> None:
    """A state folder is where they agree on it, and looking makes none."""
    systems.run(*command, "--as-of", TODAY)
    assert not (tmp_path / ".oneway").exists()
    (tmp_path / ".oneway").mkdir(mode=0o700)
    systems.run(*command, "--as-of", TODAY)
    assert len(list((tmp_path / ".oneway" / "pace").glob("*.pace"))) == 2
