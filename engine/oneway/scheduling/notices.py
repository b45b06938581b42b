"""Notices after scheduled runs: recorded with the run, delivered beside the loop.

A webhook that does not answer delays neither a run nor the schedule.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from oneway.connections.default_notify import DefaultNotify
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.journal import Journal
from oneway.notices.alarm import Alarm, alarm_recipients, send_alarms
from oneway.notices.delivery import deliver
from oneway.notices.folders import check_files, recipient_of
from oneway.render.report import pages
from oneway.scheduling.folder import Folder
from oneway.scheduling.log import EventLog, in_words

EVERY = 15.0
"""Seconds between two deliveries."""


def tell_of_folder(journal: Journal, folder: Folder, now: datetime) -> None:
    """Queue notices of a folder's broken files, for its default channels."""
    check_files(folder.broken.values(), folder.defaults.values(), journal, now)


@dataclass(frozen=True, slots=True)
class Post:
    """Delivers queued notices; `journal` gives an open store.

    If the store fails, or `problems` says that it failed the loop, an alarm is sent.
    """

    journal: Callable[[], Journal]
    folder: Folder
    state: Path
    log: EventLog
    now: Callable[[], datetime]
    problems: Callable[[], Sequence[Diagnostic]]
    _ended: Event = field(default_factory=Event)

    def deliver(self) -> None:
        """Deliver what is due now, once; failures are tried again later."""
        found, connections = list(self.problems()), self.folder.connections.values()
        tellers = map(recipient_of, _readable(self.folder))
        try:
            journal = self.journal()
            done = deliver(connections, journal, self.now(), pages=pages(journal), folders=tellers)
            self._say(done.troubles)
        except Refused as refused:  # the loop reports the store's failure
            found += refused.diagnostics
        self._say(self.alarmed(found))

    def alarmed(self, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Send an alarm if the store cannot be used, or if it can be used again."""
        to = alarm_recipients(self.folder.defaults.values(), self.folder.connections.values())
        return send_alarms(Alarm(str(self.folder.path), self.state, to), found, self.now())

    def _say(self, troubles: Sequence[Diagnostic]) -> None:
        for each in troubles:
            self.log.say("undelivered", in_words(each), code=each.code)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Deliver in a thread during the block."""
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


def _readable(folder: Folder) -> list[DefaultNotify]:
    return [each for each in folder.defaults.values() if each.refused is None]
