"""A source that lists people by their teams: nobody leaves because one list was not seen."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cli_world import World

from listener import JsonHandler, serving

MANIFEST = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {base_url: {description: Where.}}
secrets: {api_key: {description: A key.}}
base_url: "{base_url}"
auth: {type: bearer, token: "{api_key}"}
retry: {attempts: 1}
resources:
  teams:
    id: id
    list: {path: /teams}
    record: {type: object, properties: {id: {type: string}, name: {type: string}}}
  people:
    id: id
    list:
      for_each: teams
      path: "/teams/{parent.id}/people"
      records: data
      into: teams
      concurrency: 1
    record:
      type: object
      properties:
        id: {type: string}
        code: {type: string}
        status: {type: string, enum: [active, left]}
        teams:
          type: array
          readOnly: true
          items: {type: object, properties: {id: {type: string}, name: {type: string}}}
"""
MAPPING = """
oneway: 1
name: teams
source: {connector: acme.yaml, resource: people}
target: {connector: file, resource: t.json}
match: [{source: code, target: code}]
label: code
fields:
  code: {from: code, write: on_create}
  team: "join(', ', teams[].name)"
  active: {value: true, write: on_create}
leavers: {when: status == 'left', set: {active: {value: false}}, left: active == `false`}
absent: deactivate
guards:
  leavers: {share: 100%, floor: 9}
"""
GET = '    get: {path: "/people/{id}"}\n'
Lists = dict[str, list[dict[str, Any]]]


class Directory:
    """A server of teams; `odd` may answer in its place, or change what it holds."""

    def __init__(self) -> None:
        self.teams: Lists = {team: [person(f"{team}{n}") for n in (1, 2, 3)] for team in "abc"}
        self.odd: Callable[[str], tuple[int, object] | None] = lambda path: None

    def answer(self, path: str) -> tuple[int, object]:
        """Return the status and the body of an answer."""
        found = self.odd(path)
        if found is not None:
            return found
        if path == "/teams":
            return 200, [{"id": each, "name": each.upper()} for each in self.teams]
        return 200, {"data": self.teams[path.split("/")[2]]}

    def change(self, path: str, sent: dict[str, Any]) -> tuple[int, object]:
        """Change somebody below one of their teams."""
        _, _, team, _, id = path.split("/")
        found = [each for each in self.teams[team] if each["id"] == id]
        for each in found:
            each.update(sent)
        return (200, found[0]) if found else (404, {})


def person(id: str) -> dict[str, Any]:
    return {"id": id, "code": id.upper(), "status": "active"}


@pytest.fixture
def directory(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Directory]:
    directory = Directory()

    class Handler(JsonHandler):
        def do_GET(self) -> None:
            self.answer(*directory.answer(self.path))

        def do_PATCH(self) -> None:
            self.answer(*directory.change(self.path, self.sent()))

    monkeypatch.setenv("ONEWAY_ACME_API_KEY", "key")
    world.write("acme.yaml", MANIFEST)
    world.write("m.yaml", MAPPING)
    world.write("t.json", "[]")
    with serving(Handler) as url:
        monkeypatch.setenv("ONEWAY_ACME_BASE_URL", url)
        yield directory


def sync(world: World, day: str = "01") -> tuple[int, str]:
    ended = world.run("sync", "m.yaml", "--as-of", f"2026-06-{day}")
    return ended.code, ended.flat


def held(world: World) -> dict[str, tuple[str, bool]]:
    rows = world.read("t.json")
    return {each["code"]: (each["team"], each["active"]) for each in rows}


def test_people_of_all_teams_come_and_leave(world: World, directory: Directory) -> None:
    directory.teams["c"].append(person("a1"))
    assert sync(world)[0] == 0
    assert held(world) == {
        "A1": ("A, C", True), "A2": ("A", True), "A3": ("A", True),
        "B1": ("B", True), "B2": ("B", True), "B3": ("B", True),
        "C1": ("C", True), "C2": ("C", True), "C3": ("C", True),
    }  # fmt: skip
    assert "No changes to make" in sync(world)[1]
    del directory.teams["b"][0], directory.teams["c"][-1]
    directory.teams["b"][0]["status"] = "left"
    assert sync(world)[0] == 0
    gone = {each for each, (_, active) in held(world).items() if not active}
    assert (gone, held(world)["A1"]) == ({"B1", "B2"}, ("A", True))


@pytest.mark.parametrize("answer", [
    (403, {}), (404, {}), (500, {}), (200, {}), (200, {"data": [], "total": 2}),
    (200, {"data": [{"code": "x"}] * 3}),
])  # fmt: skip
def test_one_list_that_fails_takes_access_from_nobody(
    world: World, directory: Directory, answer: tuple[int, object]
) -> None:
    assert sync(world)[0] == 0
    before = held(world)
    directory.odd = lambda path: answer if path.startswith("/teams/b") else None
    code, said = sync(world)
    assert (code, held(world)) == (1, before), said
    assert "teams b" in said


def test_a_team_that_is_not_listed_is_noticed_by_the_guard(
    world: World, directory: Directory
) -> None:
    assert sync(world)[0] == 0
    del directory.teams["b"]
    code, said = sync(world, "02")
    assert code == 4, said
    assert "source_shrink" in said
    assert all(active for _, active in held(world).values())


def test_whoever_moves_between_teams_while_they_are_read_keeps_access(
    world: World, directory: Directory
) -> None:
    """From a list that is read later to one that was read before: both lists lack them."""
    assert sync(world)[0] == 0

    def move(path: str) -> None:
        if path.startswith("/teams/b") and directory.teams["c"]:
            directory.teams["a"].append(directory.teams["c"].pop())

    directory.odd = move
    code, said = sync(world)
    assert code == 0, said
    assert held(world)["C3"] == ("A", True)
    assert all(active for _, active in held(world).values())


def test_no_teams_at_all_write_nothing(world: World, directory: Directory) -> None:
    assert sync(world)[0] == 0
    directory.odd = lambda path: (200, []) if path == "/teams" else None
    code, said = sync(world)
    assert code == 1, said
    assert "teams lists nothing" in said


@pytest.mark.parametrize("by_id", [False, True])
def test_a_request_by_id_finds_the_people_of_a_team_that_is_seen_no_longer(
    world: World, directory: Directory, by_id: bool
) -> None:
    mapping = MAPPING + "  source: {shrink: 90%}\n  target: {shrink: 90%}\n"
    if by_id:
        text = MANIFEST.replace("      into: teams\n", "")
        world.write("acme.yaml", text.replace("    record:\n", f"{GET}    record:\n"))
        mapping = mapping.replace("  team: \"join(', ', teams[].name)\"\n", "")
    world.write("m.yaml", mapping)
    everybody = {each["id"]: each for people in directory.teams.values() for each in people}

    def odd(path: str) -> tuple[int, object] | None:
        found = everybody.get(path.removeprefix("/people/"))
        return None if found is None else (200, found)

    directory.odd = odd
    assert sync(world)[0] == 0
    del directory.teams["b"]
    code, said = sync(world)
    assert code == 0, said
    rows = world.read("t.json")
    gone = {each["code"] for each in rows if not each["active"]}
    assert gone == (set() if by_id else {"B1", "B2", "B3"})


BACK = """
oneway: 1
name: back
source: {connector: file, resource: s.json, options: {id: code}, absent: null}
target: {connector: acme.yaml, resource: people}
match: [{source: code, target: code}]
fields: {code: {from: code, write: on_create}}
joiners: {create: false}
leavers: {when: left, set: {status: {value: left}}, left: status == 'left'}
guards: {leavers: {share: 100%, floor: 9}}
"""
BELOW = '    update: {method: PATCH, path: "/teams/{parent.id}/people/{id}"}\n'


def test_people_of_a_target_leave_below_their_teams(world: World, directory: Directory) -> None:
    """Also by a plan that was saved; whoever is in two teams is said to be still in."""
    world.write("acme.yaml", MANIFEST.replace("    record:\n", f"{BELOW}    record:\n"))
    world.write("b.yaml", BACK)
    world.write("s.json", [{"code": each, "left": True} for each in ("A1", "B2", "C3")])
    directory.teams["a"].append(directory.teams["c"][2])
    plan = ("plan", "b.yaml", "--as-of", "2026-06-01", "--out", "p.json")
    assert world.run(*plan).code == 0
    ended = world.run("apply", "p.json")
    said = ended.flat
    assert ended.code == 5, said
    assert "listed under 2 of teams, and its request names one [W120]" in said
    assert "Have left, and can still get in (1) C3" in said
    left = {each["id"] for people in directory.teams.values() for each in people}
    left -= {
        e["id"] for people in directory.teams.values() for e in people if e["status"] != "left"
    }
    assert left == {"a1", "b2"}
