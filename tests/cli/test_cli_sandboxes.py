"""The whole way over HTTP: both sandboxes, the real manifests and the real mapping."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from cli_world import ROOT, World

from oneway.cli.sandbox import environment, started
from patience import PATIENCE

MAPPING = ROOT / "mappings" / "staffology-to-expensein.yaml"


@pytest.fixture
def systems(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Both sandboxes, running, with the environment that points to them."""
    with ExitStack() as stack:
        running = {s: stack.enter_context(started(s)) for s in ("staffology", "expensein")}
        for name, value in environment(list(running.values())).items():
            monkeypatch.setenv(name, value)
        yield running


def users(systems: dict[str, Any]) -> list[dict[str, Any]]:
    expensein = systems["expensein"]
    headers = {"Authorization": f"ApiKey {expensein.keys['full']}"}
    url = f"{expensein.url}/1.0/users?includeLeavers=true"
    found: list[dict[str, Any]] = httpx.get(url, headers=headers, timeout=PATIENCE).json()
    return found


def test_the_demo(world: World) -> None:
    ended = world.run("demo")
    assert ended.code == 0, ended.out + ended.err
    assert ended.err == ""
    assert ended.out.count("$ oneway ") == 4
    assert "15 to create, 22 to update, 9 to leave" in ended.out
    assert "\n  + create " in ended.out
    assert "Applied: 46 done." in ended.out
    assert "No changes to make" in ended.out
    assert (
        "The second plan changes nothing: what can be synced is the same on both sides."
        in ended.out
    )
    assert "Does not sync" not in ended.out
    assert len(ended.out.splitlines()) < 95
    assert list(world.folder.glob(".oneway")) == []


def test_the_bank_switch(world: World, systems: dict[str, Any]) -> None:
    def accounts() -> int:
        return sum(
            bool((each["bankDetails"] or {}).get("accountNumber")) for each in users(systems)
        )

    before = accounts()
    assert world.run("sync", MAPPING).code == 5  # of two people payroll says too little
    assert accounts() == before
    plan = ("plan", MAPPING, "--set", "include_bank_details=true", "--allow", "field_changes=500")
    ended = world.run(*plan, "--verbose", "--out", "plan.json")
    assert ended.code == 0, ended.out
    held = {(each["bankDetails"] or {}).get("accountNumber") for each in users(systems)} - {None}
    assert not any(number in ended.out for number in held)
    applied = world.run("apply", "plan.json")
    assert applied.code == 5, applied.out
    assert accounts() > before
    again = world.run(*plan, "--exit-code")
    assert (again.code, "No changes to make" in again.out) == (5, True)


def test_assumptions_are_said_once_and_check_lists_them(
    world: World, systems: dict[str, Any]
) -> None:
    ended = world.run("plan", MAPPING)
    assert ended.err.count("about ExpenseIn could not be confirmed") == 1
    assert "could not be confirmed" not in world.run("plan", MAPPING, "--quiet").err
    assert "Assumed of ExpenseIn" in world.run("check", MAPPING).out


def test_other_credentials_spoil_no_plan_and_other_options_do(
    world: World, systems: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.run("plan", MAPPING, "--out", "plan.json").code == 0
    saved = (world.folder / "plan.json").read_text()
    assert systems["expensein"].keys["full"] not in saved
    assert systems["staffology"].keys["full"] not in saved
    monkeypatch.setenv("ONEWAY_EXPENSEIN_API_KEY", systems["expensein"].keys["read_only"])
    data = world.run("apply", "plan.json", "--format", "json")
    assert (data.code, data.data["counts"]["done"]) == (5, 0)
    monkeypatch.setenv("ONEWAY_EXPENSEIN_BASE_URL", "http://127.0.0.1:9/1.0")
    ended = world.run("apply", "plan.json")
    assert (ended.code, "[P111]" in ended.err) == (1, True)


def test_credentials_that_are_missing_wrong_or_on_the_command_line(
    world: World, systems: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEWAY_STAFFOLOGY_API_KEY", "CANARY-wrong")
    ended = world.run("plan", MAPPING)
    assert (ended.code, "CANARY" in ended.err, "[R102]" in ended.err) == (1, False, True)
    ended = world.run("check", MAPPING)
    assert (ended.code, "CANARY" in ended.out, "failed" in ended.out) == (1, False, True)
    monkeypatch.delenv("ONEWAY_STAFFOLOGY_API_KEY")
    ended = world.run("plan", MAPPING)
    assert (ended.code, "set ONEWAY_STAFFOLOGY_API_KEY" in ended.flat) == (1, True)
    assert "--source FILE" in ended.flat
    ended = world.run("plan", MAPPING, "--option", "staffology.api_key=CANARY")
    assert (ended.code, "[U105]" in ended.err, "CANARY" in ended.err) == (1, True, False)


def test_a_record_read_from_a_file_has_the_schema_of_its_system(world: World) -> None:
    employee = {
        "id": "e1",
        "status": "Current",
        "personalDetails": {"firstName": "Ann", "lastName": "Example", "email": "a@example.com"},
        "employmentDetails": {"payrollCode": "0042", "department": {"code": "OPS"}},
    }
    world.write("employees.jsonl", json.dumps(employee) + "\n")
    world.write("expensein-users.json", [])
    world.write("departments.json", [{"id": 5, "reference": "OPS"}])
    files = (
        *("--source", "employees.jsonl", "--target", "expensein-users.json"),
        *("--reference", "departments=departments.json"),
    )
    assert world.run("sync", MAPPING, *files).code == 0
    (made,) = world.read("expensein-users.json")
    assert (made["reference"], made["departmentId"]) == ("0042", 5)
    assert world.run("plan", MAPPING, *files, "--exit-code").code == 0


def test_a_port_that_is_taken(world: World, systems: dict[str, Any]) -> None:
    port = systems["expensein"].url.rpartition(":")[2]
    ended = world.run("sandbox", "expensein", "--port", port)
    assert (ended.code, "[U110]" in ended.err) == (1, True)


def test_csv_files_in_the_place_of_systems_have_the_types_of_the_systems(world: World) -> None:
    """Department ids are numbers, and FALSE is no reason to mark anybody as a leaver."""
    world.write(
        "people.csv",
        "id,status,personalDetails.firstName,personalDetails.lastName,personalDetails.email,"
        "employmentDetails.payrollCode,employmentDetails.department.code,"
        "employmentDetails.leaverDetails.hasLeft\n"
        "e1,Current,Ann,Example,a@example.com,0042,OPS,FALSE\n"
        "e2,Current,Ben,Example,b@example.com,0043,LAB,false\n",
    )
    header = "id,firstName,lastName,email,reference,departmentId,leaveDate\n"
    world.write("users.csv", header + "7,Ann,Example,a@example.com,0042,5,\n")
    world.write("departments.csv", "id,reference\n5,OPS\n6,LAB\n")
    files = (
        *("--source", "people.csv", "--target", "users.csv"),
        *("--reference", "departments=departments.csv"),
    )
    assert world.run("plan", MAPPING, *files, "--out", "plan.json").code == 0
    ended = world.run("apply", "plan.json")
    assert (ended.code, "Applied: 1 done." in ended.out) == (0, True)
    lines = (world.folder / "users.csv").read_text().splitlines()
    assert lines[1:] == [
        "7,Ann,Example,a@example.com,0042,5,",
        "8,Ben,Example,b@example.com,0043,6,",
    ]
    assert world.run("plan", MAPPING, *files, "--exit-code").code == 0
