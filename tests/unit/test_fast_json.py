"""The fast parser decodes what the strict one decodes, to the same, or leaves it alone."""

import io
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.core.connector_errors import ReadError
from oneway_connectors.fast_json import FastDecoder
from oneway_connectors.file import json_array, jsonl
from oneway_connectors.file.json_array import JsonArray
from oneway_connectors.file.jsonl import JsonLines
from oneway_connectors.file.layout import FileEntry

KEYS = st.sampled_from(["a", "b", 'c":', "d\\", "e :", "\u00e9", "http://x"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["12:30:00Z", '": ', '\\":', "\ud800", 10**30, 2**63, -0.0, 1e308, "a:b"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
STYLES = [(",", ":"), (", ", ": "), (" , ", " : "), (",\t", "\t:")]


def strictly(raw: bytes) -> object:
    """Return what the strict parser makes of a line: its entry."""
    (entry,) = JsonLines().entries(io.BytesIO(raw + b"\n"))
    return None if entry.problem else entry.data


def decoded(raw: bytes) -> object:
    """Return what a new fast parser makes of a line."""
    return FastDecoder().decoded(raw)


def compare(raw: bytes, fast: FastDecoder | None = None) -> None:
    found = (fast or FastDecoder()).decoded(raw)
    if found is not None:
        assert repr(found) == repr(strictly(raw))


@given(OBJECTS, st.sampled_from(STYLES), st.booleans())
@settings(max_examples=300)
def test_what_is_decoded_is_what_the_strict_parser_decodes(data, style, ascii_only):
    text = json.dumps(data, separators=style, ensure_ascii=ascii_only)
    compare(text.encode(errors="surrogatepass"))


@given(OBJECTS, st.sampled_from(STYLES), st.data())
@settings(max_examples=300)
def test_a_broken_line_is_never_decoded_otherwise(data, style, chance):
    raw = json.dumps(data, separators=style).encode()
    at = chance.draw(st.integers(0, max(len(raw) - 1, 0)))
    piece = chance.draw(st.sampled_from([b"", b'"', b":", b"\\", b"{", b'"a":1,', b" ", b"\xff"]))
    compare(raw[:at] + piece + raw[at + chance.draw(st.integers(0, 2)) :])


@given(st.lists(OBJECTS, min_size=2, max_size=6), st.sampled_from(STYLES), st.data())
@settings(max_examples=200)
def test_what_is_remembered_of_other_lines_changes_nothing_that_is_decoded(records, style, chance):
    fast = FastDecoder()
    for each in records:
        raw = json.dumps(each, separators=style, ensure_ascii=False)
        raw = raw.encode(errors="surrogatepass")
        compare(raw, fast)
        twice = chance.draw(
            st.sampled_from([b'"a":1,', b'"a":"b:c",', b'"a" :"12:30",', b"\\u003a"])
        )
        at = chance.draw(st.integers(0, len(raw) - 1))
        compare(raw[: at + 1] + twice + raw[at + 1 :], fast)


def test_a_key_that_stands_twice_is_found_where_texts_with_colons_are_known():
    fast = FastDecoder()
    usual = b'{"t":"12:30","a":{"b":"x:y"}}'
    assert fast.decoded(usual) is not None
    assert fast.decoded(usual) is not None
    for raw in (
        b'{"t":"12:30","a":1,"a":2}',
        b'{"t":"1","t":"12:30"}',
        b'{"t":"12:30","t":"12:30"}',
        b'{"t":"a\\u003ab","a" :1,"a" :2}',
        b'{"a" :1,"t":"12:30:5","a" :"12:30"}',
    ):
        assert fast.decoded(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b'{"a" :1,"a" :2,"x":"\\":"}',
        b'{"a":1, "a" :2, "x": "12:30"}',
        b'{"x":{"a":1,"b":{"a":1,"a":2}},"t":"12:30"}',
        b'{"x":[{"a":1,"a":2}]}',
        b'{"\\u0061":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":1e400}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1} {"b":2}',
        b"[1]",
        b"7",
        b'{"a":' + b"[" * 101 + b"]" * 101 + b"}",
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_what_the_two_may_see_differently_is_left_to_the_strict_parser(raw):
    assert decoded(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"t":"2026-01-01T00:00:00Z"}',
        b'{"a": {"b": [{"c": "http://x"}]}, "n": 123456789012345678901234567890}',
        b'{"a":-0,"b":1E5,"c":0.1,"d":"\\ud83d\\ude00"}\r',
    ],
)
def test_usual_lines_are_decoded_fast(raw):
    assert repr(decoded(raw)) == repr(strictly(raw))


@example([{"id": n} for n in range(20)])
@given(st.lists(OBJECTS, min_size=8, max_size=20))
@settings(max_examples=40)
def test_a_file_gives_the_same_entries_whichever_parser_reads_it(records):
    lines = [json.dumps(each).encode() for each in records]
    lines += [b'{"a":1,"a":2}', b"", b"7", b'{"a":"\xff"}', b'{"a":1} x', b'{"cut']
    file = b"\n".join(lines)

    def read(after: int) -> str:
        return repr([*JsonLines(after).entries(io.BytesIO(file))])

    assert read(0) == read(10**9)
    assert jsonl.FAST_AFTER > 0


FLAWED = [
    b'{"a":1,"a":2}',
    b"7",
    b"[1, 2]",
    b'{"a":"\xff"}',
    b'{"a":1e999}',
    b'{"a":' + b"9" * 5000 + b"}",
    b'{"a":' + b"[" * 101 + b"]" * 101 + b"}",
]
SPACES = st.sampled_from([b"", b" ", b"\n", b"\r\n  ", b"\t\n\n"])


@given(
    st.lists(
        OBJECTS.map(lambda each: json.dumps(each, ensure_ascii=False).encode(errors="replace"))
        | st.sampled_from(FLAWED),
        max_size=6,
    ),
    st.lists(st.tuples(SPACES, SPACES), min_size=7, max_size=7),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.data(),
)
@settings(max_examples=300)
def test_an_array_gives_the_same_entries_whichever_parser_reads_it(items, spaces, mark, chance):
    parts = [before + each + after for each, (before, after) in zip(items, spaces, strict=False)]
    file = mark + b" [" + b",".join(parts) + spaces[6][0] + b"]" + spaces[6][1]
    at = chance.draw(st.integers(0, len(file)))
    piece = chance.draw(st.sampled_from([b"", b"", b"", b'"', b"]", b",", b"\\", b"{", b"\xff"]))
    for data in (file, file[:at] + piece + file[at:], file[:at]):
        assert _of_array(data, 0) == _of_array(data, 10**9)
    assert json_array.FAST_FROM > 0


def _of_array(file: bytes, fast_from: int) -> object:
    """Return the entries of an array, how it would be written again, or why it cannot be read."""
    layout, found = JsonArray("a.json", fast_from), []
    try:
        for each in layout.entries(io.BytesIO(file)):
            found.append(repr(each))
    except ReadError as error:
        return found, str(error)
    return found, layout.assemble([b"1", b"2"])


def test_an_array_of_usual_records_is_decoded_fast(monkeypatch):
    monkeypatch.setattr(JsonArray, "_items", None)
    monkeypatch.setattr(JsonArray, "_item", None)
    file = b'[{"a": {"t": "12:30"}}, {"a": {"t": "12:31"}}]'
    (_, last) = JsonArray("a.json", 0).entries(io.BytesIO(file))
    assert last == FileEntry(1, b'{"a": {"t": "12:31"}}', {"a": {"t": "12:31"}})
