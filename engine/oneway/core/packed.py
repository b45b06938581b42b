"""Packs values into a few bytes, which are equal exactly if the values and their types are.

Of a million records, nearly all are only compared with another one. Eight separate texts take four
times the memory, and each is fetched from another part of it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any


@cache
def packer() -> Callable[[object], bytes]:
    """Return a packer of plain values, named tuples and enums; it raises for anything else.

    An enum is packed as its value, and a tuple as a list: the reader knows which it is.
    """
    import msgspec  # most starts can do without it

    return msgspec.msgpack.Encoder().encode


@cache
def unpacker() -> Callable[[bytes], Any]:
    """Return the unpacker of packed values."""
    import msgspec

    return msgspec.msgpack.Decoder().decode


def packed_list(number: int, packed: bytes | bytearray) -> bytes:
    """Return a packed list of this many packed values, whose bytes follow one another."""
    return b"".join((_LIST, number.to_bytes(4, "big"), packed))


def unpacker_of(kind: Any) -> Callable[[bytes], Any]:
    """Return the unpacker of values of a type."""
    import msgspec

    return msgspec.msgpack.Decoder(kind).decode


def lists_of(kind: Any) -> Callable[[bytes], list[Any]]:
    """Return the unpacker of lists of values of a type."""
    import msgspec

    return msgspec.msgpack.Decoder(list[kind]).decode


def beginning(*fields: tuple[str, Any]) -> Any:
    """Return the type of packed lists that begin with these fields; the rest is not unpacked.

    Unpacking many lists at once, and only what is needed of them, takes a third of the time.
    """
    import msgspec

    return msgspec.defstruct("Packed", fields, array_like=True, gc=False)


_LIST = b"\xdd"
"""The first byte of a list in MessagePack; the number of its items follows."""
