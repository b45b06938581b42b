"""Both sandboxes over HTTP, with every request kept as it came over the wire."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oneway_connectors.sandbox import EMPLOYER, expensein, running, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.payroll import Payroll
from oneway_connectors.sandbox.people import Population
from oneway_connectors.sandbox.table import SandboxTable

Json = dict[str, Any]
TODAY = date(2026, 6, 15)
_RECORD = re.compile(rb"(/1\.0/users/|/1\.0/departments/|/employers/[^/]+/employees/)(.+)")

_EMPLOYER = EMPLOYER.encode()
_MEANT: dict[bytes, frozenset[str]] = {
    b"/employers/" + _EMPLOYER + b"/employees": frozenset({"pageNum", "pageSize"}),
    b"/employers/" + _EMPLOYER + b"/employees/": frozenset(),
    b"/1.0/users": frozenset({"page", "pageSize", "includeLeavers", "email", "reference"}),
    b"/1.0/users/": frozenset(),
    b"/1.0/departments": frozenset({"page", "pageSize"}),
}
"""Every path that is meant, `/` at its end standing for an id, and what may be asked of it."""
_HEADERS = frozenset(
    [
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "authorization",
        "content-type",
        "content-length",
        "idempotency-key",
    ]
)
_FIELDS = frozenset(
    ["reference", "firstName", "lastName", "email", "departmentId", "leaveDate", "bankDetails"]
)


@dataclass(frozen=True)
class Seen:
    """A request as it came: the path still encoded, the query not yet taken apart."""

    method: str
    path: bytes
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def wrong(self, ids: frozenset[str]) -> Iterator[str]:
        """Yield what of it nobody meant to send; `ids` are all that records have."""
        found = _RECORD.fullmatch(self.path)
        base, id = (found[1], found[2]) if found else (self.path, b"")
        where = f"{self.method} {self.path[:80]!a}"
        if base not in _MEANT:
            yield f"{where} is no path of ours"
            return
        if found and (
            re.search(rb"[^A-Za-z0-9_.~%-]", id) or _text(unquote_to_bytes(id)) not in ids
        ):
            yield f"{where} names no record"
        asked = parse_qsl(self.query.decode("ascii"), keep_blank_values=True)
        names = [name for name, _ in asked]
        if len(names) != len(set(names)) or not _MEANT[base].issuperset(names):
            yield f"{where} asks {names}"
        sent = [name.decode("latin-1") for name, _ in self.headers]
        if len(sent) != len(set(sent)) or not _HEADERS.issuperset(sent):
            yield f"{where} sends the headers {sent}"
        if self.method in ("POST", "PATCH") and not _FIELDS.issuperset(json.loads(self.body)):
            yield f"{where} writes other fields than are mapped"


class ById(SandboxTable):
    """Records by an id of any text, which stands in a path in hexadecimal."""

    def get(self, id: str) -> Json | None:
        """Return a record, or None."""
        return super().get(_text(bytes.fromhex(id)))


@dataclass
class Watched:
    """An application before which every request is kept; `refusing` is said to each write."""

    app: ASGIApp
    seen: list[Seen] = field(default_factory=list)
    refusing: Iterator[tuple[int, object]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        path, method = scope["raw_path"], scope["method"]
        sent = tuple(scope["headers"])
        self.seen.append(Seen(method, path, scope["query_string"], sent, body))
        if self.refusing is not None and method != "GET":
            status, said = next(self.refusing)
            await Response(json.dumps(said), status)(scope, receive, send)
            return
        if found := _RECORD.fullmatch(path):
            # An id may hold a slash: the application's routes should not have to know that.
            path = found[1] + unquote_to_bytes(found[2]).hex().encode()
            scope = {**scope, "path": path.decode()}

        async def again() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)


@dataclass
class Systems:
    """Payroll and expenses, holding nobody; `put` lets them hold somebody."""

    payroll: Payroll
    expenses: Expenses
    watched: tuple[Watched, Watched]
    payroll_url: str = ""
    expenses_url: str = ""

    def put(self, employees: list[Json], users: list[Json], departments: list[Json]) -> None:
        """Hold these records and no others, and forget what was asked."""
        self.payroll.records = ById(employees)
        self.expenses.reset()
        self.expenses.records = ById(users)
        self.expenses.departments = ById(departments)
        for each in self.watched:
            each.seen.clear()
            each.refusing = None

    def by_email(self, email: str) -> list[Json]:
        """Return the users with an email."""
        return [each for each in self.expenses.records if each["email"] == email]

    def wrong(self) -> Iterator[str]:
        """Yield what was sent that nobody meant to send."""
        for held, watched in zip((self.payroll, self.expenses), self.watched, strict=True):
            ids = frozenset(str(each["id"]) for each in held.records)
            for each in watched.seen:
                yield from each.wrong(ids)

    def strays(self) -> Iterator[str]:
        """Yield the requests with a header that nobody meant to send."""
        for each in self.watched:
            for seen in each.seen:
                if any(name.lower().startswith(b"x-") for name, _ in seen.headers):
                    yield f"{seen.method} {seen.path[:80]!a} has a header that was injected"


@contextmanager
def serving() -> Iterator[Systems]:
    """Give both systems, listening on loopback."""
    nobody = Population(TODAY, (), (), (), (), {})
    payroll, expenses = Payroll(nobody), Expenses(nobody)
    watched = Watched(staffology.app(payroll)), Watched(expensein.app(expenses))
    with running(watched[0]) as first, running(watched[1]) as second:
        yield Systems(payroll, expenses, watched, first, f"{second}/1.0")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
