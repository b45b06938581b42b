"""Stores many quiet outcomes as one text, their canonical JSON in the plan file.

A run that skips nearly everybody copies their part of the plan from the text of the last run,
without creating an object for each person.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from json.encoder import encode_basestring_ascii as quoted
from typing import overload

from oneway.planning.plan import Outcome, Outcomes, Quiet

_AT_A_TIME = 1_000
_BETWEEN = b"],["
"""The separator of two outcomes."""
_APART = 64
"""One of this many outcomes is decoded, as a mark for binary search."""


def quiet_text(quiet: Quiet) -> str:
    """Return a quiet outcome as canonical JSON: an array."""
    *names, only_by_key = quiet
    return f"[{','.join(map(quoted, names))},{'true' if only_by_key else 'false'}]"


def is_canonical(text: bytes) -> bool:
    """Return whether a fast encoder's JSON is canonical: it has no escapes and needs none."""
    return text.isascii() and b"\\" not in text and b"\x7f" not in text


def _texts(quiet: Sequence[Quiet]) -> Sequence[str]:
    """Return the `quiet_text` of each outcome."""
    import msgspec  # slow to import; most commands do not need it

    try:
        found = msgspec.json.Encoder().encode_lines(quiet)
    except UnicodeEncodeError:  # half of a character, which only an escape can stand for
        found = b"\\"
    return found.decode().split("\n")[:-1] if is_canonical(found) else list(map(quiet_text, quiet))


class QuietTexts(Sequence[Quiet]):
    """Quiet outcomes in plan order, as one text with commas between them.

    `starts` are the offsets of all outcomes, and of one more at the end. `only_by_key` are the
    positions of people who are identified only by a key.
    """

    def __init__(self, text: memoryview, starts: Sequence[int], only_by_key: Sequence[int]) -> None:
        self.joined, self.starts, self.only_by_key = text, starts, only_by_key

    @classmethod
    def of(cls, quiet: Sequence[Quiet]) -> "QuietTexts":
        """Return the texts of outcomes that are in plan order."""
        texts = [text for at in range(0, len(quiet), _AT_A_TIME)
                 for text in _texts(quiet[at : at + _AT_A_TIME])]  # fmt: skip
        starts = array("I", accumulate((len(each) + 1 for each in texts), initial=0))
        doubtful = [at for at, each in enumerate(quiet) if each.only_by_key]
        return cls(memoryview(",".join(texts).encode("ascii")), starts, doubtful)

    def text(self, first: int, end: int) -> memoryview:
        """Return the text of consecutive outcomes, in ASCII, with commas between them."""
        return self.joined[self.starts[first] : max(self.starts[end] - 1, 0)]

    def some(self, positions: Iterable[int]) -> list[Quiet]:
        """Return the outcomes at some positions."""
        return _decoded(b",".join([self.text(at, at + 1) for at in positions]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[Quiet]:
        return iter(self._all)

    @overload
    def __getitem__(self, at: int) -> Quiet: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Quiet]: ...
    def __getitem__(self, at: int | slice) -> Quiet | Sequence[Quiet]:
        if isinstance(at, slice):
            return self._all[at]
        (found,) = _decoded(self.joined[self.starts[at] : self.starts[at + 1] - 1])
        return found

    def before(self, person: tuple[str, str], least: int, latest: int) -> int:
        """Return the position from `least` to `latest` at which a person would be inserted."""
        mark = bisect_left(self._marks, person) * _APART
        return bisect_left(self, person, max(least, mark - _APART), min(latest, mark))

    @cached_property
    def _marks(self) -> list[Quiet]:
        """Every `_APART`th outcome, decoded, because decoding takes longer than the search."""
        return self.some(range(0, len(self), _APART))

    @cached_property
    def ids(self) -> tuple[Sequence[str], Sequence[str]]:
        """The ids of the source records, and those of the target records."""
        return [each[1] for each in self._all], [each[3] for each in self._all]

    @cached_property
    def _all(self) -> list[Quiet]:
        return _decoded(self.text(0, len(self)))


_Decoded = list[Quiet]


def _decoded(text: bytes | memoryview) -> list[Quiet]:
    import msgspec

    whole = b"".join((b"[", text, b"]"))
    try:
        return msgspec.json.decode(whole, type=_Decoded)
    except msgspec.DecodeError:  # half of a character
        return [Quiet(*each) for each in json.loads(whole)]


class QuietRun(Sequence[Quiet]):
    """Consecutive quiet outcomes of a plan.

    `text` is their canonical JSON, in ASCII, with commas between them.
    """

    __slots__ = ("_number", "text")

    def __init__(self, text: bytes | memoryview, number: int) -> None:
        self.text, self._number = text, number

    @classmethod
    def of(cls, quiet: Sequence[Quiet]) -> "QuietRun":
        """Return outcomes as a run, which stores only their text."""
        import msgspec  # slow to import; most commands do not need it

        try:
            text = msgspec.json.encode(quiet)[1:-1]
        except UnicodeEncodeError:  # half of a character, which only an escape can stand for
            text = b"\\"
        if not is_canonical(text):
            text = ",".join(map(quiet_text, quiet)).encode("ascii")
        return cls(text, len(quiet))

    def singly(self) -> Sequence[str]:
        """Return the canonical JSON of each outcome."""
        return _texts(_decoded(self.text))

    def lines(self) -> bytes:
        """Return the canonical JSON of the outcomes, one per line, with commas."""
        text = bytes(self.text)
        if text.count(_BETWEEN) == len(self) - 1:  # otherwise, it also occurs within a text
            return text.replace(_BETWEEN, b"],\n[")
        return ",\n".join(self.singly()).encode("ascii")

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[Quiet]:
        return iter(_decoded(self.text))  # all at once, as one by one takes minutes

    @overload
    def __getitem__(self, at: int) -> Quiet: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Quiet]: ...
    def __getitem__(self, at: int | slice) -> Quiet | Sequence[Quiet]:
        return _decoded(self.text)[at]


class PassedOver(Sequence[Quiet]):
    """The outcomes of pairs that were not read: those of the last run, except some.

    `linking` are the pairs of ids that links may mention, if the other ids need not be known.
    `kinds` is the kind of value of each target field over all records (`lookalikes`), if known.
    """

    def __init__(
        self,
        texts: QuietTexts,
        without: Collection[int],
        linking: Sequence[tuple[str, str]] | None = None,
        kinds: Mapping[int, str] | None = None,
    ) -> None:
        self.texts, self._without, self._linking = texts, sorted(without), linking
        self.kinds = kinds

    @cached_property
    def left_out(self) -> Sequence[Quiet]:
        """The outcomes of the last run that were left out."""
        return self.texts.some(self._without)

    def linking(self) -> tuple[set[str], set[str]]:
        """Return the ids of both sides that links may mention."""
        if self._linking is None:
            return self.ids()
        return {source for source, _ in self._linking}, {target for _, target in self._linking}

    def ids(self) -> tuple[set[str], set[str]]:
        """Return the ids of the source records, and those of the target records."""
        sources, targets = map(set, self.texts.ids)
        sources -= {each.source_id for each in self.left_out}
        return sources, targets - {each.target_id for each in self.left_out}

    def but(self, positions: Collection[int]) -> "PassedOver":
        """Return these outcomes without the ones at some positions in `texts`."""
        if not positions:
            return self
        return PassedOver(self.texts, {*self._without, *positions}, self._linking, self.kinds)

    def doubtful(self) -> Iterator[tuple[int, Quiet]]:
        """Yield the outcomes of people who are identified only by a key, with positions."""
        without = set(self._without)
        yield from ((at, self.texts[at]) for at in self.texts.only_by_key if at not in without)

    def beside(
        self, people: Sequence[tuple[str, str, Outcome] | Quiet], alone: Iterable[Outcome]
    ) -> "OutcomesInRuns":
        """Merge these outcomes with those of people, in order, followed by target records alone."""
        runs: list[Outcome | Quiet | Sequence[Quiet]] = []
        done = 0
        for each, at in zip(people, self._places([each[:2] for each in people]), strict=True):
            runs += self._between(done, at)
            runs.append(each if isinstance(each, Quiet) else each[2])
            done = at
        return OutcomesInRuns([*runs, *self._between(done, len(self.texts)), *alone])

    def _places(self, people: Sequence[tuple[str, str]]) -> Sequence[int]:
        """Return the positions in `texts` at which people, given in order, are inserted."""
        # Most of these people were left out here because they changed, which narrows the search.
        known = {each[:2]: at for each, at in zip(self.left_out, self._without, strict=True)}
        found, latest = [], len(self.texts)
        earliest = list(accumulate((known.get(each, 0) for each in people), max))
        for least, each in zip(reversed(earliest), reversed(people), strict=True):
            at = known.get(each)
            latest = self.texts.before(each, least, latest) if at is None else at
            found.append(latest)
        return found[::-1]

    def _between(self, start: int, end: int) -> Iterator[QuietRun]:
        """Yield the outcomes between two positions in `texts`, as a few runs."""
        first = bisect_left(self._without, start)
        for at in (*self._without[first : bisect_left(self._without, end)], end):
            if at > start:
                yield QuietRun(self.texts.text(start, at), at - start)
            start = at + 1

    def __len__(self) -> int:
        return len(self.texts) - len(self._without)

    def __iter__(self) -> Iterator[Quiet]:
        return (each for run in self._between(0, len(self.texts)) for each in run)

    @overload
    def __getitem__(self, at: int) -> Quiet: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Quiet]: ...
    def __getitem__(self, at: int | slice) -> Quiet | Sequence[Quiet]:
        return list(self)[at]


class OutcomesInRuns(Outcomes):
    """The outcomes of a plan, with consecutive quiet ones stored as one text."""

    __slots__ = ("_number", "_parts", "_runs")

    def __init__(self, runs: Sequence[Outcome | Quiet | Sequence[Quiet]]) -> None:
        self._runs = runs
        self._number = sum(1 if isinstance(e, Outcome | Quiet) else len(e) for e in runs)
        self._parts: Sequence[Outcome | Quiet] | None = None
        self._made = self._telling = None

    @property
    def runs(self) -> Sequence[Outcome | Quiet | Sequence[Quiet]]:
        """The outcomes in order, consecutive quiet ones as runs."""
        return self._runs

    @property
    def parts(self) -> Sequence[Outcome | Quiet]:  # type: ignore[override]  # made on demand
        """The outcomes, in order."""
        if self._parts is None:
            runs = ((e,) if isinstance(e, Outcome | Quiet) else e for e in self._runs)
            self._parts = [each for run in runs for each in run]
        return self._parts

    def __len__(self) -> int:
        return self._number


NOT_PASSED = PassedOver(QuietTexts(memoryview(b""), (0,), ()), ())
"""No outcomes: everybody was read."""
