"""A saved plan, and a run that is resumed, do what `sync` does from the same inputs.

The files go by options that are not the defaults: an identity of another name, typed columns,
another encoding; or they stand in for systems, whose identity and types they then have.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_world import Ended, World

from oneway.cli.entry import run
from oneway_connectors.file.writer import FileWriter

RULES = """\
match:
  - {source: code, target: ref}
fields:
  ref: {from: code, write: on_create}
  name: name
"""
SECRET = RULES + "  account: {from: account, sensitive: true}\n"
MANIFEST = """\
oneway_connector: 1
name: users
title: Users of a system
kind: rest
base_url: https://users.example.com
auth: {type: none}
resources:
  people:
    list: {path: /people}
    create: {path: /people, method: POST}
    update: {path: "/people/{id}", method: PATCH}
    id: uid
    record:
      type: object
      properties:
        uid: {type: string}
        ref: {type: string}
        name: {type: string}
        grade: {type: integer}
"""


@dataclass(frozen=True)
class Case:
    """A mapping, its files, and what the command line adds."""

    mapping: str
    files: Mapping[str, str]
    options: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    """What is given again to `apply` and `resume`."""
    target: str = "users.jsonl"


def over(source: str, target: str, rules: str = RULES) -> str:
    return f"oneway: 1\nname: files\nsource: {source}\ntarget: {target}\n{rules}"


PEOPLE = "code,name,account,grade\nA,Ann Åberg,000001,1\nB,Bea,000002,2\n"
USERS = '{"uid":"u1","ref":"A","name":"Old","account":"000009"}\n'
CODED = "{connector: file, resource: people.csv, options: {id: code}}"
CASES = {
    "identity": Case(
        over(CODED, "{connector: file, resource: users.jsonl, options: {id: uid}}"),
        {"people.csv": PEOPLE, "users.jsonl": USERS},
    ),
    "sensitive": Case(
        over(CODED, "{connector: file, resource: users.jsonl, options: {id: uid}}", SECRET),
        {"people.csv": PEOPLE, "users.jsonl": USERS},
    ),
    "types": Case(
        over(
            '{connector: file, resource: people.csv, options: {id: code, types: "grade=integer"}}',
            '{connector: file, resource: users.csv, options: {id: uid, types: "level=integer"}}',
            RULES + "  level: {from: grade, sensitive: true}\n",
        ),
        {"people.csv": PEOPLE, "users.csv": "uid,ref,name,level\n1,A,Old,9\n"},
        target="users.csv",
    ),
    "encoding": Case(
        over(
            "{connector: file, resource: people.txt, options: {id: code, format: csv}}",
            "{connector: file, resource: users.txt, options: {id: uid, format: jsonl}}",
        ),
        {"people.txt": PEOPLE, "users.txt": USERS},
        target="users.txt",
    ),
    "given on the command line": Case(
        over(
            "{connector: file, resource: people.jsonl}",
            "{connector: file, resource: users.jsonl}",
        ),
        {"people.jsonl": '{"uid":"p1","code":"B","name":"Bea"}\n', "users.jsonl": USERS},
        given=("--option", "file.id=uid"),
    ),
    "in the place of a system": Case(
        over(
            CODED,
            "{connector: ./users.yaml, resource: people}",
            RULES + "  grade: grade | to_number(@)\n",
        ),
        {
            "people.csv": PEOPLE,
            "users.yaml": MANIFEST,
            "users.csv": "uid,ref,name,grade\nu1,A,Old,9\n",
        },
        options=("--target", "users.csv"),
        target="users.csv",
    ),
}


@dataclass
class Crash(BaseException):
    """The process dies."""

    after: list[str] = field(default_factory=list)


def synced(oneway: Callable[..., Ended], case: Case) -> Ended:
    return oneway("sync", "m.yaml", *case.options, *case.given)


def applied(oneway: Callable[..., Ended], case: Case) -> Ended:
    planned = oneway("plan", "m.yaml", "--out", "plan.json", *case.options, *case.given)
    assert planned.code == 0, planned.err
    return oneway("apply", "plan.json", *case.given)


def resumed(oneway: Callable[..., Ended], case: Case) -> Ended:
    flush = FileWriter.flush

    def dies(writer: FileWriter) -> None:
        raise Crash

    try:
        FileWriter.flush = dies  # type: ignore[method-assign]
        with pytest.raises(Crash):
            run(["sync", "m.yaml", *case.options, *case.given])
    finally:
        FileWriter.flush = flush  # type: ignore[method-assign]
    return oneway("resume", *case.given)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_apply_and_resume_do_what_sync_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oneway: Callable[..., Ended], case: Case
) -> None:
    left = {}
    for way in (synced, applied, resumed):
        folder = tmp_path / way.__name__
        folder.mkdir()
        monkeypatch.chdir(folder)
        World(folder, oneway).write("m.yaml", case.mapping)
        for name, text in case.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        ended = way(oneway, case)
        assert ended.code == 0, (way.__name__, ended.out, ended.err)
        assert "Applied: " in ended.out
        left[way.__name__] = (folder / case.target).read_text(encoding="utf-8")
        again = oneway("plan", "m.yaml", "--exit-code", *case.options, *case.given)
        assert again.code == 0, (way.__name__, again.out, again.err)
        shutil.rmtree(folder)
    assert left["applied"] == left["synced"] != case.files[case.target]
    assert left["resumed"] == left["synced"]


def test_an_option_that_is_another_one_now_is_refused(world: World) -> None:
    """What a plan went by is compared, never taken from the plan."""
    case = CASES["given on the command line"]
    world.write("m.yaml", case.mapping)
    for name, text in case.files.items():
        world.write(name, text)
    assert world.run("plan", "m.yaml", "--out", "plan.json", *case.given).code == 0
    ended = world.run("apply", "plan.json")
    assert ended.code == 1
    assert "option target.id was 'uid' when the plan was made, and is 'id' now" in ended.flat
    assert (world.folder / "users.jsonl").read_text() == USERS
