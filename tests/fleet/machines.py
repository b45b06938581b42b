"""Two machines with one store: a folder each, one key, and both systems of the crash world."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import psycopg
from sqlalchemy import exists, literal, select

from crash.matrix import Undisturbed, differences
from crash.people import sixty
from crash.world import PLAN, SYNC, Ended, World, made
from oneway.core import request_gate
from oneway.history.journal import Journal, fence
from oneway.history.journal.fence import Fence, Terms
from oneway.history.journal.lease import Lease
from oneway.history.journal.tables import METADATA
from oneway.state.folder import StateFolder
from oneway_connectors.sandbox.people import Population
from postgres import Server, running

MACHINES = ("a", "b")
LOST = "F125"
HELD = "F115"


@dataclass(frozen=True)
class Fleet:
    """A world whose runs keep their journal in a database that machines share."""

    world: World
    store: str

    def fresh(self) -> "Fleet":
        """Begin again: the systems as at the start, an empty store, and one key for all."""
        self.world.fresh()
        with Journal.open(self.store), psycopg.connect(self.store, autocommit=True) as connection:
            connection.execute(f"TRUNCATE {', '.join(METADATA.tables)} RESTART IDENTITY CASCADE")
        for each in MACHINES:
            shutil.rmtree(self.world.folder / each, ignore_errors=True)
        first = StateFolder(self.world.folder / MACHINES[0])
        first.seal()
        other = StateFolder(self.world.folder / MACHINES[1])
        shutil.copy2(first.path / "seal.key", other.path / "seal.key")
        return self

    def sync(self, machine: str) -> Ended:
        """Run a sync of a machine, in this process."""
        return self.world.run(*SYNC, "--state", machine)

    def undisturbed(self) -> Undisturbed:
        """Return what a run makes of both systems that nothing disturbs."""
        ended = self.fresh().sync("a")
        assert ended.code == 0, ended.out
        assert self.world.run(*PLAN, "--state", "b").code == 0, "a run does not converge"
        both = self.world.both
        return Undisturbed(both.held(), both.source(), both.writes(), (), both.tokens.given)

    def writes(self) -> int:
        """Return how many writes the target took."""
        return sum(self.world.both.writes().values())

    def end_lease(self) -> None:
        """Take the lease away from the run that holds it."""
        with psycopg.connect(self.store, autocommit=True) as connection:
            connection.execute("UPDATE lease SET until = 0")

    def problems(self, reference: Undisturbed) -> Iterator[str]:
        """Yield all in which systems and store are not as after an undisturbed run."""
        yield from differences(self.world, reference)
        if (plan := self.world.run(*PLAN, "--state", "b")).code != 0:
            yield f"the next plan is not empty: {plan.out.strip()[:300]}"
        with Journal.open(self.store) as journal:
            if journal.unfinished():
                yield "the journal still has something to settle"


@contextmanager
def fleet(
    people: Callable[[], Population] = sixty, server: Server | None = None
) -> Iterator[Fleet]:
    """Give a fleet over a PostgreSQL of its own, or over one that runs."""
    with ExitStack() as stack:
        server = server or stack.enter_context(running())
        world = stack.enter_context(made(people))
        store = server.database()
        stack.enter_context(patch.dict(os.environ, {"ONEWAY_STORE": store}))
        yield Fleet(world, store)


@contextmanager
def terms(found: Terms, leaves_within: float) -> Iterator[None]:
    """Let leases of this process last as long as a test can wait."""
    with (
        patch.object(fence, "TERMS", found),
        patch.object(request_gate, "LEAVES_WITHIN", leaves_within),
    ):
        yield


@contextmanager
def without_fence() -> Iterator[None]:
    """Let a run go on as if it held its lease, whoever has it: the mistake that must be found."""
    with (
        patch.object(Fence, "holds", lambda *_: exists(select(literal(1)))),
        patch.object(Lease, "may_leave", lambda *_: True),
    ):
        yield
