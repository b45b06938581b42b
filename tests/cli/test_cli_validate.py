"""`oneway validate`: every mistake of every file, in one run, without network."""

import os
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cli_world import MAPPING, World, process

from oneway.cli import found_files

MISTAKEN = (
    MAPPING.replace("setting('with_phone')", "setting('with_fone')")
    .replace("name: name", "name: titel_case(name)")
    .replace("lookup: teams", "lookup: team")
    .replace("[email]", "[emial]")
)
MANIFEST = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
base_url: "https://api.acme.example/{version}"
auth: {type: none}
resources: {}
"""

FILTERING = """\
oneway_connector: 1
name: acme
title: Acme
kind: rest
base_url: "https://api.acme.example/v1"
resources:
  people:
    id: id
    list: {path: /people}
    find: {email: {$filter: "mail eq '{value}'"}}
    record: {type: object, additionalProperties: true}
"""


def test_every_mistake_is_reported_with_place_code_and_caret(world: World) -> None:
    world.write("m.yaml", MISTAKEN)
    ended = world.run("validate", "m.yaml")
    assert ended.code == 1
    for said in ("'with_phone'", "'title_case'", "'teams'", "'email'"):
        assert f"did you mean {said}?" in ended.flat
    assert ended.out.count("m.yaml:") == 4
    assert ended.out.count("^") >= 4
    assert "1 file checked: 4 errors, 0 warnings" in ended.out
    (found,) = world.run("validate", "m.yaml", "--format", "json").data
    assert [each["line"] for each in found["diagnostics"]] == sorted(
        each["line"] for each in found["diagnostics"]
    )
    assert (found["kind"], found["ok"], len(found["diagnostics"])) == ("mapping", False, 4)


def test_an_unknown_connector_hides_no_other_mistake(world: World) -> None:
    text = MISTAKEN.replace("{connector: file, resource: users", "{connector: fiel, resource: u")
    world.write("m.yaml", text)
    ended = world.run("validate", "m.yaml")
    assert "m.yaml:11:21: error: no connector is called 'fiel' [C101]" in ended.out
    assert "did you mean 'file'?" in ended.out
    assert "did you mean 'title_case'?" in ended.out


def test_folders_are_searched_for_all_kinds(world: World) -> None:
    folder = world.folder / "mappings"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "good.yaml").write_text(MAPPING)
    (folder / "deep" / "bad.yml").write_text(MISTAKEN)
    (folder / "deep" / "manifest.yaml").write_text(MANIFEST)
    (folder / "deep" / "people.json").write_text("[]")
    (folder / ".hidden" / "bad.yaml").write_text("nothing: here")
    world.run("plan", "m.yaml", "--out", "mappings/plan.json")
    data = world.run("validate", "--format", "json").data
    assert {Path(each["file"]).name: (each["kind"], each["ok"]) for each in data} == {
        "good.yaml": ("mapping", True),
        "bad.yml": ("mapping", False),
        "manifest.yaml": ("manifest", False),
        "plan.json": ("plan", True),
    }
    assert world.run("validate", "mappings/good.yaml", "mappings/plan.json").code == 0


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.yaml", b"", "Y104"),
        ("a.yaml", b"onway: 1\nname: x\n", "F121"),
        ("a.yaml", b"- a list\n", "F121"),
        ("a.yaml", b"oneway: 1\nname: [\n", "Y1"),
        ("a.yaml", b"oneway: 1\n\tname: x\n", "Y107"),
        ("a.yaml", b"oneway: 2\nname: x\n", "S111"),
        ("a.yaml", b"oneway: 1\nname: a\nname: b\n", "Y108"),
        ("a.yaml", "oneway: 1\nname: x\n".encode("utf-16"), "Y102"),
        ("a.yaml", b"\x00\x01\x02\xff", "Y10"),
        ("a.yaml", b"[" * 10_000_000, "Y101"),
        ("a.yaml", b"[" * 900_000, "Y1"),
        (
            "a.yaml",
            b"a: &a [1,1,1,1,1,1,1,1]\n"
            + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 8))
                       for c in range(ord("b"), ord("k"))),
            "Y119",
        ),
        ("a.json", b"{", "P101"),
        ("a.json", b"[1]", "P102"),
        ("a.json", b'{"oneway_plan": ' + b"9" * 5000 + b"}", "P10"),
        ("a.json", b"[" * 100_000, "P10"),
        (".", b"", "F121"),
        ("absent.yaml", None, "F120"),
        ("a\0b", None, "F120"),
    ],
)  # fmt: skip
def test_nothing_that_a_file_may_hold_ends_in_a_traceback(
    tmp_path: Path, world: World, name: str, content: bytes | None, code: str
) -> None:
    (tmp_path / "empty").mkdir()
    if name == ".":
        name = "empty"
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    ended = world.run("validate", name)
    assert (ended.code, f"[{code}" in ended.out) == (1, True), ended.out + ended.err
    assert "bug in this program" not in ended.err


def test_a_pipe_is_no_file(world: World) -> None:
    import os

    os.mkfifo(world.folder / "pipe.yaml")
    assert "[F120]" in world.run("validate", "pipe.yaml").out
    assert "[F120]" in world.run("plan", "pipe.yaml").err


def test_neither_network_nor_connectors_are_imported(world: World) -> None:
    (world.folder / "connectors").mkdir()
    for name in ("people.json", "users.json", "teams.json"):
        (world.folder / name).unlink()  # a file that is at hand is read, to see which keys it has
    code = (
        "import sys; from oneway.cli.entry import run; run(sys.argv[1:]);"
        "bad = [m for m in sys.modules if m.split('.')[0] in"
        " ('httpx', 'starlette', 'uvicorn', 'anyio', 'oneway_connectors', 'sqlalchemy',"
        " 'alembic', 'jinja2', 'prometheus_client', 'smtplib')];"
        "print('imported:', bad)"
    )
    for args in (["--help"], ["validate", "m.yaml"], ["functions"], ["schema"]):
        ended = process(*args, cwd=world.folder, code=code)
        assert ended.stdout.splitlines()[-1] == "imported: []", (args, ended.stdout, ended.stderr)


def test_a_mistake_in_a_manifest_is_said_once_however_many_mappings_need_it(world: World) -> None:
    (world.folder / "connectors").mkdir()
    world.write("connectors/acme.yaml", "oneway_connector: 1\nname: acme\ntitel: Acme\n")
    text = (world.folder / "m.yaml").read_text()
    for name in ("one.yaml", "two.yaml"):
        world.write(
            name,
            text.replace(
                "{connector: file, resource: people.json}", "{connector: acme, resource: x}"
            ),
        )
    ended = world.run("validate", "connectors", "one.yaml", "two.yaml")
    assert (ended.code, ended.out.count("'titel'")) == (1, 1)
    data = world.run("validate", "connectors", "one.yaml", "two.yaml", "--format", "json").data
    assert [each["ok"] for each in data] == [False] * 3


def test_a_value_between_quotes_in_a_manifest_is_warned_of_once(world: World) -> None:
    (world.folder / "connectors").mkdir()
    world.write("connectors/acme.yaml", FILTERING)
    text = (world.folder / "m.yaml").read_text()
    for name in ("one.yaml", "two.yaml"):
        source = "{connector: acme, resource: people}"
        world.write(name, text.replace("{connector: file, resource: people.json}", source))
    ended = world.run("validate", "connectors", "one.yaml", "two.yaml")
    assert (ended.code, ended.out.count("[C155]")) == (0, 1)
    assert "connectors/acme.yaml:10:39: warning: a value with a quote" in ended.out
    assert "{value_odata} without quotes around it" in ended.flat
    assert "[C155]" in world.run("connectors", "acme").err
    world.write("connectors/acme.yaml", FILTERING.replace("'{value}'", "{value_odata}"))
    ended = world.run("validate", "connectors", "one.yaml", "two.yaml")
    assert (ended.code, ended.out.count("[C155]")) == (0, 0)


@pytest.mark.parametrize(
    ("pagination", "more", "warnings"),
    [
        ("{type: page, param: page}", "create: {method: POST, path: /people}", 1),
        ("{type: offset, param: at, size: 9, stop: short}",
         "create: {method: POST, path: /people}", 1),
        ("{type: page, param: page, total: total}", "create: {method: POST, path: /people}", 0),
        ("{type: none}", "create: {method: POST, path: /people}", 0),
        ("{type: page, param: page}",
         "create: {method: POST, path: /people}\n    find: {code: {code: '{value}'}}", 0),
        ("{type: page, param: page}", "update: {method: PATCH, path: '/people/{id}'}", 0),
    ],
)  # fmt: skip
def test_a_list_whose_end_nothing_proves_is_warned_of(
    world: World, pagination: str, more: str, warnings: int
) -> None:
    """Where people are created, and nothing else shows who is there."""
    (world.folder / "connectors").mkdir()
    text = FILTERING[: FILTERING.index("    list:")]
    text += f"    list: {{path: /people, pagination: {pagination}}}\n    {more}\n"
    text += "    record: {type: object, additionalProperties: true}\n"
    world.write("connectors/acme.yaml", text)
    ended = world.run("validate", "connectors")
    assert (ended.code, ended.out.count("[C157]")) == (0, warnings), ended.out


def failing(world: World, monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Make a folder that cannot be looked into."""
    world.folder.joinpath(name).mkdir()
    scandir = os.scandir

    def fails(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith(name):
            error.filename = path
            raise error
        return scandir(path)

    monkeypatch.setattr(os, "scandir", fails)


def test_a_folder_that_goes_while_it_is_searched_is_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(world, monkeypatch, "gone", FileNotFoundError(2, "No such file or directory"))
    ended = world.run("validate", ".")
    assert (ended.code, "1 file checked" in ended.out) == (0, True)


def test_a_folder_that_cannot_be_looked_into_is_named(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(world, monkeypatch, "closed", PermissionError(13, "Permission denied"))
    ended = world.run("validate", ".")
    assert (ended.code, "[F120]" in ended.out, "closed" in ended.out) == (1, True, True)


@pytest.mark.parametrize("key", ['"oneway_connection"', "'oneway_connection'", "oneway_conection"])
def test_a_credential_in_a_broken_file_is_never_quoted(world: World, key: str) -> None:
    world.write("odd.yaml", f'{{{key}: 1,\n "name": "odd",\n "api_key": "k3pt\\ud800"}}\n')
    for command in ("validate", "plan", "check"):
        ended = world.run(command, "odd.yaml")
        assert ended.code == 1
        if "conn" in key or command == "validate":
            assert "k3pt" not in ended.out + ended.err
    assert "Y111" in world.run("validate", "odd.yaml").out


def test_findings_in_the_formats_of_ci(world: World) -> None:
    broken = world.folder / "m.yaml"
    broken.write_text(
        broken.read_text().replace("  name: name\n", "  name: nme |\n  other: nme |\n")
    )
    sarif = world.run("validate", "m.yaml", "--format", "sarif").data
    (run,) = sarif["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["endColumn"] > region["startColumn"] >= 1
    assert "M103" in rules
    (suite,) = ElementTree.fromstring(world.run("validate", "m.yaml", "--format", "junit").out)
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    body = suite.findtext("testcase/failure") or ""
    assert len(body.splitlines()) == sum(each["level"] == "error" for each in run["results"]) > 1
    test = "oneway_test: 1\nmapping: m.yaml\nas_of: 2026-01-01\ncases: []\n"
    (world.folder / "m.test.yaml").write_text(test)
    page = world.run("validate", "m.yaml", "m.test.yaml", "--format", "junit").out
    (suite,) = ElementTree.fromstring(page)
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    (suite,) = ElementTree.fromstring(world.run("validate", "m.test.yaml", "--format", "junit").out)
    assert suite.get("failures") == "1"
    said = world.run("validate", "m.yaml", "--format", "github").out
    assert said.startswith("::error file=m.yaml,line=")
    (first, *_) = world.run("validate", "m.yaml", "--format", "gitlab").data
    assert first["location"]["path"] == "m.yaml"
    assert len(first["fingerprint"]) == 64


FIXABLE = """\
# Staff, as payroll says
oneway: 1
name: staff
source: {connector: staffology, resource: employees}
target: {connector: expensein, resource: users}
match:
  - {source: employmentDetails.payrollCode, target: reference}
fields:
  reference: employmentDetails.payrollCode   # the key
  firstName: {value: personalDetails.firstName}
  lastName:
    # their own name
    value: personalDetails.lastName
  email: personalDetails.email
leavers:
  when: status == 'former' || employmentDetails.leaverDetails.hasLeft == 'True'   # either
  set: {leaveDate: employmentDetails.leaverDetails.leaveDate}
  left: is_past(leaveDate)
"""
FIXED = (
    FIXABLE.replace("value: personal", "from: personal")
    .replace("'former'", "'Former'")
    .replace("'True'", "`true`")
)


def test_what_has_one_remedy_is_corrected_in_the_file(world: World) -> None:
    path = world.folder / "fix.yaml"
    for newline in ("\n", "\r\n"):
        path.write_bytes(FIXABLE.replace("\n", newline).encode())
        path.chmod(0o640)
        assert world.run("validate", "fix.yaml").code == 1
        ended = world.run("validate", "fix.yaml", "--fix")
        assert (ended.code, path.read_bytes().decode()) == (0, FIXED.replace("\n", newline))
        assert ended.out.count(": corrected: ") == 4
        assert "1 file checked: no mistakes" in ended.out
        assert path.stat().st_mode & 0o777 == 0o640
    assert ": corrected: " not in world.run("validate", "fix.yaml", "--fix").out


def test_what_has_no_certain_remedy_is_left_as_it_is(world: World) -> None:
    path = world.folder / "m.yaml"
    uncertain = MISTAKEN.replace("titel_case", "case")
    uncertain = uncertain.replace("lookup: team}", "lookup: tea}")
    path.write_text(uncertain)
    assert world.run("validate", "m.yaml", "--fix").code == 1
    assert path.read_text() == uncertain


@pytest.mark.parametrize(("key", "kind"), found_files.KINDS.items())
@pytest.mark.parametrize(
    "text",
    ["{}: 1\n", "# oneway: 2\n{} : 1\nname: x\n", '"{}": 1\n', "{{{}: 1}}\n", "{}: 1\nname: [\n"],
)
def test_a_file_is_of_the_kind_of_its_key_however_that_is_written(
    key: str, kind: str, text: str
) -> None:
    assert found_files.kind_of(text.format(key).encode(), "a.yaml") == kind
    named = f"name: |\n  {key}: 1\nother: {key}\n".encode()
    assert found_files.kind_of(named, "a.yaml") == ""
