"""Finds the line below which a file has no more records, and says what is odd about it."""

from collections.abc import Sequence

from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.sniff import is_mark


class Footer:
    """The footer that the options name, as it is found in a file; `name` is the file's."""

    def __init__(self, name: str, options: FileOptions) -> None:
        self._name = name
        self._id = options.id
        self._text = options.footer
        self._found = False
        self._beyond = 0
        self._near: tuple[int, str] | None = None

    @property
    def missing(self) -> str:
        """Why records may be missing at the end, in words, or ""."""
        if self._beyond:
            where = f"{self._name}: line {self._beyond} is below the footer"
            return f"{where} {self._text!r}, and looks like a record"
        if self._found or not self._text:
            return ""
        where = f"{self._name}: no line begins with the footer {self._text!r}"
        if self._near:
            line, near = self._near
            return f"{where}, but line {line} does with {near!r}: set the option footer: {near}"
        return f"{where}: export it again in full; without such a line, drop the option"

    def is_at(self, line: int, cells: Sequence[str], names: Sequence[str]) -> bool:
        """Return whether the records end before the row on a line; `names` are the headings."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        first, footer = filled[0] if filled else "", self._text
        near = first[: len(footer)]
        if near != footer and near.casefold() == footer.casefold():
            self._near = line, near
        # A person called Totally is no total, nor is Total Bob, whose cells are all filled.
        rest = first.removeprefix(footer)
        begins = first.startswith(footer) and not (footer[-1].isalnum() and rest[:1].isalnum())
        named = any(map(str.isalpha, rest))
        columns = sum(1 for name in names if name.strip())
        self._found = self._found or (begins and not (named and len(filled) >= columns > 1))
        return self._found

    def note_below(self, line: int, cells: Sequence[str], names: Sequence[str]) -> None:
        """Note a row below the footer that looks like a record, so that it is not missed."""
        filled = [cell.strip() for cell in cells if cell.strip()]
        at = names.index(self._id) if self._id in names else 0
        has_id = at < len(cells) and bool(cells[at].strip())
        if has_id and 2 * len(filled) > len(names) and not is_mark(filled[0]):
            self._beyond = self._beyond or line
