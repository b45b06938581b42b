"""A list for each record of another resource: what is asked, and what becomes of each fault."""

import re
import threading
from collections.abc import Callable

import httpx
import pytest
from rest_world import BASE, described, opened, reply

from oneway.core.connector_errors import NotSent, ReadError
from oneway.core.description import Capability
from oneway.core.diagnostics import Refused
from oneway.core.records import Snapshot
from patience import PATIENCE

HEAD = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
options: {tenant: {description: Whose., default: t1}}
base_url: https://api.example.com/v1
errors: {message: message}
retry: {attempts: 1}
resources:
"""
PAGES = "{type: page, param: page, start: 1, size_param: size, size: 2, total: total}"
TEAMS = """
  teams:
    id: id
    list:
      path: /teams
      records: data
      pagination: {type: page, param: page, start: 1, size_param: size, size: 2, total: total}
    record: {type: object, properties: {id: {type: integer}, slug: {type: string}}}
"""
PEOPLE = """
  people:
    id: id
    list:
      for_each: teams
      path: "/teams/{parent.id}/people"
      records: data
      pagination: {type: page, param: page, start: 1, size_param: size, size: 2, total: total}
      into: teams
    record:
      type: object
      properties:
        id: {type: integer}
        name: {type: string}
        teams:
          type: array
          readOnly: true
          items: {type: object, properties: {slug: {type: string}}}
"""
MANIFEST = HEAD + TEAMS + PEOPLE
RECORD = "    record:\n      type"
GET, FIND = '    get: {path: "/people/{id}"}\n', '    find: {name: {q: "{value}"}}\n'


def rows(*ids: int) -> list[dict[str, object]]:
    return [{"id": id, "name": f"P {id}"} for id in ids]


Pages = dict[str, list[dict[str, object]]]
Answer = tuple[object, int]


def served(lists: Pages, **answers: Answer) -> Callable[[httpx.Request], httpx.Response]:
    """Return what answers any page of these lists, in pages of two, or something else at a path."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = str(request.url.copy_with(query=None)).removeprefix(BASE)
        if path.strip("/").replace("/", "_") in answers:
            return reply(*answers[path.strip("/").replace("/", "_")])
        if path not in lists:
            return reply({"message": "no such team"}, 404)
        page = int(request.url.params["page"])
        return reply({"data": lists[path][2 * page - 2 : 2 * page], "total": len(lists[path])})

    return answer


def read(lists: Pages, manifest: str = MANIFEST, **answers: Answer) -> Snapshot:
    connector, _ = opened(*[served(lists, **answers)] * 50, manifest=manifest)
    return connector.reader("people").read()


TWO: Pages = {
    "/teams": [{"id": 7, "slug": "ops"}, {"id": 9, "slug": "hr"}],
    "/teams/7/people": rows(1, 2, 3),
    "/teams/9/people": rows(4),
}


def test_each_parent_has_a_list_and_both_go_by_pages() -> None:
    connector, world = opened(*[served(TWO)] * 50, manifest=MANIFEST)
    found = connector.reader("people").read()
    assert found.complete
    assert [each.id for each in found.records] == ["1", "2", "3", "4"]
    assert [each["slug"] for each in found.records[3].data["teams"]] == ["hr"]
    paths = [re.sub(r"\?page=(\d).*", r" \1", url) for url in world.urls]
    assert sorted(paths) == [
        "/teams 1", "/teams 2", "/teams/7/people 1", "/teams/7/people 2", "/teams/7/people 3",
        "/teams/9/people 1", "/teams/9/people 2",
    ]  # fmt: skip


def test_a_record_under_two_parents_is_one_record_that_names_both() -> None:
    found = read(TWO | {"/teams/9/people": rows(2, 4)})
    assert found.complete
    assert [each.id for each in found.records] == ["1", "2", "3", "4"]
    assert [each["id"] for each in found.records[1].data["teams"]] == [7, 9]
    assert not any(each.problem for each in found.records)


def test_a_record_that_two_parents_show_differently_is_in_error_twice() -> None:
    nine = [{"id": 2, "name": "P 2", "role": "admin"}]
    found = read(TWO | {"/teams/9/people": nine})
    assert found.complete
    first, second = (each for each in found.records if each.problem)
    assert (first.id, second.id) == ("2", "teams 9, 2")
    assert first.problem == second.problem
    assert "teams 7 and teams 9 show it differently: 'role'" in first.problem
    assert "data[].{id: id, email: email}" in first.problem
    assert second.data["role"] == "admin"


def test_too_many_of_those_make_the_read_incomplete() -> None:
    nine = [{"id": id, "name": "other"} for id in (1, 2, 3)]
    found = read(TWO | {"/teams/9/people": nine})
    assert not found.complete
    assert "6 of 6 records cannot be read" in found.problems[0]


def test_what_a_detail_replaces_may_differ_in_the_lists() -> None:
    detail = '    detail: [{path: "/people/{id}", into: replace}]\n    record:\n      type: obj'
    manifest = MANIFEST.replace(PEOPLE, PEOPLE.replace("    record:\n      type: obj", detail))
    lists = TWO | {"/teams/9/people": [{"id": 2, "role": "admin"}]}
    whole = {f"people_{id}": ({"id": id, "name": "whole"}, 200) for id in (1, 2, 3)}
    found = read(lists, manifest, **whole)
    assert [each.data["name"] for each in found.records] == ["whole"] * 3
    assert [each["id"] for each in found.records[1].data["teams"]] == [7, 9]
    assert Capability.GET not in described(manifest).resources["people"].capabilities


@pytest.mark.parametrize("status", [401, 403, 404, 422, 500, 503])
@pytest.mark.parametrize("path", ["teams", "teams_9_people"])
def test_one_list_that_fails_ends_the_read_and_names_its_parent(path: str, status: int) -> None:
    with pytest.raises(ReadError) as caught:
        read(TWO, **{path: ({"message": "not now"}, status)})
    assert ("teams 9: " in caught.value.summary) == (path != "teams")
    assert ("removed meanwhile" in caught.value.help) == (path != "teams" and status in {403, 404})


@pytest.mark.parametrize("path", ["/teams", "/teams/7/people"])
def test_one_list_that_is_incomplete_makes_the_whole_so(path: str) -> None:
    short: dict[str, Answer] = {
        path.strip("/").replace("/", "_"): ({"data": TWO[path][:1], "total": 3}, 200)
    }
    found = read(TWO, **short)
    assert not found.complete
    assert any("teams" in each for each in found.problems)
    connector, _ = opened(*[served(TWO, **short)] * 50, manifest=MANIFEST)
    with pytest.raises(ReadError, match="people: teams"):
        connector.reader("people").find("name", "P 1")


def test_a_parent_that_cannot_be_read_or_named_makes_the_whole_incomplete() -> None:
    unread = read(TWO | {"/teams": [{"slug": "ops"}, {"id": 9}]})
    assert (unread.complete, [each.id for each in unread.records]) == (False, ["4"])
    assert "teams may be missing: page 1, item 1: it has no id at 'id'" in unread.problems
    with pytest.raises(ReadError, match=r"teams 9: Acme: there is no text at 'parent.slug'"):
        read(TWO | {"/teams": [{"id": 9}]}, MANIFEST.replace("{parent.id}", "{parent.slug}"))


def test_a_list_without_parents_says_nothing_of_anybody() -> None:
    found = read({"/teams": []})
    assert not found.complete
    assert found.problems == ("teams lists nothing, so nobody is listed under it",)


def test_a_parent_that_is_gone_by_now_makes_the_whole_incomplete() -> None:
    """Its people may have moved to a parent whose list was read before."""
    detail = '    detail: [{path: "/teams/{id}", into: more}]\n'
    manifest = HEAD + TEAMS + detail.replace("into: more", "into: replace") + PEOPLE
    lists = iter([TWO["/teams"], [], [TWO["/teams"][0]], []])

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        if path == "/teams":
            return reply({"data": next(lists)})
        if path == "/teams/9":
            return reply({}, 404)
        return reply({"id": 7}) if path == "/teams/7" else served(TWO)(request)

    connector, _ = opened(*[answer] * 50, manifest=manifest.replace(", total: total}", "}"))
    found = connector.reader("people").read()
    assert not found.complete
    assert "teams may be missing: 1 of 2 records were gone" in found.problems[0]


UPDATE = '    update: {method: PATCH, path: "/teams/{parent.id}/people/{id}"}\n'


def test_a_write_may_name_the_parent_that_the_record_is_listed_under() -> None:
    lists = TWO | {"/teams/9/people": rows(2, 4)}

    def answer(request: httpx.Request) -> httpx.Response:
        return reply({}) if request.method == "PATCH" else served(lists)(request)

    connector, world = opened(*[answer] * 50, manifest=MANIFEST.replace(RECORD, UPDATE + RECORD))
    writer = connector.writer("people")
    with pytest.raises(NotSent, match="listed under none of teams by now") as caught:
        writer.update("1", {"name": "A"}, "t")
    assert caught.value.code == "W120"
    connector.reader("people").read()
    writer.update("1", {"name": "A"}, "t")
    writer.leave("4", {"name": "A"}, "t")
    assert world.urls[-2:] == ["/teams/7/people/1", "/teams/9/people/4"]
    with pytest.raises(NotSent, match="listed under 2 of teams, and its request names one"):
        writer.update("2", {"name": "A"}, "t")
    lists["/teams/9/people"] = rows(1, 4)
    lists["/teams/7/people"] = rows(2)
    connector.reader("people").read()
    writer.update("1", {"name": "A"}, "t")
    assert world.urls[-1] == "/teams/9/people/1"


@pytest.mark.parametrize(("old", "new"), [
    ("{parent.id}/people/", "{parent.idd}/people/"),
    ("update: {method: PATCH, path: \"/teams/{parent.id}/people/{id}\"}",
     "create: {method: POST, path: \"/teams/{parent.id}/people\"}"),
    ("update: {method: PATCH", "get: {method: GET"),
])  # fmt: skip
def test_what_cannot_know_the_parent_cannot_name_it(old: str, new: str) -> None:
    assert old in UPDATE
    people = PEOPLE.replace("      into: teams\n", "")
    described(HEAD + TEAMS + people.replace(RECORD, UPDATE + RECORD))
    with pytest.raises(Refused) as refused:
        described(HEAD + TEAMS + people.replace(RECORD, UPDATE.replace(old, new) + RECORD))
    assert [each.code for each in refused.value.diagnostics] == ["C103"]


def test_so_many_lists_are_read_at_once_and_no_more() -> None:
    barrier, lock, numbers = threading.Barrier(3, timeout=PATIENCE), threading.Lock(), [0]
    most: list[int] = []

    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/teams"):
            return reply([{"id": n} for n in range(6)])
        with lock:
            numbers[0] += 1
            most.append(numbers[0])
        barrier.wait()  # only three at once get through
        with lock:
            numbers[0] -= 1
        return reply(rows(int(request.url.path.split("/")[3])))

    text = MANIFEST.replace("records: data", "records: '@'").replace(PAGES, "{type: none}")
    text = text.replace("into: teams", "concurrency: 3")
    connector, _ = opened(*[slow] * 7, manifest=text)
    seen: list[tuple[str, int, int | None]] = []
    found = connector.reader("people").read(lambda *step: seen.append(step))
    assert (max(most), [each.id for each in found.records]) == (3, [str(n) for n in range(6)])
    assert seen[-1] == ("list of people", 6, None)
    assert described(text).resources["people"].concurrency == 3


def test_lists_of_parents_keep_the_rate_limit() -> None:
    text = MANIFEST.replace("resources:\n", "rate_limit: {requests: 2, seconds: 10}\nresources:\n")
    connector, world = opened(
        *[served(TWO)] * 50, manifest=text.replace("into:", "concurrency: 1\n      into:")
    )
    assert connector.reader("people").read().complete
    assert sum(world.slept) >= 10 * (len(world.asked) // 2 - 1)


SQUADS = TEAMS.replace("  teams:", "  squads:").replace(
    "path: /teams", 'for_each: teams\n      into: teams\n      path: "/teams/{parent.id}/squads"'
)
SQUADS = SQUADS.replace("slug: {type: string}", "slug: {type: string}, teams: {type: array}")
NESTED = HEAD + TEAMS + SQUADS + PEOPLE.replace("for_each: teams", "for_each: squads")


def test_lists_may_stand_below_lists() -> None:
    path = "/teams/{parent.parent.id}/squads/{parent.id}/people"
    manifest = NESTED.replace("/teams/{parent.id}/people", path)
    lists: Pages = {
        "/teams": [{"id": 7}],
        "/teams/7/squads": [{"id": 1}, {"id": 2}],
        "/teams/7/squads/1/people": rows(1),
        "/teams/7/squads/2/people": rows(2),
    }
    assert [each.id for each in read(lists, manifest).records] == ["1", "2"]
    with pytest.raises(ReadError, match="teams 7: "):
        read(lists, manifest, teams_7_squads=({}, 404))
    with pytest.raises(ReadError, match="squads 2: "):
        read(lists, manifest, teams_7_squads_2_people=({}, 404))
    two = lists | {"/teams": [{"id": 7}, {"id": 8}], "/teams/8/squads": [{"id": 2}]}
    with pytest.raises(ReadError, match=r"squads 2: .*there is no text at 'parent.parent.id'"):
        read(two, manifest)


@pytest.mark.parametrize("name", ["parent.parent.idd", "parent.parent.", "parent.parent"])
def test_a_slip_in_the_name_of_a_grandparent_is_refused(name: str) -> None:
    manifest = NESTED.replace("/teams/{parent.id}/people", f"/x/{{{name}}}/{{parent.id}}")
    with pytest.raises(Refused) as refused:
        described(manifest)
    assert [each.code for each in refused.value.diagnostics] == ["C103"]
    with pytest.raises(Refused):
        described(
            manifest.replace(name, "parent.parent.id").replace("into: teams\n      path", "path")
        )


def test_a_parent_cannot_change_the_path() -> None:
    manifest = MANIFEST.replace("{parent.id}", "{parent.slug}")
    lists: Pages = {"/teams": [{"id": 7, "slug": "../admin?x=1"}]}
    connector, world = opened(*[served(lists)] * 9, manifest=manifest)
    with pytest.raises(ReadError):
        connector.reader("people").read()
    assert world.urls[-1].startswith("/teams/..%2Fadmin%3Fx%3D1/people?page=1")


@pytest.mark.parametrize(("old", "new", "code", "told"), [
    ("for_each: teams", "for_each: team", "C109", "no resource is named 'team'"),
    ("for_each: teams", "for_each: people", "C109", "never begin"),
    ("{parent.id}", "{parent.idd}", "C103", "unknown name 'parent.idd'"),
    ("{parent.id}", "{parent}", "C103", "unknown name 'parent'"),
    ("{parent.id}", "{id}", "C103", "unknown name 'id'"),
    ("{parent.id}", ":id", "C105", "':id' is how other tools write a placeholder"),
    ("{parent.id}", "7", "C158", "the list is the same for each record of 'teams'"),
    ("      for_each: teams\n", "", "C103", "unknown name 'parent.id'"),
    ("      for_each: teams\n", "", "C109", "'into' has no effect without for_each"),
    ("into: teams", "into: team", "C107", "the record schema has no field 'team'"),
    ("into: teams", "into: name", "C109", "'name' takes a list"),
    (RECORD, GET + RECORD, "C109", "a request for one record does not show 'teams'"),
    (RECORD, FIND + RECORD, "C109", "'find' would ask each parent"),
])  # fmt: skip
def test_a_slip_is_refused_at_its_place(old: str, new: str, code: str, told: str) -> None:
    assert old in PEOPLE
    with pytest.raises(Refused) as refused:
        described(HEAD + TEAMS + PEOPLE.replace(old, new))
    found = [each for each in refused.value.diagnostics if told in each.summary]
    assert [each.code for each in found] == [code]
    assert found[0].span.line > HEAD.count("\n")


def test_a_misspelt_field_of_the_parent_is_corrected() -> None:
    with pytest.raises(Refused) as refused:
        described(MANIFEST.replace("{parent.id}", "{parent.slg}"))
    assert [each.help for each in refused.value.diagnostics] == ["did you mean 'parent.slug'?"]


def test_parent_is_the_name_of_an_option_where_no_list_is_one_of_a_parent() -> None:
    head = HEAD.replace("tenant: {", "parent: {")
    described(head + TEAMS.replace("path: /teams", 'path: "/{parent}/teams"'))
    with pytest.raises(Refused) as refused:
        described(head + TEAMS + PEOPLE)
    assert [each.code for each in refused.value.diagnostics] == ["C116"]


def test_circles_of_lists_are_refused() -> None:
    teams = TEAMS.replace("path: /teams", 'for_each: people\n      path: "/p/{parent.id}"')
    with pytest.raises(Refused) as refused:
        described(HEAD + teams + PEOPLE)
    assert len(refused.value.diagnostics) == 2
