"""Leavers who were listed stay listed when a history gets another name, or another begins."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from cli_world import World

MAPPING = """\
oneway: 1
name: people
source: {connector: file, resource: people.json}
target: {connector: file, resource: users.json}
label: name
match: [{source: code, target: reference}]
fields:
  reference: {from: code, write: on_create}
  name: name
  active: {value: true, write: on_create}
leavers:
  when: status == 'Former'
  set: {active: {value: false}}
  left: active == `false`
guards: {leavers: {share: 0%, floor: 0}}
"""
ONLY = """\
only: [{id: theirs, when: "!name || contains(name, 'Zoe')", otherwise: Is staff}]
"""
COUNTRIES = """\
settings: {country: {type: string, default: acme, description: The country.}}
only:
  - id: theirs
    when: "!name || (contains(name, 'Zoe')) == (setting('country') == 'zoe')"
    otherwise: Is of another country
"""
CONNECTION = "oneway_connection: 1\nname: NAME\nmapping: ../m.yaml\nschedule: never\n"
ANN, BOB, CAT = (
    {"id": f"e{n}", "code": f"{n:03}", "name": name, "status": "Current"}
    for n, name in enumerate(("Ann Abel", "Bob Bell", "Cat Cole"), 1)
)
SAID = re.compile("has the same source and target|goes on with its history")
LISTED = "(record u2)"


def users(*out: str) -> list[dict[str, Any]]:
    return [
        {"id": f"u{n}", "reference": each["code"], "name": each["name"], "active": True}
        | ({"active": False} if f"u{n}" in out else {})
        for n, each in enumerate((ANN, BOB, CAT), 1)
    ]


def connect(world: World, name: str, text: str = CONNECTION) -> str:
    (world.folder / "connections").mkdir(exist_ok=True)
    world.write(f"connections/{name}.yaml", text.replace("NAME", name))
    return name


def listed(world: World, call: str) -> None:
    """Bob leaves, a guard holds his leave, and then his row is gone."""
    world.write("users.json", users())
    for people, code in (
        ([ANN, BOB, CAT], 0),
        ([ANN, BOB | {"status": "Former"}, CAT], 4),
        ([ANN, CAT], 5),
    ):
        world.write("people.json", people)
        assert world.run("sync", call).code == code


@pytest.fixture
def folder(bare: World) -> World:
    bare.write("m.yaml", MAPPING)
    return bare


def to_a_connection(world: World) -> str:
    listed(world, "m.yaml")
    return connect(world, "acme")


def a_connection_renamed(world: World) -> str:
    listed(world, connect(world, "acme"))
    (world.folder / "connections/acme.yaml").unlink()
    return connect(world, "acme-2")


def a_connection_edited(world: World) -> str:
    listed(world, connect(world, "acme"))
    world.write("connections/acme.yaml", CONNECTION.replace("NAME", "acme-2"))
    return "connections/acme.yaml"


def by_hand_again(world: World) -> str:
    listed(world, connect(world, "acme"))
    (world.folder / "connections/acme.yaml").unlink()
    return "m.yaml"


def a_mapping_renamed(world: World) -> str:
    listed(world, "m.yaml")
    (world.folder / "m.yaml").rename(world.folder / "people.yaml")
    world.write("people.yaml", MAPPING.replace("name: people", "name: staff"))
    return "people.yaml"


def all_moved(world: World) -> str:
    """The mapping moves into another folder, with its files."""
    listed(world, "m.yaml")
    (world.folder / "jobs").mkdir()
    for name in ("m.yaml", "people.json", "users.json"):
        (world.folder / name).rename(world.folder / "jobs" / name)
    return "jobs/m.yaml"


def tried_before(world: World) -> str:
    """The new name has run before Bob left, and the old one stops some nights later."""
    world.write("users.json", users())
    world.write("people.json", [ANN, BOB, CAT])
    assert world.run("sync", connect(world, "acme-2")).code == 0
    return a_connection_renamed(world)


NAMES = [
    to_a_connection,
    a_connection_renamed,
    a_connection_edited,
    by_hand_again,
    a_mapping_renamed,
    all_moved,
    tried_before,
]


@pytest.mark.parametrize("renamed", NAMES)
def test_who_was_listed_stays_listed_under_another_name(
    folder: World, renamed: Callable[[World], str]
) -> None:
    call = renamed(folder)
    first = folder.run("sync", call)
    assert (first.code, LISTED in first.flat, bool(SAID.search(first.flat))) == (5, True, True), (
        first
    )
    again = folder.run("sync", call)
    assert (again.code, LISTED in again.flat, bool(SAID.search(again.flat))) == (5, True, False)
    next(folder.folder.rglob("users.json")).write_text(json.dumps(users("u2")), encoding="utf-8")
    for _ in range(2):
        ended = folder.run("sync", call)
        assert (ended.code, bool(SAID.search(ended.flat))) == (0, False), ended


def a_second_target(world: World) -> str:
    listed(world, "m.yaml")
    world.write("members.json", users())
    world.write("second.yaml", MAPPING.replace("users.json", "members.json"))
    return "second.yaml"


def another_employer(world: World) -> str:
    """Its people are of another file, and the target is shared; the first one's files are gone."""
    listed(world, connect(world, "acme"))
    (world.folder / "connections/acme.yaml").unlink()
    (world.folder / "m.yaml").unlink()
    world.write("others.json", [CAT])
    world.write("others.yaml", MAPPING.replace("people.json", "others.json"))
    return connect(world, "others", CONNECTION.replace("../m", "../others"))


def another_mapping(world: World) -> str:
    """Of the same two files, such as for contractors; the first one's runs go on listing Bob."""
    listed(world, "m.yaml")
    world.write("contractors.yaml", MAPPING.replace("name: people", "name: contractors") + ONLY)
    return "contractors.yaml"


def who_ends_nobodys_access(world: World) -> str:
    listed(world, "m.yaml")
    text = MAPPING[: MAPPING.index("leavers:")].replace("name: people", "name: phones")
    (world.folder / "m.yaml").unlink()
    world.write("phones.yaml", text)
    return "phones.yaml"


def disconnected(world: World) -> str:
    """`disconnect` itself has named Bob, with exit code 5."""
    listed(world, connect(world, "acme"))
    assert world.run("disconnect", "acme").code == 5
    return connect(world, "acme-2")


def another_folder(world: World) -> str:
    """A customer's, with the same paths within, over one state folder."""
    listed(world, "m.yaml")
    (world.folder / "other").mkdir()
    for name in ("m.yaml", "people.json", "users.json"):
        (world.folder / "other" / name).write_bytes((world.folder / name).read_bytes())
    world.write("other/people.json", [ANN, BOB, CAT])
    return "other/m.yaml"


def a_country_that_ended(world: World) -> str:
    """The connection of another country is gone; this one has run beside it for its own people."""
    world.write("m.yaml", MAPPING + COUNTRIES)
    world.write("users.json", users())
    zoe = {"id": "e9", "code": "009", "name": "Zoe Zorn", "status": "Current"}
    for name, bob in (("acme", BOB), ("zoe", BOB), ("acme", BOB | {"status": "Former"})):
        world.write("people.json", [ANN, bob, CAT, zoe])
        text = f"{CONNECTION}settings: {{country: {name}}}\n"
        assert world.run("sync", connect(world, name, text)).code in (0, 4)
    (world.folder / "connections/acme.yaml").unlink()
    return "zoe"


def nobody_listed(world: World) -> str:
    world.write("users.json", users())
    world.write("people.json", [ANN, BOB, CAT])
    assert world.run("sync", "m.yaml").code == 0
    return connect(world, "acme")


@pytest.mark.parametrize(
    "ordinary",
    [
        a_second_target,
        another_employer,
        another_mapping,
        who_ends_nobodys_access,
        disconnected,
        another_folder,
        a_country_that_ended,
        nobody_listed,
    ],
)
def test_an_ordinary_first_run_lists_nobody(
    folder: World, ordinary: Callable[[World], str]
) -> None:
    call = ordinary(folder)
    for command in ("plan", "sync", "sync"):
        ended = folder.run(command, call)
        assert (ended.code, bool(SAID.search(ended.flat))) == (0, False), ended


def test_a_plan_by_hand_beside_a_connection_tells_whom_it_lists(folder: World) -> None:
    listed(folder, connect(folder, "acme"))
    shown = folder.run("plan", "m.yaml")
    assert (shown.code, LISTED in shown.flat) == (0, True)
    assert folder.run("sync", "acme").code == 5


def test_connections_of_one_mapping_for_two_countries_list_their_own_leavers(
    folder: World,
) -> None:
    """Both files are there and run, so neither is another name of the other."""
    setting = "settings: {country: {type: string, default: DE, description: The country.}}\n"
    only = "only: [{id: ours, when: country == setting('country'), otherwise: Is elsewhere}]\n"
    folder.write("m.yaml", MAPPING + setting + only)
    for name in ("de", "fr"):
        connect(folder, name, f"{CONNECTION}settings: {{country: {name.upper()}}}\n")
    folder.write("users.json", users())
    for bob, code in (("Current", 0), ("Former", 4), ("Former", 4)):
        people = [ANN | {"country": "DE"}, BOB | {"country": "DE", "status": bob}]
        folder.write("people.json", [*people, CAT | {"country": "FR"}])
        assert folder.run("sync", "de").code == code
        ended = folder.run("sync", "fr")
        assert (ended.code, SAID.search(ended.flat)) == (0, None), ended.out
