"""Endings that are not confirmed yet: a write is done only once it is flushed."""

from dataclasses import replace

from oneway.applying.gates import Ended, Gates
from oneway.applying.result import failed
from oneway.core.connector import WriteError, asked_before_leaving
from oneway.planning.plan import Ending

AT_ONCE = 500
"""Actions without a request that are journalled together."""


class Unconfirmed:
    """Gathers endings until they are flushed together."""

    def __init__(self, gates: Gates) -> None:
        self._gates = gates
        self._most = gates.writer.batch
        self._ended: list[Ended] = []
        self._tried = 0
        """How many of them took a check of a system, or a write."""

    def __bool__(self) -> bool:
        return bool(self._ended)

    def add(self, ended: Ended) -> None:
        """Add how an action ended."""
        self._ended.append(ended)
        self._tried += not ended.result.ending.withheld

    @property
    def gathers(self) -> bool:
        """Whether any are gathered."""
        return self._most > 1

    @property
    def full(self) -> bool:
        """Whether it is time to flush them."""
        return self._tried >= self._most or len(self._ended) >= AT_ONCE

    def confirmed(self) -> list[Ended]:
        """Flush the writes and return all endings, as they are afterwards."""
        ended, self._ended, self._tried = self._ended, [], 0
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
