"""Sends alarms: nothing can run, because the store, which also queues notices, cannot be used.

An alarm is sent at once. An empty file beside the store records it by its name and time: on a
full disk, often nothing else can be written. So an alarm is sent once, again after seven days,
and when it is over.
"""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from oneway.connections import Connection, Notify, Occasion
from oneway.connections.default_notify import DefaultNotify
from oneway.core.diagnostics import Diagnostic, Refused
from oneway.notices.channels import channels, wants
from oneway.notices.delivery import Pages, no_page, send
from oneway.notices.folders import FolderTrouble, failure_body, recovery_body, teller
from oneway.notices.incidents import REMINDER
from oneway.notices.instants import instant_text
from oneway.notices.posting import SYSTEM, Trust
from oneway.notices.undelivered import Undelivered

STORE = frozenset({"F101", "F102", "F103", "F110", "F111", "F112", "F113", "F116", "F118"})
"""Codes of a state folder or a store that cannot record a run."""
_FOLDER = "F120"
"""The folder of the connections cannot be read."""
_ALARMING = (STORE | {_FOLDER}) - {"F113"}
"""Codes that raise an alarm. Another process may hold the store for a moment: no alarm."""
_MARK = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A folder of connections, its state folder, and who is notified if nothing can run."""

    folder: str
    state: Path
    to: tuple[Notify, ...]
    trust: Trust = SYSTEM
    pages: Pages = no_page


def told_of_alarms(
    defaults: Iterable[DefaultNotify], connections: Iterable[Connection]
) -> tuple[Notify, ...]:
    """Return who is notified if nothing can run: by the folder's defaults, else by connections.

    Each channel appears once, however many connections have it.
    """
    tellers = [teller(each) for each in defaults if each.refused is None]
    found: dict[str, Notify] = {}
    for each in tellers or connections:
        found.update(channels(each))
    return tuple(found.values())


def sound_alarm(alarm: Alarm, found: Sequence[Diagnostic], now: datetime) -> tuple[Diagnostic, ...]:
    """Send the alarms that are due, or that they are over; return the delivery errors.

    `found` is what is wrong now. Never raises: no other way to notify a person is left.
    """
    codes = sorted({each.code for each in found if each.code in _ALARMING})
    marks = _Marks(alarm.state)
    new = [code for code in codes if marks.is_news(code, now)]
    if new:
        since = {code: marks.since(code, now) for code in new}
        troubles = [_trouble(alarm, code) for code in new]
        body = failure_body(alarm.folder, troubles, instant_text(min(since.values())), now)
        wrong = _sent(alarm, Occasion.FAILURE, body, now)
        if len(wrong) < len(alarm.to):  # at least one channel has it
            for code in new:
                marks.set(code, since[code], now)
        return wrong
    if not found:
        return _over(alarm, marks, now)
    return ()


def _over(alarm: Alarm, marks: "_Marks", now: datetime) -> tuple[Diagnostic, ...]:
    told = marks.all()
    if not told:
        return ()
    troubles = [_trouble(alarm, code) for code in sorted(told)]
    body = recovery_body(alarm.folder, troubles, instant_text(min(told.values())), now)
    wrong = _sent(alarm, Occasion.RECOVERY, body, now)
    for code, since in told.items():
        marks.remove(code, since)
    return wrong


def _trouble(alarm: Alarm, code: str) -> FolderTrouble:
    return FolderTrouble(code, alarm.folder if code == _FOLDER else str(alarm.state))


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


class _Marks:
    """The empty files that record which alarms were sent, since when, and when last.

    If the state folder cannot hold them, a private folder for temporary files does.
    """

    def __init__(self, state: Path) -> None:
        digest = sha256(str(state.absolute()).encode()).hexdigest()[:16]
        self.folders = (
            state / "alarms",
            Path(gettempdir()) / f"oneway-alarms-{os.geteuid()}-{digest}",
        )

    def all(self) -> dict[str, datetime]:
        """Return since when each recorded alarm lasts, by its code."""
        return {code: since for code, (since, _) in self._found().items()}

    def since(self, code: str, now: datetime) -> datetime:
        """Return since when an alarm lasts: from now, if it is not recorded yet."""
        return self._found().get(code, (now, None))[0]

    def is_news(self, code: str, now: datetime) -> bool:
        """Return whether to send an alarm: it is new, or was last sent long ago."""
        found = self._found().get(code)
        return found is None or now - _written(found[1]) >= REMINDER

    def set(self, code: str, since: datetime, now: datetime) -> None:
        """Record that an alarm was sent."""
        at = now.timestamp()
        for folder in self.folders:
            with suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                if folder.stat().st_uid != os.geteuid():
                    continue
                mark = folder / f"{code}-{since.astimezone(UTC).strftime(_MARK)}"
                mark.touch(mode=0o600)
                os.utime(mark, (at, at))
                return

    def remove(self, code: str, since: datetime) -> None:
        """Remove the record of an alarm that is over."""
        for folder in self.folders:
            with suppress(OSError):
                (folder / f"{code}-{since.astimezone(UTC).strftime(_MARK)}").unlink()

    def _found(self) -> dict[str, tuple[datetime, Path]]:
        found = {}
        for folder in self.folders:
            with suppress(OSError):
                if folder.stat().st_uid == os.geteuid():
                    for each in folder.iterdir():
                        code, _, since = each.name.partition("-")
                        with suppress(ValueError):
                            begun = datetime.strptime(since, _MARK).replace(tzinfo=UTC)
                            found[code] = (begun, each)
        return found


def _written(mark: Path) -> datetime:
    with suppress(OSError):
        return datetime.fromtimestamp(mark.stat().st_mtime, UTC)
    return datetime.min.replace(tzinfo=UTC)
