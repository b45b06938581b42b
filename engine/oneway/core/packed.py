"""Values packed into a few bytes, which are equal exactly where the values and their types are.

Of a million records nearly all are only compared with another one: eight texts by themselves take
four times as much memory, and each has to be fetched from another part of it.
"""

from collections.abc import Callable
from functools import cache
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


def packed_list(number: int, packed: bytes | bytearray) -> bytes:
    """Return a packed list of so many packed values, whose bytes follow each other."""
    return b"".join((_LIST, number.to_bytes(4, "big"), packed))


def unpacker_of(kind: Any) -> Callable[[bytes], Any]:
    """Return what gives back packed values of a type."""
    import msgspec

    return msgspec.msgpack.Decoder(kind).decode


def lists_of(kind: Any) -> Callable[[bytes], list[Any]]:
    """Return what gives back packed lists of values of a type."""
    import msgspec

    return msgspec.msgpack.Decoder(list[kind]).decode


def beginning(*fields: tuple[str, Any]) -> Any:
    """Return the type of packed lists that begin with these fields: what follows is not unpacked.

    To unpack many at once, and no more of them than is asked for, takes a third of the time.
    """
    import msgspec

    return msgspec.defstruct("Packed", fields, array_like=True, gc=False)


_LIST = b"\xdd"
"""What begins a list in MessagePack, followed by the number of its items."""
