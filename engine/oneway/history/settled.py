"""What a run keeps so that the next one need not read again what has not changed.

A settled pair is a line of the source and a line of the target of which the run had nothing to
say. Kept are the digests of both lines, what the plan shows of the pair (ids, key and name), and
the digests of its handles. All digests are keyed with the state folder's key: nobody who sees
them can try values, or make another line that has the same digest.

One private file for each connection: its code, and then the parts as MessagePack. A file that is
damaged, of another version or another key is the same as none.
"""

import hashlib
import hmac
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.seal import Seal
from oneway.history.kept_lines import DIGEST, Digest, KeptLines, LineDigests
from oneway.planning.plan import Quiet
from oneway.state.files import write_whole
from oneway.state.folder import StateFolder

FORMAT = b"oneway settled 3\n"
"""How a file begins; another version is not read."""

_HANDLE = 8
"""Bytes of a handle's digest: where two have the same, a pair is read for nothing."""
_CODE = 32

Word: TypeAlias = str | int | float | bool
"""A value that is compared with a word."""


class Digests:
    """Digests the lines and handles of one connection, with keys made of the state folder's."""

    def __init__(self, seal: Seal, connection: str) -> None:
        self._lines = {
            role: _keyed(seal, f"{role} lines of {connection}", DIGEST)
            for role in ("source", "target")
        }
        self._pieces = {
            role: _of_pieces(seal, f"{role} pieces of {connection}")
            for role in ("source", "target")
        }
        self._handles = _keyed(seal, f"handles of {connection}", _HANDLE)

    def of_lines(self, role: str) -> LineDigests:
        """Return what digests the lines of the "source" or of the "target", and pieces of them."""
        copy = self._lines[role].copy

        def digest(line: bytes) -> bytes:
            made = copy()
            made.update(line.removesuffix(b"\n"))
            return made.digest()

        return LineDigests(digest, self._pieces[role])

    def of_handle(self, handle: str) -> int:
        """Return the digest of a handle, as a number of eight bytes."""
        made = self._handles.copy()
        made.update(handle.encode("utf-8", "surrogatepass"))
        return int.from_bytes(made.digest(), "little")


def _keyed(seal: Seal, what: str, size: int) -> "hashlib.blake2b":
    return hashlib.blake2b(key=bytes.fromhex(seal.mac(f"key of {what}")), digest_size=size)


def _of_pieces(seal: Seal, what: str) -> Digest:
    """Return what digests pieces: BLAKE3, which takes a fifth of the time, where it is installed.

    Those of another digest are never the same; then each line is looked at.
    """
    key = bytes.fromhex(seal.mac(f"key of {what}"))
    try:
        from blake3 import blake3  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return lambda data: hashlib.blake2b(data, key=key, digest_size=DIGEST).digest()
    return lambda data: blake3(data, key=key).digest(DIGEST)


class SettledPair(NamedTuple):
    """The digests of a pair's lines and handles, and what the plan shows of it.

    `quiet` says of `only_by_key` what holds where no link of earlier runs says more.
    """

    source: bytes
    target: bytes
    quiet: Quiet
    blanks: tuple[int, int]
    """At which keys that are told of the source record, and the target record, is blank: bits."""
    handles: Sequence[int]


@dataclass(frozen=True, slots=True)
class Settled:
    """The settled pairs of a run, and under which circumstances they are.

    `context` is the digest of all that an evaluation depends on beside the two lines. `telling` are
    the fields that told people apart; `lowest` is the lowest target id among the pairs that hold
    each field by which that is seen. `words` are the values of the source and of the target that
    are compared with the words of the mapping, and `untyped` the constants without a value of
    their type. Of the pairs, all stands by position: `handles` and `owners` beside each other.
    """

    context: str
    telling: tuple[int, ...]
    lowest: Mapping[int, str]
    words: Mapping[str, Mapping[str, Sequence[Word]]]
    untyped: Mapping[str, Sequence[str]]
    source: KeptLines
    target: KeptLines
    quiet: Sequence[Quiet]
    blanks: Sequence[tuple[int, int]]
    handles: "array[int]"
    owners: "array[int]"

    def sharing(self, handles: Collection[int]) -> set[int]:
        """Return the pairs that have one of these handles."""
        pairs = zip(self.handles, self.owners, strict=True)
        return {owner for handle, owner in pairs if handle in handles}

    def pairs(self, positions: Collection[int]) -> Iterator[SettledPair]:
        """Yield some of the pairs, in the order of their positions."""
        owned: dict[int, list[int]] = {position: [] for position in sorted(positions)}
        for handle, owner in zip(self.handles, self.owners, strict=True):
            if owner in owned:
                owned[owner].append(handle)
        sides = self.source, self.target
        for position, handles in owned.items():
            source, target = (side.digest_of(side.by_pair[position]) for side in sides)
            yield SettledPair(source, target, self.quiet[position], self.blanks[position], handles)


def columns(
    pairs: Sequence[SettledPair],
) -> "tuple[list[Quiet], list[tuple[int, int]], _Numbers, _Numbers]":
    """Return pairs as `Settled` has them."""
    return (
        [pair.quiet for pair in pairs],
        [pair.blanks for pair in pairs],
        array("Q", (handle for pair in pairs for handle in pair.handles)),
        array("Q", (position for position, pair in enumerate(pairs) for _ in pair.handles)),
    )


_Numbers: TypeAlias = "array[int]"


def load_settled(state: StateFolder, connection: str) -> Settled | None:
    """Return what the last run of a connection kept; None if there is nothing of use."""
    try:
        data = _path(state, connection).read_bytes()
    except OSError:
        return None
    head, body = data[: len(FORMAT) + _CODE], data[len(FORMAT) + _CODE :]
    if not data.startswith(FORMAT) or not hmac.compare_digest(head, _head(state, connection, body)):
        return None
    import msgspec  # takes long, and few runs have settled pairs

    try:
        return _settled_of(msgspec.msgpack.decode(body, type=_Data))
    except (msgspec.MsgspecError, TypeError, ValueError, LookupError):
        return None


def keep_settled(state: StateFolder, connection: str, settled: Settled) -> None:
    """Keep what a run has settled, in place of what was kept.

    That it cannot be written stops no run: what was kept holds as well.
    """
    import msgspec

    body = msgspec.msgpack.encode(_data_of(settled))
    path = _path(state, connection)
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, _head(state, connection, body) + body)


def discard_settled(state: StateFolder, connection: str) -> bool:
    """Remove what the last run of a connection kept; return whether there was anything."""
    try:
        _path(state, connection).unlink()
    except OSError:
        return False
    return True


def _path(state: StateFolder, connection: str) -> Path:
    name = hashlib.sha256(connection.encode()).hexdigest()[:32]
    return state.path / "settled" / name


def _head(state: StateFolder, connection: str, body: bytes) -> bytes:
    code = state.seal().mac(f"settled {connection} {hashlib.sha256(body).hexdigest()}")
    return FORMAT + bytes.fromhex(code)


def _data_of(settled: Settled) -> "_Data":
    return (
        settled.context,
        settled.telling,
        dict(settled.lowest),
        settled.words,
        settled.untyped,
        settled.source.data,
        settled.target.data,
        list(settled.quiet),
        list(settled.blanks),
        settled.handles.tobytes(),
        settled.owners.tobytes(),
    )


_Data: TypeAlias = tuple[
    str,
    tuple[int, ...],
    dict[int, str],
    Mapping[str, Mapping[str, Sequence[Word]]],
    Mapping[str, Sequence[str]],
    tuple[bytes, ...],
    tuple[bytes, ...],
    list[Quiet],
    list[tuple[int, int]],
    bytes,
    bytes,
]


def _settled_of(data: _Data) -> Settled:
    context, telling, lowest, words, untyped, source, target, quiet, blanks, handles, owners = data
    numbers = array("Q", handles), array("Q", owners)
    lines = KeptLines.of_data(source), KeptLines.of_data(target), quiet, blanks
    return Settled(context, telling, lowest, words, untyped, *lines, *numbers)
