"""Both systems in memory, with the API that their manifests describe.

The target is as lax as a system may be: unless its traits say so, it takes two users of one
email or reference, forgets idempotency keys and ignores the filters of its list. Only what
the engine does itself can prevent a double.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from random import Random

import httpx

from .people import DEPARTMENTS, Json, People
from .unsaid import served

PAYROLL, EXPENSES = "payroll.example.com", "expenses.example.com"
EMPLOYER = "employer-1"


@dataclass(frozen=True)
class Traits:
    """What the target does of what systems may do."""

    unique: bool
    idempotent: bool
    filters: str
    """exact, folded (finds other cases too) or ignored (answers with everybody)."""
    lower_case: bool
    """Whether it stores emails in lower case."""


def traits_of(rng: Random) -> Traits:
    """Return the traits of one seed's target."""
    return Traits(
        unique=rng.random() < 0.4,
        idempotent=rng.random() < 0.3,
        filters=rng.choice(("exact", "folded", "ignored")),
        lower_case=rng.random() < 0.3,
    )


class OneWay(AssertionError):
    """Something was written where nothing may be."""


@dataclass
class Servers:
    """Answers every request; `acts` counts what each token really did, `made` whom it made."""

    people: People
    traits: Traits
    acts: Counter[str] = field(default_factory=Counter)
    made: dict[str, str] = field(default_factory=dict)
    answered: dict[str, Json] = field(default_factory=dict)
    on_create: Callable[[str | None], None] = lambda code: None
    on_access: Callable[[str | None, str | None, str | None], None] = lambda *leave_dates: None

    def answer(self, request: httpx.Request) -> tuple[int, object]:
        """Return a status and what is said, having done what was asked for."""
        parts = request.url.path.strip("/").split("/")
        if request.url.host == PAYROLL:
            if request.method != "GET":
                raise OneWay(f"{request.method} to the source")
            return self._employees(request, parts)
        if request.method == "GET":
            return self._users(request, parts)
        return self._write(request, parts)

    def _employees(self, request: httpx.Request, parts: list[str]) -> tuple[int, object]:
        employees = self.people.employees
        if len(parts) == 4:
            found = served(self.people, parts[3])
            return (200, found) if found else (404, {"message": "no such employee"})
        items = [{"id": id, "name": "N", "url": "u"} for id in sorted(employees)]
        return 200, _page(request, items, "pageNum", 0)

    def _users(self, request: httpx.Request, parts: list[str]) -> tuple[int, object]:
        if parts[1] == "departments":
            return 200, _page(request, list(DEPARTMENTS), "page", 1)
        if len(parts) == 3:
            user = self.people.users.get(parts[2])
            return (200, self._shown(user)) if user else (404, {"message": "no such user"})
        users = [self._shown(self.people.users[id]) for id in sorted(self.people.users, key=int)]
        for key in ("email", "reference"):
            wanted = request.url.params.get(key)
            if wanted is not None:
                users = [user for user in users if self._passes(user[key], wanted)]
        return 200, _page(request, users, "page", 1)

    def _passes(self, held: str | None, wanted: str) -> bool:
        match self.traits.filters:
            case "ignored":
                return True
            case "folded":
                return (held or "").casefold() == wanted.casefold()
            case _:
                return held == wanted

    def _write(self, request: httpx.Request, parts: list[str]) -> tuple[int, object]:
        token = request.headers["idempotency-key"]
        fields: Json = json.loads(request.content)
        if self.traits.lower_case and "email" in fields:
            fields["email"] = fields["email"].lower()
        if request.method == "POST":
            return self._create(fields, token)
        user = self.people.users.get(parts[2])
        if user is None:
            return 404, {"message": "no such user"}
        if not FIELDS.issuperset(fields):
            raise OneWay(f"fields {sorted(fields)} are written to user {parts[2]}")
        if self._taken(fields, user):
            return 409, {"message": "taken"}
        self.acts[token] += 1
        before = user["leaveDate"]
        _patch(user, fields)
        if user["leaveDate"] != before:
            self.on_access(user["reference"], before, user["leaveDate"])
        return 200, self._shown(user)

    def _create(self, fields: Json, token: str) -> tuple[int, object]:
        if self.traits.idempotent and token in self.answered:
            return 201, self.answered[token]
        if self._taken(fields, None):
            return 409, {"message": "taken"}
        self.acts[token] += 1
        user = self.people.stranger("")
        user["policyId"] = None
        _patch(user, fields)
        self.made[str(user["id"])] = token
        self.on_create(user["reference"])
        self.answered[token] = self._shown(user)
        return 201, self._shown(user)

    def _taken(self, fields: Json, user: Json | None) -> bool:
        others = [each for each in self.people.users.values() if each is not user]
        return self.traits.unique and any(
            fields.get(key) and str(other[key]).casefold() == str(fields[key]).casefold()
            for other in others
            for key in ("email", "reference")
        )

    def _shown(self, user: Json) -> Json:
        gone = user["leaveDate"]
        left = bool(gone) and date.fromisoformat(gone) <= self.people.today
        return {**user, "isLeaver": left}


FIELDS = frozenset({"firstName", "lastName", "email", "departmentId", "bankDetails", "leaveDate"})
"""What the mapping writes to a user who is there already."""


def _patch(user: Json, fields: Json) -> None:
    for key, value in fields.items():
        if key == "bankDetails" and isinstance(value, dict):
            user[key] = {**(user[key] or {}), **value}
        else:
            user[key] = value


def _page(request: httpx.Request, items: list[Json], param: str, start: int) -> list[Json]:
    page, size = (int(request.url.params[name]) for name in (param, "pageSize"))
    return items[(page - start) * size :][:size]
