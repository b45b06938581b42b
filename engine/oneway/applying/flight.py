"""The actions in flight: workers check and send them, one thread decides and journals.

An action is checked, journalled as intended, sent, and its ending journalled. The endings of some
actions and the intentions of the next are journalled together, before those are sent. With a size
of one, each action ends before the next is checked, unless nothing leaves before a flush.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from oneway.applying.circuit_breaker import GIVE_UP
from oneway.applying.gates import Ended, Gates
from oneway.applying.order import Order
from oneway.applying.ready import Ready
from oneway.applying.result import Result
from oneway.applying.unconfirmed import Unconfirmed
from oneway.applying.watch import Stopped, Watch
from oneway.applying.worker_pool import Finished, PoolJob, WorkerPool, pool_of
from oneway.core.connector_errors import Blame
from oneway.core.diagnostics import Refused
from oneway.core.telemetry import OpenStep, begin
from oneway.planning.endings import Ending
from oneway.planning.plan import Action

_TOGETHER = 100
"""How many actions are journalled together if nothing is sent before a flush."""


class Flight:
    """Brings actions to their ends, up to `size` requests at a time."""

    def __init__(self, actions: Sequence[Action], gates: Gates, size: int, watch: Watch) -> None:
        self._gates, self._watch, self._log = gates, watch, gates.log
        self._side_by_side = size > 1
        self._order: Order[Ended] = Order(actions, side_by_side=self._side_by_side)
        self._pool: WorkerPool[Ended | Ready] = pool_of(size)
        # Check more actions than can be sent, or threads would idle while a commit reaches the
        # disk. Journal few of them as sent: those have an unknown end after a crash.
        self._room = size + -(-size // 2) if self._side_by_side else 1
        self._most_sent = size + -(-size // 4)
        self._unconfirmed = Unconfirmed(gates)
        if self._unconfirmed.gathers:
            self._room = self._most_sent = _TOGETHER
        self._running: dict[str, Action] = {}
        self._sent: dict[str, Ready] = {}
        self._steps: dict[str, OpenStep] = {}
        self._ready: list[Ready] = []
        self._unreported: list[Result] = []
        self._done = 0
        self._why: BaseException | None = None
        """The reason why no further action starts, if any."""

    def results(self) -> Iterator[Result]:
        """Yield how each action ended, in order, whenever nothing is in flight.

        So the caller may stop taking results at any time without leaving an action unfinished.
        Raises a job's error, or `Stopped`, after the actions in flight have ended.
        """
        try:
            while self._unconfirmed or not (self._why or self._order.all_begun):
                try:
                    self._until_quiet()
                except Exception:
                    self._end_in_flight()
                    yield from self._results_in_order(all=True)
                    raise
                except BaseException:  # the process is to end at once
                    self._gates.abandoned = True
                    yield from self._results_in_order(all=True)
                    raise
                yield from self._results_in_order(all=False)
            yield from self._results_in_order(all=True)
            if self._why is not None:
                raise self._why
        finally:
            self._pool.leave()

    def _until_quiet(self) -> None:
        """Start, collect and journal actions until nothing is in flight."""
        while True:
            self._begin()
            self._log.prepare()
            if self._is_busy:
                self._take(self._pool.finished())
            if self._is_time_to_journal:
                self._journal()
            if not self._running:
                return

    def _begin(self) -> None:
        """Let the pool check as many actions as there is room for; some need no check."""
        while (action := self._next()) is not None:
            if self._watch.stopping():
                self._stop(Stopped(), sending=self._unconfirmed.gathers)
                return
            renew = self._order.begin()
            self._steps[action.id] = begin("action", action=action.id, verb=action.verb.value)
            ended = self._gates.unasked(action)
            if ended is not None:
                self._add(ended)
                continue
            self._pool.do(PoolJob(action.id, self._look(action, renew=renew)))
            self._running[action.id] = action

    def _next(self) -> Action | None:
        """Return an action that may start now, if any."""
        full = len(self._running) >= self._room or self._unconfirmed.full
        if self._why is not None or full or self._waits_for_a_flush:
            return None
        if self._unconfirmed.gathers and self._is_busy:
            return None  # one after the other; what is ready is journalled, and sent, together
        action = self._order.next()
        return None if action is None or self._is_cautious() else action

    @property
    def _is_busy(self) -> bool:
        """Whether the pool checks or sends anything."""
        return len(self._running) > len(self._ready)

    @property
    def _waits_for_a_flush(self) -> bool:
        """Whether the next action must see earlier writes, which takes a flush."""
        earlier = bool(self._unconfirmed) or bool(self._running)
        return self._unconfirmed.gathers and earlier and self._order.held_up

    def _is_cautious(self) -> bool:
        """Return whether a failing system would be given up if all actions in flight failed.

        If so, no more are sent than would be one at a time.
        """
        breaker = self._gates.breaker
        if breaker.lost or not (breaker.row or self._order.some_uncounted):
            return False  # no system is tried any more, or none has failed
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
        """Take the finished jobs of the pool."""
        for each in finished:
            if isinstance(each.value, Ready) and self._why is None:
                self._ready.append(each.value)
                continue
            del self._running[each.key]
            self._sent.pop(each.key, None)
            if isinstance(each.value, Ended):
                self._add(each.value)
            if each.error is not None:
                self._stop(each.error)
        if self._side_by_side and self._why is None and self._watch.stopping():
            self._stop(Stopped())

    def _add(self, ended: Ended) -> None:
        self._unconfirmed.add(ended)
        self._done += 1
        self._watch.progress("applying", self._done, len(self._order.actions))

    def _stop(self, why: BaseException, *, sending: bool = False) -> None:
        """Start no further action. Those sent run to their end; those checked wait, or are sent."""
        self._why = self._why or why
        ready, self._ready = ([], self._ready) if sending else (self._ready, [])
        for key in (*self._pool.drop(), *(each.action.id for each in ready)):
            del self._running[key]
            self._steps.pop(key).end("Stopped")

    def _journal(self) -> None:
        """Journal endings and intentions together; then send the intended actions."""
        ended = self._unconfirmed.confirmed() if self._is_time_to_confirm else []
        counted = self._count(ended)
        self._let_through()
        sending = self._to_send()
        if ended or sending:
            with self._log.at_once():
                if ended:
                    self._log.ended([each.result for each in ended])
                for ready in sending:
                    if ready.again:
                        self._log.sent_again(ready.action)
                    else:
                        self._log.intended(ready.action, ready.token)
        for each in ended:
            self._end_step(each.result)
        self._unreported += counted
        chosen = {each.action.id for each in sending}
        self._ready = [each for each in self._ready if each.action.id not in chosen]
        for ready in sending:
            self._sent[ready.action.id] = ready
            self._pool.do(PoolJob(ready.action.id, self._send(ready), urgent=True))

    def _to_send(self) -> list[Ready]:
        """Return the actions to send next; a trial (`Confirmation.is_trial`) is sent alone.

        No more updates are sent after one that changes more than it sends (`Gates.circuit_open`).
        With many in flight, many records would have been changed by then.
        """
        found: list[Ready] = []
        tried = any(self._gates.confirmation.is_trial(each) for each in self._sent.values())
        for each in self._ready:
            is_trial = self._side_by_side and self._gates.confirmation.is_trial(each)
            if not (is_trial and tried):
                found.append(each)
                tried = tried or is_trial
        return found[: self._most_sent - len(self._sent)]

    @property
    def _is_time_to_journal(self) -> bool:
        """Whether nothing more can be journalled together with what is ready, or has ended."""
        return not self._unconfirmed.gathers or self._next() is None

    def _end_step(self, result: Result) -> None:
        step = self._steps.pop(result.action.id)
        code = {"code": result.code} if result.code else {}
        step.note(ending=result.ending.value, **code)
        step.end()

    @property
    def _is_time_to_confirm(self) -> bool:
        if not self._unconfirmed.gathers or self._unconfirmed.full:
            return True
        return not self._running and self._next() is None

    def _count(self, ended: Sequence[Ended]) -> list[Result]:
        """Record how actions ended, and return the results that are next in order."""
        for each in ended:
            result = each.result
            if result.ending is Ending.DONE:
                self._gates.done.add(result.action.id)
            self._order.ended(result.action, each)
        counted = list(self._order.counting())
        for each in counted:
            if each.answered:
                self._gates.breaker.met(None)
            elif each.fault is not None:
                self._gates.breaker.met(each.fault.blame, each.fault.summary)
        return [each.result for each in counted]

    def _let_through(self) -> None:
        """Drop actions that were ready to send when their system was given up."""
        ready, self._ready = self._ready, []
        for each in ready:
            held = self._gates.circuit_open(each.action)
            if held is None:
                self._ready.append(each)
            else:
                del self._running[each.action.id]
                self._add(Ended(held))

    def _end_in_flight(self) -> None:
        """Wait for the actions in flight after an error, and journal their endings if possible."""
        self._stop(Stopped())
        while self._running:
            self._take(self._pool.finished())
        with suppress(Refused):
            self._journal()

    def _results_in_order(self, *, all: bool) -> Iterator[Result]:
        """Yield the results that are next in order; with `all`, the others too."""
        ready, self._unreported = self._unreported, []
        yield from ready
        if all:
            yield from (each.result for each in self._order.uncounted())
