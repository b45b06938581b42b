"""Checks that a system shows by its id a record that its list has just shown.

Runs request single records: before each write, and where a list omits somebody. A request that
cannot work would show on the first night only.
"""

from collections.abc import Iterable
from itertools import islice

from oneway.core.connector import Reader
from oneway.core.connector_errors import ReadError
from oneway.core.records import Record
from oneway.inspect.checks import CheckResult, CheckState

_TRIED = 2
"""How many records are requested: one may just have been deleted, or be hidden from us."""


def requested(side: str, reader: Reader, records: Iterable[Record]) -> tuple[CheckResult, ...]:
    """Request listed records by their ids; return a failed check unless one request works.

    A reader that answers that a record is not there has made sure that its requests find others.
    """
    lines = []
    for id in islice((each.id for each in records if not each.problem), _TRIED):
        try:
            reader.get(id)
        except ReadError as error:
            lines.append(f"record {id}, which the list shows: {error.summary} [{error.code}]")
        else:
            return ()
    if not lines:
        return ()
    lines.append("correct `get` in the connector's manifest, or what the credentials may see")
    title = f"Requests for one record of the {side}"
    return (CheckResult(title, CheckState.FAILED, tuple(lines)),)
