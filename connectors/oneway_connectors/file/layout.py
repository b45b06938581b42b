"""The interface of a file format: parse entries from bytes, and write entries back.

An entry includes the bytes it was read from, so that a rewritten file contains every record that
was not changed byte for byte.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple, Protocol, TypeAlias, runtime_checkable

from oneway.core.batches import RecordShape
from oneway.core.bounded_read import read_up_to
from oneway.core.connector_errors import ReadError
from oneway.core.records import Value

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 16_000_000
"""The longest line of CSV or JSON Lines, in bytes; a line must fit into memory."""
LONGEST_FILE = 200_000_000
"""The largest file, in bytes, of those that must fit into memory: JSON, and any not in UTF-8."""


Decode: TypeAlias = Callable[[bytes], dict[str, Value] | None]
"""Returns the object in a text, or None if it must be decoded strictly."""


def not_fast(raw: bytes) -> None:
    """Return None, which leaves a text to the strict parser."""
    del raw


class FileEntry(NamedTuple):
    """One record of a file, or a part of the file that is not a valid record.

    `line` is where it starts, from 1. `problem` says why it is invalid; `data` are then empty or
    identify the person. If `lost` names paths, `data` contain everything else. `gap` means that
    records may be missing after it. `cut` says why the value at the path in `lost`, which `data`
    then contain, may be truncated.
    """

    line: int
    raw: bytes
    data: dict[str, Value]
    problem: str = ""
    gap: bool = False
    lost: tuple[tuple[str, ...], ...] = ()
    cut: str = ""


class FileEntries(NamedTuple):
    """Several records of a file, of one shape and without a problem.

    `decode` returns the data of one record from its bytes, which may include the line end. `plain`
    records are ASCII without escaped characters.
    """

    lines: Sequence[int]
    raws: Sequence[bytes]
    items: Sequence[Any]
    shape: RecordShape
    decode: Callable[[bytes], dict[str, Value]]
    plain: bool = False


def line_of(file: BinaryIO) -> bytes:
    """Return the next line of a file, or b"" at its end; raise `ReadError` if it is too long."""
    line = file.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        within_limit(len(line))
    return line


def within_limit(length: int) -> None:
    """Raise `ReadError` if a line is too long."""
    if length > LONGEST_LINE:
        summary = f"a line is longer than {LONGEST_LINE:,} bytes"
        raise ReadError("R153", summary, "check that the file has the lines that it should have")


def whole_of(file: BinaryIO) -> bytes:
    """Return the contents of a file; raise `ReadError` if it is too large."""
    data = read_up_to(file, LONGEST_FILE + 1)
    if len(data) > LONGEST_FILE:
        summary = f"the file is longer than {LONGEST_FILE:,} bytes"
        raise ReadError("R153", summary, "write it as .jsonl or as CSV in UTF-8, read by lines")
    return data


class Layout(Protocol):
    """One file's format. Call `entries` first, which collects what the others need."""

    @property
    def missing(self) -> str:
        """Why records may be missing after those of `entries`, in words, or ""."""

    @property
    def notes(self) -> Sequence[str]:
        """Remarks on the file as a whole after `entries` that do not mean missing records."""

    @property
    def padded(self) -> int:
        """How many of `entries` had fewer cells than headings, and were padded with blanks."""

    @property
    def columns(self) -> Sequence[str]:
        """The headings of a table; empty for formats without headings."""

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield the entries of the file; raise `ReadError` if they cannot be separated."""

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Return the data of an entry without a problem, from its bytes."""

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Return an entry's bytes in the style of `like`; raise `Rejected` if impossible."""

    def rewrite(self, data: dict[str, Value], raw: bytes) -> bytes:
        """Return the bytes of an entry with new values; raises `Rejected` as `encode` does."""

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Return the whole file."""


@runtime_checkable
class Grouping(Protocol):
    """A layout that can decode many records of one shape at once."""

    def grouped(self, file: BinaryIO) -> Iterator[FileEntry | FileEntries]:
        """Yield the same as `entries`, with several entries of one shape at once."""
