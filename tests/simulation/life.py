"""One seed: several nights with edits, faults and crashes, then quiet days until it is quiet."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from oneway.core.diagnostics import Refused
from oneway.planning.breach import Verdict
from oneway.planning.endings import Ending
from oneway.planning.plan import Plan
from side_by_side import scripted

from . import oracle, stories
from .crash import Crash, journal_steps
from .listed import Listed
from .oracle import Violation, demand
from .people import EDITS
from .servers import EXPENSES, PAYROLL, OneWay
from .unsaid import UNSAID, says_less
from .world import EVERYTHING, World, quick_compiling, small_manifests

ROUNDS = 12
"""Quiet days within which everything must have come to rest."""


@dataclass
class Tally:
    """What happened, over all seeds."""

    seeds: int = 0
    runs: int = 0
    calls: int = 0
    writes: int = 0
    crashes: int = 0
    resumed: int = 0
    settled: int = 0
    refused: int = 0
    quiet_rounds: int = 0
    unsaid: int = 0
    named: int = 0
    told: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add what happened elsewhere."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def lines(self) -> list[str]:
        """Return it all in words."""
        faults = ", ".join(f"{kind} {n:,}" for kind, n in sorted(self.faults.items()))
        endings = ", ".join(f"{ending} {n:,}" for ending, n in sorted(self.endings.items()))
        return [
            f"{self.seeds:,} seeds, {self.runs:,} runs, {self.calls:,} calls, "
            f"{self.writes:,} writes carried out",
            f"{sum(self.faults.values()):,} faults: {faults}",
            f"{self.crashes:,} crashes, {self.resumed:,} runs resumed, "
            f"{self.settled:,} unknown outcomes settled, {self.refused:,} runs refused",
            f"actions ended: {endings}",
            f"{self.unsaid:,} values that a run was not told; "
            f"{self.named:,} leavers named who could still get in",
            *([f"{self.told:,} stories compared"] if self.told else []),
        ]


class Life:
    """The life of one seed; `story` says what happened, in order."""

    def __init__(
        self,
        seed: int,
        folder: Path,
        tell: Callable[[str], None],
        *,
        stories: bool = False,
        in_flight: int = 1,
    ) -> None:
        self.stories = stories
        self.in_flight = in_flight
        self.rng = Random(seed)
        self.world = World(self.rng, folder)
        self.world.wire.on_write = lambda token: oracle.write_ahead(self.world, token)
        self.world.servers.on_create = lambda code: oracle.nobody_let_in(self.world, code)
        self.world.servers.on_access = lambda *said: oracle.access_as_it_is(self.world, *said)
        self.tell = tell
        self.tally = Tally(seeds=1)
        self.listed = Listed()
        self.resting = False

    def live(self) -> None:
        """Live through it; raise `Violation` where something does not hold."""
        self.tell(f"{len(self.world.people.employees)} employees; {self.world.servers.traits}")
        many = small_manifests(self.in_flight), scripted(Random(self.in_flight))
        with quick_compiling(self.in_flight), many[0], many[1], journal_steps(self.world.steps):
            for night in range(self.rng.randint(1, 4)):
                self._night(night)
                self._explained()
            self._rest()
            self._explained()
        oracle.in_the_end(self.world)
        oracle.silent(self.world)
        self.tally.calls = self.world.wire.calls
        self.tally.writes = self.world.servers.acts.total()
        self.tally.crashes = self.world.steps.crashes
        self.tally.faults = self.world.wire.faults

    def _night(self, night: int) -> None:
        rng, world = self.rng, self.world
        world.pass_days(rng.choice((0, 1, 1, 3)))
        self._edit(rng.randint(0, 4))
        if rng.random() < 0.3:
            self._forgets_who_is_listed()
        for _ in range(rng.choice((0, 0, 1, 2))):
            self.tell(f"  payroll: {says_less(world.people)}")
        world.wire.planning_rate = rng.choice((0.0, 0.0, 0.01, 0.05))
        world.wire.rate = rng.choice((0.0, 0.05, 0.2, 0.4))
        world.wire.down = rng.choice(("",) * 8 + (EXPENSES, PAYROLL))
        rates = f"{world.wire.planning_rate} and {world.wire.rate}"
        self.tell(f"night {night}: faults {rates}, down {world.wire.down or 'nothing'}")
        match rng.choice(("sync", "sync", "sync", "plan and apply", "allowed")):
            case "plan and apply":
                self._planned_and_applied()
            case "allowed":
                self._run("sync, all allowed", lambda: world.sync(EVERYTHING))
            case _:
                self._run("sync", world.sync)
        for _ in range(rng.choice((0, 0, 1, 2))):
            self._edit(rng.choice((0, 0, 1)))
            self._run("resume", world.resume)
        world.wire.down = ""

    def _explained(self) -> None:
        """Compare what `explain` says with the plan, where stories are compared."""
        if self.stories:
            with stories.undisturbed(self.world):
                self.tally.told += stories.explained(self.world)

    def _forgets_who_is_listed(self) -> None:
        """Let payroll delete somebody whom the last run lists as able to get in."""
        world, gone = self.world, sorted(oracle.named_by_last_run(self.world.state_folder))
        there = [each for each in gone if each in world.people.employees]
        if there and len(world.people.employees) > 4:
            id = self.rng.choice(there)
            del world.people.employees[id]
            self.tell(f"  by hand: {id}, who is listed, is deleted from payroll")

    def _edit(self, times: int) -> None:
        for _ in range(times):
            text = self.rng.choice((*EDITS, *UNSAID))(self.world.people)
            self.tell(f"  by hand: {text or 'nothing'}")

    def _planned_and_applied(self) -> None:
        made = self._run("plan", self.world.plan)
        if isinstance(made, str):
            self._edit(self.rng.choice((0, 0, 1, 2)))
            self._run("apply", lambda: self.world.apply(made))
            if self.rng.random() < 0.3:
                self._run("apply once more", lambda: self.world.apply(made))

    def _run(self, what: str, act: Callable[[], object]) -> object:
        """Start a run, which may die; return what it returned, None where it did not."""
        rng, steps = self.rng, self.world.steps
        dies = rng.random() < 0.45
        from_writing = rng.random() < 0.8
        steps.arm(
            rng.randrange(40 if from_writing else 80) if dies else None, from_writing=from_writing
        )
        return self._judged(what, act)

    def _judged(self, what: str, act: Callable[[], object]) -> object:
        self.tally.runs += 1
        before, acts = self._doubtful(), self.world.servers.acts.copy()
        result: object = None
        self.listed.before(self.world)
        self.world.results = []
        self.world.judged = None
        try:
            result = act()
            demand(not self.world.steps.dead, "the run goes on after the process has died")
            self.tell(f"  {what}: {self._said(result)}")
        except Crash:
            self.tell(f"  {what}: dies at {self.world.steps.last}; {self._said(None)}")
        except Refused as refused:
            if self.world.steps.dead:
                # Employees are read side by side: what one reader reports may come to light
                # before the death of the process in another. A dead process reports nothing.
                self.tell(f"  {what}: dies at {self.world.steps.last} while it reads")
            else:
                demand(not self.resting, f"refused where nothing is wrong: {refused}")
                self.tally.refused += 1
                self.tell(f"  {what}: refused: {refused}")
        if what == "resume" and isinstance(result, int):
            self.tally.resumed += result
        self.tally.endings.update(each.ending.value for each in self.world.results)
        self.world.steps.arm(None)
        oracle.after_each_run(self.world)
        oracle.held_back(self.world, acts)
        synced = isinstance(result, tuple) and isinstance(result[1], Verdict)
        wire = self.world.wire
        self.listed.after(self.world, whole=synced and not (wire.planning_rate or wire.down))
        if isinstance(result, tuple) and isinstance(result[1], Verdict):
            self.tally.unsaid += sum(map(len, self.world.people.veils.values()))
            self.tally.named += oracle.nobody_forgotten(self.world, result[1])
        if self.stories:
            self.tally.told += stories.after_each_run(self.world)
            if self.world.judged is not None and not self.world.steps.dead and result is not None:
                stories.foretold(self.world, *self.world.judged)
        self.tally.settled += len(before - self._doubtful())
        return result

    def _doubtful(self) -> set[str]:
        return {
            entry.token
            for entry in oracle.entries(self.world.state_folder)
            if entry.ending in (None, Ending.UNKNOWN.value)
        }

    def _said(self, result: object) -> str:
        ended = [
            f"{r.action.verb.value} {r.action.source_id} {r.ending.value}"
            + (f" ({r.reason})" if r.reason else "")
            for r in self.world.results
        ]
        held = ""
        if isinstance(result, tuple) and isinstance(result[1], Verdict):
            held = f" {[breach.text for breach in result[1].breaches]}"
        return ("; ".join(ended) or "nothing to do") + held

    def _rest(self) -> None:
        """Let nothing go wrong any more: within some days nothing may be left to do."""
        self.world.wire.rate = self.world.wire.planning_rate = 0.0
        self.world.steps.arm(None)
        self.resting = True
        self.world.people.veils.clear()
        self.tell("from now on nothing goes wrong")
        if self.rng.random() < 0.5:
            self._judged("resume", self.world.resume)
        for _ in range(ROUNDS):
            self.tally.quiet_rounds += 1
            self.world.pass_days(1)
            done = self._judged("sync, all allowed", lambda: self.world.sync(EVERYTHING))
            if isinstance(done, tuple) and isinstance(done[0], Plan) and not done[0].actions:
                return
        raise Violation(f"after {ROUNDS} quiet days there is still something to do")


def quiet(_: str) -> None:
    """Tell nobody."""


def live(
    seed: int, tell: Callable[[str], None] = quiet, *, stories: bool = False, in_flight: int = 1
) -> Tally:
    """Live through one seed and return what happened; raise `Violation` with the seed.

    With `stories`, all who tell of a person are compared after each run. `in_flight` is how many
    writes both systems allow at once.
    """
    random.seed(seed)  # the jitter of the connector's waits
    with tempfile.TemporaryDirectory(dir=oracle.folder_for_state()) as name:
        life = Life(seed, Path(name), tell, stories=stories, in_flight=in_flight)
        try:
            life.live()
        except (Violation, OneWay) as error:
            raise Violation(f"seed {seed}: {error}") from error
        except Exception as error:  # a traceback, where a run may only be refused
            raise Violation(f"seed {seed}: {type(error).__name__}: {error}") from error
        return life.tally
