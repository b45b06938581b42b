"""Writes a file of records: reads it, changes it in memory, and rewrites it on `flush`."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from oneway.core.connector_errors import NotSent, ReadError, Rejected, Unknown
from oneway.core.dataclass import dataclass
from oneway.core.paths import at, with_value
from oneway.core.records import MISSING, Value, is_blank
from oneway.core.request_gate import about_to_leave
from oneway_connectors.file.blank_words import a_blank_word
from oneway_connectors.file.encoding import as_utf8, can_hold, from_utf8
from oneway_connectors.file.formats import WORKBOOK, format_of, layout_of
from oneway_connectors.file.identity import Ids, id_of, with_id
from oneway_connectors.file.layout import Layout
from oneway_connectors.file.opening import opened
from oneway_connectors.file.options import DEFAULTS, FileOptions
from oneway_connectors.file.replace import replace_file, sync_folder
from oneway_connectors.file.strict_json import Flaw


class FileWriter:
    """Writes records of a JSON, JSONL or CSV file; nothing is on disk until `flush`.

    Other records are preserved byte for byte. A new record has the id among its values or else the
    number after the highest id that is or was in use, as text or a number like the other ids (text
    in a file without records).
    """

    def __init__(
        self,
        path: str,
        options: FileOptions = DEFAULTS,
    ) -> None:
        self._path = str(path)
        self._options = options
        self._format = format_of(self._path, options.format)
        if self._format == WORKBOOK:
            summary = f"{self._path}: a workbook is read, and never written"
            raise NotSent("W110", summary, "save it as CSV, and name that file in the mapping")
        self._held: _Held | None = None
        self._lock = Lock()
        self._new_record_keys: tuple[tuple[str, ...], ...] = ()
        self._used_ids: tuple[str, ...] = ()

    def complete_new_records(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Give every new record these keys, with null unless a value is written.

        Tables have their columns already. In JSON, an absent key would mean that the value is
        unknown, but a record that was just created is known to have none.
        """
        if self._format in ("json", "jsonl"):
            self._new_record_keys = tuple(paths)

    def number_beyond(self, ids: Iterable[str]) -> None:
        """Number new records beyond these ids too, which may have been deleted from the file."""
        self._used_ids = tuple(ids)

    def heed(self, paths: Iterable[tuple[str, ...]]) -> None:
        """Require cells to fit their types only at these paths (see `FileReader.heed`)."""
        heeded = frozenset((*paths, self._options.id_keys))
        self._options = replace(self._options, heeded=heeded)

    def refuse_unwritable(self) -> None:
        """Raise `NotSent` for a read-only file, although another could be renamed over it.

        Checks the permissions instead of trying, because root may write any file.
        """
        try:
            mode = os.stat(self._path).st_mode
        except OSError:
            return  # reading the file reports the problem
        if not (mode & _WRITABLE and os.access(self._path, os.W_OK)):
            help = "if the sync is to write to it, let it: chmod u+w; otherwise name another target"
            raise NotSent("W155", f"{self._path}: the file is read-only", help)

    @property
    def batch(self) -> int:
        """Unlimited: all writes can wait for one flush, which rewrites the file."""
        return sys.maxsize

    def create(self, values: Mapping[str, Value], token: str) -> str:  # noqa: ARG002  # the SPI's
        """Add a record at the end and return its id; raise `Rejected` if that is taken."""
        with self._lock:
            held = self._load()
            data, id = self._named(held, self._completed(values))
            self._refuse_words(values)
            like = held.raws[-1] if held.raws else b""
            raw = self._encoded(held, partial(held.layout.encode, data, like))
            held.add(id, raw)
            return id

    def update(self, id: str, values: Mapping[str, Value], token: str) -> None:  # noqa: ARG002
        """Change the given fields of a record; the others, and the order, stay."""
        with self._lock:
            held = self._load()
            if id not in held.places:
                raise Rejected(
                    "W151", f"{self._path}: no record has this id any more", "plan again"
                )
            self._refuse_words(values)
            # If the file has identical records, change all of them.
            olds = [held.raws[place] for place in held.places[id]]
            first = held.layout.decode(olds[0])
            if any(held.layout.decode(old) != first for old in olds[1:]):
                summary = f"{self._path}: several records have this id, and are not alike"
                raise Rejected("W151", summary, "correct the file, then plan again")
            news = [self._changed(held, id, old, values) for old in olds]
            for place, raw in zip(held.places[id], news, strict=True):
                held.raws[place] = raw

    def _changed(self, held: "_Held", id: str, raw: bytes, values: Mapping[str, Value]) -> bytes:
        merged = _merged(held.layout.decode(raw), values)
        if id_of(merged, self._options.id_keys) != id:
            summary = f"{self._path}: the id of a record cannot change"
            help = f"let the mapping write {self._options.id!r} on_create"
            raise Rejected("W151", summary, help)
        return self._encoded(held, partial(held.layout.rewrite, merged, raw))

    def _refuse_words(self, values: Mapping[str, Value]) -> None:
        """Raise `Rejected` for a text that would be read back as blank."""
        word = a_blank_word(values, self._options.blank)
        if word:
            summary = f"the text {word!r} would be read as blank"
            help = "correct it at its source, or take the word out of the target's option blank"
            raise Rejected("W150", summary, help)
        if self._options.spaces == "trim" and self._format in ("csv", "tsv"):
            self._refuse_outer_spaces(values)

    def _refuse_outer_spaces(self, values: Mapping[str, Value]) -> None:
        """Raise `Rejected` for a text that would be read back without its outer spaces."""
        for key, value in values.items():
            if isinstance(value, dict):
                self._refuse_outer_spaces(value)
            elif isinstance(value, str) and value != value.strip():
                summary = (
                    f"the text of '{key}' begins or ends with a space, and would be read without"
                )
                help = "write trim(...) in the mapping, or take spaces: trim off the target"
                raise Rejected("W150", summary, help)

    def leave(self, id: str, values: Mapping[str, Value], token: str) -> None:
        """Write the given fields, as files have no special form of leaving."""
        self.update(id, values, token)

    def reactivate(self, id: str, values: Mapping[str, Value], token: str) -> None:
        """Write the given fields, as files have no special form of coming back."""
        self.update(id, values, token)

    def flush(self) -> None:
        """Rewrite the file atomically; raise `NotSent` if it is unchanged.

        A file that has changed since it was read is left alone.
        """
        with self._lock:
            if self._held is None or not self._held.dirty:
                return
            held = self._held
            data = from_utf8(held.layout.assemble(held.raws), held.start, self._options.encoding)
            if self._digest_now() != held.digest:
                summary = f"{self._path}: the file was changed by another program"
                raise NotSent("W152", summary, "nothing was written; plan again")
            self._replace(data)
            held.digest, held.dirty = hashlib.sha256(data).hexdigest(), False

    def _completed(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        for path in self._new_record_keys:
            holders = (at(values, path[:depth]) for depth in range(1, len(path)))
            fits = all(each is MISSING or isinstance(each, Mapping) for each in holders)
            if fits and at(values, path) is MISSING:
                values = with_value(values, path, None)
        return values

    def _named(self, held: "_Held", values: Mapping[str, Value]) -> tuple[dict[str, Value], str]:
        data, path = dict(values), self._options.id_keys
        given = at(data, path)
        if given is MISSING or is_blank(given):
            data = with_id(data, path, held.free_id())
        id = id_of(data, path)
        if id is None or id in held.places:
            what = "is taken" if id else "is neither text nor a whole number"
            summary = f"{self._path}: the id of the new record {what}"
            raise Rejected("W151", summary, f"see what the mapping writes to {self._options.id!r}")
        return data, id

    def _load(self) -> "_Held":
        if self._held is None:
            self._held = self._read()
        return self._held

    def _read(self) -> "_Held":
        layout = layout_of(self._path, self._format, self._options)
        held = _Held(layout)
        try:
            with opened(self._path) as file:
                held.digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                text = as_utf8(self._path, file, self._options.encoding)
                held.start = self._start(file, text)
                ids = Ids(self._path, self._options)
                for entry in layout.entries(text):
                    id, problem = ids.name(entry) or (ids.shared_by(entry) or "", "")
                    held.add("" if problem else id, entry.raw)
                    if not problem:
                        number = isinstance(at(entry.data, self._options.id_keys), int)
                        held.numeric = number and (held.numeric or len(held.places) == 1)
                held.number_beyond(self._used_ids)
        except ReadError as error:
            raise NotSent(error.code, error.summary, error.help) from None
        return held

    def _start(self, file: BinaryIO, text: BinaryIO) -> bytes:
        """Return the file's first bytes; raise `ReadError` if decoding it would lose any."""
        if text is file:
            return b""
        file.seek(0)
        data, utf8 = file.read(), text.read()
        text.seek(0)
        if from_utf8(utf8, data[:2], self._options.encoding) != data:
            summary = f"{self._path}: cannot be rewritten in {self._options.encoding} unchanged"
            raise ReadError("R151", summary, "save the file as UTF-8")
        return data[:2]

    def _encoded(self, held: "_Held", encode: Callable[[], bytes]) -> bytes:
        try:
            raw = encode()
        except (Flaw, RecursionError) as error:
            why = error if isinstance(error, Flaw) else "is nested too deep"
            raise Rejected("W150", f"the record {why}", "correct the value at its source") from None
        if not can_hold(raw, self._options.encoding):
            summary = f"the record holds a character that {self._options.encoding} does not have"
            raise Rejected(
                "W150", summary, "correct the value at its source, or keep the file in UTF-8"
            )
        held.dirty = True
        return raw

    def _digest_now(self) -> str:
        try:
            with opened(self._path) as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except ReadError as error:
            raise NotSent(error.code, error.summary, error.help) from None

    def _replace(self, data: bytes) -> None:
        path = Path(self._path).resolve()  # preserves a symbolic link
        about_to_leave()
        try:
            replace_file(path, data)
        except OSError as error:
            summary = f"{self._path}: cannot be rewritten: {error.strerror}"
            raise NotSent(
                "W153", summary, "the file is as it was; check space and folder"
            ) from None
        try:
            sync_folder(path.parent)
        except OSError as error:
            summary = f"{self._path}: rewritten, but perhaps not on the disk: {error.strerror}"
            raise Unknown("W154", summary, "check the disk, then plan again") from None


_WRITABLE = 0o222


@dataclass(slots=True)
class _Held:
    """A file in memory: the bytes of each record, and the positions of each id."""

    layout: Layout
    raws: list[bytes] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    digest: str = ""
    start: bytes = b""
    numeric: bool = False
    dirty: bool = False
    _highest: str = "0"

    def add(self, id: str, raw: bytes) -> None:
        """Add a record at the end; `id` is "" if it has none."""
        if id:
            self.places.setdefault(id, []).append(len(self.raws))
            self.number_beyond((id,))
        self.raws.append(raw)

    def number_beyond(self, ids: Iterable[str]) -> None:
        """Make `free_id` exceed these ids, as far as they are numbers."""
        for id in ids:
            if id.isascii() and id.isdigit() and len(id) <= _LONGEST_NUMBER:
                self._highest = max(self._highest, id, key=int)

    def free_id(self) -> Value:
        """Return the number after the highest id, with the same leading zeros.

        Never fills a gap, because other systems may use its number for a deleted record.
        """
        number = int(self._highest) + 1
        return number if self.numeric else str(number).zfill(len(self._highest))


_LONGEST_NUMBER = 15
"""Digits; a longer id is not a counter, and many programs cannot represent it exactly."""


def _merged(data: Mapping[str, Value], values: Mapping[str, Value]) -> dict[str, Value]:
    merged = dict(data)
    for key, value in values.items():
        inner = merged.get(key)
        both = isinstance(value, dict) and isinstance(inner, dict)
        merged[key] = _merged(inner, value) if both else value  # type: ignore[arg-type]
    return merged
