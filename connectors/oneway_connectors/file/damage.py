"""Recognises cells that a spreadsheet damaged: errors, shortened numbers, formulas."""

import re
from collections.abc import Iterable


def has_sign(text: str, signs: Iterable[tuple[str, str]]) -> bool:
    """Return whether a text contains one of these signs.

    Each is a character of a text, and the text. The character is searched for first, which is ten
    times as fast.
    """
    return any(first in text and sign in text for first, sign in signs)


def damage_of(cell: str) -> tuple[str, str] | None:
    """Return the error a spreadsheet put in place of a cell's value, and the remedy."""
    text = cell.strip()
    return next((said for pattern, said in _DAMAGE if pattern.fullmatch(text)), None)


DAMAGE_SIGNS = (("#", "#"), ("=", "="), ("+", "E+"), (":", "Err:"))
"""If a pattern of `_DAMAGE` matches, the text contains one of these signs."""
MERGED = "#MERGED!"
"""Marks a cell that is blank because a workbook merges it with another."""

_DAMAGE = (
    (
        re.compile(MERGED),
        (
            "a merged cell, whose value is only in another cell",
            "unmerge it in the spreadsheet, and fill in each cell",
        ),
    ),
    (
        # https://support.microsoft.com: "How to correct a #N/A error" and its siblings; Err:502
        # is LibreOffice's.
        re.compile(
            r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|"
            r"CONNECT!|BUSY!|UNKNOWN!|GETTING_DATA)|Err:[0-9]{3}|#{5,}"
        ),
        ("an error of the spreadsheet instead of a value", "correct it there"),
    ),
    (
        re.compile(r"-?[0-9]\.[0-9]+E\+[0-9]{2,3}"),
        (
            "a number that the spreadsheet shortened, so that digits are lost",
            "format the column as text there, and enter it again",
        ),
    ),
    (
        re.compile(
            r"""="[^"]*"|=[+-]?(\$?[A-Z]{1,3}\$?[0-9]+\b.*|[A-Z][A-Z0-9._]*[(].*|"""
            r"""('[^']+'|\[?[A-Za-z][\w.\]]*)!.*)""",
            re.DOTALL,
        ),
        ("a formula instead of its value", "save the file with values instead of formulas"),
    ),
)
