"""Imports what every run needs, once, in the process that runs are forked from.

A run of a few people is mostly this: importing libraries, building the validators of the
schemas, reading the machine's certificates. Nothing here may fail: a run that needs what is
missing says why.
"""

import importlib
from contextlib import suppress

from oneway.connections.discovery import prepare_connectors

_IMPORTED_LATE = (
    "oneway.scheduling.work",
    "oneway.notices",
    "oneway.history.journal.incidents",
    "jsonschema",
    "httpcore",
    "h11",
    "anyio",  # httpx
    "stringprep",  # the encoding of host names
)


def _warm() -> None:
    for name in _IMPORTED_LATE:
        with suppress(ImportError):
            importlib.import_module(name)
    with suppress(Exception):
        prepare_connectors()


_warm()
