"""Validates the options of a file: its format, and the types of its columns."""

import codecs
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TypeVar

from oneway.core.connector_errors import ReadError
from oneway.core.dataclass import dataclass
from oneway.core.decimal_marks import COMMA, POINT
from oneway.core.paths import path_of
from oneway_connectors.file.blank_words import blank_words
from oneway_connectors.file.csv_types import NO_TYPES, CellType, column_types

_T = TypeVar("_T")

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
"""The delimiters, by their word for the option `delimiter`."""

QUOTES = {"double": '"', "single": "'", "none": ""}
"""The quotation marks, by their word for the option `quote`."""

DECIMALS = {"point": POINT, "comma": COMMA}
"""The decimal marks, by their word for the option `decimal`."""

UTF_8 = "utf-8"


@dataclass(frozen=True, slots=True)
class FileOptions:
    """The format of one file; the defaults are those of a plain CSV or JSON file.

    `delimiter` is empty if the file may declare it (`sep=;`), `header` is 0 if the first non-blank
    line contains the headings, `footer` is the beginning of the first line after the records,
    `blank` are the case-folded words for "nothing".
    """

    id: str = "id"
    format: str = ""
    encoding: str = UTF_8
    types: Mapping[str, CellType] = field(default_factory=lambda: NO_TYPES)
    delimiter: str = ""
    quote: str = '"'
    header: int = 0
    footer: str = ""
    headings: str = "paths"
    short_rows: str = "error"
    spaces: str = "keep"
    blank: frozenset[str] = frozenset()
    damaged_cells: str = "error"
    garbled_cells: str = "error"
    unfit_cells: str = "error"
    new_columns: str = "error"
    last_line: str = "ended"
    sheet: str = ""
    heeded: frozenset[tuple[str, ...]] | None = None
    """The paths whose cells must fit their types; None for all."""

    @property
    def id_keys(self) -> tuple[str, ...]:
        """The path of a record's id."""
        return (self.id,) if self.headings == "flat" else path_of(self.id)


DEFAULTS = FileOptions()


def file_options(given: Mapping[str, str]) -> FileOptions:
    """Return the options given by name; raise `ReadError` for an invalid one."""
    return FileOptions(
        id=given.get("id") or "id",
        format=given.get("format", ""),
        encoding=_encoding(given.get("encoding") or UTF_8),
        types=column_types(given.get("types", ""), _decimal_mark(given)),
        delimiter=_read(given, "delimiter", _delimiter),
        quote=QUOTES[_one_of(given, "quote", tuple(QUOTES))],
        header=_read(given, "header", _line) or 0,
        footer=given.get("footer", "").strip(),
        headings=_one_of(given, "headings", ("paths", "flat")),
        short_rows=_one_of(given, "short_rows", ("error", "blank")),
        spaces=_one_of(given, "spaces", ("keep", "trim")),
        blank=blank_words(given.get("blank", "")),
        damaged_cells=_one_of(given, "damaged_cells", ("error", "keep")),
        garbled_cells=_one_of(given, "garbled_cells", ("error", "keep")),
        unfit_cells=_one_of(given, "unfit_cells", ("error", "keep")),
        new_columns=_one_of(given, "new_columns", ("error", "add")),
        last_line=_one_of(given, "last_line", ("ended", "unended")),
        sheet=given.get("sheet", ""),
    )


def delimiter_words(delimiter: str) -> str:
    """Return the delimiter in words, such as "semicolons"."""
    word = next((word for word, sign in DELIMITERS.items() if sign == delimiter), "")
    return f"{word}s" if word else repr(delimiter)


def _encoding(text: str) -> str:
    try:
        found = codecs.lookup(text)
        known = found._is_text_encoding  # not base64 or rot13
    except (LookupError, ValueError):
        known = False
    if not known or found.name in ("idna", "punycode", "unicode_escape", "raw_unicode_escape"):
        help = "write one such as utf-8, windows-1252 or utf-16; or save the file as UTF-8"
        raise ReadError("R151", f"encoding {text!r} is not known", help)
    return UTF_8 if found.name in ("utf-8", "utf-8-sig", "ascii") else text


def _read(given: Mapping[str, str], name: str, read: Callable[[str], _T]) -> _T:
    try:
        return read(given.get(name, ""))
    except ValueError as error:
        raise _wrong(name, given[name], str(error)) from None


def _delimiter(text: str) -> str:
    sign = DELIMITERS.get(text.strip().lower(), text)
    if len(sign) > 1 or sign in ('"', "\r", "\n", " ") or not sign.isascii():
        raise ValueError(f"write {', '.join(DELIMITERS)}, or the character itself")
    return sign


def _decimal_mark(given: Mapping[str, str]) -> str:
    word = given.get("decimal", "")
    return DECIMALS[_one_of(given, "decimal", tuple(DECIMALS))] if word else ""


def _line(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= 10_000):
        raise ValueError("write the number of the line with the headings, such as 3")
    return int(text or 0)


def _one_of(given: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    word = given.get(name) or words[0]
    if word not in words:
        raise _wrong(name, word, f"write {' or '.join(words)}")
    return word


def _wrong(name: str, text: str, help: str) -> ReadError:
    return ReadError("R156", f"the option {name} cannot be used: {text!r}", help)
