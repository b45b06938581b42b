"""Finds the kind that a file in a connections folder declares."""

import re

from oneway.documents.yaml_source import read_all

NOTIFY = "oneway_notify"
"""The key of a folder's default channels, whose file might also be a connection `notify`."""


def is_connection(data: bytes, file: str) -> bool:
    """Return whether a file declares itself a connection, even if the rest is invalid."""
    return _PLAINLY.search(data) is not None or "oneway_connection" in keys_of(data, file)


_PLAINLY = re.compile(rb"^oneway_connection *:", re.MULTILINE)
"""Matches nearly all connection files, which are therefore parsed as YAML only once."""

_ANYHOW = re.compile(rb"""(?<![\w-])["']?oneway_connection["']? *:""")
"""Matches other forms in a broken file, such as JSON. Needed because messages quote files of other
kinds, while a connection may contain a credential."""


def keys_of(data: bytes, file: str) -> set[str]:
    """Return the top-level keys of a file that declare its kind, as far as they can be found."""
    kinds = ("oneway", "oneway_connector", "oneway_connection", NOTIFY)
    document = read_all(data, file).document
    if document is not None and isinstance(document.data, dict):
        return {each for each in kinds if each in document.data}
    found = {each for each in kinds if f"\n{each}:".encode() in b"\n" + data}
    return found | {"oneway_connection"} if _ANYHOW.search(data) else found
