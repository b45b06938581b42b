"""The links of a connection as a run stored them, beside the quiet pairs of that run.

As long as the links are the same, they say the same about each quiet pair.
"""

from array import array
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, compress, count
from operator import ne
from typing import NamedTuple, TypeAlias

from oneway.history.baseline.lines import Numbers
from oneway.planning.links import Links, pairs_of

_Pairs: TypeAlias = Sequence[tuple[str, str]]
KeptLinksData: TypeAlias = tuple[memoryview, list[tuple[str, str]], memoryview]


class LinkChanges(NamedTuple):
    """The links that were added since the stored run, and those that are gone."""

    new: AbstractSet[tuple[str, str]] = frozenset()
    gone: AbstractSet[tuple[str, str]] = frozenset()


class BaselineLinks(NamedTuple):
    """All links as text; those that belong to no quiet pair; and the quiet pairs without a link.

    An empty text means that the links could not be written, so it equals no other.
    """

    text: bytes | memoryview
    strange: _Pairs
    unlinked: Numbers

    @classmethod
    def of(cls, links: Links, sources: Sequence[str], targets: Sequence[str]) -> "BaselineLinks":
        """Return links as they are stored beside quiet pairs, whose ids are given."""
        strange = set(links.pairs).difference(zip(sources, targets, strict=True))
        different = map(ne, map(links.targets.get, sources), targets)
        return cls(links.text, sorted(strange), array("I", compress(count(), different)))

    def changes(self, links: Links) -> LinkChanges | None:
        """Return the links that were added or removed since then; None if that is unknown."""
        if self.text == links.text != b"":
            return LinkChanges()
        before = pairs_of(self.text)
        if before is None:
            return None
        now, then = set(links.pairs), set(before)
        return LinkChanges(now - then, then - now)

    def linked(self, number: int) -> Iterator[int]:
        """Yield the positions of the linked pairs among this number of quiet pairs."""
        start = 0
        for end in chain(self.unlinked, (number,)):
            yield from range(start, end)
            start = end + 1

    @property
    def data(self) -> KeptLinksData:
        """The data for `of_data`."""
        unlinked = memoryview(self.unlinked.tobytes())
        return memoryview(self.text), list(self.strange), unlinked

    @classmethod
    def of_data(cls, data: KeptLinksData) -> "BaselineLinks":
        """Return the links from which `data` was made."""
        text, strange, unlinked = data
        return cls(text, strange, unlinked.cast("I"))
