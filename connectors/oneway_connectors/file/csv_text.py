"""Splits the text of a CSV file into lines and cells, and joins cells into lines."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO

from oneway.core.dataclass import dataclass
from oneway_connectors.file.headings import rejected
from oneway_connectors.file.layout import BOM, line_of

_SAYS_DELIMITER = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
_SAYS_TYPE = re.compile(r'"?#TYPE ')


@dataclass(frozen=True, slots=True)
class Dialect:
    """The delimiter and the quotation mark; with an empty `quote`, cells are not quoted.

    `spaced`: spaces may precede the quotation mark that begins a quoted cell.
    """

    delimiter: str = ","
    quote: str = '"'
    spaced: bool = False

    def rows(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """Return the rows of cells; raise `csv.Error` for a stray quotation mark."""
        if self.quote:
            form: dict[str, Any] = {"quotechar": self.quote, "strict": True}
        else:
            form = {"quoting": csv.QUOTE_NONE}
        skip = self.spaced and self.delimiter != " "
        return csv.reader(lines, delimiter=self.delimiter, skipinitialspace=skip, **form)

    def rows_of_lines(self, text: str) -> Sequence[list[str]]:
        """Return the rows of some lines, as `rows` does; fewer unless each line is a row.

        Splits lines without a quotation mark at the delimiter, which is much faster.
        """
        plain = text.replace("\r\n", "\n").removesuffix("\r") if "\r" in text else text
        if "\r" in plain or self.spaced:
            return list(self.rows(text.split("\n")))
        lines, sign, quote = plain.split("\n"), self.delimiter, self.quote
        if not quote or quote not in plain:
            return [line.split(sign) for line in lines]
        quoted = [line for line in lines if quote in line]
        rows = list(self.rows(quoted))
        if len(rows) < len(quoted):
            return rows
        split = iter(rows)
        return [next(split) if quote in line else line.split(sign) for line in lines]

    def cells_of(self, raw: bytes) -> list[str]:
        """Return the cells of one row."""
        text = io.StringIO(raw.decode(errors="surrogateescape"), newline="")
        return next(self.rows(text), [])

    def row_of(self, cells: Sequence[str], like: bytes = b"") -> bytes:
        """Return one row, without its end.

        A cell that the row `like` has as well is written as there; any other is quoted if the cell
        in its place is. Some programs tell texts from numbers by their quotation marks.
        """
        olds = self._as_written(like) if like else ()
        # csv.writer leaves a lone carriage return unquoted before Python 3.13.
        quoted = [
            self._quoted(cell) if at >= len(olds) else self._like(cell, *olds[at])
            for at, cell in enumerate(cells)
        ]
        row = self.quote * 2 if quoted == [""] else self.delimiter.join(quoted)
        return row.encode(errors="surrogateescape")

    def _as_written(self, raw: bytes) -> Sequence[tuple[str, str]]:
        """Return the cells of a row, each with its text in the file; () if they are not clear."""
        text = raw.decode(errors="surrogateescape").removesuffix("\r")
        sign, quote = re.escape(self.delimiter), re.escape(self.quote)
        space = " *" if self.spaced and self.delimiter != " " else ""
        marked = f"{space}{quote}(?:[^{quote}]|{quote}{quote})*{quote}|" if quote else ""
        texts = re.findall(f"(?:^|(?<={sign}))(?:{marked}[^{sign}]*)(?={sign}|$)", text)
        found = [(self._read(each), each) for each in texts]
        return found if [cell for cell, _ in found] == self.cells_of(raw) else ()

    def _read(self, text: str) -> str:
        """Return the cell that a text in the file stands for."""
        text = text.lstrip(" ") if self.spaced and self.delimiter != " " else text
        if self.quote and text.startswith(self.quote):
            return text[1:-1].replace(self.quote * 2, self.quote)
        return text

    def _like(self, cell: str, old: str, text: str) -> str:
        """Return a cell's text in the file, in the manner of the cell that is in its place."""
        if cell == old:
            return text
        as_needed = self._quoted(cell)
        # Marks that the old cell needed say nothing about the new one.
        by_habit = (
            self.quote and text.lstrip(" ").startswith(self.quote) and old == self._quoted(old)
        )
        return self.quote + cell + self.quote if by_habit and as_needed == cell else as_needed

    def _quoted(self, cell: str) -> str:
        if not {self.delimiter, self.quote, "\r", "\n"}.intersection(cell):
            return cell
        if not self.quote:
            summary = "a cell of this file cannot hold its delimiter, or several lines"
            raise rejected(summary, "correct the value at its source, or set the option quote")
        return self.quote + cell.replace(self.quote, self.quote * 2) + self.quote


class Lines:
    """The lines of a file as text, with the bytes read since the last `take`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._taken: list[bytes] = []
        self._ahead: deque[bytes] = deque()
        self.bom = b""
        self.number = 0
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else line_of(self._file)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1 and line.startswith(BOM):
            self.bom, line = BOM, line.removeprefix(BOM)
        self.cut = not line.endswith(b"\n")
        self._taken.append(line)
        # An invalid byte becomes a lone surrogate, and so affects only its own row.
        return line.decode(errors="surrogateescape")

    def preface(self, header: int) -> tuple[bytes, str]:
        """Return the text before the line of the headings, and the delimiter that it declares.

        If `header` is 0, this text is the first line if Excel or PowerShell wrote it to describe
        the file: `sep=;` or `#TYPE`.
        """
        first = line_of(self._file)
        text = first.removeprefix(BOM).decode(errors="surrogateescape")
        said = _SAYS_DELIMITER.fullmatch(text)
        self._ahead = deque([first] if first else [])
        count = max(header - 1, 0) or (1 if said or _SAYS_TYPE.match(text) else 0)
        for _ in range(count):
            next(self, "")
        return self._drained(), said[1] if said else ""

    def ahead(self, most: int, size: int) -> list[bytes]:
        """Return the next lines without consuming them: at most `most` lines and `size` bytes."""
        ahead = self._ahead
        found: list[bytes] = []
        while len(found) < most and size > 0:
            if len(found) == len(ahead):
                if not (line := line_of(self._file)):
                    break
                ahead.append(line)
            found.append(ahead[len(found)])
            size -= len(found[-1])
        return found

    def skip(self, count: int) -> None:
        """Consume this many of the lines that `ahead` returned."""
        self.number += count
        for _ in range(count):
            self._ahead.popleft()

    def rest(self) -> bytes:
        """Return the bytes from the last `take` to the end of the file."""
        self._taken += self._ahead
        self._ahead.clear()
        self._taken += self._file
        return self._drained()

    def take_line(self) -> bytes:
        """Return the bytes since the last call, with the last line feed."""
        return self._drained()

    def take(self) -> bytes:
        """Return the bytes since the last call, without the last line feed."""
        return self._drained().removesuffix(b"\n")

    def _drained(self) -> bytes:
        raw = b"".join(self._taken)
        self._taken.clear()
        return raw
