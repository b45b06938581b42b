"""The crash matrix over SCIM: kill a run at every step or system call, go on, and compare.

    PYTHONPATH=tests python -m scim.crash matrix [--every K] [--twice N] [--workers W]
    PYTHONPATH=tests python -m scim.crash real [--points 100] [--workers W]

`matrix` is `tests.crash.matrix` over scim2-server's code inside this process, which takes a
second user with one user name, so that a create that is sent twice is counted. `real` is
`tests.crash.real` over the server itself, a process of its own, as it was released.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from functools import lru_cache, partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Protocol

from starlette.types import ASGIApp

from crash import matrix, real
from crash.people import AS_OF
from crash.scene import PAYROLL, Scene, payroll_at
from crash.systems import Tokens
from oneway_connectors.sandbox import staffology
from oneway_connectors.sandbox.payroll import Payroll
from oneway_connectors.sandbox.people import Population

from .inside import Inside
from .outside import Outside
from .people import users_of
from .server import TOKEN, Server, serving


class Users(Protocol):
    """A SCIM target: scim2-server inside this process, or outside of it."""

    writes: Counter[str]
    asgi: ASGIApp

    def begin_with(self, users: list[dict[str, Any]]) -> None:
        """Hold these users from now on, and after each reset."""

    def reset(self) -> None:
        """Hold again what was held at the start."""

    def saved(self) -> Any:
        """Return all that a run can change."""

    def restore(self, saved: Any) -> None:
        """Hold again what was held at an earlier moment."""

    def held(self) -> Counter[str]:
        """Return the users, each as text."""


class Both:
    """Payroll and a SCIM target, which stands behind tokens that expire."""

    def __init__(self, people: Population, users: Users) -> None:
        self.payroll = Payroll(people)
        self.users = users
        self.users.begin_with(users_of(people, AS_OF[:10]))
        self.tokens = Tokens(users.asgi, TOKEN, "Bearer")
        self.apps: dict[str, ASGIApp] = {
            "source": staffology.app(self.payroll),
            "target": self.tokens,
        }

    @property
    def tokens_given(self) -> int:
        """How many tokens were given."""
        return self.tokens.given

    def reset(self) -> None:
        """Hold again what was held at the start, and forget what was asked."""
        self.payroll.reset()
        self.payroll.log.clear()
        self.users.reset()
        self.tokens.reset()

    def saved(self) -> Any:
        """Return all that a run can change, as `restore` takes it."""
        return self.users.saved(), self.tokens.saved()

    def restore(self, saved: Any) -> None:
        """Hold again what was held at an earlier moment."""
        users, tokens = saved
        self.users.restore(users)
        self.tokens.restore(tokens)

    def held(self) -> Counter[str]:
        """Return the users, each as text."""
        return self.users.held()

    def source(self) -> Counter[str]:
        """Return the employees, each as text."""
        return Counter(json.dumps(each, sort_keys=True) for each in self.payroll.records)

    def writes(self) -> Counter[str]:
        """Return how many writes the target took, and how many it refused."""
        return self.users.writes.copy()


def inside(people: Population, folder: Path) -> Both:
    """Return payroll and the server's code inside this process."""
    del folder
    return Both(people, Inside())


def outside(people: Population, folder: Path) -> Both:
    """Return payroll and the server as a process of its own."""
    del folder
    return Both(people, Outside(_server(os.getpid())))


@lru_cache
def _server(_: int) -> Server:
    stack = ExitStack()
    # Unlike atexit, this also holds at the end of a worker of a pool.
    Finalize(None, stack.close, exitpriority=1)
    return stack.enter_context(serving())


def _environment(urls: Mapping[str, str]) -> dict[str, str]:
    return {
        **payroll_at(urls["source"]),
        "ONEWAY_OWN_SCIM_BASE_URL": urls["target"] + "/v2",
        "ONEWAY_OWN_SCIM_BEARER_TOKEN": TOKEN,
    }


_SCENE = partial(
    Scene,
    mapping="examples/staffology-to-scim.yaml",
    environment=_environment,
    manifests={
        "staffology": PAYROLL,
        # Two pages; and tokens that expire in place of the one.
        "scim": (
            ("size_param: count, size: 100", "size_param: count, size: 40"),
            ("    title: Users\n", "    title: Users\n    lag: 0\n"),
            (
                'auth: {type: bearer, token: "{bearer_token}"}',
                'auth: {type: token_exchange, path: /token, body: {key: "{bearer_token}"}}',
            ),
        ),
    },
)
INSIDE, OUTSIDE = _SCENE(both=inside), _SCENE(both=outside)


def main(arguments: list[str]) -> int:
    """Run one of the two; return 1 where anything went wrong."""
    match arguments:
        case ["matrix", *rest]:
            return matrix.main(rest, INSIDE)
        case ["real", *rest]:
            return real.main(rest, OUTSIDE)
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
