"""Control endpoints of a sandbox, to inspect and change its data in tests and demonstrations.

They need no key, appear in no log, count towards no limit, and check only that a record is an
object: a test may give a system any data that the real one might hold.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.middleware import CONTROL, RequestLog
from oneway_connectors.sandbox.table import SandboxTable, merge_patch
from oneway_connectors.sandbox.web import Fault, answer, read_object


class Controlled(Protocol):
    """The part of a sandbox's state that its control endpoints use."""

    log: RequestLog

    @property
    def noun(self) -> str:
        """The name of its records in a path: employees, users."""

    @property
    def records(self) -> SandboxTable:
        """The records that can be edited."""

    def describe(self) -> Json:
        """Return everything it holds."""

    def reset(self) -> None:
        """Restore the data of the start."""

    def set_today(self, text: str) -> None:
        """Move to another day; raise ValueError unless the text is an ISO date."""

    def blank(self) -> Json:
        """Return a new record with a unique id and nothing else."""


def control_routes(state: Controlled) -> list[Route]:
    """Return the routes below `/_sandbox/`."""

    async def show(_: Request) -> Response:
        return answer(state.describe())

    async def reset(_: Request) -> Response:
        state.reset()
        state.log.clear()
        return answer({})

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            state.log.clear()
        return answer(state.log.describe())

    async def today(request: Request) -> Response:
        body = await read_object(request, "application/json")
        try:
            state.set_today(str(body.get("today")))
        except ValueError as error:
            raise Fault(400, "today must be an ISO date") from error
        return answer({})

    return [
        Route(CONTROL + "state", show),
        Route(CONTROL + "reset", reset, methods=["POST"]),
        Route(CONTROL + "requests", requests, methods=["GET", "DELETE"]),
        Route(CONTROL + "today", today, methods=["POST"]),
        Route(CONTROL + state.noun, _add(state), methods=["POST"]),
        Route(CONTROL + state.noun + "/{id}", _edit(state), methods=["GET", "POST", "DELETE"]),
    ]


def _add(state: Controlled) -> Callable[[Request], Awaitable[Response]]:
    async def add(request: Request) -> Response:
        record = state.blank() | await read_object(request, "application/json")
        if not isinstance(record["id"], str) and record["id"] not in range(2**31):
            raise Fault(400, "an id is text or a whole number")
        return answer(state.records.put(record), 201)

    return add


def _edit(state: Controlled) -> Callable[[Request], Awaitable[Response]]:
    async def edit(request: Request) -> Response:
        held = state.records.get(request.path_params["id"])
        if held is None:
            raise Fault(404, "there is no such record")
        if request.method == "DELETE":
            state.records.remove(request.path_params["id"])
        elif request.method == "POST":
            patch = await read_object(request, "application/json", "application/merge-patch+json")
            merged = merge_patch(held, patch)
            assert isinstance(merged, dict)
            held = state.records.put(merged | {"id": held["id"]})
        return answer(held)

    return edit
