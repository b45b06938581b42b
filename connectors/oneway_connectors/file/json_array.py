"""A JSON file: one array of objects."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO, TypeGuard

from oneway.core.connector_errors import ReadError
from oneway.core.paths import at, path_text
from oneway.core.records import Value
from oneway_connectors.file.json_splice import spliced
from oneway_connectors.file.layout import BOM, Decode, FileEntries, FileEntry, not_fast, whole_of
from oneway_connectors.file.strict_json import Parsed, StrictDecoder, encoded, json_slip

_SPACE = re.compile(r"[ \t\r\n]*")
_BYTES_OF_SPACE = re.compile(rb"[ \t\r\n]*")
_BAD_BYTE = re.compile("[\udc80-\udcff]")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},]', re.DOTALL)
_PIECE = 4_096
FAST_FROM = 500_000
"""How many bytes are decoded strictly before importing a faster parser is worth its time."""
_CLOSES = {"]": "[", "}": "{"}


class JsonArray:
    """A file with one JSON array; text between its items is preserved."""

    missing = ""
    padded = 0
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, name: str, fast_from: int = FAST_FROM) -> None:
        self._name = name
        self._fast_from = fast_from
        self._decoder = StrictDecoder()
        self._fast: Decode = not_fast
        self._head = "[\n  "
        self._tail = "\n]\n"
        self._bom = b""
        self._piece = _PIECE

    def entries(self, file: BinaryIO) -> Iterator[FileEntry]:
        """Yield the items; raise `ReadError` if the file is not a complete array."""
        return (each for each in self._read(file, many=False) if isinstance(each, FileEntry))

    def grouped(self, file: BinaryIO) -> Iterator[FileEntry | FileEntries]:
        """Yield the same as `entries`, with many items of the usual shape at once."""
        return self._read(file, many=True)

    def _read(self, file: BinaryIO, *, many: bool) -> Iterator[FileEntry | FileEntries]:
        data = whole_of(file)
        self._bom = BOM if data.startswith(BOM) else b""
        if len(data) >= self._fast_from:
            from oneway_connectors.fast_json import items_of

            items = items_of(data.removeprefix(BOM))
            if items is not None:
                yield from self._fast_items(data.removeprefix(BOM), items, many=many)
                return
        # An invalid byte becomes a lone surrogate, and so affects only its own item.
        text = data.removeprefix(BOM).decode(errors="surrogateescape")
        if not text.strip(" \t\r\n"):
            return
        start = _past_space(text, 0)
        if text[start] != "[":
            raise self._no_array(text)
        yield from self._items(text, _past_space(text, start + 1))

    def decode(self, raw: bytes) -> dict[str, Value]:
        """Return the object of an item."""
        found = self._fast(raw)
        value = self._decoder.parse(raw.decode()).value if found is None else found
        return value if isinstance(value, dict) else {}

    def encode(self, data: dict[str, Value], like: bytes) -> bytes:
        """Return an item, on one line or indented like its neighbours."""
        made = encoded(data, like, self._indent(like))
        return made.replace(b"\n", b"\n" + self._margin.encode())

    def rewrite(self, data: dict[str, Value], raw: bytes) -> bytes:
        """Return an item with new values, and the text of all others as it was."""
        indent = self._indent(raw)
        old = self.decode(raw)
        return spliced(raw, old, data, lambda value: encoded(value, raw, indent).decode())

    def _indent(self, like: bytes) -> str | None:
        return self._margin if b"\n" in like and self._margin else None

    @property
    def _margin(self) -> str:
        """The space before an item on a line of its own."""
        return self._head.rpartition("\n")[2] if "\n" in self._head else ""

    def assemble(self, raws: Sequence[bytes]) -> bytes:
        """Return the array; items are separated by the white space after the opening bracket."""
        if not raws:
            return self._bom + b"[]\n"
        parting = b"," + self._head.partition("[")[2].encode()
        return self._bom + self._head.encode() + parting.join(raws) + self._tail.encode()

    def _items(self, text: str, at: int) -> Iterator[FileEntry]:
        head, line, counted, last = text[:at], 1, 0, at
        closed = text.startswith("]", at)
        while not closed:
            line, counted = line + text.count("\n", counted, at), at
            entry, last = self._item(text, at, line)
            yield entry
            at = _past_space(text, last)
            if not text.startswith((",", "]"), at):
                raise self._broken(text, at)
            closed = text[at] == "]"
            at = at if closed else _past_space(text, at + 1)
        if text[at + 1 :].strip(" \t\r\n"):
            raise self._broken(text, at + 1)
        if not text.startswith("]", len(head)):
            self._head, self._tail = head, text[last:]

    def _fast_items(
        self, data: bytes, items: Iterable[bytes], *, many: bool
    ) -> Iterator[FileEntry | FileEntries]:
        """Yield the items of an array whose bounds are known."""
        from oneway_connectors.fast_json import FastDecoder

        self._fast, apart = FastDecoder().decoded, _Apart(data)
        one_by_one = partial(self._fast_entries, apart)
        if many:
            from oneway_connectors.file.same_shape import grouped, in_groups

            yield from grouped(in_groups(items), one_by_one, apart.lines, self.decode)
        else:
            yield from one_by_one(0, items)
        if apart.last:
            self._head = data[: apart.first].decode()
            self._tail = data[apart.last :].decode()

    def _fast_entries(
        self, apart: "_Apart", _before: int, raws: Iterable[bytes]
    ) -> Iterator[FileEntry]:
        """Yield the entries of items, each decoded by itself."""
        for raw in raws:
            line, found = apart.line(raw), self._fast(raw)
            if found is not None:
                yield FileEntry(line, raw, found)
                continue
            # As in the file: an item with a flaw includes its trailing white space.
            space = _space_at(apart.data, apart.last)
            entry, _ = self._item(raw.decode(errors="surrogateescape") + space + "]", 0, line)
            apart.last += len(entry.raw) - len(raw)
            yield entry

    def _item(self, text: str, start: int, line: int) -> tuple[FileEntry, int]:
        parsed, end = self._parsed(text, start)
        raw = text[start:end]
        if _BAD_BYTE.search(raw):
            parsed = Parsed(problem="is not UTF-8")
        elif not parsed.problem and not isinstance(parsed.value, dict):
            more = _LISTS if _is_table(parsed.value) else ""
            parsed = Parsed(problem=f"is not a JSON object{more}")
        data = parsed.value if isinstance(parsed.value, dict) else {}
        problem = parsed.problem
        if parsed.broken:
            problem = _broken_at(line + parsed.line - 1, parsed.cause)
        entry = FileEntry(
            line,
            raw.encode(errors="surrogateescape"),
            data,
            problem,
            gap=parsed.broken,
            lost=parsed.lost,
        )
        return entry, end

    def _parsed(self, text: str, start: int) -> tuple[Parsed, int]:
        """Return the value at a place, and its end, whether valid or not.

        Parses a piece of the text, because creating an error counts all lines of the text.
        """
        piece = text[start : start + self._piece]
        parsed, end = self._decoder.parse(piece), None
        # A value that reaches the end of a piece may continue after it.
        if not parsed.problem and (parsed.end < len(piece) or start + len(piece) == len(text)):
            end = start + parsed.end
        else:
            end = _end_of_item(text, start)
            if end is None or end == start:
                raise self._broken(text, start)
            parsed = self._decoder.parse(text[start:end])
            end = end if parsed.problem else start + parsed.end
        self._piece = max(_PIECE, 2 * (end - start))
        return parsed, end

    def _broken(self, text: str, at: int) -> ReadError:
        line = text.count("\n", 0, at) + 1
        if cause := json_slip(text, at):
            summary = f"{self._name}:{line}: not valid JSON: {cause}"
            return ReadError("R153", summary, "correct it, or write the file again")
        return ReadError(
            "R153",
            f"{self._name}:{line}: not valid JSON at or after this line",
            "the file may have been cut off; write it again, as one array of objects",
        )

    def _no_array(self, text: str) -> ReadError:
        found = "an object" if text.lstrip().startswith("{") else "something else"
        value = self._decoder.parse(text.strip(" \t\r\n")).value
        data = value if _is_object(value) else {}
        lists = [*_tables(data)]
        help = "write each record as an object in one list: [{...}, {...}]"
        if lists:
            alone = len(lists[0]) == 1
            way = "".join(map(_step, lists[0]))
            place, steps = path_text(lists[0]), f".{way}"
            if inner := _only_table(at(data, lists[0])):
                place, steps = f"{place}[].{inner}", f"[.{way}[]{_step(inner)}[]]"
            help = (
                f"the list is under {place!r}: keep it alone "
                f"(with jq: `jq '{steps}' in.json > out.json`)"
                f"{'' if alone else '; if the whole file is one record, put it between [ and ]'}"
            )
        elif _is_object(value):
            help = "it is one record: put it between [ and ], or call the file .jsonl"
        return ReadError("R153", f"{self._name}: expected an array of objects, found {found}", help)


class _Apart:
    """The places of an array's items with known bounds, to be requested in order."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.first = self.last = self._counted = 0
        self._line = 1

    def line(self, raw: bytes) -> int:
        """Return the line that the next item starts on."""
        start = self.data.index(raw, self.last)  # skips a comma and white space
        self._line += self.data.count(b"\n", self._counted, start)
        self._counted, self.first = start, self.first or start
        self.last = start + len(raw)
        return self._line

    def lines(self, _before: int, raws: Iterable[bytes]) -> list[int]:
        """Return the line that each of the next items starts on."""
        return list(map(self.line, raws))


_LISTS = ", but a list of them: make one list of all (with jq: `jq 'add' in.json > out.json`)"


def _broken_at(line: int, cause: str) -> str:
    if cause:
        return f"is not valid JSON at line {line}: {cause}"
    return (
        f"is not valid JSON: a comma, bracket or quotation mark is wrong at line {line} or before"
    )


def _is_object(value: Value) -> TypeGuard[dict[str, Value]]:
    return isinstance(value, dict)


def _tables(value: Mapping[str, Value], way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of lists of objects in an object, the nearest first, but not within lists."""
    yield from ((*way, key) for key, item in value.items() if _is_table(item))
    for key, item in value.items():
        if isinstance(item, dict) and len(way) < _DEEP:
            yield from _tables(item, (*way, key))


def _step(key: str) -> str:
    """Return a key in jq's notation."""
    return f"[{encoded(key, b'').decode()}]"


def _only_table(value: object) -> str:
    """Return the key of a list's items if each contains only that one, with a list of records."""
    items = value if isinstance(value, list) else []
    keys = {tuple(each) if isinstance(each, dict) else () for each in items}
    (key,) = keys.pop() if len(keys) == 1 and len(next(iter(keys))) == 1 else ("",)
    return key if key and all(_is_table(each[key]) for each in items if _is_object(each)) else ""


_DEEP = 4
"""How many enclosing objects are searched for the list of records."""


def _is_table(value: Value) -> bool:
    return isinstance(value, list) and any(map(_is_object, value))


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _space_at(data: bytes, at: int) -> str:
    """Return the white space at a place in the bytes of a file."""
    found = _BYTES_OF_SPACE.match(data, at)
    return found[0].decode() if found else ""


def _end_of_item(text: str, start: int) -> int | None:
    """Return the end of an item that cannot be parsed, or None if its brackets do not match."""
    opened: list[str] = []
    for token in _TOKENS.finditer(text, start):
        match token[0]:
            case "[" | "{":
                opened.append(token[0])
            case "]" | "}" | "," if not opened:
                return None if token[0] == "}" else token.start()
            case "]" | "}" if opened.pop() != _CLOSES[token[0]]:
                return None
    return None
