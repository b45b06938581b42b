"""Recognises text with lost letters: `Ã©` for `é`, and the replacement character.

Such text was UTF-8 that was decoded as windows-1252, or was saved in an encoding that lacks its
letters. It is always wrong, and nothing downstream can detect it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from oneway.core.paths import path_text
from oneway.core.records import Value
from oneway_connectors.file.layout import FileEntries, FileEntry
from oneway_connectors.file.options import UTF_8, FileOptions

_LATER = (
    "\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2018\u201a\u201e"
    "\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
)
"""The characters 0x80 to 0xBF of windows-1252, without punctuation that ends or joins words."""
_MARKS = "\u2013\u2014\u2019\u201c\u201d"
_TEXT = (
    # Ã or Â: the letters of Western Europe, and the signs before them.
    f"[\xc2\xc3][{_LATER}{_MARKS}\ufffd]|"
    # Ä or Å: those of Central Europe and of Turkish.
    f"[\xc4\xc5][{_LATER}]|"
    # The two letters of Romanian.
    "\xc8[\x98-\x9b\u02dc\u0161\u203a\u2122]|"
    # Two or more of Greek, of Cyrillic.
    f"(?:[\xce\xcf][{_LATER}{_MARKS}]){{2}}|(?:[\xd0\xd1][{_LATER}{_MARKS}]){{2}}|"
    # Quotation marks and dashes.
    "\xe2\u20ac|\ufffd"
)
_GARBLED = re.compile(_TEXT)
_BYTES = re.compile(
    # How each of these begins in UTF-8, or escaped in JSON.
    rb"\xc3[\x82-\x85\x88\x8e-\x91][\xc2\xc5\xc6\xcb\xe2\xef]|\xc3\xa2\xe2|\xef\xbf\xbd|\\u"
)


def is_garbled(text: str) -> bool:
    """Return whether a text has lost letters."""
    return not text.isascii() and _GARBLED.search(text) is not None


def may_be_garbled(raw: bytes) -> bool:
    """Return whether a record's bytes may contain such text; True if the bytes are unknown."""
    return not raw or _BYTES.search(raw) is not None


def garbled_paths(
    data: Mapping[str, Value], way: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the paths of garbled texts in a record, or of the lists that contain them."""
    for key, value in data.items():
        here = (*way, key)
        if isinstance(value, dict):
            yield from garbled_paths(value, here)
        elif _is_garbled(value):
            yield here


def _is_garbled(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_is_garbled, value))
    if isinstance(value, dict):
        return any(map(_is_garbled, value.values()))
    return isinstance(value, str) and is_garbled(value)


_SIGN_IN_WORD = re.compile(
    # Control characters, which no text has, or a sign or a capital between letters of a word.
    "[\x80-\x84\x86-\x9f]|"
    "[A-Za-z][\u201a\u201d\u201e\u2020\u2021\u02c6\u2030\u2039\u0178\u0160\u017d][a-z]"
)
"""A sign that another encoding reads as a letter: `M”ller` (cp850), `JŸrgen` (macintosh)."""


def has_sign_in_word(text: str) -> bool:
    """Return whether a word in a text has a sign that only another encoding explains."""
    return not text.isascii() and _SIGN_IN_WORD.search(text) is not None


def fits_windows_1252(text: str) -> bool:
    """Return whether control characters in a text are what windows-1252 has in their place.

    Programs that say ISO 8859-1 often write windows-1252, which has quotation marks, dashes and
    some letters there. False if there are none, or if words would then have signs in them.
    """
    controls = {c for c in text if "\x80" <= c <= "\x9f" and c != "\x85"}
    if not controls or not all(map(_AS_1252.get, controls)):
        return False
    return not has_sign_in_word("".join(_AS_1252.get(c, c) for c in text))


_AS_1252 = {
    chr(byte): bytes([byte]).decode("windows-1252")
    for byte in range(0x80, 0xA0)
    if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # no characters there
}


class Letters:
    """Searches the records of one file for lost letters."""

    def __init__(self, path: str, options: FileOptions) -> None:
        self._path = path
        self._options = options
        self._garbled: list[int] = []
        self._unread: list[int] = []
        self._others = 0
        self._signs: list[int] = []
        self._is_1252 = True
        """Whether all control characters in `_signs` are letters or signs in windows-1252."""

    def may_be_lost(self, entries: FileEntries) -> bool:
        """Note several records as bytes, and return whether to check each by itself.


        They are noted only if that is not necessary.
        """
        if entries.plain:
            return False
        others = [raw for raw in entries.raws if not raw.isascii() or b"\\u" in raw]
        if any(map(may_be_garbled, others)) or (others and self._options.encoding != UTF_8):
            return True
        self._others += sum(not raw.isascii() for raw in others)
        return False

    def damage(self, entry: FileEntry) -> str:
        """Return why the text of a record must not be written elsewhere, or "" if it may."""
        if entry.problem.startswith(NOT_ENCODED):
            self._unread.append(entry.line)
            return ""
        raw = entry.raw
        if raw and raw.isascii() and b"\\u" not in raw:
            return ""
        self._others += not raw.isascii()
        single = self._options.encoding != UTF_8 and self._options.garbled_cells != "keep"
        if single and has_sign_in_word(text := raw.decode(errors="replace")):
            self._signs.append(entry.line)
            self._is_1252 = self._is_1252 and fits_windows_1252(text)
        if not may_be_garbled(raw):
            return ""
        garbled = next(garbled_paths(entry.data), None)
        if garbled is None:
            return ""
        self._garbled.append(entry.line)
        if self._options.garbled_cells == "keep":
            return ""
        path = path_text(garbled)
        return f"the text of {path!r} looks garbled, as Ã© for é does: {self._remedy}, or {_KEEP}"

    def lost(self, entry: FileEntry) -> tuple[tuple[str, ...], ...]:
        """Return the paths of an entry's text that must not be written elsewhere."""
        kept = self._options.garbled_cells == "keep" or not may_be_garbled(entry.raw)
        return () if kept else tuple(garbled_paths(entry.data))

    @property
    def said(self) -> list[str]:
        """Return the findings and the remedy in words; [] if there are none."""
        said = []
        if self._garbled:
            found = f"{_lines(self._garbled)} garbled, such as Ã© for é"
            said.append(f"{self._path}: {found}: {self._remedy}")
        if self._signs:
            found = f"{_lines(self._signs)} to be in another encoding, as M”ller for Möller"
            help = f"check the names there; if they are wrong, {_OTHERS}"
            if self._is_1252:
                found = f"{_lines(self._signs)} to be windows-1252, as signs such as ’ are not in"
                found, help = f"{found} {self._options.encoding}", _SET_1252
            said.append(f"{self._path}: {found}: {help}")
        if self._unread and self._options.encoding == UTF_8:
            # Another encoding is right only if every line that is readable now stays so.
            help = "correct these lines where the file is made"
            if not self._others:
                help = "set the option encoding: windows-1252, or export it again, as UTF-8"
            said.append(f"{self._path}: {_lines(self._unread, 'is', 'are')} not UTF-8: {help}")
        return said

    @property
    def _remedy(self) -> str:
        if self._options.encoding == UTF_8:
            return "export it again, as UTF-8"
        return "set the option encoding: utf-8"


_SET_1252 = "set the option encoding: windows-1252"
_OTHERS = "export it again, as UTF-8, or set the option encoding: cp850 or macintosh"
_KEEP = "set garbled_cells: keep"
NOT_ENCODED = "is not UTF-8"
"""Begins the `problem` of an entry whose bytes are not text."""


def _lines(lines: Sequence[int], one: str = "looks", many: str = "look") -> str:
    if len(lines) == 1:
        return f"line {lines[0]:,} {one}"
    return f"{len(lines):,} lines, from line {lines[0]:,}, {many}"
