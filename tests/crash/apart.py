"""A run whose people leave and come back by requests of their own, and change as well.

    python -m tests.crash.apart [--every K] [--twice N] [--workers W] [--in-flight N]

The same matrix as `tests.crash.matrix`, over an expense system that has a request for leaving and
one for coming back, neither of which takes any other field.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from oneway_connectors.sandbox import expensein
from oneway_connectors.sandbox.people import Population, population
from oneway_connectors.sandbox.web import answer

from .matrix import main
from .people import TODAY, those
from .scene import EXPENSES, Scene
from .systems import Both, Tokens

_KINDS = ("leaver_today", "leaver_past", "rehire", "mover_name", "joiner")
_ALLOWED = {"leave": {"leaveDate"}, "return": {"leaveDate"}}


def leaving_and_coming_back() -> Population:
    """Return those who leave, renamed, who come back, to another department, and a few more.

    Who comes back keeps the name: with another one a person would have to say who it is.
    """
    whole = population(TODAY, size=116, quirks=False)
    ids = {id for kind in _KINDS for id in whole.kinds[kind][:2]}
    leavers, back = _KINDS[:2], set(whole.kinds["rehire"][:2])
    some = those(whole, ids, (), [id for kind in leavers for id in whole.kinds[kind][:2]])
    codes = {
        each["employmentDetails"]["payrollCode"] for each in some.employees if each["id"] in back
    }
    moved = [
        {**each, "departmentId": None} if each["reference"] in codes else each
        for each in some.users
    ]
    return replace(some, users=tuple(moved))


class Apart:
    """Lets people leave and come back by requests of their own; what these do not take is a 400."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        path, _, what = scope.get("path", "").rpartition("/")
        if what not in _ALLOWED:
            return await self._app(scope, receive, send)
        message = await receive()
        fields = json.loads(message.get("body") or b"{}")
        if not fields.keys() <= _ALLOWED[what] or bool(fields["leaveDate"]) != (what == "leave"):
            return await answer({"message": f"not by {what}"}, 400)(scope, receive, send)

        async def again() -> dict[str, object]:
            return dict(message)

        changed = {**scope, "path": path, "raw_path": path.encode(), "method": "PATCH"}
        return await self._app(changed, again, send)


class BothApart(Both):
    """Payroll and expenses, where the latter has requests for leaving and for coming back."""

    def __init__(self, people: Population, folder: Path) -> None:
        super().__init__(people, folder)
        self.tokens = Tokens(Apart(expensein.app(self.expenses)), expensein.KEY)
        self.apps["target"] = self.tokens


_REQUESTS = """    leave: {method: POST, path: "/users/{id}/leave", writes: [leaveDate]}
    reactivate: {method: POST, path: "/users/{id}/return", writes: [leaveDate]}
"""
_NO_LEAVE = "    # No `leave`: a leave date is a field like others, so a leaver is an update.\n"

APART: Scene = replace(
    EXPENSES,
    both=BothApart,
    settings=(
        *EXPENSES.settings,
        ("rehires: report\n", "rehires: reactivate\n"),
        (
            "guards:\n",
            "guards:\n  reactivations: {share: 100%, floor: 9}\n"
            "  clears: {share: 100%, floor: 9}\n",
        ),
    ),
    manifests={
        **EXPENSES.manifests,
        "expensein": (*EXPENSES.manifests["expensein"], (_NO_LEAVE, _REQUESTS)),
    },
)


def whole(arguments: Sequence[str] | None = None) -> int:
    """Run the matrix of this scene; return 1 where anything went wrong."""
    return main(arguments, APART, leaving_and_coming_back)


if __name__ == "__main__":
    sys.exit(whole())
