"""Text to data with places: laws first, then the traps that YAML is known for."""

import json
import re
import time
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from oneway.core.diagnostics import Diagnostic, Refused
from oneway.documents import yaml_source
from oneway.documents.yaml_source import Document, composer, parse, read_all
from oneway.documents.yaml_source.composer import DEEPEST
from oneway.mapping.lint.codes import CODES

# What a file may hold as it is; the rest must be escaped (and a dumper does).
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
# Characters that mean something to YAML, so that short texts go far.
YAMLISH = st.text("ab:-?[]{},&*!|>'\"%@`# \t\n\r\\~<=0.eu\u2028\ufeffé𝒜", max_size=60)


def refused(data: bytes | str, **options: Any) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as caught:
        parse(data if isinstance(data, bytes) else data.encode(), "f.yaml", **options)
    return caught.value.diagnostics


def codes(data: bytes | str) -> list[str]:
    return [d.code for d in refused(data)]


def read(text: str) -> Document:
    return parse(text.encode(), "f.yaml")


def at(document: Document, *path: str | int, key: bool = False) -> str:
    """The text that a place points at."""
    span = document.span(path, key=key)
    return document.lines[span.line - 1][span.column - 1 : span.end - 1]


def assert_inside(diagnostic: Diagnostic, data: bytes) -> None:
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    span = diagnostic.span
    assert diagnostic.code in CODES
    assert diagnostic.summary
    assert diagnostic.help
    assert span.file == "f.yaml"
    assert 1 <= span.line <= len(lines)
    assert 1 <= span.column <= len(lines[span.line - 1]) + 1
    assert span.column <= span.end


@settings(max_examples=300)
@given(st.binary(max_size=200) | YAMLISH.map(str.encode))
@example(b"\xff\xfea\x00")
@example(b"\xef\xbb\xbf")
@example(b"a: &a [*a]")
@example(b"a: b\r\n\tc")
def test_any_bytes_are_a_document_or_refused_with_places_inside_the_file(data: bytes) -> None:
    reading = read_all(data, "f.yaml")
    assert reading.found or reading.document is not None
    for diagnostic in reading.found:
        assert_inside(diagnostic, data)
    if reading.document is not None:
        assert () in reading.document.places


@settings(max_examples=150)
@given(YAMLISH)
def test_the_parser_without_libyaml_never_fails_otherwise(text: str) -> None:
    loader = composer._LOADER
    composer._LOADER = yaml.SafeLoader
    try:
        for diagnostic in read_all(text.encode(), "f.yaml").found:
            assert_inside(diagnostic, text.encode())
    finally:
        composer._LOADER = loader


@settings(max_examples=150)
@given(JSON.filter(lambda data: data is not None), st.booleans())
def test_json_data_written_as_yaml_comes_back_the_same(data: object, flow: bool) -> None:
    again = read(_json(data) if flow else _block(data)).data
    assert again == data
    assert json.dumps(again) == json.dumps(data)


def _json(data: object) -> str:
    """Data as JSON that is YAML: beyond 16 bits YAML has an escape of its own."""
    text = json.dumps(data, ensure_ascii=False)
    return re.sub(
        "[^\n\x20-\x7e]",
        lambda m: f"\\u{ord(m[0]):04x}" if ord(m[0]) < 0x10000 else f"\\U{ord(m[0]):08x}",
        text,
    )


def _block(data: object, indent: str = "") -> str:
    """Data as block YAML with JSON scalars."""
    if isinstance(data, dict) and data:
        return "".join(f"{indent}{_json(k)}:{_below(v, indent)}" for k, v in data.items())
    if isinstance(data, list) and data:
        return "".join(f"{indent}-{_below(v, indent)}" for v in data)
    return f"{indent}{_json(data)}\n"


def _below(data: object, indent: str) -> str:
    if isinstance(data, dict | list) and data:
        return "\n" + _block(data, indent + "  ")
    return f" {_json(data)}\n"


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=30))
def test_what_pyyaml_dumps_as_text_comes_back_as_that_text(text: str) -> None:
    dumped = yaml.safe_dump({"k": text}, default_style='"')
    assert read(dumped).data == {"k": text}


@given(JSON.filter(lambda data: data is not None))
def test_every_value_and_every_key_has_its_place(data: object) -> None:
    document = read(_block(data))

    def walk(value: object, path: tuple[str | int, ...]) -> None:
        assert path in document.places
        if isinstance(value, dict):
            for key, inner in value.items():
                assert (*path, key) in document.key_places
                walk(inner, (*path, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                walk(inner, (*path, index))
        elif isinstance(value, int | float | bool):
            assert at(document, *path) == json.dumps(value)

    walk(data, ())


@pytest.mark.parametrize(
    "text",
    [
        *("NO", "yes", "off", "0123", "01234567", "12:30:45", "2026-01-01", "0x1F", "0o17"),
        *("1_000", ".inf", "-.inf", ".nan", "+1", "1.", ".5", "1e", "tRUE", "٣"),
        "2026-03-31T04:00:00Z",
    ],
)
def test_text_stays_text(text: str) -> None:
    assert read(f"k: {text}").data == {"k": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-7", -7),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("2E-2", 0.02),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("Null", None),
        ("", None),
        ('"1"', "1"),
        ("'true'", "true"),
        ("''", ""),
    ],
)
def test_numbers_switches_and_nothing_are_those_of_json(text: str, value: object) -> None:
    data = read(f"k: {text}").data
    assert isinstance(data, dict)
    assert data["k"] == value
    assert type(data["k"]) is type(value)


@pytest.mark.parametrize("number", ["1e400", "-1e999999999", "9" * 5000])
def test_a_number_that_cannot_be_held_is_refused_not_rounded(number: str) -> None:
    assert codes(f"k: {number}") == ["Y114"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "Y104"),
        (b"\xef\xbb\xbf", "Y104"),
        (b"# nothing\n", "Y104"),
        (b"---\n", "Y104"),
        ("a: é".encode("latin-1"), "Y102"),
        ("a: é".encode("utf-16"), "Y102"),
        ("a: é".encode("utf-16-le"), "Y102"),
        ("a: b".encode("utf-16-be"), "Y103"),
        ("a: b".encode("utf-32"), "Y102"),
        (b"\x89PNG\r\n\x1a\n", "Y102"),
        (b"a: b\0", "Y103"),
        (b"a: \x1b[31mred", "Y103"),
        ("a: x\u2028y".encode(), "Y103"),
        (b"a:\n\tb: 1", "Y107"),
        (b"\ta: 1", "Y107"),
        (b"a: 1\n---\nb: 2", "Y105"),
        (b"a: 1\n...\nb: 2", "Y105"),
        (b"a: 1\nb: 2\na: 3", "Y108"),
        (b'a: 1\n"a": 3', "Y108"),
        (b"a: !!python/object:os.system x", "Y112"),
        (b"a: !secret x", "Y112"),
        (b"a: !!str 1", "Y112"),
        (b"a: !e!x y", "Y112"),
        (b"a: ! x", "Y112"),
        (b"a: !x [1]", "Y112"),
        (b"b: &b {c: 1}\na:\n  <<: *b", "Y115"),
        (b"1: x", "Y116"),
        (b"true: x", "Y116"),
        (b"? [a]\n: x", "Y116"),
        (b"? {a: 1}\n: x", "Y116"),
        (b"a: *b", "Y117"),
        (b"a: &a [*a]", "Y117"),
        (b"a: &a {b: *a}", "Y117"),
        (b"a: @b", "Y109"),
        (b"a: `b`", "Y109"),
        (b"a: 'x' && b", "Y106"),
        (b"a: *", "Y109"),
        (b"a: ]", "Y109"),
        (b'a: "x', "Y110"),
        (b"a: 'x\n---\n'", "Y110"),
        (b"a: [1, 2\nb: 3", "Y110"),
        (b"a: {x: 1\nb: 2", "Y110"),
        (b"{{{", "Y110"),
        (b'a: "\\q"', "Y111"),
        (b'a: "\\xZZ"', "Y111"),
        (b'a: "\\ud800"', "Y111"),
        (b'a: "\\U00110000"', "Y111"),
        (b"%YAML 1.9\n---\na: 1", "Y113"),
        (b"a: b: c", "Y106"),
        (b"a: 1\n b: 2", "Y106"),
        (b"a: 1\nfoo\nb: 2", "Y106"),
        (b"- a\nb: 1", "Y106"),
        (b"a: b\n- c", "Y106"),
        (b"a: - b", "Y106"),
        (b"a: |x\n b", "Y106"),
        (b"a: 'b'c", "Y106"),
        (b"a: ? x", "Y106"),
    ],
)
def test_each_trap_has_its_code_and_a_place_in_the_file(data: bytes, code: str) -> None:
    found = refused(data)
    assert [d.code for d in found] == [code]
    if code != "Y102":
        assert_inside(found[0], data)


def test_mistakes_that_can_be_read_past_are_all_reported_at_once() -> None:
    text = "a: 1\na: 2\nb: {c: 1, c: 2}\n1: x\n<<: *q\nd: !s x\ne: 1e999\nf: 'ok'\ng: ["
    found = refused(text)
    assert [(d.code, d.span.line, d.span.column) for d in found] == [
        ("Y108", 2, 1),
        ("Y108", 3, 11),
        ("Y116", 4, 1),
        ("Y115", 5, 1),
        ("Y117", 5, 5),
        ("Y112", 6, 4),
        ("Y114", 7, 4),
        ("Y110", 9, 4),
    ]


def test_each_line_with_control_characters_is_reported_and_the_quote_is_harmless() -> None:
    found = refused(b"a: \x1b[31m\nb: ok\nc: \x07\x07\n")
    assert [(d.span.line, d.span.column) for d in found] == [(1, 4), (3, 4)]
    assert found[0].quote == "a: \ufffd[31m"


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    (found,) = refused("fields:\n  email: a\n  name: b\n  email: c\n")
    assert (found.span.line, found.span.column, found.span.end) == (4, 3, 8)
    assert "line 2" in found.help
    assert found.quote == "  email: c"


def test_an_undecodable_byte_is_named_with_its_place() -> None:
    (found,) = refused("a: b\nné: x".encode("latin-1"))
    assert (found.span.line, found.span.column) == (2, 2)
    assert "0xE9" in found.summary
    assert "UTF-8" in found.help


BRACKETS = [b"[" * 10_000_000, b"{" * 10_000_000, b"- " * 500_000, b"[[[\n" * 250_000]
LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 100))
BOMBS = [
    *((bomb, 20_000_000, "Y118") for bomb in BRACKETS),
    (LAUGHS.encode(), 1_000_000, "Y119"),
    (CHAIN.encode(), 1_000_000, "Y118"),
    (b"[" + b"0," * 499_000 + b"0] ", 1_000_000, "Y119"),
    (BRACKETS[0], 1_000_000, "Y101"),
    (b"\0" * 900_000, 1_000_000, "Y103"),
    (b"a" * 900_000 + b": &" + b"b" * 50_000, 1_000_000, "Y106"),
]


@pytest.mark.parametrize(("data", "limit", "code"), BOMBS, ids=range(len(BOMBS)))
def test_files_made_to_explode_end_in_an_error(data: bytes, limit: int, code: str) -> None:
    begun = time.process_time()
    assert refused(data, limit=limit)[0].code == code
    assert time.process_time() - begun < 6


@pytest.mark.parametrize("before", ["", "a: 1\na: 2\nb:\n  ", "- [x, {y: z}]\n- "], ids=range(3))
@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "[\n", "!s ["])
@pytest.mark.parametrize("depth", [DEEPEST - 2, DEEPEST + 1, 999, 1_001, 5_000])
def test_nesting_is_answered_alike_by_every_parser(
    before: str, opening: str, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Newer libyaml has a limit of its own (1,000), and meets it before it gives an event."""
    data = (before + opening * depth).encode()
    found = read_all(data, "f.yaml").found
    monkeypatch.setattr(composer, "_LOADER", yaml.SafeLoader)
    assert read_all(data, "f.yaml").found == found
    assert ("Y118" in [d.code for d in found]) == (depth > DEEPEST)


def test_thousands_of_mistakes_are_not_all_reported() -> None:
    assert len(refused("a: 1\n" * 10_000)) <= 100
    assert len(refused("\x01\n" * 10_000)) <= 100


def test_lines_end_as_an_editor_counts_them() -> None:
    for ending in ("\n", "\r\n", "\r"):
        document = read(f"é𝒜: 1{ending}b: [x,{ending}  y]{ending}")
        assert (document.span(("b", 1)).line, document.span(("b", 1)).column) == (3, 3)
        assert at(document, "é𝒜", key=True) == "é𝒜"


def test_a_byte_order_mark_moves_no_place() -> None:
    document = parse("a: b".encode("utf-8-sig"), "f.yaml")
    assert document.data == {"a": "b"}
    assert document.span(("a",)).column == 4


PLACES = """\
plain: status == 'Former'
single: 'x y'
double: "a[0].b"
named: &n "q"
flow: {a: 1, b: [x, y z]}
block: |-
    first
again: *n
nested:
  deep: v   # a remark
empty:
folded: two
  lines
"""


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("plain",), "status == 'Former'"),
        (("single",), "x y"),
        (("double",), "a[0].b"),
        (("named",), "q"),
        (("flow", "b", 1), "y z"),
        (("flow",), "{a: 1, b: [x, y z]}"),
        (("flow", "b"), "[x, y z]"),
        (("block",), "first"),
        (("again",), "q"),
        (("nested", "deep"), "v"),
        (("empty",), ""),
        (("folded",), "two"),
    ],
)
def test_a_place_is_that_of_the_content(path: tuple[str | int, ...], text: str) -> None:
    assert at(read(PLACES), *path) == text


def test_a_span_inside_of_a_text_is_exact_where_the_text_stands_as_it_is() -> None:
    document = read("a: \"foo(bar)\"\nb: 'it''s'\nc: >-\n  one\n  two\n")
    for key, word, expected in (("a", "bar", "bar"), ("b", "s", "it''s"), ("c", "two", "one")):
        assert isinstance(document.data, dict)
        text, span = str(document.data[key]), document.span((key,))
        start = text.index(word)
        inside = document.inside(span, text, start, start + len(word))
        line = document.lines[inside.line - 1]
        assert line[inside.column - 1 : inside.end - 1] == expected


def test_a_path_without_a_place_has_that_of_its_nearest_parent() -> None:
    document = read("a:\n  b: 1\n")
    assert document.span(("a", "b", "c", 0)) == document.span(("a", "b"))
    assert document.span(("a", "x"), key=True) == document.span(("a",))
    assert document.at(("a",), "Y106", "s", "h", key=True).quote == "a:"


def test_an_aliased_value_is_a_copy_with_the_place_where_it_is_written() -> None:
    document = read("a: &a {b: [1]}\nc: *a\n")
    assert isinstance(document.data, dict)
    assert document.data["c"] == document.data["a"]
    assert document.data["c"] is not document.data["a"]
    assert document.span(("c", "b", 0)) == document.span(("a", "b", 0))


def test_a_very_long_line_is_not_quoted() -> None:
    (found,) = refused("a: [" + "x" * 5_000)
    assert found.quote == ""


def test_with_mistakes_what_is_left_can_still_be_checked() -> None:
    reading = read_all(b"a: 1\na: 2\nb: 3\n", "f.yaml")
    assert reading.document is not None
    assert reading.document.data == {"a": 1, "b": 3}
    assert [d.code for d in reading.found] == ["Y108"]


def test_with_and_without_libyaml_data_and_places_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_libyaml = read(PLACES)
    monkeypatch.setattr(composer, "_LOADER", yaml.SafeLoader)
    assert read(PLACES) == with_libyaml
    assert yaml_source.parse(b'a: "\\u00e9"', "f").data == {"a": "é"}
