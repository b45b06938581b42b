"""The file of a shared rate limit: its layout, and access to it under a lock.

    head     the format, the clock's last reading, how many requests began and ended, and the
             instant before which none may begin
    open     requests in flight: number, and until when they count if no end is recorded
    ends     when the last N requests were answered: a ring, in order

The order of writes ensures that a kill at any moment only makes others wait longer than necessary,
never less.
"""

import os
import struct

from oneway.core.dataclass import dataclass
from oneway_connectors.rest.rate import Limit

_MAGIC = b"oneway pace 1\n\0\0"
_HEAD = struct.Struct("<16s16sddQQd")
_OPEN = struct.Struct("<Qd")
_END = struct.Struct("<d")
_MOST_OPEN = 128
"""The maximum number of requests in flight, over all processes."""
SLACK = 10.0
"""Seconds by which a reading of the clock may be older than the one in the file, because it is
taken before the file is locked."""
_LONGEST_HOLD = 3600.0
"""Seconds; the schema's limit for how long to wait for a system (`retry.max_wait`)."""
_LONGEST_LEASE = 86400.0
_MOST_EVER = 2**62


class Damaged(Exception):
    """The file has content that Oneway did not write."""


@dataclass(slots=True)
class Head:
    """The beginning of the file; `boot` identifies the clock of its instants."""

    boot: bytes
    read: float
    wall: float
    begun: int = 0
    ended: int = 0
    not_before: float = float("-inf")


@dataclass(frozen=True, slots=True)
class Book:
    """The file of a pace, open and locked. Methods raise `OSError` and `Damaged`."""

    handle: int
    requests: int

    @classmethod
    def of(cls, handle: int, limit: Limit | None) -> "Book":
        """Return the book of a limit; without one it consists only of the head."""
        return cls(handle, limit[0] if limit else 0)

    @property
    def places(self) -> int:
        """The maximum number of requests in flight."""
        return min(self.requests, _MOST_OPEN)

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self._end_at(self.requests)

    def start(self, head: Head) -> None:
        """Reset the file to a head without requests."""
        os.ftruncate(self.handle, 0)
        # At its full size, so that no later write fails because the disk is full.
        self._write(bytes(self.size), 0)
        self.write_head(head)

    def head(self) -> Head:
        """Return the head."""
        if os.fstat(self.handle).st_size != self.size:
            raise Damaged
        magic, *rest = _HEAD.unpack(self._read(_HEAD.size, 0))
        if magic != _MAGIC:
            raise Damaged
        return Head(*rest)

    def write_head(self, head: Head) -> None:
        """Write the head."""
        self._write(_packed(head), 0)

    def checked(self, head: Head, now: float) -> Head:
        """Return the head; raise `Damaged` if it is invalid."""
        instants = head.read <= now + SLACK and head.not_before <= now + _LONGEST_HOLD + SLACK
        if instants and max(head.begun, head.ended) < _MOST_EVER:
            return head
        raise Damaged

    def open(self, now: float) -> list[tuple[int, float]]:
        """Return the number and lease in each slot; number 0 marks an empty slot."""
        data = self._read(_OPEN.size * self.places, _HEAD.size)
        found = list(_OPEN.iter_unpack(data))
        if not all(until <= now + _LONGEST_LEASE for _, until in found):
            raise Damaged
        return found

    def write_open(self, place: int, number: int, until: float) -> None:
        """Write a slot."""
        self._write(_OPEN.pack(number, until), _HEAD.size + place * _OPEN.size)

    def end(self, head: Head, back: int) -> float | None:
        """Return when the `back`th of the last requests was answered, or None."""
        if back > head.ended:
            return None
        at = self._end_at((head.ended - back) % self.requests)
        found: float = _END.unpack(self._read(_END.size, at))[0]
        if not found <= head.read + SLACK:
            raise Damaged
        return found

    def write_end(self, head: Head, place: int, now: float) -> None:
        """Mark the request in a slot as answered. Also writes the head."""
        self._write(_END.pack(now), self._end_at(head.ended % self.requests))
        head.ended += 1
        self.write_head(head)
        self.write_open(place, 0, 0.0)

    def move(self, head: Head, seconds: float) -> None:
        """Move all instants except the head's reading by some seconds. Also writes the head."""
        head.not_before += seconds
        opened = self._read(_OPEN.size * self.places, _HEAD.size)
        ends = self._read(_END.size * self.requests, self._end_at(0))
        # In one write, or a kill in between would let half of it be moved twice.
        moved = [_packed(head)]
        moved += [
            _OPEN.pack(n, until + seconds if n else 0) for n, until in _OPEN.iter_unpack(opened)
        ]
        moved += [_END.pack(end + seconds) for (end,) in _END.iter_unpack(ends)]
        self._write(b"".join(moved), 0)

    def _end_at(self, place: int) -> int:
        return _HEAD.size + _OPEN.size * self.places + _END.size * place

    def _read(self, size: int, at: int) -> bytes:
        data = os.pread(self.handle, size, at)
        if len(data) != size:
            raise Damaged
        return data

    def _write(self, data: bytes, at: int) -> None:
        if os.pwrite(self.handle, data, at) != len(data):
            raise OSError("it could not be written in full")


def _packed(head: Head) -> bytes:
    counts = head.begun, head.ended, head.not_before
    return _HEAD.pack(_MAGIC, head.boot, head.read, head.wall, *counts)
