"""Sends alarms when nothing can run because the store, which also queues notices, is unusable.

An alarm is sent directly, once, again after seven days, and when it is over. An empty file beside
the store records it by its name and time, because a full disk often permits nothing else.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from oneway.connections.connection import Connection, Notify, Occasion
from oneway.connections.default_notify import DefaultNotify
from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.notices.channels import channels, wants
from oneway.notices.delivery import Pages, no_page, send
from oneway.notices.folders import (
    FolderTrouble,
    failure_body,
    recipient_of,
    recovery_body,
    trouble_as_data,
)
from oneway.notices.http_post import SYSTEM, Trust
from oneway.notices.instants import instant_text
from oneway.notices.sent_alarms import SentAlarms
from oneway.notices.undelivered import Undelivered

STORE = frozenset({"F101", "F102", "F103", "F110", "F111", "F112", "F113", "F116", "F118"})
"""Codes of a state folder or a store that cannot record a run."""
_FOLDER = "F120"
"""The folder of the connections cannot be read."""
_ALARMING = STORE | {_FOLDER}
"""Codes that raise an alarm. A store that is merely busy is not among them."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A folder of connections, its state folder, and who is notified if nothing can run."""

    folder: str
    state: Path
    to: tuple[Notify, ...]
    trust: Trust = SYSTEM
    pages: Pages = no_page


def alarm_recipients(
    defaults: Iterable[DefaultNotify], connections: Iterable[Connection]
) -> tuple[Notify, ...]:
    """Return the channels of the folder's defaults or, without any, of its connections.

    Each channel appears once, however many connections share it.
    """
    tellers = [recipient_of(each) for each in defaults if each.refused is None]
    found: dict[str, Notify] = {}
    for each in tellers or connections:
        found.update(channels(each))
    return tuple(found.values())


def send_alarms(alarm: Alarm, found: Sequence[Diagnostic], now: datetime) -> tuple[Diagnostic, ...]:
    """Send alarms that are due, and the end of those that are over; return the delivery errors.

    `found` is what is wrong now. Never raises, because there is no other way left to notify people.
    """
    codes = sorted({each.code for each in found if each.code in _ALARMING})
    marks = SentAlarms(alarm.state)
    new = [code for code in codes if marks.is_news(code, now)]
    if new:
        since = {code: marks.since(code, now) for code in new}
        details = {each.code: each.summary for each in found}
        troubles = [_trouble(alarm, code, details[code]) for code in new]
        body = failure_body(alarm.folder, troubles, instant_text(min(since.values())), now)
        wrong = _sent(alarm, Occasion.FAILURE, body, now)
        if len(wrong) < len(alarm.to):  # at least one channel accepted it
            for code in new:
                marks.set(code, since[code], now)
        return wrong
    if not found:
        return _over(alarm, marks, now)
    return ()


def _over(alarm: Alarm, marks: SentAlarms, now: datetime) -> tuple[Diagnostic, ...]:
    sent = marks.all()
    if not sent:
        return ()
    troubles = [trouble_as_data(_trouble(alarm, code)) for code in sorted(sent)]
    body = recovery_body(alarm.folder, troubles, instant_text(min(sent.values())), now)
    wrong = _sent(alarm, Occasion.RECOVERY, body, now)
    for code, since in sent.items():
        marks.remove(code, since)
    return wrong


def _trouble(alarm: Alarm, code: str, detail: str = "") -> FolderTrouble:
    path = Path(alarm.folder) if code == _FOLDER else alarm.state
    return FolderTrouble(code, str(path.absolute()), detail)


def _sent(alarm: Alarm, kind: Occasion, body: str, now: datetime) -> tuple[Diagnostic, ...]:
    wrong: list[Diagnostic] = []
    for each in alarm.to:
        if not wants(each, kind, Occasion.FAILURE):
            continue
        try:
            send(each, body, now, alarm.trust, alarm.pages)
        except Undelivered as trouble:
            wrong.append(trouble.diagnostic)
        except Refused as refused:
            wrong.extend(refused.diagnostics)
    return tuple(wrong)
