"""The actions in flight: looked at and sent by a crew, decided and journalled by one thread.

An action is looked at, journalled as intended, sent, and journalled as ended. What comes
together is journalled together: how some actions ended, and that others are about to be sent,
before they are. With one in flight, one action ends before the next is looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from oneway.applying.circuit_breaker import GIVE_UP
from oneway.applying.crew import Crew, CrewJob, Finished, crew_of
from oneway.applying.gates import Ended, Gates, Ready
from oneway.applying.order import Order
from oneway.applying.result import Result
from oneway.applying.unconfirmed import Unconfirmed
from oneway.applying.watch import Stopped, Watch
from oneway.core.connector import Blame
from oneway.core.diagnostics import Refused
from oneway.core.telemetry import OpenStep, begin
from oneway.planning.plan import Action, Ending


class Flight:
    """Brings actions to their ends, up to `size` requests at a time."""

    def __init__(self, actions: Sequence[Action], gates: Gates, size: int, watch: Watch) -> None:
        self._gates, self._watch, self._log = gates, watch, gates.log
        self._side_by_side = size > 1
        self._order: Order[Ended] = Order(actions, side_by_side=self._side_by_side)
        self._crew: Crew[Ended | Ready] = crew_of(size)
        # A few more are looked at than can be sent, or threads would idle while we journal.
        self._room = size + -(-size // 4) if self._side_by_side else 1
        self._running: dict[str, Action] = {}
        self._steps: dict[str, OpenStep] = {}
        self._ready: list[Ready] = []
        self._unconfirmed = Unconfirmed(gates)
        self._untold: list[Result] = []
        self._done = 0
        self._why: BaseException | None = None
        """Why nothing more begins."""

    def results(self) -> Iterator[Result]:
        """Yield how each action ended, in order, at moments at which nothing is in flight.

        So a caller may stop taking results at any time, and leaves nothing behind. Raises
        what a job raised, or `Stopped`, after what was in flight has ended.
        """
        try:
            while self._unconfirmed or not (self._why or self._order.all_begun):
                try:
                    self._until_quiet()
                except Exception:
                    self._end_in_flight()
                    yield from self._told(all=True)
                    raise
                except BaseException:  # the process is to end at once
                    self._gates.abandoned = True
                    yield from self._told(all=True)
                    raise
                yield from self._told(all=False)
            yield from self._told(all=True)
            if self._why is not None:
                raise self._why
        finally:
            self._crew.leave()

    def _until_quiet(self) -> None:
        """Begin, take and journal until nothing is in flight."""
        while True:
            self._begin()
            if self._running:
                self._take(self._crew.finished())
            self._journal()
            if not self._running:
                return

    def _begin(self) -> None:
        """Let the crew look at as many actions as there is room for; some need no look."""
        while (action := self._next()) is not None:
            if self._watch.stopping():
                self._stop(Stopped())
                return
            renew = self._order.begin()
            self._steps[action.id] = begin("action", action=action.id, verb=action.verb.value)
            ended = self._gates.unasked(action)
            if ended is not None:
                self._unconfirmed.add(ended)
                continue
            self._crew.do(CrewJob(action.id, self._look(action, renew=renew)))
            self._running[action.id] = action

    def _next(self) -> Action | None:
        """Return the action that may begin now, if any."""
        full = len(self._running) >= self._room or self._unconfirmed.full
        if self._why is not None or full or self._waits_for_a_flush:
            return None
        action = self._order.next()
        return None if action is None or self._is_cautious() else action

    @property
    def _waits_for_a_flush(self) -> bool:
        """Whether the next action must see what is written, which takes a flush."""
        return self._unconfirmed.gathers and bool(self._unconfirmed) and self._order.held_up

    def _is_cautious(self) -> bool:
        """Return whether a system fails, and would be given up if all that is in flight failed.

        So few more are tried than one at a time would be.
        """
        breaker = self._gates.breaker
        if breaker.lost:
            return False  # nothing is tried any more
        row, failing = 0, False
        for end in self._order.before_next():
            blame = end.fault.blame if end is not None and end.fault is not None else None
            if blame is Blame.ACCESS:
                return True
            if blame is Blame.RECORD or (end is not None and end.answered):
                return failing and row >= GIVE_UP
            failing = failing or blame is Blame.SYSTEM
            row += end is None or blame is Blame.SYSTEM
        return (failing or breaker.row > 0) and row + breaker.row >= GIVE_UP

    def _look(self, action: Action, *, renew: bool) -> Callable[[], Ended | Ready]:
        return lambda: self._gates.look(action, renew=renew)

    def _send(self, ready: Ready) -> Callable[[], Ended | Ready]:
        return lambda: self._gates.send(ready)

    def _take(self, finished: Sequence[Finished[Ended | Ready]]) -> None:
        """Take what the crew has done."""
        for each in finished:
            if isinstance(each.value, Ready) and self._why is None:
                self._ready.append(each.value)
                continue
            del self._running[each.key]
            if isinstance(each.value, Ended):
                self._unconfirmed.add(each.value)
            if each.error is not None:
                self._stop(each.error)
        if self._side_by_side and self._why is None and self._watch.stopping():
            self._stop(Stopped())

    def _stop(self, why: BaseException) -> None:
        """Begin nothing more. What is sent ends; what was looked at is left as it was."""
        self._why = self._why or why
        for key in (*self._crew.drop(), *(each.action.id for each in self._ready)):
            del self._running[key]
            self._steps.pop(key).end("Stopped")
        self._ready.clear()

    def _journal(self) -> None:
        """Journal what has ended and what is about to be sent, together; then send that."""
        ended = self._unconfirmed.confirmed() if self._is_time_to_confirm else []
        counted = self._count(ended)
        self._let_through()
        if ended or self._ready:
            with self._log.at_once():
                if ended:
                    self._log.ended([each.result for each in ended])
                for ready in self._ready:
                    if ready.again:
                        self._log.sent_again(ready.action)
                    else:
                        self._log.intended(ready.action, ready.token)
        for each in ended:
            self._end_step(each.result)
        self._untold += counted
        sending, self._ready = self._ready, []
        for ready in sending:
            self._crew.do(CrewJob(ready.action.id, self._send(ready), urgent=True))

    def _end_step(self, result: Result) -> None:
        step = self._steps.pop(result.action.id)
        code = {"code": result.code} if result.code else {}
        step.note(ending=result.ending.value, **code)
        step.end()

    @property
    def _is_time_to_confirm(self) -> bool:
        if not self._unconfirmed.gathers or self._unconfirmed.full or self._waits_for_a_flush:
            return True
        return not self._running and (self._why is not None or self._order.all_begun)

    def _count(self, ended: Sequence[Ended]) -> list[Result]:
        """Note how actions ended, and return the results that have their turn by that."""
        for each in ended:
            result = each.result
            if result.ending is Ending.DONE:
                self._gates.done.add(result.action.id)
            self._order.ended(result.action, each)
            self._done += 1
            self._watch.progress("applying", self._done, len(self._order.actions))
        counted = list(self._order.counting())
        for each in counted:
            if each.answered:
                self._gates.breaker.met(None)
            elif each.fault is not None:
                self._gates.breaker.met(each.fault.blame, each.fault.summary)
        return [each.result for each in counted]

    def _let_through(self) -> None:
        """Leave out what is ready for a system that is given up by now."""
        ready, self._ready = self._ready, []
        for each in ready:
            held = self._gates.circuit_open(each.action)
            if held is None:
                self._ready.append(each)
            else:
                del self._running[each.action.id]
                self._unconfirmed.add(Ended(held))

    def _end_in_flight(self) -> None:
        """Wait for what is in flight after an error, and journal how it ended if that works."""
        self._stop(Stopped())
        while self._running:
            self._take(self._crew.finished())
        with suppress(Refused):
            self._journal()

    def _told(self, *, all: bool) -> Iterator[Result]:
        """Yield the results whose turn it is; at the end, those that have no turn any more."""
        told, self._untold = self._untold, []
        yield from told
        if all:
            yield from (each.result for each in self._order.uncounted())
