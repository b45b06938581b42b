"""Notices after scheduled runs: recorded with the run, delivered beside the loop.

A webhook that does not answer delays neither a run nor the schedule.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread

from oneway.connections.connection import Connection
from oneway.core.diagnostics import Refused
from oneway.history.journal import Journal, Run
from oneway.notices import after_run, deliver
from oneway.render.report import pages
from oneway.scheduling.log import EventLog, in_words

EVERY = 15.0
"""Seconds between two looks at what is to be delivered."""


def tell(journal: Journal, connection: Connection | None, run: Run | int, now: datetime) -> None:
    """Queue the notices of a run; none for a connection whose file is broken."""
    if connection is not None:
        after_run(connection, run, journal, now)


@dataclass(frozen=True, slots=True)
class Post:
    """Delivers queued notices; `journal` gives an open store, `connections` those of the folder."""

    journal: Callable[[], Journal]
    connections: Callable[[], Iterable[Connection]]
    log: EventLog
    now: Callable[[], datetime]
    _ended: Event = field(default_factory=Event)

    def deliver(self) -> None:
        """Deliver what is due now, once; what cannot be delivered is tried again later."""
        with suppress(Refused):  # the loop says what is wrong with the store
            journal = self.journal()
            done = deliver(self.connections(), journal, self.now(), pages=pages(journal))
            for each in done.troubles:
                self.log.say("undelivered", in_words(each), code=each.code)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Deliver while the block lasts, in a thread."""
        thread = Thread(target=self._go_on, name="post", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join(EVERY)

    def _go_on(self) -> None:
        while not self._ended.wait(EVERY):
            self.deliver()
