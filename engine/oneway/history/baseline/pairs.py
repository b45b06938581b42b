"""Pairs of records with nothing to report, stored so that the next run need not read them.

A quiet pair is a line of the source and a line of the target for which the run had nothing to do.
Stored are the digests of both lines, what the plan shows of the pair (ids, key and name), and the
digests of its handles. All digests are keyed with the state folder's key: they do not allow
guessing values, or making another line with the same digest.

There is one private file for each connection: its authentication code, then the parts as
MessagePack. A file that is damaged, or of another version or key, counts as missing.
"""

import hashlib
import hmac
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import accumulate, compress
from mmap import ACCESS_READ, mmap
from operator import eq
from pathlib import Path
from typing import NamedTuple, TypeAlias

from oneway.core.dataclass import dataclass
from oneway.core.seal import Seal
from oneway.history.baseline.lines import (
    DIGEST,
    BaselineLines,
    LineDigests,
    LinesData,
    Numbers,
)
from oneway.history.baseline.links import BaselineLinks, KeptLinksData
from oneway.mapping.profile.new_ids import is_number
from oneway.planning.plan import Quiet
from oneway.planning.quiet_outcomes import QuietTexts
from oneway.state.files import write_whole
from oneway.state.folder import StateFolder

FORMAT = b"oneway settled 14\n"
"""The start of a file; other versions are not read."""

_HANDLE, _NONE = 6, bytes(2)
"""The bytes of a handle's digest, and the padding to a number of eight bytes. If two handles have
the same digest, a pair is read needlessly."""

Floats: TypeAlias = "array[float] | memoryview[float]"
Word: TypeAlias = str | int | float | bool
"""A value that is compared with a word."""


class Digests:
    """Digests the lines and handles of one connection, with keys made from the state folder's."""

    def __init__(self, seal: Seal, connection: str) -> None:
        self._lines = {
            role: _keyed(seal, f"{role} lines of {connection}", DIGEST)
            for role in ("source", "target")
        }
        self._pieces = {
            role: _of_much(seal, f"{role} pieces of {connection}") for role in ("source", "target")
        }
        self._handles = _keyed(seal, f"handles of {connection}", _HANDLE)

    def of_lines(self, role: str) -> LineDigests:
        """Return the digester of the lines and pieces of the "source" or the "target"."""
        copy = self._lines[role].copy

        def digest(line: bytes) -> bytes:
            made = copy()
            made.update(line.removesuffix(b"\n"))
            return made.digest()

        return LineDigests(digest, self._pieces[role])

    def of_handles(self, handles: Iterable[str]) -> "array[float]":
        """Return the digests of handles: whole numbers, as floats, which sort faster."""
        copy, found = self._handles.copy, array("Q")
        digests = []
        for handle in handles:
            made = copy()
            made.update(handle.encode("utf-8", "surrogatepass"))
            digests.append(made.digest())
        found.frombytes(_NONE.join([*digests, b""]))
        return array("d", found)


def _keyed(seal: Seal, what: str, size: int) -> "hashlib.blake2b":
    return hashlib.blake2b(key=bytes.fromhex(seal.mac(f"key of {what}")), digest_size=size)


def _of_much(seal: Seal, what: str) -> Callable[[bytes | memoryview], bytes]:
    """Return a digester for many bytes: BLAKE3, which takes a fifth of BLAKE2b's time."""
    from blake3 import blake3  # only incremental runs need it

    made = blake3(key=bytes.fromhex(seal.mac(f"key of {what}")))
    reset, update, take = made.reset, made.update, made.digest

    def digest(data: bytes | memoryview) -> bytes:
        reset()
        update(data)
        return take(DIGEST)

    return digest


class BaselinePair(NamedTuple):
    """The digests of a pair's lines and handles, and what the plan shows of it.

    `only_by_key` of `quiet` holds unless a link of earlier runs says more.
    """

    source: bytes
    target: bytes
    quiet: Quiet
    blanks: tuple[int, int]
    """A bit for each watched key that is blank, in the source record and in the target record."""
    handles: Sequence[float]


class Kinds(NamedTuple):
    """The distinct `blanks`, how many pairs have each, and which each pair has."""

    kinds: Sequence[tuple[int, int]]
    counts: Sequence[int]
    of_pairs: Numbers


class PairHandles(NamedTuple):
    """The handles of all pairs, one pair after another.

    `firsts` is where those of each pair begin, plus the end of the last. `sorted` are all of them
    in order; `shared` are those that several pairs have.
    """

    handles: Floats
    firsts: Numbers
    sorted: Floats
    shared: frozenset[float]

    def of(self, pair: int) -> Sequence[float]:
        """Return the handles of a pair."""
        return self.handles[self.firsts[pair] : self.firsts[pair + 1]]

    def sharing(self, handles: Iterable[float], read: AbstractSet[int]) -> set[int]:
        """Return the pairs with one of these handles, or that share one with a `read` pair."""
        own = {handle for pair in read for handle in self.of(pair)}
        found = {handle for handle in handles if handle not in own and self._has(handle)}
        found |= own & self.shared
        if not found:
            return set()
        places = (at for at, handle in enumerate(self.handles) if handle in found)
        return {bisect_right(self.firsts, at) - 1 for at in places} - read

    def _has(self, handle: float) -> bool:
        at = bisect_left(self.sorted, handle)
        return at < len(self.sorted) and self.sorted[at] == handle


class FieldValues(NamedTuple):
    """What each field of the target holds, according to its first records (`lookalikes`).

    `kinds` is what they show, and `last` the id of the last of them, if there are enough. `first`
    are the pairs of these records and of a few more, by position. `lowest` is the lowest target id
    among all other pairs that fill a field.
    """

    kinds: Mapping[int, str]
    last: Mapping[int, str]
    lowest: Mapping[int, str]
    first: Numbers


@dataclass(frozen=True, slots=True)
class Baseline:
    """The quiet pairs of a run, and the conditions under which they are quiet.

    `context` is the digest of everything except the two lines that an evaluation depends on.
    `words` are the values of source and target that are compared with the mapping's words;
    `untyped` are the constants whose type no value has. The pairs are in the order of the plan;
    `numbers` of them have a target record whose id is a number. `links` are those that the run
    knew.
    """

    context: str
    held: FieldValues
    words: Mapping[str, Mapping[str, Sequence[Word]]]
    untyped: Mapping[str, Sequence[str]]
    source: BaselineLines
    target: BaselineLines
    quiet: QuietTexts
    numbers: int
    blanks: Kinds
    handled: PairHandles
    links: BaselineLinks

    def pairs(self, without: Collection[int]) -> Iterator[BaselinePair]:
        """Yield the pairs by position, without some of them."""
        kinds, of_pairs = self.blanks.kinds, self.blanks.of_pairs
        source, target = self.source, self.target
        for at, quiet in enumerate(self.quiet):
            if at not in without:
                yield BaselinePair(
                    source.digest_of(source.by_pair[at]),
                    target.digest_of(target.by_pair[at]),
                    quiet,
                    kinds[of_pairs[at]],
                    self.handled.of(at),
                )


def columns(pairs: Sequence[BaselinePair]) -> tuple[QuietTexts, int, Kinds, PairHandles]:
    """Return pairs as the columns of a `Baseline`."""
    _, _, quiet, blanks, handles = zip(*pairs, strict=True) if pairs else [()] * 5
    counts = Counter(blanks)
    known = {each: at for at, each in enumerate(counts)}
    of_pairs = array("I", map(known.__getitem__, blanks))
    kinds = Kinds(list(counts), list(counts.values()), of_pairs)
    together = array("d")
    for some in handles:
        together.extend(some)
    firsts = array("I", accumulate(map(len, handles), initial=0))
    in_order = array("d", sorted(together))
    shared = frozenset(compress(in_order, map(eq, in_order, in_order[1:])))
    numbers = sum(is_number(each.target_id) for each in quiet)
    return QuietTexts.of(quiet), numbers, kinds, PairHandles(together, firsts, in_order, shared)


def load_baseline(state: StateFolder, connection: str) -> Baseline | None:
    """Return what the last run of a connection stored; None if there is nothing usable."""
    try:
        with _path(state, connection).open("rb") as file:
            # Never rewritten in place. Reading it takes twice as long as digesting it.
            data = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    except (OSError, ValueError):  # ValueError: it is empty
        return None
    head, body = bytes(data[: len(FORMAT) + DIGEST]), data[len(FORMAT) + DIGEST :]
    if not head.startswith(FORMAT) or not hmac.compare_digest(head, _head(state, connection, body)):
        return None
    import msgspec  # slow to import, and few runs have quiet pairs

    try:
        return _baseline_of(msgspec.msgpack.decode(body, type=_Data))
    except (msgspec.MsgspecError, TypeError, ValueError, LookupError):
        return None


def store_baseline(state: StateFolder, connection: str, baseline: Baseline) -> None:
    """Store the baseline of a run, replacing what was stored.

    A failure to write stops no run: what was stored still holds.
    """
    import msgspec

    body = msgspec.msgpack.encode(_data_of(baseline))
    path = _path(state, connection)
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, _head(state, connection, body) + body)


def discard_baseline(state: StateFolder, connection: str) -> bool:
    """Remove what the last run of a connection stored; return whether there was anything."""
    try:
        _path(state, connection).unlink()
    except OSError:
        return False
    return True


def _path(state: StateFolder, connection: str) -> Path:
    name = hashlib.sha256(connection.encode()).hexdigest()[:32]
    return state.path / "settled" / name


def _head(state: StateFolder, connection: str, body: bytes | memoryview) -> bytes:
    return FORMAT + _of_much(state.seal(), f"settled {connection}")(body)


_Data: TypeAlias = tuple[
    str,
    tuple[dict[int, str], dict[int, str], dict[int, str], memoryview],
    Mapping[str, Mapping[str, Sequence[Word]]],
    Mapping[str, Sequence[str]],
    LinesData,
    LinesData,
    tuple[memoryview, memoryview, Sequence[int]],
    int,
    tuple[list[tuple[int, int]], list[int], memoryview],
    tuple[memoryview, memoryview, memoryview],
    list[float],
    KeptLinksData,
]


def _data_of(baseline: Baseline) -> object:
    quiet, blanks, handled = baseline.quiet, baseline.blanks, baseline.handled
    return (
        baseline.context,
        (*map(dict, baseline.held[:3]), array("I", baseline.held.first).tobytes()),
        baseline.words,
        baseline.untyped,
        baseline.source.data,
        baseline.target.data,
        (quiet.joined, array("I", quiet.starts).tobytes(), quiet.only_by_key),
        baseline.numbers,
        (list(blanks.kinds), list(blanks.counts), blanks.of_pairs.tobytes()),
        tuple(each.tobytes() for each in handled[:3]),
        list(handled.shared),
        baseline.links.data,
    )


def _baseline_of(data: _Data) -> Baseline:
    context, held, words, untyped = data[:4]
    source, target, quiet, numbers, blanks, handled, shared, links = data[4:]
    handles, firsts, in_order = handled[0].cast("d"), handled[1].cast("I"), handled[2].cast("d")
    return Baseline(
        context,
        FieldValues(*held[:3], held[3].cast("I")),
        words,
        untyped,
        BaselineLines.of_data(source),
        BaselineLines.of_data(target),
        QuietTexts(quiet[0], quiet[1].cast("I"), quiet[2]),
        numbers,
        Kinds(blanks[0], blanks[1], blanks[2].cast("I")),
        PairHandles(handles, firsts, in_order, frozenset(shared)),
        BaselineLinks.of_data(links),
    )
