"""Reading files of records: what is no record disturbs no other."""

import csv
import io
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.access import Access
from oneway.core.connector_errors import ReadError
from oneway.core.description import Description
from oneway_connectors.file import FileOptions, FileReader, connect

ENDINGS = ("json", "jsonl", "csv")
text = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
people = st.dictionaries(
    st.text(max_size=5).filter(str.strip), st.dictionaries(text, values, max_size=4), max_size=6
)


def written(folder: Path, name: str, content: bytes | str) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def read(path: str, **options: str) -> tuple[dict[str, Any], dict[str, str], bool]:
    snapshot = FileReader(path, FileOptions(**options)).read()
    data = {r.id: r.data for r in snapshot.records if not r.problem}
    problems = {r.id: r.problem for r in snapshot.records if r.problem}
    assert snapshot.complete or snapshot.problems
    return data, problems, snapshot.complete


READ_CODES = ("", "R151", "R153", "R154", "R155")


def code_of(path: str) -> str:
    try:
        FileReader(path).read()
    except ReadError as error:
        return error.code if path in error.summary else error.summary
    return ""


@given(people)
@settings(max_examples=60)
def test_json_values_arrive_unchanged(tmp_path_factory: Any, held: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("json")
    rows = [{**data, "id": id} for id, data in held.items()]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    wanted = {row["id"]: json.loads(json.dumps(row)) for row in rows}
    assert read(written(folder, "a.jsonl", lines)) == (wanted, {}, True)
    assert read(written(folder, "a.json", json.dumps(rows, indent=2))) == (wanted, {}, True)


@given(st.lists(st.tuples(text, text), max_size=6))
@settings(max_examples=60)
def test_csv_text_arrives_unchanged(tmp_path_factory: Any, rows: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    table = csv.writer(stream, quoting=csv.QUOTE_ALL)
    table.writerow(["id", "name", "bankDetails.sortCode"])
    table.writerows([str(n), *row] for n, row in enumerate(rows))
    data, problems, complete = read(
        written(tmp_path_factory.mktemp("csv"), "a.csv", stream.getvalue())
    )
    assert (problems, complete) == ({}, True)
    assert [(d["name"], d["bankDetails"]["sortCode"]) for d in data.values()] == rows


@given(st.binary(max_size=80), st.sampled_from(ENDINGS))
@settings(max_examples=300)
def test_any_bytes_are_a_snapshot_or_a_read_error(
    tmp_path_factory: Any, content: bytes, ending: str
) -> None:
    path = written(tmp_path_factory.mktemp("any"), f"a.{ending}", content)
    assert code_of(path) in READ_CODES


@given(st.data(), st.sampled_from(ENDINGS))
@settings(max_examples=200)
def test_a_spoiled_file_is_a_snapshot_or_a_read_error(
    tmp_path_factory: Any, data: st.DataObject, ending: str
) -> None:
    content = GOOD[ending].encode()
    at = data.draw(st.integers(0, len(content) - 1))
    spoiled = content[:at] + data.draw(st.binary(max_size=3)) + content[at + 1 :]
    path = written(tmp_path_factory.mktemp("any"), f"a.{ending}", spoiled)
    assert code_of(path) in READ_CODES


GOOD = {
    "json": '[\n {"id": "a", "n": "x"},\n {"id": "b", "n": "y"},\n {"id": "c", "n": "z"}\n]\n',
    "jsonl": '{"id": "a", "n": "x"}\n{"id": "b", "n": "y"}\n{"id": "c", "n": "z"}\n',
    "csv": 'id,n\na,x\n"b",y\nc,z\n',
}
DEEP = "[" * 10_000 + "]" * 10_000


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("what", "the record is not valid JSON"),
        ('{"id": "b" "n": 1}', "the record is not valid JSON"),
        ("[1, 2]", "the record is not a JSON object"),
        ("null", "the record is not a JSON object"),
        ('{"n": "y"}', "the record has no id at 'id'"),
        ('{"id": "  "}', "the record has no id"),
        ('{"id": true}', "the record has no id"),
        ('{"id": 1.5}', "the record has no id"),
        ('{"id": "b", "n": 1, "n": 2}', "the record has the same key twice"),
        ('{"id": "b", "o": {"n": 1, "n": 1}}', "the record has the same key twice"),
        ('{"id": "b", "n": NaN}', "the record holds NaN"),
        ('{"id": "b", "n": -Infinity}', "the record holds NaN"),
        ('{"id": "b", "n": 1e400}', "the record holds a number that is too large"),
        ('{"id": "b", "n": ' + "9" * 5000 + "}", "the record holds a number that is too long"),
        ('{"id": "b", "n": ' + DEEP + "}", "the record is nested deeper"),
        ('{"id": "b", "n": ' + DEEP[9899:10101] + "}", "the record is nested deeper"),
        (b'{"id": "b", "n": "\xff"}', "the record is not UTF-8"),
    ],
)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_what_is_no_record_is_one_with_a_problem(
    tmp_path: Path, ending: str, bad: str | bytes, problem: str
) -> None:
    raw = bad.encode() if isinstance(bad, str) else bad
    first, second = b'{"id": "a"}', b'{"id": 3}'
    content = (
        b"[" + b",\n".join((first, raw, second)) + b"]"
        if ending == "json"
        else b"\n".join((first, raw, second))
    )
    if ending == "json" and bad == "what":
        problem = "the record is not valid JSON"
    data, problems, _ = read(written(tmp_path, f"a.{ending}", content))
    assert data == {"a": {"id": "a"}, "3": {"id": 3}}
    (found,) = problems.values()
    assert found.startswith(problem)
    # Where only a value is wrong, the others are read, and the id is one of them.
    certain = any(words in problem for words in ("twice", "NaN", "number"))
    assert list(problems) == ["b" if certain else "line 2"]


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_of_an_object_with_a_flaw_all_other_values_are_read(tmp_path: Path, ending: str) -> None:
    flaws = {
        '"n": 1, "n": 1': ["n"],
        '"n": NaN': ["n"],
        '"n": 1e999': ["n"],
        f'"n": {"9" * 5000}': ["n"],
        '"o": {"n": 1, "n": 2, "m": 1}': ["o", "n"],
        '"n": [1, {"m": [NaN]}]': ["n"],
    }
    for flaw, lost in flaws.items():
        raw = f'{{"id": "b", {flaw}, "ref": "7"}}'.encode()
        content = b"[" + raw + b"]" if ending == "json" else raw
        (record,) = FileReader(str(written(tmp_path, f"a.{ending}", content))).read().records
        inside = {"o": {"m": 1}} if len(lost) == 2 else {}
        assert record.data == {"id": "b", **inside, "ref": "7"}, flaw
        assert record.lost == (tuple(lost),), flaw
        assert record.problem, flaw


@pytest.mark.parametrize(
    ("bad", "cause"),
    [
        ('{"id": True}', "it is written true, false and null, in small letters"),
        ("{'id': 1}", "text must be in double quotes"),
        ('{"id": 1,}', "there is a comma before a closing bracket"),
        ('{"id": 1, // the first\n "n": 2}', "JSON has no comments"),
    ],
)
def test_a_usual_slip_of_json_is_named(tmp_path: Path, bad: str, cause: str) -> None:
    path = written(tmp_path, "a.json", f"[{bad}]".encode())
    assert cause in FileReader(str(path)).read().records[0].problem
    if "\n" not in bad:
        path = written(tmp_path, "a.jsonl", bad.encode())
        assert cause in FileReader(str(path)).read().records[0].problem


def test_a_list_of_lists_is_no_record_and_how_to_mend_it_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", b'[[{"id": 1}], [{"id": 2}], [3]]')
    problems = [each.problem for each in FileReader(str(path)).read().records]
    assert [("jq 'add' in.json" in each) for each in problems] == [True, True, False]


def test_a_comma_after_the_last_record_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", b'[{"id": 1},\n]\n')
    with pytest.raises(ReadError, match=r"a\.json:2: not valid JSON: there is a comma before"):
        FileReader(str(path)).read()


@pytest.mark.parametrize(
    ("content", "help"),
    [
        ('{"data": [{"users": [{"id": 1}]}]}', """jq '[.["data"][]["users"][]]' in.json"""),
        ('{"data": {"users": [{"id": 1}]}}', """jq '.["data"]["users"]' in.json"""),
        ('{"data": [{"id": 1, "jobs": [{"id": 2}]}]}', """jq '.["data"]' in.json"""),
    ],
)
def test_of_lists_within_lists_it_is_told_how_to_make_one(
    tmp_path: Path, content: str, help: str
) -> None:
    with pytest.raises(ReadError) as caught:
        FileReader(str(written(tmp_path, "a.json", content.encode()))).read()
    assert caught.value.code == "R153"
    assert help in caught.value.help


def test_a_problem_never_quotes_the_content(tmp_path: Path) -> None:
    lines = '{"id": "b", "iban": "S3CRET" x}\n{"S3CRET": 1, "S3CRET": 2}\n"S3CRET"\n{"S3CRET": 1}\n'
    _, problems, _ = read(written(tmp_path, "a.jsonl", lines))
    assert len(problems) == 4
    assert "S3CRET" not in repr(problems)


def test_a_line_ends_at_a_line_feed_alone(tmp_path: Path) -> None:
    odd = "a\u2028b\u2029c\x85d\x0be"
    line = json.dumps({"id": "1", "n": odd}, ensure_ascii=False).replace("\\u000b", "\\u000b")
    data, problems, complete = read(written(tmp_path, "a.jsonl", f"{line}\r\n\n \t\n"))
    assert (data, problems, complete) == ({"1": {"id": "1", "n": odd}}, {}, True)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_byte_order_mark_is_accepted(tmp_path: Path, ending: str) -> None:
    data, problems, _ = read(written(tmp_path, f"a.{ending}", "\ufeff" + GOOD[ending]))
    assert (list(data), problems) == (["a", "b", "c"], {})


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", ["", "\ufeff", "\n"])
def test_an_empty_file_is_an_empty_snapshot(tmp_path: Path, ending: str, content: str) -> None:
    assert read(written(tmp_path, f"a.{ending}", content)) == ({}, {}, True)


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_a_last_line_that_was_cut_off_makes_the_read_incomplete(
    tmp_path: Path, ending: str
) -> None:
    content = GOOD[ending] + "d" if ending == "csv" else GOOD[ending] + '{"id": "d", "n'
    data, problems, complete = read(written(tmp_path, f"a.{ending}", content))
    assert (list(data), len(problems), complete) == (["a", "b", "c"], 1, False)


def test_a_last_line_without_its_end_is_a_record(tmp_path: Path) -> None:
    data, _, complete = read(written(tmp_path, "a.jsonl", GOOD["jsonl"].rstrip("\n")))
    assert (list(data), complete) == (["a", "b", "c"], True)


def test_a_whole_but_flawed_last_line_is_not_cut_off(tmp_path: Path) -> None:
    _, problems, complete = read(written(tmp_path, "a.jsonl", '{"id": 1}\n{"a": 1, "a": 1}'))
    assert (len(problems), complete) == (1, True)


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("a.json", '[{"id": "a"}', "R153", "a.json:1"),
        ("a.json", '[\n{"id": "a"},\n', "R153", "a.json:3"),
        ("a.json", '[{"id": "a"}] x', "R153", "a.json:1"),
        ("a.json", '[{"id": "a"},]', "R153", "a.json:1"),
        ("a.json", '[\n{"id": [}, {"id": 1}]}', "R153", "a.json:2"),
        ("a.json", '{"employees": []}', "R153", "an object"),
        ("a.json", '"text"', "R153", "array of objects"),
        ("a.csv", "id,n,n\n", "R154", "column 3 has the name of column 2"),
        ("a.csv", "id,a,a.b\n", "R154", "column 2 is both"),
        ("a.csv", "Id,n\n", "R154", "no column is called 'id'"),
        ("a.csv", "id;n\n1;x\n", "R154", "no column is called 'id'"),
        ("a.csv", 'id,"n\n', "R154", "cannot be read"),
        ("a.csv", "id,n\r1,x\r", "R154", "cannot be read"),
        ("a.csv", b"id,n\xe9\n", "R154", "not UTF-8"),
        ("a.csv", "id,n\n".encode("utf-16"), "R151", "UTF-16"),
        ("a.docx", "", "R152", "ending"),
        ("a.xlsx", "no workbook", "R153", "workbook"),
        ("people", "", "R152", "ending"),
    ],
)
def test_a_file_that_cannot_be_told_apart_is_refused(
    tmp_path: Path, name: str, content: str | bytes, code: str, words: str
) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(ReadError) as caught:
        FileReader(path).read()
    assert caught.value.code == code
    assert words in caught.value.summary
    assert path in caught.value.summary
    assert caught.value.help


@pytest.mark.parametrize(
    ("row", "id", "problem", "complete"),
    [
        ("b", "line 3", "has 1 cells where the header has 2", True),
        ("b,y,z", "line 3", "has 3 cells where the header has 2", True),
        ('b,"y"x', "line 3", "has text after a closing quotation mark", False),
        (",y", "line 3", "has no id", True),
        (b"b,\xe9", "b", "is not UTF-8", True),
        (b"\xe9,y", "line 3", "is not UTF-8", True),
    ],
)
def test_a_csv_row_that_is_no_record_has_a_problem(
    tmp_path: Path, row: str | bytes, id: str, problem: str, *, complete: bool
) -> None:
    raw = row.encode() if isinstance(row, str) else row
    found = read(written(tmp_path, "a.csv", b"id,n\r\na,x\r\n" + raw + b"\r\nc,z\r\n"))
    assert list(found[0]) == ["a", "c"]
    assert problem in found[1][id]
    assert found[2] is complete


def test_an_unclosed_quotation_mark_makes_the_read_incomplete(tmp_path: Path) -> None:
    data, problems, complete = read(written(tmp_path, "a.csv", 'id,n\na,x\nb,"y\nc,z\n'))
    assert (list(data), list(problems), complete) == (["a"], ["line 3"], False)


def test_lines_are_counted_through_cells_of_several_lines(tmp_path: Path) -> None:
    _, problems, _ = read(written(tmp_path, "a.csv", 'id,n\na,"x\r\ny\nz"\nb\n'))
    assert list(problems) == ["line 5"]


def test_blank_lines_before_the_header_hide_no_record(tmp_path: Path) -> None:
    assert list(read(written(tmp_path, "a.csv", "\r\n\nid,n\n\na,x\n\n"))[0]) == ["a"]


def test_csv_cells_are_text_and_dots_make_objects(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "id,no,bank.code,bank.name\n01,,=1+1,-x\n")
    data, _, _ = read(path)
    assert data == {"01": {"id": "01", "no": "", "bank": {"code": "=1+1", "name": "-x"}}}


def test_the_id_may_be_anywhere(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ndjson", '{"meta": {"key": 7}}\n')
    assert list(read(path, id="meta.key")[0]) == ["7"]
    path = written(tmp_path, "people.txt", "meta.key\n7\n")
    assert list(read(path, id="meta.key", format="csv")[0]) == ["7"]


@pytest.mark.parametrize("path", ["none.jsonl", "folder.jsonl", "pipe.jsonl", "nul\0.jsonl"])
def test_what_is_no_file_is_a_read_error_that_names_it(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    for use in (FileReader.read, lambda reader: reader.get("a")):
        with pytest.raises(ReadError, match=path.split("\0")[0]) as caught:
            use(FileReader(str(tmp_path / path)))
        assert caught.value.code == "R150"


@pytest.mark.parametrize("ending", ENDINGS)
def test_get_and_find_see_the_file_as_it_is_now(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, f"a.{ending}", GOOD[ending])
    reader = FileReader(path)
    found = reader.get("b")
    assert found is not None
    assert found.data == {"id": "b", "n": "y"}
    assert [r.id for r in reader.find("n", " Y ")] == ["b"]
    written(tmp_path, f"a.{ending}", GOOD[ending].replace("y", "other"))
    assert reader.find("n", "y") == ()
    assert [r.id for r in reader.find("n", "OTHER")] == ["b"]
    assert reader.get("d") is None


@pytest.mark.parametrize(
    ("held", "asked"),
    [('"42"', "42.0"), ("42", "42"), ("1.0", 1), ('"2026-01-31T00:00:00"', "2026-01-31"),
     ("[1, 2]", [2, 1]), ('{"a": 1}', {"a": 1.0}), ("true", True), ('" É "', "é")],
)  # fmt: skip
def test_find_returns_at_least_what_any_comparison_calls_the_same(
    tmp_path: Path, held: str, asked: Any
) -> None:
    path = written(tmp_path, "a.jsonl", f'{{"id": "1", "n": {held}}}\n')
    assert [r.id for r in FileReader(path).find("n", asked)] == ["1"]


def test_progress_is_reported(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", "".join(f'{{"id": {n}}}\n' for n in range(2500)))
    seen: list[tuple[str, int, int | None]] = []
    FileReader(path).read(lambda *step: seen.append(step))
    assert [step[1:] for step in seen] == [(1000, None), (2000, None), (2500, 2500)]


def test_a_long_file_is_read_a_line_at_a_time(tmp_path: Path) -> None:
    row = {f"aFieldWithALongishName{n}": "x" * 40 for n in range(14)}
    lines = "".join(json.dumps({"id": n, **row}) + "\n" for n in range(2000))
    reader = FileReader(written(tmp_path, "a.jsonl", lines))
    tracemalloc.start()
    for _ in reader.records([]):
        pass
    streamed = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    snapshot = reader.read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(snapshot.records) == 2000
    assert streamed < 2000 * 400
    data = 14 * (49 + 40)  # the values alone, as Python holds them
    assert peak < 2000 * (data + 2000)


def test_options_are_read_from_the_access(tmp_path: Path) -> None:
    description = Description("file", "Files", "file", {})
    connector = connect(description, Access({"id": "key", "format": "jsonl"}, {}))
    path = written(tmp_path, "people.txt", '{"key": "1"}\n')
    assert [r.id for r in connector.reader(path).read().records] == ["1"]
    assert connector.probe() == ()
    connector.close()
    for name in ("latin-0", "rot13", "hex"):
        with pytest.raises(ReadError, match=name):
            connect(description, Access({"encoding": name}, {}))


def test_records_on_one_line_are_told_apart(tmp_path: Path) -> None:
    data, problems, _ = read(written(tmp_path, "b.json", '[{"id": 1}, {}, 3]'))
    assert list(data) == ["1"]
    assert list(problems) == ["line 1", "line 1, item 2"]


def test_records_of_one_line_that_share_an_id_are_named_by_their_number(tmp_path: Path) -> None:
    people = '[{"id": 1, "a": 1}, {"id": 2}, {"id": 1, "a": 2}]'
    _, problems, _ = read(written(tmp_path, "b.json", people))
    assert list(problems) == ["1", "record 3"]
    assert all("records 1 and 3 have the same 'id'" in each for each in problems.values())
