"""Laws of a list for each parent: it is the list of all, and nobody is missing from it unsaid."""

import json
import random

import httpx
from hypothesis import given
from hypothesis import strategies as st

from oneway.core.connector_errors import ReadError
from oneway.core.records import Snapshot
from unit.rest_world import opened

PLAIN = """
oneway_connector: 1
name: acme
title: Acme
kind: rest
base_url: https://api.example.com/v1
retry: {attempts: 1}
resources:
  people:
    id: id
    list:
      path: /people
      records: data
      pagination: {type: offset, param: offset, size_param: size, size: SIZE, total: total}
    record: {type: object, additionalProperties: true, properties: {id: {type: integer}}}
"""
TEAMS = PLAIN[PLAIN.index("  people:") :].replace("people", "teams")
BY_TEAM = PLAIN.replace("path: /people", "path: '/teams/{parent.id}/people'\n      for_each: teams")

teams = st.lists(st.sets(st.integers(1, 9), max_size=5), min_size=1, max_size=4)
FAULTS = ["short", "dropped", "shifted", "grown", 401, 403, 404, 422, 500, "html", "no list"]


def person(id: int) -> dict[str, object]:
    return {"id": id, "name": f"P {id}"}


class Server:
    """Lists of teams and of their people; one request, by its number, may meet a fault."""

    def __init__(self, people: list[list[int]], fault: object = None, at: int = -1) -> None:
        rows = {f"/teams/{n}/people": [*map(person, each)] for n, each in enumerate(people)}
        everybody = sorted({id for each in people for id in each})
        self.lists = {
            **rows,
            "/teams": [{"id": n} for n in range(len(people))],
            "/people": [*map(person, everybody)],
        }
        self.fault, self.at, self.asked = fault, at, 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        rows = self.lists[request.url.path.removeprefix("/v1")]
        offset, size = (int(request.url.params[name]) for name in ("offset", "size"))
        page, total = rows[offset : offset + size], len(rows)
        fault = self.fault if self.asked == self.at else None
        self.asked += 1
        match fault:
            case int():
                return httpx.Response(fault, json={})
            case "html":
                return httpx.Response(200, content=b"<html>")
            case "no list":
                return httpx.Response(200, json={})
            case "short":
                page = page[:-1]
            case "dropped":
                page = []
            case "shifted":
                page = rows[offset + 1 : offset + 1 + size]
            case "grown":
                total += 1
        return httpx.Response(200, content=json.dumps({"data": page, "total": total}).encode())


def read(manifest: str, server: Server, size: int, at_once: int = 4) -> Snapshot | None:
    """Return what is read; None if nothing usable is."""
    text = manifest.replace("SIZE", str(size))
    text = text.replace("for_each: teams", f"for_each: teams\n      concurrency: {at_once}")
    connector, _ = opened(*[server] * 200, manifest=text)
    try:
        return connector.reader("people").read()
    except ReadError:
        return None


@given(teams, st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_it_is_the_list_of_all(
    teams: list[set[int]], size: int, at_once: int, ordered: bool
) -> None:
    people = [sorted(each, reverse=not ordered) for each in teams]
    whole = read(PLAIN, Server(people), size)
    found = read(BY_TEAM + TEAMS, Server(people), size, at_once)
    assert whole is not None
    assert found is not None
    assert (found.complete, found.problems) == (True, ())
    assert {each.id: each for each in found.records} == {each.id: each for each in whole.records}
    assert len(found.records) == len(whole.records)


@given(teams, st.randoms(use_true_random=False))
def test_the_order_of_the_parents_changes_nothing(
    teams: list[set[int]], chance: random.Random
) -> None:
    text = (BY_TEAM + TEAMS).replace("for_each: teams", "into: teams\n      for_each: teams")
    server = Server([sorted(each) for each in teams])
    first = read(text, server, 3)
    chance.shuffle(server.lists["/teams"])
    assert first == read(text, server, 3)


@given(teams, st.integers(1, 4), st.sampled_from(FAULTS), st.data())
def test_nobody_is_missing_from_it_unsaid(
    teams: list[set[int]], size: int, fault: object, chance: st.DataObject
) -> None:
    """Whichever request of whichever list meets a fault."""
    people = [sorted(each) for each in teams]
    healthy = Server(people)
    whole = read(BY_TEAM + TEAMS, healthy, size, 1)
    assert whole is not None
    faulty = Server(people, fault, chance.draw(st.integers(0, healthy.asked - 1)))
    found = read(BY_TEAM + TEAMS, faulty, size, 1)
    if found is None or not found.complete:
        return
    assert {each.id for each in found.records} == {each.id for each in whole.records}
