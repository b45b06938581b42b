"""Validates the meaning of a connection's file, beyond its shape; each mistake has its place.

Looks only at the file, which may have any shape.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from oneway.connections.load import duration
from oneway.connections.provenance import FileProvenance
from oneway.core.diagnostics import Diagnostic
from oneway.core.hosts import is_loopback
from oneway.documents.lenient import Data, items, obj, text
from oneway.documents.yaml_source import Document, Path

LONGEST_SPREAD = timedelta(hours=2)
"""The limit of `spread`: a run due at four must not start during office hours."""

_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""Any day works as a start: a cron line that fires at all fires after every day."""

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?", re.ASCII)


def mistakes_in(document: Document) -> list[Diagnostic]:
    """Return every mistake in the meaning of a connection's file."""
    data, written = obj(document.data), FileProvenance(document, document.file)
    found = [*_schedule(written, obj(data.get("schedule")))]
    for index, entry in enumerate(items(data.get("notify"))):
        channel = obj(entry)
        for key in ("webhook", "upload"):
            found += _url(
                written, ("notify", index, key, "url"), text(obj(channel.get(key)), "url")
            )
        found += _email(written, ("notify", index, "email"), obj(channel.get("email")))
    return found


def why_not_cron(line: str) -> str:
    """Return why a cron line cannot be a schedule, or "" if it can."""
    # Imported here because only schedules need it.
    from cronsim import CronSim, CronSimError

    if len(line.split()) != 5:
        return "does not have five fields"
    try:
        next(CronSim(line, _SOME_DAY))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        if field in _FIELDS:
            return f"never fires: its {field.replace('-', ' ')} is invalid, or never comes"
        return "is invalid"
    except ValueError:  # more digits than Python converts to a number
        return "is invalid"
    except StopIteration:
        return "never fires"
    return ""


def _schedule(written: FileProvenance, schedule: Data) -> Iterator[Diagnostic]:
    zone, cron, spread = (text(schedule, key) for key in ("time_zone", "cron", "spread"))
    if zone and not _is_zone(zone):
        help = "use an IANA name such as Europe/London"
        yield written.at(("schedule", "time_zone"), "M118", f"unknown time zone '{zone}'", help)
    why = why_not_cron(cron) if cron else ""
    if why:
        help = "minute, hour, day of the month, month, day of the week: 0 4 * * *"
        yield written.at(("schedule", "cron"), "C131", f"this cron line {why}", help)
    long = duration(spread)
    if long is not None and long > LONGEST_SPREAD:
        yield written.at(
            ("schedule", "spread"), "C132", "runs are spread over at most 2h", "write 2h or less"
        )


def _is_zone(name: str) -> bool:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _url(written: FileProvenance, path: Path, url: str) -> Iterator[Diagnostic]:
    wrong = _wrong_url(url) if url else ""
    if wrong:
        # Knowing a webhook's URL is often enough to post to it, so it is not shown.
        help = "https://...; http is allowed for this machine's own addresses only"
        yield written.at(path, "C133", f"this URL {wrong}", help)


def _wrong_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not one"
    if parts.scheme not in {"http", "https"} or not host or not url.isprintable() or " " in url:
        return "is not one: it must be https and name a host"
    if parts.username is not None or parts.fragment:
        return "must not contain a user or a fragment"
    if parts.scheme == "http" and not is_loopback(host):
        return "is not https"
    return ""


def _is_address(text: str) -> bool:
    """Return whether an address survives a mail header unchanged.

    Text that begins like an encoded word (RFC 2047) would be decoded.
    """
    if _ADDRESS.fullmatch(text) is None or not text.isprintable() or "=?" in text:
        return False
    return all(part for side in text.split("@") for part in side.split("."))


def _email(written: FileProvenance, path: Path, email: Data) -> Iterator[Diagnostic]:
    addresses = [((*path, "to", i), each) for i, each in enumerate(items(email.get("to")))]
    addresses += [((*path, "from"), email.get("from"))]
    for place, address in addresses:
        if isinstance(address, str) and not _is_address(address):
            help = "write it without a name: payroll@example.com"
            yield written.at(place, "C134", "this is not an email address", help)
    server = text(email, "server")
    if server and not (_HOST.fullmatch(server) or is_loopback(server)):
        help = "write only its name: smtp.example.com; the port has a key of its own"
        yield written.at((*path, "server"), "C134", "this is not the name of a mail server", help)
    elif text(email, "security") == "none" and server and not is_loopback(server):
        help = "use starttls or tls; none is for this machine's own addresses only"
        yield written.at((*path, "security"), "C134", "mail would travel unencrypted", help)
    for one, other in (("user", "password"), ("password", "user")):
        if one in email and other not in email:
            summary = f"'{one}' is of no use without '{other}'"
            yield written.at((*path, one), "C134", summary, "give both, or neither", key=True)


_FIELDS = ("minute", "hour", "day-of-month", "month", "day-of-week")
