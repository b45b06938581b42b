"""Holds endings that are not confirmed yet: a write is done only once it is flushed."""

from dataclasses import replace

from oneway.applying.gates import Ended, Gates
from oneway.applying.result import failed
from oneway.core.connector_errors import Blame, WriteError
from oneway.core.request_gate import asked_before_leaving
from oneway.planning.endings import Ending

AT_ONCE = 500
"""How many actions without a request are journalled together."""
_MOST_GATHERED = 5_000
"""How many writes wait for one flush: after a crash, each of them is looked up again."""


class Unconfirmed:
    """Gathers endings until they are flushed together."""

    def __init__(self, gates: Gates) -> None:
        self._gates = gates
        self._most = min(gates.writer.batch, _MOST_GATHERED)
        self._ended: list[Ended] = []
        self._tried = 0
        """How many of them asked a system or wrote to it."""
        self._failing = False

    def __bool__(self) -> bool:
        return bool(self._ended)

    def add(self, ended: Ended) -> None:
        """Add how an action ended."""
        self._ended.append(ended)
        self._tried += not ended.result.ending.withheld
        fault = ended.fault
        self._failing = self._failing or (fault is not None and fault.blame is not Blame.RECORD)

    @property
    def gathers(self) -> bool:
        """Whether any endings wait for a flush."""
        return self._most > 1

    @property
    def full(self) -> bool:
        """Whether to flush now: early if a system fails, as the next actions must know."""
        most = self._most if self.gathers else AT_ONCE
        return self._failing or self._tried >= self._most or len(self._ended) >= most

    def confirmed(self) -> list[Ended]:
        """Flush the writes, and return all endings as they are after that."""
        ended, self._ended, self._tried, self._failing = self._ended, [], 0, False
        if not ended:
            return ended
        done = [each.result.action for each in ended if each.result.ending is Ending.DONE]
        try:
            with asked_before_leaving(lambda: self._gates.leaving(done)):
                self._gates.writer.flush()
        except WriteError as error:
            return [
                replace(each, result=failed(each.result.action, error))
                if each.result.ending is Ending.DONE
                else each
                for each in ended
            ]
        return ended
