"""A SCIM server of the careless sort: it ignores what it does not feel like heeding.

Real ones do: whoever writes the handler of a SCIM library may forget the filter, and then
every question is answered with everybody.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import httpx

Json = dict[str, Any]


@dataclass
class Sloppy(httpx.BaseTransport):
    """Answers in this process; `wrong` are the ways in which it is careless.

    `no filter`: every filter finds everybody. `first only`: a filter finds the first user,
    whoever was asked for. `no pages`: startIndex is ignored. `no external id`: externalId is
    dropped. `no Resources`: an empty page has none.
    """

    users: dict[str, Json] = field(default_factory=dict)
    wrong: frozenset[str] = frozenset()
    writes: list[tuple[str, str]] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        parts = [unquote(part) for part in request.url.path.split("/")[1:]]
        if request.method == "GET" and len(parts) == 1:
            return httpx.Response(200, json=self._list(request.url.params))
        if request.method == "POST":
            return self._create(json.loads(request.read()))
        user = self.users.get(parts[1])
        if user is None:
            return httpx.Response(404, json={"status": "404", "detail": "nobody"})
        if request.method == "PATCH":
            self.writes.append(("PATCH", parts[1]))
            self._change(user, json.loads(request.read())["Operations"])
            return httpx.Response(200, json=user)
        return httpx.Response(200, json=user)

    def _list(self, asked: httpx.QueryParams) -> Json:
        found = list(self.users.values())
        if wanted := asked.get("filter"):
            name, _, value = wanted.partition(" eq ")
            if "first only" in self.wrong:
                found = found[:1]
            elif "no filter" not in self.wrong:
                found = [user for user in found if user.get(name) == json.loads(value)]
        first = 0 if "no pages" in self.wrong else int(asked.get("startIndex", 1)) - 1
        page = found[first : first + int(asked.get("count", 100))]
        said: Json = {"totalResults": len(found), "startIndex": first + 1, "Resources": page}
        if not page and "no Resources" in self.wrong:
            del said["Resources"]
        return said

    def _create(self, user: Json) -> httpx.Response:
        id = f"s{len(self.users) + 1}"
        self.writes.append(("POST", id))
        if "no external id" in self.wrong:
            user.pop("externalId", None)
        self.users[id] = {**user, "id": id}
        return httpx.Response(201, json=self.users[id])

    def _change(self, user: Json, operations: list[Json]) -> None:
        for each in operations:
            urn, mark, path = each["path"].rpartition(":")
            *way, last = path.split(".")
            inside = user.setdefault(urn, {}) if mark else user
            for key in way:
                inside = inside.setdefault(key, {})
            if each["op"] == "remove":
                inside.pop(last, None)
            else:
                inside[last] = each["value"]
