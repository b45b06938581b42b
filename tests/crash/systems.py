"""Both systems of the crash world, as ASGI applications over state that can be looked into."""

import json
import pickle
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from oneway_connectors.sandbox import expensein, staffology
from oneway_connectors.sandbox.expenses import Expenses
from oneway_connectors.sandbox.matching_person import Json
from oneway_connectors.sandbox.payroll import Payroll
from oneway_connectors.sandbox.people import Population
from oneway_connectors.sandbox.web import answer

TOKEN_USES = 45
"""So many requests a token is good for: each run needs several."""
_LIVES = (3600.0, 0.5)
"""Seconds that tokens say they are good for, in turn: some end by a 401, some by the clock."""


class Trusting(Expenses):
    """An expense system that takes everything, also what it has already.

    The sandbox refuses a second user with one email, which would hide a create that is sent
    twice. This one makes the second user, and whoever counts will find it.
    """

    def _check_unique(self, fields: Json, user: Json | None) -> None:
        del fields, user


class Tokens:
    """Stands before a system: gives tokens for its key, and takes each for so many requests."""

    def __init__(self, app: ASGIApp, key: str, scheme: str = "ApiKey") -> None:
        self._app = app
        self._key = key
        self._scheme = scheme
        self.reset()

    def reset(self) -> None:
        """Forget all tokens."""
        self.given = 0
        self.refused = 0
        self._left: dict[str, int] = {}

    def saved(self) -> dict[str, Any]:
        """Return all that requests change."""
        return {"given": self.given, "refused": self.refused, "_left": dict(self._left)}

    def restore(self, saved: dict[str, Any]) -> None:
        """Be again as at an earlier moment."""
        vars(self).update({**saved, "_left": dict(saved["_left"])})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["path"].endswith("/token"):
            return await (await self._give(receive))(scope, receive, send)
        headers = dict(scope.get("headers", ()))
        token = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        if not self._left.get(token):
            self.refused += 1
            return await answer({"message": "the token has expired"}, 401)(scope, receive, send)
        self._left[token] -= 1
        headers[b"authorization"] = f"{self._scheme} {self._key}".encode()
        return await self._app({**scope, "headers": list(headers.items())}, receive, send)

    async def _give(self, receive: Receive) -> Any:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        # A body that breaks off is that of a client that was killed.
        if json.loads(body or b"{}").get("key") != self._key:
            return answer({"message": "no such key"}, 401)
        self.given += 1
        token = f"token-{self.given:05}"
        self._left[token] = TOKEN_USES
        life = _LIVES[self.given % len(_LIVES)]
        return answer({"access_token": token, "expires_in": life})


class Systems(Protocol):
    """A source and a target: what they hold, and the applications that answer for them."""

    apps: dict[str, ASGIApp]

    @property
    def tokens_given(self) -> int:
        """How many tokens were given."""

    def reset(self) -> None:
        """Hold again what was held at the start, and forget what was asked."""

    def saved(self) -> Any:
        """Return all that a run can change, as `restore` takes it."""

    def restore(self, saved: Any) -> None:
        """Hold again what was held at an earlier moment."""

    def held(self) -> Counter[str]:
        """Return the users, each as text; what the target alone decides is left out."""

    def source(self) -> Counter[str]:
        """Return the employees, each as text."""

    def writes(self) -> Counter[str]:
        """Return how many writes the target took, and how many it refused."""


class Both:
    """Payroll and expenses: what they hold, and the applications that answer for them."""

    def __init__(self, people: Population, folder: Path) -> None:
        del folder
        self.payroll = Payroll(people)
        self.expenses = Trusting(people)
        self.tokens = Tokens(expensein.app(self.expenses), expensein.KEY)
        self.apps: dict[str, ASGIApp] = {
            "source": staffology.app(self.payroll),
            "target": self.tokens,
        }

    @property
    def tokens_given(self) -> int:
        """How many tokens were given."""
        return self.tokens.given

    def reset(self) -> None:
        """Hold again what they held at the start, and forget what was asked."""
        for state in (self.payroll, self.expenses):
            state.reset()
            state.log.clear()
        self.tokens.reset()

    def saved(self) -> bytes:
        """Return all that a run can change, as `restore` takes it."""
        expenses = self.expenses
        held = (expenses.records, expenses.answered, vars(expenses.log), self.tokens.saved())
        return pickle.dumps(held)

    def restore(self, saved: bytes) -> None:
        """Hold again what was held at an earlier moment."""
        expenses = self.expenses
        expenses.records, expenses.answered, log, kept = pickle.loads(saved)
        vars(expenses.log).update(log)
        self.tokens.restore(kept)

    def held(self) -> Counter[str]:
        """Return the users, each as text; ids and instants, which the system gives, aside."""
        return Counter(_said(user) for user in self.expenses.records)

    def source(self) -> Counter[str]:
        """Return the employees, each as text."""
        return Counter(json.dumps(each, sort_keys=True) for each in self.payroll.records)

    def writes(self) -> Counter[str]:
        """Return how many writes the expense system took, and how many it refused."""
        return Counter(self.expenses.log.describe()["writes"])


def _said(user: Json) -> str:
    return json.dumps(
        {k: v for k, v in user.items() if k not in ("id", "createdAt")}, sort_keys=True
    )
