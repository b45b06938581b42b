"""Numbers as text: which sign is the decimal mark, and which one separates the thousands."""

import re
from collections.abc import Iterable

from oneway.core.dataclass import dataclass

POINT, COMMA = ".", ","
MARKS = (POINT, COMMA)
_SPACES = " \u00a0\u2009\u202f'\u2019"
"""What separates thousands beside the other mark: spaces, and the apostrophe of Switzerland."""


def _form(mark: str) -> re.Pattern[str]:
    others = re.escape(_SPACES + "".join(each for each in MARKS if each != mark))
    whole = rf"[0-9]{{1,300}}|[1-9][0-9]{{0,2}}(?P<by>[{others}])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*"
    decimals = rf"(?:{re.escape(mark)}(?P<decimals>[0-9]{{0,300}}))?"
    return re.compile(rf"(?P<sign>[+-]?)(?P<whole>{whole}){decimals}(?P<behind>-?)")


_FORMS = {mark: _form(mark) for mark in MARKS}


def number_in(text: str, mark: str) -> int | float | None:
    """Return the number that a text holds by its decimal mark; None if it holds none.

    Thousands may be separated, as in `1.250,50`; the minus may stand behind, as in `20,00-`.
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

    `marks` are the decimal marks that they may have: one, or both if the numbers mean different
    things by each and the column does not tell which is right. There are none if the mark does not
    matter, as no number has one.
    """

    marks: tuple[str, ...]
    fits: int
    """How many of the texts are numbers by one of the marks."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether the same texts are different numbers by the one mark and by the other."""
        return len(self.marks) > 1


class NotationTally:
    """Tells how the numbers of a column are written, from its texts one after the other.

    `3.000` is three, or three thousand. A column of such texts is ambiguous unless at least as many
    others (`37.5`) tell, or one has both signs (`1.250,50`).
    """

    def __init__(self) -> None:
        self._only = dict.fromkeys(MARKS, 0)
        self._proven = dict.fromkeys(MARKS, False)
        self._doubtful = self._plain = 0

    def note(self, text: str) -> None:
        """Take note of a text."""
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
        """How the numbers are written, as far as texts were noted."""
        only, doubtful = self._only, self._doubtful
        first, second = sorted(MARKS, key=lambda mark: (-self._proven[mark], -only[mark]))
        if not doubtful and not only[first]:
            return Notation((), self._plain)
        told = self._proven[first] or only[first] >= max(doubtful, 1)
        if doubtful and (not told or self._proven[second]):
            return Notation(MARKS, self._plain + doubtful + max(only.values()))
        return Notation((first,), self._plain + doubtful + only[first])


def notation_of(texts: Iterable[str]) -> Notation:
    """Return how the numbers of a column are written, judged by all of its texts."""
    tally = NotationTally()
    for text in texts:
        tally.note(text)
    return tally.notation
