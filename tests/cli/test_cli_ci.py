"""The workflow that `oneway ci` prints: each of its steps, run here one by one."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_world import World, person, user

TEST = """\
oneway_test: 1
mapping: m n.yaml
as_of: 2026-11-24
references: {teams: [{id: 7, code: OPS}]}
record: {id: s1, code: P001, name: Person 1, email: p001@example.com, team: OPS, left: false}
cases:
  - {name: A starter is created, expect: {outcome: create}}
"""


def printed(world: World, *args: str) -> str:
    ended = world.run("ci", *args)
    assert ended.code == 0, ended.err
    return ended.out


def committed(folder: Path, message: str) -> None:
    """Commit everything, as what is on origin/main."""
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["add", "-A"], ["commit", "-qm", message],
                    ["update-ref", "refs/remotes/origin/main", "HEAD"]):  # fmt: skip
        subprocess.run(["git", *who, *command], cwd=folder, check=True)


@pytest.fixture
def repository(world: World) -> Path:
    """A repository as an integrator keeps it, with an edit against origin/main."""
    folder = world.folder
    (folder / "mappings").mkdir()
    text = (folder / "m.yaml").read_text().replace("  when: left\n", "  when: left == `true`\n")
    mapping = folder / "mappings" / "m n.yaml"
    for name in ("people.json", "users.json", "teams.json"):
        (folder / "mappings" / name).write_text((folder / name).read_text())
    mapping.write_text(text)
    (folder / "mappings" / "m n.test.yaml").write_text(TEST)
    (folder / "made up").mkdir()
    (folder / "made up" / "people.json").write_text(json.dumps([person(1, team="OPS")]))
    (folder / "users.json").write_text(json.dumps([user(1)]))
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    committed(folder, "before")
    mapping.write_text(text.replace("  name: name\n", "  name: upper(name)\n"))
    return folder


def steps(system: str, workflow: dict[str, Any]) -> list[str]:
    if system == "gitlab":
        return [each for each in workflow["mappings"]["script"] if "pip install" not in each]
    found = workflow["jobs"]["mappings"]["steps"]
    return [each["run"] for each in found if "run" in each and "pip install" not in each["run"]]


FIXTURES = ("--source", "made up/people.json", "--target", "users.json",
            "--reference", "teams=teams.json")  # fmt: skip


@pytest.fixture
def shell(repository: Path) -> dict[str, str]:
    """The environment of a step, whose `oneway` tries few situations."""
    bin = repository / "bin"
    bin.mkdir()
    few = 'case "$1" in prove|same) set -- "$@" --situations 200 ;; esac\n'
    (bin / "oneway").write_text(f'#!/bin/sh\n{few}exec "{sys.executable}" -m oneway "$@"\n')
    (bin / "oneway").chmod(0o755)
    return {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "GITHUB_BASE_REF": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}  # fmt: skip


def ran(step: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step as the CI system does."""
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_each_step_of_the_workflow_runs(
    system: str, world: World, repository: Path, shell: dict[str, str]
) -> None:
    text = printed(world, system, *FIXTURES)
    (install,) = re.findall("pip install (.+)", text)
    assert install == f"./wheels/oneway-{version('oneway')}-py3-none-any.whl"  # not from an index
    assert ("oneway validate --format github\n" in text) == (system == "github")
    said = []
    for step in steps(system, yaml.safe_load(text)):
        ended = ran(step, repository, shell)
        assert ended.returncode == 0, step + ended.stdout + ended.stderr
        said.append(ended.stdout)
    assert "no law is broken" in said[0]
    assert "written otherwise: name of 1" in said[1]
    assert "not the same: " in said[1]  # a record that `same` shows


LEFT = "  when: left == `true`\n"
GUARDS = "guards: {leavers: {share: 40%, floor: 2}}\n"
FOR_A_PERSON = {
    "a looser guard": (GUARDS, None, "leavers (share 10%, now share 40%, mappings/m n.yaml:"),
    "more leavers": ("", "  when: left == `true` || team == 'OPS'\n", "1 from unchanged to leave"),
}


@pytest.mark.parametrize("edit", FOR_A_PERSON)
def test_a_person_decides_about_looser_guards_and_more_leavers(
    edit: str, world: World, repository: Path, shell: dict[str, str]
) -> None:
    """Each edited mapping is shown all the same, the last one as well."""
    more, condition, said = FOR_A_PERSON[edit]
    mapping = repository / "mappings" / "m n.yaml"
    mapping.write_text(more + mapping.read_text().replace(LEFT, condition or LEFT))
    step = steps("github", yaml.safe_load(printed(world, "github", *FIXTURES)))[-1]
    ended = ran(step, repository, shell)
    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert said in ended.stdout
    assert "not the same: " in ended.stdout


def test_a_person_decides_about_a_leaver_who_keeps_access(
    world: World, repository: Path, shell: dict[str, str]
) -> None:
    (repository / "made up" / "people.json").write_text(json.dumps([person(1, left=True)]))
    mapping = repository / "mappings" / "m n.yaml"
    text = mapping.read_text()
    step = steps("github", yaml.safe_load(printed(world, "github", *FIXTURES)))[-1]
    for edited, code in ((text.replace(LEFT, "  when: left == `true` && team != 'OPS'\n"), 6),
                         (text, 0)):  # fmt: skip
        mapping.write_text(edited)
        ended = ran(step, repository, shell)
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert ("Keep access that the version before ends" in ended.stdout) is (code == 6)


def test_a_mapping_with_a_new_name_is_compared_with_what_it_was(
    world: World, repository: Path, shell: dict[str, str]
) -> None:
    mapping = repository / "mappings" / "m n.yaml"
    text = mapping.read_text().replace(LEFT, "  when: left == `true` || team == 'OPS'\n")
    mapping.with_name("new name.yaml").write_text(GUARDS + text)
    mapping.unlink()
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    step = steps("github", yaml.safe_load(printed(world, "github", *FIXTURES)))[-1]
    ended = ran(step, repository, shell)
    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert "1 from unchanged to leave" in ended.stdout
    assert "leavers (share 10%, now share 40%, mappings/new name.yaml:" in ended.stdout
    assert "not the same: " in ended.stdout


ELSEWHERE = ["m n.yml", "a customer/m n.yaml", "a customer/deep/m.YML"]


@pytest.mark.parametrize("place", ELSEWHERE)
def test_every_mapping_that_validate_reads_is_proved_and_compared(
    place: str, world: World, repository: Path, shell: dict[str, str]
) -> None:
    """None of them is at the top with the usual ending; each keeps its place."""
    folder = repository / "mappings"
    mapping = folder / place
    mapping.parent.mkdir(parents=True, exist_ok=True)
    text = (folder / "m n.yaml").read_text()
    for name in ("people.json", "users.json", "teams.json"):
        (mapping.parent / name).write_bytes((folder / name).read_bytes())
    (folder / "m n.yaml").unlink()
    (folder / "m n.test.yaml").unlink()
    test = TEST.replace("m n.yaml", mapping.name)
    mapping.with_suffix(".test.yaml").write_text(test)
    mapping.write_text(text)
    committed(repository, "moved")
    first, second = steps("github", yaml.safe_load(printed(world, "github", *FIXTURES)))
    proved = ran(first, repository, shell)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert f"mappings/{place}\n" in proved.stdout
    assert "no law is broken" in proved.stdout
    unedited = ran(second, repository, shell)
    assert unedited.returncode == 0, unedited.stdout + unedited.stderr
    assert "No mapping or connection in mappings differs from origin/main." in unedited.stdout
    mapping.write_text(GUARDS + text.replace(LEFT, "  when: left == `true` || team == 'OPS'\n"))
    ended = ran(second, repository, shell)
    assert ended.returncode == 6, ended.stdout + ended.stderr
    assert "1 from update to leave" in ended.stdout
    assert "leavers (share 10%, now share 40%" in ended.stdout
    assert "not the same: " in ended.stdout


CONNECTION = """\
oneway_connection: 1
name: acme
mapping: ../mappings/m n.yaml
guards: {leavers: {share: 5%, floor: 1}}
"""
OF_CONNECTIONS = {
    "a looser guard": ("5%", "8%", 6, "leavers (share 5%, now share 8%, connections/acme.yaml:"),
    "a stricter guard": ("5%", "2%", 0, "guards.leavers (from 5% to 2%, connections/acme.yaml:"),
    "another account": ("guards:", "target: {options: {id: code}}\nguards:", 6,
                        "target.options.id (from none to code, connections/acme.yaml:"),
}  # fmt: skip


@pytest.mark.parametrize("edit", OF_CONNECTIONS)
@pytest.mark.parametrize("folder", ["connections", "mappings/customers"])
def test_an_edited_connection_is_compared_as_a_mapping_is(
    folder: str, edit: str, world: World, repository: Path, shell: dict[str, str]
) -> None:
    old, new, code, said = OF_CONNECTIONS[edit]
    file = repository / folder / "acme.yaml"
    file.parent.mkdir()
    text = CONNECTION if folder == "connections" else CONNECTION.replace("../mappings", "..")
    file.write_text(text)
    committed(repository, "connected")
    file.write_text(text.replace(old, new))
    step = steps("github", yaml.safe_load(printed(world, "github", *FIXTURES)))[-1]
    ended = ran(step, repository, shell)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert said.replace("connections/acme", f"{folder}/acme") in ended.stdout
    assert ended.stdout.count("more through") == 2 * (edit == "a looser guard")  # impact and same


def test_an_error_in_one_mapping_of_a_folder_hides_no_other(
    repository: Path, shell: dict[str, str]
) -> None:
    (repository / "mappings" / "a.yml").write_text("oneway: 1\nname: [")
    ended = ran("oneway prove mappings", repository, shell)
    assert ended.returncode == 1, ended.stdout
    assert "mappings/a.yml:2:" in ended.stderr
    assert "no law is broken" in ended.stdout


def test_a_folder_without_a_mapping_is_an_error(repository: Path, shell: dict[str, str]) -> None:
    ended = ran("oneway prove bin", repository, shell)
    assert (ended.returncode, "it contains no mapping [F121]" in ended.stderr) == (1, True)


def test_without_records_same_alone_shows_the_edit(
    world: World, repository: Path, shell: dict[str, str]
) -> None:
    step = steps("github", yaml.safe_load(printed(world, "github")))[-1]
    ended = ran(step, repository, shell)
    assert (ended.returncode, "not the same: " in ended.stdout) == (0, True), ended.stderr


def test_gitlab_is_given_the_report_that_its_step_writes(world: World, repository: Path) -> None:
    workflow = yaml.safe_load(printed(world, "gitlab"))["mappings"]
    report = workflow["artifacts"]["reports"]["junit"]
    assert any(f"--format junit > {report}\n" in step for step in workflow["script"])


@pytest.mark.parametrize("system", ["github", "gitlab"])
def test_a_workflow_names_no_secret(system: str, world: World) -> None:
    text = printed(world, system)
    assert "secrets." not in text
    assert "API_KEY" not in text
    assert "oneway impact needs records" in text
