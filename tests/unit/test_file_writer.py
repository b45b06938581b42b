"""Writing files of records: what was not written keeps its bytes, and a file is never half."""

import fcntl
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.connector_errors import NotSent, Rejected, Unknown
from oneway_connectors.file import FileOptions, FileReader, FileWriter, connector, replace, writer

ENDINGS = ("json", "jsonl", "csv")
GOOD = {
    "json": '[\n    {"id": "a", "n": "x", "o": {"p": "q"}},\n    {"id":"b","z":"","n":"y"}\n]\n',
    "jsonl": '{"id": "a", "n": "x", "o": {"p": "q"}}\n{"id":"b","z":"","n":"y"}\n',
    "csv": 'id,n,o.p,z\na,x,q,\n"b",y,,\n',
}
words = st.text(st.characters(codec="utf-8"), max_size=8)
names = words.filter(lambda name: name.strip() and "." not in name and name not in "idoz")


def written(folder: Path, ending: str, content: bytes | str | None = None) -> Path:
    path = folder / f"people.{ending}"
    data = GOOD[ending] if content is None else content
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def held(path: Path) -> dict[str, Any]:
    snapshot = FileReader(str(path)).read()
    return {r.id: r.data for r in snapshot.records}


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_is_on_disk_until_flush(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path, ending)
    target = FileWriter(str(path))
    target.update("a", {"n": "new"}, "t1")
    assert target.create({"n": "one"}, "t2") == "1"
    target.leave("b", {"n": "left"}, "t3")
    assert path.read_text() == GOOD[ending]
    target.flush()
    assert {id: data["n"] for id, data in held(path).items()} == {
        "a": "new",
        "b": "left",
        "1": "one",
    }
    target.update("1", {"n": "two"}, "t4")
    target.flush()
    assert held(path)["1"]["n"] == "two"
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("json", GOOD["json"].replace('"q"', '"r"')),
        ("jsonl", GOOD["jsonl"].replace('"q"', '"r"')),
        ("csv", GOOD["csv"].replace("q", "r")),
    ],
)
def test_an_update_changes_the_given_path_and_not_a_byte_more(
    tmp_path: Path, ending: str, expected: str
) -> None:
    path = written(tmp_path, ending)
    target = FileWriter(str(path))
    target.update("a", {"o": {"p": "r"}}, "t")
    target.flush()
    assert path.read_text() == expected


@given(st.sampled_from(ENDINGS), st.dictionaries(names, words, max_size=4), st.booleans())
@settings(max_examples=150)
def test_text_arrives_unchanged(
    tmp_path_factory: Any, ending: str, values: dict[str, str], create: bool
) -> None:
    path = written(tmp_path_factory.mktemp("w"), ending)
    before = held(path)
    target = FileWriter(str(path))
    id = target.create(values, "t") if create else "a"
    if not create:
        target.update("a", values, "t")
    target.flush()
    after = held(path)
    assert {k: after[id][k] for k in values if values[k]} == {k: v for k, v in values.items() if v}
    assert {k: v for k, v in before["b"].items() if v} == {k: v for k, v in after["b"].items() if v}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(["json", "jsonl"]), json_values)
@settings(max_examples=100)
def test_json_values_arrive_unchanged(tmp_path_factory: Any, ending: str, value: Any) -> None:
    path = written(tmp_path_factory.mktemp("w"), ending)
    target = FileWriter(str(path))
    target.update("b", {"n": value}, "t")
    id = target.create({"deep": {"n": value}}, "t")
    target.flush()
    seen = held(path)
    wanted = json.loads(json.dumps(value))
    assert seen["b"] == {"id": "b", "z": "", "n": wanted}
    assert seen[id] == {"id": id, "deep": {"n": wanted}}
    assert repr(seen["b"]["n"]) == repr(wanted)


ODD = {
    "limit": "12345678901234.123456", "tiny": "1e-400", "sum": "100.10", "big": "1E5",
    "text": '"\\u00e9 \\/"', "list": "[1,  2.50 ]", "o": '{ "p" : 1.0, "q":true }',
}  # fmt: skip
"""Texts of values that would become others if they were written again."""
SPACES = st.sampled_from(["", " ", "  ", "\t"])


@given(st.data(), st.sampled_from(["json", "jsonl"]))
def test_what_is_not_named_stays_byte_for_byte(
    tmp_path_factory: Any, data: st.DataObject, ending: str
) -> None:
    """Draw a record in any spacing, and change some values: only their text is another."""

    def space() -> str:
        return data.draw(SPACES)

    keys = data.draw(st.permutations(sorted(ODD)))

    frames = [(key, space(), f"{space()}:{space()}", space()) for key in ["id", *keys, "name"]]

    def record(values: dict[str, str]) -> str:
        members = [f'{a}"{key}"{colon}{values[key]}{b}' for key, a, colon, b in frames]
        return "{" + ",".join(members) + "}"

    values = {**ODD, "id": '"a"', "name": '"Old"'}
    new = {"name": '"New"', **data.draw(st.sampled_from([{}, {"sum": "7"}, {"list": "[]"}]))}
    inner = data.draw(st.sampled_from([None, 2, "x"]))
    changed = {key: json.loads(value) for key, value in new.items()}
    if inner is not None:
        changed["o"] = {"p": inner}
        new["o"] = f'{{ "p" : {json.dumps(inner)}, "q":true }}'
    form = "[\n  {}\n]\n" if ending == "json" else "{}\n"
    path = written(tmp_path_factory.mktemp("odd"), ending, form.replace("{}", record(values)))
    target = FileWriter(str(path))
    target.update("a", changed, "t")
    target.flush()
    assert path.read_text() == form.replace("{}", record({**values, **new}))


@pytest.mark.parametrize("old", ["1", "true", "1.0"])
@pytest.mark.parametrize("new", [1, True, 1.0])
def test_a_value_of_another_type_is_written(tmp_path: Path, old: str, new: Any) -> None:
    path = written(tmp_path, "jsonl", f'{{"id": "a", "n": [{old}]}}\n')
    target = FileWriter(str(path))
    target.update("a", {"n": [new]}, "t")
    target.flush()
    assert path.read_text() == f'{{"id": "a", "n": [{json.dumps(new)}]}}\n'


def test_a_new_key_is_written_like_its_neighbours(tmp_path: Path) -> None:
    path = written(tmp_path, "json", '[\n  {\n    "id": "a",\n    "o": {}\n  }\n]\n')
    target = FileWriter(str(path))
    target.update("a", {"n": {"x": [1]}, "o": {"p": 1}}, "t")
    target.flush()
    assert held(path)["a"] == {"id": "a", "o": {"p": 1}, "n": {"x": [1]}}
    assert path.read_text() == (
        '[\n  {\n    "id": "a",\n    "o": {"p": 1},\n    "n": {\n      "x": [\n        1\n      ]\n'
        "    }\n  }\n]\n"
    )


def test_unknown_fields_and_the_order_of_keys_stay(tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl", '{"z": 1.10, "id": 7, "a": {"y": 1e2, "x": null}}\r\n\n')
    target = FileWriter(str(path))
    target.update("7", {"a": {"x": "new", "w": None}}, "t")
    target.flush()
    line = '{"z": 1.10, "id": 7, "a": {"y": 1e2, "x": "new", "w": null}}\r\n'
    assert path.read_bytes() == line.encode()


def test_what_is_no_record_is_kept(tmp_path: Path) -> None:
    bad = b'not json\n{"id": "\xff"}\n{"id": "a", "id": "a"}\n{"cut'
    path = written(tmp_path, "jsonl", b'{"id":"a"}\n' + bad)
    target = FileWriter(str(path))
    target.update("a", {"n": "x"}, "t")
    target.flush()
    assert path.read_bytes() == b'{"id":"a","n":"x"}\n' + bad + b"\n"


def test_a_json_file_keeps_its_indentation(tmp_path: Path) -> None:
    rows = [{"id": 1, "o": {"p": 1}}, {"id": 2, "o": {}}]
    path = written(tmp_path, "json", "\ufeff" + json.dumps(rows, indent=4))
    target = FileWriter(str(path))
    target.update("1", {"o": {"p": 3}}, "t")
    target.create({"o": {"p": 4}}, "t")
    target.flush()
    rows = [{"id": 1, "o": {"p": 3}}, {"id": 2, "o": {}}, {"id": 3, "o": {"p": 4}}]
    assert path.read_text() == "\ufeff" + json.dumps(rows, indent=4)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", ["", "\ufeff"])
def test_an_empty_file_can_be_filled(tmp_path: Path, ending: str, content: str) -> None:
    path = written(tmp_path, ending, content)
    target = FileWriter(str(path))
    ids = [target.create({"name": name}, "t") for name in ("Zoë", "Ægir")]
    target.flush()
    assert held(path) == {"1": {"id": "1", "name": "Zoë"}, "2": {"id": "2", "name": "Ægir"}}
    assert ids == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "id", "value"),
    [
        ('{"id": 1}\n{"id": 3}\n', "4", 4),
        ('{"id": 9}\n{"id": 3}\n', "10", 10),
        ('{"id": "1"}\n{"id": 3}\n', "4", "4"),
        ('{"id": "0734"}\n{"id": "0099"}\n', "0735", "0735"),
        ('{"id": "b"}\n', "1", "1"),
        ('{"id": "b"}\n{"id": "12345678901234567890"}\n{"id": "\u0663"}\n', "1", "1"),
        ("x\n", "1", "1"),
    ],
)
def test_a_new_id_is_the_number_after_the_highest_in_the_files_type(
    tmp_path: Path, content: str, id: str, value: Any
) -> None:
    """A gap may be the number of somebody who was deleted: old bookings would be theirs."""
    path = written(tmp_path, "jsonl", content)
    target = FileWriter(str(path))
    assert target.create({}, "t") == id
    target.flush()
    assert repr(held(path)[id]["id"]) == repr(value)


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_the_number_of_a_record_that_was_deleted_is_not_given_again(
    tmp_path: Path, ending: str
) -> None:
    path = written(tmp_path, ending, GOOD[ending].replace("a", "7"))
    target = FileWriter(str(path))
    target.number_beyond(["8", "x", "12", "9"])
    assert target.create({}, "t") == "13"


@pytest.mark.parametrize("given", [True, [1], {"a": 1}, 1.5, "a"])
def test_an_id_that_cannot_be_used_is_rejected(tmp_path: Path, given: Any) -> None:
    path = written(tmp_path, "jsonl")
    target = FileWriter(str(path))
    with pytest.raises(Rejected) as caught:
        target.create({"id": given}, "t")
    assert caught.value.code == "W151"
    with pytest.raises(Rejected):
        target.update("a", {"id": "other"}, "t")
    with pytest.raises(Rejected):
        target.update("nobody", {"n": "x"}, "t")
    target.flush()
    assert path.read_text() == GOOD["jsonl"]


def test_an_id_among_the_values_is_the_id(tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl", "")
    target = FileWriter(str(path), FileOptions(id="meta.key"))
    assert target.create({"n": "x", "meta": {"key": 7}}, "t") == "7"
    assert target.create({"n": "x", "meta": {"other": 1}}, "t") == "8"
    target.flush()
    lines = path.read_text().splitlines()
    assert lines[0] == '{"n": "x", "meta": {"key": 7}}'
    assert json.loads(lines[1])["meta"] == {"other": 1, "key": "8"}


@pytest.mark.parametrize(
    "value", [1, 1.5, True, ["a"], [], "\ud800", {"": "x"}, {"p": {"q": "x"}}, "flat"]
)
def test_what_csv_cannot_hold_is_rejected_and_disturbs_nothing(tmp_path: Path, value: Any) -> None:
    path = written(tmp_path, "csv")
    target = FileWriter(str(path))
    with pytest.raises(Rejected) as caught:
        target.update("a", {"o": value, "new": "column"}, "t")
    assert caught.value.code == "W150"
    assert "flat" not in str(caught.value)
    target.update("b", {"n": "new"}, "t")
    target.flush()
    assert path.read_text() == 'id,n,o.p,z\na,x,q,\n"b",new,,\n'


@pytest.mark.parametrize("value", ["[" * 120 + "]" * 120, "[" * 5000 + "]" * 5000])
def test_what_json_would_not_read_again_is_rejected(tmp_path: Path, value: str) -> None:
    deep: Any = []
    for _ in value[: len(value) // 2]:
        deep = [deep]
    path = written(tmp_path, "jsonl")
    target = FileWriter(str(path))
    for bad in (deep, float("nan")):
        with pytest.raises(Rejected) as caught:
            target.update("a", {"n": bad}, "t")
        assert caught.value.code == "W150"


def test_csv_null_clears_and_new_columns_are_added_at_the_end(tmp_path: Path) -> None:
    path = written(tmp_path, "csv", 'id,o.p,o.q\r\n1,"x\r\ny",z\r\n2,"a ""b""",\r\n')
    target = FileWriter(str(path))
    target.update("1", {"o": {"p": None}, "gone": None}, "t")
    target.create({"e": {"mail": "a@example.com"}}, "t")
    target.flush()
    assert path.read_bytes().decode() == (
        'id,o.p,o.q,e.mail\r\n1,,z,\r\n2,"a ""b""",,\r\n3,,,a@example.com\r\n'
    )
    target.update("1", {"o": None}, "t")
    target.flush()
    assert path.read_bytes().decode().splitlines()[1] == "1,,,"


def test_a_column_is_not_added_beside_a_row_of_another_width(tmp_path: Path) -> None:
    path = written(tmp_path, "csv", "id,n\n1,x\n2,y,z\n")
    target = FileWriter(str(path))
    with pytest.raises(Rejected, match="line 3"):
        target.update("1", {"new": "column"}, "t")
    target.update("1", {"n": "w"}, "t")
    target.flush()
    assert path.read_text() == "id,n\n1,w\n2,y,z\n"


def test_somebodys_edit_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl")
    target = FileWriter(str(path))
    target.update("a", {"n": "ours"}, "t")
    path.write_text('{"id": "a", "n": "theirs"}\n')
    for _ in range(2):
        with pytest.raises(NotSent) as caught:
            target.flush()
        assert caught.value.code == "W152"
    assert path.read_text() == '{"id": "a", "n": "theirs"}\n'
    path.unlink()
    with pytest.raises(NotSent, match="cannot be read"):
        target.flush()


def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    path = written(tmp_path, "jsonl")
    path.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path.name)
    target = FileWriter(str(link))
    target.update("a", {"n": "new"}, "t")
    target.flush()
    assert link.is_symlink()
    assert held(path)["a"]["n"] == "new"
    assert path.stat().st_mode & 0o7777 == 0o640


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    path = written(tmp_path, "csv")
    locked, kept = ".people.csv.lockedxx.tmp", {"people.csv.tmp", ".people.csv.abc.tmp", ".x.tmp"}
    for name in (".people.csv.abc_12de.tmp", ".people.csv.youngxxx.tmp", locked, *kept):
        (tmp_path / name).write_text("id\n")
        if "young" not in name:
            os.utime(tmp_path / name, (1, 1))
    (tmp_path / ".people.csv.linkxxxx.tmp").symlink_to(path)
    target = FileWriter(str(path))
    target.update("a", {"n": "new"}, "t")
    with (tmp_path / locked).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        target.flush()
    others = {locked, ".people.csv.youngxxx.tmp", ".people.csv.linkxxxx.tmp", path.name}
    assert set(os.listdir(tmp_path)) == kept | others


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555])
def test_a_file_that_is_read_only_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, "csv")
    link = tmp_path / "link.csv"
    link.symlink_to(path.name)
    path.chmod(mode)
    for each in (path, link):
        with pytest.raises(NotSent, match="read-only") as caught:
            FileWriter(str(each)).refuse_unwritable()
        assert caught.value.code == "W155"
    assert path.read_text() == GOOD["csv"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = written(tmp_path, "csv")
    target = FileWriter(str(path))
    target.update("a", {"n": "new"}, "t")
    with monkeypatch.context() as patch:
        patch.setattr(replace.os, call, fail)
        with pytest.raises(NotSent, match="No space left") as caught:
            target.flush()
    assert caught.value.code == "W153"
    assert path.read_text() == GOOD["csv"]
    assert os.listdir(tmp_path) == [path.name]
    target.flush()
    assert held(path)["a"]["n"] == "new"


def test_a_file_that_may_not_be_on_the_disk_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise OSError(5, "Input/output error")

    path = written(tmp_path, "csv")
    target = FileWriter(str(path))
    target.update("a", {"n": "new"}, "t")
    monkeypatch.setattr(writer, "sync_folder", fail)
    with pytest.raises(Unknown) as caught:
        target.flush()
    assert caught.value.code == "W154"


def test_a_target_that_cannot_be_read_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    target = FileWriter(str(path))
    with pytest.raises(NotSent):
        target.create({}, "t")
    target.flush()
    assert not path.exists()
    with pytest.raises(NotSent, match="ending"):
        connector.FileConnector().writer("people.docx")
    with pytest.raises(NotSent, match="never written"):
        connector.FileConnector().writer("people.xlsx")


def test_nothing_to_write_does_not_touch_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "csv")
    before = path.stat()
    FileWriter(str(path)).flush()
    assert path.stat() == before
