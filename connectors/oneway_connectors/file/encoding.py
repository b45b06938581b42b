"""Detects the encoding of a file, decodes it, and writes the file back in the same encoding."""

import codecs
import io
from typing import BinaryIO

from oneway.core.connector_errors import ReadError
from oneway_connectors.file.layout import whole_of
from oneway_connectors.file.options import UTF_8

_MARKS = {
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def as_utf8(path: str, file: BinaryIO, encoding: str) -> BinaryIO:
    """Return the file as UTF-8; raise `ReadError` if it is evidently in another encoding.

    In a single-byte encoding, an invalid byte only affects its own record.
    """
    start = file.read(_START)
    file.seek(0)
    if encoding == UTF_8:
        found = utf_16_of(start)
        if found:
            help = f"set the option encoding: {found}, or save the file as UTF-8"
            raise ReadError("R151", f"{path}: the file is UTF-16", help)
        return file
    try:
        return io.BytesIO(_transcoded(whole_of(file), encoding))
    except UnicodeError:
        help = "check the option encoding, or save the file as UTF-8"
        raise ReadError("R151", f"{path}: the file is not {encoding}", help) from None


def utf_16_of(start: bytes) -> str:
    """Return the encoding of a file that begins like UTF-16, with or without a mark, or ""."""
    if start[:2] in _MARKS:
        return "utf-16"
    pairs = start[: len(start) // 2 * 2]
    # Text in any alphabet has spaces, digits, delimiters and line ends.
    low, high = pairs[1::2].count(0), pairs[::2].count(0)
    if max(low, high) * 4 < len(pairs) // 2 or not pairs or min(low, high) * 4 > max(low, high):
        return ""
    return "utf-16-le" if low > high else "utf-16-be"


_START = 400


def from_utf8(data: bytes, original: bytes, encoding: str) -> bytes:
    """Return UTF-8 text converted to the file's own encoding."""
    if encoding == UTF_8:
        return data
    text = data.decode(errors="surrogateescape")
    name, mark = _exact(original, encoding)
    return mark + text.encode(name, errors=_errors(name))


def can_hold(raw: bytes, encoding: str) -> bool:
    """Return whether an encoding has all characters of a UTF-8 text."""
    if encoding == UTF_8:
        return True
    try:
        raw.decode(errors="surrogateescape").encode(encoding, errors=_errors(encoding))
    except UnicodeError:
        return False
    return True


def _transcoded(data: bytes, encoding: str) -> bytes:
    name, mark = _exact(data, encoding)
    text = data.removeprefix(mark).decode(name, errors=_errors(name))
    return text.encode(errors="surrogateescape")


def _exact(data: bytes, encoding: str) -> tuple[str, bytes]:
    """Return the encoding with its byte order, and its byte order mark."""
    if codecs.lookup(encoding).name != "utf-16":
        return encoding, b""
    mark = data[:2] if data[:2] in _MARKS else b""
    return _MARKS.get(mark, "utf-16-le"), mark


def _errors(encoding: str) -> str:
    return "strict" if codecs.lookup(encoding).name.startswith("utf-") else "surrogateescape"
