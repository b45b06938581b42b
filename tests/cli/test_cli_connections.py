"""Commands that take a mapping take a connection: by its file, and by its name."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_world import MAPPING, ROOT, World, person, process, user

from oneway.cli.sandbox import started
from oneway.planning.plan_file import load, save
from oneway.planning.plan_inputs import PlanConnection
from oneway.runs.proof import prove
from oneway.state.folder import StateFolder
from oneway_connectors.sandbox import Sandbox

ACME = """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
settings: {with_phone: true}
guards: {leavers: {share: 5%, floor: 1}}
"""


@pytest.fixture
def acme(world: World) -> World:
    """The world of files, with a connection that switches phone numbers on."""
    (world.folder / "connections").mkdir()
    world.write("connections/acme.yaml", ACME)
    world.write("people.json", [person(1, phone="0100"), person(2, phone="0200")])
    world.write("users.json", [user(1, phone="0100"), user(2)])
    return world


def phones(world: World) -> list[object]:
    return [each.get("phone") for each in world.read("users.json")]


def changed(world: World, *args: object) -> list[str]:
    """Return the keys of those whom a plan would change."""
    ended = world.run("plan", *args, "--format", "json")
    assert ended.code == 0, ended.err
    return [each["key"] for each in ended.data["outcomes"] if each["action"]]


@pytest.mark.parametrize(
    "named", ["acme", "connections/acme.yaml", "./connections/acme.yaml", "c/../acme.yml"]
)
def test_a_connection_is_named_by_file_or_by_name(acme: World, named: str) -> None:
    (acme.folder / "c").mkdir()
    acme.write("acme.yml", ACME.replace("../m", "m"))
    assert changed(acme, "m.yaml") == []
    assert changed(acme, named) == ["P002"]
    assert "P002" in acme.run("explain", named, "P002").out
    assert acme.run("check", named).code == 0
    few = ("--situations", "200")
    proved, by_file = (acme.run("prove", each, *few) for each in (named, "m.yaml"))
    assert (proved.code, proved.out) == (by_file.code, by_file.out)
    evaluated = acme.run("eval", "setting('with_phone')", "--mapping", named, "--record", "P002")
    assert evaluated.out.rstrip().endswith("true"), evaluated
    assert acme.run("sync", named).code == 0
    assert phones(acme) == ["0100", "0200"]
    assert acme.run("plan", named, "--exit-code").code == 0


def test_what_the_command_line_says_goes_before_the_connection(acme: World) -> None:
    assert changed(acme, "acme", "--set", "with_phone=false") == []
    acme.write("other.json", [user(1), user(2)])
    assert changed(acme, "acme", "--target", "other.json") == ["P001", "P002"]


def test_a_name_that_no_connection_has(acme: World) -> None:
    for command in (("plan",), ("sync",), ("explain",), ("check",)):
        more = ["P001"] if command == ("explain",) else []
        ended = acme.run(*command, "acne", *more)
        assert (ended.code, "[C135]" in ended.err) == (1, True)
        assert "did you mean 'acme'?" in ended.flat
    (acme.folder / "connections" / "acme.yaml").unlink()
    assert "oneway connect" in acme.run("plan", "acme").flat
    assert "[F120]" in acme.run("plan", "connections/acme.yaml").err
    assert acme.run("plan", "x" * 5000).code == 1


def test_a_broken_connection_says_all_that_is_wrong(acme: World) -> None:
    acme.write(
        "connections/acme.yaml",
        "oneway_connection: 1\nname: Acme\nmapping: ../m.yaml\nschedule: {time_zone: Nowhere}\n",
    )
    for named in ("acme", "connections/acme.yaml"):
        ended = acme.run("sync", named)
        assert ended.code == 1
        assert "connections/acme.yaml:2:7" in ended.err
        assert "[S105]" in ended.err
        assert "[M118]" in ended.err


def test_what_does_not_go_with_the_mapping_and_its_connectors(acme: World) -> None:
    acme.write(
        "connections/acme.yaml",
        """\
oneway_connection: 1
name: acme
mapping: ../m.yaml
settings: {with_fone: true, days: 1.5, region: 7, factor: true, with_phone: "true"}
source: {options: {ids: x}, credentials: {id: {env: ONEWAY_X}, key: {env: ONEWAY_Y}}}
target: {concurrency: 7}
guards: {leavers: {share: 50%, floor: 3}, source: {shrink: 90%}, keys: {gone: 80%}}
""",
    )
    for command in (("plan", "acme"), ("validate",)):
        ended = acme.run(*command)
        said = ended.err + ended.out
        assert ended.code == 1
        for place, code in (
            ("4:12", "U101"),
            ("4:35", "U102"),
            ("4:48", "U102"),
            ("4:59", "U102"),
            ("4:78", "U102"),
            ("5:20", "C113"),
            ("5:43", "C137"),
            ("5:64", "C113"),
            ("6:23", "C139"),
            ("7:27", "C138"),
            ("7:39", "C138"),
            ("7:60", "C138"),
            ("7:79", "C138"),
        ):
            lines = [line for line in said.splitlines() if f"acme.yaml:{place}:" in line]
            assert any(f"[{code}]" in line for line in lines), (place, code, said)
        assert "did you mean 'with_phone'?" in ended.flat


def test_guards_are_the_connection_s_own_and_looser_ones_need_a_name(acme: World) -> None:
    people = [person(n, left=n < 3) for n in range(1, 31)]
    acme.write("people.json", people)
    acme.write("users.json", [user(n) for n in range(1, 31)])
    assert acme.run("plan", "m.yaml").code == 0
    ended = acme.run("sync", "acme")
    assert ended.code == 0, ended.err
    acme.write("connections/acme.yaml", ACME.replace("5%", "3%"))
    acme.write("users.json", [user(n) for n in range(1, 31)])
    blocked = acme.run("plan", "acme")
    assert (blocked.code, "at most 1 may pass" in blocked.flat) == (4, True)
    assert "limit: guards.leavers in m.yaml or connections/acme.yaml" in blocked.flat
    looser = ACME.replace("share: 5%, floor: 1", "share: 90%, floor: 1")
    acme.write("connections/acme.yaml", looser)
    assert "[C138]" in acme.run("plan", "acme").err
    acme.write("connections/acme.yaml", looser + "reviewed_by: J. Example, 2026-11-20\n")
    assert acme.run("plan", "acme").code == 0


def test_a_plan_carries_its_connection_and_is_applied_with_it(acme: World) -> None:
    ended = acme.run("plan", "acme", "--out", "plan.json", "--format", "json")
    assert ended.data["connection"] == {"name": "acme", "file": "connections/acme.yaml"}
    assert acme.run("apply", "plan.json").code == 0
    assert phones(acme) == ["0100", "0200"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("name: acme", "name: other"), "P111"),
        (("../m.yaml", "../copy.yaml"), "P111"),
        (("name: acme", "name: Acme"), "S105"),
        (("oneway_connection: 1", "oneway_connection: 2"), "S111"),
    ],
)
def test_a_plan_of_a_connection_that_is_another_now(
    acme: World, change: tuple[str, str], code: str
) -> None:
    acme.write("copy.yaml", MAPPING)
    assert acme.run("plan", "acme", "--out", "plan.json").code == 0
    acme.write("connections/acme.yaml", ACME.replace(*change))
    ended = acme.run("apply", "plan.json")
    assert (ended.code, f"[{code}]" in ended.err) == (1, True)
    (acme.folder / "connections" / "acme.yaml").unlink()
    ended = acme.run("apply", "plan.json")
    assert (ended.code, "[F120]" in ended.err) == (1, True)
    assert phones(acme) == ["0100", None]


@pytest.mark.parametrize("planned", ["acme", "m.yaml"])
def test_a_plan_that_was_given_another_connection_is_not_applied(acme: World, planned: str) -> None:
    """The history, the lock and the credentials of one connection are no other's."""
    assert acme.run("plan", planned, "--out", "plan.json").code == 0
    path = acme.folder / "plan.json"
    plan = load(path.read_bytes(), "plan.json")
    other = replace(plan, connection=PlanConnection("north", "connections/acme.yaml"))
    state = StateFolder(acme.folder / ".oneway")
    save(other, path, prove(other, state, datetime.now(UTC)))
    ended = acme.run("apply", "plan.json")
    assert (ended.code, "[P111]" in ended.err) == (1, True)


def test_history_is_kept_under_the_connection_s_name(acme: World) -> None:
    """Guards look at what was done under this name, also with other options than today's."""
    acme.write("people.json", [person(n, left=n == 1) for n in range(1, 21)])
    acme.write("users.json", [user(n) for n in range(1, 21)])
    assert acme.run("sync", "acme").code == 0
    acme.write("people.json", [person(n, left=n < 3) for n in range(1, 21)])
    acme.write("connections/acme.yaml", ACME + "source: {options: {encoding: utf-8-sig}}\n")
    ended = acme.run("sync", "acme")
    assert (ended.code, "1 now and 1 in the last 7 days" in ended.flat) == (4, True)
    # Another connection over the same systems has a history of its own.
    acme.write("connections/north.yaml", ACME.replace("name: acme", "name: north"))
    assert acme.run("sync", "north").code == 0


def test_two_connections_of_one_mapping_do_not_wait_for_each_other(acme: World) -> None:
    """The lock is the connection's: its name, and nothing else."""
    acme.write("connections/north.yaml", ACME.replace("name: acme", "name: north"))
    assert acme.run("sync", "acme").code == 0
    assert acme.run("sync", "north").code == 0
    locks = {path.name.partition(".")[0] for path in (acme.folder / ".oneway/locks").iterdir()}
    assert {each.partition("-")[0] for each in locks} >= {"acme", "north"}


def test_an_interrupted_run_of_a_connection_is_gone_on_with(acme: World) -> None:
    """`resume` reads the connection's file again, and refuses where it is another now."""
    acme.write("users.json", [])
    kill = (
        "import os\n"
        "from oneway.history.journal import Journal\n"
        "Journal.sent = lambda *a, **k: os._exit(9)\n"
        "from oneway.cli.entry import run\n"
        "run(['sync', 'acme'])\n"
    )
    died = process(cwd=acme.folder, code=kill)
    assert died.returncode == 9, died.stderr
    acme.write("connections/acme.yaml", ACME.replace("name: acme", "name: other"))
    refused = acme.run("resume")
    assert (refused.code, "[P111]" in refused.err) == (1, True)
    acme.write("connections/acme.yaml", ACME)
    assert acme.run("resume").code in (0, 5)
    assert acme.run("sync", "acme").code == 0
    assert [each["reference"] for each in acme.read("users.json")] == ["P001", "P002"]


def test_validate_looks_at_connections_too(acme: World) -> None:
    (acme.folder / "mappings").mkdir()
    (acme.folder / "m.yaml").rename(acme.folder / "mappings" / "m.yaml")
    acme.write("connections/acme.yaml", ACME.replace("../m", "../mappings/m"))
    acme.write("connections/north.yaml", ACME.replace("../m.yaml", "../nowhere.yaml"))
    ended = acme.run("validate", "--format", "json")
    assert ended.code == 1
    kinds = {each["file"]: (each["kind"], each["ok"]) for each in ended.data}
    assert kinds == {
        "mappings/m.yaml": ("mapping", True),
        "connections/acme.yaml": ("connection", False),
        "connections/north.yaml": ("connection", False),
    }
    of_connections = [each for each in ended.data if each["kind"] == "connection"]
    found = {(each["file"], one["code"]) for each in of_connections for one in each["diagnostics"]}
    assert found == {
        ("connections/acme.yaml", "C136"),
        ("connections/north.yaml", "C136"),
        ("connections/north.yaml", "F120"),
    }
    north = ACME.replace("acme", "north").replace("../m", "../mappings/m")
    acme.write("connections/north.yaml", north)
    ended = acme.run("validate")
    assert (ended.code, "3 files checked: 0 errors" in ended.out) == (0, True), ended.out


def test_validate_names_what_is_wrong_with_the_mapping_once(acme: World) -> None:
    acme.write("m.yaml", MAPPING.replace("lookup: teams", "lookup: team"))
    for name in ("acme", "north", "south"):
        acme.write(f"connections/{name}.yaml", ACME.replace("name: acme", f"name: {name}"))
    ended = acme.run("validate", "connections/")
    assert (ended.code, ended.out.count("[M107]")) == (1, 1)
    assert "3 files checked" in ended.out


def test_validate_looks_at_the_files_of_secrets(acme: World) -> None:
    acme.write("m.yaml", (ROOT / "mappings" / "staffology-to-expensein.yaml").read_text())
    acme.write(
        "connections/acme.yaml",
        "oneway_connection: 1\nname: acme\nmapping: ../m.yaml\n"
        "source: {credentials: {api_key: {file: s}}}\n"
        "target: {credentials: {api_key: {file: t}}}\n",
    )
    shared = acme.write("connections/t", "CANARY\n")
    shared.chmod(0o644)
    ended = acme.run("validate", "connections/acme.yaml")
    assert (ended.code, "CANARY" in ended.flat) == (1, False)
    assert "acme.yaml:4:33: error: connections/s: a credential cannot be read" in ended.flat
    assert "acme.yaml:5:33: error: connections/t: a credential's file is not safe" in ended.flat
    assert "chmod 600 connections/t" in ended.flat


USERS_TO_USERS = """\
oneway: 1
name: users-to-users
source: {connector: expensein, resource: users, options: {base_url: "http://127.0.0.1:9/1.0"}}
target: {connector: expensein, resource: users}
match: [{source: reference, target: reference}]
eligible: [{id: known, when: reference, otherwise: No reference}]
fields:
  reference: {from: reference, write: on_create}
  firstName: firstName
  lastName: lastName
  email: email
guards: {creates: {share: 100%, floor: 10000}, field_changes: {share: 100%, floor: 10000}}
"""


@pytest.fixture
def pair(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Sandbox, Sandbox]]:
    """Two systems of one kind, a mapping from one to the other, and no environment."""
    for name in ("API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"ONEWAY_EXPENSEIN_{name}", raising=False)
    (world.folder / "connections").mkdir()
    world.write("m.yaml", USERS_TO_USERS)
    with started("expensein") as one, started("expensein") as other:
        yield one, other


def sides(world: World, source: str, target: str, more: str = "") -> None:
    """Write the connection whose sides have these URLs, each with a key of its own."""
    world.write(
        "connections/pair.yaml",
        "oneway_connection: 1\nname: pair\nmapping: ../m.yaml\n"
        "source:\n"
        f'  {{options: {{base_url: "{source}"}}, credentials: {{api_key: {{env: ONEWAY_A}}}}}}\n'
        "target:\n"
        f'  {{options: {{base_url: "{target}"}}, credentials: {{api_key: {{env: ONEWAY_B}}}}}}\n'
        + more,
    )


def test_options_and_credentials_go_by_side_where_both_use_one_connector(
    world: World, pair: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    sides(world, one.url + "/1.0", other.url + "/1.0")
    # The source's key may not write: were the sides mixed up, nothing could be written.
    monkeypatch.setenv("ONEWAY_A", one.keys["read_only"])
    monkeypatch.setenv("ONEWAY_B", other.keys["full"])
    ended = world.run("plan", "pair", "--format", "json", "--out", "plan.json")
    assert ended.code == 0, ended.err
    inputs = ended.data["inputs"]
    assert inputs["source"]["options"]["base_url"] == one.url + "/1.0"
    assert inputs["target"]["options"]["base_url"] == other.url + "/1.0"
    assert one.keys["read_only"] not in (world.folder / "plan.json").read_text()
    checked = world.run("check", "pair").flat
    assert "expensein (source)" in checked
    assert "expensein (target)" in checked
    assert world.run("apply", "plan.json").code == 0
    monkeypatch.setenv("ONEWAY_B", "CANARY-wrong")
    ended = world.run("plan", "pair")
    assert (ended.code, "[R102]" in ended.err, "CANARY" in ended.flat) == (1, True, False)
    monkeypatch.delenv("ONEWAY_B")
    ended = world.run("plan", "pair")
    assert (ended.code, "[C112]" in ended.err) == (1, True)
    assert (
        "error: the variable ONEWAY_B: the variable of a credential is not set: ONEWAY_B"
        in ended.flat
    )
    assert "connections/pair.yaml:7:" in ended.flat


def test_a_secret_that_is_missing_or_readable_by_all_is_placed_and_others_run(
    world: World, pair: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    sides(world, one.url + "/1.0", other.url + "/1.0")
    path = world.folder / "connections" / "pair.yaml"
    path.write_text(path.read_text().replace("env: ONEWAY_B", "file: two"))
    monkeypatch.setenv("ONEWAY_A", one.keys["full"])
    ended = world.run("sync", "pair")
    assert (ended.code, "[C118]" in ended.err) == (1, True)
    assert "connections/pair.yaml:7:" in ended.err
    key = world.write("connections/two", other.keys["full"])
    key.chmod(0o640)
    ended = world.run("sync", "pair")
    assert (ended.code, "[C119]" in ended.err, "chmod 600" in ended.flat) == (1, True, True)
    assert "connections/pair.yaml:7:" in ended.err
    key.chmod(0o600)
    assert world.run("sync", "pair").code == 0


def test_a_connection_may_not_make_one_system_of_both_sides(
    world: World, pair: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = pair
    sides(world, one.url, one.url)
    monkeypatch.setenv("ONEWAY_A", one.keys["full"])
    monkeypatch.setenv("ONEWAY_B", one.keys["full"])
    for command in ("plan", "sync", "check"):
        ended = world.run(command, "pair")
        assert (ended.code, "[M120]" in ended.flat) == (1, True)


def test_an_option_of_a_plan_s_connection_that_changed(
    world: World, pair: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    sides(world, one.url + "/1.0", other.url + "/1.0")
    monkeypatch.setenv("ONEWAY_A", one.keys["full"])
    monkeypatch.setenv("ONEWAY_B", other.keys["full"])
    assert world.run("plan", "pair", "--out", "plan.json").code == 0
    sides(world, one.url + "/1.0", "http://127.0.0.1:9/1.0")
    ended = world.run("apply", "plan.json")
    assert (ended.code, "[P111]" in ended.err) == (1, True)
    assert "option target.base_url was" in ended.flat


def test_what_a_connection_does_not_name_comes_from_the_environment(
    world: World, pair: tuple[Sandbox, Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    world.write(
        "connections/pair.yaml",
        "oneway_connection: 1\nname: pair\nmapping: ../m.yaml\n"
        f'source: {{options: {{base_url: "{one.url}/1.0"}}}}\n',
    )
    ended = world.run("plan", "pair")
    assert (ended.code, "[C112]" in ended.err) == (1, True)
    assert "or name it in connections/pair.yaml under 'source'" in ended.flat
    monkeypatch.setenv("ONEWAY_EXPENSEIN_API_KEY", one.keys["full"])
    monkeypatch.setenv("ONEWAY_EXPENSEIN_BASE_URL", other.url + "/1.0")
    ended = world.run("plan", "pair", "--format", "json")
    assert ended.code == 0, ended.err
    assert ended.data["inputs"]["source"]["options"]["base_url"] == one.url + "/1.0"
    assert ended.data["inputs"]["target"]["options"]["base_url"] == other.url + "/1.0"


def test_the_examples_are_right(world: World) -> None:
    folder = ROOT / "mappings" / "examples" / "connections"
    files = sorted(folder.glob("*.yaml"))
    assert files
    ended = world.run("validate", "--format", "json", *files)
    assert ended.code == 0, ended.out
    assert {each["kind"] for each in ended.data} == {"connection"}
    assert Path(files[0]).read_text().startswith("# yaml-language-server")
