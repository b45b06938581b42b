"""Decodes the text of a file, checks its characters, and splits it into lines."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from oneway.core.dataclass import dataclass
from oneway.core.diagnostics import Diagnostic, Refused, Severity, Span, refusal

LIMIT = 1_000_000
"""The most bytes that a file may have, where the caller names no other limit."""

_MOST_REPORTED = 20
_LONGEST_QUOTE = 1_000
_BREAK = re.compile(r"\r\n|\r|\n")
# YAML 1.2 section 5.1, without the separators that editors do not count as line ends and
# without the invisible byte order mark.
_FORBIDDEN = (
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Compiled where a line is not printable: it takes longer than reading most files does."""
_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_SAVE = "save it as UTF-8 (every editor has it under 'save with encoding')"


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text and where its lines start; makes spans of offsets (in characters)."""

    file: str
    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]
    widths: tuple[int, ...]
    """The end of each line, without trailing white space."""

    def span(self, start: int, end: int) -> Span:
        """Return the span of some characters, cut at the end of the line they start on."""
        row = bisect_right(self.starts, start) - 1
        begin, length, until = self.starts[row], len(self.lines[row]), self.widths[row]
        # Written out: a manifest has hundreds of spans, and each start reads two.
        column = start - begin if start - begin < length else length
        until = end - begin if end - begin < until else until
        return Span(self.file, row + 1, column + 1, (until if until > column else column) + 1)

    def report(self, span: Span, code: str, summary: str, help: str = "") -> Diagnostic:
        """Return an error at a span, with its line quoted."""
        return Diagnostic(span, Severity.ERROR, code, summary, help, quoted(self.lines, span))


def quoted(lines: tuple[str, ...], span: Span) -> str:
    """Return the line of a span for display, or "" if it is too long."""
    if not 0 < span.line <= len(lines) or len(lines[span.line - 1]) > _LONGEST_QUOTE:
        return ""
    line = lines[span.line - 1]
    return line if line.isprintable() else re.sub(_FORBIDDEN, "\ufffd", line)


def shown(text: str) -> str:
    """Return text for a message: quoted, shortened, without invisible characters."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def read(data: bytes, file: str, limit: int) -> Source:
    """Return the text of a file; raise `Refused` if it is too large or not plain UTF-8."""
    if len(data) > limit:
        raise refusal(
            "Y101",
            file,
            f"the file has {len(data):,} bytes; at most {limit:,} are read",
            "check that it is the file you meant, or split it",
        )
    source = _lined(_decoded(data, file), file)
    _refuse_characters(source)
    return source


def _lined(text: str, file: str) -> Source:
    starts = (0, *(found.end() for found in _BREAK.finditer(text)))
    lines = tuple(_BREAK.split(text))
    return Source(file, text, lines, starts, tuple(len(line.rstrip()) for line in lines))


def _decoded(data: bytes, file: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            raise refusal("Y102", Span(file, 1, 1, 1), f"the file is {encoding}, not UTF-8", _SAVE)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _undecodable(data, file, error.start) from None


def _undecodable(data: bytes, file: str, offset: int) -> Refused:
    before = _lined(data[:offset].decode("utf-8").removeprefix("\ufeff"), file)
    span = before.span(len(before.text), len(before.text))
    return Refused(
        [
            before.report(
                span,
                "Y102",
                f"byte {offset + 1} (0x{data[offset]:02X}) is not UTF-8",
                f"the file has another encoding or is not text: {_SAVE}",
            )
        ]
    )


def _refuse_characters(source: Source) -> None:
    found = list(islice(_odd_characters(source), _MOST_REPORTED))
    if found:
        raise Refused(found)


def _odd_characters(source: Source) -> Iterator[Diagnostic]:
    """Return an error for each line with such a character; one per line is enough."""
    for start, line in zip(source.starts, source.lines, strict=True):
        odd = None if line.isprintable() else re.search(_FORBIDDEN, line)
        if odd:
            span = source.span(start + odd.start(), start + odd.end())
            yield source.report(span, "Y103", *_about(odd.group()))


def _about(character: str) -> tuple[str, str]:
    number = ord(character)
    if number == 0:
        return (
            "the file contains a NUL character (U+0000)",
            f"it is probably UTF-16 or no text at all: {_SAVE}",
        )
    escape = f"\\u{number:04X}"
    return (
        f"the file contains an invisible control character (U+{number:04X})",
        f"take it out; where it is meant, write {escape} between double quotes",
    )
