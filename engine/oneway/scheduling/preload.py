"""Imports what every run needs, once, in the process that runs are forked from.

Most of the time of a small run goes into this: importing libraries, building the schemas'
validators, reading the machine's certificates. Nothing here may fail: a run that needs what is
missing reports it.
"""

import importlib
from contextlib import suppress

from oneway.connections.discovery import prepare_connectors

_IMPORTED_LATE = (
    "oneway.scheduling.work",
    "oneway.notices",
    "oneway.history.journal.incidents",
    "oneway.mapping.generated.functions",
    "oneway.runs.incremental.incremental_read",
    "oneway.runs.prepare.validate_connection",
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
