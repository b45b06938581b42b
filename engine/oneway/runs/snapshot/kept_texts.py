"""Compresses the texts that are kept of all records until a run is recorded."""

import zlib
from collections.abc import Iterable, Iterator

_AT_A_TIME = 1_000
"""Texts that are compressed together: people's records are much alike."""


class KeptTexts:
    """Lines of canonical JSON, in order.

    Uncompressed, two lines for each person take more memory than their rows.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._packed: list[bytes] = []
        self._last: list[str] = []
        """The texts that are not packed yet."""
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        """Add texts after all others."""
        self._last += texts
        while len(self._last) >= _AT_A_TIME:
            lines = "\n".join(self._last[:_AT_A_TIME]).encode("ascii")
            self._packed.append(zlib.compress(lines, 1))
            del self._last[:_AT_A_TIME]

    def and_also(self, more: Iterable[str]) -> "KeptTexts":
        """Return these texts and others after them."""
        made = KeptTexts()
        made._packed, made._last = [*self._packed], [*self._last]
        made.extend(more)
        return made

    def __len__(self) -> int:
        return len(self._packed) * _AT_A_TIME + len(self._last)

    def __iter__(self) -> Iterator[str]:
        for each in self._packed:
            yield from zlib.decompress(each).decode("ascii").split("\n")
        yield from self._last
