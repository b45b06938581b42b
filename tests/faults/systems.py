"""Both systems of the fault matrix, in memory, as lax as systems may be.

The target takes two users of one email without a word and forgets idempotency tokens: that
no user is made twice is the engine's doing alone. Tokens last for so many requests, whatever
the target says of them.
"""

import json
from collections import Counter
from typing import Any
from urllib.parse import unquote

import httpx

Json = dict[str, Any]

SOURCE, TARGET = "hr.example.com", "desk.example.com"
KEY, TOKEN = "canary-key-77aa", "canary-token"
TOKEN_USES = 25
PAGE = 10
LEFT_ON = "2026-02-27"
EACH = 8
"""So many joiners, movers and leavers."""


def _person(number: int) -> Json:
    status = "left" if 2 * EACH <= number < 3 * EACH else "active"
    return {
        "id": f"p{number:02}",
        "code": f"C{number:02}",
        "name": f"Person {number}",
        "email": f"person{number}@example.com",
        "team": "Support",
        "status": status,
        "leftOn": LEFT_ON if status == "left" else None,
    }


def _user(number: int) -> Json:
    person = _person(number)
    name = person["name"] if number >= 2 * EACH else "Old Name"
    return {
        "id": 100 + number,
        "code": person["code"],
        "name": name,
        "email": person["email"],
        "team": person["team"],
        "leaveDate": None,
        "note": f"kept {number}",
    }


def _stranger(number: int) -> Json:
    email = f"admin{number}@example.com"
    return {
        "id": number,
        "code": None,
        "name": "Admin",
        "email": email,
        "team": None,
        "leaveDate": None,
        "note": "",
    }


def _returned(number: int) -> Json:
    """Return the user of somebody who comes back, or who leaves; of both the team changes too.

    Not the name: none comes back where that differs and no run remembers whose the record was.
    """
    left = "2025-01-31" if EACH <= number < 2 * EACH else None
    return {**_user(number), "name": f"Person {number}", "team": "Old Team", "leaveDate": left}


class Systems:
    """Answers requests to both systems; `made` counts the creates that were done, by email.

    With `apart`, the target has no joiners and no movers: eight come back and eight leave, each
    by a request of its own, and the team of each changes as well.
    """

    def __init__(self, *, apart: bool = False) -> None:
        everybody = range(EACH, 3 * EACH) if apart else range(4 * EACH)
        self.people = [_person(number) for number in everybody]
        made = _returned if apart else _user
        users = [made(number) for number in everybody if number >= EACH]
        self.users = {str(user["id"]): user for user in [*users, *map(_stranger, range(1, 5))]}
        self.made: Counter[str] = Counter()
        self.writes = 0
        self._left: dict[str, int] = {}
        self._next = 1000

    def revoke(self) -> None:
        """Take back every token."""
        self._left.clear()

    def answer(self, request: httpx.Request) -> tuple[int, Any]:
        """Return a status and what is said, having done what was asked for."""
        parts = [unquote(part) for part in request.url.path.strip("/").split("/")]
        if request.url.host == SOURCE:
            assert request.method == "GET", "the source is never written"
            return self._source(request, parts)
        if parts == ["token"]:
            token = f"{TOKEN}-{len(self._left)}"
            self._left[token] = TOKEN_USES
            return 200, {"access_token": token, "expires_in": 3600}
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self._left.get(token):
            return 401, {"message": "no such token"}
        self._left[token] -= 1
        return self._target(request, parts)

    def _source(self, request: httpx.Request, parts: list[str]) -> tuple[int, Any]:
        if request.headers.get("x-key") != KEY:
            return 401, {"message": "no such key"}
        if len(parts) == 1:
            return 200, _page(request, [{"id": person["id"]} for person in self.people])
        found = [person for person in self.people if person["id"] == parts[1]]
        return (200, found[0]) if found else (404, {})

    def _target(self, request: httpx.Request, parts: list[str]) -> tuple[int, Any]:
        if request.method == "POST" and len(parts) == 1:
            return self._create(json.loads(request.content))
        if request.method == "GET" and len(parts) == 1:
            asked = request.url.params
            users = [self.users[id] for id in sorted(self.users, key=int)]
            for key in ("email", "code"):
                users = [user for user in users if user[key] == asked.get(key, user[key])]
            return 200, _page(request, users)
        user = self.users.get(parts[1])
        if user is None:
            return 404, {}
        if request.method == "DELETE":
            assert user["leaveDate"] is None, "a second DELETE would remove the user"
            self.writes += 1
            user["leaveDate"] = LEFT_ON
        elif request.method != "GET":
            self.writes += 1
            user.update(json.loads(request.content))
        return 200, user

    def _create(self, fields: Json) -> tuple[int, Any]:
        self.writes += 1
        self.made[fields["email"]] += 1
        self._next += 1
        user = {**_stranger(self._next), "name": None, **fields}
        self.users[str(self._next)] = user
        return 201, user

    def held(self) -> Counter[str]:
        """Return the users, each as text; ids, which the target gives, aside."""
        return Counter(
            json.dumps({key: value for key, value in user.items() if key != "id"}, sort_keys=True)
            for user in self.users.values()
        )


def _page(request: httpx.Request, items: list[Json]) -> list[Json]:
    first = (int(request.url.params["page"]) - 1) * PAGE
    return items[first : first + PAGE]


class VersionedSystems(Systems):
    """The same systems, but that a user is changed only with the version that is shown."""

    def __init__(self) -> None:
        super().__init__()
        for user in self.users.values():
            user["version"] = 1

    def held(self) -> Counter[str]:
        """Return the users without their versions."""
        plain = Systems()
        plain.users = {
            id: {k: v for k, v in user.items() if k != "version"} for id, user in self.users.items()
        }
        return plain.held()

    def _target(self, request: httpx.Request, parts: list[str]) -> tuple[int, Any]:
        user = self.users.get(parts[1]) if len(parts) > 1 else None
        if user is not None and request.method != "GET":
            if request.headers.get("if-match") != f'"{user["version"]}"':
                return 412, {"message": "another version"}
            user["version"] += 1
        return super()._target(request, parts)


class SystemsByTeams(Systems):
    """The same systems, but that the source lists people by their teams: some are in two."""

    def _source(self, request: httpx.Request, parts: list[str]) -> tuple[int, Any]:
        if request.headers.get("x-key") != KEY or parts[0] != "teams":
            return super()._source(request, parts)
        if len(parts) == 1:
            return 200, _page(request, [{"id": number} for number in range(TEAMS)])
        if parts[1] not in map(str, range(TEAMS)):
            return 404, {}
        team = int(parts[1])
        found = [n for n in range(len(self.people)) if team in (n % TEAMS, n % EACH)]
        return 200, _page(request, [{"id": self.people[n]["id"]} for n in found])


TEAMS = 3
