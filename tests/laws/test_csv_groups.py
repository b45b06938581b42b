"""Laws of CSV rows that are read many at a time: they are what they would be one by one.

So are their ids, what is noticed of the file, and the plan that is made of them.
"""

import io
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from laws.test_batches import each_of, one_by_one
from oneway.core.batches import Batch
from oneway.core.connector_errors import ReadError
from oneway_connectors.file import csv_rows
from oneway_connectors.file.csv_rows import CsvRows
from oneway_connectors.file.csv_types import column_types
from oneway_connectors.file.layout import FileEntries
from oneway_connectors.file.options import FileOptions
from oneway_connectors.file.reader import FileReader

USUAL = ["Ann", "7", "true", "no", "", " ", "00-01", "2026-01-31", "a b", "Zo\u00eb", "-", "x;y"]
ODD = [
    ' "late"', "\t'late'", "#N/A", " #REF!", "####", "1.2E+15", "Err:502", "=A1", '="1"', "=S(A1)",
    "Total", "(3 rows)", "Total: 3", "total", "End of file",
    "\u00c3\u00a9", "\ufffd", "\\u00e9", "id", "a.x",
    "two\nlines", "with\rreturn", 'a "b"', "a,b", "a\x00b", "a\x85b", "\u2028", "31/02/2026", "N/A",
]  # fmt: skip
RAW = [
    b"\xff", b'"', b'""', b'"a"b', b"a\rb", b"\r", b"", b" ", b",", b",,,,,,,", b"1,2", b"Total,,",
    b"Summe,", b"TOTAL", b"name,id", b"a,b,c,d,e,f",
    b'"a\n\n', b"(3 rows),,,", b'"7,x,y,z,w"', b'1,"\n2,"', b' "a,b"',
    b"\xef\xbb\xbf", b"\xc3\xa9,\xc3",
]  # fmt: skip
HEADINGS = [
    ["id", "name"],
    ["id", "a.x", "a.y.z", "b", "a.w"],
    ["a.x", "", "id", "N.I. Number"],
    ["id"],
    ["", "id", "b", ""],
]
OPTIONS = [
    FileOptions(),
    FileOptions(types=column_types("b=integer, name=boolean, a.x=date:dd/MM/yyyy")),
    FileOptions(types=column_types("b=number, id=integer"), unfit_cells="keep"),
    FileOptions(blank=frozenset({"-", "n/a"}), damaged_cells="keep"),
    FileOptions(spaces="trim", short_rows="blank", garbled_cells="keep"),
    FileOptions(footer="Total"),
    FileOptions(footer='to"t', headings="flat"),
    FileOptions(quote="'", delimiter=";"),
    FileOptions(quote="", footer="END"),
    FileOptions(encoding="windows-1252"),
]


def written(cells: list[str], options: FileOptions, *, quoted: bool) -> bytes:
    """Return a row as a program may write it, in quotes only where it must or all over."""
    mark, sign = options.quote, options.delimiter or ","
    said = [
        f"{mark}{cell.replace(mark, 2 * mark)}{mark}"
        if mark and (quoted or not {sign, mark, "\r", "\n"}.isdisjoint(cell))
        else cell
        for cell in cells
    ]
    return sign.join(said).encode(errors="surrogateescape")


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, FileOptions]:
    """Draw a file of mostly usual rows, and its options."""
    names, options = draw(st.sampled_from(HEADINGS)), draw(st.sampled_from(OPTIONS))
    options = replace(options, types={k: v for k, v in options.types.items() if k in names})
    quoted = draw(st.booleans())
    usual = st.lists(st.sampled_from(USUAL), min_size=len(names), max_size=len(names))
    odd = st.lists(st.sampled_from([*USUAL, *ODD]), min_size=len(names), max_size=len(names))
    found = []
    for number, cells in enumerate(draw(st.lists(usual, min_size=4, max_size=30))):
        cells = [
            str(number) if name == "id" else cell for name, cell in zip(names, cells, strict=True)
        ]
        cells = [cell if name else "" for name, cell in zip(names, cells, strict=True)]
        found.append(written(cells, options, quoted=quoted))
    for _ in range(draw(st.integers(0, 3))):
        strange = st.sampled_from(RAW) | odd.map(lambda e: written(e, options, quoted=quoted))
        found.insert(draw(st.integers(0, len(found))), draw(strange))
    if draw(st.booleans()):
        found = [each + (options.delimiter or ",").encode() for each in found]
    found[len(found) // 2] += draw(st.sampled_from([b"", b"", b",", b",,"]))
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    head = draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"\n"])) + written(
        names, options, quoted=quoted
    )
    return end.join([head, *found]) + end * draw(st.integers(0, 2)), options


def sizes(group: int) -> "patch.multiple[object]":
    return patch.multiple(csv_rows, FAST_AFTER=2, GROUP=group, FEWEST=2)


@given(files(), st.sampled_from([3, 8, 200]))
@settings(max_examples=100)
@example((b"id,a\n" + b"1,2\n" * 9 + b'2,"x\ny"\n' + b"3,4\n" * 9, FileOptions()), 3)
@example((b"id,a\n" + b"1,2\n" * 9 + b"2,\n" * 5 + b"Total,\n" + b"3,4\n", FileOptions()), 8)
@example((b"id,a\n" + b"1,2\n" * 9 + b"Total,9\n3,4\n", FileOptions(footer="Total")), 8)
@example((b"id,a\n" + b"1,2\n" * 9 + b'3,"4', FileOptions()), 8)
@example((b"id,a\n" + b"1,2\n" * 9 + b"3,4", FileOptions()), 8)
@example((b"id,a\n" + b"1,2\n" * 9 + b"3,2", FileOptions()), 8)
@example((b"id,a\n" + b"1,2\n" * 9 + b"A,ID\n" + b"3,4\n" * 9, FileOptions()), 8)
@example((b"id,a,b\n" + b"1,2,3\n" * 9 + b"x, b,ID\n" + b"3,4,5\n" * 9, FileOptions()), 8)
@example((b"id,a\n" + b"1,2\n" * 9 + b'3, "4,5"\n', FileOptions()), 8)
def test_rows_are_the_same_one_by_one_and_many_at_a_time(
    drawn: tuple[bytes, FileOptions], group: int
) -> None:
    file, options = drawn
    many, one = CsvRows("a.csv", options), CsvRows("a.csv", options)
    with sizes(group):
        assert each_of(many, file) == one_by_one(one, file)
    assert (many.missing, many.padded) == (one.missing, one.padded)
    assert many.assemble([b"1", b"2"]) == one.assemble([b"1", b"2"])


ALIKE = b"a.x,,id,Number\nBo,\nAnn,,0,Ann,\nAnn,,1,Ann,\nAnn,,2,Ann,\nAnn,,3,Ann,"
"""No cell of a column is there once: a row of it may have moved all the same."""


@given(files(), st.sampled_from([3, 8]), st.booleans())
@example((ALIKE, FileOptions(id="id")), 3, True)
@settings(max_examples=40)
def test_a_reader_gives_the_same_records_one_by_one_and_many_at_a_time(
    tmp_path_factory: pytest.TempPathFactory,
    drawn: tuple[bytes, FileOptions], group: int, twice: bool,
) -> None:  # fmt: skip
    data, options = drawn
    file = tmp_path_factory.mktemp("csv") / "a.csv"
    head, *rows = data.split(b"\n")
    file.write_bytes(b"\n".join([head, *rows, *rows[:3] * twice]))

    def read(name: str) -> list[str]:
        reader, gaps, found = FileReader(str(file), options), [], []
        try:
            for each in getattr(reader, name)(gaps):
                if isinstance(each, Batch):
                    found += [repr(each.record(i)) for i in range(len(each))]
                else:
                    found.append(repr(each))
        except ReadError as error:
            found.append(str(error))
        return [*found, *gaps, *reader.notes]

    with sizes(group):
        assert read("batches") == read("records")


@pytest.mark.parametrize("options", [each for each in OPTIONS if '"' not in each.footer])
def test_usual_rows_are_read_many_at_a_time(options: FileOptions) -> None:
    """Otherwise these laws would hold of nothing."""
    options = replace(options, types={})
    rows = [["id", "a.x", ""], *([str(n), "O Neill", " "] for n in range(9))]
    file = b"".join(written(each, options, quoted=False) + b"\n" for each in rows)
    with sizes(200):
        found = list(CsvRows("a.csv", options).grouped(io.BytesIO(file)))
    assert [type(each) for each in found] == [FileEntries]
