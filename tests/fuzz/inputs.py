"""Inputs for a fuzz target, drawn by Hypothesis: seeds that are cut up, and words put together."""

from fuzz_targets import FuzzTarget
from hypothesis import strategies as st


def inputs(target: FuzzTarget) -> st.SearchStrategy[bytes]:
    """Return inputs that look like those a target reads."""
    words = st.sampled_from([word.encode() for word in target.words])
    part = st.one_of(words, words, words, st.binary(max_size=6))
    written = st.lists(part, max_size=40).map(b"".join)
    return st.one_of(written, _altered(target, written), _repeated(written))


def _altered(target: FuzzTarget, parts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return a seed with a stretch of it replaced."""

    def made(seed: bytes, at: float, length: int, part: bytes) -> bytes:
        start = int(at * len(seed))
        return seed[:start] + part + seed[start + length :]

    share = st.floats(0, 1)
    return st.builds(made, st.sampled_from(list(target.seeds)), share, st.integers(0, 40), parts)


def _repeated(parts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return parts that come again and again: what is deep, long, or many."""

    def made(start: bytes, part: bytes, times: int, end: bytes) -> bytes:
        return start + part * times + end

    return st.builds(made, parts, parts, st.sampled_from([2, 20, 150]), parts)
