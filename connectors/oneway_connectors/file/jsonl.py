"""JSON Lines: one object per line. Only `\\n` ends a line, not Unicode's other line separators."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from oneway.core.bounded_read import read_up_to
from oneway.core.records import Value
from oneway_connectors.file.json_splice import spliced
from oneway_connectors.file.layout import (
    BOM,
    Decode,
    FileEntries,
    FileEntry,
    line_of,
    not_fast,
    within_limit,
)
from oneway_connectors.file.strict_json import Parsed, StrictDecoder, encoded

if TYPE_CHECKING:
    from oneway_connectors.file.same_shape import RawGroup

_SPACE = " \t\r\n"
FAST_AFTER, FAST_FROM = 1_000, 500_000
"""How many lines and bytes are decoded strictly before importing a faster parser is worth it."""


class JsonLines:
    """A file of JSON Lines. Blank lines are ignored, and dropped when it is rewritten.

    `whole`: its first line is the first line of a file, which may begin with a byte order mark.
    """

    missing = ""
    padded = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, fast_after: int = FAST_AFTER, *, whole: bool = True) -> None:
        self._fast_after, self._whole = fast_after, whole
        self._bom = b""
        self._decoder = StrictDecoder()
        self._fast: Decode = not_fast
        self._cut = 0
        """The number of the last line if it has no line end, else 0."""

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield one entry per line; only a truncated last line leaves a gap."""
        yield from self._each(0, self._raws(file))

    def grouped(self, file: BinaryIO) -> Iterator[FileEntry | FileEntries]:
        """Yield the same as `entries`, with many lines of the usual shape at once."""
        first = read_up_to(file, FAST_FROM + 1)
        if len(first) <= FAST_FROM and first.count(b"\n") <= self._fast_after:
            yield from self._each(0, self._raws(BytesIO(first)))
            return
        from oneway_connectors.fast_json import FastDecoder
        from oneway_connectors.file.same_shape import BYTES, grouped

        self._fast = FastDecoder().decoded

        def numbered(start: int, raws: Sequence[bytes]) -> Sequence[int]:
            return range(start + 1, start + 1 + len(raws))

        pieces = chain([first], iter(partial(read_up_to, file, BYTES), b""))
        yield from grouped(self._groups(pieces), self._each, numbered, self.decode)

    def _raws(self, file: BinaryIO) -> Iterator[bytes]:
        """Yield the lines of a file."""
        for number, line in enumerate(iter(partial(line_of, file), b""), 1):
            if not line.endswith(b"\n"):
                self._cut = number
            yield line

    def _groups(self, pieces: Iterable[bytes]) -> "Iterator[RawGroup]":
        """Yield the lines of a file that is read in pieces: each time all complete lines."""
        from oneway_connectors.file.same_shape import RawGroup

        rest, before = b"", 0
        for piece in pieces:
            within_limit(len(rest) + (piece.find(b"\n") + 1 or len(piece)))
            end = piece.rfind(b"\n") + 1
            if not end:
                rest += piece
                continue
            joined = rest + memoryview(piece)[:end]
            raws, rest = BytesIO(joined).readlines(), piece[end:]  # three times as fast as `split`
            before += len(raws)
            yield RawGroup(raws, joined)
        if rest:
            self._cut = before + 1
            yield RawGroup([rest], rest)

    def _each(self, start: int, raws: Iterable[bytes]) -> Iterator[FileEntry]:
        """Yield the entries of lines, decoded one by one; `start` is the number of lines before."""
        fast = self._fast
        for number, line in enumerate(raws, start + 1):
            raw = line.removesuffix(b"\n")
            if number == 1 and self._whole and raw.startswith(BOM):
                self._bom, raw = BOM, raw.removeprefix(BOM)
            if number > self._fast_after and fast is not_fast:
                from oneway_connectors.fast_json import FastDecoder

                fast = self._fast = FastDecoder().decoded
            data = fast(raw)
            if data is not None:
                yield FileEntry(number, raw, data)
            elif raw.strip(_SPACE.encode()):
                yield self._entry(number, raw, cut=number == self._cut)

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Return the object on a line."""
        found = self._fast(raw)
        value = self._parse(raw.decode()).value if found is None else found
        return value if isinstance(value, dict) else {}

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Return a line without its line feed, but with a carriage return if `like` has one."""
        return encoded(data, like) + (b"\r" if like.endswith(b"\r") else b"")

    def rewrite(self, data: dict[str, Value], raw: bytes) -> bytes:
        """Return a line with new values, and the text of all others as it was."""
        return spliced(raw, self.decode(raw), data, lambda value: encoded(value, raw).decode())

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Return the lines, each with its line end."""
        return self._bom + b"".join(raw + b"\n" for raw in raws)

    def _entry(self, number: int, raw: bytes, *, cut: bool) -> FileEntry:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return FileEntry(number, raw, {}, "is not UTF-8", gap=cut)
        parsed = self._parse(text)
        data = parsed.value if isinstance(parsed.value, dict) else {}
        if parsed.problem:
            gap = cut and parsed.broken
            return FileEntry(number, raw, data, parsed.problem, gap, parsed.lost)
        if not isinstance(parsed.value, dict):
            return FileEntry(number, raw, {}, "is not a JSON object")
        return FileEntry(number, raw, data)

    def _parse(self, text: str) -> Parsed:
        parsed = self._decoder.parse(text, len(text) - len(text.lstrip(_SPACE)))
        rest = text[parsed.end :].strip(_SPACE) if parsed.end >= 0 else ""
        return Parsed(problem="holds more than one JSON value", broken=True) if rest else parsed
