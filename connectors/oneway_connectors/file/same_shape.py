"""Decodes many records of one shape at once, if that certainly gives the same records.

In exports, every record has the same keys. Once they are known, msgspec decodes records without
building dicts, and their members need not be counted one by one: the number of colons shows whether
a key occurs twice. A record that is unusual in any way is left to the parsers of single records,
which have all messages.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
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
from oneway_connectors.fast_json import UNLIKE, members
from oneway_connectors.file.layout import FileEntries, FileEntry

_MOST_KEYS = 400
"""The maximum number of keys of an object; one with more is a table, not a record."""
_DEEPEST = 8
"""The depth to which objects get their own types; deeper ones are decoded as plain data."""
SAMPLES = 100
"""The number of records from which the shape is learnt."""
GROUP, BYTES = 200, 200_000
"""How many texts, or bytes of texts, are decoded at once."""
_FEWEST = 16
"""The smallest group; if one of its records is unusual, they are decoded one by one."""
_ESCAPED_COLON = b"\\u003"
"""The beginning of every escape of a colon."""

_SCALAR = str | int | float | bool | None
_Samples: TypeAlias = Sequence[Mapping[str, Value]]
_Get: TypeAlias = Callable[[Any], Any]


class RawGroup(NamedTuple):
    """Texts to be decoded at once, separately and joined, with white space between them."""

    raws: Sequence[bytes]
    joined: bytes


_One: TypeAlias = Callable[[int, Sequence[bytes]], Iterator[FileEntry]]
_Lines: TypeAlias = Callable[[int, Sequence[bytes]], Sequence[int]]
_Decode: TypeAlias = Callable[[bytes], dict[str, Value]]


def grouped(
    groups: Iterator[RawGroup], one_by_one: _One, lines: _Lines, decode: _Decode
) -> Iterator[FileEntry | FileEntries]:
    """Yield the entries of groups of texts, in order, with several of the usual shape at once.

    `one_by_one` yields the entries of texts decoded one by one, and `lines` returns the lines on
    which texts start. Both also get the number of texts before, and each text goes to one of them.
    `decode` returns the data of one text.
    """
    first = next(groups, RawGroup([], b""))
    decoder = _decoder_of(list(_samples(first.raws[:SAMPLES])))
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
    """Yield groups of texts that fit into memory, however long the texts are."""
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
    """Return whether many texts contain an escape; searches for one byte first, for speed."""
    return b"\\" in joined and escape in joined


def _samples(raws: Iterable[bytes]) -> Iterator[Mapping[str, Value]]:
    """Yield the objects among some texts; unlike records, they may have a key twice."""
    for raw in raws:
        with suppress(*UNLIKE):
            data = msgspec.json.decode(raw)
            if isinstance(data, dict):
                yield data


def _decoder_of(samples: _Samples) -> "ShapedDecoder | None":
    try:
        return ShapedDecoder(samples)
    except ValueError:  # no records, or a key that cannot be an attribute
        return None


class ShapedDecoder:
    """Decodes records with the shape of some samples.

    Raises ValueError if they have none, because a key cannot be the name of an attribute.
    """

    def __init__(self, samples: _Samples) -> None:
        self._objects = _objects(samples, 0)
        self.shape = self._objects.shape
        self._decode = msgspec.json.Decoder(self._objects.type).decode

    def decoded(self, group: RawGroup) -> Iterator[tuple[Sequence[bytes], list[Any] | None]]:
        """Yield the texts of a group, several at a time, with their records.

        None in place of records means that some are unusual, so each must be decoded by itself.
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
        # Each member has one colon outside text. If there are no other colons, every key in the
        # text was decoded, so none is duplicated. No record can have fewer colons than members, so
        # if the totals are equal, they are equal for each record.
        others = joined.count(b":") - self._objects.members(items)
        if others and _holds(joined, _ESCAPED_COLON):
            return None  # a text may contain an escaped colon
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
    """How to get values that may be lists, objects with any keys, or absent."""
    with_colons: Sequence[str] = field(default=())
    """The keys of `scalars` that are text with colons in some record."""

    def members(self, items: Sequence[Any]) -> int:
        """Return how many members these objects have, including nested ones."""
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
        """Return whether this many colons are certainly in text, such as a time or an address."""
        return self._colons(items) == colons or self._colons(items, again=True) == colons

    def _colons(self, items: Sequence[Any], *, again: bool = False) -> int:
        """Return the number of colons in texts known to have some; `again` finds these texts."""
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
    """Return the common shape of objects; raise ValueError if no type can express it."""
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
            fields.append((name, _SCALAR))
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
