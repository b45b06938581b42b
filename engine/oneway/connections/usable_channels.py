"""Finds the channels that can be used in a `notify` with mistakes.

A channel can be used if nothing would be wrong with it as an item of its own. So two channels in
one item are both used, and a misspelt address costs nobody else their notice.
"""

from collections.abc import Iterator

from oneway.connections.connection import DEFAULT_OCCASIONS, Notify, Occasion
from oneway.connections.document import mistakes_of
from oneway.connections.file_kinds import NOTIFY
from oneway.connections.load import notify_of
from oneway.connections.secret_scope import reference_out_of_scope
from oneway.core.records import Value
from oneway.documents.lenient import Data, items, obj
from oneway.documents.yaml_source import Document
from oneway.mapping.load.part import DocumentPart

_KINDS = ("webhook", "email", "folder", "upload")


def usable_channels(notify: Value, file: str, name: str = "") -> tuple[Notify, ...]:
    """Return the channels that can be used; `name` is the connection's, or "" for a folder's file.

    `notify` may have any shape.
    """
    entries = [notify] if isinstance(notify, dict) else items(notify)
    found = (each for entry in entries for each in _of_item(obj(entry), file))
    return tuple(each for each in found if _may_use(each, file, name))


def _of_item(entry: Data, file: str) -> Iterator[Notify]:
    for kind in _KINDS:
        if kind in entry:
            item = {kind: _without_idle_header(kind, entry[kind])}
            occasions = {"on": entry["on"]} if "on" in entry else {}
            # Too many notices are better than none.
            for more in (occasions, {"on": _occasions(entry)}):
                document = Document(file, {NOTIFY: 1, "notify": [{**item, **more}]}, {}, {}, ())
                if not mistakes_of(document, "notify"):
                    yield notify_of(DocumentPart(document, ("notify", 0)), file)
                    break


def _occasions(entry: Data) -> list[Value]:
    """Return the default occasions, and those that an item names rightly."""
    named = {each.value for each in Occasion if each.value in items(entry.get("on"))}
    return [*sorted({each.value for each in DEFAULT_OCCASIONS} | named)]


def _without_idle_header(kind: str, channel: Value) -> Value:
    """Return a channel without the header for a token that it lacks: nothing is sent in it."""
    if kind != "upload" or not isinstance(channel, dict) or "token" in channel:
        return channel
    return {key: value for key, value in channel.items() if key != "header"}


def _may_use(channel: Notify, file: str, name: str) -> bool:
    refs = [ref for _, ref in channel.credentials if ref is not None]
    return not any(reference_out_of_scope(each, name, file) for each in refs)
