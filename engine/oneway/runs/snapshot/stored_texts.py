"""Holds the stored texts of all records, compressed, until a run is recorded."""

import zlib
from collections.abc import Iterable, Iterator

_AT_A_TIME = 1_000
"""How many texts are compressed together; records of people are much alike."""


class StoredTexts:
    """Lines of canonical JSON, in order.

    Uncompressed, the two lines of each person would take more memory than their rows.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._packed: list[bytes] = []
        self._last: list[str] = []
        """The texts that are not compressed yet."""
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        """Append texts."""
        self._last += texts
        while len(self._last) >= _AT_A_TIME:
            lines = "\n".join(self._last[:_AT_A_TIME]).encode("ascii")
            self._packed.append(zlib.compress(lines, 1))
            del self._last[:_AT_A_TIME]

    def and_also(self, more: Iterable[str]) -> "StoredTexts":
        """Return a copy with more texts appended."""
        made = StoredTexts()
        made._packed, made._last = [*self._packed], [*self._last]
        made.extend(more)
        return made

    def __len__(self) -> int:
        return len(self._packed) * _AT_A_TIME + len(self._last)

    def __iter__(self) -> Iterator[str]:
        for each in self._packed:
            yield from zlib.decompress(each).decode("ascii").split("\n")
        yield from self._last
