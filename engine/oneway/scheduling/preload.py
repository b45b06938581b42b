"""Makes ready what every run needs, when it is imported: once, in the process they are forked of.

A run of a few people is mostly this: importing libraries, building the validators of the
schemas, reading the machine's certificates. Nothing here may fail: who needs it says why not.
"""

import importlib
from contextlib import suppress

from oneway.connections.discovery import describe

_IMPORTED_LATE = (
    "oneway.scheduling.work",
    "oneway.notices",
    "oneway.history.journal.incidents",
    "jsonschema",
    "httpcore",
    "h11",
    "anyio",  # httpx
    "stringprep",  # the encoding of host names
    "oneway_connectors.rest",
)
_DESCRIBED = ("staffology", "expensein", "scim")


def _warm() -> None:
    for name in _IMPORTED_LATE:
        with suppress(ImportError):
            importlib.import_module(name)
    for name in _DESCRIBED:
        with suppress(Exception):
            describe(name)
    with suppress(Exception):
        importlib.import_module("oneway_connectors.rest.transport").tls()


_warm()
