"""Every cell of the fault matrix: a night with a fault, what it ended with, and the days after.

In every cell, whatever the fault:

- no user is created twice, though the target would take it;
- after a read that is refused, nothing is written;
- what is not in the plan is as it was, and so is each record whose action did not end as done;
- no other host is asked, and no credential is in any message or file;
- once the fault is gone, what was left is settled, the next night ends as one without faults
  would have, and the plan after it is empty.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from oneway.planning.endings import Ending
from oneway.runs.prepare.prepared import PreparedRun

from . import sockets
from .kinds import FAULTS, USUAL, Call, Fault
from .sockets import LIMITS, Loopback
from .systems import KEY, TOKEN, Systems
from .wire import Aim, Wire
from .world import Network, Night, World, made, prepared_mapping


class Place(Enum):
    """Which call of its kind a fault befalls."""

    FIRST = "first"
    MIDDLE = "middle"


@dataclass(frozen=True)
class Cell:
    """A fault at a call; where it `lasts`, at all later calls of the kind as well."""

    call: Call
    fault: Fault
    place: Place
    lasts: bool

    def __str__(self) -> str:
        return f"{self.call.value}, {self.fault.name}, {self.when}"

    @property
    def when(self) -> str:
        """Which calls it befalls, in words."""
        return f"{self.place.value}, {'from then on' if self.lasts else 'once'}"


@dataclass(frozen=True)
class Outcome:
    """How a night with a fault ended, in words; its exit code; requests sent, faults met."""

    text: str
    exit: int
    requests: int
    met: int


@dataclass(frozen=True)
class Ideal:
    """A night without faults: how many calls of each kind it makes, and what the target holds."""

    counts: Counter[Call]
    held: Counter[str]
    saved: bool = False
    """Whether its plan is from an earlier run."""


def cells(calls: Sequence[Call] = USUAL) -> Iterator[Cell]:
    """Yield every cell of the matrix over some kinds of call."""
    for fault in FAULTS:
        for call in calls:
            if fault.befalls(call):
                for place in Place:
                    yield Cell(call, fault, place, False)
                    yield Cell(call, fault, place, True)


def socket_cells() -> Iterator[Cell]:
    """Yield the cells that are run over real sockets: the first call of each kind, once."""
    for fault in sockets.FAULTS:
        for call in USUAL:
            if fault.befalls(call):
                yield Cell(call, fault, Place.FIRST, False)


def usual(aim: Aim | None = None) -> Wire:
    """Return a wire to fresh systems."""
    return Wire(Systems(), aim)


def apart(aim: Aim | None = None) -> Wire:
    """Return a wire to systems in which people leave and come back, and change as well."""
    return Wire(Systems(apart=True), aim)


def ideal(
    prepared: PreparedRun, wired: Callable[[], Wire] = usual, *, saved: bool = False
) -> Ideal:
    """Return what a night without faults is like."""
    with made(prepared, saved=saved) as world:
        wire = wired()
        night = world.night(wire)
        assert night.exit == 0
        return Ideal(wire.counts, wire.systems.held(), saved)


def tried(
    cell: Cell,
    prepared: PreparedRun,
    best: Ideal,
    wired: Callable[[Aim], Wire] = usual,
) -> Outcome:
    """Return how a cell's night ended; raise AssertionError where a law is broken."""
    with made(prepared, saved=best.saved) as world:
        wire = wired(aim(cell, best))
        outcome = _through(world, wire, wire.systems)
        healthy = type(wire)(wire.systems)
        again = cell.place is Place.MIDDLE
        heal(world, wire.systems, best, resume=again, network=healthy)
    return outcome


def tried_over(loopback: Loopback, cell: Cell, best: Ideal, wanted: str) -> Outcome:
    """Return the same of a night over real sockets.

    Some faults end at a time limit. On a busy machine an ordinary answer may miss it too, so a
    night that does not end as wanted is lived again with longer limits; the last one counts.
    """
    *shorter, longest = LIMITS
    for limits in shorter:
        with suppress(AssertionError), prepared_mapping(loopback.systems_at, limits) as prepared:
            outcome = _night_over(loopback, cell, prepared, best)
            if outcome.text == wanted:
                return outcome
    with prepared_mapping(loopback.systems_at, longest) as prepared:
        return _night_over(loopback, cell, prepared, best)


def _night_over(loopback: Loopback, cell: Cell, prepared: PreparedRun, best: Ideal) -> Outcome:
    with made(prepared) as world:
        systems = Systems()
        loopback.begin(systems, aim(cell, best))
        outcome = _through(world, loopback, systems)
        assert loopback.strangers == 0, "another host was asked"
        loopback.begin(systems, None)
        heal(world, systems, best, resume=False, network=loopback)
    return outcome


def aim(cell: Cell, best: Ideal) -> Aim:
    """Return where a cell's fault strikes."""
    number = 0 if cell.place is Place.FIRST else best.counts[cell.call] // 2
    return Aim(cell.fault, cell.call, number, cell.lasts)


def _through(world: World, network: Wire | Loopback, systems: Systems) -> Outcome:
    before = {id: dict(user) for id, user in systems.users.items()}
    night = world.night(network)
    _harmless(night, before, systems)
    assert network.hit, "the fault befell nobody"
    return Outcome(said(night), night.exit, len(network.log), network.hit)


def said(night: Night) -> str:
    """Return how a night ended, in words: what the table holds."""
    if night.refused:
        return f"refused {', '.join(sorted(set(night.refused)))}"
    ends = Counter(
        f"{each.ending.value.replace('_', ' ')} {each.code}".strip()
        for each in night.results
        if each.ending not in (Ending.DONE, Ending.NOT_ATTEMPTED)
    )
    words = [f"{count} {end}" for end, count in sorted(ends.items())]
    if night.unread:
        words.append(f"{night.unread} unread")
    if any(each.ending is Ending.NOT_ATTEMPTED for each in night.results):
        words.append("rest not attempted")
    return ", ".join(words) or "done"


def _harmless(night: Night, before: dict[str, dict[str, object]], systems: Systems) -> None:
    assert max(systems.made.values(), default=0) <= 1, "a user was created twice"
    if night.refused:
        assert systems.writes == 0, "written after an unhealthy read"
    touched = {
        each.action.target_id
        for each in night.results
        if each.ending in (Ending.DONE, Ending.UNKNOWN)
    }
    for id, user in before.items():
        if id not in touched:
            assert systems.users[id] == user, f"user {id} was harmed"
    for each in night.results:
        assert KEY not in each.reason
        assert TOKEN not in each.reason


def heal(
    world: World,
    systems: Systems,
    best: Ideal,
    *,
    resume: bool,
    network: Network | None = None,
) -> None:
    """Let the fault be gone, and see that all ends as it would have without it."""

    def again() -> Network:
        return network or Wire(systems)

    if resume:
        world.resume(again())
    last = world.night(again(), days=1)
    assert not last.refused, f"the next night is refused: {last.refused}"
    assert world.actions(again(), days=1) == 0, "it does not converge"
    assert systems.held() == best.held, "the target is not as without the fault"
    assert max(systems.made.values(), default=1) == 1, "a user was created twice"
    files = world.files()
    assert KEY.encode() not in files
    assert TOKEN.encode() not in files
