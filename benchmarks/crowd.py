"""Many customers in one sandbox: one address, one rate limit, and a small company for each.

Customer 7 is below `/of/7`: there is a whole sandbox, with a dozen people that are made up when
it is first asked for anything. The limit and the counts are of all of them together, as with a
system that counts by where requests come from.

`GET /_sandbox/requests` says how many requests came, how they were answered, and how many the
fullest second held.
"""

from collections import Counter
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.kinds import FEW
from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.middleware import CONTROL, RateLimit
from oneway_connectors.sandbox.payroll import Payroll
from oneway_connectors.sandbox.people import Population, population
from oneway_connectors.sandbox.web import Fault, answer, refuse

_FEWEST, _SIZES = 10, 8
"""An employer has 10 to 17 people."""


class Crowd:
    """An ASGI application: the sandbox of a system, once for each customer.

    `system` is `staffology` or `expensein`. The same customer has the same people in both, and
    each time.
    """

    def __init__(self, system: str, today: date, *, customers: int, rate_limit: int) -> None:
        self._system = system
        self._today = today
        self._customers = customers
        self._limit = RateLimit(rate_limit)
        self._apps: dict[int, ASGIApp] = {}
        self._statuses: Counter[str] = Counter()
        self._created: Counter[int] = Counter()
        self._updated: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        assert scope["type"] == "http"
        if scope["path"] == f"{CONTROL}requests":
            return await self._control(scope, receive, send)
        number, rest = _customer(scope["path"])
        if not 0 < number <= self._customers:
            return await refuse(Fault(404, "there is no such customer"))(scope, receive, send)

        async def noting(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._note(number, scope["method"], message["status"])
            await send(message)

        below = {**scope, "path": rest, "raw_path": rest.encode()}
        if rest.startswith(CONTROL):
            return await self._app(number)(below, receive, send)
        if not self._limit.take():
            fault = Fault(429, "too many requests", retry_after=1)
            return await refuse(fault)(scope, receive, noting)
        return await self._app(number)(below, receive, noting)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        if Request(scope).method == "DELETE":
            for each in (self._statuses, self._created, self._updated):
                each.clear()
            self._limit.most = 0
        await answer(self.describe())(scope, receive, send)

    def describe(self) -> Json:
        """Return the counts: of all, and of the writes of each customer."""
        return {
            "total": sum(self._statuses.values()),
            "counts": dict(sorted(self._statuses.items())),
            "most_in_a_second": self._limit.most,
            "created": {str(number): n for number, n in sorted(self._created.items())},
            "updated": {str(number): n for number, n in sorted(self._updated.items())},
        }

    def _note(self, number: int, method: str, status: int) -> None:
        self._statuses[f"{method} {status}"] += 1
        if method == "POST" and status == 201:
            self._created[number] += 1
        if method == "PATCH" and status == 200:
            self._updated[number] += 1

    def _app(self, number: int) -> ASGIApp:
        if number not in self._apps:
            size = _FEWEST + number % _SIZES
            people = _apart(population(self._today, seed=number, size=size, kinds=FEW))
            self._apps[number] = (
                staffology.app(Payroll(people))
                if self._system == "staffology"
                else expensein.app(Expenses(people))
            )
        return self._apps[number]


def _apart(people: Population) -> Population:
    """Return people without the users who have no code and an employee's name.

    Such a user may be a leaver's second record, and a run that lists one ends with 5.
    """
    names = {
        (p["firstName"], p["lastName"]) for e in people.employees for p in [e["personalDetails"]]
    }
    users = [
        each
        for each in people.users
        if each["reference"] or (each["firstName"], each["lastName"]) not in names
    ]
    return replace(people, users=tuple(users))


def _customer(path: str) -> tuple[int, str]:
    """Return a customer's number, 0 for none, and the path in that customer's sandbox."""
    _, of, number, *rest = [*path.split("/", 3), "", ""]
    sound = of == "of" and number.isascii() and number.isdigit() and len(number) < 9
    return (int(number), "/" + rest[0]) if sound else (0, "")
