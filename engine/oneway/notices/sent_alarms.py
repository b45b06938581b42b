"""Records which alarms were sent while the store cannot be used."""

import os
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from oneway.notices.incidents import REMINDER

_MARK = "%Y%m%dT%H%M%SZ"


class SentAlarms:
    """The alarms that were sent, since when, and when last, recorded as empty files.

    If the state folder cannot be written, they are in a private folder for temporary files.
    """

    def __init__(self, state: Path) -> None:
        digest = sha256(os.fsencode(state.absolute())).hexdigest()[:16]
        self.folders = (
            state / "alarms",
            Path(gettempdir()) / f"oneway-alarms-{os.geteuid()}-{digest}",
        )

    def all(self) -> dict[str, datetime]:
        """Return when each recorded alarm began, by its code."""
        return {code: since for code, (since, _) in self._found().items()}

    def since(self, code: str, now: datetime) -> datetime:
        """Return when an alarm began, or `now` if it is not recorded."""
        return self._found().get(code, (now, None))[0]

    def is_news(self, code: str, now: datetime) -> bool:
        """Return whether to send an alarm, because it is new or was last sent long ago."""
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
