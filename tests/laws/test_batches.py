"""Laws of records that are read many at a time: they are what they would be one by one.

So are the rows that a mapping makes of them, and what is counted of their keys.
"""

import io
import json
import linecache
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from laws.test_expression_laws import EXPRESSIONS, JSON
from laws.test_generated import HOSTILE, literal, quoted, refuse_strange_code
from laws.test_screen import nights, person, quiet, town_of, user
from oneway.core.batches import Batch, RecordShape
from oneway.core.connector_errors import ReadError
from oneway.core.diagnostics import Refused
from oneway.core.records import Collected, Record, Snapshot
from oneway.mapping.generated.functions import shaped_rows
from oneway.mapping.generated.program import GeneratedProgram
from oneway.mapping.interpreter import Interpreted
from oneway.mapping.packed_rows import SourceRows, TargetRows
from oneway.mapping.profile.read_keys import tallies_of
from oneway.mapping.same_rows import SameRows
from oneway.mapping.short_rows import (
    AnySourceRow,
    AnyTargetRow,
    SameRow,
    SteadyRow,
    whole,
    whole_target,
)
from oneway.planning.links import NO_LINKS
from oneway.planning.plan_file import dump
from oneway.planning.planner import RowsToPlan, plan_rows
from oneway.planning.screen import screen
from oneway.runs.snapshot.projection import Tree, stored_text, stored_texts
from oneway_connectors.file import formats
from oneway_connectors.file.json_array import JsonArray
from oneway_connectors.file.jsonl import JsonLines
from oneway_connectors.file.layout import FileEntries, FileEntry, Grouping, Layout
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.reader import FileReader
from oneway_connectors.file.same_shape import RawGroup, ShapedDecoder
from strategies import SOURCE_PEOPLE, TARGET_PEOPLE, worlds
from unit.test_fast_json import FLAWED, OBJECTS, SCALARS, STYLES
from worlds import SEAL, World, bound, compiled, header_of, planned

T = TypeVar("T")


def values_of(item: Any, shape: RecordShape) -> dict[str, Any]:
    """Return what stands under the attributes of a shape, as the record that it is of."""
    found = {}
    for key, name in shape.attributes.items():
        value = getattr(item, name)
        inner = shape.inner.get(key)
        found[key] = value if inner is None or value is None else values_of(value, inner)
    return found


def each_of(layout: Layout, file: bytes) -> list[str]:
    """Return the entries of a file that is read many entries at a time, or why it cannot be."""
    assert isinstance(layout, Grouping)
    found: list[FileEntry] = []
    try:
        for each in layout.grouped(io.BytesIO(file)):
            if isinstance(each, FileEntry):
                found.append(each)
                continue
            for line, raw, item in zip(each.lines, each.raws, each.items, strict=True):
                data = each.decode(raw)
                held = values_of(item, each.shape)
                assert {key: repr(data[key]) for key in held} == {
                    key: repr(value) for key, value in held.items()
                }
                assert data.keys() - held.keys() <= each.shape.sometimes
                found.append(FileEntry(line, raw.removesuffix(b"\n"), data))
    except ReadError as error:
        return [*map(repr, found), str(error)]
    return list(map(repr, found))


def one_by_one(layout: Layout, file: bytes) -> list[str]:
    found: list[str] = []
    try:
        for each in layout.entries(io.BytesIO(file)):
            found.append(repr(each))
    except ReadError as error:
        found.append(str(error))
    return found


USUAL = st.fixed_dictionaries(
    {"id": SCALARS, "t": st.sampled_from(["12:30", "a", "a:b:c", "\\:", "\u00e9"])},
    optional={"in": st.fixed_dictionaries({"a": SCALARS}) | st.none(), "l": st.just([{"x": 1}])},
)
TWICE = st.sampled_from(
    [b'"id":1,', b'"t" :"b:c",', b'"t":"12:30",', b'"t":"\\u003a",', b" ", b":"]
)


@st.composite
def lines(draw: st.DrawFn) -> list[bytes]:
    """Draw records of one shape, as they are written, and others among them."""
    found = []
    for each in draw(st.lists(USUAL, min_size=4, max_size=24)):
        text = json.dumps(
            each, separators=draw(st.sampled_from(STYLES)), ensure_ascii=draw(st.booleans())
        )
        raw = text.encode(errors="surrogatepass")
        if draw(st.integers(0, 9)) == 9:
            at = draw(st.integers(1, len(raw)))
            raw = raw[:at] + draw(TWICE) + raw[at:]
        found.append(raw)
    others = draw(
        st.lists(st.sampled_from([*FLAWED, b"", b" "]) | OBJECTS.map(_written), max_size=2)
    )
    for raw in others:
        found.insert(draw(st.integers(0, len(found))), raw)
    return found


def _written(data: dict[str, Any]) -> bytes:
    return json.dumps(data).encode()


@given(
    lines(),
    st.integers(1, 3),
    st.sampled_from([b"\n", b"\r\n"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.sampled_from([1, 30, 300, 10_000]),
)
@settings(max_examples=60)
@example([b'{"id":1,"t":"a"}'] * 3 + [b'{"id":1,"t":"a","t":"b"}'] * 3, 1, b"\n", b"", 99)
@example([b'{"id":1,"t":"a:b"}'] * 20 + [b'{"id":1,"t":"a:b","t":"a:b"}'], 1, b"\n", b"", 999)
@example([b'{"id":1,"t":"\\u003a","id":2}'] * 20, 1, b"\n", b"", 999)
@example([b'{"id":1,"l":[{"x":1,"x":2}]}'] * 20, 1, b"\n", b"", 999)
@example([b'{"a":1', b'"b":2}'] * 9, 1, b"\n", b"", 99)
@example([b'{"a":1}'] * 9 + [b'{"a":'], 1, b"\n", b"", 30)
def test_lines_are_the_same_one_by_one_and_many_at_a_time(
    raws: list[bytes], first: int, end: bytes, mark: bytes, piece: int
) -> None:
    file = mark + end.join(raws)
    shapes, lines = "oneway_connectors.file.same_shape", "oneway_connectors.file.jsonl"
    with (
        patch(f"{shapes}.SAMPLES", first),
        patch(f"{shapes}.BYTES", piece),
        patch(f"{lines}.FAST_FROM", piece),
    ):
        assert each_of(JsonLines(first), file) == one_by_one(JsonLines(10**9), file)


TREES = st.recursive(
    st.just({}),
    lambda below: st.dictionaries(st.sampled_from(["id", "t", "in", "l", "a", "x"]), below),
    max_leaves=5,
)


@given(lines(), st.none() | TREES)
@settings(max_examples=40)
@example([b'{"id":1,"in":{"a":1},"l":[{"x":1}]}', b'{"id":2,"in":null,"l":{"x":1}}'] * 9, None)
@example([b'{"id":1,"in":{"a":1}}'] * 9, {"in": {"a": {"x": {}}}, "l": {}})
@example([b'{"id":1,"in":{"a":{"b":1}}}'] * 9, {"in": {}})
def test_what_is_kept_of_many_records_is_what_is_kept_of_each(
    raws: list[bytes], tree: Tree | None
) -> None:
    layout = JsonLines(len(raws))
    with suppress(ReadError):
        for each in layout.grouped(io.BytesIO(b"\n".join(raws))):
            if isinstance(each, FileEntries):
                records = [Record(str(n), each.decode(raw)) for n, raw in enumerate(each.raws)]
                ids = [record.id for record in records]
                batch = Batch(each.shape, ids, each.items, records.__getitem__)
                assert list(stored_texts(batch, tree)) == [
                    stored_text(one, tree) for one in records
                ]


def batches(samples: Sequence[dict[str, Any]], records: Sequence[Record]) -> Iterator[Batch]:
    """Yield the records that have the shape of some samples, each in a batch."""
    decoder = ShapedDecoder(samples)
    for record in records:
        try:
            raw = json.dumps(record.data).encode()
        except (TypeError, ValueError):
            continue
        ((_, items),) = decoder.decoded(RawGroup([raw], raw))
        if items is not None and not (record.problem or record.damage or record.lost):
            yield Batch(decoder.shape, [record.id], items, lambda _, record=record: record)


def as_one(several: Sequence[Batch]) -> Iterator[Batch]:
    """Yield the records of several batches of one shape, in one."""
    records = [each.record(0) for each in several]
    items = [item for each in several for item in each.items]
    if several:
        ids = [each.id for each in records]
        yield Batch(several[0].shape, ids, items, records.__getitem__)


@given(worlds())
@settings(max_examples=15)
def test_rows_of_many_records_are_those_that_the_interpreter_makes(world: World) -> None:
    program = bound(world)
    reference = Interpreted(program.code, program.context, program.tables)
    many = GeneratedProgram(program.code, program.context, program.tables)
    code, spec = program.code, compiled(world).spec
    one, all_ = tallies_of(code, spec), tallies_of(code, spec)
    for side, people, snapshot in (
        ("source", SOURCE_PEOPLE, world.source),
        ("target", TARGET_PEOPLE, world.target),
    ):
        samples = [{**each, "id": "1"} for each in people]
        for batch in batches(samples, snapshot.records):
            record = batch.record(0)
            if side == "source":
                rows = list(map(whole, many.source_rows(batch)))
                assert repr(rows) == repr([reference.source_row(record)])
            else:
                assert repr(many.target_rows(batch)) == repr([reference.target_row(record)])
            one[side].note(record)
            all_[side].note_all(batch)
        for program_ in (many, GeneratedProgram(program.code, program.context, program.tables)):
            for batch in as_one(list(batches(samples, snapshot.records))):
                records = [batch.record(position) for position in range(len(batch))]
                if side == "source":
                    rows = list(map(whole, program_.source_rows(batch)))
                    assert repr(rows) == repr(list(map(reference.source_row, records)))
                else:
                    found = program_.target_rows(batch)
                    assert repr(found) == repr(list(map(reference.target_row, records)))
        refuse_strange_functions(many)
        assert all_[side].counts() == one[side].counts()
        assert all_[side].valued() == one[side].valued()
        assert list(all_[side].findings()) == list(one[side].findings())
        assert all_[side].words.values == one[side].words.values


def refuse_strange_functions(program: GeneratedProgram) -> None:
    """Fail where a function for records of a shape names anything that is not ours."""
    together = [each and each.rows for each in program._progress.together.values()]
    for row in (*program._progress.shaped.values(), *together):
        if row is not None:
            refuse_strange_code("".join(linecache.getlines(row.__code__.co_filename)))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_out(text: str) -> None:
    path = quoted(text or "x")
    world = next_world({path: path, "nick": {"from": path, "when": f"{path} != {literal(text)}"}})
    world = replace(world, mapping={**world.mapping, "label": path})
    try:
        program = bound(world)
    except Refused:
        return
    many = GeneratedProgram(program.code, program.context, program.tables)
    people = [{**each, text: text} for each in SOURCE_PEOPLE]
    try:
        found = list(batches(people, [Record("s", each) for each in people]))
    except ValueError:  # it has no shape
        return
    for batch in found:
        rows = list(map(whole, many.source_rows(batch)))
        assert repr(rows) == repr([program.source_row(batch.record(0))])
    refuse_strange_functions(many)


def rows_beside(many: GeneratedProgram, batch: Batch, same: SameRows) -> TargetRows:
    """Return the rows of target records beside source rows, which are those shortened later."""
    found, others = (TargetRows(same.rows, same.silent) for _ in range(2))
    found.take(many.target_rows_beside(batch, same))
    others.take(same.shortened(many.target_rows(batch)))
    assert repr([*found]) == repr([*others])
    return found


def short_rows(
    world: World, people: Sequence[Any] = SOURCE_PEOPLE, users: Sequence[Any] = TARGET_PEOPLE
) -> tuple[SourceRows, TargetRows]:
    """Return the rows of a world's records, read many at a time, and so short where they may be.

    Of those are the records that have the shape of these people, or of these users.
    """
    program = bound(world)
    many = GeneratedProgram(program.code, program.context, program.tables)
    rows = SourceRows()
    samples = [{**each, "id": "1"} for each in people]
    by_id = {batch.ids[0]: batch for batch in batches(samples, world.source.records)}
    for record in world.source.records:
        batch = by_id.get(record.id)
        one = [program.source_row(record)]
        rows.take(many.packed_source_rows(batch) if batch is not None else one)
    samples = [{**each, "id": "1"} for each in users]
    by_id = {batch.ids[0]: batch for batch in batches(samples, world.target.records)}
    same = SameRows(program.policy, rows)
    targets = TargetRows(rows, same.silent)
    for record in world.target.records:
        batch, row = by_id.get(record.id), program.target_row(record)
        targets.take(many.target_rows_beside(batch, same) if batch is not None else [row])
        if batch is not None:
            rows_beside(many, batch, same)
    return rows, targets


@given(nights(worlds()))
@settings(max_examples=15)
def test_the_plan_of_many_records_is_that_of_each(world: World) -> None:
    program = bound(world)
    rows, targets = short_rows(world)
    for record, short in zip(world.target.records, targets, strict=True):
        row = program.target_row(record)
        assert repr(whole_target(short)) == repr(row)
        assert (short.key, short.keys, short.left) == (row.key, row.keys, row.left)
    refuse_another_plan(world, rows, targets)


def refuse_another_plan(
    world: World, rows: Sequence[AnySourceRow], targets: Sequence[AnyTargetRow]
) -> None:
    """Fail where the rows of a world's records give another plan than the records do."""
    program = bound(world)

    def of(items: Sequence[T], snapshot: Snapshot) -> Collected[T]:
        return Collected(items, snapshot.complete, snapshot.problems)

    read = of(rows, world.source), of(targets, world.target)
    plan = plan_rows(program, RowsToPlan(*read), seal=SEAL, header=header_of(world))
    assert dump(plan) == dump(planned(world))
    assert plan == planned(world)
    pairs = screen(program.policy, rows, targets, NO_LINKS, ()).quiet
    assert sorted(row.source_id for row, _ in pairs) == quiet(world)


@pytest.mark.parametrize(
    ("another", "twice"),
    [
        (person("x", code="cb"), user("x")),  # has the first key of b
        (person("x", code="cb", status="L"), user("x")),
        (person("x", mail="c@x.example", code="-"), user("x")),  # has the second key of c
        (person("x"), user("x", ref="cd")),  # has the first key of d
        (person("x"), user("x", ref="cd", email="d@x.example", fullName="d")),  # all of d's values
        (person("x", name="d", code="cd", mail="d@x.example"), user("x")),
        (person("x", code="cb", more=1), user("x", ref="cb")),  # the two agree, by the key of b
        (person("x", more=1), user("x", email="c@x.example")),
        (person("x", mail="c@x.example", more=1), user("x", email="c@x.example")),
        (person("x", code=None, mail=None), user("x", ref=None, email=None)),
    ],
)
@pytest.mark.parametrize("is_claimed", [True, False])
def test_the_plan_of_many_records_is_that_of_each_where_some_speak_of_others(
    another: Record, twice: Record, *, is_claimed: bool
) -> None:
    """Their second key is also a value that only one record may have, or it is a key alone."""
    ids = [*"abcdef"]
    for also in ([], [user("b", fullName="B")]):  # in short rows, or none
        users = [user(id) for id in ids if not also or id != "b"] + also
        world = town_of([*map(person, ids), another], [*users, twice])
        if not is_claimed:
            email = {"email": {"from": "mail", "write": "on_create"}}
            fields = {**world.mapping["fields"], **email}
            world = replace(world, mapping={**world.mapping, "fields": fields}, unique=frozenset())
        rows = short_rows(world, [person("a").data], [user("a").data])
        assert any(isinstance(each, SameRow) for each in rows[1])
        refuse_another_plan(world, *rows)


@pytest.mark.parametrize(
    "read",
    ["to_string(bank)", "bank", "keys(bank)[0]", "join('', values(bank))", "bank.no", "bank.*|[0]"],
)
def test_an_object_that_is_read_whole_is_what_it_is_in_one_record(read: str) -> None:
    world = next_world({"nick": read, "fullName": "name", "ref": "code"})
    program = bound(world)
    many = GeneratedProgram(program.code, program.context, program.tables)
    for batch in batches(SOURCE_PEOPLE, world.source.records):
        rows = list(map(whole, many.source_rows(batch)))
        assert repr(rows) == repr([program.source_row(batch.record(0))])


PLACES = {"a": SCALARS, "b": st.lists(SCALARS, max_size=2), "c": JSON}
OF_ONE_SHAPE = st.lists(st.fixed_dictionaries(PLACES), min_size=1, max_size=3)


@given(st.lists(EXPRESSIONS, min_size=1, max_size=2), OF_ONE_SHAPE)
@example(["[a, b][?@]"], [{"a": 1, "b": [1], "c": None}])
@example(["[a, b][*] | [0]"], [{"a": 1, "b": [1], "c": None}])
@example(["c && c.a"], [{"a": 1, "b": [1], "c": {"a": 1}}])
@example(["c", "c.a"], [{"a": 1, "b": [1], "c": {"a": 1}}])
@example(["[a, (b[?x])[?@]][?@]", "[a, c.a][?@]"], [{"a": 1, "b": [1], "c": None}])
@settings(max_examples=60)
def test_any_expression_is_worked_out_in_records_of_one_shape_as_by_the_interpreter(
    expressions: list[str], people: list[dict[str, Any]]
) -> None:
    fields = dict(zip(("nick", "grade"), expressions, strict=False))
    world = next_world({**fields, "ref": "code"})
    try:
        program = bound(world)
    except Refused:  # a mistake that is told before any record is read
        return
    many = GeneratedProgram(program.code, program.context, program.tables)
    people = [{"id": "1", "code": f"k{n}", **each} for n, each in enumerate(people)]
    found = list(batches(people[:1], [Record(str(n), each) for n, each in enumerate(people)]))
    for batch in (*found, *as_one(found)):
        rows = list(map(whole, many.source_rows(batch)))
        assert repr(rows) == repr([program.source_row(batch.record(n)) for n in range(len(batch))])
    refuse_strange_functions(many)


@pytest.mark.parametrize("other", [True, None, 1.0, "1", "", [], "1" * 1_001])
def test_what_is_worked_out_once_for_a_text_is_so_for_no_other_value(other: Any) -> None:
    """Code that has met the text `1` often has it remembered, and nothing that is equal to it."""
    going = {"when": "flag", "set": {"leaveDate": "to_string(code)"}, "left": "leaveDate"}
    table = {"from": "target", "resource": "departments", "key": "code", "value": "id"}
    more = {"leavers": going, "references": {"departments": table}}
    named = {"from": "upper(name)", "lookup": "departments"}
    fields = {"nick": "to_string(code)", "grade": named, "ref": "code"}
    world = next_world(fields)
    program = bound(replace(world, mapping={**world.mapping, **more}))
    many = GeneratedProgram(program.code, program.context, program.tables)
    people = [{"id": "1", "name": "Ann", "code": code, "flag": False} for code in (None, 1, other)]
    for batch in batches(people[:1], [Record(str(i), each) for i, each in enumerate(people)]):
        rows = list(map(whole, many.source_rows(batch)))
        assert repr(rows) == repr([program.source_row(batch.record(0))])
    (found,) = many._progress.together.values()
    assert found is not None
    assert "known" in "".join(linecache.getlines(found.rows.__code__.co_filename))


def test_whoever_is_unlike_the_first_of_a_shape_has_a_row_in_place() -> None:
    names = ("Ann", " ", "Bea", None, 7, "Cy")
    people = [{"id": n, "name": name, "code": "k", "flag": False} for n, name in enumerate(names)]
    people += [{"id": "x", "name": "Di", "code": "k", "flag": flag} for flag in (None, True, 1)]
    world = next_world({"nick": "name", "grade": {"from": "name", "when": "flag"}, "ref": "code"})
    program = bound(world)
    many = GeneratedProgram(program.code, program.context, program.tables)
    found = list(batches(people[:1], [Record(str(n), each) for n, each in enumerate(people)]))
    for batch in (found[0], *as_one(found)):
        rows = list(map(whole, many.source_rows(batch)))
        assert repr(rows) == repr([program.source_row(batch.record(n)) for n in range(len(batch))])


def next_world(fields: dict[str, Any]) -> World:
    records = tuple(Record(f"s{n}", each) for n, each in enumerate(SOURCE_PEOPLE))
    mapping = {
        "oneway": 1,
        "name": "whole",
        "source": {"connector": "payroll", "resource": "people"},
        "target": {"connector": "expenses", "resource": "users"},
        "match": [{"source": "code", "target": "ref"}],
        "fields": fields,
        "joiners": {"create": True, "unless_taken": []},
    }
    return World(mapping, Snapshot(records), Snapshot(()), Snapshot(()))


SPACES = st.sampled_from([b"", b" ", b"\n", b"\r\n  "])


@given(lines(), SPACES, SPACES, st.integers(1, 3), st.data())
@settings(max_examples=30)
def test_items_are_the_same_one_by_one_and_many_at_a_time(
    raws: list[bytes], before: bytes, after: bytes, first: int, chance: st.DataObject
) -> None:
    file = b"[" + (after + b"," + before).join(raws) + after + b"]\n"
    at = chance.draw(st.integers(0, len(file)))
    file = file[:at] + chance.draw(st.sampled_from([b"", b"", b"", b"]", b"\xff"])) + file[at:]
    many, one = JsonArray("a.json", 0), JsonArray("a.json", 10**9)
    with (
        patch("oneway_connectors.file.same_shape.GROUP", 8),
        patch("oneway_connectors.file.same_shape.SAMPLES", first),
    ):
        assert each_of(many, file) == one_by_one(one, file)
    assert many.assemble([b"1", b"2"]) == one.assemble([b"1", b"2"])


IDS = st.sampled_from(["a", "b", " ", "", 7, 8, 1.5, None, True, [1]])


PATHS = st.sampled_from(["id", "in.id", "in.at.id"])


@given(st.lists(IDS, max_size=30), PATHS, st.booleans(), st.sampled_from([0, 1, 5, 12]))
@settings(max_examples=30)
@example([], "id", False, 12)
@example([], "in.id", False, 12)
@example([], "in.id", True, 0)
@example([3, "4", 5], "id", False, 0)
def test_a_reader_gives_the_same_records_one_by_one_and_many_at_a_time(
    tmp_path_factory: pytest.TempPathFactory, ids: list[Any], path: str, twice: bool, back: int
) -> None:
    # They rise, up to where some go back to the first ones.
    numbers = [*range(back, 20), *range(back)]
    usual = [{"id": n, "in": {"id": f"i{n:02}", "at": {"id": n}}} for n in numbers]
    odd = [{"id": each, "in": {"id": each, "at": None}, "t": "\u00c3\u00a9"} for each in ids]
    file = tmp_path_factory.mktemp("ids") / "a.jsonl"
    file.write_bytes(b"\n".join(map(_written, [*usual, *odd, *usual * twice])))
    options = FileOptions(id=path)

    def read(name: str) -> list[object]:
        reader, gaps, seen = FileReader(str(file), options), [], []
        found: list[object] = []
        try:
            for each in getattr(reader, name)(gaps, lambda *step: seen.append(step)):
                if isinstance(each, Batch):
                    found += [each.record(i) for i in range(len(each))]
                    assert list(each.ids) == [record.id for record in found[-len(each) :]]
                else:
                    found.append(each)
        except ReadError as error:
            found = [str(error)]
        return [*found, gaps, reader.notes, seen[-1:]]

    with (
        patch.object(formats, "JsonLines", partial(JsonLines, 2)),
        patch("oneway_connectors.file.jsonl.FAST_FROM", 300),
        patch("oneway_connectors.file.same_shape.BYTES", 300),
    ):
        assert read("batches") == read("records")


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 30), st.booleans())
@settings(max_examples=30)
def test_a_line_is_too_long_wherever_its_file_is_parted(
    lengths: list[int], piece: int, ended: bool
) -> None:
    file = b"\n".join(b" " * each for each in lengths) + b"\n" * ended
    with (
        patch("oneway_connectors.file.layout.LONGEST_LINE", 30),
        patch("oneway_connectors.file.same_shape.BYTES", piece),
        patch("oneway_connectors.file.jsonl.FAST_FROM", piece),
    ):
        assert each_of(JsonLines(1), file) == one_by_one(JsonLines(10**9), file)


def test_usual_records_are_read_many_at_a_time() -> None:
    """Otherwise all of these laws would hold of nothing."""
    raws = [b'{"id":%d,"t":"12:3%d","in":{"a":null}}' % (n, n) for n in range(9)]
    found = list(JsonLines(2).grouped(io.BytesIO(b"\n".join(raws) + b"\n")))
    assert [type(each) for each in found] == [FileEntries]
    world = next_world({"fullName": "name", "ref": "code", "bank.no": "bank.no"})
    shape = ShapedDecoder(SOURCE_PEOPLE).shape
    assert shaped_rows(bound(world), shape, "source") is not None
    assert shaped_rows(bound(world), ShapedDecoder(TARGET_PEOPLE).shape, "target") is not None


BLANK = ["blank", None, None, None, False, ""]
"""What looks like a cell of a blank value."""
HELD = st.sampled_from(["Ann", "missing", "", " ", 1, True, 1.0, 10**30, None, BLANK])


@pytest.mark.parametrize(
    "code", ["k", "K", " k ", "e\u0301", "2026-01-02", "1.0", "9" * 30, 7, 1.0, True, None]
)
@pytest.mark.parametrize("compare", ["exact", "ignore_case", "trimmed", "date", "number"])
@pytest.mark.parametrize("sensitive", [False, True])
def test_a_short_row_knows_its_only_key_as_it_is_compared_and_as_it_is(
    code: Any, compare: str, sensitive: bool
) -> None:
    ref = {"from": "code", "sensitive": sensitive}
    mapping = next_world({"nick": "name", "ref": ref}).mapping | {
        "match": [{"source": "code", "target": "ref", "compare": compare}],
        "joiners": {"create": False},
    }
    program = bound(World(mapping, Snapshot(()), Snapshot(()), Snapshot(())))
    many = GeneratedProgram(program.code, program.context, program.tables)
    person = {"id": "1", "name": "Ann", "code": code, "flag": False}
    (batch,) = batches([person], [Record("1", person)])
    (row,) = many.source_rows(batch)
    is_packed = compare != "number" or code != "9" * 30  # a number that is too large
    assert isinstance(row, SteadyRow) == is_packed
    assert repr(whole(row)) == repr(program.source_row(batch.record(0)))


@pytest.mark.parametrize(
    ("rule", "is_named"),
    [
        ("name", True),
        ({"from": "name", "default": "Bo"}, True),
        ({"from": "name", "default": "Ann"}, False),  # which may be nobody's own
        ("to_string(setting('on'))", False),
        ("nick", False),
    ],
)
def test_a_short_row_is_named_by_values_of_the_person_alone(rule: Any, is_named: bool) -> None:
    """Otherwise a pair whose names are all equal would seem to be one person's by these."""
    mapping = next_world({"email": rule, "ref": "code"}).mapping | {
        "joiners": {"create": True, "unless_taken": ["email"]},
        "settings": {"on": {"type": "boolean", "default": False, "description": "x"}},
    }
    program = bound(World(mapping, Snapshot(()), Snapshot(()), Snapshot(())))
    assert [program.policy.fields[each].path for each in program.policy.identifying] == ["email"]
    many = GeneratedProgram(program.code, program.context, program.tables)
    person = {"id": "1", "name": "Ann", "nick": None, "code": "k"}
    found = list(batches([person], [Record(id, {**person, "id": id}) for id in "12"]))
    for batch in (*found, *as_one(found)):
        rows = many.source_rows(batch)
        assert [type(each) for each in rows] == [SteadyRow] * len(batch)
        assert [each.named for each in rows] == [is_named] * len(batch)


@given(HELD, HELD, HELD | st.just("k"), st.booleans(), st.sampled_from("kK"), st.booleans())
@settings(max_examples=60)
@example("Ann", "Ann", "k", True, "k", False)
@example("Ann", "Ann", "x", False, "k", False)
@example("Ann", "Ann", "x", False, "K", False)
@example("Ann", "Ann", "x", False, "k", True)
@example(1, True, "x", False, "k", False)
@example("missing", None, "x", False, "k", False)
@example("missing", "missing", "k", True, "k", False)
@example("Ann", "Ann", None, False, "k", False)
@example("", BLANK, "x", False, "k", False)
@example("Ann", "Ann", 10**30, False, "k", False)
def test_a_target_record_is_short_only_where_it_holds_the_same(
    said: Any, held: Any, beside: Any, on: bool, ref: str, left: bool
) -> None:
    """Values of two types are never the same, and what is absent is no text that says so."""
    # Sensitive: of another field, the value that is not written would stand in the row.
    switched = {"from": "grade", "when": "setting('on')", "sensitive": True}
    mapping = next_world({"nick": "name", "grade": switched}).mapping | {
        "match": [{"source": "code", "target": "ref", "compare": "ignore_case"}],
        "joiners": {"create": False},
        "leavers": {"when": "flag", "set": {"leaveDate": "today()"}, "left": "leaveDate"},
        "settings": {"on": {"type": "boolean", "default": False, "description": "x"}},
    }
    world = World(mapping, Snapshot(()), Snapshot(()), Snapshot(()), on=on)
    program = bound(world)
    many = GeneratedProgram(program.code, program.context, program.tables)
    person = {"id": "1", "name": said, "code": "k", "grade": "k", "flag": False}
    leave = {"leaveDate": "2020-01-01" if left else None}
    user = {"id": "2", "ref": ref, "nick": held, "grade": beside, **leave}
    present = {key: each for key, each in user.items() if each is not None} | leave
    (batch,) = batches([person], [Record("1", person)])
    same = SameRows(program.policy, SourceRows.of(many.source_rows(batch)))
    for data in (user, present):
        (batch,) = batches([data], [Record("2", data)])
        (row,), (short,) = many.target_rows(batch), rows_beside(many, batch, same)
        assert repr(whole_target(short)) == repr(row)
        assert isinstance(short, SameRow) == (
            repr(said) == repr(held)
            and repr(said) in ("'Ann'", "'missing'", "1", "True")
            and (not on or beside == "k")
            and (not isinstance(beside, int) or -(1 << 63) <= beside < 1 << 64)  # it is packed
            and ref == "k"
            and not left
        )
    for grade in (1, True, 1.0, "1", None, True):  # of which some are equal, and none the same
        (batch,) = batches([user], [Record("2", {**user, "grade": grade})])
        (row,), (short,) = many.target_rows(batch), rows_beside(many, batch, same)
        assert repr(whole_target(short)) == repr(row)


@given(st.lists(st.sampled_from([1, True, 1.0, 0, False, None, "", "missing"]), max_size=5))
@settings(max_examples=30)
@example([1, True, 1.0])
@example([None, 0, None])
@example([0, False])
def test_a_short_target_record_holds_its_own_values_where_the_source_is_silent(
    grades: list[Any],
) -> None:
    """Also where the one before it holds an equal value of another type, or none."""
    # Sensitive: of another field, the value that is not written would stand in the row.
    switched = {"from": "grade", "when": "setting('on')", "sensitive": True}
    mapping = next_world({"nick": "name", "grade": switched}).mapping | {
        "match": [{"source": "code", "target": "ref"}],
        "joiners": {"create": False},
        "settings": {"on": {"type": "boolean", "default": False, "description": "x"}},
    }
    world = World(mapping, Snapshot(()), Snapshot(()), Snapshot(()), on=False)
    program = bound(world)
    many = GeneratedProgram(program.code, program.context, program.tables)
    people = [{"id": f"{n}", "name": "Ann", "code": f"k{n}", "flag": False} for n in range(5)]
    of_people = batches(people[:1], [Record(each["id"], each) for each in people])
    rows = [row for batch in of_people for row in many.source_rows(batch)]
    same = SameRows(program.policy, SourceRows.of(rows))
    users = [
        {"id": f"{n}", "ref": f"k{n}", "nick": "Ann", "grade": grade}
        for n, grade in enumerate(grades)
    ]
    found = list(batches(users[:1] or people, [Record(each["id"], each) for each in users]))
    for batch in (*found, *as_one(found)):
        short = rows_beside(many, batch, same)
        assert {*map(type, short)} == {SameRow}
        assert repr(list(map(whole_target, short))) == repr(many.target_rows(batch))
