"""The channels of a connection's notices, under names that reveal no secrets."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

from oneway.connections.connection import (
    Connection,
    NoticeFolder,
    Notify,
    Occasion,
    Upload,
    Webhook,
)

_ENOUGH = 12
"""Hex digits of the digest in a name, enough to distinguish a connection's channels."""


def channels(connection: Connection) -> Mapping[str, Notify]:
    """Return the channels of a connection's notices, by name, in the order of its file.

    A name consists of the host, or the path of a folder, and a digest. The store must not contain a
    webhook's URL, which is all one needs to post to it, or a person's address.
    """
    found: dict[str, Notify] = {}
    for each in connection.notify:
        name = channel_name(each)
        # A channel listed twice is one channel with the occasions of both entries.
        found[name] = replace(found[name], on=found[name].on | each.on) if name in found else each
    return found


def channel_name(notify: Notify) -> str:
    """Return the name of a channel, such as `webhook hooks.example.com 3f2a9c0d1e4b`."""
    if isinstance(notify, Webhook):
        return f"webhook {urlsplit(notify.url).hostname} {_digest(notify.url)}"
    if isinstance(notify, Upload):
        return f"upload {urlsplit(notify.url).hostname} {_digest(notify.url)}"
    if isinstance(notify, NoticeFolder):
        return f"folder {quote(notify.path)} {_digest(notify.path)}"
    return f"email {notify.server} {_digest(' '.join((notify.sender, *notify.to)))}"


def channel_words(name: str) -> str:
    """Return a channel's name for people: `webhook hooks.example.com`, `folder /srv/reports`."""
    return unquote(" ".join(name.split()[:2]))


def server_of(notify: Notify) -> tuple[str, int | None]:
    """Return the host and port of a channel's server."""
    if isinstance(notify, Webhook | Upload):
        parts = urlsplit(notify.url)
        return parts.hostname or "", parts.port
    if isinstance(notify, NoticeFolder):
        return "", None
    return notify.server, notify.port


def wants(notify: Notify, kind: Occasion, about: Occasion | None = None) -> bool:
    """Return whether a channel gets notices of an occasion.

    A recovery goes only to channels that also get notices of `about`, the occasion that ended.
    """
    return kind in notify.on and (about is None or about in notify.on)


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:_ENOUGH]
