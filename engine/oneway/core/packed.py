"""Values packed into a few bytes, which are equal exactly where the values and their types are.

Of a million records nearly all are only compared with another one: eight texts by themselves take
four times as much memory, and each has to be fetched from another part of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any


@cache
def packer() -> Callable[[object], bytes]:
    """Return what packs plain values, named tuples and enums; it raises what JSON cannot hold.

    An enum is packed as its value is, and a tuple as a list: what reads them knows which it is.
    """
    import msgspec  # which most starts need not wait for

    return msgspec.msgpack.Encoder().encode


@cache
def unpacker() -> Callable[[bytes], Any]:
    """Return what gives back the values that were packed."""
    import msgspec

    return msgspec.msgpack.Decoder().decode


def columns_of(packed: Sequence[bytes], positions: Collection[int]) -> Mapping[int, Sequence[Any]]:
    """Return what stands at some positions of the lists that packed lists begin with.

    All lists at once, and no further than to the last of the positions, takes a third of the time.
    """
    found = [each.within for each in _first(max(positions, default=0) + 1)(_joined(packed))]
    return {at: list(map(attrgetter(f"m{at}"), found)) for at in positions}


def seconds_of(packed: Sequence[bytes]) -> list[Any]:
    """Return the second value of packed lists that begin with a list, which is not unpacked."""
    return [each.second for each in _seconds()(_joined(packed))]


def _joined(packed: Sequence[bytes]) -> bytes:
    return _LIST + len(packed).to_bytes(4, "big") + b"".join(packed)


@cache
def _first(number: int) -> Callable[[bytes], list[Any]]:
    """Return what gives back the first few values within the first one of each of many lists."""
    import msgspec

    few = _array_like([(f"m{at}", Any) for at in range(number)])
    return msgspec.msgpack.Decoder(list[_array_like([("within", few)])]).decode  # type: ignore[misc]


@cache
def _seconds() -> Callable[[bytes], list[Any]]:
    import msgspec

    each = _array_like([("first", _array_like([])), ("second", Any)])
    return msgspec.msgpack.Decoder(list[each]).decode  # type: ignore[valid-type]


def _array_like(fields: list[tuple[str, Any]]) -> Any:
    import msgspec

    return msgspec.defstruct("Packed", fields, array_like=True, gc=False)


_LIST = b"\xdd"
"""What begins a list in MessagePack, followed by the number of its items."""
