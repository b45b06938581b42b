"""A server that misbehaves: what stands before a sandbox and answers in its place."""

from collections.abc import Callable
from typing import TypeAlias

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

Way: TypeAlias = Callable[[Scope], Response | None]
"""What a request is answered with in place of the system's answer; None lets it through."""


class Trouble:
    """ASGI middleware: answers amiss in the way that is set, and not at all where none is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.way: Way | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        amiss = self.way(scope) if self.way and scope["type"] == "http" else None
        await (amiss or self.app)(scope, receive, send)


def lists(ending: str, make: Callable[[], Response]) -> Way:
    """Trouble every list whose path ends so, each page of it alike."""
    return lambda scope: make() if scope["path"].endswith(ending) else None


def sign_in() -> Response:
    """Return what a portal answers to whoever is not signed in."""
    return HTMLResponse("<!doctype html><title>Sign in</title><form>…</form>")


def torn() -> Response:
    """Return a list that ends in the middle."""
    return Response('[{"id": "1", "firstName": "An', media_type="application/json")


def elsewhere() -> Response:
    """Return a redirect to somebody else's host."""
    return RedirectResponse("https://elsewhere.example/", 302)


def refused() -> Response:
    """Return what a system answers to a key that was taken back."""
    return JSONResponse({"message": "the key was revoked"}, 401)


def an_error() -> Response:
    """Return an error that calls itself a success."""
    return JSONResponse({"error": "maintenance"})


def nobody() -> Response:
    """Return an empty list."""
    return JSONResponse([])


def always(record: object) -> Callable[[], Response]:
    """Return one page that comes again and again."""
    return lambda: JSONResponse([record])
