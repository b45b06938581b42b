"""Tells a second line of headings, such as technical names or types, from the first record."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

from oneway_connectors.file.sniff import are_headings

_ROWS = 200
"""How many rows below it are compared with it."""
_LEAST = 2
"""The fewest columns of numbers, days or emails that must contradict it."""
_TECHNICAL = re.compile(r"[A-Z_][A-Z0-9_]*|[a-z][A-Za-z0-9]*([_.][A-Za-z0-9]+)*")
_TYPE = re.compile(
    r"(text|string|char|varchar2?|nvarchar|str|date|datetime|timestamp|day|number|numeric|int|"
    r"integer|decimal|float|bool|boolean|yes/no|code|id|email|e-mail|guid|uuid|alphanumeric|"
    r"zahl|datum|tekst|texte|nombre)( ?\(\d+(,\d+)?\))?",
    re.IGNORECASE,
)
_VALUE = re.compile(r"\W*\d|.*@")
"""Matches a value that is no name: a number, a day, an email."""

IS_SECOND = (
    "reads like a second line of headings: it holds names where the rows below hold numbers, days "
    "or emails; remove it, or set the option header: {} to take its names in place of those above"
)


def is_second_line(cells: Sequence[str], width: int, below: Iterable[Sequence[str]]) -> bool:
    """Return whether the first row below the headings has names and no values.

    All its cells are names or types, unlike those below: none occurs again in its column, and at
    least two columns hold only numbers, days or emails there. A record with a few odd cells has
    others that are usual.
    """
    filled = [cell.strip() for cell in cells[:width]]
    if len(cells) < width or width <= _LEAST or not all(filled) or any(map(_VALUE.match, filled)):
        return False
    are_types = all(map(_TYPE.fullmatch, filled))
    named = all(map(_TECHNICAL.fullmatch, filled)) or are_headings(filled)
    if not (are_types or (named and len({*filled}) == width)):
        return False
    rows = [row for row in islice(below, _ROWS) if len(row) >= width]
    columns = [[row[at].strip() for row in rows if row[at].strip()] for at in range(width)]
    again = any(cell in column for cell, column in zip(filled, columns, strict=True))
    values = sum(len(each) > 1 and all(map(_VALUE.match, each)) for each in columns)
    return not again and values >= _LEAST
