"""HTTP helpers of both sandboxes: strict JSON in, strict JSON out, uniform errors.

No request ends in a 500: every invalid request is a `Fault`.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from oneway_connectors.sandbox.matching_person import Json

BODY_LIMIT = 1_000_000
"""The largest request body, in bytes."""
_DEPTH_LIMIT = 32

Item = TypeVar("Item")


class Fault(Exception):
    """An invalid request: a status, a message, and the mistakes by field."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: Iterable[tuple[str, str]] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = tuple(errors)
        self.retry_after = retry_after


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return data as a JSON answer, in ASCII, so that lone surrogates travel as escapes."""
    body = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Response(body, status, headers, media_type="application/json")


def refuse(fault: Fault) -> Response:
    """Return a fault as an answer."""
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == 401:
        headers["WWW-Authenticate"] = "Basic, ApiKey"
    errors = [{"field": field, "message": message} for field, message in fault.errors]
    return answer({"message": fault.message, "errors": errors}, fault.status, headers)


async def on_fault(_: Request, error: Exception) -> Response:
    """Answer a fault."""
    assert isinstance(error, Fault)
    return refuse(error)


async def on_http_exception(_: Request, error: Exception) -> Response:
    """Answer errors of the router (404, 405) in the shape of a fault."""
    assert isinstance(error, HTTPException)
    response = refuse(Fault(error.status_code, error.detail))
    response.headers.update(error.headers or {})
    return response


HANDLERS: dict[Any, Any] = {Fault: on_fault, HTTPException: on_http_exception}
"""The exception handlers of each sandbox."""


async def read_object(request: Request, *media_types: str) -> Json:
    """Return the request's body: one JSON object, of one of the media types."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent not in media_types:
        raise Fault(415, "the content type must be " + " or ".join(media_types))
    data = _parse(await _read(request))
    if not isinstance(data, dict):
        raise Fault(400, "the body must be a JSON object")
    return data


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Fault(413, f"the body is longer than {BODY_LIMIT} bytes")
    return bytes(body)


def _parse(body: bytes) -> object:
    try:
        data: object = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_number, parse_float=_number
        )
    except (
        ValueError,
        RecursionError,
    ) as error:  # ValueError: bad UTF-8, bad JSON, too many digits
        raise Fault(400, "the body is not JSON") from error
    if _too_deep(data):
        raise Fault(400, f"the body is nested deeper than {_DEPTH_LIMIT} levels")
    return data


def _refuse_number(text: str) -> object:
    raise ValueError(f"{text} is not a JSON number")


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("the number is too large")
    # JSON has one kind of number: 7.0 is the whole number 7.
    return int(number) if number.is_integer() else number


def _too_deep(data: object) -> bool:
    level = [data]
    for _ in range(_DEPTH_LIMIT):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def text_param(request: Request, name: str) -> str | None:
    """Return a query parameter, None if absent; raise `Fault` if it is given twice."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Fault(
            400, f"the parameter {name} is given more than once", [(name, "must be given once")]
        )
    return values[0] if values else None


def choice_param(request: Request, name: str, choices: Sequence[str]) -> str | None:
    """Return a query parameter that must be one of the choices, None if absent."""
    value = text_param(request, name)
    if value is not None and value not in choices:
        raise Fault(
            400,
            f"the parameter {name} is not valid",
            [(name, "must be one of " + ", ".join(choices))],
        )
    return value


def number_param(request: Request, name: str, least: int, most: int) -> int | None:
    """Return a query parameter that must be a whole number within limits, None if absent."""
    value = text_param(request, name)
    if value is None:
        return None
    # isdecimal alone accepts digits of other scripts; int() of very long text raises.
    if not (
        value.isascii() and value.isdecimal() and len(value) <= 10 and least <= int(value) <= most
    ):
        raise Fault(
            400,
            f"the parameter {name} is not valid",
            [(name, f"must be a number from {least} to {most}")],
        )
    return int(value)


def page_of(
    items: Sequence[Item], page: int | None, size: int | None, default_size: int
) -> Sequence[Item]:
    """Return one page, counted from 0; all items if neither page nor size is given."""
    if page is None and size is None:
        return items
    size = default_size if size is None else size
    start = (page or 0) * size
    return items[start : start + size]
