"""The links of a connection as a run kept them, beside the settled pairs of that run.

While the links are as they were, so is what they say of each settled pair, and nobody has to ask.
"""

from array import array
from collections.abc import Sequence
from itertools import compress, count
from operator import ne
from typing import NamedTuple, TypeAlias

from oneway.history.kept_lines import Numbers
from oneway.planning.link_table import Links

_Pairs: TypeAlias = Sequence[tuple[str, str]]
_Packed = list[tuple[str, str]]
KeptLinksData: TypeAlias = tuple[memoryview, _Packed, memoryview]


class KeptLinks(NamedTuple):
    """All links, packed; those of no settled pair; and the settled pairs that are not linked.

    What was packed as nothing is the same as no other links: it could not be packed.
    """

    packed: bytes | memoryview
    strange: _Pairs
    unlinked: Numbers

    @classmethod
    def of(cls, links: Links, sources: Sequence[str], targets: Sequence[str]) -> "KeptLinks":
        """Return links as they are kept beside settled pairs, whose ids are given."""
        strange = set(links.pairs).difference(zip(sources, targets, strict=True))
        different = map(ne, map(links.targets.get, sources), targets)
        return cls(_packed(links.pairs), sorted(strange), array("I", compress(count(), different)))

    def changed(self, links: Links) -> set[tuple[str, str]] | None:
        """Return the links that are there now or were then, and not both; None if not known."""
        import msgspec

        if not self.packed:
            return None
        if _packed(links.pairs) == self.packed:
            return set()
        return set(links.pairs) ^ set(msgspec.msgpack.decode(self.packed, type=_Packed))

    @property
    def data(self) -> KeptLinksData:
        """What `of_data` takes."""
        unlinked = memoryview(self.unlinked.tobytes())
        return memoryview(self.packed), list(self.strange), unlinked

    @classmethod
    def of_data(cls, data: KeptLinksData) -> "KeptLinks":
        """Return what `data` was taken of."""
        packed, strange, unlinked = data
        return cls(packed, strange, unlinked.cast("I"))


def _packed(pairs: _Pairs) -> bytes:
    import msgspec  # for second nights alone

    try:
        return msgspec.msgpack.encode(pairs)
    except UnicodeEncodeError:  # half of a character
        return b""
