"""Lists as many systems send them: those that go on are refused, and all others pass."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rest_world import MANIFEST, altered, opened, reply

SHAPES = yaml.safe_load(Path(__file__).with_name("list_shapes.yaml").read_text("utf-8"))
ROWS = [{"id": f"{n}", "name": f"Name{n}", "email": f"p{n}@example.com"} for n in range(1, 8)]
AT_ONCE = altered(
    "{type: page, param: page, start: 1, size_param: size, size: 2}",
    "{type: none}",
    altered("errors: {message: message, fields: errors}\n", "", MANIFEST),
)


def with_rows(shape: Any, rows: list[Any]) -> Any:
    """Return an answer of this shape that holds these rows."""
    if isinstance(shape, dict):
        return {key: with_rows(each, rows) for key, each in shape.items()}
    if isinstance(shape, list):
        return [with_rows(each, rows) for each in shape]
    nodes = [{"node": row} for row in rows]
    return rows if shape == "ROWS" else nodes if shape == "NODES" else shape


def problems(answer: Any, records: str = "data", headers: dict[str, str] | None = None) -> str:
    """Return why a list that comes at once as this answer is refused, or ""."""
    named = "" if records == "@" else f"      records: {json.dumps(records)}\n"
    manifest = altered("      records: data\n", named, AT_ONCE)
    connector, _ = opened(reply(answer, **(headers or {})), manifest=manifest)
    snapshot = connector.reader("people").read()
    assert len(snapshot.records) == (7 if snapshot.complete else 3)
    return "; ".join(snapshot.problems)


@pytest.mark.parametrize("name", SHAPES["systems"])
def test_a_list_is_refused_where_it_goes_on_and_read_where_it_ends(name: str) -> None:
    shape = SHAPES["systems"][name]
    more = with_rows(shape["more"], ROWS[:3])
    assert problems(more, shape["records"], shape.get("more_headers"))
    if "end" in shape:
        end = with_rows(shape["end"], ROWS)
        assert problems(end, shape["records"], shape.get("end_headers")) == ""


@pytest.mark.parametrize("name", SHAPES["ordinary"])
def test_what_ordinarily_stands_beside_a_list_raises_no_alarm(name: str) -> None:
    assert problems({**SHAPES["ordinary"][name], "data": ROWS}) == ""


@pytest.mark.parametrize("name", SHAPES["partial"])
def test_a_list_that_says_that_it_is_a_part_is_refused(name: str) -> None:
    assert problems({**SHAPES["partial"][name], "data": ROWS[:3]})
