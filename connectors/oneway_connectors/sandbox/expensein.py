"""The ExpenseIn sandbox: users and departments, as we assume them to be.

Only `GET /1.0/users` with the header `Authorization: ApiKey <key>` is confirmed. The README
beside this module lists what is assumed.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oneway_connectors.sandbox.control import control_routes
from oneway_connectors.sandbox.expensein_openapi import TOKEN_PATTERN, document
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.middleware import CONTROL, Gate
from oneway_connectors.sandbox.web import (
    HANDLERS,
    Fault,
    answer,
    choice_param,
    number_param,
    page_of,
    read_object,
    text_param,
)

KEY = "sandbox-expensein-key"
"""An API key with permission to read and write."""
READ_ONLY_KEY = "sandbox-expensein-read-only-key"
"""An API key with permission to read; a write gets 403."""
PAGE_LIMIT = 200
"""The largest page size; a larger one is an error."""

_LARGEST = 2**31 - 1


def app(state: Expenses) -> Starlette:
    """Return the sandbox as an ASGI application."""
    views = _ExpenseInViews(state)
    api = [
        _route("/1.0/users", GET=views.users, POST=views.create),
        _route("/1.0/users/{id}", GET=views.user, PATCH=views.update),
        _route("/1.0/departments", GET=views.departments),
        _route("/1.0/departments/{id}", GET=views.department),
        Route("/openapi.json", views.openapi),
    ]
    if state.accepting:
        api.append(_route("/1.0/jobs/{id}", GET=views.job))
    catch_up = Route(CONTROL + "catch-up", views.catch_up, methods=["POST"])
    return Starlette(
        routes=[*api, catch_up, *control_routes(state)],
        exception_handlers=HANDLERS,
        middleware=[Middleware(Gate, log=state.log, limit=state.limit)],
    )


View = Callable[[Request], Awaitable[Response]]


class _ExpenseInViews:
    """The answers of the API."""

    def __init__(self, state: Expenses) -> None:
        self._state = state

    async def users(self, request: Request) -> Response:
        leavers = choice_param(request, "includeLeavers", ("true", "false")) == "true"
        found = [self._state.shown(user) for user in self._state.listed()]
        for key in ("email", "reference"):
            wanted = text_param(request, key)
            found = [user for user in found if wanted is None or user.get(key) == wanted]
        return answer(_page(request, [user for user in found if leavers or not user["isLeaver"]]))

    async def user(self, request: Request) -> Response:
        return answer(self._state.shown(self._user(request)))

    async def create(self, request: Request) -> Response:
        fields = await read_object(request, "application/json")
        token = _token(request)
        if token is not None and (earlier := self._answered(token, fields)) is not None:
            again = {"Idempotency-Replayed": "true"}
            return answer(earlier, 202 if self._state.accepting else 201, again)
        if self._state.accepting:
            return self._accepted(token, fields)
        user = self._state.shown(self._state.create(fields))
        if token is not None:
            # Only a success is stored, as a refused request may be corrected and sent again.
            self._state.answered[token] = (_digest(fields), user)
        return answer(user, 201, {"Location": f"/1.0/users/{user['id']}"})

    def _accepted(self, token: str | None, fields: Json) -> Response:
        job = self._state.accept(fields)
        if token is not None:
            self._state.answered[token] = (_digest(fields), job)
        return answer(job, 202, {"Location": f"/1.0/jobs/{job['id']}"})

    async def job(self, request: Request) -> Response:
        return answer(self._state.job(request.path_params["id"]))

    async def catch_up(self, _: Request) -> Response:
        self._state.catch_up()
        return answer({})

    async def update(self, request: Request) -> Response:
        user = self._user(request)
        fields = await read_object(request, "application/json", "application/merge-patch+json")
        return answer(self._state.shown(self._state.update(user, fields)))

    async def departments(self, request: Request) -> Response:
        return answer(_page(request, list(self._state.departments)))

    async def department(self, request: Request) -> Response:
        found = self._state.departments.get(request.path_params["id"])
        if found is None:
            raise Fault(404, "there is no such department")
        return answer(found)

    async def openapi(self, _: Request) -> Response:
        return answer(document([department["id"] for department in self._state.departments]))

    def _user(self, request: Request) -> Json:
        found = self._state.records.get(request.path_params["id"])
        if found is None:
            raise Fault(404, "there is no such user")
        return found

    def _answered(self, token: str, fields: Json) -> Json | None:
        """Return the earlier answer to this token; raise `Fault` if it came with another body."""
        digest, user = self._state.answered.get(token, (None, None))
        if digest not in (None, _digest(fields)):
            raise Fault(422, "this Idempotency-Key was sent with another body")
        return user


def _route(path: str, **views: View) -> Route:
    """Return the route of a path, with a view for each method; HEAD is GET's."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        _check_key(request, writes=method != "GET")
        return await views[method](request)

    return Route(path, endpoint, methods=list(views))


def _check_key(request: Request, *, writes: bool) -> None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    sent = key.strip().encode("latin-1")
    full, read_only = (hmac.compare_digest(sent, known.encode()) for known in (KEY, READ_ONLY_KEY))
    if scheme.lower() != "apikey" or not (full or read_only):
        raise Fault(401, "the API key is missing or wrong")
    if writes and not full:
        raise Fault(403, "this API key may read users, not write them")


def _page(request: Request, items: list[Json]) -> list[Json]:
    page = number_param(request, "page", 1, _LARGEST)
    size = number_param(request, "pageSize", 1, PAGE_LIMIT)
    return list(page_of(items, None if page is None else page - 1, size, PAGE_LIMIT))


def _token(request: Request) -> str | None:
    token = request.headers.get("idempotency-key")
    if token is not None and not re.fullmatch(TOKEN_PATTERN, token):
        raise Fault(400, "an Idempotency-Key is 1 to 255 visible ASCII characters")
    return token


def _digest(fields: Json) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
