"""Rows that are kept as bytes: what is asked of them is what is asked of the rows themselves."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from oneway.core.compare import Compare
from oneway.core.diagnostics import Span
from oneway.core.packed import packer
from oneway.mapping.packed_rows import SourceRows, TargetRows, ids_of, others_of, with_ids
from oneway.mapping.policy import FieldRule
from oneway.mapping.rows import SourceRow, TargetRow
from oneway.mapping.short_rows import SameRow, SteadyRow, steady_row
from oneway.planning.match import Pairs
from oneway.planning.similar import lookalikes
from oneway.planning.similar.handles import Handles

KEYS = st.sampled_from(["k", "l", "m", "é"])
LEAVING = [packer()([["blank"]]), packer()([["stated", "2026-01-01"]])]
BESIDES: list[Any] = [((), (None,), ()), ((), ("x",), ())]


@st.composite
def sources(draw: st.DrawFn) -> list[SourceRow | SteadyRow]:
    rows: list[SourceRow | SteadyRow] = []
    for number in range(draw(st.integers(0, 9))):
        key, second = draw(KEYS), draw(st.none() | KEYS)
        if draw(st.booleans()):
            rows.append(SourceRow(f"s{number}", key, "", (key.casefold(), second)))
            continue
        own: Any = draw(st.sampled_from([None, (key, second), (("number", 7), second)]))
        said = ((key, number), key, own), own, f"s{number}", draw(st.booleans()), f"label {number}"
        rows.append(steady_row(packer()(said), draw(st.sampled_from(LEAVING))))
    return rows


@given(sources(), st.data())
def test_packed_rows_say_what_the_rows_say(
    rows: list[SourceRow | SteadyRow], data: st.DataObject
) -> None:
    packed, middle = SourceRows(), data.draw(st.integers(0, len(rows)))
    packed.take(rows[:middle])
    assert list(packed.shown) == [row.key for row in rows[:middle]]
    for row in rows[middle:]:  # one by one, as those of an API
        packed.take([row]) if isinstance(row, SteadyRow) else packed.take_whole(row)
    assert list(packed) == rows
    places = data.draw(st.lists(st.integers(0, len(rows) - 1))) if rows else []
    some = [rows[place] for place in places]
    assert list(packed.shown) == [row.key for row in rows]
    for level in range(3):
        keys = [row.keys[level] if level < len(row.keys) else None for row in some]
        assert list(packed.keys(level, places)) == keys
    packed.forget_keys()  # which are read again
    assert list(packed.shown) == [row.key for row in rows]
    assert packed.ids(places) == [row.source_id for row in some]
    assert [each.label for each in packed.names(places)] == [row.label for row in some]
    assert [*packed.without(set(places))] == [
        row for place, row in enumerate(rows) if place not in places
    ]
    more = packed.and_also(rows)
    assert (list(more), len(packed), more.origin is packed.origin) == (rows * 2, len(rows), True)
    assert [row for row in others_of(packed) if row.leaver] == []
    steady = [place for place in places if isinstance(rows[place], SteadyRow)]
    assert packed.are_packed(steady)
    assert packed.said(steady, [1])[1] == [
        row.said[1] for row in some if isinstance(row, SteadyRow)
    ]
    assert [*packed.but_without([b"label 1"])] == [
        row for row in rows if isinstance(row, SourceRow) or row.label == "label 1"
    ]


@given(sources(), st.data())
def test_packed_target_records_stand_beside_their_source_rows(
    rows: list[SourceRow | SteadyRow], data: st.DataObject
) -> None:
    source = SourceRows.of(rows)
    steady = [place for place, row in enumerate(rows) if isinstance(row, SteadyRow)]
    targets, given_ = list[Any](), list[Any]()
    for number, place in enumerate(data.draw(st.lists(st.sampled_from([-1, *steady])))):
        beside = data.draw(st.sampled_from(BESIDES))
        if place < 0:
            given_.append(TargetRow(f"t{number}", "k", ("k",), beside == BESIDES[0]))
            targets.append(given_[-1])
        else:
            given_.append((packer()((f"t{number}", place)), beside))
            targets.append(SameRow(f"t{number}", rows[place], beside))  # type: ignore[arg-type]
    packed = TargetRows(source)
    packed.take(given_)
    assert list(packed) == targets
    assert all(each in BESIDES for each in packed.besides)
    assert ids_of(packed) == [each[0] for each in targets]
    assert with_ids(packed, {"t1"}) == targets[1:2]
    keys = [each.keys[1] if len(each.keys) > 1 else None for each in targets]
    assert list(packed.keys(1, range(len(packed)))) == keys
    left = {each[0] for each in targets if each.left}
    assert {each[0] for each in others_of(packed) if each.left} == left
    assert [*packed.without({0}).and_also(targets[:1])] == [*targets[1:], *targets[:1]]
    again = TargetRows.of(packed, source.and_also(rows))
    assert again is packed
    assert TargetRows.of(packed, SourceRows.of(rows[:])) is not packed


FIELDS = [("name", Compare.IGNORE_CASE), ("number", Compare.EXACT)]
WATCHED: Any = SimpleNamespace(
    match=("key", "second"),
    watched=(0, 1),
    fields=[FieldRule(path, (path,), path, Span("m"), compare=each) for path, each in FIELDS],
)


@given(sources(), st.lists(st.booleans()), st.booleans())
def test_handles_that_are_made_by_columns_are_those_of_each_pair(
    rows: list[SourceRow | SteadyRow], apart: list[bool], each_alone: bool
) -> None:
    source = SourceRows.of(rows)
    held_by = TargetRows(source)
    steady = [place for place, row in enumerate(rows) if isinstance(row, SteadyRow)]
    for at, place in enumerate(steady):
        if any(apart[at : at + 1]):
            held_by.take_whole(TargetRow(f"t{place}", "k", ("k", None), values=("n", 7)))
        else:
            held_by.take([(packer()((f"t{place}", place)), BESIDES[0])])
    pairs = Pairs(source, held_by, steady, range(len(steady)))
    assert pairs.hold_the_same() == (not any(apart[: len(steady)]))
    handles = Handles(WATCHED, [0] * each_alone)
    alone = [handles.of_all((row,), (target,)) for row, target in pairs]
    assert [set(each or ()) for each in handles.of_pairs(pairs)] == alone


@given(sources(), st.data())
def test_pairs_are_parted_and_put_together_by_their_places(
    rows: list[SourceRow | SteadyRow], data: st.DataObject
) -> None:
    targets = [TargetRow(f"t{number}", "k", ("k",)) for number in range(len(rows))]
    pairs = Pairs.of(list(zip(rows, targets, strict=True)))
    every = data.draw(st.permutations(range(len(rows))))
    places = set(every[: data.draw(st.integers(0, len(rows)))])
    rest, some = pairs.parted(places)
    assert [*some] == [each for at, each in enumerate(pairs) if at in places]
    assert [*rest] == [each for at, each in enumerate(pairs) if at not in places]
    assert [*rest.and_also(some.rows_at, some.targets_at)] == [*rest, *some]


@given(st.permutations(range(40)), st.integers(0, 40), st.integers(1, 5))
def test_the_first_records_that_are_sampled_are_those_with_the_lowest_ids(
    numbers: list[int], alone: int, looked_at: int
) -> None:
    targets = [TargetRow(f"t{number}", "k", ("k",)) for number in numbers]
    rows = [SourceRow(f"s{number}", "k", "", ("k",)) for number in numbers[alone:]]
    quiet = Pairs.of(list(zip(rows, targets[alone:], strict=True)))
    with patch.object(lookalikes, "LOOKED_AT", looked_at):  # so that forty are many
        found = [each.target_id for each in lookalikes._in_order(targets[:alone], quiet)]
    assert found == sorted(each.target_id for each in targets)
