"""Passing over whole pieces of a file finds what looking at each line finds, whatever changed."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO
from unittest.mock import patch

from hypothesis import event, given
from hypothesis import strategies as st

from oneway.history.baseline import lines
from oneway.history.baseline.lines import NOBODY, BaselineLines, LineDigests, LineKeeper
from oneway.runs.incremental import unchanged_lines
from oneway.runs.incremental.unchanged_lines import UnchangedLines
from oneway_connectors.file import opening


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[: lines.DIGEST]


DIGESTS = LineDigests(lambda line: digest(line.removesuffix(b"\n")), lambda piece: digest(piece))


def line_of(file: BinaryIO) -> bytes:
    return file.readline()


def lines_of(text: bytes) -> list[bytes]:
    return text.splitlines(keepends=True) if b"\r" not in text else list(BytesIO(text))


def kept(text: bytes, pairs: Sequence[bytes]) -> BaselineLines:
    """Return the lines of a file, of which some are parts of pairs."""
    keeper = LineKeeper(DIGESTS)
    for line in BytesIO(text):
        keeper.add(line)
    found = keeper.kept({DIGESTS.line(each): at for at, each in enumerate(pairs)})
    assert found is not None
    return found


@contextmanager
def small() -> Iterator[None]:
    """Let pieces have few lines, few lines be near, and little be read at a time."""
    with (
        patch.object(unchanged_lines, "_AT_A_TIME", 20),
        patch.object(unchanged_lines, "_LONGER", 6),
        patch.object(lines, "PIECE", 12),
        patch.object(unchanged_lines, "_NEAR", 4),
        patch.object(unchanged_lines, "_LOST", (2, 20)),
    ):
        yield


@st.composite
def files(draw: st.DrawFn) -> tuple[list[bytes], list[bytes]]:
    """Draw the lines of a file, and those that are parts of pairs, in the order of the pairs."""
    number = draw(st.integers(0, 40))
    lines = [
        b"%d%s\n" % (n, b"x" * draw(st.sampled_from([0, 1, 2, 3, 4, 20]))) for n in range(number)
    ]
    if lines and draw(st.booleans()):
        lines[-1] = lines[-1].removesuffix(b"\n")
    alone = draw(st.sets(st.sampled_from(range(number)), max_size=5)) if number else set()
    for at in sorted(alone)[:2]:
        lines[at] = draw(st.sampled_from([b"\n", b"\r\n", lines[at]]))
    pairs = [line for at, line in enumerate(lines) if at not in alone]
    return lines, draw(st.permutations(pairs))


@st.composite
def edited(draw: st.DrawFn, lines: Sequence[bytes]) -> bytes:
    """Draw what became of a file: some lines changed, new, gone, moved or there twice."""
    found = list(lines)
    for _ in range(draw(st.integers(0, 4))):
        here = draw(st.integers(0, len(found)))
        end = min(len(found), here + draw(st.sampled_from([1, 1, 2, 8, 20])))
        match draw(st.sampled_from(["change", "insert", "delete", "move", "double", "blank"])):
            case "change":
                found[here:end] = [b"y" + each for each in found[here:end]]
            case "insert":
                found[here:here] = [b"new %d\n" % n for n in range(end - here + 1)]
            case "delete":
                del found[here:end]
            case "move":
                moved, found[here:end] = found[here:end], []
                there = draw(st.integers(0, len(found)))
                found[there:there] = moved
            case "double":
                there = draw(st.integers(0, len(found)))
                found[there:there] = found[here:end]
            case _:
                found[here:here] = [draw(st.sampled_from([b"\n", b"\r\n"]))]
    text = b"".join(found)
    match draw(st.integers(0, 9)):
        case 0:
            return text[: draw(st.integers(0, len(text)))]
        case 1:
            return text.removesuffix(b"\n") + draw(st.sampled_from([b"", b"7", b"\r\n"]))
        case 2:
            return b"".join(reversed(lines_of(text)))
    return text


@given(st.data())
def test_each_line_is_passed_over_or_read(data: st.DataObject) -> None:
    lines, pairs = data.draw(files())
    with small():
        before = kept(b"".join(lines), pairs)
        text = data.draw(edited(lines))
        wanted = data.draw(st.sets(st.sampled_from(range(len(lines))))) if lines else set()
        found = UnchangedLines(before, DIGESTS, wanted)
        found.find(BytesIO(text), line_of)
        now = Counter(DIGESTS.line(line) for line in BytesIO(text))
        event(f"twice: {found.twice}")
        if found.twice:
            assert any(now[DIGESTS.line(each)] > 1 for each in pairs)
            return
        assert all(DIGESTS.line(line) == made for made, line in found.taken)
        taken = sorted(before.digest_of(at) for at in wanted if found.seen[at])
        assert sorted(made for made, _ in found.taken) == taken
        read = Counter(made for made, _ in found.changed)
        assert all(DIGESTS.line(line) == made for made, line in found.changed)
        read.update(before.digest_of(at) for at in before.alone if found.seen[at])
        passed = [at for at in before.by_pair if found.seen[at]]
        assert read + Counter(map(before.digest_of, passed)) == now
        for at in [*passed, *(at for at in before.alone if found.seen[at])]:
            file = BytesIO(text)
            file.seek(found.place_of(at))
            assert DIGESTS.line(file.readline()) == before.digest_of(at)
        lost = [DIGESTS.line(each) not in now for each in pairs]
        assert set(found.lost()) == {at for at, gone in enumerate(lost) if gone}


def test_lines_beside_a_changed_one_stand_where_they_are() -> None:
    lines = [b"%02d\n" % n for n in range(40)]
    for at in range(len(lines)):
        text = b"".join([*lines[:at], b"changed\n", *lines[at + 1 :]])
        with small(), patch.object(unchanged_lines, "_LONGER", 12):
            found = UnchangedLines(kept(b"".join(lines), lines), DIGESTS)
            found.find(BytesIO(text), line_of)
        places = [text.find(each) for n, each in enumerate(lines) if n != at]
        assert [found.place_of(n) for n in range(len(lines)) if n != at] == places


def test_a_blank_line_that_is_taken_for_a_later_one_stands_for_no_pair_twice() -> None:
    lines = [b"\n" if n == 6 else b"%d\n" % n for n in range(35)]
    new = [b"new %d\n" % n for n in range(9)]
    text = b"".join([*new[:6], b"\n", *new[6:], b"yy0\n", *lines[1:]])
    with small():
        before = kept(b"".join(lines), [each for each in lines if each != b"\n"])
        found = UnchangedLines(before, DIGESTS)
        found.find(BytesIO(text), line_of)
        assert not found.twice
        assert list(found.lost()) == [0]
        assert Counter(line for _, line in found.changed) == Counter([*new, b"yy0\n", b"\n"])
        file = BytesIO(text)
        for at in before.by_pair[1:]:
            file.seek(found.place_of(at))
            assert file.readline() == lines[at]


@given(st.data())
def test_what_is_kept_of_a_changed_file_is_what_is_kept_of_a_new_one(data: st.DataObject) -> None:
    lines, pairs = data.draw(files())
    with small():
        before = kept(b"".join(lines), pairs)
        text = data.draw(edited(lines))
        found = UnchangedLines(before, DIGESTS)
        found.find(BytesIO(text), line_of)
        now = Counter(DIGESTS.line(line) for line in BytesIO(text))
        digests = [DIGESTS.line(each) for each in pairs]
        still = {each: at for at, each in enumerate(e for e in digests if now[e] == 1)}
        keeper = found.keeper(BytesIO(text), line_of)
        assert keeper is not None
        again = keeper.kept(still)
        assert again is not None
        plain = kept(text, [next(e for e in pairs if DIGESTS.line(e) == made) for made in still])
        assert (again.digests, again.lengths, again.owners) == (
            plain.digests,
            plain.lengths,
            plain.owners,
        )
        assert (again.alone, again.by_pair) == (plain.alone, plain.by_pair)
        same = UnchangedLines(BaselineLines.of_data(again.data), DIGESTS)
        same.find(BytesIO(text), line_of)
        assert not same.twice
        assert not set(same.lost())
        assert not same.changed


@given(st.data())
def test_a_file_that_changes_meanwhile_is_not_kept(data: st.DataObject) -> None:
    lines, pairs = data.draw(files())
    with small():
        before = kept(b"".join(lines), pairs)
        text = data.draw(edited(lines))
        found = UnchangedLines(before, DIGESTS)
        found.find(BytesIO(text), line_of)
        keeper = found.keeper(BytesIO(data.draw(edited(lines_of(text)))), line_of)
        if keeper is not None:
            assert keeper.digests == [DIGESTS.line(each) for each in BytesIO(text)]


def test_few_lines_are_looked_at_one_by_one_where_few_changed() -> None:
    lines = [b"%d %s\n" % (n, b"x" * 100) for n in range(10_000)]
    before = kept(b"".join(lines), lines)
    looked = 0

    def counting(line: bytes) -> bytes:
        nonlocal looked
        looked += 1
        return DIGESTS.line(line)

    for change in ("one", "first", "last of a piece", "many more", "many fewer"):
        text = list(lines)
        match change:
            case "one":
                text[5_000] = b"changed\n"
            case "first":
                text[0] = b"changed\n"
            case "last of a piece":
                text[before.firsts[7] - 1] = b"changed\n"
            case "many more":
                text[3_000:3_000] = [b"new %d\n" % n for n in range(5_000)]
            case _:
                del text[3_000:7_000]
        looked = 0
        found = UnchangedLines(before, LineDigests(counting, DIGESTS.piece))
        found.find(BytesIO(b"".join(text)), line_of)
        new = max(len(text) - len(lines), 0)
        assert looked <= new + (2_000 if change == "many fewer" else 200), change
        assert NOBODY not in before.owners
        assert len(list(found.lost())) == len(set(lines) - set(text))


def test_a_file_is_read_past_its_own_buffer() -> None:
    """What fits into the buffer of an open file is copied from there once more."""
    assert unchanged_lines._AT_A_TIME > opening._BUFFER
