"""Builds the parts of a `Connection` from its document, one function for each part."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from oneway.connections.connection import (
    DEFAULT_OCCASIONS,
    Connection,
    Email,
    NoticeFolder,
    Notify,
    Occasion,
    OwnGuards,
    Schedule,
    Security,
    Side,
    Upload,
    UploadMethod,
    Webhook,
)
from oneway.connections.provenance import FileProvenance
from oneway.connections.secrets.refs import SecretKind, SecretRef, secret_ref
from oneway.mapping.load.mapping import limit_of, maybe_share
from oneway.mapping.load.part import DocumentPart
from oneway.mapping.spec import GuardKind, OnBreach

PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
"""The default port of a mail server."""

_UNITS = {"s": 1, "m": 60, "h": 3600}
_SPREAD = re.compile(r"([0-9]{1,5}) ?([smh])")


def connection(
    part: DocumentPart, written: FileProvenance, *, with_channels: bool = True
) -> Connection:
    """Return the connection that a document describes; its `notify` may only be read if sound."""
    guards = part.maybe("guards")
    reviewed = part.maybe_text("reviewed_by")
    only_changed = part.maybe("only_changed")
    channels = part.items("notify") if with_channels else ()
    return Connection(
        name=str(part.at("name").value),
        file=written.file,
        mapping=beside(written.file, str(part.at("mapping").value)),
        settings={name: entry.value for name, entry in part.entries("settings")},
        source=_side(part.maybe("source"), written.file),
        target=_side(part.maybe("target"), written.file),
        schedule=_schedule(part.maybe("schedule")),
        only_changed=only_changed is not None and only_changed.value is True,
        guards=_guards(guards) if guards else None,
        reviewed_by=reviewed.text if reviewed else "",
        notify=tuple(notify_of(each, written.file) for each in channels),
        notify_file=written.file if part.maybe("notify") else "",
        written=written,
    )


def beside(file: str, path: str) -> str:
    """Return a path relative to a file's folder as one relative to the working folder."""
    joined = os.path.join(os.path.dirname(file), path)
    plain = os.path.normpath(joined)
    if ".." not in Path(joined).parts:
        return plain
    try:
        # `..` of a linked folder is the parent of its target, not the folder with the link.
        same = Path(plain).resolve() == Path(joined).resolve()
    except (OSError, RuntimeError, ValueError):
        return joined
    return plain if same else joined


def duration(text: str) -> timedelta | None:
    """Return the duration of text such as `10m`, `90s` or `1h`; None if it is invalid."""
    found = _SPREAD.fullmatch(text)
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]]) if found else None


def _side(part: DocumentPart | None, file: str) -> Side:
    if part is None:
        return Side()
    options = {name: _option(entry) for name, entry in part.entries("options")}
    credentials = {name: _ref(entry, file) for name, entry in part.entries("credentials")}
    origin, manifest = part.maybe_text("origin"), part.maybe_text("manifest")
    concurrency = part.maybe("concurrency")
    return Side(
        options,
        credentials,
        origin=origin.text if origin else "",
        manifest=beside(file, manifest.text) if manifest else "",
        concurrency=int(str(concurrency.value)) if concurrency else None,
    )


def _option(part: DocumentPart) -> str:
    value = part.value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ref(part: DocumentPart, file: str) -> SecretRef:
    ref = secret_ref(part.value)
    return SecretRef(ref.kind, beside(file, ref.name)) if ref.kind is SecretKind.FILE else ref


def _maybe_ref(part: DocumentPart, key: str, file: str) -> SecretRef | None:
    entry = part.maybe(key)
    return _ref(entry, file) if entry else None


def _schedule(part: DocumentPart | None) -> Schedule | None:
    default = Schedule()
    if part is None:
        return default
    if part.value == "never":
        return None
    cron, zone, spread = (part.maybe_text(key) for key in ("cron", "time_zone", "spread"))
    long = duration(spread.text) if spread else None
    return Schedule(
        " ".join(cron.text.split()) if cron else default.cron,
        zone.text if zone else default.zone,
        default.spread if long is None else long,
    )


def _guards(part: DocumentPart) -> OwnGuards:
    breach = part.maybe("on_breach")
    limits: Mapping[GuardKind, DocumentPart] = {
        kind: part.at(kind.value) for kind in GuardKind if kind.value in part.names()
    }
    return OwnGuards(
        limits={kind: limit_of(each) for kind, each in limits.items()},
        on_breach=OnBreach(breach.value) if breach else None,
        source_shrink=maybe_share(part, "source", "shrink"),
        target_shrink=maybe_share(part, "target", "shrink"),
        keys_gone=maybe_share(part, "keys", "gone"),
        values_gone=maybe_share(part, "values", "gone"),
    )


def notify_of(part: DocumentPart, file: str) -> Notify:
    """Return one channel, from an item of `notify` in a file."""
    on = frozenset(Occasion(item.value) for item in part.items("on")) or DEFAULT_OCCASIONS
    webhook = part.maybe("webhook")
    if webhook is not None:
        url = str(webhook.at("url").value)
        return Webhook(url, _maybe_ref(webhook, "secret", file), on)
    folder = part.maybe("folder")
    if folder is not None:
        return NoticeFolder(beside(file, str(folder.at("path").value)), on)
    upload = part.maybe("upload")
    if upload is not None:
        return _upload(upload, file, on)
    return _email(part.at("email"), file, on)


def _upload(part: DocumentPart, file: str, on: frozenset[Occasion]) -> Upload:
    header = part.maybe_text("header")
    return Upload(
        url=str(part.at("url").value),
        method=part.word("method", UploadMethod.PUT),
        token=_maybe_ref(part, "token", file),
        header=header.text if header else "",
        on=on,
    )


def _email(part: DocumentPart, file: str, on: frozenset[Occasion]) -> Email:
    security = part.word("security", Security.STARTTLS)
    port, user = part.maybe("port"), part.maybe("user")
    return Email(
        to=tuple(str(item.value) for item in part.items("to")),
        sender=str(part.at("from").value),
        server=str(part.at("server").value),
        port=int(str(port.value)) if port else PORTS[security],
        security=security,
        user=str(user.value) if user else "",
        password=_maybe_ref(part, "password", file),
        on=on,
        report=part.is_on("report", default=False),
    )
