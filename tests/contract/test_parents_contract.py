"""The contract, kept over a list for each parent by the manifest in connectors/README.md."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from contract import READING, WRITING, Check, Subject, named
from oneway.connections.manifest import load_manifest
from oneway.core.access import Access, Secret
from oneway.core.connector import Connector
from oneway_connectors.rest import connect

README = Path(__file__).resolve().parents[2] / "connectors" / "README.md"
URL = "https://crew.example.com"


class Crew:
    """Seven members in three teams, one of which is empty; the first member is in two teams."""

    def __init__(self) -> None:
        self.teams = ["ops", "hr", "it"]
        self.members = {f"m{n}": member(n, self.teams[n % 2]) for n in range(1, 8)}
        self.also = {("ops", "m1")}

    def answer(self, request: httpx.Request) -> httpx.Response:
        parts = [unquote(p) for p in request.url.raw_path.decode().split("?")[0].split("/")[1:]]
        body = json.loads(request.content) if request.content else {}
        match (request.method, *parts):
            case ("GET", "teams"):
                return self._teams(request.url.params.get("after", ""))
            case ("GET", "teams", team, "members"):
                return self._members(team, int(request.url.params["offset"]))
            case ("POST", "teams", team, "members") if team in self.teams:
                id = f"m{len(self.members) + 1}"
                self.members[id] = {"id": id, "active": True, **body}
                return httpx.Response(201, json=self.members[id])
            case ("PATCH", "members", id) if id in self.members:
                self.members[id].update(body)
                return httpx.Response(200, json=self.members[id])
        return httpx.Response(404, json={})

    def _teams(self, after: str) -> httpx.Response:
        at = self.teams.index(after) + 1 if after else 0
        more = self.teams[at] if at + 1 < len(self.teams) else None
        data = [{"id": each, "name": each.upper()} for each in self.teams[at : at + 1]]
        return httpx.Response(200, json={"data": data, "next": more})

    def _members(self, team: str, offset: int) -> httpx.Response:
        found = [
            e for e in self.members.values() if team == e["team"] or (team, e["id"]) in self.also
        ]
        return httpx.Response(200, json={"data": found[offset : offset + 3], "total": len(found)})


def member(number: int, team: str) -> dict[str, Any]:
    values = {"email": f"m{number}@example.com", "name": f"M {number}", "phone": "01632 960000"}
    return {"id": f"m{number}", "active": True, "team": team, **values}


def opened(crew: Crew) -> Connector:
    blocks = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (text,) = (each for each in blocks if "name: crew" in each)
    description = load_manifest(text.encode(), "crew.yaml")
    assert description.warnings == ()
    access = Access({"base_url": URL}, {"api_key": Secret("canary-key-77aa")})
    return connect(description, access, httpx.MockTransport(crew.answer))


@pytest.mark.parametrize("check", READING + WRITING, ids=named)
def test_lists_of_parents(check: Check) -> None:
    crew = Crew()
    fresh = member(100, "it")
    del fresh["id"], fresh["active"]
    check(
        Subject(
            open=lambda: opened(crew),
            resource="members",
            held={id: {"email": each["email"]} for id, each in crew.members.items()},
            find="email",
            fresh=lambda n: {**fresh, "email": f"m{100 + n}@example.com"},
            text="name",
            still="email",
            clearable="phone",
            leave={"active": False},
        )
    )


def test_a_member_of_two_teams_has_both() -> None:
    records = {each.id: each for each in opened(Crew()).reader("members").read().records}
    assert len(records) == 7
    both = [{"id": "hr", "name": "HR"}, {"id": "ops", "name": "OPS"}]
    assert (records["m1"].data["teams"], records["m2"].data["teams"]) == (both, both[1:])
