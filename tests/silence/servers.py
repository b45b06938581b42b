"""Both systems, with canaries for people and keys, and manners that can be spoilt.

Before each sandbox stands `Manners`: it knows the canary credentials, gives tokens that run
out, and, when it is told to, answers badly: with everything that it was sent, in one form
after the other.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oneway_connectors.sandbox import expensein, running, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.payroll import Payroll
from oneway_connectors.sandbox.people import Population, population

from .canaries import Canary, bank, private
from .forms import FORMS

STAFFOLOGY_KEY = "Sx9canary-basicPw-7Hq91LmPw4"
API_KEY = "Kx7canary-apiKey-91LmPw4ZqTr"
CLIENT_ID = "Ix3canary-client-Vb3Nq8"
CLIENT_SECRET = "Cx5canary-clientSecret/+8Vb3Nq="
WRONG = "Wx2canary-wrongKey-6Gt4YbKs"
"""A credential that no system knows: somebody else's, typed by mistake."""
TOKENS = tuple(f"Tx{n}canary-token-{n}Zq{n}Rw{n}LmPw" for n in range(1, 9))
USES = 30
"""Requests after which a token is refused."""

CREDENTIALS = (
    Canary("basic password", STAFFOLOGY_KEY),
    Canary("API key", API_KEY),
    Canary("client id", CLIENT_ID),
    Canary("client secret", CLIENT_SECRET),
    Canary("wrong key", WRONG),
    *(Canary(f"token {number}", text) for number, text in enumerate(TOKENS, 1)),
)

KINDS = ("joiner", "mover_bank", "mover_name", "bank_missing", "bank_blank", "leaver_past")
KINDS += ("unchanged", "missing_email", "duplicate_payroll_code", "email_handover")


@dataclass
class Manners:
    """How a system answers; `bad` names what it does to each request that `spoils` picks."""

    app: ASGIApp
    key: str
    bad: str = ""
    spoils: Callable[[str], bool] = lambda method: True
    token: int = -1
    used: int = 0
    forms: Iterator[int] = field(default_factory=count)
    written: int = 0
    on_write: Callable[[int], None] = lambda number: None

    def be(self, bad: str = "", methods: str = "GET POST PATCH") -> None:
        """Behave badly towards these methods from now on, or well."""
        self.bad, self.spoils = bad, lambda method: method in methods.split()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        body = await _whole(receive)
        scope = _with_the_key_as_a_header(scope)
        headers = Headers(scope=scope)
        if scope["path"].endswith("/auth/token"):
            answer = self._answer_token(body, headers)
        elif self.bad and self.spoils(scope["method"]):
            answer = BAD[self.bad](self, scope, headers, body)
        elif not self._known(headers):
            answer = _json(401, self._echo(headers, body))
        else:
            return await self._pass(scope, body, send)
        return await answer(scope, receive, send)

    async def _pass(self, scope: Scope, body: bytes, send: Send) -> None:
        kept = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
        inner = {**scope, "headers": [*kept, (b"authorization", self.key.encode())]}
        await self.app(inner, _replayed(body), send)
        if scope["method"] in ("POST", "PATCH"):
            self.written += 1
            self.on_write(self.written)

    def _known(self, headers: Headers) -> bool:
        scheme, _, sent = headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            return base64.b64decode(sent).decode().endswith(f":{STAFFOLOGY_KEY}")
        if scheme == "Bearer":
            self.used += 1
            return sent == TOKENS[self.token % len(TOKENS)] and self.used <= USES
        return sent == API_KEY

    def _answer_token(self, body: bytes, headers: Headers) -> Response:
        sent = body.decode() + headers.get("authorization", "")
        if self.bad == "no token":
            return _json(400, self._echo(headers, body))
        known = (CLIENT_SECRET, quote(CLIENT_SECRET, safe=""), API_KEY)
        pair = base64.b64encode(f"{CLIENT_ID}:{quote(CLIENT_SECRET, safe='')}".encode()).decode()
        if not any(each in sent for each in (*known, pair)):
            return _json(401, self._echo(headers, body))
        self.token, self.used = self.token + 1, 0
        return _json(200, {"access_token": TOKENS[self.token % len(TOKENS)], "expires_in": 3600})

    def _echo(self, headers: Headers, body: bytes) -> dict[str, Any]:
        """Return an error that quotes everything that was sent, in the next form."""
        write = tuple(FORMS.values())[next(self.forms) % len(FORMS)]
        texts = [*_texts(body), *headers.get("authorization", "").split()]
        texts += [headers.get("authorization", "")]
        said = [write(text) for text in texts if len(text) > 2]
        errors = [{"field": f"field {n}", "message": f"bad: {text}"} for n, text in enumerate(said)]
        return {"message": f"no: {' | '.join(reversed(said))}", "errors": errors}


def _with_the_key_as_a_header(scope: Scope) -> Scope:
    """Return a request whose key is in the query as if it were in a header."""
    asked = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    keys = [value for name, value in asked if name == "api_token"]
    if not keys:
        return scope
    rest = urlencode([pair for pair in asked if pair[0] != "api_token"]).encode()
    header = (b"authorization", f"ApiKey {keys[0]}".encode())
    return {**scope, "query_string": rest, "headers": [*scope["headers"], header]}


Answering = Callable[[Manners, Scope, Headers, bytes], Response]


def _refusing(status: int, **more: str) -> Answering:
    def answer(manners: Manners, scope: Scope, headers: Headers, body: bytes) -> Response:
        echo = manners._echo(headers, body)
        extra = {"X-Echo": quote(json.dumps(echo))[:2000], "Set-Cookie": f"k={quote(API_KEY)}"}
        return _json(status, echo, {**more, **extra})

    return answer


def _page(status: int) -> Answering:
    def answer(_: Manners, scope: Scope, headers: Headers, body: bytes) -> Response:
        text = f"<html><body>{headers.get('authorization')} {body.decode()}</body></html>"
        return Response(text, status, media_type="text/html")

    return answer


def _cut(_: Manners, scope: Scope, headers: Headers, body: bytes) -> Response:
    text = json.dumps({"echo": body.decode(), "key": headers.get("authorization")})
    return Response(text[:-1], 200, media_type="application/json")


def _redirect(place: str) -> Answering:
    def answer(_: Manners, scope: Scope, headers: Headers, body: bytes) -> Response:
        query = f"?key={quote(headers.get('authorization', ''))}&sent={quote(body[:500])}"
        where = f"{place}{scope['path']}{query}"
        return Response("", 307, {"Location": where})

    return answer


BAD: dict[str, Answering] = {
    "rejects": _refusing(422),
    "says bad request": _refusing(400),
    "conflicts": _refusing(409),
    "refuses the key": _refusing(401, **{"WWW-Authenticate": f"ApiKey realm={API_KEY}"}),
    "forbids": _refusing(403),
    "fails": _refusing(500),
    "is busy": _refusing(429, **{"Retry-After": "0"}),
    "fails with a page": _page(500),
    "answers with a page": _page(200),
    "breaks off": _cut,
    "redirects elsewhere": _redirect("https://elsewhere.example.com"),
    "redirects in a circle": _redirect(""),
    "no token": _refusing(422),
}
"""What a system can do amiss, each with all that it was sent."""


@dataclass(frozen=True)
class Servers:
    """Both systems, running."""

    payroll: Manners
    expenses: Manners
    payroll_url: str
    expenses_url: str
    people: Population
    reset: Callable[[], None]


@contextmanager
def serving(today: date) -> Iterator[Servers]:
    """Run both systems for the length of a block."""
    people = _people(today)
    states = Payroll(people), Expenses(people)
    pair = base64.b64encode(f"x:{staffology.KEY}".encode()).decode()
    payroll = Manners(staffology.app(states[0]), f"Basic {pair}")
    expenses = Manners(expensein.app(states[1]), f"ApiKey {expensein.KEY}")

    def reset() -> None:
        for state in states:
            state.reset()

    with running(payroll) as payroll_url, running(expenses) as expenses_url:
        yield Servers(payroll, expenses, payroll_url, f"{expenses_url}/1.0", people, reset)


def _people(today: date) -> Population:
    """Return a few people of each kind, all of whose secrets are canaries."""
    everybody = population(today, size=120)
    chosen = {id for kind in KINDS for id in everybody.kinds[kind][:3]}
    employees = tuple(e for e in everybody.employees if e["id"] in chosen)
    codes = {e["employmentDetails"]["payrollCode"] for e in employees}
    users = tuple(u for u in everybody.users if u["reference"] in codes)
    for number, employee in enumerate(employees):
        employee["personalDetails"] |= private(number)
        if employee.get("bankDetails"):
            employee["bankDetails"] |= bank(number)
    for number, user in enumerate(users):
        if user.get("bankDetails"):
            # Somebody else's, so that nearly everybody's are written.
            held = bank(number + 1)
            held["sortCode"] = held["sortCode"].replace("-", "")
            user["bankDetails"] = {key: held[key] for key in user["bankDetails"]}
    return replace(everybody, employees=employees, users=users)


async def _whole(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _texts(body: bytes) -> list[str]:
    try:
        return list(_inside(json.loads(body)))
    except ValueError:
        return [text for each in parse_qs(body.decode()).values() for text in each]


def _inside(data: Any) -> Iterator[str]:
    if isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from _inside(each)
    elif isinstance(data, str):
        yield data


def _json(status: int, data: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(data), status, headers, media_type="application/json")
