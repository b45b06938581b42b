"""Rows of a file that are not what they seem: words for nothing, lost letters, ids that repeat."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneway.core.access import Access
from oneway.core.connector_errors import ReadError, Rejected
from oneway.core.description import Description
from oneway.core.records import Snapshot
from oneway_connectors.file import FileConnector, connect
from oneway_connectors.file.mojibake import is_garbled, may_be_garbled
from oneway_connectors.file.suggest import suggested

WORDS = ["-", "n/a", "None", "."]


def opened(**options: str) -> FileConnector:
    return connect(Description("file", "Files", "file", {}), Access(options, {}))


def read(path: Path, text: str, **options: str) -> Snapshot:
    path.write_text(text, encoding="utf-8", newline="")
    return opened(**options).reader(str(path)).read()


def said(found: Snapshot) -> list[tuple[str, Any, str, str]]:
    return [(each.id, each.data, each.problem, each.damage) for each in found.records]


cells = st.sampled_from(
    ["", " ", "Ann", "a-b", "31/12/2025", "nobody", *WORDS, " - ", "N/A", "NONE"]
)
rows = st.lists(st.lists(cells, min_size=3, max_size=3), max_size=6)


def is_word(cell: object) -> bool:
    return str(cell).strip().casefold() in ("-", "n/a", "none", ".")


@given(rows, st.sampled_from(["", "Total"]), st.sampled_from(["keep", "trim"]))
@settings(max_examples=100)
def test_blank_words_are_as_if_nothing_stood_there(
    tmp_path_factory: Any, table: list[list[str]], footer: str, spaces: str
) -> None:
    folder = tmp_path_factory.mktemp("f")

    def written(path: Path, rows: list[list[str]], **more: str) -> Snapshot:
        text = io.StringIO()
        numbered = [[str(n), *row] for n, row in enumerate(rows)]
        last = [[footer]] if footer else []
        csv.writer(text).writerows([["id", "a", "b", "left"], *numbered, *last])
        types = "left=date:dd/MM/yyyy"
        return read(path, text.getvalue(), types=types, footer=footer, spaces=spaces, **more)

    blank = [["" if is_word(cell) else cell for cell in row] for row in table]
    found = written(folder / "a.csv", table, blank="-, n/a, none, .")
    assert said(found) == said(written(folder / "a.csv", blank))
    objects = [{"id": n, "a": row[0], "b": {"c": [row[1], 1]}} for n, row in enumerate(table)]
    empty = [{"id": n, "a": row[0], "b": {"c": [row[1], 1]}} for n, row in enumerate(blank)]
    json_found = read(folder / "a.json", json.dumps(objects), blank="-, n/a, none, .")
    assert said(json_found) == said(read(folder / "a.json", json.dumps(empty)))


def test_a_blank_word_stays_where_it_is_and_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    options = {"blank": "-, #N/A", "types": "left=date:dd/MM/yyyy"}
    read(path, "id,name,left,note\n1,Ann,-,#N/A\n2,Bob,31/12/2025,x\n", **options)
    writer = opened(**options).writer(str(path))
    writer.update("1", {"name": "Anna"}, "t")
    with pytest.raises(Rejected, match="would be read as blank"):
        writer.update("2", {"name": " - "}, "t")
    with pytest.raises(Rejected, match="would be read as blank"):
        writer.create({"id": "3", "name": "-"}, "t")
    writer.flush()
    assert path.read_text() == "id,name,left,note\n1,Anna,-,#N/A\n2,Bob,31/12/2025,x\n"


@pytest.mark.parametrize("spaces", ["keep", "trim"])
def test_outer_spaces_are_not_written_where_they_are_not_read(tmp_path: Path, spaces: str) -> None:
    path = tmp_path / "a.csv"
    read(path, "id,name\n1,Ann\n2,Bob\n", spaces=spaces)
    writer = opened(spaces=spaces).writer(str(path))
    writer.update("1", {"name": "Ann  Lee"}, "t")
    if spaces == "keep":
        writer.update("2", {"name": " Bob"}, "t")
    else:
        for text in (" Bob", "Bob ", "\u00a0Bob"):
            with pytest.raises(Rejected, match="begins or ends with a space"):
                writer.update("2", {"name": text}, "t")
    writer.flush()
    found = {record.id: record.data["name"] for record in read_again(path, spaces)}
    assert found == {"1": "Ann  Lee", "2": " Bob" if spaces == "keep" else "Bob"}


def read_again(path: Path, spaces: str) -> Any:
    return opened(spaces=spaces).reader(str(path)).read().records


@pytest.mark.parametrize("text", ["-,", ",-", "-,,n/a"])
def test_a_word_is_left_out_of_none(text: str) -> None:
    with pytest.raises(ReadError, match="blank"):
        opened(blank=text)


@given(st.integers(0, 12), st.sampled_from(WORDS), st.sampled_from(["csv", "json"]))
@settings(max_examples=20)
def test_a_column_of_dates_is_one_however_many_words_stand_in_it(
    tmp_path_factory: Any, words: int, word: str, ending: str
) -> None:
    path = tmp_path_factory.mktemp("f") / f"a.{ending}"
    left = [word] * words + ["31/12/2025"] * (14 - words)
    table = [{"id": str(n), "left": each} for n, each in enumerate(left, 10)]
    lines = ["id,left", *(f"{row['id']},{row['left']}" for row in table)]
    path.write_text("\n".join(lines) if ending == "csv" else json.dumps(table))
    found = suggested(str(path)).options
    counts = words > 1 if word == "None" else words > 0
    assert found.get("blank") == (word if counts else None)
    if ending == "csv":
        assert found["types"] == "left=date:dd/MM/yyyy"


def test_what_may_be_a_name_is_no_word_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,Null\n2,Ann\n3,Na\n")
    assert "blank" not in suggested(str(path)).options


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("-", "holds '-', not a date like dd/MM/yyyy: if that means nothing, set the option"),
        ("TBC", "holds 'TBC', not a date"),
        ("31/12/25", "holds '##/##/##' (# is a digit), not a date"),
        ("31/02/2026", "(# is a digit), not a date like dd/MM/yyyy: there is no such day; correct"),
        ("2026-02-31", "(# is a digit), not a date like dd/MM/yyyy: there is no such day; correct"),
        ("a very long text", "holds something else, not a date"),
        ("30/09/2026 00:00:00", "'##/##/#### ##:##:##' (# is a digit), not a date like dd/MM/yyyy"),
        ("30/09/2026 00:00:00", "set the option types to date:dd/MM/yyyy HH:mm:ss"),
        ("30/09/2026 23:59", "set the option types to date:dd/MM/yyyy HH:mm if"),
        ("3/9/2026", "set the option types to date:d/M/yyyy"),
        ("45321", "set the option types to date:serial"),
        ("1234 5678 9012 3456 7890 1234", "holds something else, not a date"),
    ],
)
def test_a_cell_that_does_not_fit_is_shown_as_far_as_it_may_be(
    tmp_path: Path, cell: str, seen: str
) -> None:
    text = f"id,left,sort code\n1,{cell},\n2,{cell},\n"
    found = read(tmp_path / "a.csv", text, types="left=date:dd/MM/yyyy")
    assert seen in found.records[0].problem
    assert len({each.problem for each in found.records}) == 1
    found = read(tmp_path / "a.csv", f"id,sort code\n1,{cell}\n", types="sort code=boolean")
    assert "holds something else" in found.records[0].problem


LATIN = (
    "éèêëàâîïôùûüçÉÈÀÇ",
    "äöüßÄÖÜ",
    "åäöøæÅÄÖØ",
    "áàãâéêíóõôúç",
    "áéíóúñüÑÁ",
    "ąćęłńóśźżĄĆĘŁŃŚŹŻ",
    "čďěňřšťůžáéíóúýČŘŠŽ",
    "áéíóöőúüűŐŰ",
    "ığşöüçİŞ",
    "țșăâîă",
)
"""The letters of languages: across them, two of one could be what another lost."""


@given(st.sampled_from(LATIN).flatmap(lambda letters: st.text(letters, min_size=1, max_size=6)))
def test_text_that_lost_its_letters_is_told_from_text_that_did_not(text: str) -> None:
    garbled = text.encode().decode("cp1252", errors="replace")
    assert is_garbled(garbled)
    assert may_be_garbled(garbled.encode())
    assert is_garbled(text.encode().decode("latin-1"))
    assert not is_garbled(text)


@pytest.mark.parametrize(
    "text",
    ["JOSÉ SÃO ÂNGELO Â", "CAFÉ’S", "Groß“", "ESPAÑA…", "Ægir Þór", "Ελένη", "Łódź", "5 € – „ja“"],
)
def test_text_with_its_letters_is_not_garbled(text: str) -> None:
    assert not is_garbled(text)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json"])
def test_garbled_text_is_the_damage_of_its_record(tmp_path: Path, ending: str) -> None:
    table = [{"id": "1", "name": "Zoë"}, {"id": "2", "name": "ZoÃ«"}]
    text = {
        "csv": "id,name\n" + "".join(f"{row['id']},{row['name']}\n" for row in table),
        "jsonl": "".join(json.dumps(row) + "\n" for row in table),
        "json": json.dumps(table, ensure_ascii=False),
    }[ending]
    found = read(tmp_path / f"a.{ending}", text)
    assert [each.problem for each in found.records] == ["", ""]
    assert [bool(each.damage) for each in found.records] == [False, True]
    assert "'name' looks garbled" in found.records[1].damage
    assert found.complete
    assert "export it again" in found.problems[0]
    kept = read(tmp_path / f"a.{ending}", text, garbled_cells="keep")
    assert not any(each.damage for each in kept.records)
    assert kept.problems == found.problems


@pytest.mark.parametrize(
    ("data", "help"),
    [
        (b"id,a\n1,Jos\xe9\n2,Zo\xeb\n", "2 lines, from line 2, are not UTF-8: set the option"),
        ("id,a\n1,José\n".encode() + b"2,Zo\xeb\n", "line 3 is not UTF-8: correct these lines"),
    ],
)  # fmt: skip
def test_lines_that_are_not_utf_8_are_said_once(tmp_path: Path, data: bytes, help: str) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    assert help in "".join(opened().reader(str(tmp_path / "a.csv")).read().problems)


people = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["Ann", "Bob"])), min_size=1, max_size=7
)


@given(people, st.sampled_from(["csv", "jsonl", "json"]))
@settings(max_examples=60)
def test_only_records_that_share_an_id_and_differ_are_problems(
    tmp_path_factory: Any, table: list[tuple[str, str]], ending: str
) -> None:
    objects = [{"id": id, "name": name} for id, name in table]
    lines = [json.dumps(each) for each in objects]
    text = {
        "csv": "id,name\n" + "".join(f"{id},{name}\n" for id, name in table),
        "jsonl": "\n".join(lines),
        "json": "[" + ",\n".join(lines) + "]",
    }[ending]
    path = tmp_path_factory.mktemp("f") / f"a.{ending}"
    found = read(path, text)
    names = {id: {name for other, name in table if other == id} for id, _ in table}
    good = {each.id: each.data["name"] for each in found.records if not each.problem}
    assert good == {id: next(iter(held)) for id, held in names.items() if len(held) == 1}
    bad = [each.data["name"] for each in found.records if each.problem]
    assert sorted(bad) == sorted(name for id, name in table if len(names[id]) > 1)
    assert {id for id, held in names.items() if len(held) > 1} <= {e.id for e in found.records}
    assert found.complete
    assert bool(found.problems) == (len(good) < sum(len(names[id]) == 1 for id, _ in table))
    gaps: list[str] = []
    last = {each.id: each for each in opened().reader(str(path)).records(gaps)}
    assert tuple(last.values()) == found.records


def test_a_column_that_tells_nobody_apart_is_no_id(tmp_path: Path) -> None:
    text = "id,n\n" + "".join(f"{n % 3},{n}\n" for n in range(30))
    with pytest.raises(ReadError) as caught:
        read(tmp_path / "a.csv", text)
    assert caught.value.code == "R155"
    assert "30 of 30 records share their id, such as lines 2, 5, 8" in caught.value.summary


def test_records_that_are_alike_stay_so_when_one_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    assert len(read(path, "id,a\n1,x\n2,y\n1,x\n").records) == 2
    writer = opened().writer(str(path))
    writer.update("1", {"a": "z"}, "t")
    writer.flush()
    assert path.read_text() == "id,a\n1,z\n2,y\n1,z\n"
    path.write_text("id,a\n1,x\n1,y\n")
    with pytest.raises(Rejected, match="not alike"):
        opened().writer(str(path)).update("1", {"a": "z"}, "t")
    assert opened().reader(str(path)).get("1") is None


def test_what_is_certain_of_a_row_with_values_that_cannot_be_read(tmp_path: Path) -> None:
    """All but these; nothing where the columns may have slid, or the id is among them."""
    path = tmp_path / "a.csv"
    rows = [
        b"1,Ann,#N/A,2026-01-31",
        "2,Bo\u00c3\u00a9,x,2026-01-31".encode(),
        b"3,Cy,x,soon",
        b"4,D\xe9,x,2026-01-31",
        b"5,#N/A, x,2026-01-31,",
        b"#N/A,Flo,x,2026-01-31",
        b"7,Gil,x",
        b"8,Hal,x,2026-01-31",
    ]
    path.write_bytes(b"id,name,note,left\n" + b"\n".join(rows) + b"\n")
    found = opened(types="left=date").reader(str(path)).read()
    assert {each.id: each.lost for each in found.records} == {
        "1": (("note",),),
        "2": (("name",),),
        "3": (("left",),),
        "4": (("name",),),
        "line 6": (),
        "line 7": (),
        "line 8": (),
        "8": (),
    }
    assert [each.id for each in found.records if each.problem or each.damage] == [
        *"1234",
        "line 6",
        "line 7",
        "line 8",
    ]
    by_id = opened(types="left=date").reader(str(path)).get  # type: ignore[attr-defined]
    assert [bool(by_id(each)) for each in "1235"] == [True, True, True, False]


def test_a_row_that_cannot_be_read_does_not_share_its_id_unseen(tmp_path: Path) -> None:
    found = read(tmp_path / "a.csv", "id,name,note\n1,Ann,#N/A\n1,Ann,x\n2,Bo,\n")
    assert [bool(each.problem) for each in found.records] == [True, False, True]
    assert not any(each.lost for each in found.records)
