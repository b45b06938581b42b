"""A slip in a YAML file is reported on the line that holds it, wherever the parser stops."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneway.documents.yaml_source import parse, read_all

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = """\
oneway: 1
name: f
source: {connector: file, resource: p.csv}
target: {connector: file, resource: u.csv}
match: [{source: id, target: id}]
eligible:
  - id: named
    when: '"First Name"'
    otherwise: no name
  - id: started
    when: '!is_future(Start)'
    otherwise: "not yet"
fields:
  name: '"First Name"'
  dept: >-
    map_value(dept, {"X": 'EK',
    "Y": 'VT',
    "Z": 'HR'})
  id: {from: id, write: on_create}
leavers:
  when: dept == 'Z'
  set: {active: {value: "false"}}
  left: active == 'false'
"""
SHIPPED = (ROOT / "mappings/staffology-to-expensein.yaml").read_text()
SLIPS = {
    "a colon without its space": (r"^\s*(?:- )?[\w.-]+:(?P<out> )\S", ""),
    "a quote that is not closed": (r"^\s*(?:- )?[\w.-]+: ['\"].*(?P<out>['\"])$", ""),
    "a quote that is not opened": (r"^\s*(?:- )?[\w.-]+: (?P<out>['\"]).*['\"]$", ""),
    "a dash without its space": (r"^\s*-(?P<out> )\w", ""),
    "a brace that is not closed": (r"\{.*(?P<out>\})$", ""),
    "a brace that is not opened": (r": (?P<out>\{).*\}$", ""),
    "no-break spaces": (r"^(?P<out>  )\s*[\w-]", "\u00a0\u00a0"),
    "a tab": (r"^(?P<out>  )\s*[\w-]", "\t"),
}


def slipped(text: str, slip: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield a text with a slip on each line that can have it, and the number of that line."""
    pattern, instead = SLIPS[slip]
    lines = text.splitlines()
    for row, line in enumerate(lines):
        if (found := re.search(pattern, line)) and "map_value" not in line and '"Y"' not in line:
            made = line[: found.start("out")] + instead + line[found.end("out") :]
            yield row + 1, [*lines[:row], made, *lines[row + 1 :]]


@pytest.mark.parametrize("text", [BLOCKS, SHIPPED], ids=["blocks", "shipped"])
@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_reported_where_it_is(text: str, slip: str) -> None:
    tried = list(slipped(text, slip))
    for line, lines in tried:
        found = read_all("\n".join(lines).encode(), "m.yaml").found
        # Some of them are YAML still: a text with a quote in it, or further lines of a text.
        assert {each.span.line for each in found} <= {line}, lines[line - 1]
    assert tried or text is SHIPPED


WORDS = st.lists(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3), min_size=1, max_size=4
)


@given(
    WORDS, st.sampled_from([">-", "|", ">", '"', "'", "plain"]), st.integers(1, 6), st.booleans()
)
def test_each_word_of_a_text_on_several_lines_has_its_place(
    words: list[list[str]], style: str, indent: int, below: bool
) -> None:
    rows = [
        " ".join(f"{word}{row}{n}" for n, word in enumerate(line)) for row, line in enumerate(words)
    ]
    quote = style if style in "'\"" else ""
    if style in (">-", "|", ">"):
        head = f"k: {style}"
    else:
        head, rows[0] = "k:", quote + rows[0]
        rows[-1] += quote
    text = (
        [head, *(" " * indent + row for row in rows)]
        if below or style in (">-", "|", ">")
        else [f"k: {rows[0]}", *(" " * indent + row for row in rows[1:])]
    )
    document = parse(("\n".join(text) + "\nlast: 1\n").encode(), "m.yaml")
    value, span = document.data["k"], document.span(("k",))
    for found in re.finditer(r"\w+", value):
        place = span.part(found.start(), len(found[0]))
        assert text[place.line - 1][place.column - 1 : place.end - 1] == found[0], text
