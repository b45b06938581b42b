"""Numbers as text: which character is the decimal mark, and which separates thousands."""

import re
from collections.abc import Iterable

from oneway.core.dataclass import dataclass

POINT, COMMA = ".", ","
MARKS = (POINT, COMMA)
_SPACES = " \u00a0\u2009\u202f'\u2019"
"""Other separators of thousands: spaces, and the Swiss apostrophe."""


def _form(mark: str) -> re.Pattern[str]:
    others = re.escape(_SPACES + "".join(each for each in MARKS if each != mark))
    whole = rf"[0-9]{{1,300}}|[1-9][0-9]{{0,2}}(?P<by>[{others}])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*"
    decimals = rf"(?:{re.escape(mark)}(?P<decimals>[0-9]{{0,300}}))?"
    return re.compile(rf"(?P<sign>[+-]?)(?P<whole>{whole}){decimals}(?P<behind>-?)")


_FORMS = {mark: _form(mark) for mark in MARKS}


def number_in(text: str, mark: str) -> int | float | None:
    """Return the number in a text by its decimal mark; None if it is not a number.

    Thousands may be separated, as in `1.250,50`; a minus may follow, as in `20,00-`.
    """
    found = _FORMS[mark].fullmatch(text.strip())
    if found is None or (found["sign"] and found["behind"]):
        return None
    digits = re.sub(r"[^0-9]", "", found["whole"])
    size = float(f"{digits}.{found['decimals']}") if found["decimals"] else int(digits)
    return -size if "-" in (found["sign"], found["behind"]) else size


@dataclass(frozen=True, slots=True)
class Notation:
    """How the numbers of a column are written.

    `marks` are their possible decimal marks: two if the numbers differ by each and the column does
    not show which is right, none if no number has a mark.
    """

    marks: tuple[str, ...]
    fits: int
    """How many of the texts are numbers by one of the marks."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether the same texts are different numbers by each mark."""
        return len(self.marks) > 1


class NotationTally:
    """Determines how the numbers of a column are written, from one text after another.

    `3.000` is three, or three thousand. A column of such texts is ambiguous unless at least as many
    others (`37.5`) decide, or one has both marks (`1.250,50`).
    """

    def __init__(self) -> None:
        self._only = dict.fromkeys(MARKS, 0)
        self._proven = dict.fromkeys(MARKS, False)
        self._doubtful = self._plain = 0

    def note(self, text: str) -> None:
        """Note a text."""
        point, comma = (number_in(text, mark) for mark in MARKS)
        if point is not None and comma is not None:
            self._doubtful += point != comma
            self._plain += point == comma
        elif point is not None or comma is not None:
            mark = COMMA if point is None else POINT
            self._only[mark] += 1
            self._proven[mark] |= all(each in text for each in MARKS)

    @property
    def notation(self) -> Notation:
        """How the numbers are written, by the texts noted so far."""
        only, doubtful = self._only, self._doubtful
        first, second = sorted(MARKS, key=lambda mark: (-self._proven[mark], -only[mark]))
        if not doubtful and not only[first]:
            return Notation((), self._plain)
        told = self._proven[first] or only[first] >= max(doubtful, 1)
        if doubtful and (not told or self._proven[second]):
            return Notation(MARKS, self._plain + doubtful + max(only.values()))
        return Notation((first,), self._plain + doubtful + only[first])


def notation_of(texts: Iterable[str]) -> Notation:
    """Return how the numbers of a column are written, by all of its texts."""
    tally = NotationTally()
    for text in texts:
        tally.note(text)
    return tally.notation
