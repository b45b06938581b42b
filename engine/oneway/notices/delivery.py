"""Delivers queued notices, and retries with growing pauses.

A notice is claimed, sent, and recorded as delivered. If the process dies between the last two
steps, the notice is sent again once the claim has expired: at least once, and each time with the
same id. The notices of one channel are sent in the order in which they were queued.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from datetime import datetime, timedelta
from typing import TypeAlias

from oneway.connections.connection import (
    Connection,
    Email,
    NoticeFolder,
    Notify,
    Occasion,
    Upload,
    Webhook,
)
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.history.journal import Journal
from oneway.history.journal.incidents import Notice, delivered, failed, take_notice, waiting
from oneway.notices.channels import channel_words, channels, server_of
from oneway.notices.email import latest_of, mail, number_of
from oneway.notices.http_post import SYSTEM, Trust
from oneway.notices.instants import instant_of, instant_text
from oneway.notices.queueing import weekly
from oneway.notices.report_folder import keep_report
from oneway.notices.undelivered import Undelivered
from oneway.notices.upload import upload
from oneway.notices.webhook import post

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 6 * 60))
"""The pause after each try; the last one repeats."""
PATIENCE = timedelta(days=3)
"""How long delivery of a notice is tried; there are reminders of problems that continue."""
WEEK = timedelta(days=7)
"""How long delivery of a week's summary is tried: until the next one, which does not repeat it."""

_TAKEN = timedelta(minutes=10)
"""How long a claim lasts, which is longer than one delivery may take for one channel."""
_AT_ONCE = 8
_NO_ANSWER = {"N101", "N106", "N113"}
_MOST = 10
"""How many notices of one channel are sent in one delivery at most."""


Pages: TypeAlias = Callable[[int], str | None]
"""Returns the page of a run by its number, or None."""


def no_page(_: int) -> str | None:
    """Return None, for deliveries without renderers."""
    return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many notices were delivered, and why others failed."""

    sent: int
    troubles: tuple[Diagnostic, ...]


def deliver(
    connections: Iterable[Connection],
    store: Journal,
    now: datetime,
    trust: Trust = SYSTEM,
    pages: Pages = no_page,
    folders: Iterable[Connection] = (),
) -> Delivery:
    """Queue the summaries that are due, and send the notices of these connections that are due.

    `folders` are notified like connections (`folders.recipient_of`), but have no summaries.
    Notices of connections that are not given wait. `pages` returns the page of a run, for channels
    that want it.

    Waits some seconds for each server that does not answer, eight channels at a time; its other
    notices wait for the next delivery. Raises `Refused` if the store fails; errors of channels are
    in the result.
    """
    known = {each.name: each for each in connections}
    weekly(known.values(), store, now)
    known |= {each.name: each for each in folders}
    lines = _lines((each for each in waiting(store, known) if not _is_hidden(each, known)), now)
    if not lines:
        return Delivery(0, ())
    with ThreadPoolExecutor(min(_AT_ONCE, len(lines))) as workers:
        line = _Line(store, known, now, trust, pages)
        jobs = [workers.submit(line.sent, each) for each in lines]
        ended = [job.result() for job in jobs]
    return Delivery(
        sum(sent for sent, _ in ended), tuple(each for _, each in ended if each is not None)
    )


def send(
    to: Notify,
    body: str,
    now: datetime,
    trust: Trust = SYSTEM,
    pages: Pages = no_page,
) -> None:
    """Send one notice; raise `Undelivered` or `Refused` if it was not delivered."""
    if isinstance(to, Webhook):
        post(to, body, now, trust)
        return
    number = number_of(body) if isinstance(to, Email) else latest_of(body)
    if isinstance(to, NoticeFolder | Upload) and _has_no_page(body):
        return
    wanted = not isinstance(to, Email) or to.report
    page = pages(number) if wanted and number is not None else None
    if isinstance(to, NoticeFolder):
        keep_report(to, body, page)
    elif isinstance(to, Upload):
        upload(to, body, page, now, trust)
    else:
        mail(to, body, now, trust, page=page)


def is_hopeless(notice: Notice, now: datetime) -> bool:
    """Return whether a notice was given up, or can never be sent as its connection is gone."""
    return notice.given_up or _last_try(notice) < now


def _last_try(notice: Notice) -> datetime:
    patience = WEEK if notice.draft.kind is Occasion.WEEKLY else PATIENCE
    return instant_of(notice.created) + patience


def _has_no_page(body: str) -> bool:
    """Return whether a notice is about a folder, which has no runs of its own."""
    return str(json.loads(body)["type"]).startswith("folder.")


@dataclass(frozen=True, slots=True)
class _Line:
    """Sends the queued notices of one channel in order, until one fails."""

    store: Journal
    connections: dict[str, Connection]
    now: datetime
    trust: Trust
    pages: Pages
    silent: set[tuple[str, int | None]] = field(default_factory=set)
    """Servers that did not answer in this delivery; we wait for each once, not once per channel."""

    def sent(self, notices: Sequence[Notice]) -> tuple[int, Diagnostic | None]:
        count = 0
        for notice in notices[:_MOST]:
            if self._server(notice) in self.silent:
                break
            if not take_notice(self.store, notice, instant_text(self.now + _TAKEN)):
                break  # another process is delivering it
            trouble = self._tried(notice)
            if trouble is not None:
                if trouble.code in _NO_ANSWER:
                    self.silent.add(self._server(notice))
                return count, trouble
            count += 1
        return count, None

    def _tried(self, notice: Notice) -> Diagnostic | None:
        try:
            self._send(notice)
        except Undelivered as trouble:
            return self._failed(notice, trouble)
        except Refused as refused:
            wrong = refused.diagnostics[0]
            why = Undelivered(wrong.code, wrong.span.file, wrong.summary, wrong.help)
            return self._failed(notice, why)
        except Exception as error:
            # A bug in one channel must not delay the others.
            summary = f"a notice could not be sent: {type(error).__name__}"
            where = channel_words(notice.draft.channel)
            return self._failed(notice, Undelivered("N110", where, summary, "report it"))
        names = channels(self.connections[notice.draft.connection])
        delivered(self.store, notice, instant_text(self.now), names)
        return None

    def _channel(self, notice: Notice) -> Notify | None:
        return channels(self.connections[notice.draft.connection]).get(notice.draft.channel)

    def _server(self, notice: Notice) -> tuple[str, int | None]:
        to = self._channel(notice)
        return server_of(to) if to is not None else ("", None)

    def _send(self, notice: Notice) -> None:
        to = self._channel(notice)
        if to is None:
            where = channel_words(notice.draft.channel)
            summary = "a notice waits for a channel that the connection no longer has"
            raise Undelivered("N109", where, summary, "", final=True)
        send(to, notice.draft.body, self.now, self.trust, self.pages)

    def _failed(self, notice: Notice, trouble: Undelivered) -> Diagnostic:
        pause = max(PAUSES[min(notice.tries, len(PAUSES) - 1)], trouble.after)
        next_try = self.now + pause
        over = trouble.final or next_try > _last_try(notice)
        said = f"{trouble.diagnostic.summary} [{trouble.diagnostic.code}]"
        failed(self.store, notice.id, said, "" if over else instant_text(next_try))
        return trouble.diagnostic


def _is_hidden(notice: Notice, known: Mapping[str, Connection]) -> bool:
    """Return whether a notice's channel is perhaps among those that cannot be read now."""
    connection = known[notice.draft.connection]
    return connection.notify_broken and notice.draft.channel not in channels(connection)


def _lines(notices: Iterable[Notice], now: datetime) -> list[list[Notice]]:
    """Return the queued notices by channel, for channels whose first notice is due."""
    found: dict[tuple[str, str], list[Notice]] = defaultdict(list)
    for each in notices:
        found[each.draft.connection, each.draft.channel].append(each)
    return [line for line in found.values() if line[0].next_try <= instant_text(now)]
