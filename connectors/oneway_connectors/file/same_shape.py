"""Decodes many records of one shape at once, where each is certainly as it would be by itself.

Exports give every record the same keys. Once they are known, msgspec decodes records without a
dict of their keys, and their members need not be counted one by one: the number of colons tells
whether a key stands twice. A record that is unusual in any way is left to the parsers of single
records, which have every message.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import chain
from operator import attrgetter
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET

from oneway.core.batches import RecordShape
from oneway.core.dataclass import dataclass
from oneway.core.nesting import DEEPEST
from oneway.core.records import Value
from oneway_connectors.fast_json import UNLIKE, FastDecoder, members
from oneway_connectors.file.layout import FileEntries, FileEntry

_MOST_KEYS = 400
"""The most keys of one object: one with more is a table, not a record."""
_DEEPEST = 8
"""How deep objects are told apart; deeper ones are decoded as plain data."""
SAMPLES = 100
"""The number of records whose shape decides how the others are decoded."""
GROUP, BYTES = 200, 200_000
"""How many texts that come one by one, and how many of their bytes, are decoded at once."""
_FEWEST = 16
"""How many records are decoded one by one if any of them is unusual."""
_ESCAPED_COLON = b"\\u003"
"""What each escape of a colon contains."""

_Samples: TypeAlias = Sequence[Mapping[str, Value]]
_Get: TypeAlias = Callable[[Any], Any]


class RawGroup(NamedTuple):
    """Texts that are decoded at once, and all of them as one, with something blank between them."""

    raws: Sequence[bytes]
    joined: bytes


_One: TypeAlias = Callable[[int, Sequence[bytes]], Iterator[FileEntry]]
_Lines: TypeAlias = Callable[[int, Sequence[bytes]], Sequence[int]]
_Decode: TypeAlias = Callable[[bytes], dict[str, Value]]


def grouped(
    groups: Iterator[RawGroup], one_by_one: _One, lines: _Lines, decode: _Decode
) -> Iterator[FileEntry | FileEntries]:
    """Yield the entries of groups of texts, in order, those of the shape of the first ones as one.

    `one_by_one` yields the entries of texts, each decoded by itself, and `lines` says where texts
    start; both are also given the number of texts before them, and each text is given to one.
    `decode` returns the data of one text.
    """
    first = next(groups, RawGroup([], b""))
    fast = FastDecoder().decoded
    samples = [data for raw in first.raws[:SAMPLES] if (data := fast(raw)) is not None]
    decoder = _decoder_of(samples)
    start = 0
    for group in chain([first], groups):
        parts = decoder.decoded(group) if decoder is not None else iter([(group.raws, None)])
        plain = group.joined.isascii() and not _holds(group.joined, b"\\u")
        for raws, items in parts:
            if items is None or decoder is None:
                yield from one_by_one(start, raws)
            else:
                yield FileEntries(lines(start, raws), raws, items, decoder.shape, decode, plain)
            start += len(raws)


def in_groups(raws: Iterable[bytes]) -> Iterator[RawGroup]:
    """Yield some texts at a time; no more than fit into memory, however long they are."""
    group: list[bytes] = []
    size = 0
    for raw in raws:
        group.append(raw)
        size += len(raw)
        if len(group) == GROUP or size > BYTES:
            yield _group_of(group)
            group, size = [], 0
    if group:
        yield _group_of(group)


def _group_of(raws: Sequence[bytes]) -> RawGroup:
    return RawGroup(raws, b"\n".join(raws))


def _holds(joined: bytes, escape: bytes) -> bool:
    """Return whether an escape is in many texts; to search for one byte is much faster."""
    return b"\\" in joined and escape in joined


def _decoder_of(samples: _Samples) -> "ShapedDecoder | None":
    try:
        return ShapedDecoder(samples)
    except ValueError:  # no records, or a key that cannot be an attribute
        return None


class ShapedDecoder:
    """Decodes records of the shape that some objects have.

    Raises ValueError where they have none: a key that no attribute can stand for.
    """

    def __init__(self, samples: _Samples) -> None:
        self._objects = _objects(samples, 0)
        self.shape = self._objects.shape
        self._decode = msgspec.json.Decoder(self._objects.type).decode

    def decoded(self, group: RawGroup) -> Iterator[tuple[Sequence[bytes], list[Any] | None]]:
        """Yield the next of some texts, and what they hold.

        None stands for records of which some are unusual: each is to be decoded by itself.
        """
        raws, items = group.raws, self._usual(group)
        if items is not None or len(raws) <= _FEWEST:
            yield raws, items
            return
        half = len(raws) // 2
        yield from self.decoded(_group_of(raws[:half]))
        yield from self.decoded(_group_of(raws[half:]))

    def _usual(self, group: RawGroup) -> list[Any] | None:
        joined = group.joined
        try:
            items = list(map(self._decode, group.raws))
        except UNLIKE:
            return None
        # Each member has one colon outside of text: where there are no others, each key that was
        # written was decoded, and none is duplicated. No record has fewer, so that all together
        # have as many only where each has.
        others = joined.count(b":") - self._objects.members(items)
        if others and _holds(joined, _ESCAPED_COLON):
            return None  # a text may hold a colon that is not written as one
        return items if not others or self._objects.are_in_text(items, others) else None


@dataclass(slots=True)
class _Objects:
    """The objects at one place of each record: their type, and how to count their members."""

    type: Any
    shape: RecordShape
    depth: int
    scalars: Sequence[str]
    inner: "Sequence[tuple[str, _Objects]]"
    loose: Sequence[_Get]
    """How to get values that may be lists, or objects of any keys, or absent."""
    with_colons: Sequence[str] = field(default=())
    """Those of `scalars`, by their keys, that are text with colons in some record."""

    def members(self, items: Sequence[Any]) -> int:
        """Return how many members some of these objects have, with all that is within them."""
        found = (len(self.scalars) + len(self.inner) + len(self.loose)) * len(items)
        for key, objects in self.inner:
            found += objects.members(self._below(key, items))
        for get in self.loose:
            for each in map(get, items):
                if each is UNSET:
                    found -= 1
                elif each.__class__ is dict or each.__class__ is list:
                    found += members(each, DEEPEST - 1 - self.depth)
        return found

    def _below(self, key: str, items: Sequence[Any]) -> Sequence[Any]:
        """Return the objects under a key."""
        found = self.shape.all_of(key, items)
        return found if all(found) else [each for each in found if each is not None]

    def are_in_text(self, items: Sequence[Any], colons: int) -> bool:
        """Return whether this many colons are certainly within text: a time, an address."""
        return self._colons(items) == colons or self._colons(items, again=True) == colons

    def _colons(self, items: Sequence[Any], *, again: bool = False) -> int:
        """Return how many colons are in texts that are known to have some; find those `again`."""
        if again:
            self.with_colons = [key for key in self.scalars if self._colons_at(key, items)]
        found = sum(self._colons_at(key, items) for key in self.with_colons)
        for key, objects in self.inner:
            found += objects._colons(self._below(key, items), again=again)
        return found

    def _colons_at(self, key: str, items: Sequence[Any]) -> int:
        texts = [each for each in self.shape.all_of(key, items) if each.__class__ is str]
        return "".join(texts).count(":")


def _objects(samples: _Samples, depth: int) -> _Objects:
    """Return what objects have in common; raise ValueError where no type can say it."""
    keys = list(dict.fromkeys(key for each in samples for key in each))
    if not samples or len(keys) > _MOST_KEYS:
        raise ValueError("not of one shape")
    names = {key: f"m{position}" for position, key in enumerate(keys)}
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    scalars, inner, loose = [], {}, []
    sometimes = []
    for key, name in names.items():
        get, values = attrgetter(name), [each[key] for each in samples if key in each]
        kinds = set(map(type, values))
        if len(values) < len(samples):
            sometimes.append(key)
            loose.append(get)
            fields.append((name, Any, UNSET))
        elif kinds.isdisjoint({dict, list}):
            scalars.append(key)
            fields.append((name, str | int | float | bool | None))
        elif depth < _DEEPEST and kinds <= {dict, NoneType}:
            inner[key] = _objects([each for each in values if isinstance(each, dict)], depth + 1)
            fields.append((name, inner[key].type | None))
        else:
            loose.append(get)
            fields.append((name, Any))
    made = msgspec.defstruct(
        "Shaped",
        sorted(fields, key=len),  # those with a default last
        rename={name: key for key, name in names.items()},
        forbid_unknown_fields=True,
        gc=False,
    )
    shape = RecordShape(
        {key: name for key, name in names.items() if key not in sometimes},
        {key: each.shape for key, each in inner.items()},
        frozenset(sometimes),
        frozenset(scalars),
    )
    return _Objects(made, shape, depth, scalars, list(inner.items()), loose)
